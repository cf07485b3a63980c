import { type Fault, fault, readUtf8, utf8Size } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import {
	booleanToWrite,
	bytesToWrite,
	floatToWrite,
	integerToWrite,
	linkToWrite,
	type Output,
	stringToWrite,
} from "./output.ts";
import { readTimestamp } from "./timestamp.ts";
import { conform, objectLinkText, type ResourceType, type Scalar, type Value } from "./value.ts";

/** Major types of CBOR (RFC 8949 §3.1). */
export const Major = frozen({ unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 });

const truncated = fault("cbor.truncated", 0x80, "RFC 8949 §3");
const malformed = fault("cbor.malformed", 0x80, "RFC 8949 §3.3");
const nested = fault("cbor.nested", 0x80, "LwM2M Core 1.2 Table C-2");
const badText = fault("cbor.text", 0x80, "RFC 8949 §3.1");
const badTag = fault("cbor.tag", 0x80, "RFC 8949 §3.4");
const tooManyTags = fault("cbor.tooManyTags", 0x80, "RFC 8949 §3.4");

/** Most tags round one value. Nothing LwM2M sends has more than one. */
export const maxTags = 4;

/** Appends the first byte of an item and its argument, in the fewest bytes (RFC 8949 §4.2.1). */
export function writeHead(out: Output, major: number, argument: number | bigint): void {
	const width = argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffff_ffff ? 4 : 8;
	const info = width === 0 ? Number(argument) : width === 8 ? 27 : 24 + (width >> 1);
	out.byte((major << 5) | info);
	if (width > 0) out.integer(argument, width);
}

export function writeCborText(out: Output, text: string): void {
	writeHead(out, Major.text, utf8Size(text));
	out.text(text);
}

export function writeCborInteger(out: Output, integer: number | bigint): void {
	if (integer >= 0) writeHead(out, Major.unsigned, integer);
	else writeHead(out, Major.negative, typeof integer === "bigint" ? -1n - integer : -1 - integer);
}

/** Appends a floating-point number in the shortest of 2, 4 and 8 bytes that keeps it exactly (RFC 8949 §4.2.1). */
export function writeCborFloat(out: Output, float: number): void {
	const half = toHalf(float);
	if (half >= 0) {
		out.byte(0xf9);
		out.integer(half, 2);
	} else {
		const width = Math.fround(float) === float ? 4 : 8;
		out.byte(width === 4 ? 0xfa : 0xfb);
		out.float(float, width);
	}
}

/** @returns the 16 bits of IEEE 754 binary16 that mean exactly `float`, or -1 when there are none */
function toHalf(float: number): number {
	const sign = float < 0 || Object.is(float, -0) ? 0x8000 : 0;
	const size = Math.abs(float);
	if (Number.isNaN(size)) return 0x7e00;
	if (size === Infinity) return sign | 0x7c00;
	if (size < 2 ** -14) return Number.isInteger(size * 2 ** 24) ? sign | (size * 2 ** 24) : -1; // subnormal
	if (size > 65504) return -1;
	let exponent = 15;
	let fraction = size;
	while (fraction >= 2) {
		fraction /= 2;
		exponent += 1;
	}
	while (fraction < 1) {
		fraction *= 2;
		exponent -= 1;
	}
	fraction = (fraction - 1) * 1024;
	return Number.isInteger(fraction) ? sign | (exponent << 10) | fraction : -1;
}

function fromHalf(half: number): number {
	const exponent = (half >> 10) & 0x1f;
	const fraction = half & 0x3ff;
	let size: number;
	if (exponent === 0) size = fraction * 2 ** -24;
	else if (exponent === 31) size = fraction === 0 ? Infinity : Number.NaN;
	else size = (1024 + fraction) * 2 ** (exponent - 25);
	return half >= 0x8000 ? -size : size;
}

