/**
 * Power loss and resets around sleep and wake: at each flash operation, each write to retained RAM, before and behind
 * each datagram and each sleep. A part of it each time; `DORMOUSE_POWER_LOSS=all` does all of it, and 1,000 seeds.
 * Invariants: a listener that knows the keys hears no nonce twice; the board stays registered, or registers anew in
 * clean steps; server and client agree on what is observed; what is due is said, as soon as there is power.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../hosts/simulator/board/loader.ts";
import { VirtualTime } from "../../hosts/simulator/time.ts";
import { seed } from "../seed.ts";
import { paths, SleepingBoard } from "./sleeping-board.ts";

const isExhaustive = process.env.DORMOUSE_POWER_LOSS === "all";
const device = await loadDevice();

/** What must hold at the end of every life. */
function check(life: SleepingBoard): void {
	const { where, server, observed, everyMs, nowMs, nonces } = life;
	equal(nonces.repeated, undefined, `${where}: a nonce came twice`);
	equal(life.named("deviceFailed").length, 0, `${where}: ${JSON.stringify(life.named("deviceFailed")[0])}`);
	equal(server.clients().length, 1, `${where}: ${server.clients().length} registrations`);
	ok(observed.has(paths[0]), `${where}: nobody observes any more`);
	for (const [path, heardMs] of observed) {
		ok(nowMs - heardMs <= everyMs + 20_000, `${where}: ${path} was not heard for ${nowMs - heardMs} ms`);
	}
	ok(!life.isReset(), `${where}: the client tells what the server does not observe`);
}

test("a board that sleeps is cut at every step of a sleep and a wake", async (context) => {
	let cuts = 0;
	for (const board of ["esp32", "nrf52840"] as const) {
		for (const how of ["power", "reset"] as const) {
			const stride = isExhaustive ? 1 : 5;
			for (let step = seed % stride; ; step += stride) {
				const life = new SleepingBoard(device, { seed, board, rtc: "running", lossPermille: 0 });
				await life.start();
				const was = life.server.clients()[0]!.id;
				const isCut = await life.cut(step, how);
				if (!isCut) {
					life.close();
					break;
				}
				cuts++;
				await life.settle();
				check(life);
				const where = `${life.where}, ${how} at step ${step}`;
				equal(life.server.clients()[0]!.id, was, `${where}: another registration`);
				ok(life.longestGapMs <= life.everyMs + 5000, `${where}: ${life.longestGapMs} ms without a notification`);
				life.close();
			}
		}
	}
	context.diagnostic(`${cuts} cuts`);
	ok(cuts >= 12, "little was cut");
});

test("a board is cut at every step of its first registration, on the way to its first sleep", async (context) => {
	let cuts = 0;
	for (const board of ["esp32", "nrf52840"] as const) {
		for (const how of ["power", "reset"] as const) {
			const stride = isExhaustive ? 1 : 17;
			for (let step = seed % stride; ; step += stride) {
				// The server's first requests may be lost with the board's power: the next Update lets it ask again.
				const often = { everyMs: 60_000, lifetimeS: 200 };
				const draw = { seed, board, rtc: "running", lossPermille: 0, ...often } as const;
				const life = new SleepingBoard(device, draw);
				const isCut = await life.start({ step, how });
				if (!isCut) {
					life.close();
					break;
				}
				cuts++;
				await life.settle();
				check(life);
				life.close();
			}
		}
	}
	context.diagnostic(`${cuts} cuts`);
	ok(cuts >= 12, "little was cut");
});

test("boards that sleep are cut again and again", async (context) => {
	const seeds = isExhaustive ? 1000 : 6;
	const counts = { cuts: 0, seals: 0, registered: 0, handshakes: 0, resumed: 0, updates: 0, kept: 0 };
	for (let draw = 0; draw < seeds; draw++) {
		const life = new SleepingBoard(device, { seed: seed + draw });
		await life.start();
		for (let kill = 0; kill < 12; kill++) {
			life.meddle();
			await life.run(life.chance.below(life.everyMs));
			if (await life.cut(life.chance.below(40), life.chance.happens(500) ? "power" : "reset")) counts.cuts++;
		}
		await life.settle();
		check(life);
		counts.seals += life.nonces.seals;
		counts.registered += life.named("registered").length - 1;
		counts.handshakes += life.named("secured").filter(({ resumed }) => resumed === false).length - 1;
		counts.resumed += life.named("secured").filter(({ resumed }) => resumed === true).length;
		counts.updates += life.named("updated").length;
		counts.kept += life.named("restored").filter(({ registration }) => registration === "kept").length;
		life.close();
	}
	context.diagnostic(`${seeds} lives: ${JSON.stringify(counts)}`);
	ok(counts.cuts > seeds * 6, "little was cut");
});

test("what is stored while the server is away survives cuts, and is told when it is back", async (context) => {
	const seeds = isExhaustive ? 100 : 3;
	const everyMs = 60_000;
	let stored = 0;
	let cuts = 0;
	for (let draw = 0; draw < seeds; draw++) {
		const rtc = "running"; // what nobody can date can not be told with its time
		const life = new SleepingBoard(device, { seed: seed + draw, lossPermille: 0, rtc, everyMs, isStoring: true });
		await life.start();
		life.setOutage(true);
		await life.run(15 * everyMs, () => life.named("registrationFailed").length > 0);
		const fromMs = life.nowMs;
		for (let kill = 0; kill < 4; kill++) {
			await life.run(life.chance.below(2 * everyMs));
			if (await life.cut(life.chance.below(30), life.chance.happens(500) ? "power" : "reset")) cuts++;
		}
		life.setOutage(false);
		await life.run(80 * everyMs, () => life.storedS.length > 0);
		await life.settle();
		check(life);
		const timesMs = life.storedS.map((timeS) => timeS * 1000 - VirtualTime.beginningMs).sort((a, b) => a - b);
		ok(timesMs.length > 0, `${life.where}: nothing stored was told`);
		for (let at = 0; at < timesMs.length; at++) {
			const beforeMs = at === 0 ? fromMs : timesMs[at - 1]!;
			const gapMs = timesMs[at]! - beforeMs;
			ok(gapMs <= everyMs + 45_000, `${life.where}: nothing was stored for ${gapMs} ms before ${timesMs[at]}`);
			ok(at === 0 || gapMs > 0, `${life.where}: the value of ${timesMs[at]} was told twice`);
		}
		stored += timesMs.length;
		life.close();
	}
	context.diagnostic(`${stored} stored values in ${seeds} outages with ${cuts} cuts`);
	ok(stored > seeds * 3 && cuts > seeds);
});
