import { frozen } from "../../modules/frozen.ts";
import {
	type Clock,
	HostFailure,
	type Power,
	type ResetCause,
	type RetainedMemory,
	type SleepDepth,
	type WakeReason,
} from "../../modules/host.ts";
import type { OneTimer } from "../chips/alarm-clock.ts";
import {
	crashChip,
	deepSleep,
	readRetained,
	resetCause,
	restartChip,
	retainedBytes,
	target,
	wakeOnPin,
	wakeReason,
	wentOn,
	writeRetained,
} from "./esp32-system.ts";
import type { Network } from "./network.ts";

/** RTC memory: it holds what it held after every reset but power loss. */
export class RtcMemory implements RetainedMemory {
	readonly sizeBytes = retainedBytes();

	read(offset: number, into: Uint8Array): void {
		readRetained(offset, into);
	}

	write(offset: number, bytes: Uint8Array): void {
		writeRetained(offset, bytes);
	}
}

export interface ChipPowerOptions {
	readonly clock: Pick<Clock, "nowMs">;
	readonly makeTimer: (ring: () => void) => OneTimer;
	/** A pin that ends deep sleep and off, by its GPIO number. */
	readonly wakePin?: { readonly pin: number; readonly level: 0 | 1 } | undefined;
	/** As Power.deepPaysMs, where a product has measured it. */
	readonly deepPaysMs?: number | undefined;
}

/** The longest deep sleep at once: 24 days. The RTC counts farther, but drifts: whoever wakes sees what is due. */
const deepMaxMs = 24 * 86_400_000;
const depths: readonly SleepDepth[] = frozen(["light", "deep", "off"]);

/**
 * From data sheets, not measured: the charge of a boot (0.4 s of the boot loader, which checks the image, and 0.3 s
 * until all is as it was, both at full speed) over what deep sleep draws less than light. The way back into Wi-Fi is
 * the same.
 */
const deepPaysMs: Readonly<Record<string, number>> = frozen({
	esp32: 35_000, // 40 mA; 0.8 mA, 0.01 mA
	esp32c3: 130_000, // 23 mA; 0.13 mA, 0.005 mA
	esp32c6: 110_000, // 27 mA; 0.18 mA, 0.007 mA
	esp32s3: 120_000, // 40 mA; 0.24 mA, 0.008 mA
});

/** Resets and sleep of the chip. */
export class ChipPower implements Power {
	readonly resetCause: ResetCause;
	readonly clockWentOn: boolean;
	readonly retained: RetainedMemory;
	readonly depths = depths;
	readonly deepPaysMs: number;
	/** What goes off in light sleep; the host sets it. */
	network: Network | undefined;
	private readonly options: ChipPowerOptions;
	private readonly afterTurn: OneTimer;
	private readonly wakeTimer: OneTimer;
	private act: (() => void) | undefined;
	private shutDown: (() => void) | undefined;
	private isLight = false;
	private resume: (() => void) | undefined;

	/** @throws HostFailure when the pin can not end deep sleep on this chip */
	constructor(options: ChipPowerOptions) {
		const cause = resetCause();
		const { wakePin, makeTimer } = options;
		this.options = options;
		this.resetCause = isCause(cause) ? cause : "powerOn";
		this.clockWentOn = wentOn();
		this.retained = new RtcMemory();
		this.deepPaysMs = options.deepPaysMs ?? deepPaysMs[target()] ?? 130_000;
		this.afterTurn = makeTimer(() => this.actNow());
		this.wakeTimer = makeTimer(() => this.wake());
		// XS calls it when an error was caught by nobody.
		(globalThis as { abort?: (why: string, error: unknown) => void }).abort = (why, error) => {
			trace(`XS abort: ${why}: ${String(error)}\n`);
			crashChip();
		};
		if (wakePin !== undefined && !wakeOnPin(wakePin.pin, wakePin.level)) {
			throw new HostFailure(`GPIO ${wakePin.pin} does not end deep sleep on this chip`);
		}
	}

	get wakeReason(): WakeReason | undefined {
		const reason = this.resetCause === "deepSleep" ? wakeReason() : undefined;
		return reason === "alarm" || reason === "pin" ? reason : undefined;
	}

	/** The radio is off, or about to go off, for a sleep. */
	get isResting(): boolean {
		return this.isLight;
	}

	/** Says what switches the network on again after a light sleep. */
	onWake(resume: () => void): void {
		this.resume = resume;
	}

	sleep(untilMs: number | undefined, depth: SleepDepth): void {
		if (depth === "off") this.off();
		else if (depth === "deep") this.later(() => this.sleepDeeply(untilMs));
		else if (depth === "light") this.later(() => this.sleepLightly(untilMs));
	}

	/** Ends a light sleep: whoever sends something calls it first. */
	wake(): void {
		if (!this.isLight) return;
		this.isLight = false;
		this.wakeTimer.stop();
		this.resume?.();
	}

	restart(): void {
		this.later(restartChip);
	}

	onShutdown(shutDown: () => void): void {
		this.shutDown = shutDown;
	}

	/** A product's switch: de-register, save, off(). */
	askShutdown(): void {
		if (this.shutDown === undefined) this.off();
		else this.shutDown();
	}

	off(): void {
		this.later(() => this.sleepDeeply(undefined));
	}

	private later(act: () => void): void {
		this.act = act;
		this.afterTurn.start(1);
	}

	private actNow(): void {
		const { act } = this;
		this.act = undefined;
		act?.();
	}

	private sleepDeeply(untilMs: number | undefined): void {
		const leftMs = untilMs === undefined ? -1 : Math.max(untilMs - this.options.clock.nowMs(), 1);
		this.isLight = true; // that the network goes is nobody's news
		this.network?.stop();
		deepSleep(Math.min(leftMs, deepMaxMs));
		restartChip(); // it came back: the chip refused
	}

	/**
	 * The radio goes off, and with it what keeps the chip awake: ESP-IDF's idle task does the sleeping (automatic light
	 * sleep), so that timers, tasks and sockets need to know nothing of it. esp_light_sleep_start() would stop them all.
	 */
	private sleepLightly(untilMs: number | undefined): void {
		const { network } = this;
		if (network === undefined) return;
		this.isLight = true;
		network.stop();
		if (untilMs !== undefined) {
			this.wakeTimer.start(Math.min(Math.max(untilMs - this.options.clock.nowMs(), 1), 2 ** 30));
		}
	}
}

function isCause(text: string): text is ResetCause {
	return (["powerOn", "restart", "watchdog", "crash", "deepSleep"] as const).some((cause) => cause === text);
}
