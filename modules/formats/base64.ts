import { frozen } from "../frozen.ts";
import type { Output } from "./output.ts";

/** The two forms LwM2M uses: RFC 4648 §4 with padding in plain text, §5 without padding in SenML's "vd" (RFC 8428 §4.3). */
export type Base64Form = "padded" | "url";

/** Where each form keeps its digits 62 and 63. */
const lastDigits = frozen({ padded: [0x2b, 0x2f], url: [0x2d, 0x5f] } as const);

/** Appends `bytes` in Base64. */
export function writeBase64(out: Output, bytes: Uint8Array, form: Base64Form): void {
	const [digit62, digit63] = lastDigits[form];
	const put = (digit: number) => {
		if (digit < 26) out.byte(0x41 + digit);
		else if (digit < 52) out.byte(0x61 - 26 + digit);
		else if (digit < 62) out.byte(0x30 - 52 + digit);
		else out.byte(digit === 62 ? digit62 : digit63);
	};
	let held = 0;
	let heldBits = 0;
	for (const byte of bytes) {
		held = ((held << 8) | byte) & 0xffff;
		heldBits += 8;
		while (heldBits >= 6) {
			heldBits -= 6;
			put((held >> heldBits) & 0x3f);
		}
	}
	if (heldBits > 0) put((held << (6 - heldBits)) & 0x3f);
	if (form === "padded") for (let odd = bytes.length % 3; odd > 0 && odd < 3; odd++) out.byte(0x3d);
}

/**
 * Reads Base64, strictly: no other characters, no stray bits behind the last byte. Padding must be there in the padded form and, where
 * a sender of the url form added it, must be right.
 * @returns bytes of its own, or undefined. Never throws
 */
export function readBase64(bytes: Uint8Array, at: number, end: number, form: Base64Form): Uint8Array | undefined {
	const [digit62, digit63] = lastDigits[form];
	let to = end;
	while (to > at && end - to < 2 && bytes[to - 1] === 0x3d) to--;
	if ((form === "padded" || to !== end) && (end - at) % 4 !== 0) return undefined;
	const digits = to - at;
	if (digits % 4 === 1) return undefined;
	const result = new Uint8Array(Math.floor((digits * 3) / 4));
	let held = 0;
	let heldBits = 0;
	let size = 0;
	for (let index = at; index < to; index++) {
		const byte = bytes[index]!;
		let digit: number;
		if (byte >= 0x41 && byte <= 0x5a) digit = byte - 0x41;
		else if (byte >= 0x61 && byte <= 0x7a) digit = byte - 0x61 + 26;
		else if (byte >= 0x30 && byte <= 0x39) digit = byte - 0x30 + 52;
		else if (byte === digit62) digit = 62;
		else if (byte === digit63) digit = 63;
		else return undefined;
		held = ((held << 6) | digit) & 0xffff;
		heldBits += 6;
		if (heldBits >= 8) {
			heldBits -= 8;
			result[size++] = held >> heldBits;
		}
	}
	return (held & ((1 << heldBits) - 1)) === 0 ? result : undefined;
}
