import assert from "node:assert/strict";
import { test } from "node:test";
import { AlarmClock, stepMaxMs } from "../../../hosts/chips/alarm-clock.ts";

/** A timer that rings when the test lets time pass. */
class Bench {
	nowMs = 0;
	startedMs: number | undefined;
	feeds = 0;
	ring = (): void => {};
	readonly clock = new AlarmClock({
		nowMs: () => this.nowMs,
		makeTimer: (ring) => {
			this.ring = ring;
			return {
				start: (delayMs) => {
					assert.ok(delayMs >= 1 && delayMs <= stepMaxMs, `${delayMs} ms`);
					this.startedMs = delayMs;
				},
				stop: () => {
					this.startedMs = undefined;
				},
			};
		},
		onTurnEnd: () => this.feeds++,
	});

	pass(): number {
		let rings = 0;
		while (this.startedMs !== undefined) {
			this.nowMs += this.startedMs;
			this.startedMs = undefined;
			rings++;
			this.ring();
		}
		return rings;
	}
}

test("an alarm rings once, at its time; a new one replaces it, undefined and Infinity end it", () => {
	const bench = new Bench();
	const rung: number[] = [];
	bench.clock.setAlarm(500, () => rung.push(bench.nowMs));
	bench.clock.setAlarm(700, () => rung.push(bench.nowMs));
	bench.pass();
	assert.deepEqual(rung, [700]);
	bench.clock.setAlarm(900, () => rung.push(bench.nowMs));
	bench.clock.setAlarm(undefined, () => rung.push(-1));
	assert.equal(bench.startedMs, undefined);
	bench.clock.setAlarm(Number.POSITIVE_INFINITY, () => rung.push(-1));
	assert.equal(bench.startedMs, undefined);
	bench.clock.setAlarm(0, () => rung.push(bench.nowMs)); // long past: a turn of its own all the same
	bench.pass();
	assert.deepEqual(rung, [700, 701]);
	assert.equal(bench.feeds, 6);
});

test("an alarm in a year is a chain of timers that the SDK can count", () => {
	const bench = new Bench();
	const yearMs = 365 * 86_400_000;
	let rung = -1;
	bench.clock.setAlarm(yearMs, () => {
		rung = bench.nowMs;
	});
	assert.equal(bench.pass(), Math.ceil(yearMs / stepMaxMs));
	assert.equal(rung, yearMs);
});

test("wall time is unknown until somebody sets it, and goes on with the clock", () => {
	const bench = new Bench();
	assert.equal(bench.clock.wallTimeS(), undefined);
	bench.nowMs = 10_500;
	bench.clock.setWallTimeS(1_800_000_000);
	assert.equal(bench.clock.wallTimeS(), 1_800_000_000);
	bench.nowMs += 59_999;
	assert.equal(bench.clock.wallTimeS(), 1_800_000_059);
});
