import { WakePlan, type WakeTolerances } from "../../../modules/sleep/wake-plan.ts";
import { equal, ok, patience, seeded, test } from "../../harness.ts";

const tolerances: WakeTolerances = { aheadMs: 300_000, aheadShare: 8, leadMs: 500, talkMs: 1000 };

interface Row {
	readonly name: string;
	readonly isTalking: boolean;
	readonly earliestMs: number;
	readonly latestMs: number;
	readonly periodMs: number;
	readonly dueMs: number;
}

/** At 1,000,000 ms. */
const nowMs = 1_000_000;
const quiet = { isTalking: false, earliestMs: -Infinity };
const talking = { isTalking: true, earliestMs: -Infinity };
const hour = 3_600_000;

const rows: readonly Row[] = [
	{
		name: "quiet: at its time, less the lead",
		...quiet,
		latestMs: nowMs + hour,
		periodMs: hour,
		dueMs: nowMs + hour - 500,
	},
	{
		name: "quiet: a short period has a shorter lead",
		...quiet,
		latestMs: nowMs + 1000,
		periodMs: 1000,
		dueMs: nowMs + 875,
	},
	{
		name: "quiet: never before it may be",
		isTalking: false,
		earliestMs: nowMs + 999_900,
		latestMs: nowMs + hour / 3.6,
		periodMs: hour,
		dueMs: nowMs + 999_900,
	},
	{
		name: "quiet: what is soon due waits for its time",
		...quiet,
		latestMs: nowMs + 60_000,
		periodMs: hour,
		dueMs: nowMs + 59_500,
	},
	{ name: "talking: what is soon due is due now", ...talking, latestMs: nowMs + 60_000, periodMs: hour, dueMs: nowMs },
	{ name: "talking: up to the tolerance", ...talking, latestMs: nowMs + 300_000, periodMs: hour, dueMs: nowMs },
	{ name: "talking: not beyond it", ...talking, latestMs: nowMs + 300_001, periodMs: hour, dueMs: nowMs + 299_501 },
	{
		name: "talking: an eighth of its period at most",
		...talking,
		latestMs: nowMs + 7501,
		periodMs: 60_000,
		dueMs: nowMs + 7001,
	},
	{ name: "talking: and that it is", ...talking, latestMs: nowMs + 7500, periodMs: 60_000, dueMs: nowMs },
	{
		name: "talking: not before it may be",
		isTalking: true,
		earliestMs: nowMs + 1,
		latestMs: nowMs + 60_000,
		periodMs: hour,
		dueMs: nowMs + 59_500,
	},
	{ name: "what is late is due", ...quiet, latestMs: nowMs - 5, periodMs: hour, dueMs: nowMs - 505 },
	{
		name: "pmin above pmax wins",
		isTalking: true,
		earliestMs: nowMs + 9000,
		latestMs: nowMs + 1000,
		periodMs: 1000,
		dueMs: nowMs + 9000,
	},
	{ name: "never is never", ...talking, latestMs: Infinity, periodMs: Infinity, dueMs: Infinity },
];

for (const { name, isTalking, earliestMs, latestMs, periodMs, dueMs } of rows) {
	test(`[CORE-Q-1] wake plan: ${name}`, () => {
		const plan = new WakePlan({ tolerances });
		if (isTalking) plan.open().said(nowMs - 10);
		plan.begin(nowMs);
		equal(plan.isTalking, isTalking);
		equal(plan.dueMs(earliestMs, latestMs, periodMs), dueMs);
	});
}

test("[CORE-Q-1] wake plan: one server's first message lets all the others talk, for a second", () => {
	const plan = new WakePlan({ tolerances });
	const [first, second] = [plan.open(), plan.open()];
	first.said(1000);
	second.said(1500);
	plan.begin(2499);
	ok(plan.isTalking);
	first.heard(2400, true); // goes on with the window, not with the talk
	plan.begin(2500);
	ok(!plan.isTalking);
	first.said(2600);
	ok(!plan.isTalking);
});

interface Thing {
	readonly pminMs: number;
	readonly pmaxMs: number;
	doneMs: number;
	count: number;
}

/**
 * Invariants over 10,000 wakes of drawn things: none is done later than its pmax after the last time, though each boot
 * is up to 500 ms late; none before its pmin; none more than a seventh more often than its pmax asks; and there are
 * fewer wakes than there would be if each thing had its own.
 */
test("[CORE-Q-1] wake plan, drawn: 10,000 wakes miss no pmax, break no pmin, and drift nowhere", () => {
	let merged = 0;
	for (let seed = 1; seed <= patience; seed++) {
		const chance = seeded(seed);
		const plan = new WakePlan({ tolerances, awake: 20_000 });
		const window = plan.open();
		const things: Thing[] = [];
		for (let index = 2 + chance(5); index > 0; index--) {
			const pmaxMs = (60 + chance(7200)) * 1000;
			things.push({ pminMs: chance(pmaxMs / 1000) * 500, pmaxMs, doneMs: 0, count: 0 });
		}
		const dueOf = ({ pminMs, pmaxMs, doneMs }: Thing) => plan.dueMs(doneMs + pminMs, doneMs + pmaxMs, pmaxMs);
		let wakes = 0;
		for (let nowMs = 0; wakes < 10_000; ) {
			plan.begin(nowMs);
			let nextMs = Infinity;
			for (const thing of things) nextMs = Math.min(nextMs, dueOf(thing));
			if (nextMs > nowMs) {
				wakes++;
				nowMs = nextMs + chance(501); // a boot takes its time
				plan.begin(nowMs);
			}
			for (const thing of things) {
				if (dueOf(thing) > nowMs) continue;
				const gapMs = nowMs - thing.doneMs;
				ok(gapMs <= thing.pmaxMs, `seed ${seed} wake ${wakes}: ${gapMs} ms, pmax ${thing.pmaxMs}`);
				ok(gapMs >= thing.pminMs, `seed ${seed} wake ${wakes}: ${gapMs} ms, pmin ${thing.pminMs}`);
				thing.doneMs = nowMs;
				thing.count++;
				window.said(nowMs);
			}
			nowMs += 1;
		}
		let alone = 0;
		for (const { count, pmaxMs, doneMs } of things) {
			alone += count;
			ok(count <= doneMs / (pmaxMs * 0.875 - 600) + 1, `seed ${seed}: ${count} times in ${doneMs} ms of ${pmaxMs}`);
		}
		if (alone > wakes) merged++;
	}
	ok(merged > 0, "nothing was ever done together");
});
