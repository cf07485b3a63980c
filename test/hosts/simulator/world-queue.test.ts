/** Queue mode on boards that lose their RAM between two messages: what servers hold back, and when boards wake. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import { codeText } from "../../../modules/coap/code.ts";
import type { FactorySleep } from "../../../modules/host.ts";

const device = await loadDevice();
const endpoint = "queued";
const hourMs = 3_600_000;
const sampleMs = 600_000;

async function start(sleep: FactorySleep) {
	const heard: WorldEvent[] = [];
	const world = World.virtual({ seed: 9, device, onEvent: (event) => heard.push(event) });
	const serverUri = await world.startServer();
	const factory = { endpointName: endpoint, serverUri, lifetimeS: 7200, sleep: { queueMode: true, ...sleep } };
	const board = world.addBoard({ preset: presets.esp32, factory });
	board.powerOn();
	const run = (forMs: number) => world.run(world.time.nowMs() + forMs);
	const named = (name: string) => heard.filter(({ event }) => event === name);
	await run(200_000);
	equal(board.depth, "deep");
	return { world, board, server: world.server!, heard, named, run };
}

test("[CORE-Q-1] [L-11] deep asleep: each request waits for a wake that talks, and is answered in it", async () => {
	const it = await start({ awake: 5000, sampleEveryS: sampleMs / 1000 });
	const { operations } = it.server;
	const answers: string[] = [];
	let asked = 0;
	for (let hour = 0; hour < 12; hour++) {
		for (const path of ["/3/0/0", "/3303/0/5700"]) {
			asked++;
			operations.read(endpoint, path).then(
				({ code }) => answers.push(codeText(code)),
				(error: Error) => answers.push(error.message),
			);
		}
		await it.run(hourMs);
	}
	await it.run(2 * hourMs);
	deepEqual(answers, Array(asked).fill("2.05"));
	deepEqual([it.named("registered").length, it.named("registrationFailed").length], [1, 0]);
	const updates = it.named("updated").length;
	ok(updates >= 7 && updates <= 9, `${updates} Updates in 14 h of 2 h each`);
	it.world.close();
});

test("[CORE-Q-1] deep asleep: samplings stay at their times, however often the board boots", async () => {
	const it = await start({ awake: 5000, sampleEveryS: sampleMs / 1000 });
	it.heard.length = 0;
	await it.run(24 * hourMs);
	const due = it.named("booted").filter(({ t }) => t % sampleMs === 0);
	equal(due.length, (24 * hourMs) / sampleMs, "not one of them is late or left out");
	it.world.close();
});

test("[CORE-Q-1] deep asleep: what a server's habit is outlives deep sleep, and shortens the windows", async () => {
	const it = await start({ awake: "measured", sampleEveryS: 12 * 3600 });
	const { operations } = it.server;
	for (let wake = 0; wake < 8; wake++) {
		const reading = operations.read(endpoint, "/3/0/0");
		await it.run(2 * hourMs);
		equal(codeText((await reading).code), "2.05");
	}
	const windows = it.named("sleeping").map(({ awakeMs }) => Number(awakeMs));
	ok(windows[1]! >= 93_000, `at first ${windows[1]} ms`);
	ok(windows.at(-1)! < 10_000, `then ${windows.at(-1)} ms`);
	it.world.close();
});
