import type { NodeValue, Objlnk, ResourceType } from "../node.ts";
import { refuse } from "./codec-failure.ts";
import { readLinks } from "./link.ts";

/**
 * What JSON and CBOR decoders give for a value: integers as bigint or number, an object link as `{ vlo }`, a CBOR
 * date as seconds. The SenML formats
 * and single-value CBOR share it.
 */
export type RawValue = string | number | bigint | boolean | Uint8Array | { readonly vlo: string };

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
const uint64 = { least: 0n, most: 2n ** 64n - 1n };

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** @returns `value` when it fits the integer type; time counts as integer */
export function checkedInteger(value: bigint, type: ResourceType): bigint {
	const { least, most } = type === "unsigned_integer" ? uint64 : int64;
	return value >= least && value <= most ? value : refuse(`${value} does not fit ${type}`);
}

/** Reads the plain-text form of a value (Core 1.1 §7.4.2 and Appendix C). */
export function fromText(text: string, type: ResourceType): NodeValue {
	switch (type) {
		case "string":
			return text;
		case "integer":
		case "unsigned_integer":
		case "time":
			return /^[+-]?\d{1,20}$/.test(text) ? checkedInteger(BigInt(text.replace("+", "")), type) : wrong(text, type);
		case "float":
			return decimal.test(text) ? Number(text) : wrong(text, type);
		case "boolean":
			return text === "1" ? true : text === "0" ? false : wrong(text, type);
		case "opaque":
			return fromBase64(text) ?? wrong(text, type);
		case "objlnk":
			return linkFromText(text) ?? wrong(text, type);
		case "corelink":
			readLinks(new TextEncoder().encode(text));
			return text;
	}
}

/** The plain-text form of a value. */
export function toText(value: NodeValue, type: ResourceType): string {
	switch (type) {
		case "boolean":
			return value === true ? "1" : "0";
		case "opaque":
			return Buffer.from(value as Uint8Array).toString("base64");
		case "objlnk":
			return linkText(value as Objlnk);
		default:
			return String(value);
	}
}

/**
 * Gives a decoded SenML or CBOR value its type.
 * @param type what the Object's facts say; undefined for what no facts are known of: then the value speaks for itself
 */
export function fromRaw(raw: RawValue, type: ResourceType | undefined): { type: ResourceType; value: NodeValue } {
	if (type === undefined) return guessed(raw);
	switch (type) {
		case "string":
			return { type, value: typeof raw === "string" ? raw : wrong(raw, type) };
		case "boolean":
			return { type, value: typeof raw === "boolean" ? raw : wrong(raw, type) };
		case "opaque":
			return { type, value: raw instanceof Uint8Array ? raw : wrong(raw, type) };
		case "float":
			return { type, value: typeof raw === "number" || typeof raw === "bigint" ? Number(raw) : wrong(raw, type) };
		case "integer":
		case "unsigned_integer":
		case "time":
			return { type, value: checkedInteger(wholeNumber(raw) ?? wrong(raw, type), type) };
		case "objlnk": {
			const text = typeof raw === "object" && "vlo" in raw ? raw.vlo : raw;
			return { type, value: (typeof text === "string" ? linkFromText(text) : undefined) ?? wrong(raw, type) };
		}
		case "corelink":
			return { type, value: typeof raw === "string" ? fromText(raw, type) : wrong(raw, type) };
	}
}

function guessed(raw: RawValue): { type: ResourceType; value: NodeValue } {
	if (typeof raw === "string") return { type: "string", value: raw };
	if (typeof raw === "boolean") return { type: "boolean", value: raw };
	if (raw instanceof Uint8Array) return { type: "opaque", value: raw };
	if (typeof raw === "object") return fromRaw(raw, "objlnk");
	const whole = wholeNumber(raw);
	if (whole === undefined) return { type: "float", value: Number(raw) };
	return whole > int64.most ? fromRaw(whole, "unsigned_integer") : fromRaw(whole, "integer");
}

function wholeNumber(raw: RawValue): bigint | undefined {
	if (typeof raw === "bigint") return raw;
	return typeof raw === "number" && Number.isInteger(raw) ? BigInt(raw) : undefined;
}

function wrong(value: unknown, type: ResourceType): never {
	const shown = value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
	return refuse(`[${shown.slice(0, 80)}] is not a value of type ${type}`);
}

export function linkText({ objectId, objectInstanceId }: Objlnk): string {
	return `${objectId}:${objectInstanceId}`;
}

export function linkFromText(text: string): Objlnk | undefined {
	if (text === "FFFF:FFFF") return { objectId: 65535, objectInstanceId: 65535 }; // as Core 1.2 Table 7.5.6-4 spells it
	const found = /^(\d{1,5}):(\d{1,5})$/.exec(text);
	if (found === null) return undefined;
	const link = { objectId: Number(found[1]), objectInstanceId: Number(found[2]) };
	return link.objectId <= 65535 && link.objectInstanceId <= 65535 ? link : undefined;
}

/** Strict base64 (RFC 4648 §4), padding and all. */
export function fromBase64(text: string): Uint8Array | undefined {
	if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
	return Uint8Array.from(Buffer.from(text, "base64"));
}

/** base64url without padding, as SenML asks (RFC 8428 §4.3); the classic alphabet and padding are let pass. */
export function fromBase64Url(text: string): Uint8Array | undefined {
	if (!/^[A-Za-z0-9_\-+/]*={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1) return undefined;
	return Uint8Array.from(Buffer.from(text, "base64"));
}
