import { toHex, utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { bench, code, hex, linksOf, payload } from "./bench.ts";

const { text, tlv, senmlJson, opaque, cbor } = ContentFormat;

const manyLinks = {
	id: 33002,
	version: "1.0",
	resources: { links: { id: 0, operations: "RW", type: "coreLink", multiple: true } },
} as const satisfies ObjectFacts;

test("[CORE-DM-1] Write a resource: every type, and read it back", () => {
	const it = bench();
	for (const [path, written, read] of [
		["/33000/0/0", "new", "new"],
		["/33000/0/1", "-100", "-100"],
		["/33000/0/2", "9007199254740993", "9007199254740993"],
		["/33000/0/3", "-2.25", "-2.25"],
		["/33000/0/4", "0", "0"],
		["/33000/0/6", "1", "1"],
		["/33000/0/7", "65535:65535", "65535:65535"],
		["/33000/0/7", "33000:65535", "33000:65535"],
		["/33000/0/8", "</1>", "</1>"],
		["/33000/0/9/5", "cinq", "cinq"],
		["/33000/0/14", "brought into being", "brought into being"],
	] as const) {
		equal(code(it.put(path, text, utf8(written))), "2.04", path);
		equal(payload(it.get(path)), read, path);
	}
	equal(code(it.put("/33000/0/5", opaque, hex("ff00"))), "2.04");
	equal(toHex(it.get("/33000/0/5").payload), "ff00");
	equal(code(it.put("/33000/0/1", cbor, hex("182a"))), "2.04");
	equal(payload(it.get("/33000/0/1")), "42");
	deepEqual(it.seen.written, ["whole -100", "names 5 2", "whole 42"]);
});

test("[CORE-DM-1] Write replaces an instance: what is left out goes, but for what the server may not write", () => {
	const it = bench();
	equal(code(it.put("/33000/0", senmlJson, utf8('[{"bn":"/33000/0/","n":"1","v":9},{"n":"9/1","vs":"one"}]'))), "2.04");
	equal(it.instance.get("whole"), 9);
	deepEqual(it.instance.get("names"), new Map([[1, "one"]]));
	equal(it.instance.get("text"), undefined);
	equal(it.instance.get("flag"), undefined);
	equal(it.instance.get("fixed"), "fixed");
	deepEqual(it.instance.get("counters"), new Map());
	equal(code(it.get("/33000/0/0")), "4.04");
	equal(code(it.put("/33000/0/0", text, utf8("again"))), "2.04", "it may come back");
});

test("[CORE-DM-1] Write updates an instance in part: what is left out stays", () => {
	const it = bench();
	equal(
		code(it.post("/33000/0", senmlJson, utf8('[{"bn":"/33000/0/","n":"1","v":9},{"n":"9/1","vs":"one"}]'))),
		"2.04",
	);
	equal(it.instance.get("whole"), 9);
	equal(it.instance.get("text"), "abc");
	equal(it.instance.get("names")!.size, 3);
});

test("[CORE-DM-1] Write to a multiple resource: PUT replaces all, POST adds, one alone changes alone", () => {
	const it = bench();
	equal(code(it.post("/33000/0/9", tlv, hex("87094507736576656e"))), "2.04");
	deepEqual([...it.instance.get("names")!.keys()].sort(), [2, 5, 7]);
	equal(code(it.put("/33000/0/9/5", text, utf8("V"))), "2.04");
	equal(it.instance.get("names")!.get(5), "V");
	equal(it.instance.get("names")!.get(2), "two");
	equal(code(it.put("/33000/0/9/6", text, utf8("VI"))), "4.04", "an instance that is not there");
	equal(code(it.put("/33000/0/9", senmlJson, utf8('[{"n":"/33000/0/9/0","vs":"zero"}]'))), "2.04");
	deepEqual([...it.instance.get("names")!], [[0, "zero"]]);
	equal(code(it.put("/33000/0/9", tlv, hex("8009"))), "2.04", "no instances at all");
	equal(it.instance.get("names")!.size, 0);
});

test("[CORE-DM-1] Write of TLV to the Server Object: partial, then replaced (ETS 215)", () => {
	const it = bench();
	equal(code(it.post("/1/0", tlv, hex("C10265C20303F2C20507D0C10601C10755"))), "2.04");
	for (const [resource, value] of [
		[1, "300"],
		[2, "101"],
		[3, "1010"],
		[5, "2000"],
		[6, "1"],
	] as const) {
		equal(payload(it.get(`/1/0/${resource}`)), value, `/1/0/${resource}`);
	}
	equal(code(it.put("/1/0", tlv, hex("C2012a30C10600C10755"))), "2.04");
	equal(payload(it.get("/1/0/1")), "10800");
	equal(code(it.get("/1/0/2")), "4.04", "replaced, so gone");
	equal(payload(it.get("/1/0/0")), "1", "not a server's to write, so kept");
});

test("[CORE-DM-1] Write is refused with the code that says why", () => {
	const it = bench();
	const json = (records: string) => ({ contentFormat: senmlJson, payload: utf8(records) });
	const plain = (value: string) => ({ contentFormat: text, payload: utf8(value) });
	for (const [method, path, body, expected] of [
		[Code.put, "/33000/0/0", {}, "4.15"], // no Content-Format
		[Code.put, "/33000/0/0", { contentFormat: 9999, payload: utf8("x") }, "4.15"],
		[Code.put, "/33000/0/0", { contentFormat: 11543, payload: utf8("{}") }, "4.15"],
		[Code.put, "/33000/0/10", plain("x"), "4.05"], // read only
		[Code.put, "/33000/0/12", plain("x"), "4.05"], // executable
		[Code.put, "/33000/0/13", plain("x"), "4.04"], // not supported
		[Code.put, "/33000/0/99", plain("x"), "4.04"],
		[Code.put, "/33000/1/0", plain("x"), "4.04"],
		[Code.put, "/9999/0/0", plain("x"), "4.04"],
		[Code.put, "/33000", plain("x"), "4.05"], // to an object
		[Code.post, "/33000/0/0", plain("x"), "4.05"], // partial update of one value
		[Code.post, "/33000/0/9/5", plain("x"), "4.05"],
		[Code.put, "/33000/0/0/0", plain("x"), "4.05"], // not a multiple-instance Resource
		[Code.put, "/33000/0", plain("x"), "4.00"], // one value for many
		[Code.put, "/33000/0/9", plain("x"), "4.00"],
		[Code.put, "/33000/0/1", plain("x"), "4.00"], // no integer
		[Code.put, "/33000/0/1", plain("101"), "4.00"], // out of range
		[Code.put, "/33000/0/1", plain("9007199254740993"), "4.00"], // more than a number holds
		[Code.put, "/33000/0/2", plain("-1"), "4.00"],
		[Code.put, "/33000/0/0", plain("123456789"), "4.00"], // too long
		[Code.put, "/33000/0/4", plain("2"), "4.00"],
		[Code.put, "/33000/0/7", plain("9:9"), "4.00"], // points nowhere
		[Code.put, "/33000/0/7", plain("3:7"), "4.00"],
		[Code.put, "/33000/0", json('[{"bn":"/33000/0/","n":"0","vs":"x"}]'), "4.00"], // replace without a mandatory one
		[Code.post, "/33000/0", json('[{"bn":"/33000/0/","n":"10","vs":"x"}]'), "4.05"],
		[Code.post, "/33000/0", json('[{"bn":"/33000/0/","n":"1","vs":"x"}]'), "4.00"],
		[Code.post, "/33000/0", json('[{"bn":"/33000/0/","n":"1","v":1},{"n":"1","v":2}]'), "4.00"], // twice
		[Code.post, "/33000/0", json('[{"bn":"/33000/1/","n":"1","v":1}]'), "4.00"], // elsewhere
		[Code.post, "/33000/0", json("[{"), "4.00"],
		// another Resource than the path's
		[Code.put, "/33000/0/1", { contentFormat: tlv, payload: hex("c10209") }, "4.00"],
		[Code.put, "/3/0/16", plain("U"), "4.05"],
		[Code.put, "/1/0/0", plain("2"), "4.05"],
		[Code.put, "/1/0/1", plain("-1"), "4.00"],
		[Code.put, "/1/0/7", plain("X"), "4.00"],
	] as const) {
		const before = payload(it.get("/33000/0", senmlJson));
		equal(code(it.ask(method, path, body)), expected, `${codeText(method)} ${path} ${JSON.stringify(body)}`);
		equal(payload(it.get("/33000/0", senmlJson)), before, "nothing changed");
	}
	deepEqual(it.seen.written, []);
});

test("[CORE-DM-1] Write of an unknown optional resource inside an instance is no error", () => {
	const it = bench();
	equal(code(it.post("/33000/0", senmlJson, utf8('[{"bn":"/33000/0/","n":"99","v":1},{"n":"1","v":3}]'))), "2.04");
	equal(it.instance.get("whole"), 3);
});

test("[CORE-DM-1] Write with more values than the limit is answered 4.13 and changes nothing", () => {
	const it = bench({ limits: { writeEntries: 3 } });
	const records = '[{"bn":"/33000/0/","n":"1","v":1},{"n":"3","v":1},{"n":"4","vb":true},{"n":"0","vs":"x"}]';
	equal(code(it.post("/33000/0", senmlJson, utf8(records))), "4.13");
	equal(it.instance.get("whole"), 7);
	const many = bench({ limits: { resourceInstances: 3 } });
	equal(
		code(many.post("/33000/0", senmlJson, utf8('[{"n":"/33000/0/9/0","vs":"a"},{"n":"/33000/0/9/1","vs":"b"}]'))),
		"4.13",
	);
	equal(many.instance.get("names")!.size, 2);
});

test("[CORE-DM-1] a check that refuses stops the whole Write, whatever else it holds", () => {
	const it = bench();
	const records = '[{"bn":"/1/0/","n":"1","v":61},{"n":"7","vs":"X"}]';
	equal(code(it.post("/1/0", senmlJson, utf8(records))), "4.00");
	equal(payload(it.get("/1/0/1")), "300");
});

test("[CORE-DM-1] A-95, L-17: a multiple-instance Resource is replaced with none, in each format", () => {
	for (const [contentFormat, body] of [
		[ContentFormat.senmlJson, "5b5d"],
		[ContentFormat.senmlCbor, "80"],
		[ContentFormat.tlv, ""],
		[ContentFormat.tlv, "8009"],
		[ContentFormat.lwm2mCbor, "a1831980e80009a0"],
	] as const) {
		const it = bench();
		equal(code(it.put("/33000/0/9", contentFormat, hex(body))), "2.04", `${contentFormat} ${body}`);
		equal(code(it.get("/33000/0/9")), "2.05");
		equal(code(it.get("/33000/0/9/2")), "4.04");
		equal(linksOf(it, "/33000/0/9").join(), "</33000/0/9>;dim=0");
	}
	const it = bench();
	equal(code(it.post("/33000/0/9", ContentFormat.senmlJson, hex("5b5d"))), "4.00", "an update with nothing");
	equal(code(it.put("/33000/0/1", ContentFormat.senmlJson, hex("5b5d"))), "4.00", "a value is missing");
	equal(code(it.put("/33000/0/9/2", ContentFormat.senmlJson, hex("5b5d"))), "4.00");
});

test("[CORE-DM-1] two entries for one path are refused in every Write, and nothing has changed", () => {
	const records = utf8('[{"bn":"/33000/0/","n":"1","v":8},{"n":"0","vs":"x"},{"n":"1","v":8}]');
	const instances = utf8('[{"bn":"/33000/0/9/","n":"2","vs":"x"},{"n":"2","vs":"x"}]');
	const it = bench();
	const { senmlJson } = ContentFormat;
	for (const response of [
		it.put("/33000/0", senmlJson, records),
		it.post("/33000/0", senmlJson, records),
		it.put("/33000/0/9", senmlJson, instances),
		it.post("/33000/0/9", senmlJson, instances),
	]) {
		equal(code(response), "4.00");
	}
	equal(payload(it.get("/33000/0/1")), "7");
	equal(payload(it.get("/33000/0/9/2")), "two");
});

test("[CORE-DM-1] a Corelnk holds CoRE links (RFC 6690) and no other text", () => {
	const it = bench();
	for (const links of ["", "</3/0>;pmin=5,</3/1>", '</>;rt="oma.lwm2m"']) {
		equal(code(it.put("/33000/0/8", text, utf8(links))), "2.04", links);
		equal(payload(it.get("/33000/0/8")), links);
	}
	for (const other of ["<", "/3/0", "</3", "</3>;", "</3>,x"]) {
		equal(code(it.put("/33000/0/8", text, utf8(other))), "4.00", other);
		const several = JSON.stringify([
			{ bn: "/33000/0/", n: "1", v: 3 },
			{ n: "8", vs: other },
		]);
		equal(code(it.post("/33000/0", senmlJson, utf8(several))), "4.00", other);
	}
	equal(it.instance.get("links"), '</>;rt="oma.lwm2m"');
	equal(it.instance.get("whole"), 7);
	const many = bench({
		furnish: (client) => client.add(new ObjectInstance(manyLinks, { values: { links: new Map([[0, "</3>"]]) } })),
	});
	equal(code(many.put("/33002/0/0/0", text, utf8("</4>"))), "2.04");
	equal(code(many.put("/33002/0/0/0", text, utf8("4"))), "4.00");
	equal(payload(many.get("/33002/0/0/0")), "</4>");
});
