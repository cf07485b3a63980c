import type { Clock } from "../../modules/host.ts";

/** One timer of the platform, which rings once when it was started. Starting it again moves it. */
export interface OneTimer {
	/** @param delayMs 1 to `stepMaxMs` */
	start(delayMs: number): void;
	stop(): void;
}

/**
 * The longest time that a timer is asked for: some 12 days, half of what the SDK's timers on chips can count (signed
 * 32-bit differences of milliseconds). Later alarms are chains.
 */
export const stepMaxMs = 2 ** 30;

export interface AlarmClockOptions {
	/** Milliseconds since this boot, integer, never going back. */
	readonly nowMs: () => number;
	/** @param ring is called when the timer rings */
	readonly makeTimer: (ring: () => void) => OneTimer;
	/** Seconds since 1970 at the time of this boot, where something has kept them. */
	readonly bootedAtS?: number | undefined;
	/** Called whenever a turn has ended and the next alarm is known: a place to feed a watchdog. */
	readonly onTurnEnd?: (() => void) | undefined;
}

/** The Clock port of a chip: its uptime, one timer for all alarms, and wall time as an offset to the uptime. */
export class AlarmClock implements Clock {
	private readonly options: AlarmClockOptions;
	private readonly timer: OneTimer;
	private atMs: number | undefined;
	private ring: (() => void) | undefined;
	private bootedAtS: number | undefined;

	constructor(options: AlarmClockOptions) {
		this.options = options;
		this.bootedAtS = options.bootedAtS;
		this.timer = options.makeTimer(() => this.turn());
	}

	/** When the next alarm is; undefined: there is none. */
	get nextMs(): number | undefined {
		return this.atMs;
	}

	nowMs(): number {
		return this.options.nowMs();
	}

	wallTimeS(): number | undefined {
		return this.bootedAtS === undefined ? undefined : Math.floor(this.bootedAtS + this.nowMs() / 1000);
	}

	setWallTimeS(seconds: number): void {
		this.bootedAtS = seconds - this.nowMs() / 1000;
	}

	setAlarm(atMs: number | undefined, ring: () => void): void {
		const isNever = atMs === undefined || atMs === Number.POSITIVE_INFINITY;
		this.atMs = isNever ? undefined : atMs;
		this.ring = isNever ? undefined : ring;
		this.schedule();
		this.options.onTurnEnd?.();
	}

	private turn(): void {
		const { ring, atMs } = this;
		if (ring === undefined || atMs === undefined || this.nowMs() < atMs) {
			this.schedule();
			return;
		}
		this.atMs = this.ring = undefined;
		ring();
	}

	private schedule(): void {
		if (this.atMs === undefined) this.timer.stop();
		else this.timer.start(Math.min(Math.max(Math.ceil(this.atMs - this.nowMs()), 1), stepMaxMs));
	}
}
