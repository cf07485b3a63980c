import { AssertionFailed, readUtf8, toHex } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { canCarry, isReadable, isSingleValued, isWritable, payloadWriter } from "../../../modules/formats/payload.ts";
import type { ResourceType, Value } from "../../../modules/formats/value.ts";
import { deepEqual, equal, ok, test, throws } from "../../harness.ts";
import tlv from "../../vectors/tlv.json" with { type: "json" };
import { pathOf, readAll, vectorsOf, writeAll } from "./vector.ts";

const { text, coreLink, opaque, cbor, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor } = ContentFormat;
const both = [text, opaque, cbor, ContentFormat.tlv, senmlJson, senmlCbor];

test("formats: six are read and written, the others neither", () => {
	for (const contentFormat of both) ok(isReadable(contentFormat) && isWritable(contentFormat), `${contentFormat}`);
	for (const contentFormat of [coreLink, lwm2mJson, lwm2mCbor, 320, 322, 1, 65535]) {
		ok(!isReadable(contentFormat) && !isWritable(contentFormat), `${contentFormat}`);
		equal(payloadWriter(contentFormat, pathOf("/3/0")), undefined);
	}
	deepEqual(both.filter(isSingleValued), [text, opaque, cbor]);
});

test("formats: which format can answer a Read of what", () => {
	const types = {
		typeOf: (_objectId: number, resourceId: number): ResourceType => (resourceId === 0 ? "opaque" : "integer"),
		isMultiple: (_objectId: number, resourceId: number) => resourceId === 6,
	};
	const able = (path: string) => both.filter((contentFormat) => canCarry(contentFormat, pathOf(path), types));
	deepEqual(able("/"), [senmlJson, senmlCbor]);
	deepEqual(able("/3"), [ContentFormat.tlv, senmlJson, senmlCbor]);
	deepEqual(able("/3/0"), [ContentFormat.tlv, senmlJson, senmlCbor]);
	deepEqual(able("/3/0/6"), [ContentFormat.tlv, senmlJson, senmlCbor]);
	deepEqual(able("/3/0/6/1"), [text, cbor, ContentFormat.tlv, senmlJson, senmlCbor]);
	deepEqual(able("/3/0/9"), [text, cbor, ContentFormat.tlv, senmlJson, senmlCbor]);
	deepEqual(able("/3/0/0"), both);
	ok(!canCarry(lwm2mCbor, pathOf("/3/0/0"), types));
});

test("[LWM2M-1.1-int-223] formats: the Device Object Instance in every format, in bytes", () => {
	const [device] = vectorsOf(tlv);
	const sizes = [ContentFormat.tlv, senmlCbor, senmlJson].map(
		(contentFormat) => writeAll(contentFormat, pathOf("/3/0"), device?.entries ?? []).length,
	);
	deepEqual(sizes, [121, 196, 384]);
});

function written(contentFormat: number, type: ResourceType, value: Value): Uint8Array {
	const writer = payloadWriter(contentFormat, pathOf("/9/0/1"));
	ok(writer !== undefined);
	writer.entry(pathOf("/9/0/1"), type, value);
	return writer.finish();
}

test("formats: a float that is not finite is left out where the format has no spelling for it", () => {
	for (const value of [Number.NaN, Infinity, -Infinity]) {
		equal(written(text, "float", value).length, 0);
		equal(readUtf8(written(senmlJson, "float", value)), "[]");
		equal(written(cbor, "float", value).length, 3);
		equal(written(ContentFormat.tlv, "float", value).length, 6);
	}
});

test("formats: a bigint that fits is written as the number would be", () => {
	for (const contentFormat of [text, cbor, ContentFormat.tlv, senmlJson, senmlCbor]) {
		for (const type of ["integer", "unsignedInteger", "time"] as const) {
			equal(toHex(written(contentFormat, type, 300n)), toHex(written(contentFormat, type, 300)));
		}
		equal(toHex(written(contentFormat, "float", 3n)), toHex(written(contentFormat, "float", 3)));
	}
});