/** Appends one value as Table C-2 of Core 1.2 has it for CBOR; a Time goes as a bare number. */
export function writeCborValue(out: Output, type: ResourceType, value: Value): void {
	switch (type) {
		case "string":
		case "coreLink":
			writeCborText(out, stringToWrite(value));
			return;
		case "integer":
		case "unsignedInteger":
		case "time":
			writeCborInteger(out, integerToWrite(value, type));
			return;
		case "float":
			writeCborFloat(out, floatToWrite(value));
			return;
		case "boolean":
			out.byte(booleanToWrite(value) ? 0xf5 : 0xf4);
			return;
		case "opaque": {
			const bytes = bytesToWrite(value);
			writeHead(out, Major.bytes, bytes.length);
			out.append(bytes);
			return;
		}
		case "objectLink":
			writeCborText(out, objectLinkText(linkToWrite(value)));
			return;
	}
}

/** Appends the payload of Content-Format 60. A Time is tagged as epoch time: Table C-2 allows it bare too, Leshan does not. */
export function writeCbor(out: Output, type: ResourceType, value: Value): void {
	if (type === "time") writeHead(out, Major.tag, 1);
	writeCborValue(out, type, value);
}

/** Reads the payload of Content-Format 60: one value and nothing behind it. @returns undefined when it is no value of `type` */
export function readCbor(
	type: ResourceType | undefined,
	bytes: Uint8Array,
	at: number,
	end: number,
): Value | undefined {
	const reader = new CborReader(bytes, at, end);
	if (reader.readScalar() !== undefined || reader.at !== end || reader.scalar === null) return undefined;
	return type === undefined ? reader.scalar : conform(reader.scalar, type);
}

/**
 * Reads CBOR item by item out of borrowed bytes. Any well-formed head is taken, shortest or not; definite and indefinite lengths alike.
 * A length is believed only as far as bytes are there.
 */
export class CborReader {
	readonly #bytes: Uint8Array;
	readonly #end: number;
	/** Where the next item begins. */
	at: number;
	/** Of the head read last: its major type, the five bits of additional information, and the argument (0 for an indefinite length). */
	major = 0;
	info = 0;
	argument: number | bigint = 0;
	/** The value read last: null for CBOR's null. Strings and bytes are copies. */
	scalar: Scalar | null = null;

	constructor(bytes: Uint8Array, at: number, end: number) {
		this.#bytes = bytes;
		this.#end = end;
		this.at = at;
	}

	/** Whether the head read last opened a string, an array or a map of indefinite length. */
	get isIndefinite(): boolean {
		return this.info === 31;
	}

