/**
 * Every type at its limits, through every format that carries it, and exactly as each format spells it (LwM2M Core 1.2
 * Tables C-1 and C-2).
 */
import { readUtf8, toHex } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { ResourceType } from "../../../modules/formats/value.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { formatsWith, pathOf, readAll, spellingOf, valueFrom } from "./vector.ts";

const { text, opaque, cbor, tlv, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor } = ContentFormat;
const all = [text, opaque, cbor, tlv, senmlJson, senmlCbor, lwm2mJson, lwm2mCbor];
const path = pathOf("/9/0/1");

function written(contentFormat: number, type: ResourceType, spelt: string | number | boolean): Uint8Array {
	const writer = formatsWith(contentFormat).writer(contentFormat, path);
	ok(writer !== undefined);
	writer.entry(path, type, valueFrom(type, spelt));
	return writer.finish();
}

/** The values that have to come back bit by bit. Past 53 bits they are strings, as in the vectors. */
const limits: Readonly<Record<ResourceType, readonly (string | number | boolean)[]>> = {
	string: ["", "a", '"\\/\b\f\n\r\t\u0000\u001f\u007f', "é€😀", "\ufeff", "x".repeat(300)],
	coreLink: ["", "</3/0>", '</3/0>;if="oma.lwm2m",</4>'],
	integer: [
		0,
		-1,
		2 ** 31 - 1,
		-(2 ** 31),
		2 ** 32,
		2 ** 53 - 1,
		1 - 2 ** 53,
		"9007199254740992",
		"-9007199254740992",
	].concat(["9223372036854775807", "-9223372036854775808", "4611686018427387905", "-4611686018427387905"]),
	unsignedInteger: [
		0,
		255,
		2 ** 32 - 1,
		2 ** 53 - 1,
		"9007199254740993",
		"9223372036854775808",
		"18446744073709551615",
	],
	time: [0, -1, 1367491215, 2 ** 31, 2 ** 32, "9223372036854775807", "-9223372036854775808"],
	float: [
		0,
		"-0",
		1,
		-1,
		0.1,
		1 / 3,
		65504,
		65505,
		65520,
		2 ** -24,
		2 ** -25,
		2 ** 53,
		2 ** 53 + 2,
		3.4028234663852886e38,
	]
		.concat([1.401298464324817e-45, 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308])
		.concat([16777216, 16777217, 1e21, 1e-7, 123456789.125]),
	boolean: [true, false],
	opaque: ["", "00", "ff", "0001fe", "fbffbf", "00".repeat(300)],
	objectLink: ["0:0", "3:0", "65535:65535", "9:65535", "255:256"],
};

for (const type of Object.keys(limits) as ResourceType[]) {
	test(`formats: ${type} at its limits goes through every format`, () => {
		const types = { typeOf: () => type, isMultiple: () => false };
		for (const contentFormat of all) {
			if (contentFormat === opaque && type !== "opaque") continue;
			for (const spelt of limits[type]) {
				const bytes = written(contentFormat, type, spelt);
				const expected = [["/9/0/1", type, spellingOf(valueFrom(type, spelt))]];
				deepEqual(readAll(contentFormat, bytes, path, types), expected, `${contentFormat} ${spelt}`);
			}
		}
	});
}

test("formats: what no format can spell comes back where it can", () => {
	const types = { typeOf: () => "float" as const, isMultiple: () => false };
	for (const contentFormat of [cbor, tlv, senmlCbor, lwm2mCbor]) {
		for (const spelt of ["NaN", "Infinity", "-Infinity"]) {
			deepEqual(readAll(contentFormat, written(contentFormat, "float", spelt), path, types), [
				["/9/0/1", "float", spelt],
			]);
		}
	}
});

const spellings: readonly (readonly [number, ResourceType, string | number | boolean, string])[] = [
	[tlv, "integer", "-9223372036854775808", "c801088000000000000000"],
	[tlv, "unsignedInteger", "18446744073709551615", "c80108ffffffffffffffff"],
	[tlv, "unsignedInteger", 255, "c20100ff"],
	[tlv, "float", 0.5, "c4013f000000"],
	[tlv, "float", 0.1, "c801083fb999999999999a"],
	[tlv, "objectLink", "65535:65535", "c401ffffffff"],
	[tlv, "boolean", true, "c10101"],
	[tlv, "float", 16777217, "c801084170000010000000"],
	[cbor, "float", 16777217, "fb4170000010000000"],
	[cbor, "float", 33554432, "fa4c000000"],
	[cbor, "time", 0, "c100"],
	[cbor, "integer", "-9223372036854775808", "3b7fffffffffffffff"],
	[lwm2mCbor, "unsignedInteger", "18446744073709551615", "a1830900011bffffffffffffffff"],
	[lwm2mCbor, "float", 5e-324, "a183090001fb0000000000000001"],
	[lwm2mCbor, "time", -1, "a18309000120"],
	[lwm2mCbor, "objectLink", "65535:65535", "a1830900016b36353533353a3635353335"],
	[senmlCbor, "objectLink", "3:0", "81a221662f392f302f3163766c6f63333a30"],
	[senmlCbor, "opaque", "fbff", "81a221662f392f302f310842fbff"],
];

test("formats: limits as TLV and CBOR spell them", () => {
	for (const [contentFormat, type, spelt, hex] of spellings) {
		equal(toHex(written(contentFormat, type, spelt)), hex, `${contentFormat} ${type} ${spelt}`);
	}
});

