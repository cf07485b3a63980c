/*
 * Block-wise transfer (RFC 7959): the value of a Block option as one number NUM << 4 | M << 3 | SZX (§2.2), and a
 * body in the making.
 */

/** The reserved size exponent: 4.00 (RFC 7959 §2.2). */
export const reservedExponent = 7;

/** The size exponent of a block of 16 to 1024 bytes. */
export function sizeExponent(blockSizeBytes: number): number {
	return 27 - Math.clz32(blockSizeBytes);
}

export function blockExponent(block: number): number {
	return block & 7;
}

export function blockSizeBytes(block: number): number {
	return 16 << (block & 7);
}

/** Where in the body the block starts. */
export function blockOffset(block: number): number {
	return (block >>> 4) * blockSizeBytes(block);
}

export function hasMore(block: number): boolean {
	return (block & 8) !== 0;
}

/** @param offset a multiple of the block's size */
export function blockValue(offset: number, more: boolean, exponent: number): number {
	return (offset / (16 << exponent)) * 16 + (more ? 8 : 0) + exponent;
}

/** A body being put together, front to back, in one buffer that doubles as needed and never passes its limit. */
export class Body {
	length = 0;
	#bytes: Uint8Array;
	readonly #limitBytes: number;

	/**
	 * @param expectedBytes what the sender announced (Size1, Size2), or 0
	 * @param limitBytes the largest body we take
	 */
	constructor(expectedBytes: number, limitBytes: number) {
		this.#limitBytes = limitBytes;
		this.#bytes = new Uint8Array(Math.min(Math.max(expectedBytes, 64), limitBytes));
	}

	/**
	 * Copies bytes[at .. end) behind what is there. @returns false, with nothing changed, when that passes the limit
	 */
	append(bytes: Uint8Array, at: number, end: number): boolean {
		const length = this.length + end - at;
		if (length > this.#limitBytes) return false;
		if (length > this.#bytes.length) {
			const larger = new Uint8Array(Math.min(Math.max(length, this.#bytes.length * 2), this.#limitBytes));
			larger.set(this.#bytes);
			this.#bytes = larger;
		}
		let to = this.length;
		for (let index = at; index < end; index++) this.#bytes[to++] = bytes[index]!;
		this.length = length;
		return true;
	}

	/** Whether the newest bytes are these, and start at `offset`: the same block once more. */
	endsWith(bytes: Uint8Array, at: number, end: number, offset: number): boolean {
		if (this.length !== offset + end - at) return false;
		for (let index = at; index < end; index++) if (bytes[index] !== this.#bytes[offset + index - at]) return false;
		return true;
	}

	/** The whole body. The buffer is handed over: append no more. */
	whole(): Uint8Array {
		return this.#bytes.length === this.length ? this.#bytes : this.#bytes.subarray(0, this.length);
	}
}

/** A short mark that tells one body from another (ETag, RFC 7252 §5.10.6.1): FNV-1a over its bytes. */
export function bodyMark(body: Uint8Array): number {
	let mark = 0x811c9dc5;
	for (let index = 0; index < body.length; index++) mark = Math.imul(mark ^ body[index]!, 0x01000193);
	return mark >>> 0;
}
