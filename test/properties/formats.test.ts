/**
 * Laws of the payload formats on drawn values. Oracles that share no code with ours: cbor-x for CBOR, JSON.parse and
 * JSON.stringify for JSON, Node's Buffer for Base64, Date.parse for RFC 3339. FAST_CHECK_SEED=n repeats a run; a
 * failure prints its seed and path.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Decoder, Encoder } from "cbor-x";
import { readUtf8, toHex, utf8 } from "../../modules/bytes.ts";
import { readBase64 } from "../../modules/formats/base64.ts";
import { CborReader } from "../../modules/formats/cbor.ts";
import { type LinkAttribute, readLinks, writeLinks } from "../../modules/formats/core-link.ts";
import type { TypeLookup } from "../../modules/formats/payload.ts";
import { pathText, type ResourceType, type Value } from "../../modules/formats/value.ts";
import { fc } from "../seed.ts";
import {
	cbor,
	type Entry,
	entriesOfObject,
	float,
	id,
	isSayable,
	lwm2mCbor,
	lwm2mJson,
	named,
	narrow,
	objectPath,
	opaque,
	read,
	senmlCbor,
	senmlJson,
	string,
	text,
	tlv,
	typed,
	write,
} from "./formats-drawn.ts";

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20260), numRuns: 300 });

for (const [name, contentFormat] of Object.entries({ tlv, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor })) {
	test(`formats ${name}: what is written of an Object reads the same`, () => {
		fc.assert(
			fc.property(
				id.chain((objectId) => fc.tuple(fc.constant(objectId), entriesOfObject(objectId))),
				([objectId, drawn]) => {
					const entries = drawn.filter(isSayable(contentFormat));
					const base = objectPath(objectId);
					deepEqual(read(contentFormat, write(contentFormat, base, entries), base), named(entries));
				},
			),
		);
	});
}

for (const [name, contentFormat] of Object.entries({
	text,
	opaque,
	cbor,
	tlv,
	senmlJson,
	senmlCbor,
	lwm2mJson,
	lwm2mCbor,
})) {
	test(`formats ${name}: what is written of one value reads the same`, () => {
		fc.assert(
			fc.property(typed, ({ type, value }) => {
				if (contentFormat === opaque && type !== "opaque") return;
				const isText = contentFormat === text || contentFormat === senmlJson || contentFormat === lwm2mJson;
				if (isText && type === "float" && !Number.isFinite(value)) return;
				const path = { objectId: 1, instanceId: 2, resourceId: 3, resourceInstanceId: -1 };
				const bytes = write(contentFormat, path, [{ path, type, value }]);
				const lookup: TypeLookup = { typeOf: () => type, isMultiple: () => false };
				deepEqual(read(contentFormat, bytes, path, lookup), [{ path, value, timeS: undefined }]);
			}),
		);
	});
	test(`formats ${name}: any bytes are answered`, () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), typed, (bytes, { type }) => {
				const lookup: TypeLookup = { typeOf: () => type, isMultiple: () => undefined };
				const path = { objectId: 1, instanceId: 2, resourceId: 3, resourceInstanceId: -1 };
				const answer = read(contentFormat, bytes, path, lookup);
				ok(typeof answer === "string" || answer.length <= bytes.length + 1);
			}),
			{ numRuns: 2000 },
		);
	});
}

test("formats senml: a history of several Resources keeps its times", () => {
	const sample = fc.record({
		resourceId: fc.constantFrom(5, 13, 23),
		timeS: fc.option(fc.integer({ min: 1, max: 2 ** 32 }), { nil: undefined }),
	});
	fc.assert(
		fc.property(
			fc.array(sample, { maxLength: 20 }),
			fc.constantFrom(senmlJson, senmlCbor),
			(samples, contentFormat) => {
				const entries = samples.map(({ resourceId, timeS }, value): Entry => {
					return {
						path: { objectId: 1, instanceId: 0, resourceId, resourceInstanceId: value },
						type: "float",
						value,
						timeS,
					};
				});
				const lookup: TypeLookup = { typeOf: () => "float", isMultiple: () => true };
				const found = read(contentFormat, write(contentFormat, objectPath(1), entries), objectPath(1), lookup);
				ok(typeof found !== "string");
				// From the first time on, no time and time 0 are the same.
				const first = samples.findIndex(({ timeS }) => timeS !== undefined);
				const expected = entries.map((entry, index) => ({
					...entry,
					timeS: entry.timeS ?? (first >= 0 && index > first ? 0 : undefined),
				}));
				deepEqual(found, named(expected));
			},
		),
	);
});

const labels: Record<string, string> = { "-2": "bn", "-3": "bt", 0: "n", 2: "v", 3: "vs", 4: "vb", 6: "t", 8: "vd" };

/** Resolves a pack as RFC 8428 §4.6 says, on what an oracle parsed. */
function resolve(records: readonly Record<string, unknown>[]): [name: string, label: string, value: unknown][] {
	let baseName = "";
	return records.map((record) => {
		baseName = (record.bn as string | undefined) ?? baseName;
		const label = ["v", "vs", "vb", "vd", "vlo"].filter((candidate) => candidate in record);
		equal(label.length, 1);
		return [baseName + (record.n ?? ""), label[0] as string, record[label[0] as string]];
	});
}