	/** Passes over the break that ends an indefinite length, if it is next. */
	skipBreak(): boolean {
		if (this.at >= this.#end || this.#bytes[this.at] !== 0xff) return false;
		this.at += 1;
		return true;
	}

	/** Reads the first byte of an item and its argument. */
	readHead(): Fault | undefined {
		if (this.at >= this.#end) return truncated;
		const first = this.#bytes[this.at++]!;
		this.major = first >> 5;
		this.info = first & 0x1f;
		this.argument = this.info < 24 ? this.info : 0;
		if (this.info < 24) return undefined;
		if (this.info === 31) {
			return this.major >= Major.bytes && this.major <= Major.map ? undefined : malformed;
		}
		if (this.info > 27) return malformed;
		const width = 1 << (this.info - 24);
		if (width > this.#end - this.at) return truncated;
		let low = 0;
		let high = 0;
		for (let left = width - 1; left >= 0; left--) {
			const byte = this.#bytes[this.at++]!;
			if (left >= 4) high = high * 0x100 + byte;
			else low = low * 0x100 + byte;
		}
		this.argument = high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
		return undefined;
	}

	/**
	 * Reads one value into `scalar`: a number, string, byte string, boolean or null. Times in tags 0 and 1 become seconds since 1970,
	 * decimal fractions (tag 4) numbers; other tags are passed over (RFC 8949 §3.4).
	 */
	readScalar(): Fault | undefined {
		let tag: number | bigint = -1;
		let fault = this.readHead();
		for (let tags = 0; fault === undefined && this.major === Major.tag; tags++) {
			if (tags === maxTags) return tooManyTags;
			tag = this.argument;
			fault = this.readHead();
		}
		if (fault !== undefined) return fault;
		if (tag === 4) return this.#readDecimalFraction();
		fault = this.#readUntagged();
		if (fault !== undefined) return fault;
		if (tag === 0) {
			this.scalar = (typeof this.scalar === "string" ? readTimestamp(this.scalar) : undefined) ?? null;
			return this.scalar === null ? badTag : undefined;
		}
		return tag === 1 && typeof this.scalar !== "number" && typeof this.scalar !== "bigint" ? badTag : undefined;
	}

	/** Reads the rest of an item whose head was read. */
	#readUntagged(): Fault | undefined {
		const { argument } = this;
		switch (this.major) {
			case Major.unsigned:
				this.scalar = argument;
				return undefined;
			case Major.negative:
				this.scalar = typeof argument === "number" && argument < 2 ** 53 - 1 ? -1 - argument : -1n - BigInt(argument);
				return undefined;
			case Major.bytes:
			case Major.text:
				return this.isIndefinite ? this.#readChunks(this.major) : this.#readString();
			case Major.simple:
				return this.#readSimple();
			default:
				return nested;
		}
	}

	#readSimple(): Fault | undefined {
		const bytes = this.#bytes;
		switch (this.info) {
			case 20:
			case 21:
				this.scalar = this.info === 21;
				return undefined;
			case 22:
				this.scalar = null;
				return undefined;
			case 25:
				this.scalar = fromHalf(this.argument as number);
				return undefined;
			case 26:
				this.scalar = new DataView(bytes.buffer, bytes.byteOffset + this.at - 4, 4).getFloat32(0);
				return undefined;
			case 27:
				this.scalar = new DataView(bytes.buffer, bytes.byteOffset + this.at - 8, 8).getFloat64(0);
				return undefined;
			default:
				return malformed;
		}
	}

	/** Reads the content of a string or byte string of definite length. */
	#readString(): Fault | undefined {
		const { argument, at } = this;
		if (argument > this.#end - at) return truncated;
		this.at = at + Number(argument);
		this.scalar =
			this.major === Major.bytes ? this.#bytes.slice(at, this.at) : (readUtf8(this.#bytes, at, this.at) ?? null);
		return this.scalar === null ? badText : undefined;
	}

	/** Reads the chunks of a string or byte string of indefinite length (RFC 8949 §3.2.3): first for their sizes, then for their bytes. */
	#readChunks(major: number): Fault | undefined {
		const from = this.at;
		let text = "";
		let size = 0;
		while (!this.skipBreak()) {
			const fault = this.readHead() ?? (this.major !== major || this.isIndefinite ? malformed : this.#readString());
			if (fault !== undefined) return fault;
			if (typeof this.scalar === "string") text += this.scalar;
			else size += Number(this.argument);
		}
		this.scalar = text;
		if (major === Major.text) return undefined;
		const behind = this.at;
		const bytes = new Uint8Array(size);
		this.at = from;
		for (let to = 0; !this.skipBreak(); to += Number(this.argument)) {
			this.readHead();
			const at = this.at;
			this.at = at + Number(this.argument);
			bytes.set(this.#bytes.subarray(at, this.at), to);
		}
		this.at = behind;
		this.scalar = bytes;
		return undefined;
	}

	/** Reads [exponent, mantissa], whose head was read, as mantissa × 10^exponent (RFC 8949 §3.4.4). */
	#readDecimalFraction(): Fault | undefined {
		if (this.major !== Major.array || this.argument !== 2) return badTag;
		const parts: number[] = [];
		for (let part = 0; part < 2; part++) {
			const fault = this.readHead();
			if (fault !== undefined) return fault;
			if (this.major > Major.negative) return badTag;
			this.#readUntagged();
			parts.push(Number(this.scalar));
		}
		const value = Number(`${parts[1]}e${parts[0]}`);
		if (!Number.isFinite(value)) return badTag;
		this.scalar = value;
		return undefined;
	}
}
