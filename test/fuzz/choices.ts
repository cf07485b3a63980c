/**
 * Makes decisions out of the bytes of an input, so that one byte changed is one decision changed. Where the bytes are
 * over, every decision is the first one.
 */
export class Choices {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	/** Whether nothing is left to decide. */
	get isOver(): boolean {
		return this.#at >= this.#bytes.length;
	}

	/** @param bound 1 to 256 */
	below(bound: number): number {
		return (this.#bytes[this.#at++] ?? 0) % bound;
	}

	/** An identifier, 0 to 65535. */
	wide(): number {
		return this.below(256) * 256 + this.below(256);
	}

	/** True once in so many. */
	isRare(oneIn: number): boolean {
		return this.below(oneIn) === 1;
	}

	of<T>(list: readonly T[]): T {
		return list[this.below(list.length)]!;
	}

	/** Bytes as they stand, at most so many: a count, then they. */
	bytes(most: number): Uint8Array {
		const size = this.below(Math.min(most, 255) + 1);
		const from = this.#at;
		this.#at = Math.min(this.#bytes.length, from + size);
		return this.#bytes.slice(Math.min(from, this.#bytes.length), this.#at);
	}

	/** All that is left. */
	rest(): Uint8Array {
		const rest = this.#bytes.slice(this.#at);
		this.#at = this.#bytes.length;
		return rest;
	}
}
