/** Boards whose accounts come from a factory's record, a smart card, what they have kept, and a bootstrap server. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { BoardMachine } from "../../../hosts/simulator/board/board.ts";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { readContent } from "../../../hosts/simulator/factory/content.ts";
import { collectionOf, recordOf } from "../../../hosts/simulator/factory/record.ts";
import { leavesOf } from "../../../hosts/simulator/server/node.ts";
import { type Device, type NewBoard, World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import { nodeDevice } from "./node-machine.ts";

const described = (json: object) => readContent(JSON.stringify(json), "/description.json");
const cardOf = (json: object) => collectionOf(described(json).instances);
const key = "000102030405060708090a0b0c0d0e0f";

interface Scene<M extends BoardMachine> {
	readonly world: World<M>;
	readonly heard: WorldEvent[];
	readonly uri: string;
	run(ms: number): Promise<void>;
	events(): string[];
	/** What the server reads. */
	read(path: string): Promise<string>;
}

async function scene<M extends BoardMachine>(device: Device<M>): Promise<Scene<M>> {
	const heard: WorldEvent[] = [];
	const world = World.virtual<M>({ seed: 8, device, onEvent: (event) => heard.push(event) });
	const uri = await world.startServer({ securePort: 5684 });
	const run = (ms: number) => world.run(world.time.nowMs() + ms);
	return {
		world,
		heard,
		uri,
		run,
		events: () => heard.map(({ event }) => event),
		async read(path) {
			const [client] = world.server!.clients();
			const reading = world.server!.operations.read(client!.endpoint, path);
			await run(2000);
			const { content } = await reading;
			const numbers = path.split("/").slice(1).map(Number);
			return content === undefined
				? "nothing"
				: leavesOf(content, numbers)
						.map(({ value }) => String(value))
						.join();
		},
	};
}

const boardOf = (more: Partial<NewBoard>): NewBoard => ({ preset: presets.esp32, ...more });

test("[ETS-3] [BOOT-PROV-001] a smart card's lifetime over the factory's, and gone with the card", async () => {
	const { world, uri, run, read, events } = await scene(nodeDevice);
	const factory = { endpointName: "card", serverUri: uri, lifetimeS: 86_400 };
	const board = world.addBoard(boardOf({ factory, hasCardReader: true }));
	board.powerOn();
	await run(5000);
	equal(await read("/1/0/1"), "86400");
	board.insertCard(cardOf({ servers: [{ uri, shortServerId: 1, lifetimeS: 43_200 }] }));
	await run(5000);
	equal(await read("/1/0/1"), "43200");
	equal(world.server!.clients()[0]!.lifetimeS, 43_200);
	board.reset("watchdog");
	await run(5000);
	equal(await read("/1/0/1"), "43200", "kept, and the card says the same");
	board.removeCard();
	await run(5000);
	equal(await read("/1/0/1"), "86400");
	deepEqual(
		events().filter((event) => event.startsWith("card")),
		["cardInserted", "cardRemoved"],
	);
});

test("[ETS-3] on XS, over DTLS with the key of the card alone", async () => {
	const device = await loadDevice();
	const { world, uri, run, read, heard } = await scene(device);
	world.server!.security.add({
		endpoint: "card",
		mode: "psk",
		identity: "sim",
		key: new Uint8Array(16).map((_, at) => at),
	});
	const server = { uri: world.secureUri!, shortServerId: 1, lifetimeS: 43_200, pskIdentity: "sim", pskKey: key };
	const factory = { endpointName: "card", serverUri: uri, lifetimeS: 86_400 };
	const board = world.addBoard(boardOf({ factory, smartCard: cardOf({ servers: [server] }) }));
	board.powerOn();
	await run(10_000);
	equal(board.state, "running", JSON.stringify(heard.at(-1)));
	equal(await read("/1/0/1"), "43200");
	ok(heard.some(({ event }) => event === "secured"));
	ok(!JSON.stringify(heard).includes(key));
	board.removeCard(); // and with it its key: what is left is the factory's account, which has none
	await run(10_000);
	equal(heard.filter(({ event }) => event === "registering").at(-1)?.uri, uri);
	equal(board.state, "running");
});

