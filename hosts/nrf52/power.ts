import { frozen } from "../../modules/frozen.ts";
import {
	HostFailure,
	type Power,
	type ResetCause,
	type RetainedMemory,
	type SleepDepth,
	type WakeReason,
} from "../../modules/host.ts";
import type { Nrf52System } from "./system.ts";
import { WordMemory } from "./word-memory.ts";

/** RESETREAS (nRF52840 product specification, POWER): watchdog, lock-up, wake-up by a pin or a comparator. */
const reset = frozen({ watchdog: 1 << 1, lockup: 1 << 3, pin: 1 << 16, comparator: 1 << 17 });

/** What this host notes in the first words before it resets, and the others stay the application's. */
const word = frozen({ magic: 0, uptimeLow: 1, uptimeHigh: 2, timeOfDay: 3, wallTime: 4, ownWords: 5, allWords: 32 });
const magic = frozen({ sleep: 0x446f5a31, restart: 0x446f5a32 }); // "DoZ1", "DoZ2"

/** The SDK's timer counts 24 bits at 1024 Hz; a second less. */
export const sleepMaxMs = 16_382_000;
/** Going to sleep and starting again cost more than a shorter one saves. */
const sleepMinMs = 1000;

/** What was known when the chip went to sleep, carried over it. */
interface Carried {
	readonly uptimeMs: number;
	readonly wallTimeS: number | undefined;
	/** How long it slept, by the SDK's clock: whole seconds. */
	readonly sleptS: number;
}

export interface Nrf52PowerOptions {
	readonly system: Nrf52System;
	readonly wallTimeS: () => number | undefined;
}

/**
 * The SDK's sleeps. deep: RAM off but for 32 words, until the time has come, 4.5 hours at most, or a pin calls; then
 * the program begins anew, and the clock goes on. off: until a pin calls.
 */
export class Nrf52Power implements Power {
	readonly resetCause: ResetCause;
	readonly clockWentOn: boolean;
	readonly depths: readonly SleepDepth[] = frozen(["deep", "off"]);
	readonly retained: RetainedMemory;
	readonly wakeReason?: WakeReason;
	/** Seconds since 1970 at the moment of this boot, where it was known before the sleep. */
	readonly wallTimeS: number | undefined;
	/** What the application wants done before power goes: for a product's switch. */
	shutDown: (() => void) | undefined;
	private readonly options: Nrf52PowerOptions;
	/** Add it to the chip's uptime: the clock of all boots since power came. */
	private readonly aheadMs: number;

	constructor(options: Nrf52PowerOptions) {
		const { system } = options;
		this.options = options;
		this.retained = new WordMemory(system, word.ownWords, word.allWords - word.ownWords);
		const kind = system.retainedWord(word.magic);
		system.setRetainedWord(word.magic, 0); // it says why of one boot
		const carried = kind === magic.sleep ? carriedIn(system) : undefined;
		this.resetCause = causeOf(kind, system.resetReason());
		this.clockWentOn = carried !== undefined;
		this.aheadMs = carried === undefined ? 0 : carried.uptimeMs + carried.sleptS * 1000;
		this.wallTimeS = carried?.wallTimeS === undefined ? undefined : carried.wallTimeS + carried.sleptS;
		if (this.resetCause === "deepSleep") {
			this.wakeReason = (system.resetReason() & (reset.pin | reset.comparator)) === 0 ? "alarm" : "pin";
		}
	}

	/** Milliseconds of the clock, which goes on over deep sleeps. */
	nowMs(): number {
		return this.aheadMs + this.options.system.uptimeMs();
	}

	sleep(untilMs: number | undefined, depth: SleepDepth): void {
		const { system } = this.options;
		if (depth === "off") this.off();
		else if (depth === "light") throw new HostFailure("no light sleep: the modem behind the line rests by itself");
		else if (depth === "deep") {
			const forMs = Math.min(untilMs === undefined ? sleepMaxMs : untilMs - this.nowMs(), sleepMaxMs);
			if (forMs < sleepMinMs) return;
			this.note(magic.sleep);
			system.sleepFor(Math.floor(forMs));
			system.setRetainedWord(word.magic, 0); // a debug build says no and goes on
		}
	}

	restart(): void {
		this.note(magic.restart);
		this.options.system.reboot();
	}

	/** Nobody asks a chip to end; a product with a switch calls `shutDown`. */
	onShutdown(shutDown: () => void): void {
		this.shutDown = shutDown;
	}

	off(): void {
		this.note(magic.restart);
		this.options.system.sleepForEver();
	}

	private note(kind: number): void {
		const { system, wallTimeS } = this.options;
		const nowMs = this.nowMs();
		system.setRetainedWord(word.uptimeLow, nowMs | 0);
		system.setRetainedWord(word.uptimeHigh, Math.floor(nowMs / 2 ** 32));
		system.setRetainedWord(word.timeOfDay, system.timeOfDayS() | 0);
		system.setRetainedWord(word.wallTime, (wallTimeS() ?? 0) | 0);
		system.setRetainedWord(word.magic, kind);
	}
}

function carriedIn(system: Nrf52System): Carried | undefined {
	const sleptS = system.timeOfDayS() - (system.retainedWord(word.timeOfDay) >>> 0);
	if (sleptS < 0 || sleptS > 2 * sleepMaxMs) return undefined; // the SDK's clock began anew
	const wallTimeS = system.retainedWord(word.wallTime) >>> 0;
	return {
		uptimeMs: system.retainedWord(word.uptimeHigh) * 2 ** 32 + (system.retainedWord(word.uptimeLow) >>> 0),
		wallTimeS: wallTimeS === 0 ? undefined : wallTimeS,
		sleptS,
	};
}

function causeOf(kind: number, reason: number): ResetCause {
	if ((reason & reset.watchdog) !== 0) return "watchdog";
	if ((reason & reset.lockup) !== 0) return "crash";
	if (kind === magic.sleep) return "deepSleep";
	if (kind === magic.restart) return (reason & (reset.pin | reset.comparator)) === 0 ? "restart" : "deepSleep";
	return "powerOn";
}
