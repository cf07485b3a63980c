import Timer from "timer";
import type { Clock } from "../../modules/host.ts";
import { computerTimeS, monotonicMs } from "./desktop-system.ts";

/**
 * The longest time the alarm sleeps at once. Far below the 24.8 days that a Timer can count, so later alarms are
 * chains; and short, because the simulator's timers stand still while the computer sleeps and nowMs does not.
 */
const stepMaxMs = 10_000;

/** The computer's clocks, and one alarm on the SDK's Timer. */
export class DesktopClock implements Clock {
	readonly #timer: Timer;
	#atMs: number | undefined;
	#ring: (() => void) | undefined;
	/** What the device believes minus what the computer's clock says: a device may set its own time only. */
	#offsetS = 0;

	constructor() {
		// One repeating timer for all alarms, moved and parked but never made again: on Linux the SDK numbers its timers
		// with 16 bits, and the timer that gets number 0 never fires.
		this.#timer = Timer.repeat(() => this.#turn(), stepMaxMs);
		Timer.schedule(this.#timer);
	}

	nowMs(): number {
		return monotonicMs();
	}

	wallTimeS(): number {
		return computerTimeS() + this.#offsetS;
	}

	setWallTimeS(seconds: number): void {
		this.#offsetS = seconds - computerTimeS();
	}

	setAlarm(atMs: number | undefined, ring: () => void): void {
		const isNever = atMs === undefined || atMs === Number.POSITIVE_INFINITY;
		this.#atMs = isNever ? undefined : atMs;
		this.#ring = isNever ? undefined : ring;
		this.#schedule();
	}

	#turn(): void {
		const ring = this.#ring;
		if (ring !== undefined && this.#atMs !== undefined && monotonicMs() >= this.#atMs) {
			this.#atMs = undefined;
			this.#ring = undefined;
			this.#schedule();
			ring();
		} else this.#schedule();
	}

	#schedule(): void {
		if (this.#atMs === undefined) {
			Timer.schedule(this.#timer);
			return;
		}
		const leftMs = Math.ceil(this.#atMs - monotonicMs());
		// First delay and interval must be equal: otherwise the SDK on Linux drops or doubles a timer that its own
		// callback moves.
		const stepMs = Math.min(Math.max(leftMs, 1), stepMaxMs);
		Timer.schedule(this.#timer, stepMs, stepMs);
	}
}
