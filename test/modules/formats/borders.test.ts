/**
 * Every type at the borders where a format changes its spelling: widths of integers, precisions of floats, lengths of
 * strings and bytes; alone, as Resource Instances, and as a patch. Values come back bit by bit.
 */
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { maxEntries } from "../../../modules/formats/entry.ts";
import { readPatch } from "../../../modules/formats/payload.ts";
import type { ResourceType, Value } from "../../../modules/formats/value.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type EntryVector, formatsWith, pathOf, pathTextOf, readAll, spellingOf, writeAll } from "./vector.ts";

const { text, opaque, cbor, tlv, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor } = ContentFormat;
const { senmlEtchJson, senmlEtchCbor } = ContentFormat;
const structured = [tlv, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor];

/** One below, at and one above each power of two that is a border, and their negatives. */
function wholes(type: "integer" | "unsignedInteger" | "time"): Value[] {
	const least = type === "unsignedInteger" ? 0n : -(2n ** 63n);
	const most = type === "unsignedInteger" ? 2n ** 64n - 1n : 2n ** 63n - 1n;
	const found: Value[] = [0];
	for (const bits of [3, 4, 5, 7, 8, 15, 16, 24, 31, 32, 53, 63, 64]) {
		for (const step of [-1n, 0n, 1n]) {
			for (const wide of [2n ** BigInt(bits) + step, -(2n ** BigInt(bits)) - step]) {
				if (wide < least || wide > most) continue;
				found.push(Number.isSafeInteger(Number(wide)) ? Number(wide) : wide);
			}
		}
	}
	return found.concat(type === "unsignedInteger" ? [23, 24] : [23, 24, -24, -25]);
}

const floats = [
	...[0, -0, 1, -1, 0.1, 1 / 3, 65503, 65504, 65519.999, 65520, 65536],
	// Half precision: its smallest normal, the largest subnormal, the smallest, and half of that.
	...[2 ** -14, 6.097555160522461e-5, 2 ** -24, 2 ** -25],
	// Single precision: largest, one more, what rounds to infinity; smallest normal, subnormals, half the smallest.
	...[3.4028234663852886e38, 3.402823466385289e38, 3.4028235677973366e38, 2 ** 128],
	...[2 ** -126, 1.1754942106924411e-38, 2 ** -149, 2 ** -150, 1e-40],
	...[16777215, 16777216, 16777217, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 2 ** 53, -(2 ** 53), 2 ** 53 + 2, 2 ** 63, 2 ** 64],
	// Double precision: largest, smallest normal, largest subnormal, smallest.
	...[1.7976931348623157e308, 2.2250738585072014e-308, 2.225073858507201e-308, 5e-324, -5e-324],
	...[1e21, 1e-7, 1e-6, 123456789.125, 4.35, 0.000001, 1e22, 1.7976931348623155e308],
];

const strings = [
	...[
		"",
		"\u0000",
		"\u007f",
		"\u0080",
		"\u07ff",
		"\u0800",
		"\ud7ff",
		"\ue000",
		"\ufeff",
		"\uffff",
		"\u{10000}",
		"\u{10ffff}",
	],
	...["e\u0301", "👨\u200d👩\u200d👧", '"', "\\", "\r\n", "/3/0", "0:0", "65535:65535", "true", "null", "1"],
	...[7, 8, 23, 24, 255, 256, 300].map((size) => "x".repeat(size)),
	...["😀".repeat(63), "😀".repeat(64), "é".repeat(127), "é".repeat(128), "水".repeat(700)],
];

const bytes = [0, 1, 2, 3, 7, 8, 23, 24, 255, 256, 257].map((size) => new Uint8Array(size).map((_, at) => 255 - at));

const borders: Readonly<Record<ResourceType, readonly Value[]>> = {
	string: strings,
	coreLink: strings,
	integer: wholes("integer"),
	unsignedInteger: wholes("unsignedInteger"),
	time: wholes("time"),
	float: floats,
	boolean: [false, true],
	opaque: bytes,
	objectLink: [0, 1, 255, 256, 65534, 65535].flatMap((objectId) =>
		[0, 255, 256, 65535].map((instanceId) => ({ objectId, instanceId })),
	),
};

