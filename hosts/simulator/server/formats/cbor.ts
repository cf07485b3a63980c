import { Decoder, Encoder } from "cbor-x";
import type { ClientModels } from "../models/models.ts";
import type { Node, NodeValue, Objlnk, ResourceType } from "../node.ts";
import type { Path } from "../path.ts";
import { refuse } from "./codec-failure.ts";
import { TreeBuilder } from "./tree.ts";
import { fromRaw, linkText, type RawValue } from "./typed.ts";

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false, variableMapSize: true });
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false, structuredClone: false });

/** Decodes one CBOR item, all of `bytes`; maps become Map. @throws CodecFailure */
export function decodeCbor(bytes: Uint8Array): unknown {
	try {
		return decoder.decode(bytes);
	} catch (cause) {
		return refuse(`payload is not CBOR: ${(cause as Error).message}`);
	}
}

/** Encodes numbers, bigints, text, bytes, booleans, arrays and Maps in their shortest form. */
export function encodeCbor(value: unknown): Uint8Array {
	return Uint8Array.from(encoder.encode(shortened(value)));
}

/** cbor-x writes every bigint in 9 bytes, and a number of more than 32 bits as a double: each gets what suits it. */
function shortened(value: unknown): unknown {
	if (typeof value === "bigint") return value >= -0x100000000n && value <= 0xffffffffn ? Number(value) : value;
	if (Array.isArray(value)) return value.map(shortened);
	if (value instanceof Map) return new Map([...value].map(([key, held]) => [key, shortened(held)]));
	return value;
}

/** A decoded item as a value. @throws CodecFailure for arrays, maps, null and other things that no Resource is */
export function rawOfCbor(item: unknown): RawValue {
	if (item instanceof Date) {
		// Tag 0 or 1 (RFC 8949 §3.4.1, §3.4.2); a Date does not know leap seconds.
		const seconds = Math.floor(item.getTime() / 1000);
		return Number.isNaN(seconds) ? refuse("a CBOR date that is none") : seconds;
	}
	if (item instanceof Uint8Array) return Uint8Array.from(item);
	if (["string", "number", "bigint", "boolean"].includes(typeof item)) return item as RawValue;
	return refuse("a CBOR item that no Resource's value is");
}

function wholeSeconds(raw: RawValue): RawValue {
	return typeof raw === "number" ? Math.floor(raw) : typeof raw === "bigint" ? raw : refuse("a CBOR date that is none");
}

/**
 * Reads one value in CBOR (Core 1.1 §7.4.6, content format 60) for the Resource or Resource Instance at `path`.
 * @throws CodecFailure
 */
export function readCbor(bytes: Uint8Array, path: Path, models: ClientModels): Node {
	if (path.length < 3) return refuse("CBOR carries one value only");
	// Tag 1 (RFC 8949 §3.4.2) is taken off here: cbor-x makes a Date of it, and fails where the seconds are 64 bits long.
	const isTime = bytes[0] === 0xc1;
	const raw = rawOfCbor(decodeCbor(isTime ? bytes.subarray(1) : bytes));
	const { type, value } = fromRaw(isTime ? wholeSeconds(raw) : raw, models.resource(path[0]!, path[2]!)?.type);
	const tree = new TreeBuilder(path);
	tree.value(path, type, value);
	return tree.finish();
}

/** Writes one value in CBOR; an object link is the text "objectId:instanceId". */
export function writeCbor(value: NodeValue, type: ResourceType): Uint8Array {
	return encodeCbor(type === "objlnk" ? linkText(value as Objlnk) : value);
}
