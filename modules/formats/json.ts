import { type Fault, fault, readUtf8 } from "../bytes.ts";
import { type Base64Form, writeBase64 } from "./base64.ts";
import { readDecimal } from "./decimal.ts";
import type { Output } from "./output.ts";
import type { Scalar } from "./value.ts";

const malformed = fault("json.malformed", 0x80, "RFC 8259 §2");
const badString = fault("json.string", 0x80, "RFC 8259 §7");
const badNumber = fault("json.number", 0x80, "RFC 8259 §6");

const hexDigits = "0123456789abcdef";

/** What stands behind a backslash, and the code point it means (RFC 8259 §7). */
const escapes = '"\\/bfnrt';
const escaped = '"\\/\b\f\n\r\t';

/** Appends `text` as a JSON string. */
export function writeJsonString(out: Output, text: string): void {
	out.byte(0x22);
	let at = out.size;
	out.text(text);
	for (; at < out.size; at++) {
		const byte = out.bytes[at]!;
		if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) continue;
		if (byte < 0x20) {
			// \u00 and the two digits take the place of the one byte.
			out.insert(at, 5);
			out.put(0x5c753030, at, 4);
			out.put(hexDigits.charCodeAt(byte >> 4), at + 4, 1);
			out.put(hexDigits.charCodeAt(byte & 0xf), at + 5, 1);
			at += 5;
		} else {
			out.insert(at, 1);
			out.put(0x5c, at, 1);
			at += 1;
		}
	}
	out.byte(0x22);
}

/** Appends a value: bytes as a string in Base64, of that form. A number must be finite. */
export function writeJsonScalar(out: Output, scalar: Scalar, form: Base64Form): void {
	if (typeof scalar === "string") writeJsonString(out, scalar);
	else if (scalar instanceof Uint8Array) {
		out.byte(0x22);
		writeBase64(out, scalar, form);
		out.byte(0x22);
	} else out.text(Object.is(scalar, -0) ? "-0.0" : `${scalar}`);
}

/** Reads JSON token by token out of borrowed bytes (RFC 8259), strictly; it keeps whole numbers of 64 bits whole. */
export class JsonReader {
	readonly #bytes: Uint8Array;
	readonly #end: number;
	#at: number;
	/** The string, number or literal read last. */
	scalar: Scalar | null = null;

	constructor(bytes: Uint8Array, at: number, end: number) {
		this.#bytes = bytes;
		this.#end = end;
		this.#at = at;
	}

	/**
	 * Reads an array or an object, as `open` has it ("[" or "{"), item by item: `readItem` reads one and what belongs to
	 * it.
	 */
	readItems(open: number, readItem: () => Fault | undefined): Fault | undefined {
		const close = open + 2;
		if (!this.skip(open)) return malformed;
		if (this.skip(close)) return undefined;
		do {
			const fault = readItem();
			if (fault !== undefined) return fault;
		} while (this.skip(0x2c));
		return this.skip(close) ? undefined : malformed;
	}

