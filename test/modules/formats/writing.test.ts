import { AssertionFailed, readUtf8, toHex } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { formats10 } from "../../../modules/formats/formats-1-0.ts";
import { canCarry, isReadable, isSingleValued, isWritable, payloadWriter } from "../../../modules/formats/payload.ts";
import type { ResourceType, Value } from "../../../modules/formats/value.ts";
import { deepEqual, equal, ok, test, throws } from "../../harness.ts";
import tlv from "../../vectors/tlv.json" with { type: "json" };
import { formatsWith, pathOf, readAll, vectorsOf, writeAll } from "./vector.ts";

const { text, coreLink, opaque, cbor, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor } = ContentFormat;
const both = [text, opaque, cbor, ContentFormat.tlv, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor];
const ofAnyType = both.filter((contentFormat) => contentFormat !== opaque);

test("formats: each is read and written by its own number, and nothing by another", () => {
	for (const contentFormat of both) {
		const formats = formatsWith(contentFormat);
		ok(formats.isReadable(contentFormat) && formats.isWritable(contentFormat), `${contentFormat}`);
	}
	for (const contentFormat of [coreLink, lwm2mJson, 1543, 320, 322, 1, 65535]) {
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
	const able = (path: string) =>
		both.filter((contentFormat) => formatsWith(contentFormat).canCarry(contentFormat, pathOf(path), types));
	const any = [senmlJson, senmlCbor, lwm2mJson, lwm2mCbor];
	deepEqual(able("/"), any);
	for (const path of ["/3", "/3/0", "/3/0/6"]) deepEqual(able(path), [ContentFormat.tlv, ...any]);
	for (const path of ["/3/0/6/1", "/3/0/9"]) deepEqual(able(path), [text, cbor, ContentFormat.tlv, ...any]);
	deepEqual(able("/3/0/0"), both);
	for (const contentFormat of [coreLink, lwm2mJson, 320, 322]) ok(!canCarry(contentFormat, pathOf("/3/0/0"), types));
});

test("formats: what old peers call 1541 and 1544 is text and opaque", () => {
	const types = { typeOf: () => "opaque" as const, isMultiple: () => false };
	const path = pathOf("/5/0/0");
	for (const [old, current] of [
		[1541, text],
		[1544, opaque],
	] as const) {
		ok(isReadable(old) && isWritable(old) && isSingleValued(old) && canCarry(old, path, types));
		const bytes = writeAll(old, path, [["/5/0/0", "opaque", "0001fe"]]);
		equal(toHex(bytes), toHex(writeAll(current, path, [["/5/0/0", "opaque", "0001fe"]])));
		deepEqual(readAll(old, bytes, path, types), [["/5/0/0", "opaque", "0001fe"]]);
	}
});

test("formats lwm2m-cbor: Objects in any order, what is in one of them in ascending order only", () => {
	const value = (path: string) => [path, "integer", 1] as const;
	const mixed = writeAll(lwm2mCbor, pathOf("/"), ["/3/0/9", "/1/0/1", "/1/1/0", "/2/0/0"].map(value));
	equal(toHex(mixed), "a38303000901" + "01a200a1010101a10001" + "8302000001");
	for (const paths of [
		["/3/0/9", "/3/0/1"],
		["/3/1/0", "/3/0/0"],
		["/3/0/0", "/3/1/0", "/3/0/1"],
		["/3/0/6/1", "/3/0/6/0"],
	]) {
		throws(
			() => writeAll(lwm2mCbor, pathOf("/"), paths.map(value)),
			(error) => error instanceof AssertionFailed,
		);
	}
});

test("formats: what 1.0 called 1542 and 1543 is TLV and LwM2M JSON", () => {
	const types = { typeOf: () => "integer" as const, isMultiple: () => false };
	for (const [old, current] of [
		[1542, ContentFormat.tlv],
		[1543, lwm2mJson],
	] as const) {
		ok(formats10.isReadable(old) && formats10.isWritable(old) && !formats10.isSingleValued(old));
		ok(formats10.canCarry(old, pathOf("/3/0"), types));
		const bytes = writeAll(old, pathOf("/3/0"), [["/3/0/9", "integer", 100]]);
		equal(toHex(bytes), toHex(writeAll(current, pathOf("/3/0"), [["/3/0/9", "integer", 100]])));
		deepEqual(readAll(old, bytes, pathOf("/3/0"), types), [["/3/0/9", "integer", 100]]);
	}
});

test("[LWM2M-1.1-int-223] formats: the Device Object Instance in every format, in bytes", () => {
	const [device] = vectorsOf(tlv);
	const sizes = [ContentFormat.tlv, lwm2mCbor, senmlCbor, senmlJson, lwm2mJson].map(
		(contentFormat) => writeAll(contentFormat, pathOf("/3/0"), device?.entries ?? []).length,
	);
	deepEqual(sizes, [121, 118, 196, 384, 390]);
});

function written(contentFormat: number, type: ResourceType, value: Value): Uint8Array {
	const writer = formatsWith(contentFormat).writer(contentFormat, pathOf("/9/0/1"));
	ok(writer !== undefined);
	writer.entry(pathOf("/9/0/1"), type, value);
	return writer.finish();
}

test("formats: a float that is not finite is left out where the format has no spelling for it", () => {
	for (const value of [Number.NaN, Infinity, -Infinity]) {
		equal(written(text, "float", value).length, 0);
		equal(readUtf8(written(senmlJson, "float", value)), "[]");
		equal(readUtf8(written(lwm2mJson, "float", value)), '{"bn":"/9/0/1/","e":[]}');
		equal(written(lwm2mCbor, "float", value).length, 8);
		equal(written(cbor, "float", value).length, 3);
		equal(written(ContentFormat.tlv, "float", value).length, 6);
	}
});

test("formats: a bigint that fits is written as the number would be", () => {
	for (const contentFormat of ofAnyType) {
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
	for (const contentFormat of ofAnyType) {
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
				for (const contentFormat of ofAnyType) {
					const bytes = written(contentFormat, type, value);
					const expected = [["/9/0/1", type, isNarrow ? Number(value) : `${value}`]];
					deepEqual(readAll(contentFormat, bytes, path, types), expected, `${contentFormat}`);
				}
			}
		}
	}
});
