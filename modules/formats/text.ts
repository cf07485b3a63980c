import { readUtf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { readBase64, writeBase64 } from "./base64.ts";
import { ContentFormat } from "./content-format.ts";
import { isWhole, plainDecimal, readDecimal } from "./decimal.ts";
import type { Format } from "./format.ts";
import type { Output } from "./output.ts";
import { readSingle, SingleWriter } from "./single-value.ts";
import { conform, type ResourceType, type Scalar, scalarOf, type Value } from "./value.ts";

/** One value as plain text (Core 1.2 §7.5.1). */
export const textFormat: Format = frozen({
	numbers: [ContentFormat.text, ContentFormat.oldText],
	scope: "value",
	read: (bytes, at, end, entries) => readSingle(readText, bytes, at, end, entries),
	writer: () => new SingleWriter(writeText),
});

/**
 * Appends one value as plain text (Core 1.2 §7.5.1 and Table C-2): decimal numbers without exponent, 0 or 1, Base64
 * with padding. A Float that is not finite has no spelling and leaves nothing.
 */
export function writeText(out: Output, type: ResourceType, value: Value): void {
	const scalar = scalarOf(value, type);
	if (scalar instanceof Uint8Array) writeBase64(out, scalar, "padded");
	else if (typeof scalar === "boolean") out.byte(scalar ? 0x31 : 0x30);
	else if (typeof scalar !== "number") out.text(`${scalar}`);
	else if (Number.isFinite(scalar)) out.text(plainDecimal(scalar));
}

/**
 * Reads one value of plain text. Integers are an optional minus and digits; a Float may have an exponent.
 * @returns undefined when the bytes are no value of `type`; the bytes themselves when that is not known. Never throws
 */
export function readText(
	type: ResourceType | undefined,
	bytes: Uint8Array,
	at: number,
	end: number,
): Value | undefined {
	let scalar: Scalar | undefined;
	switch (type) {
		case undefined:
			return bytes.slice(at, end);
		case "integer":
		case "unsignedInteger":
		case "time":
			if (isWhole(bytes, at, end)) scalar = readDecimal(bytes, at, end);
			break;
		case "float":
			scalar = readDecimal(bytes, at, end);
			break;
		case "boolean":
			if (end - at === 1 && (bytes[at]! | 1) === 0x31) scalar = bytes[at] === 0x31;
			break;
		case "opaque":
			scalar = readBase64(bytes, at, end, "padded");
			break;
		default:
			scalar = readUtf8(bytes, at, end);
	}
	return scalar === undefined ? undefined : conform(scalar, type);
}
