import { frozen } from "./frozen.ts";

/**
 * Why bytes were not accepted. Decoders return one of these and never throw: the bytes come from the network (style
 * guide 2.5).
 * Declared once per cause as a frozen constant, so refusing allocates nothing and an identity comparison names the
 * cause.
 */
export interface Fault {
	/** Dotted and greppable: "coap.truncated" stands in code, test and log alike. */
	readonly code: string;
	/** What to answer: a CoAP response code (0x80 is 4.00) or a DTLS alert (RFC 5246 §7.2), "reset", or "silence". */
	readonly reply: number | "reset" | "silence";
	/** Where the rule stands: "RFC 7252 §3". */
	readonly see: string;
}

/** Declares one cause of refusal. */
export function fault(code: string, reply: Fault["reply"], see: string): Fault {
	return frozen({ code, reply, see });
}

/** Our own bug, not the sender's: thrown where a broken assumption would otherwise spread. On in production. */
export class AssertionFailed extends Error {
	override get name() {
		return "AssertionFailed"; // a getter, because XS freezes Error.prototype
	}
}

/** @throws AssertionFailed when `ok` is false; the host logs it and resets */
export function assert(ok: boolean, what: string): asserts ok {
	if (!ok) throw new AssertionFailed(what);
}

/** Lower-case hexadecimal digits of bytes[at .. end). */
export function toHex(bytes: Uint8Array, at = 0, end = bytes.length): string {
	let hex = "";
	for (let index = at; index < end; index++) hex += (bytes[index]! + 0x100).toString(16).slice(1);
	return hex;
}

/** @returns the bytes that `hex` spells, blanks of ASCII ignored, or undefined when it does not spell whole bytes */
export function fromHex(hex: string): Uint8Array | undefined {
	const bytes = new Uint8Array(hex.length >> 1);
	let digits = 0;
	for (let index = 0; index < hex.length; index++) {
		const code = hex.charCodeAt(index);
		if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) continue;
		const digit = hexDigit(code);
		if (digit < 0) return undefined;
		bytes[digits >> 1] = (bytes[digits >> 1]! << 4) | digit;
		digits++;
	}
	return digits % 2 === 0 ? bytes.slice(0, digits / 2) : undefined;
}

/** @param code of a character. @returns -1 when it is no hexadecimal digit */
function hexDigit(code: number): number {
	if (code >= 0x30 && code <= 0x39) return code - 0x30;
	const letter = code | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/**
 * `text` with ASCII's letters in lower case, all others as they are: schemes and names of hosts (RFC 3986 §3.1). The
 * language's own brings Unicode's tables, 10 KB of a chip's flash.
 */
export function lowerCase(text: string): string {
	let lower = "";
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		lower += code >= 0x41 && code <= 0x5a ? String.fromCharCode(code | 0x20) : text.charAt(at);
	}
	return lower;
}

/** Compares public bytes; leaves at the first difference. For secrets use the Crypto port's comparison. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
	return true;
}

/**
 * @returns how many bytes the UTF-8 form of `text` takes (RFC 3629); an unpaired surrogate counts as U+FFFD, three
 * bytes
 */
export function utf8Size(text: string): number {
	let size = 0;
	for (const character of text) {
		const point = character.codePointAt(0)!;
		size += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	}
	return size;
}

/**
 * Writes `text` as UTF-8 (RFC 3629) to bytes[at ..). Iterates by code point, because XS and Node index strings
 * differently.
 * An unpaired surrogate becomes U+FFFD.
 * @returns the offset behind the last byte written
 * @throws AssertionFailed when it does not fit: ask utf8Size first
 */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
	let to = at;
	for (const character of text) {
		let point = character.codePointAt(0)!;
		if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
		if (point < 0x80) bytes[to++] = point;
		else if (point < 0x800) {
			bytes[to++] = 0xc0 | (point >> 6);
			bytes[to++] = 0x80 | (point & 0x3f);
		} else {
			if (point < 0x10000) bytes[to++] = 0xe0 | (point >> 12);
			else {
				bytes[to++] = 0xf0 | (point >> 18);
				bytes[to++] = 0x80 | ((point >> 12) & 0x3f);
			}
			bytes[to++] = 0x80 | ((point >> 6) & 0x3f);
			bytes[to++] = 0x80 | (point & 0x3f);
		}
	}
	assert(to <= bytes.length, "writeUtf8: no room");
	return to;
}

/** The UTF-8 form of `text` (RFC 3629) in bytes of its own. */
export function utf8(text: string): Uint8Array {
	const bytes = new Uint8Array(utf8Size(text));
	writeUtf8(text, bytes, 0);
	return bytes;
}

/**
 * Reads strict UTF-8 (RFC 3629 §4: shortest form, no surrogates, at most U+10FFFF) out of bytes[at .. end).
 * @returns undefined when the bytes are anything else. Never throws
 */
export function readUtf8(bytes: Uint8Array, at = 0, end = bytes.length): string | undefined {
	let text = "";
	let from = at;
	while (from < end) {
		const run = asciiRun(bytes, from, end);
		if (run > from) {
			text += asciiText(bytes, from, run);
			from = run;
			continue;
		}
		const lead = bytes[from++]!;
		const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
		if (lead < 0xc2 || lead > 0xf4 || from + more > end) return undefined;
		let point = lead & (0x3f >> more);
		for (let index = 0; index < more; index++) {
			const next = bytes[from++]!;
			if ((next & 0xc0) !== 0x80) return undefined;
			point = (point << 6) | (next & 0x3f);
		}
		const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
		if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
		text += String.fromCodePoint(point);
	}
	return text;
}

/** Each argument of a call takes a slot of the stack, and the stack of a board has some hundred. */
const asciiRunMax = 32;

/** @returns where a run of at most asciiRunMax ASCII characters from bytes[at] ends */
function asciiRun(bytes: Uint8Array, at: number, end: number): number {
	const last = Math.min(end, at + asciiRunMax);
	let to = at;
	while (to < last && bytes[to]! < 0x80) to++;
	return to;
}

/** A run at once: character by character, XS makes and forgets a string for each, and takes twice the time. */
function asciiText(bytes: Uint8Array, at: number, end: number): string {
	return String.fromCharCode.apply(null, bytes.subarray(at, end) as unknown as number[]);
}

/** None: one for all who have none, in ROM. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** The bytes without a view, which takes 4 slots of RAM: its buffer where it is no larger, else that of a copy. */
export function bufferOf(bytes: Uint8Array): ArrayBufferLike {
	return bytes.buffer.byteLength === bytes.length ? bytes.buffer : bytes.slice().buffer;
}
