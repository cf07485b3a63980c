import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { careForBoards } from "../../../hosts/simulator/cli/care.ts";
import { World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import type { NodeMachine } from "./node-machine.ts";
import { nodeDevice } from "./node-machine.ts";

const hourMs = 3_600_000;

/** A world with the embedded server and so many boards, run for a while. */
async function history(seed: number, { count = 1, hours = 1, lossPermille = 0 } = {}) {
	const heard: (WorldEvent & { board: string })[] = [];
	const complaints: string[] = [];
	const world = World.virtual<NodeMachine>(
		{ seed, device: nodeDevice, onEvent: (event, { name }) => heard.push({ ...event, board: name }) },
		{ lossPermille },
	);
	const serverUri = await world.startServer();
	careForBoards(world.server!, (text) => complaints.push(text));
	for (let index = 0; index < count; index++) {
		world.addBoard({ preset: presets.esp32c3, factory: { endpointName: `board-${index}`, serverUri } }).powerOn();
	}
	await world.run(hours * hourMs);
	return { world, heard, complaints };
}

const named = (heard: readonly WorldEvent[], name: string) => heard.filter(({ event }) => event === name);

test("a board registers with the embedded server, is observed, notifies and updates", async () => {
	const { world, heard, complaints } = await history(1);
	deepEqual(complaints, []);
	deepEqual(
		heard.slice(0, 3).map(({ t, event }) => `${event} ${t < 1000}`),
		["booted true", "registering true", "registered true"],
	);
	const observing = named(heard, "observing");
	equal(observing.length, 1);
	ok(observing[0]!.t < 500, "the server's script is not held up by virtual time");
	const notified = named(heard, "notified");
	ok(notified.length >= 1 && notified.length <= 60, `${notified.length} notifications in an hour`);
	const updated = named(heard, "updated");
	ok(updated.length >= 12, `${updated.length} updates in an hour with a lifetime of 300 s`);
	equal(named(heard, "registrationFailed").length, 0);
	deepEqual(
		world.server!.clients().map(({ endpoint }) => endpoint),
		["board-0"],
	);
	const { sent, received } = world.boards[0]!.ledger;
	equal(sent.messages.other + received.messages.other, 0);
	ok(sent.datagrams > 14);
	world.close();
});

test("the same seed gives the same history, another seed another one, on a bad network with five boards", async () => {
	const conditions = { count: 5, lossPermille: 150 };
	const one = await history(42, conditions);
	const same = await history(42, conditions);
	const other = await history(43, conditions);
	deepEqual(same.heard, one.heard);
	ok(JSON.stringify(other.heard) !== JSON.stringify(one.heard));
	equal(one.world.server!.clients().length, 5);
	ok(one.world.boards.every(({ state }) => state === "running"));
});

test("a board that loses power is there again after power on; shut down, it de-registers first", async () => {
	const { world, heard } = await history(3);
	const [board] = world.boards;
	board!.cutPower();
	await world.run(world.time.nowMs() + 60_000);
	equal(world.server!.clients().length, 1, "the server does not know yet");
	board!.powerOn();
	await world.run(world.time.nowMs() + 60_000);
	equal(named(heard, "registered").length, 2);
	board!.shutDown();
	await world.run(world.time.nowMs() + 10_000);
	equal(world.server!.clients().length, 0);
	deepEqual(
		heard.slice(-2).map(({ event }) => event),
		["deregistered", "off"],
	);
});

test("a server's Reboot restarts the board, and it registers anew", async () => {
	const { world, heard } = await history(4);
	const answer = world.server!.operations.execute("board-0", "/3/0/4");
	await world.run(world.time.nowMs() + 60_000);
	equal((await answer).code, 0x44);
	const booted = named(heard, "booted");
	deepEqual(
		booted.map(({ resetCause }) => resetCause),
		["powerOn", "restart"],
	);
	equal(named(heard, "registered").length, 2);
	equal(world.boards[0]!.ledger.boots, 2);
});

test("without a server the board says why it is not registered, and when it tries again", async () => {
	const heard: WorldEvent[] = [];
	const world = World.virtual<NodeMachine>({ seed: 1, device: nodeDevice, onEvent: (event) => heard.push(event) });
	world.addBoard({ preset: presets.nrf52840, factory: { serverUri: "coap://10.9.9.9:5683" } }).powerOn();
	world.addBoard({ preset: presets.nrf52840, factory: { serverUri: "coap://nobody.example" } }).powerOn();
	await world.run(hourMs);
	const failed = named(heard, "registrationFailed");
	ok(failed.length >= 4);
	for (const event of failed) {
		match(String(event.reason), /^\w/);
		ok(event.attempt === 5 || Number(event.retryInMs) > 0, JSON.stringify(event));
	}
	// After the last attempt it is for all servers together to say what comes of it.
	const remedies = named(heard, "recovery");
	equal(remedies.length, failed.filter(({ attempt }) => attempt === 5).length);
	for (const { retryInMs } of remedies) ok(Number(retryInMs) > 0);
	ok(new Set(failed.map(({ reason }) => reason)).size >= 2, "silence and an unknown name are told apart");
});
