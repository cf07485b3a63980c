import { utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { readPayload } from "../../../modules/formats/payload.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { pathText, rootPath } from "../../../modules/lwm2m/path.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, code, hex, payload } from "./bench.ts";
import type { FurnishedOptions } from "./furniture.ts";
import { SAMPLE } from "./sample-object.ts";

const { senmlJson, senmlCbor, senmlEtchJson, lwm2mCbor, text, tlv } = ContentFormat;

interface Asked {
	readonly accept?: number;
	readonly contentFormat?: number;
}

function composite(options: FurnishedOptions = {}) {
	const it = bench(options);
	const fetchRaw = (body: Uint8Array, contentFormat: number, accept?: number) =>
		it.ask(Code.fetch, "", { path: [], contentFormat, payload: body, ...(accept === undefined ? {} : { accept }) });
	const fetch = (paths: readonly string[], { accept, contentFormat = senmlJson }: Asked = {}) =>
		fetchRaw(utf8(JSON.stringify(paths.map((n) => ({ n })))), contentFormat, accept);
	const patch = (records: string, contentFormat: number = senmlJson) =>
		it.ask(Code.ipatch, "", { path: [], contentFormat, payload: utf8(records) });
	return { ...it, fetch, fetchRaw, patch };
}

/** "/3/0/16=U", in the order of the payload. */
function told(it: Bench, response: ReturnType<Bench["get"]>): string[] {
	equal(code(response), "2.05");
	const lines: string[] = [];
	const { contentFormat, payload: bytes } = response;
	const refused = readPayload(contentFormat!, bytes, 0, bytes.length, rootPath, it.world.client.registry, {
		entry(path, value) {
			lines.push(`${pathText(path)}=${value}`);
			return undefined;
		},
	});
	equal(refused, undefined);
	return lines;
}

test("[CORE-DM-1] ETS 280: Read-Composite tells what is named, and nothing else", () => {
	const it = composite();
	const response = it.fetch(["/3/0/16", "/3/0/11/0", "/1/0"]);
	equal(response.contentFormat, senmlJson);
	deepEqual(
		told(it, response).filter((line) => !line.startsWith("/1/0/")),
		["/3/0/11/0=0", "/3/0/16=U"],
	);
	ok(told(it, response).includes("/1/0/1=300"));
});

test("[CORE-DM-1] ETS 229, L-42: overlapping paths are told once, in ascending order", () => {
	const it = composite();
	const once = told(it, it.fetch(["/3", "/1/0"]));
	deepEqual(told(it, it.fetch(["/3/0/11/0", "/3", "/1/0/1", "/3/0", "/1/0", "/3"])), once);
	equal(new Set(once).size, once.length);
	ok(once[0]!.startsWith("/1/0/"));
});

test("[CORE-DM-1] ETS 236, 281: what is absent or not readable is left out", () => {
	const it = composite();
	deepEqual(told(it, it.fetch(["/1/0/1", "/3339/0/5522", "/3/0/11/0", "/3/0/99", "/3/7", "/33000/0/9/77"])), [
		"/1/0/1=300",
		"/3/0/11/0=0",
	]);
	deepEqual(told(it, it.fetch(["/1/0/1", "/1/0/7", "/1/0/8", "/33000/0/11"])), ["/1/0/1=300", "/1/0/7=U"]);
	deepEqual(told(it, it.fetch(["/33000/0/14", "/0/0/1", "/33000/0/1"])), ["/33000/0/1=7"]);
});

test("[CORE-DM-1] Read-Composite of which nothing can be read: the first refusal", () => {
	const it = composite();
	for (const [path, expected] of [
		["/3339/0/5522", "4.04"],
		["/3/9", "4.04"],
		["/33000/0/14", "4.04"], // supported, but absent
		["/33000/0/11", "4.05"],
		["/33000/0/12", "4.05"],
		["/3/0/0/0", "4.05"],
		["/0/0/0", "4.01"],
		["/0", "4.01"],
		["/21", "4.01"],
	] as const) {
		equal(code(it.fetch([path])), expected, path);
	}
});

test("[CORE-DM-1] ETS 235: Read-Composite on the root has no Security, OSCORE or COSE", () => {
	const it = composite();
	const lines = told(it, it.fetch(["/"], { accept: senmlCbor }));
	for (const prefix of ["/1/0/", "/3/0/", "/3303/0/", "/33000/0/"]) {
		ok(
			lines.some((line) => line.startsWith(prefix)),
			prefix,
		);
	}
	for (const prefix of ["/0/", "/21/", "/23/"]) ok(!lines.some((line) => line.startsWith(prefix)), prefix);
	ok(!lines.some((line) => line.startsWith("/33000/0/11=")), "secret is not readable");
	deepEqual(told(it, it.fetch(["/", "/3/0/16"])), told(it, it.fetch(["/"])));
});

