import type { Chance } from "../chance.ts";
import type { BoardPorts } from "../engine/ports.ts";
import { type Rail, Struck } from "./rail.ts";

/**
 * RAM that outlives every reset but the loss of power, as RTC memory or a retained section of RAM does. What it holds
 * after power came is what SRAM happens to hold: out of the board's chance, never zeros.
 */
export class RetainedRam {
	readonly #bytes: Uint8Array;
	readonly #chance: Chance;
	readonly #rail: Rail;

	constructor(sizeBytes: number, chance: Chance, rail: Rail) {
		this.#bytes = new Uint8Array(sizeBytes);
		this.#chance = chance;
		this.#rail = rail;
	}

	get sizeBytes(): number {
		return this.#bytes.length;
	}

	/** A copy, for tests. */
	get content(): Uint8Array {
		return this.#bytes.slice();
	}

	/** The power came back. */
	scramble(): void {
		this.#chance.fill(this.#bytes);
	}

	/** Both return an error for people, or undefined. */
	read(offset: number, into: Uint8Array): string | undefined {
		const refusal = this.#outside(offset, into.length);
		if (refusal === undefined) into.set(this.#bytes.subarray(offset, offset + into.length));
		return refusal;
	}

	/** @throws Struck when the board is cut inside of it; RAM takes bytes whole, so that none is torn */
	write(offset: number, bytes: Uint8Array): string | undefined {
		const refusal = this.#outside(offset, bytes.length);
		if (refusal !== undefined) return refusal;
		const done = this.#rail.retained(bytes.length);
		this.#bytes.set(done === undefined ? bytes : bytes.subarray(0, done), offset);
		if (done !== undefined) throw new Struck(`cut ${done} bytes into a write to retained RAM at ${offset}`);
		return undefined;
	}

	/** What the machine's natives call. */
	ports(): Pick<BoardPorts, "retainedSizeBytes" | "retainedRead" | "retainedWrite"> {
		return {
			retainedSizeBytes: this.sizeBytes,
			retainedRead: (offset, into) => this.read(offset, into),
			retainedWrite: (offset, bytes) => this.write(offset, bytes),
		};
	}

	#outside(offset: number, size: number): string | undefined {
		const { sizeBytes } = this;
		if (Number.isInteger(offset) && offset >= 0 && offset + size <= sizeBytes) return undefined;
		return `retained: ${size} bytes at ${offset} are outside of its ${sizeBytes} bytes`;
	}
}
