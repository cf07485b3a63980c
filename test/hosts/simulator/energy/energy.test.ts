import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { boardNames } from "../../../../hosts/simulator/board/presets.ts";
import { type Cause, chargeStates, EnergyAccount, sum } from "../../../../hosts/simulator/energy/account.ts";
import { cells, lifeYears } from "../../../../hosts/simulator/energy/cells.ts";
import { habits } from "../../../../hosts/simulator/energy/habits.ts";
import { breakEvenMs, energyProfiles, radioOf } from "../../../../hosts/simulator/energy/profiles.ts";
import { Timeline } from "../../../../hosts/simulator/energy/timeline.ts";

const near = (value: number, expected: number, share = 1e-9) =>
	ok(Math.abs(value - expected) <= share * Math.abs(expected), `${value}, not ${expected}`);

const profile = energyProfiles.nrf9160;
const radio = radioOf("nrf9160")!;
const dayMs = 86_400_000;

function booted(timeline?: Timeline): EnergyAccount {
	const account = new EnergyAccount(profile, radio, 0, timeline);
	account.boot(0, true);
	return account;
}

test("every board has the radio that its profile names, and each draws less the deeper it sleeps", () => {
	for (const board of boardNames) {
		ok(radioOf(board) !== undefined, board);
		const { activeMa, idleMa, lightMa, deepMa } = energyProfiles[board].processor;
		ok(activeMa > idleMa && idleMa >= lightMa && lightMa > deepMa, board);
		for (const { name, listenMa, restMa, tailMa, sendMa } of energyProfiles[board].radios) {
			ok(sendMa > tailMa && tailMa > listenMa && listenMa >= restMa, `${board} ${name}`);
		}
	}
	equal(radioOf("esp32", "nbiot"), undefined);
});

test("a day of light sleep is the floor of processor and modem, and nothing else", () => {
	const account = booted();
	account.datagram(0, "sent", 100, "register");
	account.rest(10_000, "light");
	const before = account.totalMc;
	account.advance(10_000 + dayMs);
	near(account.totalMc - before, (0.0022 + 0.0027) * (dayMs / 1000), 1e-6);
	deepEqual([...account.causes.keys()].sort(), ["awake", "compute", "join", "register", "sleep"]);
});

test("deep sleep draws less, and the modem has to join again behind it", () => {
	const account = booted();
	account.datagram(0, "sent", 100, "register");
	account.rest(10_000, "deep");
	const before = account.totalMc;
	account.advance(10_000 + dayMs);
	near(account.totalMc - before, 0.0015 * (dayMs / 1000), 1e-6);
	account.boot(dayMs, false);
	account.datagram(dayMs, "sent", 50, "notify");
	const { charge, times } = account.causes.get("join")!;
	near(charge.access, (2 * radio.join.ma * radio.join.ms) / 1000);
	equal(times, 2);
});

test("a datagram pays for getting through once, and for the tail that it leaves", () => {
	const account = booted();
	account.datagram(0, "sent", 50, "register"); // joins
	account.advance(60_000);
	account.datagram(60_000, "sent", 50, "notify");
	account.datagram(60_100, "received", 40, "notify");
	account.rest(61_000, "light"); // the network holds the connection all the same
	account.advance(120_000);
	const { charge, datagrams, bytes } = account.causes.get("notify")!;
	near(charge.access, (radio.wake.ma * radio.wake.ms) / 1000);
	near(charge.tail, (radio.tailMa * (100 + radio.tailMs)) / 1000);
	near(charge.send, (radio.sendMa * (50 / radio.upBytesPerMs)) / 1000);
	near(charge.receive, (radio.receiveMa * (40 / radio.downBytesPerMs)) / 1000);
	deepEqual([datagrams, bytes], [2, 90]);
});

test("what comes while the radio is up takes its tail over, and is charged no wake-up", () => {
	const account = booted();
	account.datagram(0, "sent", 50, "register");
	account.datagram(1000, "sent", 50, "notify");
	account.advance(100_000);
	equal(account.causes.get("notify")!.charge.access, 0);
	near(account.causes.get("register")!.charge.tail, radio.tailMa);
	near(account.causes.get("notify")!.charge.tail, (radio.tailMa * radio.tailMs) / 1000);
});

test("Wi-Fi is lost in light and deep sleep, LTE in deep sleep alone; and without power nothing is remembered", () => {
	for (const [board, depth, joins] of [
		["esp32", "light", 2],
		["esp32", "deep", 2],
		["nrf9160", "light", 1],
		["nrf9160", "deep", 2],
	] as const) {
		const of = radioOf(board)!;
		const account = new EnergyAccount(energyProfiles[board], of, 0);
		account.boot(0, true);
		account.datagram(0, "sent", 50, "register");
		account.rest(20_000, depth);
		if (depth === "deep") account.boot(80_000, false);
		else account.rest(80_000, "idle");
		account.datagram(80_000, "sent", 50, "notify");
		equal(account.causes.get("join")!.times, joins, `${board} ${depth}`);
	}
	const thread = radioOf("nrf52840")!;
	const account = new EnergyAccount(energyProfiles.nrf52840, thread, 0);
	for (const [isCold, { ma, ms }] of [
		[true, thread.join],
		[false, thread.rejoin],
		[true, thread.join],
	] as const) {
		const before = account.causes.get("join")?.charge.access ?? 0;
		account.rest(0, "off");
		account.boot(0, isCold);
		account.datagram(0, "sent", 50, "notify");
		near(account.causes.get("join")!.charge.access - before, (ma * ms) / 1000, 1e-6);
	}
});

