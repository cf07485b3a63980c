import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { careForBoards } from "../../../hosts/simulator/cli/care.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import type { Conditions } from "../../../hosts/simulator/network/virtual-network.ts";
import { type Device, World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import type { FactorySecurity } from "../../../modules/host.ts";
import { nodeDevice } from "./node-machine.ts";

/** Boards that register over DTLS with the embedded server, in virtual time. */
const device = await loadDevice();
const minuteMs = 60_000;
const key = "000102030405060708090a0b0c0d0e0f";
const lossy = { lossPermille: 100, duplicatePermille: 50, reorderPermille: 50 };

const pskOf = (endpoint: string): FactorySecurity => ({
	mode: "psk",
	publicKeyOrIdentity: toHex(utf8(endpoint)),
	secretKey: key,
});

async function start(
	used: Device<Machine> | typeof nodeDevice,
	{ seed = 1, conditions = {}, boards = 1 }: { seed?: number; conditions?: Partial<Conditions>; boards?: number } = {},
) {
	const heard: WorldEvent[] = [];
	const options = { seed, device: used as Device<Machine>, onEvent: (event: WorldEvent) => heard.push(event) };
	const world = World.virtual(options, conditions);
	await world.startServer({ securePort: 5684 });
	const server = world.server!;
	careForBoards(server, () => {});
	for (let index = 0; index < boards; index++) {
		const endpointName = `board-${index}`;
		server.security.add({ endpoint: endpointName, mode: "psk", identity: endpointName, key: fromHex(key)! });
		const factory = { endpointName, serverUri: world.secureUri!, security: pskOf(endpointName) };
		world.addBoard({ preset: presets.nrf52840, factory }).powerOn();
	}
	const named = (name: string) => heard.filter(({ event }) => event === name);
	return { world, server, heard, named };
}

test("[CORE-SEC] an hour over DTLS on a lossy network: one handshake, all Updates, on XS as on Node", async () => {
	for (const seed of [1, 2]) {
		const onXs = await start(device, { seed, conditions: lossy });
		await onXs.world.run(60 * minuteMs);
		equal(onXs.named("handshaking").length, 1);
		equal(onXs.named("secured").length, 1);
		equal(onXs.named("registered").length, 1);
		ok(onXs.named("updated").length >= 15, `${onXs.named("updated").length} Updates`);
		equal(onXs.server.clients()[0]!.address.secure, true);
		const onNode = await start(nodeDevice, { seed, conditions: lossy });
		await onNode.world.run(60 * minuteMs);
		const told = (events: readonly WorldEvent[]) => events.map((event) => ({ ...event, crypto: undefined }));
		deepEqual(told(onXs.heard), told(onNode.heard), `seed ${seed}`);
		onXs.world.close();
		onNode.world.close();
	}
});

test("[CORE-SEC] a server that crashes and comes back: an Update fails, then a handshake, a Register", async () => {
	const { world, server, named } = await start(device);
	await world.run(minuteMs);
	world.conditions!.lossPermille = 1000; // not even a good-bye
	server.stop();
	await world.run(minuteMs + 1000);
	world.conditions!.lossPermille = 0;
	await server.start();
	await world.run(15 * minuteMs);
	equal(named("secured").length, 2);
	equal(named("registered").length, 2);
	ok(named("registrationFailed").some(({ reason }) => reason === "timedOut"));
	world.close();
});

test("[CORE-SEC] a server that restarts says good-bye: a handshake, a refused Update, a Register", async () => {
	const { world, server, named } = await start(device);
	await world.run(minuteMs);
	server.stop();
	await server.start();
	await world.run(2 * minuteMs + 5000);
	deepEqual(
		[named("unsecured").length, named("secured").length, named("registered").length],
		[1, 2, 2],
		"within a minute, drawn, and the seconds that it takes",
	);
	world.close();
});

test("[CORE-SEC] credentials taken away end the session, and keep the board out until they are back", async () => {
	const { world, server, named } = await start(device);
	await world.run(minuteMs);
	server.security.remove("board-0");
	await world.run(10 * minuteMs);
	equal(named("unsecured").length, 1);
	ok(named("registrationFailed").length >= 1);
	ok(named("registrationFailed").every(({ reason }) => String(reason).startsWith("dtls.")));
	server.security.add({ endpoint: "board-0", mode: "psk", identity: "board-0", key: fromHex(key)! });
	await world.run(40 * minuteMs);
	equal(named("registered").length, 2);
	world.close();
});

test("[CORE-SEC] 4.03 to an endpoint without its credentials, in the clear and over DTLS", async () => {
	const { world, server, named } = await start(device);
	await world.run(minuteMs);
	const impostor = { endpointName: "board-9", serverUri: world.secureUri!, security: pskOf("board-0") };
	const bare = {
		endpointName: "board-0",
		serverUri: world.secureUri!.replace("coaps", "coap").replace("5684", "5683"),
	};
	for (const factory of [impostor, bare]) world.addBoard({ preset: presets.esp32, factory }).powerOn();
	await world.run(2 * minuteMs);
	deepEqual(
		named("registrationFailed").map(({ reason, code }) => `${reason} ${code}`),
		["refused 4.03", "refused 4.03"],
	);
	equal(server.clients().length, 1);
	world.close();
});

test("[CORE-SEC] a fleet of fifty over DTLS, each with its own session", { timeout: 60_000 }, async () => {
	const { world, server, named } = await start(nodeDevice, { boards: 50, conditions: lossy });
	await world.run(5 * minuteMs);
	equal(server.clients().length, 50);
	equal(new Set(named("secured").map(({ cid }) => cid)).size, 50);
	for (const board of world.boards) board.shutDown();
	await world.run(6 * minuteMs);
	// On such a network a De-register may be lost for good: that board says so, and its lifetime ends instead.
	const unconfirmed = named("deregistered").filter(({ reason }) => reason !== undefined).length;
	ok(unconfirmed <= 2, `${unconfirmed} De-registers without an answer`);
	ok(server.clients().length <= unconfirmed, `${server.clients().length} clients are left`);
	await world.run(11 * minuteMs);
	equal(server.clients().length, 0);
	world.close();
});

test("[CORE-SEC] with DTLS the application leaves a tenth of its stack free, and says good-bye", async () => {
	const { world, named } = await start(device);
	const [board] = world.boards;
	await world.run(5 * minuteMs);
	board!.shutDown();
	await world.run(6 * minuteMs);
	equal(named("off").length, 1);
	const { stackBytes } = board!.ledger.highWater;
	ok(stackBytes <= 9216 * 0.9, `${stackBytes} bytes of 9216`);
	world.close();
});