test("[CORE-DM-1] Read-Composite: formats of question and answer", () => {
	const it = composite({ enabler: "1.2" });
	const cborPaths = hex("82a1006731332f302f3136a10068332f302f31312f30");
	equal(code(it.fetchRaw(cborPaths, senmlCbor)), "4.00", "no such path");
	const paths = hex("81a100672f332f302f3136");
	for (const [contentFormat, accept, expected] of [
		[senmlJson, undefined, senmlJson],
		[senmlEtchJson, undefined, senmlJson],
		[senmlJson, senmlCbor, senmlCbor],
		[senmlEtchJson, lwm2mCbor, lwm2mCbor],
	] as const) {
		const response = it.fetch(["/3/0/16"], { contentFormat, ...(accept === undefined ? {} : { accept }) });
		equal(response.contentFormat, expected);
		deepEqual(told(it, response), ["/3/0/16=U"]);
	}
	for (const contentFormat of [senmlCbor, ContentFormat.senmlEtchCbor]) {
		equal(it.fetchRaw(paths, contentFormat).contentFormat, senmlCbor);
	}
	for (const accept of [text, tlv, senmlEtchJson, 9999]) {
		equal(code(it.fetch(["/3/0/16"], { accept })), "4.06", `Accept ${accept}`);
	}
	for (const contentFormat of [text, tlv, lwm2mCbor, 9999]) {
		equal(code(it.fetch(["/3/0/16"], { contentFormat })), "4.15", `Content-Format ${contentFormat}`);
	}
	equal(code(it.ask(Code.fetch, "", { path: [] })), "4.15", "no format");
	equal(code(it.fetch([])), "4.00", "no path");
	equal(code(it.fetchRaw(utf8('[{"n":"/3/0/16","v":1}]'), senmlJson)), "4.00", "a value");
	equal(code(it.fetchRaw(utf8('[{"n":"3/x"}]'), senmlJson)), "4.00", "no path of ours");
	equal(code(it.ask(Code.fetch, "/3", { contentFormat: senmlJson, payload: utf8('[{"n":"/3/0/16"}]') })), "4.05");
});

test("[CORE-DM-1] LwM2M CBOR answers have each path once, ascending", () => {
	const it = composite({ enabler: "1.2" });
	const lines = told(it, it.fetch(["/33000/0/9/5", "/3/0/16", "/33000/0/1", "/33000/0/9"], { accept: lwm2mCbor }));
	deepEqual(lines, ["/3/0/16=U", "/33000/0/1=7", "/33000/0/9/2=two", "/33000/0/9/5=five"]);
});

test("[CORE-DM-1] a client without composite operations, or one of 1.0, answers 4.05", () => {
	const it = composite({ enabler: "1.0" });
	equal(code(it.fetch(["/3/0/16"])), "4.05");
	equal(code(it.patch('[{"n":"/1/0/1","v":61}]')), "4.05");
});

test("[CORE-DM-1] ETS 230, L-24: Write-Composite over several Objects; Resource Instances come into being", () => {
	const it = composite();
	const updates = it.world.requests.length;
	equal(
		code(
			it.patch(
				'[{"n":"/1/0/1","v":61},{"n":"/1/0/6","vb":true},{"bn":"/33000/0/9/","n":"0","vs":"aa"},{"n":"7","vs":"bb"}]',
			),
		),
		"2.04",
	);
	equal(payload(it.get("/1/0/1")), "61");
	deepEqual(told(it, it.get("/33000/0/9", senmlJson)), [
		"/33000/0/9/0=aa",
		"/33000/0/9/2=two",
		"/33000/0/9/5=five",
		"/33000/0/9/7=bb",
	]);
	deepEqual(it.seen.written, ["names 5 2 0 7"]);
	ok(
		it.world.requests.slice(updates).some(({ query }) => query.includes("lt=61")),
		"an Update with the new lifetime",
	);
});

test("[CORE-DM-1] ETS 257: base name /, names without a slash, in SenML CBOR", () => {
	const it = composite();
	const body = "83a321612f0065312f302f32021865a20065312f302f3604f5a2006733333030302f301f"; // torn
	const ask = (digits: string) => it.ask(Code.ipatch, "", { path: [], contentFormat: senmlCbor, payload: hex(digits) });
	equal(code(ask(body)), "4.00");
	equal(code(ask("83a321612f0065312f302f32021865a20065312f302f3604f5a2006933333030302f302f360200")), "2.04");
	equal(payload(it.get("/1/0/2")), "101");
	equal(payload(it.get("/33000/0/6")), "0");
});

