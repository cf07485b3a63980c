/**
 * Laws of LwM2M CBOR, LwM2M JSON and SenML-ETCH on drawn entries, with cbor-x and JSON.parse as oracles.
 * FAST_CHECK_SEED=n repeats a run; a failure prints its seed and path.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Decoder, Encoder } from "cbor-x";
import { readUtf8, utf8 } from "../../modules/bytes.ts";
import { ContentFormat } from "../../modules/formats/content-format.ts";
import { readPatch, readPaths } from "../../modules/formats/payload.ts";
import { pathText } from "../../modules/formats/value.ts";
import { fc } from "../seed.ts";
import {
	type Entry,
	entriesOfObject,
	id,
	isSayable,
	lwm2mCbor,
	lwm2mJson,
	model,
	named,
	narrow,
	objectPath,
	read,
	senmlCbor,
	senmlJson,
	values,
	write,
} from "./formats-drawn.ts";

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261), numRuns: 300 });

const { senmlEtchJson, senmlEtchCbor } = ContentFormat;
const decoder = new Decoder({ mapsAsObjects: false, int64AsType: "auto" } as ConstructorParameters<typeof Decoder>[0]);
const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, variableMapSize: true, tagUint8Array: false });

/** Entries of several Objects, ascending. */
const entriesOfObjects = fc
	.uniqueArray(id, { maxLength: 4 })
	.map((ids) => ids.sort((a, b) => a - b))
	.chain((ids) => fc.tuple(...ids.map(entriesOfObject)))
	.map((lists) => lists.flat());

const idsOf = ({ path }: Entry) => {
	const ids = [path.objectId, path.instanceId, path.resourceId];
	return path.resourceInstanceId < 0 ? ids : [...ids, path.resourceInstanceId];
};

/** A value as an oracle has it. */
function plain(value: unknown): unknown {
	if (typeof value === "bigint") return narrow(value);
	if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
	if (typeof value !== "object") return value;
	const { objectId, instanceId } = value as { objectId: number; instanceId: number };
	return `${objectId}:${instanceId}`;
}

/** All values of maps in maps, with the identifiers on the way to each. */
function flattened(map: Map<number | number[], unknown>, above: readonly number[] = []): [string, unknown][] {
	return [...map].flatMap(([key, value]) => {
		const ids = [...above, ...(Array.isArray(key) ? key : [key])];
		return value instanceof Map ? flattened(value, ids) : [[ids.join("/"), plain(value)] as [string, unknown]];
	});
}

test("formats lwm2m-cbor: cbor-x reads the same values, and no key twice", () => {
	fc.assert(
		fc.property(entriesOfObjects, (entries) => {
			const bytes = write(lwm2mCbor, objectPath(-1), entries);
			const map = decoder.decode(bytes) as Map<number | number[], unknown>;
			deepEqual(
				flattened(map),
				entries.map((entry) => [idsOf(entry).join("/"), plain(entry.value)]),
			);
			equal(new Set([...map.keys()].map(String)).size, map.size);
			deepEqual(read(lwm2mCbor, bytes, objectPath(-1)), named(entries));
		}),
	);
});

/** Puts a value into maps in maps; `cuts` says which identifiers share a key with the one before. */
function place(root: Map<unknown, unknown>, ids: readonly number[], cuts: readonly boolean[], value: unknown): void {
	let map = root;
	let key: number[] = [];
	ids.forEach((each, index) => {
		key.push(each);
		if (index === ids.length - 1) map.set(key.length === 1 ? each : key, value);
		else if (!cuts[index]) {
			// Arrays are never equal: one that is there already would be a second key, which is allowed.
			const name = key.length === 1 ? each : key;
			const below = map.get(name) ?? new Map();
			map.set(name, below);
			map = below as Map<unknown, unknown>;
			key = [];
		}
	});
}

