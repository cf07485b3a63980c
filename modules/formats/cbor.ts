import { type Fault, fault, readUtf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { ContentFormat } from "./content-format.ts";
import type { Format } from "./format.ts";
import { fitsSingle, Output, readFloat, readUnsigned } from "./output.ts";
import { readSingle, SingleWriter } from "./single-value.ts";
import { readTimestamp } from "./timestamp.ts";
import { conform, type ResourceType, type Scalar, scalarOf, type Value } from "./value.ts";

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

/** One value as CBOR (Core 1.2 §7.5.3). */
export const cborFormat: Format = frozen({
	numbers: [ContentFormat.cbor],
	scope: "value",
	read: (bytes, at, end, entries) => readSingle(readCbor, bytes, at, end, entries),
	writer: () => new SingleWriter(writeCbor),
});

/** Appends the first byte of an item and its argument, in the fewest bytes (RFC 8949 §4.2.1). */
export function writeHead(out: Output, major: number, argument: number | bigint): void {
	if (argument < 24) {
		out.byte((major << 5) | Number(argument));
		return;
	}
	const width = argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffff_ffff ? 4 : 8;
	out.byte((major << 5) | (width === 8 ? 27 : 24 + (width >> 1)));
	out.integer(argument, width);
}

export function writeCborText(out: Output, text: string): void {
	const at = out.reserve(1);
	out.text(text);
	const size = out.size - at - 1;
	if (size < 24) out.bytes[at] = (Major.text << 5) | size;
	else {
		// Longer than the one byte kept free for the head can say: once more, behind a head of the right size.
		out.size = at;
		writeHead(out, Major.text, size);
		out.text(text);
	}
}

export function writeCborInteger(out: Output, integer: number | bigint): void {
	if (integer >= 0) writeHead(out, Major.unsigned, integer);
	else writeHead(out, Major.negative, typeof integer === "bigint" ? -1n - integer : -1 - integer);
}

/** Appends a floating-point number in the shortest of 2, 4 and 8 bytes that keeps it exactly (RFC 8949 §4.2.1). */
function writeCborFloat(out: Output, float: number): void {
	const half = toHalf(float);
	if (half >= 0) {
		out.byte(0xf9);
		out.integer(half, 2);
	} else {
		const width = fitsSingle(float) ? 4 : 8;
		out.byte(width === 4 ? 0xfa : 0xfb);
		out.float(float, width);
	}
}

/** @returns the 16 bits of IEEE 754 binary16 that mean exactly `float`, or -1 when there are none */
function toHalf(float: number): number {
	if (Number.isNaN(float)) return 0x7e00;
	const sign = float < 0 || Object.is(float, -0) ? 0x8000 : 0;
	if (Math.abs(float) === Infinity) return sign | 0x7c00;
	if (Math.abs(float) > 65504) return -1;
	let exponent = 0;
	let fraction = Math.abs(float) * 2 ** 24;
	for (; fraction >= 2048; fraction /= 2) exponent += 1;
	// The leading one of a normal number adds itself to the exponent; a subnormal one has neither.
	return Number.isInteger(fraction) ? sign | ((exponent << 10) + fraction) : -1;
}

function fromHalf(half: number): number {
	const exponent = (half >> 10) & 0x1f;
	const fraction = half & 0x3ff;
	let size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
	if (exponent === 31) size = fraction === 0 ? Infinity : Number.NaN;
	return half >= 0x8000 ? -size : size;
}

/** Appends one value as Table C-2 of Core 1.2 has it for CBOR; a Time goes as a bare number. */
export function writeCborValue(out: Output, type: ResourceType, value: Value): void {
	const scalar = scalarOf(value, type);
	if (typeof scalar === "string") writeCborText(out, scalar);
	else if (scalar instanceof Uint8Array) {
		writeHead(out, Major.bytes, scalar.length);
		out.append(scalar);
	} else if (typeof scalar === "boolean") out.byte(scalar ? 0xf5 : 0xf4);
	else if (type === "float") writeCborFloat(out, scalar as number);
	else writeCborInteger(out, scalar);
}

/**
 * Appends the payload of Content-Format 60. A Time is tagged as epoch time: Table C-2 allows it bare too, Leshan does
 * not.
 */
export function writeCbor(out: Output, type: ResourceType, value: Value): void {
	if (type === "time") writeHead(out, Major.tag, 1);
	writeCborValue(out, type, value);
}

/**
 * Reads the payload of Content-Format 60: one value and nothing behind it.
 * @returns undefined when it is no value of `type`
 */
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
 * Reads CBOR item by item out of borrowed bytes. Any well-formed head is taken, shortest or not; definite and
 * indefinite lengths alike. A length is believed only as far as bytes are there.
 */
export class CborReader {
	readonly #bytes: Uint8Array;
	readonly #end: number;
	/** Where the next item begins. */
	at: number;
	/**
	 * Of the head read last: its major type, the five bits of additional information, and the argument (0 for an
	 * indefinite length).
	 */
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

	/** Of the array or map whose head was read last: how many items it has, Infinity for an indefinite length. */
	get count(): number {
		return this.info === 31 ? Infinity : Number(this.argument);
	}

	/** The major type of the item that is next, whose head was not read; simple at the end of the bytes. */
	get nextMajor(): number {
		return this.at < this.#end ? this.#bytes[this.at]! >> 5 : Major.simple;
	}

	/**
	 * Whether an array, a map or a string in chunks goes on; passes over the break at its end.
	 * @param left how many items are left by its count
	 */
	hasMore(left: number): boolean {
		if (left !== Infinity) return left > 0;
		if (this.at >= this.#end || this.#bytes[this.at] !== 0xff) return true;
		this.at += 1;
		return false;
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
		this.argument = readUnsigned(this.#bytes, this.at, width);
		this.at += width;
		return undefined;
	}

	/**
	 * Reads one value into `scalar`: a number, string, byte string, boolean or null. Times in tags 0 and 1 become seconds
	 * since 1970, decimal fractions (tag 4) numbers; other tags are passed over (RFC 8949 §3.4).
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
		if (tag === 4) return this.readDecimalFraction();
		fault = this.readUntagged();
		if (fault !== undefined) return fault;
		if (tag === 0) {
			this.scalar = (typeof this.scalar === "string" ? readTimestamp(this.scalar) : undefined) ?? null;
			return this.scalar === null ? badTag : undefined;
		}
		return tag === 1 && typeof this.scalar !== "number" && typeof this.scalar !== "bigint" ? badTag : undefined;
	}

	/** Reads the rest of an item whose head was read. */
	private readUntagged(): Fault | undefined {
		const argument = this.argument;
		switch (this.major) {
			case Major.unsigned:
				this.scalar = argument;
				return undefined;
			case Major.negative:
				this.scalar = typeof argument === "number" && argument < 2 ** 53 - 1 ? -1 - argument : -1n - BigInt(argument);
				return undefined;
			case Major.bytes:
			case Major.text:
				return this.info === 31 ? this.readChunks(this.major) : this.readString();
			case Major.simple:
				return this.readSimple();
			default:
				return nested;
		}
	}

	private readSimple(): Fault | undefined {
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
			case 27: {
				const width = this.info === 26 ? 4 : 8;
				this.scalar = readFloat(this.#bytes, this.at - width, width);
				return undefined;
			}
			default:
				return malformed;
		}
	}

	/** Reads the content of a string or byte string of definite length. */
	private readString(): Fault | undefined {
		const argument = this.argument;
		const at = this.at;
		if (argument > this.#end - at) return truncated;
		this.at = at + Number(argument);
		this.scalar =
			this.major === Major.bytes ? this.#bytes.slice(at, this.at) : (readUtf8(this.#bytes, at, this.at) ?? null);
		return this.scalar === null ? badText : undefined;
	}

	/** Reads the chunks of a string or byte string of indefinite length (RFC 8949 §3.2.3). */
	private readChunks(major: number): Fault | undefined {
		let text = "";
		const bytes = new Output();
		while (this.hasMore(Infinity)) {
			const fault = this.readHead() ?? (this.major !== major || this.info === 31 ? malformed : this.readString());
			if (fault !== undefined) return fault;
			if (typeof this.scalar === "string") text += this.scalar;
			else bytes.append(this.scalar as Uint8Array);
		}
		this.scalar = major === Major.text ? text : bytes.take();
		return undefined;
	}

	/** Reads [exponent, mantissa], whose head was read, as mantissa × 10^exponent (RFC 8949 §3.4.4). */
	private readDecimalFraction(): Fault | undefined {
		if (this.major !== Major.array || this.argument !== 2) return badTag;
		let exponent = 0;
		let mantissa = 0;
		for (let part = 0; part < 2; part++) {
			const fault = this.readHead();
			if (fault !== undefined) return fault;
			if (this.major > Major.negative) return badTag;
			this.readUntagged();
			exponent = mantissa;
			mantissa = Number(this.scalar);
		}
		const value = Number(`${mantissa}e${exponent}`);
		if (!Number.isFinite(value)) return badTag;
		this.scalar = value;
		return undefined;
	}
}
