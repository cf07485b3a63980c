import { Decoder, Encoder } from "cbor-x";
import type { ClientModels } from "../models/models.ts";
import type { Node, NodeValue, Objlnk, ResourceType } from "../node.ts";
import type { Path } from "../path.ts";
import { refuse } from "./codec-failure.ts";
import { TreeBuilder } from "./tree.ts";
import { fromRaw, linkText, type RawValue } from "./typed.ts";

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false, variableMapSize: true });
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false, structuredClone: false });

/** LwM2M CBOR has four maps in each other, a key of the innermost an array, a value two tags. */
const depthMax = 8;

/**
 * Looks at the heads alone, before the decoder takes memory on their word (RFC 8949 §3).
 * @returns where the item ends
 * @throws CodecFailure for more items than there are bytes, and for what is nested too deep
 */
function endOfItem(bytes: Uint8Array, at: number, depth = 0): number {
	if (depth > depthMax) refuse(`CBOR nested deeper than ${depthMax} levels`);
	const cut = () => refuse("payload is not CBOR: it is cut");
	const head = bytes[at] ?? cut();
	const [kind, info] = [head >> 5, head & 0x1f];
	const isEndless = info === 31 && kind >= 2 && kind <= 5;
	const size =
		info < 24 || isEndless ? 0 : info < 28 ? 1 << (info - 24) : refuse("payload is not CBOR: a reserved length");
	let end = at + 1 + size;
	if (end > bytes.length) cut();
	let argument = info < 24 ? info : 0;
	for (let index = at + 1; index < end; index++) argument = argument * 256 + bytes[index]!;
	if (kind === 6) return endOfItem(bytes, end, depth + 1);
	if (kind < 2 || kind === 7) return end;
	const isString = kind < 4;
	if (isEndless) {
		while (bytes[end] !== 0xff) end = endOfItem(bytes, end, depth + 1);
		return end + 1;
	}
	if (argument > bytes.length - end) cut();
	if (isString) return end + argument;
	for (let left = kind === 5 ? argument * 2 : argument; left > 0; left--) end = endOfItem(bytes, end, depth + 1);
	return end;
}

/** Decodes one CBOR item, all of `bytes`; maps become Map. @throws CodecFailure */
export function decodeCbor(bytes: Uint8Array): unknown {
	if (endOfItem(bytes, 0) !== bytes.length) refuse("payload is not CBOR: bytes behind the item");
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