test("formats lwm2m-cbor: however cbor-x lays the keys out, we read the same values", () => {
	fc.assert(
		fc.property(entriesOfObject(7), fc.array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })), (drawn, cuts) => {
			const entries = drawn.filter(({ value }) => typeof value !== "bigint");
			const root = new Map();
			entries.forEach((entry, index) => {
				const bytes = entry.value instanceof Uint8Array ? Buffer.from(entry.value) : entry.value;
				const value = entry.type === "objectLink" ? plain(entry.value) : bytes;
				place(root, idsOf(entry), cuts[index % Math.max(1, cuts.length)] ?? [], value);
			});
			const found = read(lwm2mCbor, new Uint8Array(encoder.encode(root)), objectPath(7));
			ok(typeof found !== "string", String(found));
			const spelt = (list: readonly Omit<Entry, "type">[]) =>
				list.map(({ path, value }) => `${pathText(path, 0, 4)} ${String(plain(value === 0 ? 0 : value))}`).sort();
			deepEqual(spelt(found), spelt(entries));
		}),
	);
});

test("formats lwm2m-cbor: of several values at one path, the last is written", () => {
	fc.assert(
		fc.property(entriesOfObject(7), fc.nat(5), (entries, seed) => {
			const repeated = entries.flatMap((entry, index) => {
				const other = { ...entry, value: fc.sample(values[entry.type], { numRuns: 1, seed: seed + index })[0]! };
				return index % 2 === 0 ? [other, entry] : [entry];
			});
			deepEqual(write(lwm2mCbor, objectPath(7), repeated), write(lwm2mCbor, objectPath(7), entries));
		}),
		{ numRuns: 100 },
	);
});

test("formats lwm2m-json: JSON.parse reads the same entries", () => {
	fc.assert(
		fc.property(entriesOfObject(7), (drawn) => {
			const entries = drawn.filter(isSayable(lwm2mJson));
			const json = readUtf8(write(lwm2mJson, objectPath(7), entries));
			ok(json !== undefined);
			const { bn, e } = JSON.parse(json) as { bn: string; e: Record<string, unknown>[] };
			// JSON.parse has no bigint; compare those as the doubles it makes of them.
			const expected = entries.map((entry) => {
				const { type, value } = entry;
				const name = `/${idsOf(entry).join("/")}`;
				if (type === "opaque") return [name, "sv", Buffer.from(value as Uint8Array).toString("base64")];
				if (type === "objectLink") return [name, "ov", plain(value)];
				if (type === "boolean") return [name, "bv", value];
				if (typeof value === "string") return [name, "sv", value];
				return [name, "v", Number(value)];
			});
			const found = e.map((entry) => {
				const [label, ...more] = Object.keys(entry).filter((key) => key !== "n");
				deepEqual(more, []);
				return [bn + entry.n, label, entry[label as string]];
			});
			deepEqual(found, expected);
		}),
	);
});

const toldS = ({ timeS = 0 }: Entry) => Math.round(timeS * 128) / 128 + 0;

/** The times of a payload's records as an oracle has them. */
function timesIn(contentFormat: number, payload: Uint8Array): { bt: number; t: number }[] {
	if (contentFormat === senmlCbor) {
		const records = decoder.decode(payload) as Map<number, number | bigint>[];
		return records.map((record) => ({ bt: Number(record.get(-3) ?? 0), t: Number(record.get(6) ?? 0) }));
	}
	const parsed = JSON.parse(readUtf8(payload)!);
	const records: { bt?: number; t?: number }[] = contentFormat === senmlJson ? parsed : parsed.e;
	if (contentFormat === lwm2mJson && records.length > 0) records[0]!.bt = parsed.bt ?? 0;
	return records.map(({ bt = 0, t = 0 }) => ({ bt, t }));
}

test("formats: times add up exactly, and their decimals end within nanoseconds", () => {
	const decimals = (value: number) => value.toFixed(40).replace(/0+$/, "").split(".")[1]!.length;
	const timeS = fc.oneof(
		fc.nat(2 ** 41).map((ms) => ms / 1000),
		fc.nat(2 ** 27).map((ms) => 1_795_276_069.863 + ms / 1000),
		fc.double({ min: -100_000, max: 2 ** 32, noNaN: true }),
	);
	fc.assert(
		fc.property(
			fc.array(timeS, { minLength: 1, maxLength: 8 }),
			fc.constantFrom(senmlJson, senmlCbor, lwm2mJson),
			(times, contentFormat) => {
				const path = { objectId: 1, instanceId: 0, resourceId: 5, resourceInstanceId: -1 };
				const entries = times.map((timeS, value): Entry => ({ path, type: "float", value, timeS }));
				const payload = write(contentFormat, path, entries);
				let baseS = 0;
				for (const [index, { bt, t }] of timesIn(contentFormat, payload).entries()) {
					baseS = bt === 0 ? baseS : bt;
					equal(baseS + t, toldS(entries[index]!));
					for (const each of [baseS, t, baseS + t]) ok(decimals(each) <= 9, `${each}`);
				}
				for (const [, fraction] of contentFormat === senmlCbor ? [] : readUtf8(payload)!.matchAll(/\.(\d+)/g)) {
					ok(fraction!.length <= 9, fraction);
				}
			},
		),
		{ numRuns: 2000 },
	);
});