const texts: readonly (readonly [
	ResourceType,
	string | number | boolean,
	text: string,
	senml: string,
	json: string,
])[] = [
	["integer", "-9223372036854775808", "-9223372036854775808", '"v":-9223372036854775808', '"v":-9223372036854775808'],
	[
		"unsignedInteger",
		"18446744073709551615",
		"18446744073709551615",
		'"v":18446744073709551615',
		'"v":18446744073709551615',
	],
	["float", 6.667e-11, "0.00000000006667", '"v":6.667e-11', '"v":6.667e-11'],
	["float", 1e21, "1000000000000000000000", '"v":1e+21', '"v":1e+21'],
	["float", "-0", "-0", '"v":-0.0', '"v":-0.0'],
	["boolean", true, "1", '"vb":true', '"bv":true'],
	["opaque", "fbffbf", "+/+/", '"vd":"-_-_"', '"sv":"+/+/"'],
	["opaque", "fb", "+w==", '"vd":"-w"', '"sv":"+w=="'],
	["objectLink", "65535:65535", "65535:65535", '"vlo":"65535:65535"', '"ov":"65535:65535"'],
	["coreLink", "</3/0>", "</3/0>", '"vs":"</3/0>"', '"sv":"</3/0>"'],
	["time", -1, "-1", '"v":-1', '"v":-1'],
];

test("formats: limits as plain text, SenML JSON and LwM2M JSON spell them", () => {
	for (const [type, spelt, plain, senml, json] of texts) {
		equal(readUtf8(written(text, type, spelt)), plain);
		equal(readUtf8(written(senmlJson, type, spelt)), `[{"bn":"/9/0/1",${senml}}]`);
		equal(readUtf8(written(lwm2mJson, type, spelt)), `{"bn":"/9/0/1","e":[{${json}}]}`);
	}
});

const samples = [
	["/9/0/1", 1.5, 1700000000.1],
	["/9/0/2", -1, 1700000000.3],
	["/9/0/1", 2.5, 1700000060.1],
	["/9/1/1", 3.5, 1699999999],
] as const;

test("formats: histories have times in SenML and LwM2M JSON; LwM2M CBOR has none and keeps the last value", () => {
	const history = (contentFormat: number, count: number) => {
		const writer = formatsWith(contentFormat).writer(contentFormat, pathOf("/9"));
		for (const [where, value, timeS] of samples.slice(0, count)) writer?.entry(pathOf(where), "float", value, timeS);
		return writer?.finish() ?? new Uint8Array();
	};
	equal(
		readUtf8(history(senmlJson, 4)),
		'[{"bn":"/9/0/","bt":1700000000.1015625,"n":"1","v":1.5},{"n":"2","v":-1,"t":0.1953125},{"n":"1","v":2.5,"t":60},' +
			'{"bn":"/9/1/1","v":3.5,"t":-1.1015625}]',
	);
	equal(
		readUtf8(history(lwm2mJson, 4)),
		'{"bn":"/9/","bt":1700000000.1015625,"e":[{"n":"0/1","v":1.5},{"n":"0/2","v":-1,"t":0.1953125},' +
			'{"n":"0/1","v":2.5,"t":60},{"n":"1/1","v":3.5,"t":-1.1015625}]}',
	);
	const types = { typeOf: () => "float" as const, isMultiple: () => false };
	for (const contentFormat of [senmlJson, senmlCbor, lwm2mJson]) {
		const found = readAll(contentFormat, history(contentFormat, 4), pathOf("/9"), types);
		deepEqual(
			found,
			samples.map(([where, value, timeS]) => [where, "float", value, Math.round(timeS * 128) / 128]),
		);
	}
	const twice = formatsWith(lwm2mCbor).writer(lwm2mCbor, path);
	for (const value of ["first", "second", "3"]) twice?.entry(path, "string", value, 5);
	equal(toHex(twice?.finish() ?? new Uint8Array()), "a1830900016133");
});

test("formats lwm2m-cbor: heads take the shortest form at each border", () => {
	const headOf = (count: number) => {
		const writer = formatsWith(lwm2mCbor).writer(lwm2mCbor, pathOf("/9/0/6"));
		for (let id = 0; id < count; id++) writer?.entry(pathOf(`/9/0/6/${id}`), "boolean", true);
		const bytes = writer?.finish() ?? new Uint8Array();
		const types = { typeOf: () => "boolean" as const, isMultiple: () => true };
		if (count <= 256) equal(readAll(lwm2mCbor, bytes, pathOf("/9/0/6"), types).length, count);
		return toHex(bytes, 0, 8);
	};
	deepEqual([2, 23, 24, 255, 256].map(headOf), [
		"a183090006a200f5",
		"a183090006b700f5",
		"a183090006b81800",
		"a183090006b8ff00",
		"a183090006b90100",
	]);
	const ids = formatsWith(lwm2mCbor).writer(lwm2mCbor, pathOf("/"));
	ids?.entry(pathOf("/23/24/255/256"), "integer", 0);
	ids?.entry(pathOf("/65534/65534/65534/65534"), "integer", 0);
	equal(toHex(ids?.finish() ?? new Uint8Array()), "a28417181818ff190100008419fffe19fffe19fffe19fffe00");
});
