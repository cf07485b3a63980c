import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";

/** One argument of an Execute: a digit, and a text where `='…'` followed. */
export interface Argument {
	readonly digit: number;
	readonly text: string | undefined;
}

const malformed = fault("execute.arguments", 0x80, "LwM2M Core 1.1 §6.3.5");

const none: readonly Argument[] = frozen([]);

/**
 * Reads the arguments of an Execute, `0='abc',3` (LwM2M Core 1.1 §6.3.5): digits 0..9, each at most once (1.2.1 says
 * so), so never more than ten; a text holds the printable ASCII characters but for space, quotes and backslash.
 */
export function readArguments(bytes: Uint8Array): readonly Argument[] | Fault {
	if (bytes.length === 0) return none;
	const args: Argument[] = [];
	let at = 0;
	for (;;) {
		const digit = (bytes[at++] ?? 0) - 0x30;
		if (digit < 0 || digit > 9 || args.some((earlier) => earlier.digit === digit)) return malformed;
		let text: string | undefined;
		if (bytes[at] === 0x3d /* = */) {
			if (bytes[at + 1] !== 0x27 /* ' */) return malformed;
			at += 2;
			text = "";
			while (isCharacter(bytes[at])) text += String.fromCharCode(bytes[at++]!);
			if (bytes[at++] !== 0x27) return malformed;
		}
		args.push({ digit, text });
		if (at === bytes.length) return args;
		if (bytes[at++] !== 0x2c /* , */) return malformed;
	}
}

/** CHAR of Core §6.3.5: "!", "#".."&", "("..."[", "]".."~". */
function isCharacter(byte: number | undefined): boolean {
	return byte !== undefined && byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x27 && byte !== 0x5c;
}
