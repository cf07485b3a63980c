import { toHex } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { equal, ok, test } from "../../harness.ts";
import { bench, code, payload } from "./bench.ts";

const { text, tlv, senmlCbor, senmlJson, opaque, cbor, coreLink } = ContentFormat;

test("[CORE-DM-1] Read a resource: every single value, as plain text when nothing else is asked for", () => {
	const it = bench();
	for (const [path, expected] of [
		["/33000/0/0", "abc"],
		["/33000/0/1", "7"],
		["/33000/0/2", "18446744073709551615"],
		["/33000/0/3", "1.5"],
		["/33000/0/4", "1"],
		["/33000/0/6", "1700000000"],
		["/33000/0/7", "3:0"],
		["/33000/0/8", "</3>"],
		["/33000/0/9/5", "five"],
		["/3/0/0", "Maker"],
		["/1/0/1", "300"],
	] as const) {
		const response = it.get(path);
		equal(code(response), "2.05", path);
		equal(response.contentFormat, text, path);
		equal(payload(response), expected, path);
	}
	const blob = it.get("/33000/0/5");
	equal(blob.contentFormat, opaque);
	equal(toHex(blob.payload), "010203");
});

test("[CORE-DM-1] Read many values without Accept: SenML CBOR for 1.1, TLV for 1.0", () => {
	const now = bench();
	for (const path of ["/3", "/3/0", "/33000/0/9"]) equal(now.get(path).contentFormat, senmlCbor, path);
	const old = bench({ enabler: "1.0" });
	for (const path of ["/3", "/3/0", "/33000/0/9"]) equal(old.get(path).contentFormat, tlv, path);
});

test("[CORE-DM-1] Read honours Accept at all four levels", () => {
	const it = bench();
	equal(payload(it.get("/33000/0/9/2", senmlJson)), '[{"bn":"/33000/0/9/2","vs":"two"}]');
	equal(payload(it.get("/3/0/16", senmlJson)), '[{"bn":"/3/0/16","vs":"U"}]');
	equal(it.get("/3/0", senmlJson).contentFormat, senmlJson);
	equal(it.get("/3", tlv).contentFormat, tlv);
	equal(toHex(it.get("/3/0/16", tlv).payload), "c11055");
	equal(toHex(it.get("/1/0/1", cbor).payload), "19012c");
});

test("[CORE-DM-1] Read of an instance shows what is readable and present, in ascending order, and nothing else", () => {
	const it = bench();
	const names = payload(it.get("/33000/0", senmlJson))!;
	for (const shown of ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9/2", "9/5", "10"]) {
		ok(names.includes(`"n":"${shown}"`), `${shown} in ${names}`);
	}
	for (const hidden of ["hidden", '"n":"11"', '"n":"12"', '"n":"13"', '"n":"14"']) ok(!names.includes(hidden), hidden);
	ok(names.indexOf('"9/2"') < names.indexOf('"9/5"'));
});

test("[CORE-DM-1] Read is refused with the code that says why", () => {
	const it = bench();
	for (const [path, accept, expected] of [
		["/9999", undefined, "4.04"],
		["/3/1", undefined, "4.04"],
		["/3/0/99", undefined, "4.04"],
		["/3/0/2", undefined, "4.04"], // a serial number that nobody set
		["/33000/0/13", undefined, "4.04"],
		["/33000/0/14", undefined, "4.04"],
		["/33000/0/9/3", undefined, "4.04"],
		["/33000/0/11", undefined, "4.05"], // write only
		["/33000/0/12", undefined, "4.05"], // executable
		["/3/0/4", undefined, "4.05"],
		["/3/0/0/0", undefined, "4.05"], // not a multiple-instance Resource
		["/3/0/0/0/0", undefined, "4.05"], // a path against the rules: Transport 1.1 §6.4.4
		["/3/0/65535", undefined, "4.04"],
		["/3/0/00", undefined, "4.04"],
		["/3/0/x", undefined, "4.04"],
		["/rd", undefined, "4.04"],
		["/3/0", text, "4.06"],
		["/3/0", cbor, "4.06"],
		["/3", opaque, "4.06"],
		["/33000/0/9", text, "4.06"],
		["/3/0/0", opaque, "4.06"],
		["/3/0/0", 11543, "4.06"],
		["/3/0/0", 9999, "4.06"],
	] as const) {
		equal(code(it.get(path, accept)), expected, `${path} as ${accept}`);
	}
	equal(code(it.ask(Code.get, "", { path: [] })), "4.00", "root");
});

test("[CORE-DM-1] Read of an object without instances is an empty success", () => {
	const it = bench({
		furnish: (client) => client.addObject({ id: 9000, version: "1.0", multiple: true, resources: {} }),
	});
	const response = it.get("/9000", tlv);
	equal(code(response), "2.05");
	equal(response.payload.length, 0);
});

test("[CORE-DM-1] Security answers 4.01 to everything, there or not", () => {
	const it = bench();
	for (const path of ["/0", "/0/0", "/0/0/0", "/0/7", "/0/0/99", "/0/0/16/0", "/21", "/21/0/0"]) {
		for (const method of [Code.get, Code.put, Code.post, Code.delete, Code.fetch, Code.ipatch]) {
			equal(code(it.ask(method, path)), "4.01", `${method} ${path}`);
		}
		equal(code(it.get(path, coreLink)), "4.01", `discover ${path}`);
		equal(code(it.attributes(path, "pmin=1")), "4.01", `attributes ${path}`);
	}
});

test("[CORE-DM-1] methods that are not LwM2M's are answered 4.05", () => {
	const it = bench();
	for (const method of [Code.patch, 0x1f]) {
		equal(code(it.ask(method, "/3/0")), "4.05", `method ${method}`);
		equal(code(it.ask(method, "", { path: [] })), "4.05", `method ${method} on the root`);
	}
});
