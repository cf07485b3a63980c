import { DEFAULT_TUNING } from "../../../modules/coap/tuning.ts";
import { type AwakeTuning, AwakeWindow, awakeTuningOf } from "../../../modules/sleep/awake-window.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";

const nobody = { opened() {} };

/** What happens to one window, and when it closes after that. */
type Step = readonly [atMs: number, what: "said" | "heard" | "asked", endMs: number];

interface Row {
	readonly name: string;
	readonly awake?: number | "measured";
	readonly steps: readonly Step[];
}

const rows: readonly Row[] = [
	{
		name: "MAX_TRANSMIT_WAIT after the last message, either way",
		steps: [
			[0, "said", 93_000],
			[50, "heard", 93_050],
			[60_000, "asked", 153_000],
			[60_000, "said", 153_000],
			[152_999, "asked", 245_999],
		],
	},
	{
		name: "a message after it has closed opens another one",
		steps: [
			[0, "said", 93_000],
			[93_000, "said", 186_000],
			[500_000, "heard", 593_000],
		],
	},
	{
		name: "as long as the product says",
		awake: 20_000,
		steps: [
			[0, "said", 20_000],
			[19_999, "asked", 39_999],
			[100_000, "said", 120_000],
		],
	},
	{ name: "not at all, where the product says so", awake: 0, steps: [[0, "said", 0]] },
	{
		name: "measured: four full windows with two requests, then six seconds, or twice the longest wait",
		awake: "measured",
		steps: [
			[0, "said", 93_000],
			[200, "asked", 93_200],
			[300_000, "said", 393_000],
			[600_000, "said", 693_000],
			[600_300, "asked", 693_300],
			[900_000, "said", 993_000],
			[1_200_000, "said", 1_206_000],
			[1_200_050, "heard", 1_206_050],
			[1_203_050, "asked", 1_209_050],
			[1_500_000, "said", 1_506_000],
		],
	},
	{
		name: "measured: a request in the later half ends the trust at once, for four windows",
		awake: "measured",
		steps: [
			[0, "said", 93_000],
			[0, "asked", 93_000],
			[0, "asked", 93_000],
			[200_000, "said", 293_000],
			[400_000, "said", 493_000],
			[600_000, "said", 693_000],
			[800_000, "said", 806_000],
			[805_000, "asked", 898_000],
			[1_000_000, "said", 1_093_000],
			[1_200_000, "said", 1_293_000],
			[1_400_000, "said", 1_493_000],
			[1_600_000, "said", 1_693_000],
			[1_800_000, "said", 1_810_000], // 2 × 5000
		],
	},
	{
		name: "measured: silence proves nothing",
		awake: "measured",
		steps: [1, 2, 3, 4, 5, 6, 7, 8].map((n): Step => [n * 200_000, "said", n * 200_000 + 93_000]),
	},
	{
		name: "measured: one request does not, either",
		awake: "measured",
		steps: [
			[0, "said", 93_000],
			[10, "asked", 93_010],
			...[1, 2, 3, 4, 5, 6, 7, 8].map((n): Step => [n * 200_000, "said", n * 200_000 + 93_000]),
		],
	},
];

function play(window: AwakeWindow, [atMs, what]: Step): void {
	if (what === "said") window.said(atMs);
	else window.heard(atMs, what === "asked");
}

for (const { name, awake, steps } of rows) {
	test(`[CORE-Q-1] awake window: ${name}`, () => {
		const window = new AwakeWindow(awakeTuningOf(DEFAULT_TUNING, awake), nobody);
		equal(window.endMs, -Infinity);
		for (const step of steps) {
			play(window, step);
			equal(window.endMs, step[2], `at ${step[0]}`);
		}
	});
}

test("[CORE-Q-1] awake window: a slow link's tuning makes it longer", () => {
	const slow = awakeTuningOf({ ...DEFAULT_TUNING, ackTimeoutMs: 8000 });
	equal(slow.windowMs, 372_000);
	equal(awakeTuningOf({ ...DEFAULT_TUNING, ackTimeoutMs: 8000 }, "measured").leastMs, 24_000);
});

test("[CORE-Q-1] awake window: a habit lives on in another window", () => {
	const tuning = awakeTuningOf(DEFAULT_TUNING, "measured");
	const first = new AwakeWindow(tuning, nobody);
	for (let wake = 0; wake < 4; wake++) {
		first.said(wake * 200_000);
		first.heard(wake * 200_000 + 100, true);
	}
	const second = new AwakeWindow(tuning, nobody);
	second.habit = first.habit;
	second.said(1000);
	equal(second.endMs, 1000 + 6000);
	deepEqual(second.habit, { seen: 4, longestMs: 100, windows: 5 });
	second.habit = { seen: 4, longestMs: 100, windows: 255 };
	second.said(1_000_000);
	equal(second.endMs, 1_006_000);
	second.said(2_000_000);
	equal(second.endMs, 2_093_000, "the 64th, counted on from where it was");
});

test("[CORE-Q-1] awake window: whoever opens one is told, once each time", () => {
	const opened: number[] = [];
	const window = new AwakeWindow(awakeTuningOf(DEFAULT_TUNING, 1000), { opened: (nowMs) => void opened.push(nowMs) });
	for (const atMs of [5, 500, 1400, 2400, 2401, 9000]) window.said(atMs);
	deepEqual(opened, [5, 2400, 9000]);
});

/**
 * Invariants: no window is shorter than leastMs, nor longer than MAX_TRANSMIT_WAIT; one of 64 in a row is full;
 * and a server that always asks within `habitMs`, one copy lost at most, is always heard.
 */
test("[CORE-Q-1] awake window, drawn: measured windows hear every request of a server that keeps its habit", () => {
	let shortened = 0;
	for (let seed = 1; seed <= 20 * patience; seed++) {
		const chance = seeded(seed);
		const tuning: AwakeTuning = awakeTuningOf(DEFAULT_TUNING, "measured");
		const window = new AwakeWindow(tuning, nobody);
		const habitMs = 20 + chance(2000);
		let nowMs = chance(1000);
		let sinceFull = 0;
		for (let wake = 0; wake < 140; wake++) {
			window.said(nowMs);
			const lengthMs = window.endMs - nowMs;
			ok(lengthMs >= tuning.leastMs && lengthMs <= tuning.windowMs, `seed ${seed} wake ${wake}: ${lengthMs}`);
			sinceFull = lengthMs === tuning.windowMs ? 0 : sinceFull + 1;
			if (sinceFull > 0) shortened++;
			ok(sinceFull < 64, `seed ${seed} wake ${wake}: never full`);
			for (let requests = chance(4); requests > 0; requests--) {
				nowMs += 1 + chance(habitMs) + (chance(10) === 0 ? 3000 : 0);
				ok(nowMs < window.endMs, `seed ${seed} wake ${wake}: a request at ${nowMs} finds us asleep`);
				window.heard(nowMs, true);
				window.said(nowMs);
			}
			nowMs = Math.max(nowMs, window.endMs) + 1 + chance(100_000);
		}
	}
	ok(shortened > 0, "none was ever shortened");
});
