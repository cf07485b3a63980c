import type { Fault } from "../../../modules/bytes.ts";
import { fault } from "../../../modules/bytes.ts";
import { HostFailure, type LogRecord, type Power, type SleepDepth, type WakeReason } from "../../../modules/host.ts";
import { Sleeper, type SleeperOptions, type SleepLimit, type SleepTuning } from "../../../modules/sleep/sleeper.ts";
import { type WakeCost, WakePlan } from "../../../modules/sleep/wake-plan.ts";
import { deepEqual, equal, ok, test, throws } from "../../harness.ts";

/** What a row says of the device at 1,000,000 ms; the rest is as in `everything`. */
interface Situation {
	readonly dueInMs: number;
	/** Infinity: something is under way; below 0: the windows are over. */
	readonly radioInMs: number;
	readonly depths: readonly SleepDepth[] | undefined;
	readonly clientAllows: SleepDepth;
	readonly limit: SleepDepth;
	/** How many steps of settle() it takes until the limit allows everything; Infinity: none helps. */
	readonly settlesAfter: number;
	readonly fault: Fault | undefined;
	readonly hasRetention: boolean;
	/** Depths that the host fails to enter. */
	readonly failing: readonly SleepDepth[];
	readonly tuning: Partial<SleepTuning>;
	readonly deepPaysMs: number | undefined;
}

const everything: Situation = {
	dueInMs: 3_600_000,
	radioInMs: -1,
	depths: ["light", "deep", "off"],
	clientAllows: "off",
	limit: "off",
	settlesAfter: Infinity,
	fault: undefined,
	hasRetention: true,
	failing: [],
	tuning: {},
	deepPaysMs: undefined,
};

const TOO_LARGE = fault("retention.tooLarge", "silence", "test");

type Row = readonly [name: string, situation: Partial<Situation>, slept: string, wakeInMs: number];

const rows: readonly Row[] = [
	["nothing due for an hour", {}, "deep 3600000", 3_600_000],
	["nothing due for less than a boot is worth", { dueInMs: 19_999 }, "light 19999", 19_999],
	["it is worth it", { dueInMs: 20_000 }, "deep 20000", 20_000],
	["the host says that it takes longer", { deepPaysMs: 60_000, dueInMs: 59_999 }, "light 59999", 59_999],
	["the host says that it never pays", { deepPaysMs: Infinity, dueInMs: Infinity }, "light", Infinity],
	["the product knows better", { deepPaysMs: 60_000, tuning: { deepMs: 900 }, dueInMs: 900 }, "deep 900", 900],
	["due very soon", { dueInMs: 49 }, "", 49],
	["due now", { dueInMs: 0 }, "", 0],
	["late", { dueInMs: -5 }, "", -5],
	["something is under way", { radioInMs: Infinity }, "", 3_600_000],
	["a server may still call", { radioInMs: 60_000 }, "", 60_000],
	["a server may still call, and something is due before", { radioInMs: 60_000, dueInMs: 5000 }, "", 5000],
	["the window ends now", { radioInMs: 0 }, "deep 3600000", 3_600_000],
	["nothing is due at all", { dueInMs: Infinity }, "deep", Infinity],
	["nothing is due at all, and off is wanted", { dueInMs: Infinity, tuning: { deepest: "off" } }, "off", Infinity],
	["off is wanted, but something is due", { tuning: { deepest: "off" } }, "deep 3600000", 3_600_000],
	["no deeper than light", { tuning: { deepest: "light" } }, "light 3600000", 3_600_000],
	["no deeper than idle", { tuning: { deepest: "idle" } }, "", 3_600_000],
	["the host knows light alone", { depths: ["light"] }, "light 3600000", 3_600_000],
	["the host knows deep alone, and it is not worth it", { depths: ["deep"], dueInMs: 500 }, "", 500],
	["the host has no sleep", { depths: undefined }, "", 3_600_000],
	["nobody keeps state", { hasRetention: false }, "light 3600000", 3_600_000],
	["state can not be kept", { fault: TOO_LARGE }, "light 3600000", 3_600_000],
	["the host refuses deep", { failing: ["deep"] }, "light 3600000", 3_600_000],
	["the host refuses both", { failing: ["deep", "light"] }, "", 3_600_000],
	["a function waits in the client", { clientAllows: "light" }, "light 3600000", 3_600_000],
	["a download has a line of its own", { limit: "idle" }, "", 3_600_000],
	["settings are being tidied up, and get through", { limit: "light", settlesAfter: 3 }, "deep 3600000", 3_600_000],
	["settings take longer than that", { limit: "light", settlesAfter: 17 }, "light 3600000", 3_600_000],
];

const nowMs = 1_000_000;

interface Played {
	readonly sleeper: Sleeper;
	readonly slept: string[];
	readonly records: LogRecord[];
	readonly saves: number[];
	readonly woken: WakeReason[];
	rest(atMs?: number): number;
	set(situation: Partial<Situation>): void;
}