test("formats: a value that is not of its type is our own bug", () => {
	const wrong: readonly (readonly [ResourceType, Value])[] = [
		["string", 1],
		["coreLink", true],
		["integer", "1"],
		["integer", 1.5],
		["integer", 2n ** 63n],
		["integer", -(2n ** 63n) - 1n],
		["unsignedInteger", -1],
		["unsignedInteger", 2n ** 64n],
		["time", Number.NaN],
		["float", "1"],
		["boolean", 1],
		["opaque", "00"],
		["objectLink", "3:0"],
		["objectLink", new Uint8Array(4)],
		["objectLink", { objectId: 3, instanceId: 65536 }],
		["objectLink", { objectId: -1, instanceId: 0 }],
	];
	for (const contentFormat of [text, cbor, ContentFormat.tlv, senmlJson, senmlCbor]) {
		for (const [type, value] of wrong) {
			throws(
				() => written(contentFormat, type, value),
				(error) => error instanceof AssertionFailed,
			);
		}
	}
	throws(() => written(opaque, "string", "x"));
});

test("formats tlv: identifiers and lengths take the shortest form at each border", () => {
	const headerOf = (id: number, length: number) => {
		const writer = payloadWriter(ContentFormat.tlv, pathOf("/9/0"));
		writer?.entry(pathOf(`/9/0/${id}`), "opaque", new Uint8Array(length));
		const bytes = writer?.finish() ?? new Uint8Array();
		return toHex(bytes, 0, bytes.length - length);
	};
	equal(headerOf(0, 0), "c000");
	equal(headerOf(255, 7), "c7ff");
	equal(headerOf(256, 8), "e8010008");
	equal(headerOf(65535, 255), "e8ffffff");
	equal(headerOf(1, 256), "d0010100");
	equal(headerOf(1, 65535), "d001ffff");
	equal(headerOf(1, 65536), "d801010000");
});

test("formats cbor: heads take the shortest form at each border", () => {
	const headOf = (length: number) => {
		const bytes = written(cbor, "opaque", new Uint8Array(length));
		return toHex(bytes, 0, bytes.length - length);
	};
	deepEqual([0, 23, 24, 255, 256, 65535, 65536].map(headOf), [
		"40",
		"57",
		"5818",
		"58ff",
		"590100",
		"59ffff",
		"5a00010000",
	]);
	equal(toHex(written(cbor, "unsignedInteger", 0xffff_ffff)), "1affffffff");
	equal(toHex(written(cbor, "unsignedInteger", 0x1_0000_0000)), "1b0000000100000000");
	equal(toHex(written(cbor, "integer", -0x1_0000_0000)), "3affffffff");
	equal(toHex(written(cbor, "integer", -0x1_0000_0001)), "3b0000000100000000");
	equal(toHex(written(cbor, "integer", -(2n ** 53n))), "3b001fffffffffffff");
});

test("formats senml-cbor: the array's head grows with the count of records", () => {
	const sizes = [0, 1, 23, 24, 255, 256, 300];
	const heads = sizes.map((count) => {
		const writer = payloadWriter(senmlCbor, pathOf("/9/0/6"));
		for (let id = 0; id < count; id++) writer?.entry(pathOf(`/9/0/6/${id}`), "boolean", true);
		const pack = writer?.finish() ?? new Uint8Array();
		return toHex(pack, 0, Math.min(4, pack.length)).replace(/a[23].*/, "");
	});
	deepEqual(heads, ["80", "81", "97", "9818", "98ff", "990100", "99012c"]);
});

test("formats: integers beside every power of two go through every format", () => {
	const path = pathOf("/9/0/1");
	for (const type of ["integer", "unsignedInteger"] as const) {
		const types = { typeOf: () => type, isMultiple: () => false };
		for (let bits = 0n; bits <= 64n; bits++) {
			for (const value of [2n ** bits - 1n, 2n ** bits, -(2n ** bits), -(2n ** bits) - 1n, -(2n ** bits) + 1n]) {
				const fits = type === "integer" ? value >= -(2n ** 63n) && value < 2n ** 63n : value >= 0n && value < 2n ** 64n;
				if (!fits) continue;
				const isNarrow = value > -(2n ** 53n) && value < 2n ** 53n;
				for (const contentFormat of [text, cbor, ContentFormat.tlv, senmlJson, senmlCbor]) {
					const bytes = written(contentFormat, type, value);
					const expected = [["/9/0/1", type, isNarrow ? Number(value) : `${value}`]];
					deepEqual(readAll(contentFormat, bytes, path, types), expected, `${contentFormat}`);
				}
			}
		}
	}
});