test("formats: a history of several Resources keeps its times in SenML and LwM2M JSON", () => {
	const sample = fc.record({
		resourceId: fc.constantFrom(5, 14, 23),
		timeS: fc.oneof(
			fc.nat(2 ** 32 - 1),
			fc.nat(2 ** 40).map((ms) => ms / 1000),
		),
	});
	const formats = fc.constantFrom(senmlJson, senmlCbor, lwm2mJson);
	fc.assert(
		fc.property(fc.array(sample, { maxLength: 20 }), formats, (samples, contentFormat) => {
			const entries = samples.map(({ resourceId, timeS }, value): Entry => {
				return {
					path: { objectId: 1, instanceId: 0, resourceId, resourceInstanceId: -1 },
					type: "float",
					value,
					timeS,
				};
			});
			const lookup = { typeOf: () => "float" as const, isMultiple: () => false };
			const found = read(contentFormat, write(contentFormat, objectPath(1), entries), objectPath(1), lookup);
			ok(typeof found !== "string");
			found.forEach(({ path, value, timeS }, index) => {
				deepEqual({ path, value }, { path: entries[index]?.path, value: entries[index]?.value });
				equal(timeS ?? 0, toldS(entries[index]!));
			});
			equal(found.length, entries.length);
		}),
		{ numRuns: 1000 },
	);
});

const drawnPath = fc.array(id, { maxLength: 4 });

test("formats fetch: paths in any names, as cbor-x and JSON.stringify write them", () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(drawnPath, fc.nat(20)), { maxLength: 20 }), (drawn) => {
			const names = drawn.map(([ids]) => `/${ids.join("/")}`);
			const records = names.map((name, index) => {
				const at = Math.min(drawn[index]![1], name.length);
				return { bn: name.slice(0, at), n: name.slice(at) };
			});
			const json = utf8(JSON.stringify(records));
			const maps = records.map(
				({ bn, n }) =>
					new Map<number, string>([
						[-2, bn],
						[0, n],
					]),
			);
			const bytes = new Uint8Array(encoder.encode(maps));
			for (const [contentFormat, body] of [
				[senmlJson, json],
				[senmlEtchJson, json],
				[senmlCbor, bytes],
				[senmlEtchCbor, bytes],
			] as const) {
				const found = readPaths(contentFormat, body, 0, body.length);
				ok(Array.isArray(found));
				deepEqual(
					found.map((path) => `/${pathText(path, 0, 4).replace(/(\/?-1)+$/, "")}`),
					names,
				);
			}
		}),
	);
});

test("formats fetch and patch: any bytes are answered", () => {
	const bytes = fc.oneof(
		fc.uint8Array({ maxLength: 100 }),
		fc.string({ unit: fc.constantFrom(...'[]{}",:bnv/013.-el') }).map(utf8),
	);
	const formats = fc.constantFrom(senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor);
	fc.assert(
		fc.property(bytes, formats, (drawn, contentFormat) => {
			const paths = readPaths(contentFormat, drawn, 0, drawn.length);
			ok(!Array.isArray(paths) || paths.length <= drawn.length);
			let count = 0;
			const sink = {
				entry() {
					count += 1;
					return undefined;
				},
				remove() {
					count += 1;
					return undefined;
				},
			};
			readPatch(contentFormat, drawn, 0, drawn.length, model, sink);
			ok(count <= drawn.length);
		}),
		{ numRuns: 5000 },
	);
});