const nameOf = ({ path }: Entry) => `/${pathText(path, 0, path.resourceInstanceId < 0 ? 3 : 4)}`;

function oracleValue({ type, value }: Entry, contentFormat: number): unknown {
	if (type === "objectLink") {
		const { objectId, instanceId } = value as { objectId: number; instanceId: number };
		return `${objectId}:${instanceId}`;
	}
	if (contentFormat === senmlCbor) return type === "opaque" ? Buffer.from(value as Uint8Array) : value;
	return type === "opaque" ? Buffer.from(value as Uint8Array).toString("base64url") : value;
}

const oracle = new Decoder({ mapsAsObjects: false, int64AsType: "auto" } as ConstructorParameters<typeof Decoder>[0]);

test("formats senml-cbor: cbor-x reads the same records", () => {
	fc.assert(
		fc.property(entriesOfObject(7), (entries) => {
			const pack = oracle.decode(write(senmlCbor, objectPath(7), entries)) as Map<number | string, unknown>[];
			const records = pack.map((map) =>
				Object.fromEntries([...map].map(([key, value]) => [labels[key] ?? key, value])),
			);
			const plain = (value: unknown) =>
				typeof value === "bigint" ? narrow(value) : value instanceof Uint8Array ? Buffer.from(value) : value;
			deepEqual(
				resolve(records).map(([name, label, value]) => [name, label, plain(value)]),
				entries.map((entry) => [nameOf(entry), labelOf(entry.type), plain(oracleValue(entry, senmlCbor))]),
			);
		}),
	);
});

test("formats senml-json: JSON.parse reads the same records", () => {
	fc.assert(
		fc.property(entriesOfObject(7), (drawn) => {
			const entries = drawn.filter(isSayable(senmlJson));
			const json = readUtf8(write(senmlJson, objectPath(7), entries));
			ok(json !== undefined);
			// JSON.parse has no bigint; compare those as the doubles it makes of them.
			const plain = (value: unknown) => (typeof value === "bigint" ? Number(value) : value);
			deepEqual(
				resolve(JSON.parse(json)),
				entries.map((entry) => [nameOf(entry), labelOf(entry.type), plain(oracleValue(entry, senmlJson))]),
			);
		}),
	);
});

function labelOf(type: ResourceType): string {
	if (type === "objectLink") return "vlo";
	if (type === "opaque") return "vd";
	if (type === "boolean") return "vb";
	return type === "string" || type === "coreLink" ? "vs" : "v";
}

