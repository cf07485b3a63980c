import { Attempts, afterAttempt, type Wait } from "../../../modules/lwm2m/attempts.ts";
import { defaultRegistrationTuning } from "../../../modules/lwm2m/registration.ts";
import type { RecoveryOptions } from "../../../modules/objects/server-1.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { account } from "./furniture.ts";

const never = 0xffff_ffff;

function attemptsWith(recovery: RecoveryOptions, more: { disableTimeoutS?: number; seed?: number } = {}) {
	const { server } = account({ recovery, disableTimeoutS: more.disableTimeoutS });
	const chance = seeded(more.seed ?? 1);
	const dice = { below: more.seed === undefined ? () => 0 : (bound: number) => chance(bound) };
	const attempts = new Attempts({ server }, dice, defaultRegistrationTuning, true);
	return { attempts, server };
}

/** Every attempt fails at once, from now on, up to a decision. @returns what it waited for, and how long */
function failAll(attempts: Attempts, most = 100): string[] {
	const waits: string[] = [];
	let nowMs = 1000;
	attempts.hold();
	attempts.begin(nowMs);
	for (let count = 0; count < most; count++) {
		nowMs = attempts.deadlineMs;
		attempts.next();
		attempts.failed(nowMs, false);
		const { wait, deadlineMs } = attempts;
		waits.push(`${wait} ${(deadlineMs - nowMs) / 1000}`);
		if (deadlineMs === Infinity) return waits;
	}
	return waits;
}

test("[BSR-002] without Resources: five attempts, 60 s doubled in between, one sequence", () => {
	const { attempts } = attemptsWith({});
	deepEqual(failAll(attempts), ["retry 60", "retry 120", "retry 240", "retry 480", "decision Infinity"]);
});

test("[BSR-002] retry count and timer, sequence delay and count, as many as they say", () => {
	const { attempts } = attemptsWith({ retryCount: 2, retryTimerS: 7, sequenceDelayTimerS: 100, sequenceRetryCount: 3 });
	deepEqual(failAll(attempts), ["retry 7", "sequence 100", "retry 7", "sequence 100", "retry 7", "decision Infinity"]);
	deepEqual([attempts.attempt, attempts.sequence], [2, 3]);
});

test("[BSR-002] between sequences a day where 1/x/19 is absent; MAX_VALUE: there is no further one", () => {
	const day = attemptsWith({ retryCount: 1, sequenceRetryCount: 2 });
	deepEqual(failAll(day.attempts), ["sequence 86400", "decision Infinity"]);
	const last = attemptsWith({ retryCount: 1, sequenceRetryCount: 2, sequenceDelayTimerS: never });
	deepEqual(failAll(last.attempts), ["decision Infinity"]);
});

test("[BSR-002] what is 0 neither spins nor gives up before it has begun", () => {
	const { attempts } = attemptsWith({ retryCount: 0, retryTimerS: 0, sequenceDelayTimerS: 0, sequenceRetryCount: 0 });
	deepEqual(failAll(attempts), ["decision Infinity"]);
	const spinning = attemptsWith({ retryCount: 3, retryTimerS: 0, sequenceDelayTimerS: 0, sequenceRetryCount: 2 });
	deepEqual(failAll(spinning.attempts), [
		"retry 1",
		"retry 2",
		"sequence 1",
		"retry 1",
		"retry 2",
		"decision Infinity",
	]);
});

test("[BSR-002] a great many attempts: the wait grows up to 136 years, not beyond what a number holds", () => {
	const { attempts } = attemptsWith({ retryCount: never, retryTimerS: never });
	const waits = failAll(attempts, 70);
	equal(waits.length, 70);
	ok(waits.every((wait) => wait === `retry ${never}`));
});

test("[BSR-002] the consequence of an attempt, for everything that it may depend on", () => {
	const seen = new Set<string>();
	for (const hasAttempts of [true, false]) {
		for (const hasSequences of [true, false]) {
			for (const isHopeless of [true, false]) {
				const { attempts } = attemptsWith({
					retryCount: hasAttempts ? 2 : 1,
					sequenceRetryCount: hasSequences ? 2 : 1,
				});
				const expected =
					afterAttempt[hasAttempts ? "attemptsLeft" : "attemptsUsed"][hasSequences ? "sequencesLeft" : "sequencesUsed"][
						isHopeless ? "hopeless" : "open"
					];
				equal(attempts.failed(0, isHopeless), expected);
				equal(attempts.wait, expected);
				equal(attempts.hasFailed, expected === "decision");
				seen.add(`${hasAttempts} ${hasSequences} ${isHopeless} ${expected}`);
			}
		}
	}
	deepEqual(
		[...seen].sort(),
		[
			"false false false decision",
			"false false true decision",
			"false true false sequence",
			"false true true decision",
			"true false false retry",
			"true false true decision",
			"true true false retry",
			"true true true decision",
		],
		"as the specification has it",
	);
});

