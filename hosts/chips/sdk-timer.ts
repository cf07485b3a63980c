import Timer from "timer";
import type { OneTimer } from "./alarm-clock.ts";
import { stepMaxMs } from "./alarm-clock.ts";

/** The SDK's Timer as one that is moved and parked, and never made again. */
export class SdkTimer implements OneTimer {
	private readonly timer: Timer;

	constructor(ring: () => void) {
		this.timer = Timer.repeat(() => {
			this.stop();
			ring();
		}, stepMaxMs);
		this.stop();
	}

	start(delayMs: number): void {
		Timer.schedule(this.timer, delayMs, delayMs);
	}

	stop(): void {
		Timer.schedule(this.timer);
	}
}