for (const type of Object.keys(borders) as ResourceType[]) {
	const spelt = borders[type].map(spellingOf);

	test(`formats: ${type} at the borders of its spellings, one value`, () => {
		const types = { typeOf: () => type, isMultiple: () => false };
		const path = pathOf("/65534/65534/65534");
		for (const contentFormat of [text, cbor, ...(type === "opaque" ? [opaque] : []), ...structured]) {
			for (const value of spelt) {
				const entries: EntryVector[] = [["/65534/65534/65534", type, value]];
				deepEqual(
					readAll(contentFormat, writeAll(contentFormat, path, entries), path, types),
					entries,
					`${contentFormat} ${value}`,
				);
			}
		}
	});

	test(`formats: ${type} at the borders of its spellings, all of them as Resource Instances`, () => {
		const types = { typeOf: () => type, isMultiple: () => true };
		const ids = spelt.map((_, index) => (index < 4 ? index : 65534 - spelt.length + index));
		const entries = spelt.slice(0, maxEntries).map((value, at): EntryVector => [`/9/0/1/${ids[at]}`, type, value]);
		for (const base of ["/9", "/9/0", "/9/0/1"].map(pathOf)) {
			for (const contentFormat of structured) {
				const payload = writeAll(contentFormat, base, entries);
				deepEqual(readAll(contentFormat, payload, base, types), entries, `${contentFormat}`);
			}
		}
	});

	test(`formats: ${type} at the borders of its spellings, as a patch`, () => {
		const types = { typeOf: () => type, isMultiple: () => true };
		const entries = spelt.map((value, at): EntryVector => [`/9/0/1/${at}`, type, value]);
		for (const [patch, plain] of [
			[senmlEtchJson, senmlJson],
			[senmlEtchCbor, senmlCbor],
			[lwm2mCbor, lwm2mCbor],
		] as const) {
			const payload = writeAll(plain, pathOf("/"), entries);
			const found: unknown[] = [];
			const fault = readPatch(patch, payload, 0, payload.length, types, {
				entry(path, value) {
					found.push([pathTextOf(path), type, spellingOf(value as Value)]);
					return undefined;
				},
				remove: () => undefined,
			});
			equal(fault, undefined);
			deepEqual(found, entries);
		}
	});
}

test("formats: strings and bytes of 64 KB and more", () => {
	const path = pathOf("/9/0/1");
	for (const size of [65535, 65536]) {
		for (const [type, value] of [
			["string", "x".repeat(size)],
			["opaque", new Uint8Array(size).fill(0x5a)],
		] as const) {
			const types = { typeOf: () => type, isMultiple: () => false };
			for (const contentFormat of [cbor, tlv, lwm2mCbor, senmlCbor]) {
				const formats = formatsWith(contentFormat);
				const writer = formats.writer(contentFormat, path);
				writer?.entry(path, type, value);
				const payload = writer?.finish() ?? new Uint8Array();
				let found: Value | undefined;
				const fault = formats.read(contentFormat, payload, 0, payload.length, path, types, {
					entry(_path, entry) {
						found = entry;
						return undefined;
					},
				});
				equal(fault, undefined, `${contentFormat} ${type}`);
				// Not by equal, which would print both.
				const isSame =
					found instanceof Uint8Array ? found.length === size && found.every((byte) => byte === 0x5a) : found === value;
				ok(isSame, `${contentFormat} ${type} ${size}`);
			}
		}
	}
});

test("formats: nothing at all comes back as nothing at all, or as its path alone", () => {
	const types = { typeOf: () => "integer" as const, isMultiple: () => true };
	for (const base of ["/9", "/9/0", "/9/0/1"]) {
		for (const contentFormat of structured) {
			const payload = writeAll(contentFormat, pathOf(base), []);
			deepEqual(readAll(contentFormat, payload, pathOf(base), types), [], `${contentFormat} ${base}`);
		}
	}
	for (const contentFormat of [tlv, lwm2mCbor]) {
		for (const [base, path] of [
			["/9", "/9/0"],
			["/9", "/9/0/1"],
			["/9/0", "/9/0/1"],
		] as const) {
			const payload = writeAll(contentFormat, pathOf(base), [[path]]);
			deepEqual(readAll(contentFormat, payload, pathOf(base), types), [[path]], `${contentFormat} ${base} ${path}`);
		}
	}
});
