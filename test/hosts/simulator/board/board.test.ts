import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import { SlotRefused } from "../../../../hosts/simulator/board/slots.ts";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import type { BoardPorts } from "../../../../hosts/simulator/engine/ports.ts";
import { VirtualTime } from "../../../../hosts/simulator/time.ts";
import { bench } from "./scripted.ts";

test("an image goes into slot A once, a different one replaces it, one too large is refused", () => {
	const { board } = bench(() => {});
	const image = Uint8Array.from({ length: 10_000 }, (_, index) => index & 0xff);
	equal(board.program(image), true);
	equal(board.program(image.slice()), false, "already there");
	equal(board.flash.figures().mostErasesOfASector, 0);
	const shorter = new Uint8Array(5000).fill(7);
	equal(board.program(shorter), true);
	const found = new Uint8Array(10_000);
	board.flash.read(presets.nrf52840.map.slotA.offset, found);
	deepEqual(found.subarray(0, 5000), shorter);
	ok(
		found.subarray(5000).every((byte) => byte === 0xff),
		"nothing of the first image is left",
	);
	const { erases, mostErasesOfASector } = board.flash.figures();
	deepEqual([erases, mostErasesOfASector], [0, 1], "it wears the flash, but is no work of the device");
	throws(() => board.program(new Uint8Array(presets.nrf52840.map.slotA.sizeBytes + 1)), SlotRefused);
});

test("alarms ring in their turn, a later one replaces an earlier one, and the ledger counts", () => {
	const { board, time, heard } = bench((ports, event) => {
		if (event === "boot") {
			ports.setAlarm(1000);
			ports.setAlarm(2000);
		} else ports.log(JSON.stringify({ event: event.kind, now: ports.nowMs() }));
	});
	board.powerOn();
	time.run(10_000);
	deepEqual(heard, [{ t: 2000, event: "alarm", now: 2000 }]);
	deepEqual([board.ledger.boots, board.ledger.turns, board.ledger.computrons, board.awakeMs], [1, 2, 6000, 6]);
});

test("datagrams come and go by socket number; closed with the machine; counted by the ledger", () => {
	let socket = 0;
	const { board, time, network, heard } = bench((ports, event) => {
		if (event === "boot") {
			socket = ports.udpOpen(0);
			ok(socket > 0);
			equal(ports.udpWrite(socket, Uint8Array.of(0x40, 1, 0, 1), "10.0.0.1", 5683), true);
			equal(ports.udpWrite(socket, new Uint8Array(1300), "10.0.0.1", 5683), false, "more than the network takes");
			equal(ports.udpWrite(99, Uint8Array.of(1), "10.0.0.1", 5683), false);
			equal(ports.udpRead(socket), undefined);
		} else if (typeof event === "object" && event.kind === "readable") {
			equal(event.socket, socket);
			const { bytes, host, port } = ports.udpRead(socket)!;
			ports.log(JSON.stringify({ event: "heard", bytes: [...bytes].join(" "), host, port }));
		}
	}, {});
	network.conditions.mtuBytes = 1280;
	const into = new Uint8Array(100);
	const from = { host: "", port: 0 };
	const server = network.open({
		host: "10.0.0.1",
		port: 5683,
		onReadable: () => {
			equal(server.read(into, from), 4);
			server.write(Uint8Array.of(0x60, 0, 0, 1), from);
		},
	});
	board.powerOn();
	time.run(1000);
	deepEqual(
		heard.map(({ event, bytes, host, port }) => ({ event, bytes, host, port })),
		[{ event: "heard", bytes: "96 0 0 1", host: "10.0.0.1", port: 5683 }],
	);
	deepEqual([board.ledger.sent.datagrams, board.ledger.received.datagrams], [1, 1]);
	board.cutPower();
	server.write(Uint8Array.of(0x60, 0, 0, 1), from);
	time.run(2000);
	equal(network.counters.unreachable, 1, "the socket went with the power");
});

test("a device that opens sockets without end gets -1 after the eighth", () => {
	const opened: number[] = [];
	const { board } = bench((ports) => {
		for (let count = 0; count < 10; count++) opened.push(ports.udpOpen(0));
		ports.udpClose(opened[0]!);
		opened.push(ports.udpOpen(0));
	});
	board.powerOn();
	deepEqual(opened, [1, 2, 3, 4, 5, 6, 7, 8, -1, -1, 9]);
});

test("a restart boots again after the turn with its cause; an alarm of the life before does not ring", () => {
	const causes: string[] = [];
	const { board, time } = bench((ports, event) => {
		if (event !== "boot") throw new Error(`${event.kind} out of a life before`);
		causes.push(JSON.parse(ports.bootRecordJson).resetCause);
		ports.setAlarm(causes.length === 1 ? 50 : undefined);
		if (causes.length < 3) ports.restart();
		equal(board.state, "running", "not before the turn ends");
	});
	board.powerOn();
	equal(board.state, "off");
	time.run(1000);
	board.reset("watchdog");
	deepEqual(causes, ["powerOn", "restart", "restart", "watchdog"]);
	equal(board.state, "running");
	equal(board.ledger.computrons, 4 * 5000);
	deepEqual([board.ledger.highWater.ramBytes, board.ledger.highWater.keys], [500, 3], "the most of any life");
});

