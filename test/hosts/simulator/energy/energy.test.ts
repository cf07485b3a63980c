import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { boardNames } from "../../../../hosts/simulator/board/presets.ts";
import { EnergyAccount, sum } from "../../../../hosts/simulator/energy/account.ts";
import { cells, lifeYears } from "../../../../hosts/simulator/energy/cells.ts";
import { habits } from "../../../../hosts/simulator/energy/habits.ts";
import { energyProfiles, radioOf } from "../../../../hosts/simulator/energy/profiles.ts";

const near = (value: number, expected: number, share = 1e-9) =>
	ok(Math.abs(value - expected) <= share * Math.abs(expected), `${value}, not ${expected}`);

const profile = energyProfiles.nrf9160;
const radio = radioOf("nrf9160")!;
const dayMs = 86_400_000;

test("every board has the radio that its profile names, and each draws less the deeper it sleeps", () => {
	for (const board of boardNames) {
		ok(radioOf(board) !== undefined, board);
		const { activeMa, idleMa, lightMa, deepMa } = energyProfiles[board].processor;
		ok(activeMa > idleMa && idleMa >= lightMa && lightMa > deepMa, board);
	}
	equal(radioOf("esp32", "nbiot"), undefined);
});

test("a day of deep sleep is the floor of processor and modem, and nothing else", () => {
	const account = new EnergyAccount(profile, radio, 0);
	account.boot(0, true);
	account.datagram(0, "sent", 100, "register");
	account.rest(10_000, "deep");
	const before = account.totalMc;
	account.advance(10_000 + dayMs);
	near(account.totalMc - before, (0.0014 + 0.0027) * (dayMs / 1000), 1e-6);
	deepEqual([...account.causes.keys()].sort(), ["attach", "compute", "idle", "register", "sleep"]);
});

test("a datagram pays for getting through once, and for the tail that it leaves", () => {
	const account = new EnergyAccount(profile, radio, 0);
	account.boot(0, true);
	account.datagram(0, "sent", 50, "register"); // joins
	account.advance(60_000);
	account.datagram(60_000, "sent", 50, "notify");
	account.datagram(60_100, "received", 40, "notify");
	account.advance(120_000);
	const { charge, datagrams, bytes } = account.causes.get("notify")!;
	near(charge.wake, (radio.wakeMa * radio.wakeMs) / 1000);
	near(charge.tail, (radio.tailMa * (100 + radio.tailMs)) / 1000);
	near(charge.air, (radio.sendMa * (50 / radio.upBytesPerMs) + radio.receiveMa * (40 / radio.downBytesPerMs)) / 1000);
	deepEqual([datagrams, bytes], [2, 90]);
});

test("what comes while the radio is up takes its tail over, and is charged no wake-up", () => {
	const account = new EnergyAccount(profile, radio, 0);
	account.boot(0, false);
	account.datagram(0, "sent", 50, "register");
	account.datagram(1000, "sent", 50, "notify");
	account.advance(100_000);
	equal(account.causes.get("notify")!.charge.wake, 0);
	near(account.causes.get("register")!.charge.tail, radio.tailMa);
	near(account.causes.get("notify")!.charge.tail, (radio.tailMa * radio.tailMs) / 1000);
});

test("a radio that deep sleep switches off joins anew; a modem of its own does not", () => {
	for (const [board, joins] of [
		["esp32", 2],
		["nrf9160", 1],
	] as const) {
		const of = radioOf(board)!;
		const account = new EnergyAccount(energyProfiles[board], of, 0);
		account.boot(0, true);
		account.datagram(0, "sent", 50, "register");
		account.rest(20_000, "deep");
		account.boot(80_000, false);
		account.datagram(80_000, "sent", 50, "notify");
		near(account.causes.get("attach")!.charge.wake, (joins * of.attachMa * of.attachMs) / 1000);
	}
});

test("nothing is drawn while the power is off, and time never runs back", () => {
	const account = new EnergyAccount(profile, radio, 0);
	account.boot(0, true);
	account.rest(1000, "off");
	const before = account.totalMc;
	account.advance(dayMs);
	account.advance(5);
	equal(account.totalMc, before);
});

test("the habits are the dearest parts, dearest first, and their shares are of all", () => {
	const account = new EnergyAccount(profile, radio, 0);
	account.boot(0, true);
	for (let hour = 0; hour < 24; hour++) {
		account.work(hour * 3_600_000, 20, "compute");
		account.datagram(hour * 3_600_000, "sent", 78, "notify");
		account.rest(hour * 3_600_000 + 1000, "deep");
	}
	account.advance(dayMs);
	const found = habits(account.causes, 100);
	near(
		found.reduce((total, { share }) => total + share, 0),
		1,
	);
	near(
		[...account.causes.values()].reduce((total, { charge }) => total + sum(charge), 0),
		account.totalMc,
	);
	for (let at = 1; at < found.length; at++) ok(found[at - 1]!.millicoulombs >= found[at]!.millicoulombs);
	deepEqual([found[0]!.cause, found[0]!.part], ["notify", "tail"]);
	equal(habits(account.causes).length, 5);
});

test("a cell lasts as long as capacity by current, less what it loses by itself", () => {
	const cell = { title: "", mAh: 1000, usable: 1, selfDischarge: 0 };
	near(lifeYears(cell, 1000 / 8766), 1);
	const leaking = lifeYears({ ...cell, selfDischarge: 0.1 }, 1000 / 8766 / 10);
	ok(leaking < 10 && leaking > 6, String(leaking));
	equal(lifeYears(cells.cr2032, 0), Infinity);
});
