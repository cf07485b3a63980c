import { type FlashChip, PowerCut } from "./flash.ts";

/** What ends a board in the middle of a turn: the power goes, or a reset, which retained RAM outlives. */
export type Stroke = "power" | "reset";

/** Where a turn can be cut: inside these, or before and behind them. */
export type RailStep = "flashWrite" | "flashErase" | "retainedWrite" | "send" | "sent" | "read" | "sleep" | "asleep";

/** A stroke that waits for the step which is that many steps from now, 0 being the next one. */
export interface Kill {
	readonly step: number;
	readonly how: Stroke;
	/** Of a write or an erase, so many bytes are done before, cut to its size; the byte behind them is torn. */
	readonly bytes?: number;
	readonly tornBits?: number;
}

/** A turn that a stroke ended: it unwinds the running device up to its board. */
export class Struck extends Error {
	override get name() {
		return "Struck";
	}
}

/**
 * Counts every step of a board that leaves a trace outside of its RAM: each flash operation, each write to retained
 * RAM, each datagram, each sleep. A test cuts a board at any of them.
 */
export class Rail {
	readonly #flash: FlashChip;
	#steps = 0;
	#strokes = 0;
	#kill: Kill | undefined;
	#struck: Stroke | undefined;

	constructor(flash: FlashChip) {
		this.#flash = flash;
	}

	/** How many steps there were since the board was made. */
	get steps(): number {
		return this.#steps;
	}

	/** How many of them ended a turn. */
	get strokes(): number {
		return this.#strokes;
	}

	/** undefined takes it back. */
	killAt(kill: Kill | undefined): void {
		this.#kill = kill;
	}

	/** What ended the turn, once. */
	takeStroke(): Stroke | undefined {
		const struck = this.#struck;
		this.#struck = undefined;
		return struck;
	}

	/** @throws Struck when it ends here */
	pass(step: RailStep): void {
		if (this.#next() !== undefined) throw new Struck(`cut at: ${step}`);
	}

	/** One step per operation of the chip; a cut is then the chip's to make. */
	flash(operations: number): void {
		for (let operation = 0; operation < operations; operation++) {
			const { bytes = 0, tornBits = 0x55 } = this.#next() ?? {};
			if (this.#struck === undefined) continue;
			this.#flash.cutAt({ operation, bytes, tornBits });
			return;
		}
	}

	/** @returns how much of a write of `size` bytes is done before the stroke; undefined: all of it, there is none */
	retained(size: number): number | undefined {
		const kill = this.#next();
		return kill === undefined ? undefined : Math.min(kill.bytes ?? 0, size);
	}

	#next(): Kill | undefined {
		this.#steps++;
		const kill = this.#kill;
		if (kill === undefined) return undefined;
		this.#kill = kill.step === 0 ? undefined : { ...kill, step: kill.step - 1 };
		if (kill.step !== 0) return undefined;
		this.#struck = kill.how;
		this.#strokes++;
		return kill;
	}
}

/** Whether an error is a cut, of either kind. */
export function isCut(error: unknown): boolean {
	return error instanceof PowerCut || error instanceof Struck;
}
