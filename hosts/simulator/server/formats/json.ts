import { refuse } from "./codec-failure.ts";

/** Strings, and numbers as RFC 8259 §6 writes them. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Whole numbers that a double may not hold exactly. */
const longInteger = /^-?\d{16,}$/;

/** The value of JSON (RFC 8259) with its long integers as bigint. @throws CodecFailure */
export function parseJson(bytes: Uint8Array): unknown {
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		// JSON.parse would round them: each becomes an object under a key that nothing else in the text can have.
		let key = "$";
		while (text.includes(key)) key += "$";
		const kept = text.replace(stringOrNumber, (found) => (longInteger.test(found) ? `{"${key}":"${found}"}` : found));
		return JSON.parse(kept, (_, value) => {
			return isRecord(value) && typeof value[key] === "string" ? BigInt(value[key] as string) : value;
		});
	} catch {
		return refuse("payload is not JSON");
	}
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON number. @throws CodecFailure for the doubles that JSON does not have */
export function jsonNumber(value: number | bigint): string {
	return typeof value === "number" && !Number.isFinite(value) ? refuse(`JSON has no ${value}`) : String(value);
}
