import type { Clock, Host } from "../../modules/host.ts";
import { type Check, check, type Done, expect, Skipped } from "./check.ts";

/** How late an alarm may ring: the loop of a busy computer, not a chip's own need. */
const latenessMaxMs = 1000;

export function clockChecks(): readonly Check[] {
	return [
		check("clock: whole milliseconds that never go back", ({ clock }) => {
			let lastMs = clock.nowMs();
			for (let reading = 0; reading < 1000; reading++) {
				const nowMs = clock.nowMs();
				expect(Number.isInteger(nowMs) && nowMs >= lastMs, `${lastMs} then ${nowMs}`);
				lastMs = nowMs;
			}
		}),
		check("wall clock: can be set, without touching the other clock", ({ clock }) => {
			const beforeMs = clock.nowMs();
			const real = clock.wallTimeS();
			clock.setWallTimeS(1_800_000_000);
			const set = clock.wallTimeS();
			expect(set === 1_800_000_000 || set === 1_800_000_001, `set to 1800000000, reads ${set}`);
			if (real !== undefined) clock.setWallTimeS(real);
			expect(clock.nowMs() - beforeMs < 5000, "nowMs jumped");
		}),
		{ name: "alarm: rings once, not before its time", takesAlarm: true, run: ringsOnce },
		{ name: "alarm: a new one replaces the old one, and undefined clears it", takesAlarm: true, run: replaces },
		{ name: "alarm: set while ringing it rings, a hundred times in a row", takesAlarm: true, run: rearms },
		{ name: "alarm: in the past it rings, and far away it does not", takesAlarm: true, run: pastAndFar },
		{ name: "sleep: light, until its alarm", takesAlarm: true, run: sleepsLightly },
	];
}

function ringsOnce({ clock }: Host, done: Done): void {
	const atMs = clock.nowMs() + 120;
	let rings = 0;
	clock.setAlarm(atMs, () => {
		rings++;
		const nowMs = clock.nowMs();
		if (nowMs < atMs) done(`rang ${atMs - nowMs} ms early`);
		else if (nowMs > atMs + latenessMaxMs) done(`rang ${nowMs - atMs} ms late`);
		else if (rings > 1) done("rang twice");
		else after(clock, 60, () => done());
	});
}

function replaces({ clock }: Host, done: Done): void {
	const nowMs = clock.nowMs();
	let wrong: string | undefined;
	clock.setAlarm(nowMs + 20, () => {
		wrong = "the replaced alarm rang";
	});
	clock.setAlarm(nowMs + 40, () => {
		clock.setAlarm(clock.nowMs() + 20, () => {
			wrong = "the cleared alarm rang";
		});
		clock.setAlarm(undefined, () => {
			wrong = "the alarm that was none rang";
		});
		after(clock, 80, () => done(wrong));
	});
}

function rearms({ clock }: Host, done: Done): void {
	let rings = 0;
	const startMs = clock.nowMs();
	const ring = () => {
		if (++rings < 100) clock.setAlarm(clock.nowMs() + (rings % 3), ring);
		else done(clock.nowMs() - startMs > 20_000 ? "took more than 20 s" : undefined);
	};
	clock.setAlarm(startMs + 1, ring);
}

function pastAndFar({ clock }: Host, done: Done): void {
	const farMs = clock.nowMs() + 40 * 24 * 3600 * 1000; // more than the 24.8 days that a 32-bit timer counts
	let hasRung = false;
	clock.setAlarm(farMs, () => {
		hasRung = true;
	});
	clock.setAlarm(clock.nowMs() - 1000, () => {
		clock.setAlarm(farMs, () => {
			hasRung = true;
		});
		after(clock, 50, () => done(hasRung ? "the alarm 40 days away rang" : undefined));
	});
}

function sleepsLightly({ clock, power }: Host, done: Done): void {
	if (power.depths?.includes("light") !== true || power.sleep === undefined) {
		done(new Skipped("Power.depths does not name it"));
		return;
	}
	const untilMs = clock.nowMs() + 300;
	power.sleep(untilMs, "light");
	clock.setAlarm(untilMs, () => {
		const nowMs = clock.nowMs();
		if (nowMs < untilMs) done(`woke ${untilMs - nowMs} ms early`);
		else done(nowMs > untilMs + latenessMaxMs ? `woke ${nowMs - untilMs} ms late` : undefined);
	});
}

function after(clock: Clock, delayMs: number, then: () => void): void {
	clock.setAlarm(clock.nowMs() + delayMs, then);
}
