/**
 * Values, paths and entries drawn for the laws of the payload formats, and the shortest ways to write and read them.
 */
import { ok } from "node:assert/strict";
import { CborReader } from "../../modules/formats/cbor.ts";
import { ContentFormat } from "../../modules/formats/content-format.ts";
import type { TypeLookup } from "../../modules/formats/entry.ts";
import type { Path, ResourceType, Value } from "../../modules/formats/value.ts";
import { formatsWith } from "../modules/formats/vector.ts";
import { fc } from "../seed.ts";

export interface Entry {
	readonly path: Path;
	readonly type: ResourceType;
	readonly value: Value;
	readonly timeS?: number | undefined;
}

export const { text, opaque, cbor, senmlJson, senmlCbor, tlv, lwm2mJson, lwm2mCbor } = ContentFormat;

export const id = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 65534 }));
const link = fc.tuple(fc.nat(65535), fc.nat(65535)).map(([objectId, instanceId]) => ({ objectId, instanceId }));
export const narrow = (value: bigint) =>
	BigInt.asIntN(54, value) === value && value !== -(2n ** 53n) ? Number(value) : value;
const border = fc
	.tuple(fc.nat(64), fc.constantFrom(-1n, 0n, 1n), fc.boolean())
	.map(([bits, step, negative]) => (negative ? -(2n ** BigInt(bits)) : 2n ** BigInt(bits)) + step);
const inside = (min: bigint, max: bigint) =>
	fc
		.oneof(
			fc.bigInt({ min, max }),
			border.filter((value) => value >= min && value <= max),
		)
		.map(narrow);
const signed = inside(-(2n ** 63n), 2n ** 63n - 1n);
const unsigned = inside(0n, 2n ** 64n - 1n);
const half = fc
	.nat(0xffff)
	.map((bits) => new CborReader(new Uint8Array([0xf9, bits >> 8, bits]), 0, 3))
	.map((reader) => {
		reader.readScalar();
		return reader.scalar as number;
	});
export const float = fc.oneof(half, fc.float(), fc.double(), fc.integer());
export const string = fc.oneof(fc.string(), fc.string({ unit: "binary", maxLength: 300 }));

export const values: Record<ResourceType, fc.Arbitrary<Value>> = {
	string,
	coreLink: string,
	integer: signed,
	time: signed,
	unsignedInteger: unsigned,
	float,
	boolean: fc.boolean(),
	opaque: fc.uint8Array({ maxLength: 300 }),
	objectLink: link,
};
export const types = Object.keys(values) as ResourceType[];
export const typed = fc.constantFrom(...types).chain((type) => values[type].map((value) => ({ type, value })));

/** Which Resource has which type, and which ones are multiple-instance, by rule: so that a model needs no drawing. */
const typeOf = (_objectId: number, resourceId: number) => types[resourceId % types.length];
const isMultiple = (_objectId: number, resourceId: number) => resourceId % 2 === 1;
export const model: TypeLookup = { typeOf, isMultiple };

/** Entries of one Object in ascending order, none twice. */
export const entriesOfObject = (objectId: number): fc.Arbitrary<Entry[]> =>
	fc
		.uniqueArray(fc.tuple(id, id, id), {
			maxLength: 20,
			selector: ([instanceId, resourceId, resourceInstanceId]) =>
				`${instanceId}/${resourceId}/${isMultiple(0, resourceId) ? resourceInstanceId : ""}`,
		})
		.map((rows) => rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]))
		.chain((rows) =>
			fc.tuple(
				...rows.map(([instanceId, resourceId, last]) => {
					const type = typeOf(objectId, resourceId) as ResourceType;
					const resourceInstanceId = isMultiple(objectId, resourceId) ? last : -1;
					return values[type].map((value) => ({
						path: { objectId, instanceId, resourceId, resourceInstanceId },
						type,
						value,
					}));
				}),
			),
		);

export const objectPath = (objectId: number): Path => ({
	objectId,
	instanceId: -1,
	resourceId: -1,
	resourceInstanceId: -1,
});

export function write(contentFormat: number, base: Path, entries: readonly Entry[]): Uint8Array {
	const writer = formatsWith(contentFormat).writer(contentFormat, base);
	ok(writer !== undefined);
	for (const { path, type, value, timeS } of entries) writer.entry(path, type, value, timeS);
	return writer.finish();
}

export function read(
	contentFormat: number,
	bytes: Uint8Array,
	base: Path,
	lookup: TypeLookup = model,
): Omit<Entry, "type">[] | string {
	const found: Omit<Entry, "type">[] = [];
	const fault = formatsWith(contentFormat).read(contentFormat, bytes, 0, bytes.length, base, lookup, {
		entry(path, value, timeS) {
			found.push({ path: { ...path }, value: value as Value, timeS });
			return undefined;
		},
	});
	return fault?.code ?? found;
}

export const isSayable = (contentFormat: number) => (entry: Entry) =>
	(contentFormat !== senmlJson && contentFormat !== lwm2mJson) ||
	typeof entry.value !== "number" ||
	Number.isFinite(entry.value);
export const named = (entries: readonly Entry[]) => entries.map(({ path, value, timeS }) => ({ path, value, timeS }));