test("[MaU-005] [BSR-004] the initial delay holds for the first attempt after a bootstrap, no other", () => {
	const { attempts } = attemptsWith({ initialDelayS: 30, retryCount: 2 });
	attempts.begin(1000);
	equal(attempts.wait, "delay");
	equal(attempts.deadlineMs, 31_000);
	attempts.next();
	attempts.failed(31_000, false);
	equal(attempts.deadlineMs, 91_000, "a retry has its own time");
	attempts.hold();
	attempts.begin(100_000);
	equal(attempts.deadlineMs, 100_000, "nor has another series");
	attempts.settle();
	attempts.forget();
	attempts.hold();
	attempts.begin(200_000);
	equal(attempts.deadlineMs, 230_000, "a bootstrap says so anew");
	attempts.settle();
	attempts.hold();
	attempts.begin(300_000);
	equal(attempts.deadlineMs, 300_000, "registered: never again");
});

test("[BSR-002] what a server writes holds at once, for the wait that runs", () => {
	const { attempts, server } = attemptsWith({ retryCount: 3, retryTimerS: 60, initialDelayS: 10 });
	attempts.begin(0);
	server.set("initialRegistrationDelayTimer", 20);
	equal(attempts.deadlineMs, 20_000);
	attempts.next();
	attempts.failed(20_000, false);
	equal(attempts.deadlineMs, 80_000);
	server.set("communicationRetryTimer", 5);
	equal(attempts.deadlineMs, 25_000);
	server.clear("communicationRetryTimer");
	equal(attempts.deadlineMs, 80_000, "the default");
	equal(attempts.review(21_000), false);
	server.set("communicationRetryCount", 1);
	equal(attempts.review(21_000), true, "no attempt is left");
	equal(attempts.wait, "decision");
});

test("[BSR-002] counts that are lowered end what waits for its next attempt or sequence", () => {
	const { attempts, server } = attemptsWith({ retryCount: 5, sequenceRetryCount: 3, sequenceDelayTimerS: 50 });
	attempts.failed(0, false);
	server.set("communicationRetryCount", 1);
	equal(attempts.review(7000), false, "there is another sequence");
	equal(attempts.wait, "sequence");
	equal(attempts.deadlineMs, 57_000);
	equal(attempts.sequence, 2);
	equal(attempts.review(8000), false);
	server.set("communicationSequenceDelayTimer", never);
	equal(attempts.review(9000), true, "there is none any more");
	equal(attempts.wait, "decision");
});

test("[BSR-002] a new series after 1/x/19, or after an hour; MAX_VALUE never, until it is another value", () => {
	const { attempts, server } = attemptsWith({ retryCount: 1 });
	attempts.failed(0, false);
	attempts.decided("series");
	equal(attempts.deadlineMs, 3_600_000);
	server.set("communicationSequenceDelayTimer", 70);
	equal(attempts.deadlineMs, 70_000);
	server.set("communicationSequenceDelayTimer", never);
	equal(attempts.deadlineMs, Infinity);
	server.set("communicationSequenceDelayTimer", 80);
	equal(attempts.deadlineMs, 80_000);
	attempts.next();
	deepEqual([attempts.attempt, attempts.sequence], [1, 1]);
});

test("[CORE-REG-1] Disable Timeout counts from the good-bye, a day where it is absent, and is live", () => {
	const { attempts, server } = attemptsWith({}, { disableTimeoutS: 30 });
	attempts.disable(1000);
	equal(attempts.deadlineMs, 31_000);
	server.set("disableTimeout", 60);
	equal(attempts.deadlineMs, 61_000);
	server.clear("disableTimeout");
	equal(attempts.deadlineMs, 86_401_000);
	equal(attempts.hasFailed, false);
});

test("[BSR-002] an attempt that was cut off is made again, and not counted", () => {
	const { attempts } = attemptsWith({ retryCount: 3 });
	attempts.failed(0, false);
	attempts.next();
	equal(attempts.attempt, 2);
	attempts.again(5000);
	equal(attempts.deadlineMs, 5000);
	attempts.next();
	equal(attempts.attempt, 2);
});

test("[BSR-002] chance is added to our own times alone: what a Resource says is exact", () => {
	const own = new Set<number>();
	for (let seed = 1; seed <= 50; seed++) {
		const { attempts } = attemptsWith({}, { seed });
		attempts.failed(0, false);
		ok(attempts.deadlineMs >= 60_000 && attempts.deadlineMs <= 75_000, `seed ${seed}: ${attempts.deadlineMs}`);
		own.add(attempts.deadlineMs);
		const exact = attemptsWith({ retryTimerS: 60 }, { seed });
		exact.attempts.failed(0, false);
		equal(exact.attempts.deadlineMs, 60_000);
	}
	ok(own.size > 40, "a fleet does not come back at once");
});

test("waits without a time of their own are ended by somebody else", () => {
	const { attempts } = attemptsWith({ retryCount: 1 });
	const endless: Wait[] = [];
	equal(attempts.deadlineMs, Infinity);
	endless.push(attempts.wait);
	attempts.failed(0, false);
	equal(attempts.deadlineMs, Infinity);
	endless.push(attempts.wait);
	attempts.decided("bootstrap");
	equal(attempts.deadlineMs, Infinity);
	endless.push(attempts.wait);
	deepEqual(endless, ["turn", "decision", "bootstrap"]);
	attempts.renew(9000);
	equal(attempts.deadlineMs, 9000);
	deepEqual([attempts.attempt, attempts.sequence], [1, 1]);
});
