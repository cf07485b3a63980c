import { utf8Size, writeUtf8 } from "../bytes.ts";

/** Longest text that is tried by index: XS seeks a character from the start of the string. */
const maxFastText = 256;

/** Bytes under construction. Grows by doubling; what it holds is bounded by the values its owner writes. */
export class Output {
	bytes = new Uint8Array(64);
	size = 0;

	/** Makes room for `count` bytes at the end and counts them in. @returns the offset of the first */
	reserve(count: number): number {
		const at = this.size;
		this.size = at + count;
		if (this.size > this.bytes.length) {
			const larger = new Uint8Array(Math.max(this.size, this.bytes.length * 2));
			larger.set(this.bytes);
			this.bytes = larger;
		}
		return at;
	}

	byte(value: number): void {
		const at = this.reserve(1);
		this.bytes[at] = value;
	}

	append(bytes: Uint8Array): void {
		const at = this.reserve(bytes.length);
		this.bytes.set(bytes, at);
	}

	/** Appends `text` in UTF-8. */
	text(text: string): void {
		// Most text is short and ASCII, one byte a character on every engine: taking it by index is five times as fast as
		// by code point.
		const count = text.length;
		const from = this.size;
		if (count <= maxFastText) {
			let at = this.reserve(count);
			for (let index = 0; index < count; index++) {
				const unit = text.charCodeAt(index);
				if (unit >= 0x80) break;
				this.bytes[at++] = unit;
			}
			if (at === this.size) return;
			this.size = from;
		}
		this.reserve(utf8Size(text));
		writeUtf8(text, this.bytes, from);
	}

	/**
	 * Appends the low `width` bytes of an integer, big-endian, negative ones in two's complement. `width` is at most 8.
	 */
	integer(value: number | bigint, width: number): void {
		const at = this.reserve(width);
		this.put(value, at, width);
	}

	/** Writes an integer over the `width` bytes at offset `at`. */
	put(value: number | bigint, at: number, width: number): void {
		let high: number;
		let low: number;
		if (typeof value === "bigint") {
			// Made positive before it is shifted: XS 13.3 shifts negative ones to the right one too far (-4n >> 1n is -3n
			// there).
			const wide = BigInt.asUintN(64, value);
			high = Number(wide >> 32n);
			low = Number(BigInt.asUintN(32, wide));
		} else {
			high = Math.floor(value / 0x1_0000_0000);
			low = value - high * 0x1_0000_0000;
		}
		for (let left = width - 1; left >= 0; left--) {
			this.bytes[at++] = (left >= 4 ? high : low) >>> ((left & 3) * 8);
		}
	}

	/** Appends an IEEE 754 number, big-endian, of 4 or 8 bytes. */
	float(value: number, width: number): void {
		const at = this.reserve(width);
		const view = new DataView(this.bytes.buffer);
		if (width === 4) view.setFloat32(at, value);
		else view.setFloat64(at, value);
	}

	/** Opens a gap of `count` bytes at offset `at`, moving what stands behind it. */
	insert(at: number, count: number): void {
		const end = this.reserve(count);
		this.bytes.copyWithin(at + count, at, end);
	}

	/** @returns the bytes from `at` to the end; they stay this object's until it is dropped */
	take(at = 0): Uint8Array {
		return this.bytes.subarray(at, this.size);
	}
}

/**
 * @returns the big-endian integer of `width` bytes at offset `at`, a bigint where a number would lose digits. `width`
 * is at most 8
 */
export function readUnsigned(bytes: Uint8Array, at: number, width: number): number | bigint {
	let high = 0;
	let low = 0;
	for (let left = width - 1; left >= 0; left--) {
		const byte = bytes[at++]!;
		if (left >= 4) high = high * 0x100 + byte;
		else low = low * 0x100 + byte;
	}
	return high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** @returns the IEEE 754 number of 4 or 8 bytes at offset `at` */
export function readFloat(bytes: Uint8Array, at: number, width: number): number {
	const view = new DataView(bytes.buffer, bytes.byteOffset + at, width);
	return width === 4 ? view.getFloat32(0) : view.getFloat64(0);
}

/** @returns whether 4 bytes hold `value` exactly */
export function fitsSingle(value: number): boolean {
	const size = Math.abs(value);
	if (!Number.isInteger(size) || size > 0x8000_0000) return Object.is(Math.fround(value), value);
	// XS 13.3 gives integers of 32 bits back from Math.fround as they came.
	let odd = size;
	while (odd > 0x100_0000 && odd % 2 === 0) odd /= 2;
	return odd <= 0x100_0000;
}
