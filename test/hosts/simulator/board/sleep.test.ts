import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../../hosts/simulator/engine/machine.ts";
import type { BoardPorts, DeviceEvent } from "../../../../hosts/simulator/engine/ports.ts";
import { javaScriptRoot } from "../../../../hosts/simulator/image/builder.ts";
import { World, type WorldEvent } from "../../../../hosts/simulator/world.ts";
import { bench } from "./scripted.ts";

const light = 1;
const deep = 2;
const off = 3;

/** What a boot finds, for log(). */
function found(ports: BoardPorts) {
	const { resetCause, clockWentOn } = JSON.parse(ports.bootRecordJson);
	return { event: "boot", cause: resetCause, wentOn: clockWentOn, why: ports.wakeReason(), now: ports.nowMs() };
}

const tell = (ports: BoardPorts, record: object) => ports.log(JSON.stringify(record));

test("deep sleep: the machine is gone, its alarm too, and it boots when its time has come", () => {
	const { board, time, heard } = bench((ports, event) => {
		if (event !== "boot") return tell(ports, { event: event.kind });
		tell(ports, found(ports));
		ports.setAlarm(ports.nowMs() + 10);
		if (board.ledger.boots < 3) equal(ports.sleep(ports.nowMs() + 60_000, deep), undefined);
	});
	board.powerOn();
	deepEqual([board.state, board.depth, board.machine], ["asleep", "deep", undefined]);
	board.powerOn(); // it has power
	equal(board.ledger.boots, 1);
	time.run(200_000);
	deepEqual(
		heard.map(({ t, event, cause, wentOn, why, now }) => [t, event, cause, wentOn, why, now]),
		[
			[0, "boot", "powerOn", false, 0, 0],
			[60_000, "boot", "deepSleep", true, 1, 60_000],
			[120_000, "boot", "deepSleep", true, 1, 120_000],
			[120_010, "alarm", undefined, undefined, undefined, undefined],
		],
	);
	deepEqual([board.state, board.depth], ["running", "idle"]);
});

test("a timer that does not reach so far ends a deep sleep early; what has no end is ended by a pin alone", () => {
	const { board, time, heard } = bench((ports, event) => {
		if (event !== "boot") return;
		tell(ports, found(ports));
		ports.sleep(board.ledger.boots === 1 ? 10 * 86_400_000 : undefined, board.ledger.boots === 2 ? off : deep);
	});
	board.powerOn();
	time.run(16_382_999);
	equal(heard.length, 1);
	time.run(16_383_000);
	deepEqual([heard.length, board.state, board.depth], [3, "off", "off"]);
	time.run(10 * 86_400_000);
	equal(heard.length, 3);
	board.wake();
	deepEqual([heard[3]!.cause, heard[3]!.why, board.state], ["deepSleep", 2, "asleep"]);
	board.shutDown();
	deepEqual([board.state, heard.at(-1)!.event], ["off", "off"]);
	board.wake();
	equal(board.state, "off", "without power no pin does anything");
});

test("retained RAM outlives sleep and resets; power brings bytes that nobody wrote, never twice the same", () => {
	const seen: string[] = [];
	const { board, time } = bench((ports, event) => {
		if (event !== "boot") return;
		const bytes = new Uint8Array(ports.retainedSizeBytes);
		equal(ports.retainedRead(0, bytes), undefined);
		seen.push(bytes.join());
		ok(ports.retainedRead(1, bytes)!.includes("outside"));
		ok(ports.retainedWrite(-1, new Uint8Array(1))!.includes("outside"));
		equal(ports.retainedWrite(0, bytes.fill(board.ledger.boots)), undefined);
		if (board.ledger.boots === 1) ports.sleep(1000, deep);
		if (board.ledger.boots === 2) ports.restart();
	});
	board.powerOn();
	time.run(5000);
	board.reset("watchdog");
	equal(board.ledger.boots, 4);
	equal(seen[0]!.split(",").length, 128);
	deepEqual(
		seen.slice(1).map((bytes) => [...new Set(bytes.split(","))].join()),
		["1", "2", "3"],
	);
	board.cutPower();
	board.powerOn();
	ok(new Set(seen[0]!.split(",")).size > 20 && new Set(seen[4]!.split(",")).size > 20 && seen[0] !== seen[4]);
});

