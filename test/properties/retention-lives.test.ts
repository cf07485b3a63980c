/**
 * Thousands of lives of a device that sleeps, observed over DTLS, and dies anywhere: at any byte of retained memory, on
 * either side of a commit to flash, of a datagram, of falling asleep, and again while it boots. Invariants:
 * - no key and sequence number are on the wire twice;
 * - it comes back registered, in the same registration where the server has not forgotten it, without a handshake where
 *   the session was there to be kept;
 * - what the server observes it hears of: the value it was told last is the value there is;
 * - nothing is told under a token that the server does not observe with.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { readUtf8, toHex } from "../../modules/bytes.ts";
import { Code } from "../../modules/coap/code.ts";
import { seeded } from "../harness.ts";
import { Cut, kinds, Rig, type RigOptions } from "../modules/lwm2m/retention-bench.ts";

const hourMs = 3_600_000;

interface Found {
	lives: number;
	cuts: Map<string, number>;
	handshakes: number;
	registers: number;
	notified: number;
}

/** A record's epoch and sequence number; undefined for plaintext. */
function numberOf(bytes: Uint8Array): string | undefined {
	const type = bytes[0]!;
	if (type < 20 || type > 25 || bytes[4] !== 1) return undefined;
	return toHex(bytes, 3, 11);
}

/** No record of one session has a number that another one had. */
function noneTwice(rig: Rig, where: string): void {
	const numbers = new Set<string>();
	for (const { to, bytes, session } of rig.everySent) {
		const number = to === "secure" ? numberOf(bytes) : undefined;
		if (number === undefined) continue;
		ok(!numbers.has(`${session} ${number}`), `${where}: session ${session}, record ${number} twice`);
		numbers.add(`${session} ${number}`);
	}
}

/** @param bend does something to the homes that they promise not to do, between two lives */
function live(seed: number, options: RigOptions, found: Found, bend?: (rig: Rig) => void): void {
	const draw = seeded(seed);
	const rig = new Rig(options);
	rig.wallTimeS = draw(2) === 0 ? 1_800_000_000 : undefined;
	let steps = Infinity;
	let death: "power" | "reset" = "reset";
	rig.fate = (place, tear) => {
		if (place === "asleep") bend?.(rig);
		if (steps-- > 0) return;
		steps = Infinity;
		death = draw(3) === 0 ? "power" : "reset";
		found.cuts.set(place, (found.cuts.get(place) ?? 0) + 1);
		tear?.(draw(100) / 100);
		throw new Cut(place);
	};
	if (rig.memory !== undefined) rig.memory.fate = rig.fate;
	if (rig.store !== undefined) rig.store.fate = rig.fate;
	let whole = 0;
	rig.boot({ whole });
	rig.observe("/33000/0/1");
	rig.run(100_000);
	for (let life = 0; life < 12; life++) {
		found.lives++;
		whole = (whole + 1 + draw(3)) % 100;
		steps = draw(14);
		let isAlive = false;
		for (let tries = 0; !isAlive && tries < 4; tries++) {
			try {
				if (tries === 0) rig.sleep(draw(2) === 0 ? 60_000 : hourMs, { whole });
				else {
					const cause = (death as string) === "power" ? "powerOn" : "watchdog";
					rig.boot({ cause, clockWentOn: cause === "watchdog" && draw(2) === 0, afterMs: draw(100_000), whole });
				}
				rig.run(draw(3) * 50_000);
				if (draw(3) === 0) rig.instance.set("whole", (whole = (whole + 7) % 100));
				rig.run(100_000);
				isAlive = true;
			} catch (error) {
				if (!(error instanceof Cut)) throw error;
				if (tries === 1) steps = Infinity;
			}
		}
		steps = Infinity;
		rig.run(200_000);
		const where = `seed ${seed}, life ${life}`;
		noneTwice(rig, where);
		equal(rig.client.sessions[0]!.state, "registered", where);
		equal(rig.client.sessions[0]!.observationCount, 1, where);
		const told = rig.responses.filter(({ code, observe }) => code === Code.content && observe !== undefined).at(-1)!;
		equal(readUtf8(told.payload), String(whole), where);
	}
	found.handshakes += rig.handshakes - 1;
	found.registers += kinds(rig.requests).filter((kind) => kind === "register").length - 1;
	found.notified += rig.responses.length;
}

const homes: { readonly [name: string]: RigOptions } = {
	"retained memory and flash": {},
	"little retained memory, and flash": { retainedBytes: 128 },
	"flash alone": { retainedBytes: 0 },
};

for (const name in homes) {
	test(`${name}: it dies anywhere, and goes on`, () => {
		const found: Found = { lives: 0, cuts: new Map(), handshakes: 0, registers: 0, notified: 0 };
		for (let seed = 1; seed <= 60; seed++) live(seed, homes[name]!, found);
		equal(found.registers, 0, "the registration is never lost");
		ok(found.handshakes < found.lives / 50, `${found.handshakes} handshakes in ${found.lives} lives`);
		ok(cutsOf(found) > 300, `it died ${cutsOf(found)} times`);
		ok(found.cuts.size >= 5, [...found.cuts.keys()].join());
	});
}

test("canary: homes that bring an older state back are found out", () => {
	const found: Found = { lives: 0, cuts: new Map(), handshakes: 0, registers: 0, notified: 0 };
	let repeats = 0;
	for (let seed = 1; seed <= 10; seed++) {
		const old: Uint8Array[] = [];
		try {
			live(seed, { hasStore: false }, found, ({ memory }) => {
				old.push(memory!.bytes.slice(0, 4 * 192)); // where the sessions are
				if (old.length % 2 === 0) memory!.bytes.set(old.at(-2)!);
			});
		} catch (error) {
			if ((error as Error).message.endsWith("twice")) repeats++;
		}
	}
	ok(repeats > 0);
});

function cutsOf({ cuts }: Found): number {
	return [...cuts.values()].reduce((sum, count) => sum + count, 0);
}