test("formats senml: what cbor-x and JSON.stringify write, we read", () => {
	const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, variableMapSize: true, tagUint8Array: false });
	fc.assert(
		fc.property(entriesOfObject(7), fc.boolean(), (drawn, textLabels) => {
			const entries = drawn.filter((entry) => isSayable(senmlJson)(entry) && typeof entry.value !== "bigint");
			const records = entries.map((entry) => ({
				n: nameOf(entry),
				[labelOf(entry.type)]: oracleValue(entry, senmlJson),
			}));
			deepEqual(
				read(senmlJson, utf8(JSON.stringify(records, undefined, 1)), objectPath(7)),
				named(entries).map(zeroed),
			);
			const numbers = new Map(Object.entries(labels).map(([number, label]) => [label, Number(number)]));
			const key = (label: string) => (textLabels ? label : (numbers.get(label) ?? label));
			const maps = entries.map(
				(entry) =>
					new Map([
						[key("n"), nameOf(entry)],
						[key(labelOf(entry.type)), oracleValue(entry, senmlCbor)],
					] as [string | number, unknown][]),
			);
			deepEqual(read(senmlCbor, new Uint8Array(encoder.encode(maps)), objectPath(7)), named(entries).map(zeroed));
		}),
	);
});

/** JSON.stringify writes -0 as 0, and so does cbor-x. */
function zeroed<T extends { readonly value: Value }>(entry: T): T {
	return entry.value === 0 ? { ...entry, value: 0 } : entry;
}

test("formats cbor: every half float reads as cbor-x reads it, and is written as it came", () => {
	const path = { objectId: 1, instanceId: 2, resourceId: 3, resourceInstanceId: -1 };
	for (let bits = 0; bits <= 0xffff; bits++) {
		const bytes = new Uint8Array([0xf9, bits >> 8, bits & 0xff]);
		const reader = new CborReader(bytes, 0, 3);
		equal(reader.readScalar(), undefined);
		const expected = oracle.decode(bytes);
		ok(Object.is(reader.scalar, expected), `${bits.toString(16)}: ${reader.scalar} ${expected}`);
		const back = write(cbor, path, [{ path, type: "float", value: reader.scalar as number }]);
		if (!Number.isNaN(expected)) equal(toHex(back), toHex(bytes));
	}
});

test("formats cbor: floats take the shortest width that keeps them", () => {
	const path = { objectId: 1, instanceId: 2, resourceId: 3, resourceInstanceId: -1 };
	fc.assert(
		fc.property(float, (value) => {
			const bytes = write(cbor, path, [{ path, type: "float", value }]);
			ok(Object.is(oracle.decode(bytes), value));
			if (bytes.length > 5) ok(!Object.is(Math.fround(value), value));
		}),
		{ numRuns: 2000 },
	);
});

test("formats senml-json: we accept no text that JSON.parse refuses", () => {
	const valid =
		'[{"bn":"/9/0/","n":"1","v":-1.5e+3,"x":[]},{"n":"0","vs":"a\\u00fc\\n\\"b"},{"n":"4","vb":true,"u":null}]';
	const edit = fc.record({
		at: fc.nat(valid.length),
		drop: fc.nat(3),
		put: fc.string({ maxLength: 3, unit: fc.constantFrom(...'[]{}",:\\u0123.-+eEtrn \n') }),
	});
	const lookup: TypeLookup = { typeOf: () => undefined, isMultiple: () => undefined };
	const root = objectPath(-1);
	let accepted = 0;
	fc.assert(
		fc.property(fc.array(edit, { maxLength: 3 }), (edits) => {
			let json = valid.replace(',"x":[]', "");
			for (const { at, drop, put } of edits) json = json.slice(0, at) + put + json.slice(at + drop);
			if (typeof read(senmlJson, utf8(json), root, lookup) === "string") return;
			accepted += 1;
			JSON.parse(json);
		}),
		{ numRuns: 5000 },
	);
	ok(accepted > 50, `${accepted} accepted`);
});

