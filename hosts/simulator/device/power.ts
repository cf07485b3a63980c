import { frozen } from "../../../modules/frozen.ts";
import {
	HostFailure,
	type Power,
	type ResetCause,
	type RetainedMemory,
	type SleepDepth,
	type WakeReason,
} from "../../../modules/host.ts";
import { depthNumbers, type Natives } from "./natives.ts";

const depths: readonly SleepDepth[] = frozen(["light", "deep", "off"]);
const wakeReasons: readonly (WakeReason | undefined)[] = frozen([undefined, "alarm", "pin", "radio"]);

/** What the boot record says of power. */
export interface PowerRecord {
	readonly resetCause: ResetCause;
	readonly clockWentOn?: boolean;
	readonly deepPaysMs?: number | null;
}

/** The Power port over a simulated board's natives. */
export class BoardPower implements Power {
	readonly resetCause: ResetCause;
	readonly clockWentOn: boolean;
	/** Of the board's data sheets: JSON has no Infinity, null stands for it. */
	readonly deepPaysMs?: number;
	readonly retained?: RetainedMemory;
	/** The radio is off for a light sleep. */
	isResting = false;
	readonly #natives: Natives;
	#shutDown: (() => void) | undefined;

	constructor(natives: Natives, { resetCause, clockWentOn = false, deepPaysMs }: PowerRecord) {
		this.#natives = natives;
		this.resetCause = resetCause;
		this.clockWentOn = clockWentOn;
		if (deepPaysMs !== undefined) this.deepPaysMs = deepPaysMs ?? Number.POSITIVE_INFINITY;
		const sizeBytes = natives.flashGeometry(5);
		if (sizeBytes > 0) this.retained = new BoardRetained(natives, sizeBytes);
	}

	get depths(): readonly SleepDepth[] {
		return depths;
	}

	get wakeReason(): WakeReason | undefined {
		return wakeReasons[this.#natives.wakeReason()];
	}

	sleep(untilMs: number | undefined, depth: SleepDepth): void {
		refuse(this.#natives.sleep(untilMs, depthNumbers[depth]));
		this.isResting = depth === "light";
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

class BoardRetained implements RetainedMemory {
	readonly sizeBytes: number;
	readonly #natives: Natives;

	constructor(natives: Natives, sizeBytes: number) {
		this.#natives = natives;
		this.sizeBytes = sizeBytes;
	}

	read(offset: number, into: Uint8Array): void {
		refuse(this.#natives.retainedRead(offset, into));
	}

	write(offset: number, bytes: Uint8Array): void {
		refuse(this.#natives.retainedWrite(offset, bytes));
	}
}

function refuse(error: string | undefined): void {
	if (error !== undefined) throw new HostFailure(error);
}
