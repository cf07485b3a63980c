import { assert, utf8Size, writeUtf8 } from "../bytes.ts";
import { type ObjectLink, type ResourceType, toInteger, type Value } from "./value.ts";

/** Bytes under construction. Grows by doubling; what it holds is bounded by the values its owner writes. */
export class Output {
	bytes: Uint8Array;
	size = 0;

	constructor(capacity = 64) {
		this.bytes = new Uint8Array(capacity);
	}

	/** Makes room for `count` bytes at the end and counts them in. @returns the offset of the first */
	reserve(count: number): number {
		const at = this.size;
		this.size += count;
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
		const at = this.reserve(utf8Size(text));
		writeUtf8(text, this.bytes, at);
	}

	/** Appends the low `width` bytes of an integer, big-endian, negative ones in two's complement. `width` is 1, 2, 4 or 8. */
	integer(value: number | bigint, width: number): void {
		let high: number;
		let low: number;
		if (typeof value === "bigint") {
			high = Number(BigInt.asUintN(32, value >> 32n));
			low = Number(BigInt.asUintN(32, value));
		} else {
			high = Math.floor(value / 0x1_0000_0000);
			low = value - high * 0x1_0000_0000;
		}
		let at = this.reserve(width);
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
		const end = this.size;
		this.reserve(count);
		this.bytes.copyWithin(at + count, at, end);
	}

	/** @returns the bytes from `at` to the end; they stay this object's until it is dropped */
	take(at = 0): Uint8Array {
		return this.bytes.subarray(at, this.size);
	}
}

/*
 * What a writer may be given, held to the type it says it is. @throws AssertionFailed when our own caller passed something else
 */

export function integerToWrite(value: Value, type: ResourceType): number | bigint {
	const integer = typeof value === "number" || typeof value === "bigint" ? toInteger(value, type) : undefined;
	assert(integer !== undefined, "formats: not an integer of its type");
	return integer;
}

export function floatToWrite(value: Value): number {
	assert(typeof value === "number" || typeof value === "bigint", "formats: not a float");
	return Number(value);
}

export function stringToWrite(value: Value): string {
	assert(typeof value === "string", "formats: not a string");
	return value;
}

export function booleanToWrite(value: Value): boolean {
	assert(typeof value === "boolean", "formats: not a boolean");
	return value;
}

export function bytesToWrite(value: Value): Uint8Array {
	assert(value instanceof Uint8Array, "formats: not bytes");
	return value;
}

export function linkToWrite(value: Value): ObjectLink {
	const isLink = typeof value === "object" && !(value instanceof Uint8Array);
	assert(isLink && isId(value.objectId) && isId(value.instanceId), "formats: not an object link");
	return value;
}

function isId(id: number): boolean {
	return Number.isInteger(id) && id >= 0 && id <= 65535;
}