test("formats json strings: any text goes through as JSON.parse has it", () => {
	const path = { objectId: 1, instanceId: 2, resourceId: 3, resourceInstanceId: -1 };
	const lookup: TypeLookup = { typeOf: () => "string", isMultiple: () => false };
	fc.assert(
		fc.property(string, fc.boolean(), (value, escaped) => {
			const json = readUtf8(write(senmlJson, path, [{ path, type: "string", value }])) as string;
			equal(JSON.parse(json)[0].vs, value);
			let body = JSON.stringify(value);
			if (escaped)
				body = body.replace(/[^\\"nrtbfu0-9a-f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
			const found = read(senmlJson, utf8(`[{"n":"/1/2/3","vs":${body}}]`), path, lookup);
			deepEqual(found, [{ path, value, timeS: undefined }]);
		}),
	);
});

test("formats base64: reads what Buffer writes, and nothing that is not its canonical spelling", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
			const padded = utf8(Buffer.from(bytes).toString("base64"));
			const url = utf8(Buffer.from(bytes).toString("base64url"));
			deepEqual(readBase64(padded, 0, padded.length, "padded"), bytes);
			deepEqual(readBase64(url, 0, url.length, "url"), bytes);
		}),
	);
	fc.assert(
		fc.property(fc.string({ maxLength: 8, unit: fc.constantFrom(..."AQgw_-+/=9z !") }), (spelt) => {
			const bytes = readBase64(utf8(spelt), 0, spelt.length, "padded");
			if (bytes !== undefined) equal(Buffer.from(bytes).toString("base64"), spelt);
		}),
		{ numRuns: 3000 },
	);
});

test("formats text: numbers read as Number has them", () => {
	const path = { objectId: 1, instanceId: 2, resourceId: 3, resourceInstanceId: -1 };
	const lookup: TypeLookup = { typeOf: () => "float", isMultiple: () => false };
	const spelling = fc.oneof(
		float.map(String),
		fc.string({ maxLength: 10, unit: fc.constantFrom(..."0123456789.eE+-xN ") }),
	);
	fc.assert(
		fc.property(spelling, (spelt) => {
			const found = read(text, utf8(spelt), path, lookup);
			if (typeof found === "string") return;
			ok(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(spelt));
			ok(Object.is(found[0]?.value, Number(spelt)));
		}),
		{ numRuns: 3000 },
	);
});

test("formats cbor: dates read as Date.parse has them", () => {
	const path = { objectId: 1, instanceId: 2, resourceId: 3, resourceInstanceId: -1 };
	const lookup: TypeLookup = { typeOf: () => "time", isMultiple: () => false };
	const date = fc.date({
		min: new Date("0001-01-01T00:00:00Z"),
		max: new Date("9999-12-30T00:00:00Z"),
		noInvalidDate: true,
	});
	fc.assert(
		fc.property(date, fc.integer({ min: -1439, max: 1439 }), (drawn, offsetMinutes) => {
			const seconds = Math.floor(drawn.getTime() / 1000);
			const local = new Date((seconds + offsetMinutes * 60) * 1000).toISOString().slice(0, 19);
			if (!/^\d{4}-/.test(local)) return;
			const size = Math.abs(offsetMinutes);
			const two = (value: number) => `${value}`.padStart(2, "0");
			const offset = `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
			const spelt = local + offset;
			const bytes = new Uint8Array([0xc0, 0x78, spelt.length, ...utf8(spelt)]);
			deepEqual(read(cbor, bytes, path, lookup), [{ path, value: Date.parse(spelt) / 1000, timeS: undefined }]);
		}),
		{ numRuns: 1000 },
	);
});

test("formats core-link: what is written reads the same; any bytes are answered", () => {
	const name = fc.stringMatching(/^[a-z][a-z0-9*-]{0,8}$/);
	const attribute = fc.oneof(
		name.map((drawn): LinkAttribute => [drawn]),
		fc.tuple(name, fc.integer().map(String)).map(([drawn, value]): LinkAttribute => [drawn, value]),
		fc.tuple(name, string).map(([drawn, value]): LinkAttribute => [drawn, value, "quoted"]),
	);
	const target = fc.stringMatching(/^(\/[a-z0-9]{1,5}){1,4}$/);
	const links = fc.array(
		fc.tuple(target, fc.array(attribute, { maxLength: 5 })).map(([target, attributes]) => ({ target, attributes })),
		{ maxLength: 10 },
	);
	fc.assert(
		fc.property(links, (drawn) => {
			const bytes = writeLinks(drawn);
			deepEqual(readLinks(bytes, 0, bytes.length), drawn);
		}),
	);
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom(...'</>;,="\\ a1\n') }), (spelt) => {
			const found = readLinks(utf8(spelt), 0, spelt.length);
			if (Array.isArray(found)) ok(found.length <= spelt.length);
		}),
		{ numRuns: 3000 },
	);
});
