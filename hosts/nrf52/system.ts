import { frozen } from "../../modules/frozen.ts";
import {
	fillFromSystem,
	flashErase,
	flashFact,
	flashRead,
	flashWrite,
	reboot,
	resetReason,
	retainedWord,
	setRetainedWord,
	sleepFor,
	sleepForEver,
	timeOfDayS,
	uptimeMs,
} from "./nrf52-natives.ts";

/** What the classes of this host ask of the chip, in one piece; a test gives them another. */
export const nrf52 = frozen({
	uptimeMs,
	timeOfDayS,
	fillFromSystem,
	reboot,
	resetReason,
	flashFact,
	flashRead,
	flashWrite,
	flashErase,
	retainedWord,
	setRetainedWord,
	sleepFor,
	sleepForEver,
});

export type Nrf52System = typeof nrf52;
