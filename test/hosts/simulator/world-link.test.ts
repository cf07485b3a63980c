/** Boards that lose their network: what they say meanwhile, how they sleep, and what they say when it is back. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import type { Factory } from "../../../modules/host.ts";

const device = await loadDevice();
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

async function start(more: Factory, seed = 5) {
	const heard: WorldEvent[] = [];
	const world = World.virtual({ seed, device, onEvent: (event) => heard.push(event) });
	const serverUri = await world.startServer();
	const address = "10.9.0.1";
	const factory = { endpointName: "linked", serverUri, lifetimeS: 7200, ...more };
	const board = world.addBoard({ preset: presets.esp32, factory, address });
	const run = (forMs: number) => world.run(world.time.nowMs() + forMs);
	const named = (name: string) => heard.filter(({ event }) => event === name);
	const sent = () => board.ledger.sent.datagrams;
	return { world, board, server: world.server!, heard, named, run, sent, address };
}

test("a network that is away for seconds: nothing is said of it, and no Update is sent", async () => {
	const it = await start({});
	it.board.powerOn();
	await it.run(10_000);
	const before = it.sent();
	for (let flap = 0; flap < 20; flap++) {
		it.board.link.lose();
		await it.run(3000);
		it.board.link.find();
		await it.run(20_000);
	}
	equal(it.sent(), before);
	deepEqual([it.named("network").length, it.named("updated").length, it.named("registered").length], [0, 0, 1]);
	it.world.close();
});

test("away for an hour: not a datagram is tried, the registration stands, and nothing is said twice", async () => {
	const it = await start({});
	it.board.powerOn();
	await it.run(10_000);
	it.board.link.lose();
	await it.run(10_000);
	const before = it.sent();
	const turns = it.board.ledger.turns;
	await it.run(hourMs);
	equal(it.sent(), before);
	const made = it.board.ledger.turns - turns;
	ok(made < 3600 / 5 + 20, `more than the thermometer's: ${made} turns in an hour without a network`);
	deepEqual(it.named("hostFailure"), []);
	it.board.link.find();
	await it.run(5000);
	equal(it.named("registered").length, 1, "the lifetime is not over");
	await it.run(hourMs);
	equal(it.named("updated").length, 1);
	it.world.close();
});

test("away for longer than the lifetime: a Register within a second of the network's coming", async () => {
	const it = await start({ lifetimeS: 600 });
	it.board.powerOn();
	await it.run(10_000);
	it.board.link.lose();
	await it.run(hourMs);
	it.board.link.find();
	await it.run(1000);
	equal(it.named("registered").length, 2);
	deepEqual(it.named("registrationFailed"), []);
	it.world.close();
});

test("no network at boot: silent until there is one, then it registers at once", async () => {
	const it = await start({});
	it.board.link.lose();
	it.board.powerOn();
	await it.run(hourMs);
	equal(it.sent(), 0);
	deepEqual(it.named("registrationFailed"), []);
	it.board.link.find();
	await it.run(1000);
	equal(it.named("registered").length, 1);
	it.world.close();
});

test("another address: one Update from there, and the server's requests arrive again", async () => {
	const it = await start({});
	it.board.powerOn();
	await it.run(10_000);
	(it.world.network as unknown as { rebind(host: string): string }).rebind(it.address);
	it.board.link.find("elsewhere");
	await it.run(2000);
	equal(it.named("updated").length, 1);
	const answer = await Promise.race([it.server.operations.read("linked", "/3/0/0"), it.run(20_000)]);
	ok(answer !== undefined, "the Read is answered");
	it.world.close();
});

for (const deepest of ["light", "deep"] as const) {
	const sleep = { queueMode: true, awake: 5000, deepest, sampleEveryS: 600 };

	test(`asleep (${deepest}) by its own will with a network: nothing changes`, async () => {
		const it = await start({ sleep });
		it.board.powerOn();
		await it.run(12 * hourMs);
		deepEqual([it.named("network").length, it.named("registered").length], [0, 1]);
		ok(it.named("updated").length >= 6);
		it.world.close();
	});

	test(`lost and found while asleep (${deepest}): nobody ever knew`, async () => {
		const it = await start({ sleep });
		it.board.powerOn();
		await it.run(700_000 + 2 * minuteMs);
		it.board.link.lose();
		await it.run(2 * minuteMs);
		it.board.link.find();
		await it.run(2 * hourMs);
		deepEqual([it.named("network").length, it.named("registered").length], [0, 1]);
		it.world.close();
	});

	test(`lost for days (${deepest}): it sleeps, looks now and then, and is back soon after the network is`, async () => {
		const it = await start({ sleep });
		it.board.powerOn();
		await it.run(hourMs);
		it.board.link.lose();
		await it.run(hourMs);
		const before = it.sent();
		const awakeMs = it.board.awakeMs;
		await it.run(48 * hourMs);
		equal(it.sent(), before, "not a datagram");
		ok(it.board.awakeMs - awakeMs < 600_000, `the processor worked ${it.board.awakeMs - awakeMs} ms`);
		it.board.link.find();
		const foundAt = it.world.time.nowMs();
		await it.run(hourMs);
		const again = it.named("registered").at(-1)!.t - foundAt;
		ok(again >= 0 && again <= 31 * minuteMs, `registered ${again / 1000} s after the network was back`);
		equal(it.named("registered").length, 2, "the lifetime was over");
		it.world.close();
	});
}

test("a thousand drawn outages: the board always comes back, and registers no more often than it must", async () => {
	const it = await start({ sleep: { queueMode: true, awake: 5000, deepest: "light", sampleEveryS: 300 } }, 11);
	it.board.powerOn();
	await it.run(minuteMs);
	let draw = 12_345;
	const chance = (bound: number) => {
		draw = (Math.imul(draw, 1_103_515_245) + 12_345) >>> 0;
		return (draw >>> 8) % bound;
	};
	for (let outage = 0; outage < 1000; outage++) {
		it.board.link.lose();
		await it.run(1000 + chance(outage % 10 === 0 ? 1_200_000 : 20_000));
		it.board.link.find();
		await it.run(1000 + chance(600_000));
	}
	await it.run(3 * hourMs);
	equal(it.board.state, "running");
	ok(it.named("registered").length < 15, `${it.named("registered").length}: those whose lifetime ended in an outage`);
	deepEqual(it.named("registrationFailed"), []);
	ok(it.heard.at(-1)!.t > it.world.time.nowMs() - 3 * hourMs);
	it.world.close();
});
