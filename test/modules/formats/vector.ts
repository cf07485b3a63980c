/**
 * The vectors of test/vectors as the codecs want them. The JSON spells bytes in hex, links as "66:0" and integers past
 * 53 bits as strings.
 */
import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import type { TypeLookup } from "../../../modules/formats/entry.ts";
import type { Formats } from "../../../modules/formats/format.ts";
import { formats10 } from "../../../modules/formats/formats-1-0.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import {
	levelsOf,
	objectLinkText,
	type Path,
	pathText,
	type ResourceType,
	readObjectLink,
	type Value,
} from "../../../modules/formats/value.ts";
import { ok } from "../../harness.ts";

/** Path, type, value and time; only a path where an entry has no value. */
export type EntryVector = readonly [path: string, type?: string, value?: string | number | boolean, timeS?: number];

export interface Vector {
	readonly name: string;
	readonly base: string;
	/** Absent: both. "unknown": read without knowing any Resource. */
	readonly way?: "read" | "unknown";
	readonly hex?: string;
	readonly text?: string;
	readonly entries?: readonly EntryVector[];
	readonly fault?: string;
	/** For faults: the type of each Resource, and which ones are multiple-instance, as "/3/6". */
	readonly types?: Readonly<Record<string, string>>;
	readonly multiple?: readonly string[];
}

/** The composition that knows the format: LwM2M JSON is of 1.0 alone. */
export function formatsWith(contentFormat: number): Formats {
	return formats10.isReadable(contentFormat) ? formats10 : formatsSince11;
}

/** JSON modules have wider types than these. */
export function vectorsOf(file: { cases: readonly unknown[] }): readonly Vector[] {
	return file.cases as readonly Vector[];
}

export function payloadOf(vector: Vector): Uint8Array {
	return vector.hex === undefined ? utf8(vector.text ?? "") : (fromHex(vector.hex) as Uint8Array);
}

export function pathOf(text: string): Path {
	const ids = text
		.split("/")
		.slice(1)
		.map((id) => (id === "" ? -1 : Number(id)));
	const [objectId = -1, instanceId = -1, resourceId = -1, resourceInstanceId = -1] = ids;
	return { objectId, instanceId, resourceId, resourceInstanceId };
}

export function pathTextOf(path: Path): string {
	return `/${pathText(path, 0, levelsOf(path))}`;
}

/** What an object model would say, gathered from the entries that are expected. */
export function lookupOf(vector: Vector): TypeLookup {
	const types = new Map<string, string>(Object.entries(vector.types ?? {}));
	const multiple = new Set(vector.multiple ?? []);
	for (const [text, type] of vector.entries ?? []) {
		const path = pathOf(text);
		const key = `/${path.objectId}/${path.resourceId}`;
		if (type !== undefined) types.set(key, type);
		if (path.resourceInstanceId >= 0 || (type === undefined && path.resourceId >= 0)) multiple.add(key);
	}
	return {
		typeOf: (objectId, resourceId) =>
			vector.way === "unknown" ? undefined : (types.get(`/${objectId}/${resourceId}`) as ResourceType | undefined),
		isMultiple: (objectId, resourceId) => {
			const key = `/${objectId}/${resourceId}`;
			return vector.way === "unknown" || !(types.has(key) || multiple.has(key)) ? undefined : multiple.has(key);
		},
	};
}

/** The value that JSON spells. */
export function valueFrom(type: string, spelt: string | number | boolean): Value {
	if (type === "opaque") return fromHex(spelt as string) as Uint8Array;
	if (type === "objectLink") return readObjectLink(spelt as string) as Value;
	if (typeof spelt !== "string" || type === "string" || type === "coreLink") return spelt;
	return type === "float" ? Number(spelt) : BigInt(spelt);
}

/** Spells a value as JSON does. */
export function spellingOf(value: Value): string | number | boolean {
	if (value instanceof Uint8Array) return toHex(value);
	if (typeof value === "object") return objectLinkText(value);
	if (typeof value === "bigint" || Object.is(value, -0)) return Object.is(value, -0) ? "-0" : `${value}`;
	return typeof value === "number" && !Number.isFinite(value) ? `${value}` : value;
}

/** Reads a payload. @returns its entries as the vectors spell them, or the fault's code. */
export function readAll(
	contentFormat: number,
	bytes: Uint8Array,
	base: Path,
	types: TypeLookup,
): EntryVector[] | string {
	const entries: EntryVector[] = [];
	// Not at the start of the buffer and not to its end: offsets must be held to.
	const framed = new Uint8Array(bytes.length + 5);
	framed.fill(0xc1);
	framed.set(bytes, 3);
	const fault = formatsWith(contentFormat).read(contentFormat, framed, 3, 3 + bytes.length, base, types, {
		entry(path, value, timeS) {
			const text = pathTextOf(path);
			if (value === undefined) entries.push([text]);
			else {
				const type =
					types.typeOf(path.objectId, path.resourceId) ?? (value instanceof Uint8Array ? "opaque" : typeof value);
				entries.push(timeS === undefined ? [text, type, spellingOf(value)] : [text, type, spellingOf(value), timeS]);
			}
			return undefined;
		},
	});
	framed.fill(0); // what was handed on must not be a view
	return fault === undefined ? entries : fault.code;
}

export function writeAll(contentFormat: number, base: Path, entries: readonly EntryVector[]): Uint8Array {
	const writer = formatsWith(contentFormat).writer(contentFormat, base);
	ok(writer !== undefined, "no writer");
	for (const [path, type, value, timeS] of entries) {
		if (type === undefined || value === undefined) writer.empty(pathOf(path));
		else writer.entry(pathOf(path), type as ResourceType, valueFrom(type, value), timeS);
	}
	return writer.finish();
}