test("shutting down is the device's own work; after off nothing reaches it", () => {
	const { board, time, heard } = bench((ports, event) => {
		if (event !== "boot" && event.kind === "shutDown") {
			ports.log(JSON.stringify({ event: "deregistered" }));
			ports.setAlarm(ports.nowMs() + 100);
		} else if (event !== "boot" && event.kind === "alarm") ports.off();
	});
	board.powerOn();
	board.shutDown();
	equal(board.state, "running");
	time.run(1000);
	equal(board.state, "off");
	deepEqual(
		heard.map(({ t, event }) => `${t} ${event}`),
		["0 deregistered", "100 off"],
	);
	board.shutDown();
	equal(heard.length, 2);
});

test("the settings partition lies at its place, keeps to its borders, and survives a power cut inside a write", () => {
	const { settings } = presets.nrf52840.map;
	let boots = 0;
	const found = new Uint8Array(8);
	const { board, heard } = bench((ports) => {
		boots++;
		if (boots === 1) {
			deepEqual([ports.flashSizeBytes, ports.flashSectorBytes, ports.flashWriteBytes], [32 * 1024, 4096, 4]);
			match(ports.flashWrite(settings.sizeBytes, new Uint8Array(4)) ?? "", /outside/);
			match(ports.flashRead(-4, new Uint8Array(4)) ?? "", /outside/);
			match(ports.flashErase(settings.sizeBytes - 4096, 8192) ?? "", /outside/);
			equal(ports.flashErase(0, 4096), undefined);
			equal(ports.flashWrite(0, Uint8Array.of(1, 2, 3, 4)), undefined);
			ports.flashWrite(4, Uint8Array.of(5, 6, 7, 8));
			throw new Error("the device ran on without power");
		}
		equal(ports.flashRead(0, found), undefined);
	});
	board.flash.cutAt({ operation: 2, bytes: 1, tornBits: 0 });
	board.powerOn();
	equal(board.state, "off");
	deepEqual(
		heard.map(({ event }) => event),
		["powerCut"],
	);
	board.powerOn();
	deepEqual([...found], [1, 2, 3, 4, 5, 0xff, 0xff, 0xff]);
	const direct = new Uint8Array(4);
	board.flash.read(settings.offset, direct);
	deepEqual([...direct], [1, 2, 3, 4]);
});

test("power can go at any moment: also while the device reports something", () => {
	const { board, heard } = bench(
		(ports) => {
			ports.log(JSON.stringify({ event: "halfway" }));
			throw new Error("ran on without power");
		},
		{
			onEvent(record) {
				heard.push({ t: 0, ...record });
				if (record.event === "halfway") board.cutPower();
			},
		},
	);
	board.powerOn();
	equal(board.state, "off");
	deepEqual(
		heard.map(({ event }) => event),
		["halfway", "powerCut"],
	);
});

test("the clock runs on over power cuts with a battery, and is unset without one", () => {
	const times: (number | undefined)[] = [];
	const run = (ports: BoardPorts) => {
		times.push(ports.wallTimeS());
		ports.setWallTimeS(1000);
		times.push(ports.wallTimeS());
	};
	for (const rtc of ["running", "unset"] as const) {
		const { board, time } = bench(run, { rtc });
		board.powerOn();
		time.run(10_000);
		board.reset("restart");
		board.cutPower();
		board.powerOn();
	}
	const beginningS = VirtualTime.beginningMs / 1000;
	deepEqual(times, [beginningS, 1000, 1010, 1000, 1000, 1000, undefined, 1000, 1010, 1000, undefined, 1000]);
});

test("the weather wanders slowly around 21 degrees, by seed and time alone", () => {
	const readings = (seed: number) => {
		const found: number[] = [];
		const { board, time } = bench(
			(ports) => {
				found.push(ports.temperature());
				ports.setAlarm(ports.nowMs() + 60_000);
			},
			{ chance: new Chance(seed) },
		);
		board.powerOn();
		time.run(24 * 3_600_000);
		return found;
	};
	const found = readings(5);
	deepEqual(readings(5), found);
	ok(
		found.every(
			(celsius) => celsius >= 17 && celsius <= 25 && Math.abs(celsius * 10 - Math.round(celsius * 10)) < 1e-9,
		),
	);
	ok(new Set(found).size > 20, "it hardly moves");
	ok(
		found.every((celsius, index) => index === 0 || Math.abs(celsius - found[index - 1]!) <= 0.5),
		"it jumps",
	);
	ok(readings(6).join() !== found.join());
});