test("what was waited before a sleep was the awake window; what no sleep came of was idle", () => {
	const account = booted();
	account.datagram(0, "sent", 50, "register");
	account.rest(93_000, "light");
	const { charge, times } = account.causes.get("awake")!;
	near(charge.rest, profile.processor.idleMa * 93);
	near(charge.listen, radio.listenMa * 88);
	equal(times, 1);
	equal(account.causes.has("idle"), false);
	const awake = habits(account.causes, 100).filter(({ cause }) => cause === "awake");
	deepEqual(
		awake.map(({ states }) => states),
		[["listen", "rest"]],
		"about which the same can be done: one habit",
	);
	account.rest(100_000, "idle");
	account.advance(110_000);
	near(account.causes.get("idle")!.charge.rest, profile.processor.idleMa * 10);
});

test("flash is charged by bytes and sectors", () => {
	const account = new EnergyAccount(energyProfiles.nrf52840, radioOf("nrf52840")!, 0);
	account.boot(0, true);
	account.flash(0, 100, 2, "settings");
	near(account.causes.get("settings")!.charge.flash, (3.3 * (25 * 0.041 + 2 * 85)) / 1000);
});

test("nothing is drawn while the power is off, and time never runs back", () => {
	const account = booted();
	account.rest(1000, "off");
	const before = account.totalMc;
	account.advance(dayMs);
	account.advance(5);
	equal(account.totalMc, before);
});

/** A day with a notification in each hour. */
function day(timeline?: Timeline): EnergyAccount {
	const account = booted(timeline);
	for (let hour = 0; hour < 24; hour++) {
		account.work(hour * 3_600_000, 20, "compute");
		account.datagram(hour * 3_600_000, "sent", 78, "notify");
		account.rest(hour * 3_600_000 + 1000, "light");
	}
	account.advance(dayMs);
	return account;
}

test("the habits are the dearest parts, dearest first, their shares are of all, and each is a sentence", () => {
	const account = day();
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
	deepEqual([found[0]!.cause, found[0]!.states], ["notify", ["tail"]]);
	for (const { text } of found) ok(/^(less than )?\d+\.\d % goes to .*: .*\.$/.test(text), text);
	equal(habits(account.causes).length, 5);
});

test("a timeline has all of the charge, in at most 512 bins, however long it runs", () => {
	for (const binMs of [1000, 10_000_000]) {
		const timeline = new Timeline(binMs);
		const account = day(timeline);
		let total = 0;
		for (const bins of timeline.charges.values()) total += bins.reduce((some, charge) => some + charge, 0);
		near(total, account.totalMc, 1e-6);
		ok(timeline.bins <= 512 && timeline.bins * timeline.binMs >= dayMs);
		deepEqual([...timeline.charges.keys()].sort(), [...account.causes.keys()].sort());
	}
});

test("a timeline spreads a charge over its time", () => {
	const timeline = new Timeline(1000);
	const bins = (cause: Cause) => [...timeline.charges.get(cause)!.subarray(0, timeline.bins)];
	timeline.add("sleep", 4, 500, 2500);
	deepEqual(bins("sleep"), [1, 2, 1]);
	timeline.add("compute", 3, 700, 700);
	deepEqual(bins("compute"), [3, 0, 0]);
	timeline.add("sleep", 1, 512_000, 512_001);
	equal(timeline.binMs, 2000);
	deepEqual(bins("sleep").slice(0, 2), [3, 1]);
	equal(timeline.bins, 257);
});

test("deep sleep pays from a while on that fits the board", () => {
	const of = (board: keyof typeof energyProfiles) => breakEvenMs(energyProfiles[board], radioOf(board)!, 100) / 1000;
	ok(of("esp32") > 10 && of("esp32") < 30, String(of("esp32")));
	ok(of("esp32c3") > 30 && of("esp32c3") < 90, String(of("esp32c3")));
	ok(of("nrf52840") > 600 && of("nrf52840") < 3600, String(of("nrf52840")));
	ok(of("nrf9160") > 86_400, String(of("nrf9160")));
});

test("a cell lasts as long as capacity by current, less what it loses by itself", () => {
	const cell = { title: "", mAh: 1000, usable: 1, selfDischarge: 0 };
	near(lifeYears(cell, 1000 / 8766), 1);
	const leaking = lifeYears({ ...cell, selfDischarge: 0.1 }, 1000 / 8766 / 10);
	ok(leaking < 10 && leaking > 6, String(leaking));
	equal(lifeYears(cells.cr2032, 0), Infinity);
});

test("the states of a charge are all that a charge has", () => {
	for (const { charge } of day().causes.values()) deepEqual(Object.keys(charge).sort(), [...chargeStates].sort());
});