test("the clock goes on through what the chip's does; else it begins at 0 and wall time alone tells", () => {
	for (const [name, wentOn] of [
		["esp32", [false, true, true, false]],
		["nrf52840", [false, true, false, false]],
	] as const) {
		const { board, time, heard } = bench(
			(ports, event) => {
				if (event !== "boot") return tell(ports, { event: "alarm", now: ports.nowMs() });
				tell(ports, { ...found(ports), wall: ports.wallTimeS() });
				if (board.ledger.boots === 1) ports.sleep(ports.nowMs() + 5000, deep);
				else ports.setAlarm(ports.nowMs() + 500);
			},
			{ preset: presets[name] },
		);
		time.run(1000);
		board.powerOn();
		time.run(7000);
		board.reset("watchdog");
		time.run(8000);
		board.cutPower();
		time.run(9000);
		board.powerOn();
		time.run(10_000);
		const boots = heard.filter(({ event }) => event === "boot");
		deepEqual(
			boots.map(({ wentOn }) => wentOn),
			wentOn,
			name,
		);
		equal(boots[3]!.now, 0);
		for (const { t, wall } of boots) equal(wall, 1767225600 + Math.floor(t / 1000));
		for (const { t, now, event } of heard.filter(({ event }) => event === "alarm")) {
			const boot = boots.findLast((it) => it.t <= t)!;
			equal(Number(now) - Number(boot.now), 500, `${name} ${event} at ${t}`);
		}
	}
});

/** A board that sleeps light from its boot on until 5000, with alarms at 2000 and 5000; others send to it. */
function dozer(write: boolean) {
	let socket = 0;
	const it = bench((ports, event: DeviceEvent | "boot") => {
		if (event === "boot") {
			socket = ports.udpOpen(5683);
			ports.sleep(5000, light);
			ports.setAlarm(2000);
			return;
		}
		tell(ports, { event: event.kind, why: ports.wakeReason() });
		if (event.kind === "readable") ports.udpRead(socket);
		if (event.kind !== "alarm" || ports.nowMs() >= 5000) return;
		ports.setAlarm(5000);
		if (write) ports.udpWrite(socket, Uint8Array.of(1), "10.0.0.9", 1);
	});
	const other = it.network.open({ host: "10.0.0.9", port: 1, onReadable: () => {} });
	for (const at of [1000, 3000, 6000]) {
		it.time.at(at, () => other.write(Uint8Array.of(at / 1000), { host: "10.0.0.2", port: 5683 }));
	}
	return it;
}

test("light sleep: what comes is lost until its time is over, the alarm rings as ever", () => {
	const { board, time, heard } = dozer(false);
	board.powerOn();
	deepEqual([board.state, board.depth], ["running", "light"]);
	time.run(10_000);
	deepEqual(
		heard.map(({ t, event, why }) => [Math.min(t, 6000), event, why]),
		[
			[2000, "alarm", 0],
			[5000, "alarm", 1],
			[6000, "readable", 1],
		],
	);
	deepEqual([board.ledger.lostAsleep, board.ledger.received.datagrams, board.depth], [2, 1, "idle"]);
});

test("light sleep ends with the first datagram that is sent", () => {
	const { board, time, heard } = dozer(true);
	board.powerOn();
	time.run(10_000);
	deepEqual(
		heard.map(({ event }) => event),
		["alarm", "readable", "alarm", "readable"],
	);
	equal(board.ledger.lostAsleep, 1);
});

