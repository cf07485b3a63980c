import { assert } from "../bytes.ts";

/**
 * Reads TLS presentation language (RFC 5246 §4) out of bytes[at .. end): numbers, and vectors with a length in front.
 * What does not fit makes the reader broken: then and from there on it gives zeros and nothing, so that a caller asks
 * once, at the end, with isDone. Never throws, and never takes more than the bytes that are there.
 */
export class Reader {
	readonly bytes: Uint8Array;
	at: number;
	end: number;
	isBroken = false;

	/** @param bytes borrowed: nothing of it is kept in what the methods return */
	constructor(bytes: Uint8Array, at: number, end: number) {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
	}

	/** Whether all was read, to the last byte, and all of it was there. */
	get isDone(): boolean {
		return !this.isBroken && this.at === this.end;
	}

	/** @returns where the next `size` bytes start, which are passed over; they are checked to be there */
	skip(size: number): number {
		const { at } = this;
		if (size > this.end - at) {
			this.isBroken = true;
			this.at = this.end;
			return this.end;
		}
		this.at = at + size;
		return at;
	}

	/** @param size in bytes, 1 to 4 */
	uint(size: number): number {
		let at = this.skip(size);
		if (this.isBroken) return 0;
		let value = 0;
		while (at < this.at) value = value * 256 + this.bytes[at++]!;
		return value;
	}

	/** The next `size` bytes, copied; fewer when the reader is broken. */
	take(size: number): Uint8Array {
		const at = this.skip(size);
		return this.bytes.slice(at, this.at);
	}

	/** An opaque vector, copied. @param lengthSize bytes of its length field */
	opaque(lengthSize: number, least: number, most: number): Uint8Array {
		const size = this.uint(lengthSize);
		if (size < least || size > most) this.isBroken = true;
		return this.take(this.isBroken ? 0 : size);
	}

	/** A vector of something: a reader of its own over the same bytes. This one goes on behind it. */
	nested(lengthSize: number): Reader {
		const size = this.uint(lengthSize);
		const at = this.skip(size);
		const inner = new Reader(this.bytes, at, this.at);
		inner.isBroken = this.isBroken;
		return inner;
	}

	/**
	 * A vector of numbers, one at least.
	 * @param most how many are kept; those behind are passed over
	 */
	uints(lengthSize: number, itemSize: number, most: number): number[] {
		const inner = this.nested(lengthSize);
		const items: number[] = [];
		if (inner.at === inner.end || (inner.end - inner.at) % itemSize !== 0) this.isBroken = true;
		while (inner.at < inner.end && items.length < most) items.push(inner.uint(itemSize));
		return items;
	}
}

/** Writes TLS presentation language (RFC 5246 §4) into a buffer that grows. */
export class Writer {
	#bytes = new Uint8Array(64);
	#at = 0;

	/** @param size in bytes, 1 to 4 */
	uint(value: number, size: number): this {
		const at = this.room(size);
		this.store(at, value, size);
		return this;
	}

	put(bytes: Uint8Array): this {
		const at = this.room(bytes.length); // first, because it may replace the buffer
		this.#bytes.set(bytes, at);
		return this;
	}

	/** An opaque vector: its length, and the bytes. */
	opaque(bytes: Uint8Array, lengthSize: number): this {
		return this.uint(bytes.length, lengthSize).put(bytes);
	}

	/** A vector of numbers. */
	uints(values: readonly number[], lengthSize: number, itemSize: number): this {
		this.uint(values.length * itemSize, lengthSize);
		for (let index = 0; index < values.length; index++) this.uint(values[index]!, itemSize);
		return this;
	}

	/** Begins a vector whose length is not known yet. @returns what close() wants */
	open(lengthSize: number): number {
		this.room(lengthSize);
		return this.#at;
	}

	/** Ends the vector that began at `start`. */
	close(start: number, lengthSize: number): void {
		this.store(start - lengthSize, this.#at - start, lengthSize);
	}

	/** How many bytes stand there. */
	get size(): number {
		return this.#at;
	}

	/** All that was written, as bytes of its own. */
	finish(): Uint8Array {
		return this.#bytes.slice(0, this.#at);
	}

	private room(size: number): number {
		const at = this.#at;
		this.#at = at + size;
		if (this.#at > this.#bytes.length) {
			const larger = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2));
			larger.set(this.#bytes);
			this.#bytes = larger;
		}
		return at;
	}

	private store(at: number, value: number, size: number): void {
		assert(value >= 0 && value < 2 ** (8 * size), "dtls: a number too large for its field");
		let rest = value;
		for (let index = size - 1; index >= 0; index--) {
			this.#bytes[at + index] = rest & 255;
			rest = Math.floor(rest / 256);
		}
	}
}