function play(
	first: Partial<Situation>,
	power: Partial<Power> = {},
	more: Pick<SleeperOptions, "plan" | "spent"> = {},
): Played {
	let it: Situation = { ...everything, ...first };
	const slept: string[] = [];
	const records: LogRecord[] = [];
	const saves: number[] = [];
	const woken: WakeReason[] = [];
	let steps = 0;
	const limit: SleepLimit = {
		get deepest() {
			return steps >= it.settlesAfter ? "off" : it.limit;
		},
		settle: () => void steps++,
	};
	const client = {
		get radioUntilMs() {
			return nowMs + it.radioInMs;
		},
		get deepest() {
			return it.clientAllows;
		},
	};
	const host = {
		resetCause: "powerOn",
		...(it.depths === undefined ? {} : { depths: it.depths }),
		...(it.deepPaysMs === undefined ? {} : { deepPaysMs: it.deepPaysMs }),
		restart() {},
		onShutdown() {},
		off() {},
		sleep(untilMs: number | undefined, depth: SleepDepth) {
			if (it.failing.includes(depth)) throw new HostFailure("no");
			slept.push(untilMs === undefined ? depth : `${depth} ${untilMs - nowMs}`);
		},
		...power,
	} as Power;
	const retention = {
		save(atMs: number) {
			saves.push(atMs);
			return it.fault;
		},
	};
	const sleeper = new Sleeper(client, {
		power: host,
		log: { write: (record) => void records.push(record) },
		...(it.hasRetention ? { retention } : {}),
		limits: [limit],
		tuning: it.tuning,
		woke: (reason) => void woken.push(reason),
		...more,
	});
	return {
		sleeper,
		slept,
		records,
		saves,
		woken,
		rest: (atMs = nowMs) => sleeper.rest(atMs, nowMs + it.dueInMs) - nowMs,
		set(situation) {
			it = { ...it, ...situation };
		},
	};
}

for (const [name, situation, slept, wakeInMs] of rows) {
	test(`[CORE-Q-1] sleeper: ${name}`, () => {
		const played = play(situation);
		equal(played.rest(), wakeInMs, "the next turn");
		equal(played.slept.join(), slept);
		const isDeep = slept.startsWith("deep") || slept.startsWith("off");
		if (isDeep) deepEqual(played.saves, [nowMs], "saved once, at the time of the turn");
		if (isDeep) equal(played.records.at(-1)?.event, "sleeping");
	});
}

test("[CORE-Q-1] sleeper: a refusal is logged once, and again after a sleep that worked", () => {
	const played = play({ fault: TOO_LARGE });
	played.rest();
	played.rest();
	const refused = { event: "sleepRefused", depth: "deep", reason: "retention.tooLarge" };
	deepEqual(played.records, [refused]);
	played.set({ fault: undefined });
	played.rest();
	played.set({ fault: TOO_LARGE });
	played.rest();
	deepEqual(
		played.records.map(({ event }) => event),
		["sleepRefused", "sleeping", "sleepRefused"],
	);
});

test("[CORE-Q-1] sleeper: a veto holds the device up, no deeper than it says, until it is released", () => {
	const played = play({});
	const up = played.sleeper.veto("button");
	const light = played.sleeper.veto("measuring", "light");
	played.rest();
	equal(played.slept.join(), "");
	up.release();
	up.release();
	played.rest();
	equal(played.slept.join(), "light 600000", "until it has lasted long enough to be said");
	light.release();
	played.rest();
	equal(played.slept.join(), "light 600000,deep 3600000");
});

test("[CORE-Q-1] sleeper: a veto that lasts is logged, with its name, now and then", () => {
	const played = play({ dueInMs: Infinity, tuning: { vetoMs: 60_000 } });
	const veto = played.sleeper.veto("display");
	for (const [atMs, nextInMs] of [
		[0, 60_000],
		[59_999, 60_000],
		[60_000, 120_000],
		[130_000, 190_000],
	] as const) {
		equal(played.rest(nowMs + atMs), nextInMs, `at ${atMs}`);
	}
	deepEqual(played.records, [
		{ event: "sleepVetoed", by: "display", forS: 60 },
		{ event: "sleepVetoed", by: "display", forS: 130 },
	]);
	veto.release();
	equal(played.rest(), Infinity);
});

test("[CORE-Q-1] sleeper: nine vetoes at once are a bug", () => {
	const { sleeper } = play({});
	for (let index = 0; index < 8; index++) sleeper.veto(`${index}`);
	throws(() => sleeper.veto("one more"));
});

test("[CORE-Q-1] sleeper: the application hears what ended a sleep", () => {
	const booted = play({}, { resetCause: "deepSleep", wakeReason: "pin" });
	booted.sleeper.started(nowMs);
	booted.sleeper.turnEnded(nowMs);
	deepEqual(booted.woken, ["pin"]);
	const began = play({});
	began.sleeper.started(nowMs);
	began.sleeper.turnEnded(nowMs);
	deepEqual(began.woken, [], "power on is no wake");
	began.set({ dueInMs: 5000 });
	began.rest();
	began.sleeper.turnEnded(nowMs);
	began.set({ radioInMs: Infinity });
	began.rest();
	began.sleeper.turnEnded(nowMs);
	deepEqual(began.woken, ["alarm"], "once for each sleep");
	ok(began.slept.length === 1);
});

test("[CORE-Q-1] sleeper: a pin's wake is logged, and each deep sleep with what the wake was for", () => {
	const plan = new WakePlan();
	const costs: WakeCost[] = [];
	const played = play(
		{},
		{ resetCause: "deepSleep", wakeReason: "pin" },
		{ plan, spent: (cost) => void costs.push(cost) },
	);
	played.sleeper.started(nowMs - 5000);
	plan.charge(3303, 0);
	plan.charge(3303, 12);
	plan.charge(1, 0);
	played.rest();
	deepEqual(played.records, [
		{ event: "awake", reason: "pin" },
		{ event: "sleeping", depth: "deep", forMs: 3_600_000, object: 3303, bytes: 12, awakeMs: 5000 },
	]);
	deepEqual(costs, [{ object: 3303, bytes: 12, awakeMs: 5000 }]);
	played.set({ dueInMs: 5000 });
	played.rest(nowMs);
	deepEqual(costs[1], { object: undefined, bytes: 0, awakeMs: 5000 });
});