test("a pin ends light sleep, and is an event; a restart in the same turn goes before any sleep", () => {
	const { board, time, heard } = bench((ports, event) => {
		tell(ports, event === "boot" ? found(ports) : { event: event.kind, why: ports.wakeReason() });
		if (event === "boot") ports.sleep(undefined, light);
		else {
			ports.sleep(undefined, deep);
			ports.restart();
		}
	});
	board.powerOn();
	time.run(1000);
	board.wake();
	time.run(2000);
	deepEqual(
		heard.map(({ event, why, cause }) => [event, why, cause]),
		[
			["boot", 0, "powerOn"],
			["pin", 2, undefined],
			["boot", 0, "restart"],
		],
	);
});

test("nonsense is refused in words, and idle is no sleep", () => {
	const { board } = bench((ports) => {
		ok(ports.sleep(1000, 9)!.includes("no depth"));
		ok(ports.sleep(Number.POSITIVE_INFINITY, deep)!.includes("no time"));
		equal(ports.sleep(1000, 0), undefined);
	});
	board.powerOn();
	deepEqual([board.state, board.depth], ["running", "idle"]);
});

test("a board is cut at every step: flash, retained RAM, datagrams, sleep; by power or by a reset", () => {
	const steps = (how: "power" | "reset", step: number) => {
		const got: number[] = [];
		const { board, time } = bench((ports, event) => {
			if (event !== "boot") return;
			const bytes = new Uint8Array(8);
			ports.retainedRead(0, bytes);
			got.push(bytes.filter((byte, at) => byte === at + 1).length);
			if (board.ledger.boots > 1) return;
			const socket = ports.udpOpen(0);
			ports.flashErase(0, 8192); // steps 0 and 1
			ports.flashWrite(0, new Uint8Array(8)); // 2
			ports.retainedWrite(0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)); // 3
			ports.udpWrite(socket, Uint8Array.of(1), "10.0.0.9", 1); // 4: before, 5: behind
			ports.sleep(1000, deep); // 6, 7
		});
		board.rail.killAt({ step, how, bytes: 3 });
		board.powerOn();
		time.run(500);
		return { board, got };
	};
	for (let step = 0; step < 8; step++) {
		const cut = steps("power", step).board;
		equal(cut.state, "off", `step ${step}`);
		const { board, got } = steps("reset", step);
		equal(board.state, "running", `step ${step}`);
		equal(board.ledger.boots, 2);
		const kept = step < 3 ? 0 : step === 3 ? 3 : 8;
		ok(got[1] === kept || (step < 3 && got[1]! < 3), `step ${step}: ${got}`);
		equal(board.ledger.sent.datagrams, step < 5 ? 0 : 1);
	}
	const { board } = steps("power", 8);
	deepEqual([board.state, board.rail.steps], ["asleep", 8]);
});

test("on XS: a deep sleep throws the machine away, and the port says what was", async () => {
	const device = await loadDevice({
		entry: join(javaScriptRoot, "test/hosts/simulator/board/sleep-program.js"),
		version: "1",
	});
	for (const preset of [presets.nrf52840, presets.esp32]) {
		const heard: WorldEvent[] = [];
		const world = World.virtual<Machine>({ seed: 1, device, onEvent: (event) => heard.push(event) });
		const board = world.addBoard({ preset });
		board.powerOn();
		equal(board.state, "asleep", JSON.stringify(heard));
		await world.run(130_000);
		board.wake();
		const boots = heard.filter(({ event }) => event === "boot");
		deepEqual(
			boots.slice(1).map(({ t, resetCause, clockWentOn, wakeReason, now, counter }) => {
				return [t, resetCause, clockWentOn, wakeReason, now, counter];
			}),
			[
				[60_000, "deepSleep", true, "alarm", 60_000, "1 77"],
				[120_000, "deepSleep", true, "alarm", 120_000, "2 77"],
				[130_000, "deepSleep", true, "pin", 130_000, "3 77"],
			],
		);
		equal(boots[0]!.wakeReason, undefined);
		ok(heard.some(({ event, why }) => event === "refused" && String(why).startsWith("HostFailure: sleep")));
		world.close();
	}
});
