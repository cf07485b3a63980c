import { AlarmClock } from "../chips/alarm-clock.ts";
import { SdkTimer } from "../chips/sdk-timer.ts";
import { nowMs, setWallTimeS, wallTimeS } from "./esp32-system.ts";

/** Time that goes on through resets; ESP-IDF keeps the wall's, too, as long as the chip has power. */
export class ChipClock extends AlarmClock {
	constructor() {
		const wallS = wallTimeS();
		super({
			nowMs: () => nowMs(),
			makeTimer: (ring) => new SdkTimer(ring),
			bootedAtS: wallS === undefined ? undefined : wallS - nowMs() / 1000,
		});
	}

	override setWallTimeS(seconds: number): void {
		super.setWallTimeS(seconds);
		setWallTimeS(seconds);
	}
}
