import { readUtf8 } from "../bytes.ts";

/** Longest number we read. A double in plain decimals takes at most 343 characters. */
export const maxNumberBytes = 352;

/** @returns the offset of the first byte of bytes[at .. end) that is no ASCII digit */
export function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
	let to = at;
	while (to < end && bytes[to]! >= 0x30 && bytes[to]! <= 0x39) to++;
	return to;
}

/** @returns whether bytes[at .. end) are an optional minus and digits, and nothing else */
export function isWhole(bytes: Uint8Array, at: number, end: number): boolean {
	const from = bytes[at] === 0x2d ? at + 1 : at;
	return from < end && digitsEnd(bytes, from, end) === end;
}

/**
 * Reads a number in ASCII: minus, digits, and optionally a fraction and an exponent (RFC 8259 §6, with leading zeros
 * allowed).
 * @returns a bigint where a whole number of up to 20 digits would lose digits as a number; undefined when the bytes are
 * anything else or the number is too large for a double. Never throws
 */
export function readDecimal(bytes: Uint8Array, at: number, end: number): number | bigint | undefined {
	if (end - at > maxNumberBytes) return undefined;
	const from = bytes[at] === 0x2d ? at + 1 : at;
	const whole = digitsEnd(bytes, from, end);
	if (whole === from) return undefined;
	let to = whole;
	if (to < end && bytes[to] === 0x2e) {
		const fraction = to + 1;
		to = digitsEnd(bytes, fraction, end);
		if (to === fraction) return undefined;
	}
	if (to < end && (bytes[to]! | 0x20) === 0x65) {
		const sign = bytes[to + 1];
		const exponent = to + (sign === 0x2b || sign === 0x2d ? 2 : 1);
		to = digitsEnd(bytes, exponent, end);
		if (to <= exponent) return undefined;
	}
	if (to !== end) return undefined;
	const text = readUtf8(bytes, at, end)!;
	const digits = end - from;
	if (whole === end && digits > 15 && digits <= 20) return BigInt(text);
	const value = Number(text);
	return Number.isFinite(value) ? value : undefined;
}

/**
 * @returns a finite number without an exponent, as plain text wants it (Core 1.2 Table C-2: 6.667e-11 is
 * "0.00000000006667")
 */
export function plainDecimal(value: number): string {
	const text = Object.is(value, -0) ? "-0" : `${value}`;
	const e = text.indexOf("e");
	if (e < 0) return text;
	const sign = value < 0 ? "-" : "";
	const mantissa = text.slice(sign.length, e);
	const digits = mantissa.split(".").join("");
	const shift = Number(text.slice(e + 1)); // JavaScript writes one digit before the point
	if (shift < 0) return `${sign}0.${"0".repeat(-shift - 1)}${digits}`;
	// An exponent is written from 1e21 on, so it reaches past all digits.
	return `${sign}${digits}${"0".repeat(shift - digits.length + 1)}`;
}
