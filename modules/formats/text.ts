import { readUtf8 } from "../bytes.ts";
import { readBase64, writeBase64 } from "./base64.ts";
import { isWhole, plainDecimal, readDecimal } from "./decimal.ts";
import {
	booleanToWrite,
	bytesToWrite,
	floatToWrite,
	integerToWrite,
	linkToWrite,
	type Output,
	stringToWrite,
} from "./output.ts";
import { objectLinkText, type ResourceType, readObjectLink, toInteger, type Value } from "./value.ts";

/**
 * Appends one value as plain text (Core 1.2 §7.5.1 and Table C-2): decimal numbers without exponent, 0 or 1, Base64 with padding.
 * A Float that is not finite has no spelling and leaves nothing.
 */
export function writeText(out: Output, type: ResourceType, value: Value): void {
	switch (type) {
		case "string":
		case "coreLink":
			out.text(stringToWrite(value));
			return;
		case "integer":
		case "unsignedInteger":
		case "time":
			out.text(`${integerToWrite(value, type)}`);
			return;
		case "float": {
			const float = floatToWrite(value);
			if (Number.isFinite(float)) out.text(plainDecimal(float));
			return;
		}
		case "boolean":
			out.byte(booleanToWrite(value) ? 0x31 : 0x30);
			return;
		case "opaque":
			writeBase64(out, bytesToWrite(value), "padded");
			return;
		case "objectLink":
			out.text(objectLinkText(linkToWrite(value)));
			return;
	}
}

/**
 * Reads one value of plain text. Integers are an optional minus and digits; a Float may have an exponent.
 * @returns undefined when the bytes are no value of `type`. Never throws
 */
export function readText(type: ResourceType, bytes: Uint8Array, at: number, end: number): Value | undefined {
	switch (type) {
		case "string":
		case "coreLink":
			return readUtf8(bytes, at, end);
		case "integer":
		case "unsignedInteger":
		case "time": {
			const integer = isWhole(bytes, at, end) ? readDecimal(bytes, at, end) : undefined;
			return integer === undefined ? undefined : toInteger(integer, type);
		}
		case "float": {
			const float = readDecimal(bytes, at, end);
			return float === undefined ? undefined : Number(float);
		}
		case "boolean":
			if (end - at !== 1) return undefined;
			return bytes[at] === 0x31 ? true : bytes[at] === 0x30 ? false : undefined;
		case "opaque":
			return readBase64(bytes, at, end, "padded");
		case "objectLink": {
			const text = readUtf8(bytes, at, end);
			return text === undefined ? undefined : readObjectLink(text);
		}
	}
}