test("[CORE-DM-1] Write-Composite is refused with the code that says why, and nothing has changed", () => {
	const it = composite();
	const before = told(it, it.fetch(["/"]));
	for (const [records, expected] of [
		['{"n":"/33000/0/0","v":5}', "4.00"], // no text
		['{"n":"/33000/0/0","vs":"far too long for it"}', "4.00"],
		['{"n":"/33000/0/7","vlo":"9:9"}', "4.00"], // points nowhere
		['{"n":"/33000/0/1","v":8},{"n":"/33000/0/1","v":8}', "4.00"], // twice
		['{"n":"/33000/0"}', "4.00"],
		['{"n":"/33000"}', "4.00"],
		['{"n":"/33000/0/1"}', "4.00"],
		['{"n":"/33000/0/9","vs":"x"}', "4.00"], // a multiple one without an instance
		['{"n":"/33000/0/99","v":5}', "4.04"],
		['{"n":"/33000/0/13","vs":"x"}', "4.04"], // not supported
		['{"n":"/33000/3/1","v":5}', "4.04"], // it creates no Object Instance
		['{"n":"/9999/0/1","v":5}', "4.04"],
		['{"n":"/33000/0/10","vs":"x"}', "4.05"],
		['{"n":"/33000/0/12","v":1}', "4.05"],
		['{"n":"/0/0/0","vs":"coap://elsewhere"}', "4.01"],
		['{"n":"/21/0/0","vs":"x"}', "4.01"],
	] as const) {
		equal(code(it.patch(`[{"n":"/33000/0/3","v":99},${records}]`)), expected, records);
		equal(code(it.patch(`[${records},{"n":"/33000/0/3","v":99}]`)), expected, `first ${records}`);
		deepEqual(told(it, it.fetch(["/"])), before);
	}
	deepEqual(it.seen.written, []);
	equal(code(it.patch("[]", text)), "4.15");
	equal(code(it.ask(Code.ipatch, "", { path: [] })), "4.15");
	equal(code(it.ask(Code.ipatch, "/33000/0", { contentFormat: senmlJson, payload: utf8("[]") })), "4.05");
});

test("[DMSE-001] a hook that refuses one value refuses the whole Write-Composite", () => {
	const heard: unknown[] = [];
	const it = composite({
		furnish(client) {
			const values = { whole: 1 };
			const check = {
				whole(value: number) {
					heard.push(value);
					if (value === 13) throw new RequestRefused(Code.forbidden, "not this one");
				},
			};
			client.add(new ObjectInstance(SAMPLE, { id: 1, values, check }));
		},
	});
	equal(code(it.patch('[{"n":"/33000/0/1","v":8},{"n":"/33000/1/1","v":13}]')), "4.03");
	equal(payload(it.get("/33000/0/1")), "7");
	deepEqual(it.seen.written, []);
	equal(code(it.patch('[{"n":"/33000/0/1","v":8},{"n":"/33000/1/1","v":14}]')), "2.04");
	deepEqual([payload(it.get("/33000/0/1")), payload(it.get("/33000/1/1"))], ["8", "14"]);
	deepEqual(heard, [13, 14]);
});

test("[CORE-DM-1] A-93: SenML-ETCH takes Resource Instances away; one that is not there is no error", () => {
	const it = composite({ enabler: "1.2" });
	equal(
		code(it.patch('[{"n":"/33000/0/9/2","v":null},{"n":"/33000/0/9/3","vs":"x"},{"n":"/33000/0/9/8","v":null}]', 320)),
		"2.04",
	);
	deepEqual(told(it, it.get("/33000/0/9", senmlJson)), ["/33000/0/9/3=x", "/33000/0/9/5=five"]);
	for (const [records, expected] of [
		['{"n":"/33000/0/9/5","v":null},{"n":"/33000/0/9/5","vs":"x"}', "4.00"],
		['{"n":"/33000/0/1","v":null}', "4.00"],
		['{"n":"/33000/0/15/0","v":null}', "4.05"],
		['{"n":"/33000/0/99/0","v":null}', "4.04"],
		['{"n":"/33000/7/9/0","v":null}', "4.04"],
	] as const) {
		equal(code(it.patch(`[{"n":"/33000/0/9/3","v":null},${records}]`, senmlEtchJson)), expected, records);
	}
	deepEqual(told(it, it.get("/33000/0/9", senmlJson)), ["/33000/0/9/3=x", "/33000/0/9/5=five"]);
});

test("[CORE-DM-1] Write-Composite in LwM2M CBOR", () => {
	const it = composite({ enabler: "1.2" });
	// {1: {0: {1: 61}}, 33000: {0: {1: 9, 9: {0: "a"}}}}
	const body = hex("a201a100a101183d1980e8a100a20109" + "09a1006161");
	equal(code(it.ask(Code.ipatch, "", { path: [], contentFormat: lwm2mCbor, payload: body })), "2.04");
	equal(payload(it.get("/1/0/1")), "61");
	equal(payload(it.get("/33000/0/1")), "9");
	equal(payload(it.get("/33000/0/9/0")), "a");
	equal(SAMPLE.id, 0x80e8);
});

test("[CORE-DM-1] more values than the limit are answered 4.13", () => {
	const it = composite({ limits: { writeEntries: 2 } });
	equal(code(it.patch('[{"n":"/33000/0/1","v":8},{"n":"/1/0/1","v":61},{"n":"/33000/0/3","v":1}]')), "4.13");
	equal(payload(it.get("/33000/0/1")), "7");
});