	/** Passes over an array as its brackets and quotes have it, without a look at what is in it. */
	skipArray(): Fault | undefined {
		if (this.peek() !== 0x5b) return malformed;
		const bytes = this.#bytes;
		let depth = 0;
		let isText = false;
		while (this.#at < this.#end) {
			const byte = bytes[this.#at++];
			if (byte === 0x22) isText = !isText;
			else if (byte === 0x5c) this.#at += 1;
			else if (isText) continue;
			else if (byte === 0x5b) depth += 1;
			else if (byte === 0x5d && --depth === 0) return undefined;
		}
		return malformed;
	}

	readColon(): Fault | undefined {
		return this.skip(0x3a) ? undefined : malformed;
	}

	/** @returns a Fault unless nothing but blanks is left */
	readEnd(): Fault | undefined {
		return this.peek() === -1 ? undefined : malformed;
	}

	/** Reads a string, a number, true, false or null into `scalar`. */
	readScalar(): Fault | undefined {
		switch (this.peek()) {
			case 0x22:
				return this.readString();
			case 0x74:
				return this.readLiteral("true", true);
			case 0x66:
				return this.readLiteral("false", false);
			case 0x6e:
				return this.readLiteral("null", null);
			default:
				return this.readNumber();
		}
	}

	/** Reads a string into `scalar`. */
	readString(): Fault | undefined {
		if (!this.skip(0x22)) return malformed;
		const bytes = this.#bytes;
		let text = "";
		while (this.#at < this.#end) {
			const from = this.#at;
			while (this.#at < this.#end && isPlain(bytes[this.#at]!)) this.#at += 1;
			const plain = readUtf8(bytes, from, this.#at);
			if (plain === undefined || this.#at === this.#end) return badString;
			text += plain;
			const byte = bytes[this.#at++];
			if (byte === 0x22) {
				this.scalar = text;
				return undefined;
			}
			const character = byte === 0x5c ? this.readEscape() : undefined;
			if (character === undefined) return badString;
			text += character;
		}
		return badString;
	}

	/** Reads what stands behind a backslash. */
	private readEscape(): string | undefined {
		if (this.#at >= this.#end) return undefined;
		const byte = this.#bytes[this.#at++]!;
		if (byte !== 0x75) {
			const index = escapes.indexOf(String.fromCharCode(byte));
			return index < 0 ? undefined : escaped[index];
		}
		const unit = this.readUnit();
		if (unit >= 0xd800 && unit <= 0xdfff) {
			// A half of a pair: UTF-8 has no spelling for it alone, so the second half must follow.
			const isPair = unit < 0xdc00 && this.#bytes[this.#at] === 0x5c && this.#bytes[this.#at + 1] === 0x75;
			this.#at += 2;
			const low = isPair ? this.readUnit() : -1;
			if (low < 0xdc00 || low > 0xdfff) return undefined;
			return String.fromCodePoint(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
		}
		return unit < 0 ? undefined : String.fromCodePoint(unit);
	}

	/** @returns the UTF-16 unit that the next four hexadecimal digits spell, or -1 */
	private readUnit(): number {
		const from = this.#at;
		this.#at = Math.min(from + 4, this.#end);
		// The 0 behind the digits keeps Number from trimming blanks.
		const unit = Number(`0x${readUtf8(this.#bytes, from, this.#at)}0`) / 16;
		return this.#at - from === 4 && !Number.isNaN(unit) ? unit : -1;
	}

	private readNumber(): Fault | undefined {
		const bytes = this.#bytes;
		const from = this.#at;
		while (this.#at < this.#end && isNumeric(bytes[this.#at]!)) this.#at += 1;
		const digit = bytes[from] === 0x2d ? from + 1 : from;
		const next = bytes[digit + 1]!;
		if (bytes[digit] === 0x30 && digit + 1 < this.#at && next >= 0x30 && next <= 0x39) return badNumber;
		const number = readDecimal(bytes, from, this.#at);
		if (number === undefined) return badNumber;
		this.scalar = number;
		return undefined;
	}

	private readLiteral(word: string, scalar: boolean | null): Fault | undefined {
		for (let index = 0; index < word.length; index++) {
			if (this.#at >= this.#end || this.#bytes[this.#at++] !== word.charCodeAt(index)) return malformed;
		}
		this.scalar = scalar;
		return undefined;
	}

	/** Passes over `byte`, and blanks before it, if it is next. */
	private skip(byte: number): boolean {
		if (this.peek() !== byte) return false;
		this.#at += 1;
		return true;
	}

	/** @returns the next byte behind any blanks, or -1 at the end */
	private peek(): number {
		while (this.#at < this.#end) {
			const byte = this.#bytes[this.#at]!;
			if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
			this.#at += 1;
		}
		return -1;
	}
}

/** Whether a byte stands in a string for itself: not a quote, a backslash or a control character. */
function isPlain(byte: number): boolean {
	return byte >= 0x20 && byte !== 0x22 && byte !== 0x5c;
}

/** Whether a byte can be part of a number: a digit, a sign, a point or an e. */
function isNumeric(byte: number): boolean {
	return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || (byte | 0x20) === 0x65;
}
