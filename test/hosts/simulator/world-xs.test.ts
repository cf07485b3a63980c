import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Board } from "../../../hosts/simulator/board/board.ts";
import { FlashChip } from "../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { type BoardName, boardNames, presets } from "../../../hosts/simulator/board/presets.ts";
import { careForBoards } from "../../../hosts/simulator/cli/care.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import { type Device, World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import { nodeDevice } from "./node-machine.ts";

/** Worlds whose boards run the image on XS. */
const device = await loadDevice();
const hourMs = 3_600_000;

async function history<D extends Device<Machine> | typeof nodeDevice>(
	used: D,
	seed: number,
	board: BoardName,
	count = 1,
) {
	const heard: (WorldEvent & { board: string })[] = [];
	const world = World.virtual(
		{
			seed,
			device: used as Device<Machine>,
			onEvent: (event, { name }) => heard.push({ ...event, board: name }),
		},
		{ lossPermille: 100, duplicatePermille: 50, reorderPermille: 50 },
	);
	const serverUri = await world.startServer();
	careForBoards(world.server!, () => {});
	for (let index = 0; index < count; index++) {
		world.addBoard({ preset: presets[board], factory: { endpointName: `board-${index}`, serverUri } }).powerOn();
	}
	await world.run(hourMs);
	return { world, heard };
}

const memoryHash = ({ machine }: Board<Machine>) => createHash("sha256").update(machine!.vm.memory).digest("hex");

test("the same seed gives the same events and the same memory to the last byte, another seed does not", async () => {
	const one = await history(device, 7, "nrf52840", 2);
	const same = await history(device, 7, "nrf52840", 2);
	const other = await history(device, 8, "nrf52840", 2);
	ok(one.heard.length > 60);
	deepEqual(same.heard, one.heard);
	deepEqual(same.world.boards.map(memoryHash), one.world.boards.map(memoryHash));
	ok(one.world.boards.map(memoryHash).join() !== other.world.boards.map(memoryHash).join());
	const [first, second] = one.world.boards.map(memoryHash);
	ok(first !== second, "two boards of one world draw differently");
});

test("XS and Node run the application to the same events on the same lossy network", async () => {
	for (const seed of [1, 2, 3]) {
		const onXs = await history(device, seed, "esp32");
		const onNode = await history(nodeDevice, seed, "esp32");
		deepEqual(onXs.heard, onNode.heard, `seed ${seed}`);
	}
});

test("the application runs on every kind of board, with a fifth of its memory to spare", async () => {
	for (const name of boardNames) {
		const { world, heard } = await history(device, 11, name);
		const [board] = world.boards;
		equal(board!.state, "running", name);
		ok(heard.some(({ event, platform }) => event === "booted" && platform === name));
		ok(heard.filter(({ event }) => event === "updated").length > 10);
		const { memory } = presets[name];
		const { highWater } = board!.ledger;
		const limitBytes = memory.arenaBytes + memory.cHeapBytes;
		ok(highWater.ramBytes > 20_000 && highWater.ramBytes < limitBytes * 0.8, `${name}: ${highWater.ramBytes}`);
		ok(highWater.stackBytes < memory.stackSlots * 16 * 0.8, `${name}: stack ${highWater.stackBytes}`);
		ok(board!.awakeMs > 100 && board!.awakeMs < hourMs / 100, `${name}: awake ${board!.awakeMs} ms`);
	}
});

test("a board too small for the application fails with figures, and leaves the others alone", async () => {
	const heard: WorldEvent[] = [];
	const world = World.virtual<Machine>({ seed: 1, device, onEvent: (event) => heard.push(event) });
	const serverUri = await world.startServer();
	const { memory } = presets.nrf9160;
	const small = { ...presets.nrf9160, memory: { ...memory, arenaBytes: 24 * 1024, heapSlots: 256, chunkBytes: 2048 } };
	const starved = world.addBoard({ preset: small, factory: { serverUri, endpointName: "small" } });
	const good = world.addBoard({ preset: presets.nrf9160, factory: { serverUri, endpointName: "good" } });
	starved.powerOn();
	good.powerOn();
	await world.run(60_000);
	equal(starved.state, "failed");
	equal(good.state, "running");
	const failed = heard.find(({ event }) => event === "deviceFailed")!;
	equal(failed.reason, "outOfMemory");
	ok(Number(failed.slotsUsed) > 100 && Number(failed.ramBytesLimit) > 24 * 1024);
	deepEqual(
		world.server!.clients().map(({ endpoint }) => endpoint),
		["good"],
	);
});

test("a slot that holds no image, or a damaged one, does not start, and says so", () => {
	const damaged = device.image.bytes.slice();
	damaged[damaged.length - 1000]! ^= 1;
	const forged = device.image.bytes.slice();
	forged[forged.length - 60]! ^= 1;
	for (const [bytes, why] of [
		[new Uint8Array(0), /image\.magic/],
		[damaged, /image\.hash/],
		[forged, /slot a: not signed by a trusted key.*slot b: image\.magic/],
		[device.image.bytes.subarray(0, 1000), /image\.truncated|image\.hash/],
	] as const) {
		const heard: WorldEvent[] = [];
		const world = World.virtual<Machine>({ seed: 1, device, onEvent: (event) => heard.push(event) });
		const preset = presets.nrf52840;
		const board = world.addBoard({ preset, flash: new FlashChip(preset.flash) });
		equal(board.flash.erase(preset.map.slotA.offset, preset.map.slotA.sizeBytes), undefined);
		equal(board.flash.burn(preset.map.slotA.offset, bytes), undefined);
		board.powerOn();
		equal(board.state, "failed");
		match(String(heard[0]!.explanation), why);
	}
});

test("a power cut at any moment of a life leaves a board that starts again", async () => {
	const heard: WorldEvent[] = [];
	const world = World.virtual<Machine>({ seed: 5, device, onEvent: (event) => heard.push(event) });
	const serverUri = await world.startServer();
	careForBoards(world.server!, () => {});
	const board = world.addBoard({ preset: presets.esp32c3, factory: { serverUri, endpointName: "cut" } });
	for (let cut = 0; cut < 40; cut++) {
		board.powerOn();
		await world.run(world.time.nowMs() + cut * 7);
		board.cutPower();
	}
	board.powerOn();
	await world.run(world.time.nowMs() + 1000);
	equal(heard.filter(({ event }) => event === "booted").length, 41);
	equal(heard.at(-1)!.event === "registered" || heard.some(({ event }) => event === "observing"), true);
	equal(world.server!.clients().length, 1);
});

test("a Reboot from the server restarts the machine on XS, and its counts go on", async () => {
	const heard: WorldEvent[] = [];
	const world = World.virtual<Machine>({ seed: 6, device, onEvent: (event) => heard.push(event) });
	const serverUri = await world.startServer();
	const board = world.addBoard({ preset: presets.esp32, factory: { serverUri, endpointName: "reboot" } });
	board.powerOn();
	await world.run(1000);
	const before = board.ledger.computrons;
	const answer = world.server!.operations.execute("reboot", "/3/0/4");
	await world.run(30_000);
	equal((await answer).code, 0x44);
	deepEqual(
		heard.filter(({ event }) => event === "booted").map(({ resetCause }) => resetCause),
		["powerOn", "restart"],
	);
	equal(heard.filter(({ event }) => event === "registered").length, 2);
	ok(board.ledger.computrons > before * 1.5);
	equal(board.state, "running");
});
