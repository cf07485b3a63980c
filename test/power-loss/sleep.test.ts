/**
 * Power loss and resets around sleep and wake: at each flash operation, each write to retained RAM, before and behind
 * each datagram and each sleep. A part of it each time; `DORMOUSE_POWER_LOSS=all` does all of it, and 1,000 seeds.
 * Invariants: a listener that knows the keys hears no nonce twice; the board stays registered, or registers anew in
 * clean steps; server and client agree on what is observed; what is due is said, as soon as there is power.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../hosts/simulator/board/loader.ts";
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
	const late = life.resetsMs.filter((atMs) => atMs > nowMs - 2 * everyMs);
	equal(late.length, 0, `${where}: the client tells what the server does not observe, ${late.length} times`);
}

test("a board that sleeps is cut at every step of a sleep and a wake", async (context) => {
	let cuts = 0;
	for (const board of ["esp32", "nrf52840"] as const) {
		for (const how of ["power", "reset"] as const) {
			const stride = isExhaustive ? 1 : 7;
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
	ok(cuts > 20, "nothing was cut");
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
