import { utf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { Output } from "./output.ts";

/**
 * The two forms LwM2M uses: RFC 4648 §4 with padding in plain text, §5 without padding in SenML's "vd" (RFC 8428 §4.3).
 */
export type Base64Form = "padded" | "url";

const shared = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The digits of each form, in order of value. */
const alphabets = frozen({ padded: `${shared}+/`, url: `${shared}-_` });

/** Appends `bytes` in Base64. */
export function writeBase64(out: Output, bytes: Uint8Array, form: Base64Form): void {
	const alphabet = alphabets[form];
	let held = 0;
	let heldBits = 0;
	for (let index = 0; index < bytes.length; index++) {
		held = ((held << 8) | bytes[index]!) & 0xffff;
		heldBits += 8;
		while (heldBits >= 6) {
			heldBits -= 6;
			out.byte(alphabet.charCodeAt((held >> heldBits) & 0x3f));
		}
	}
	if (heldBits > 0) out.byte(alphabet.charCodeAt((held << (6 - heldBits)) & 0x3f));
	if (form === "padded") for (let odd = bytes.length % 3; odd > 0 && odd < 3; odd++) out.byte(0x3d);
}

/**
 * Reads Base64, strictly: no other characters, no stray bits behind the last byte. Padding must be there in the padded
 * form and, where a sender of the url form added it, must be right.
 * @returns bytes of its own, or undefined. Never throws
 */
export function readBase64(bytes: Uint8Array, at: number, end: number, form: Base64Form): Uint8Array | undefined {
	const alphabet = alphabets[form];
	let to = end;
	while (to > at && end - to < 2 && bytes[to - 1] === 0x3d) to--;
	if ((form === "padded" || to !== end) && (end - at) % 4 !== 0) return undefined;
	const digits = to - at;
	if (digits % 4 === 1) return undefined;
	const result = new Uint8Array((digits * 3) >> 2);
	let held = 0;
	let heldBits = 0;
	let size = 0;
	for (let index = at; index < to; index++) {
		const digit = alphabet.indexOf(String.fromCharCode(bytes[index]!));
		if (digit < 0) return undefined;
		held = ((held << 6) | digit) & 0xffff;
		heldBits += 6;
		if (heldBits >= 8) {
			heldBits -= 8;
			result[size++] = held >> heldBits;
		}
	}
	return (held & ((1 << heldBits) - 1)) === 0 ? result : undefined;
}

/** @returns the bytes that a string in Base64 stands for, as `readBase64` has them */
export function decodeBase64(text: string, form: Base64Form): Uint8Array | undefined {
	const bytes = utf8(text);
	return readBase64(bytes, 0, bytes.length, form);
}
