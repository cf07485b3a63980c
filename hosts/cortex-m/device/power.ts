import { frozen } from "../../../modules/frozen.ts";
import type { Power, ResetCause, RetainedMemory, SleepDepth, WakeReason } from "../../../modules/host.ts";
import type { Natives } from "../../simulator/device/natives.ts";

/** What this chip gives over and above the simulated board: xs/power.c. */
export interface ChipNatives extends Natives {
	/** @param depth 1: light, 2: deep, 3: off */
	chipSleep(untilMs: number | undefined, depth: number): void;
	retainedSize(): number;
	/** These two throw outside of it. */
	retainedRead(offset: number, into: Uint8Array): void;
	retainedWrite(offset: number, bytes: Uint8Array): void;
}

/** What the boot record says of resets. */
interface ResetRecord {
	readonly resetCause: ResetCause;
	readonly wakeReason: WakeReason | "";
	readonly clockWentOn: boolean;
}

const depthNumbers: Readonly<Record<SleepDepth, number>> = frozen({ idle: 0, light: 1, deep: 2, off: 3 });
const depths: readonly SleepDepth[] = frozen(["light", "deep", "off"]);

/**
 * The Power port of the emulated chip. Deep sleep is a reset: RAM is overwritten but for what is retained, and the boot
 * waits, with its Ethernet off, for the timer or the pin.
 */
export class ChipPower implements Power {
	readonly resetCause: ResetCause;
	readonly wakeReason: WakeReason | undefined;
	readonly clockWentOn: boolean;
	readonly retained: RetainedMemory;
	readonly depths = depths;
	readonly #natives: ChipNatives;
	#shutDown: (() => void) | undefined;

	constructor(natives: ChipNatives) {
		const { resetCause, wakeReason, clockWentOn }: ResetRecord = JSON.parse(natives.bootRecord());
		this.#natives = natives;
		this.resetCause = resetCause;
		this.wakeReason = wakeReason === "" ? undefined : wakeReason;
		this.clockWentOn = clockWentOn;
		this.retained = new ChipRetained(natives);
	}

	sleep(untilMs: number | undefined, depth: SleepDepth): void {
		if (depth !== "idle") this.#natives.chipSleep(untilMs, depthNumbers[depth]);
	}

	restart(): void {
		this.#natives.restart();
	}

	onShutdown(shutDown: () => void): void {
		this.#shutDown = shutDown;
	}

	/** The board says that power will go soon: once. Nobody there to say good-bye: off at once. */
	shutDown(): void {
		const shutDown = this.#shutDown;
		this.#shutDown = undefined;
		if (shutDown === undefined) this.#natives.off();
		else shutDown();
	}

	off(): void {
		this.#natives.off();
	}
}

class ChipRetained implements RetainedMemory {
	readonly sizeBytes: number;
	readonly #natives: ChipNatives;

	constructor(natives: ChipNatives) {
		this.#natives = natives;
		this.sizeBytes = natives.retainedSize();
	}

	read(offset: number, into: Uint8Array): void {
		this.#natives.retainedRead(offset, into);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.#natives.retainedWrite(offset, bytes);
	}
}
