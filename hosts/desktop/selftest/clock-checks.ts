import type { Host } from "../../../modules/host.ts";
import { type Check, check, type Done, expect } from "./check.ts";

export function clockChecks(): readonly Check[] {
	return [
		check("the clock counts whole milliseconds and never goes back", ({ clock }) => {
			let lastMs = clock.nowMs();
			for (let reading = 0; reading < 5000; reading++) {
				const nowMs = clock.nowMs();
				expect(Number.isInteger(nowMs) && nowMs >= lastMs, `${lastMs} then ${nowMs}`);
				lastMs = nowMs;
			}
		}),
		check("the wall clock can be set for this device, without touching the other clock", ({ clock }) => {
			const beforeMs = clock.nowMs();
			const realS = clock.wallTimeS();
			expect(realS !== undefined && realS > 1_700_000_000, `wall time ${realS}`);
			clock.setWallTimeS(1_000_000_000);
			const setS = clock.wallTimeS() ?? 0;
			expect(setS === 1_000_000_000 || setS === 1_000_000_001, `set to 1000000000, reads ${setS}`);
			clock.setWallTimeS(realS);
			expect(clock.nowMs() - beforeMs < 5000, "nowMs jumped");
		}),
		{ name: "an alarm rings once, not before its time", run: ringsOnce },
		{ name: "a new alarm replaces the old one, and undefined clears it", run: replaces },
		{ name: "an alarm set while ringing rings, a hundred times in a row", run: rearms },
		{ name: "an alarm in the past rings, and one far away does not", run: pastAndFar },
	];
}

function ringsOnce({ clock }: Host, done: Done): void {
	const atMs = clock.nowMs() + 120;
	let rings = 0;
	clock.setAlarm(atMs, () => {
		rings++;
		const nowMs = clock.nowMs();
		if (nowMs < atMs) done(`rang ${atMs - nowMs} ms early`);
		else if (nowMs > atMs + 500) done(`rang ${nowMs - atMs} ms late`);
		else if (rings > 1) done("rang twice");
		else after(clock, 60, () => done());
	});
}

function replaces({ clock }: Host, done: Done): void {
	const nowMs = clock.nowMs();
	clock.setAlarm(nowMs + 20, () => done("the replaced alarm rang"));
	clock.setAlarm(nowMs + 40, () => {
		clock.setAlarm(clock.nowMs() + 20, () => done("the cleared alarm rang"));
		clock.setAlarm(undefined, () => done("the alarm that was none rang"));
		// The alarm is used up here, so time has to pass some other way: by looking at the clock.
		const untilMs = clock.nowMs() + 60;
		while (clock.nowMs() < untilMs);
		after(clock, 60, () => done());
	});
}

function rearms({ clock }: Host, done: Done): void {
	let rings = 0;
	const startMs = clock.nowMs();
	const ring = () => {
		if (++rings < 100) clock.setAlarm(clock.nowMs() + (rings % 3), ring);
		else done(clock.nowMs() - startMs > 5000 ? "took more than 5 s" : undefined);
	};
	clock.setAlarm(startMs + 1, ring);
}

function pastAndFar({ clock }: Host, done: Done): void {
	const farMs = clock.nowMs() + 40 * 24 * 3600 * 1000; // more than the 24.8 days that a 32-bit timer counts
	clock.setAlarm(farMs, () => done("the alarm 40 days away rang"));
	const untilMs = clock.nowMs() + 50;
	while (clock.nowMs() < untilMs);
	clock.setAlarm(clock.nowMs() - 1000, () => done());
}

function after(clock: Host["clock"], delayMs: number, then: () => void): void {
	clock.setAlarm(clock.nowMs() + delayMs, then);
}