test("[BOOT-PROV-001] a factory's record in flash, on each kind of board; a damaged one is as none", async () => {
	for (const preset of Object.values(presets)) {
		const { world, run, read, heard } = await scene(nodeDevice);
		world.server!.security.add({
			endpoint: "urn:x",
			mode: "psk",
			identity: "me",
			key: new Uint8Array(16).map((_, at) => at),
		});
		const server = { uri: world.secureUri!, shortServerId: 5, lifetimeS: 77, pskIdentity: "me", pskKey: key };
		const content = described({ endpointName: "urn:x", serialNumber: "S-7", lwm2m: "1.1", servers: [server] });
		const record = recordOf(content, { kind: "none" });
		const board = world.addBoard(boardOf({ preset, factoryRecord: record }));
		board.powerOn();
		await run(5000);
		deepEqual(
			world.server!.clients().map(({ endpoint, lifetimeS }) => [endpoint, lifetimeS]),
			[["urn:x", 77]],
			preset.name,
		);
		equal(await read("/3/0/2"), "S-7");
		equal(await read("/1/0/0"), "5");
		board.switchOff();
		record[record.length - 40]! ^= 1;
		board.provision(record);
		board.powerOn();
		await run(1000);
		const refused = heard.find(({ event }) => event === "factoryRecordRefused");
		equal(refused?.reason, "factory.damaged");
		world.close();
	}
});

test("[BOOT-PROV-001] [REG-001] bootstrapped once, a device needs its bootstrap server no more", async () => {
	const { world, uri, run, read, heard } = await scene(nodeDevice);
	const bootstrap = await world.startBootstrapServer();
	world.bootstrapServer!.configure("once", {
		security: { 0: { uri, securityMode: "NO_SEC", serverId: 101 } },
		servers: { 0: { shortId: 101, lifetime: 600 } },
	});
	const board = world.addBoard(boardOf({ factory: { endpointName: "once", bootstrap: { uri: bootstrap } } }));
	board.powerOn();
	await run(5000);
	equal(await read("/1/0/1"), "600");
	const lifetime = { kind: "singleResource", id: 1, type: "integer", value: 610n } as const;
	const written = world.server!.operations.write("once", "/1/0/1", lifetime);
	await run(2000);
	equal((await written).code, 68);
	world.bootstrapServer!.stop();
	const before = heard.length;
	board.cutPower();
	board.powerOn();
	await run(10_000);
	const events = heard.slice(before).map(({ event }) => event);
	ok(events.includes("registered") && !events.some((event) => event.startsWith("bootstrap")), events.join());
	deepEqual(heard.slice(before).find(({ event }) => event === "configured")?.from, "kept");
	equal(await read("/1/0/1"), "610");
});

test("[ETS-6] [BOOT-PROV-001] a card before the factory, its servers before a bootstrap server", async () => {
	const { world, uri, run, heard } = await scene(nodeDevice);
	const bootstrap = { uri: await world.startBootstrapServer() };
	const asked: string[] = [];
	world.bootstrapServer!.on("session", ({ endpoint }) => void asked.push(String(endpoint)));
	const card = cardOf({ servers: [{ uri, shortServerId: 3, lifetimeS: 50 }] });
	const factory = { endpointName: "order", serverUri: "coap://10.9.9.9:5683", bootstrap };
	const board = world.addBoard(boardOf({ factory, smartCard: card }));
	board.powerOn();
	await run(60_000);
	deepEqual(
		heard.filter(({ event }) => event === "registering").map(({ server }) => server),
		[3],
		"the factory's server is not asked while there is a card",
	);
	equal(asked.length, 0);
	board.removeCard(); // the factory's server does not answer: then its bootstrap server
	await run(4 * 3_600_000);
	ok(heard.some(({ event, uri: to }) => event === "registering" && to === "coap://10.9.9.9:5683"));
	ok(asked.includes("order"), heard.map(({ event }) => event).join());
});

test("a board without a reader takes no card; a record that is too long does not fit", async () => {
	const { world } = await scene(nodeDevice);
	const board = world.addBoard(boardOf({}));
	let said = "";
	for (const act of [() => board.insertCard(new Uint8Array(3)), () => board.provision(new Uint8Array(9000))]) {
		try {
			act();
		} catch (error) {
			said += `${(error as Error).message}\n`;
		}
	}
	ok(/no reader/.test(said) && /9000 bytes, the partition of this board 8192/.test(said), said);
});
