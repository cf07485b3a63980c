import { utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { RequestOptions } from "../../../modules/coap/peer.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { equal, ok, test } from "../../harness.ts";
import { type Bench, bench } from "./bench.ts";
import { SAMPLE } from "./sample-object.ts";

const { text, opaque, cbor, tlv, senmlJson, senmlEtchJson, lwm2mCbor, coreLink } = ContentFormat;

/** One request and the codes it gets from a client of 1.0, 1.1 and 1.2; one code stands for all three. */
interface Case {
	readonly method: number;
	readonly path: string;
	readonly body?: string;
	readonly contentFormat?: number;
	readonly accept?: number;
	readonly query?: readonly string[];
	readonly observe?: 0 | 1;
	readonly code: string | readonly [string, string, string];
}

const get = (path: string, code: Case["code"], more: Partial<Case> = {}): Case => ({
	method: Code.get,
	path,
	code,
	...more,
});
const put = (path: string, body: string, contentFormat: number, code: Case["code"]): Case => ({
	...{ method: Code.put, path, body, contentFormat, code },
});
const post = (path: string, body: string, contentFormat: number, code: Case["code"]): Case => ({
	...{ method: Code.post, path, body, contentFormat, code },
});
const attributes = (path: string, query: readonly string[], code: Case["code"]): Case => ({
	...{ method: Code.put, path, query, code },
});
const discover = (path: string, code: Case["code"], query: readonly string[] = []): Case =>
	get(path, code, { accept: coreLink, query });
const remove = (path: string, code: Case["code"]): Case => ({ method: Code.delete, path, code });
const execute = (path: string, body: string, code: Case["code"], contentFormat?: number): Case => ({
	...{ method: Code.post, path, body, code },
	...(contentFormat === undefined ? {} : { contentFormat }),
});
const fetch = (body: string, code: Case["code"], more: Partial<Case> = {}): Case => ({
	...{ method: Code.fetch, path: "", body, contentFormat: senmlJson, code },
	...more,
});
const patch = (body: string, code: Case["code"], contentFormat: number = senmlJson): Case => ({
	...{ method: Code.ipatch, path: "", body, contentFormat, code },
});

/** On the bench: /33000/0, an instance 1 whose hooks refuse and fail, and /33001, a server's to create and delete. */
function table(enabler: EnablerVersion): Bench {
	const OPEN = { ...SAMPLE, id: 33001 };
	const refuse = () => {
		throw new RequestRefused(Code.forbidden, "not now");
	};
	return bench({
		enabler,
		furnish(client) {
			client.add(
				new ObjectInstance(SAMPLE, {
					id: 1,
					values: { whole: 1, level: 2 },
					read: { text: refuse },
					check: { whole: refuse },
					execute: { run: refuse },
				}),
			);
			client.addObject(OPEN, { create: (id) => new ObjectInstance(OPEN, { id, values: { whole: 1 } }), remove() {} });
			client.add(new ObjectInstance(OPEN, { id: 9, values: { whole: 1 } }));
		},
	});
}

const cases: { readonly [operation: string]: readonly Case[] } = {
	Read: [
		get("/3", "2.05"),
		get("/3/0", "2.05", { accept: tlv }),
		get("/3/0/0", "2.05", { accept: text }),
		get("/33000/0/9/2", "2.05"),
		get("/33000/0/9/2", "2.05", { accept: cbor }),
		get("/", "4.00"),
		get("/0", "4.01"),
		get("/0/0/0", "4.01"),
		get("/21/7", "4.01"),
		get("/23", "4.01"),
		get("/33000/1/0", "4.03"), // a hook of ours
		get("/9999", "4.04"),
		get("/3/1", "4.04"),
		get("/3/0/99", "4.04"),
		get("/3/0/11/9", "4.04"),
		get("/33000/0/14", "4.04"),
		get("/x", "4.04"),
		get("/33000/0/11", "4.05"), // write only
		get("/3/0/4", "4.05"), // executable
		get("/3/0/0/0", "4.05"), // a Resource Instance of a single one
		get("/3/0/11/0/0", "4.05"),
		get("/3/0", "4.06", { accept: text }),
		get("/3/0/0", "4.06", { accept: opaque }),
		get("/3/0", "4.06", { accept: 9999 }),
	],
	"Read-Composite": [
		fetch('[{"n":"/3/0/0"}]', ["4.05", "2.05", "2.05"]),
		fetch('[{"n":"/3/0/0"},{"n":"/9999"}]', ["4.05", "2.05", "2.05"]),
		fetch('[{"n":"/"}]', ["4.05", "2.05", "2.05"], { accept: lwm2mCbor }),
		fetch('[{"n":"/3/0/0"', ["4.05", "4.00", "4.00"]),
		fetch('[{"n":"/3/0/0","vs":"x"}]', ["4.05", "4.00", "4.00"]),
		fetch("[]", ["4.05", "4.00", "4.00"]),
		fetch('[{"n":"/0/0"}]', ["4.05", "4.01", "4.01"]),
		fetch('[{"n":"/9999"}]', ["4.05", "4.04", "4.04"]),
		fetch('[{"n":"/33000/0/11"}]', "4.05"),
		fetch('[{"n":"/3/0/0"}]', "4.05", { path: "/3" }),
		fetch('[{"n":"/3/0/0"}]', ["4.05", "4.06", "4.06"], { accept: tlv }),
		fetch('[{"n":"/3/0/0"}]', ["4.05", "4.15", "4.15"], { contentFormat: text }),
	],
	Write: [
		put("/33000/0/1", "8", text, "2.04"),
		put("/33000/0/9/2", "x", text, "2.04"),
		put("/33000/0/1", "x", text, "4.00"),
		put("/33000/0/1", "101", text, "4.00"), // out of range
		put("/33000/0", "8", text, "4.00"), // one value for many
		put("/33000/0", "\x03\x00", tlv, "4.00"),
		put("/0/0/0", "coap://x", text, "4.01"),
		put("/33000/1/1", "8", text, "4.03"), // a hook of ours
		put("/9999/0/0", "8", text, "4.04"),
		put("/33000/7/1", "8", text, "4.04"),
		put("/33000/0/99", "8", text, "4.04"),
		put("/33000/0/9/7", "x", text, "4.04"),
		put("/33000/0/10", "x", text, "4.05"), // read only
		put("/33000/0/12", "x", text, "4.05"), // executable
		put("/33000/0/1/0", "8", text, "4.05"),
		put("/33000", "8", text, "4.05"), // Replace of an Object
		post("/33000/0/1", "8", text, "4.05"), // Partial Update of one value
		put("/33000/0/1", "8", 9999, "4.15"),
		put("/33000/0/1", "8", coreLink, "4.15"),
		put("/33000/0/1", "8", senmlEtchJson, "4.15"),
		{ method: Code.put, path: "/33000/0/1", body: "8", code: "4.15" }, // no format
	],
	"Write-Composite": [
		patch('[{"n":"/33000/0/1","v":9}]', ["4.05", "2.04", "2.04"]),
		patch('[{"n":"/33000/0/1","vs":"x"}]', ["4.05", "4.00", "4.00"]),
		patch('[{"n":"/33000/0/1","v":9}', ["4.05", "4.00", "4.00"]),
		patch('[{"n":"/0/0/0","vs":"x"}]', ["4.05", "4.01", "4.01"]),
		patch('[{"n":"/33000/1/1","v":9}]', ["4.05", "4.03", "4.03"]),
		patch('[{"n":"/33000/0/99","v":9}]', ["4.05", "4.04", "4.04"]),
		patch('[{"n":"/33000/0/10","vs":"x"}]', "4.05"),
		patch("9", ["4.05", "4.15", "4.15"], text),
	],
	Create: [
		post("/33001", "\xc1\x01\x05", tlv, "2.01"),
		{ method: Code.post, path: "/33001", code: "2.01" }, // no New Value
		post("/33001", "\x08\x09\x03\xc1\x01\x05", tlv, "4.00"), // it exists
		post("/33001", "5", text, "4.00"),
		{ method: Code.post, path: "/33001", body: "5", code: "4.00" }, // no format
		post("/", "[]", senmlJson, "4.00"),
		post("/0", "", tlv, "4.01"),
		post("/9999", "", tlv, "4.04"),
		post("/3", "", tlv, "4.05"), // ETS 680
		post("/1", "", tlv, "4.05"),
		post("/33001", "", 9999, "4.15"),
	],
	Delete: [
		remove("/33001/9", "2.02"),
		remove("/33000/0/9/5", ["4.05", "4.05", "2.02"]),
		remove("/", "4.00"),
		remove("/0/0", "4.01"),
		remove("/33001/77", "4.04"),
		remove("/3/0", "4.05"),
		remove("/33001", "4.05"),
		remove("/33000/0/1", "4.05"),
		remove("/33000/0/15/0", "4.05"),
	],
	Execute: [
		execute("/33000/0/12", "", "2.04"),
		execute("/33000/0/12", "0='a',1", "2.04"),
		execute("/33000/0/12", "0='a',1", "2.04", text),
		execute("/33000/0/12", "0=a", "4.00"),
		execute("/33000/0/12", "0,0", "4.00"),
		execute("/33000/0/12", "0", "4.00", tlv),
		execute("/0/0/0", "", "4.01"),
		execute("/33000/1/12", "", "4.03"), // a hook of ours
		execute("/33000/7/12", "", "4.04"),
		execute("/9999/0/12", "", "4.04"),
		execute("/33000/0/12/0", "", "4.05"),
	],
	"Write-Attributes": [
		attributes("/33000", ["pmin=1", "pmax=5"], "2.04"),
		attributes("/33000/0", ["pmin"], "2.04"),
		attributes("/33000/0/3", ["gt=5", "lt=1", "st=1"], "2.04"),
		attributes("/33000/0/9/2", ["pmax=5"], "2.04"),
		attributes("/33000/0/1", ["epmin=1"], ["4.00", "2.04", "2.04"]),
		attributes("/33000/0/4", ["edge=1"], ["4.00", "4.00", "2.04"]),
		attributes("/33000/0/3", ["con=1"], ["4.00", "4.00", "2.04"]),
		attributes("/33000/0/3", ["edge=1"], "4.00"), // no Boolean
		attributes("/33000/0/0", ["gt=1"], "4.00"), // no number
		attributes("/33000/0", ["lt=1"], "4.00"),
		attributes("/33000/0/1", ["gt=1", "lt=1"], "4.00"),
		attributes("/33000/0/1", ["ver=1"], "4.00"),
		attributes("/", ["pmin=1"], "4.00"),
		attributes("/0", ["pmin=1"], "4.01"),
		attributes("/21/0", ["pmin=1"], "4.01"),
		attributes("/9999", ["pmin=1"], "4.04"),
		attributes("/33000/0/99", ["pmin=1"], "4.04"),
		attributes("/33000/0/9/77", ["pmin=1"], "4.04"),
		attributes("/33000/0/12", ["pmin=1"], "4.05"),
		attributes("/33000/0/1/0", ["pmin=1"], "4.05"),
	],
	Discover: [
		discover("/33000", "2.05"),
		discover("/33000/0", "2.05"),
		discover("/33000/0/9", "2.05"),
		discover("/33000", "2.05", ["depth=3"]),
		discover("/33000", ["2.05", "2.05", "4.00"], ["depth=9"]),
		discover("/", "4.00"),
		discover("/0", "4.01"),
		discover("/9999", "4.04"),
		discover("/33000/7", "4.04"),
		discover("/33000/0/14", "4.04"),
		discover("/33000/0/9/2", "4.05"),
	],
	Observe: [
		get("/33000/0/1", "2.05", { observe: 0 }),
		get("/33000/0/1", "2.05", { observe: 1 }),
		get("/33000/0/1", ["4.00", "4.00", "2.05"], { observe: 0, query: ["pmin=1"] }),
		get("/33000/0/0", "4.00", { observe: 0, query: ["gt=1"] }),
		get("/33000/0/1", "4.00", { observe: 0, query: ["pmin"] }),
		get("/0/0", "4.01", { observe: 0 }),
		get("/9999", "4.04", { observe: 0 }),
		get("/33000/0/11", "4.05", { observe: 0 }),
		get("/33000/0", "4.06", { observe: 0, accept: text }),
		fetch('[{"n":"/3/0/0"}]', ["4.05", "2.05", "2.05"], { observe: 0 }),
		fetch('[{"n":"/3/0/0"}]', ["4.05", "4.00", "2.05"], { observe: 0, query: ["pmin=1"] }),
		fetch('[{"n":"/3/0/0"}]', ["4.05", "4.00", "4.00"], { observe: 0, query: ["gt=1"] }),
		fetch('[{"n":"/9999"}]', ["4.05", "4.04", "4.04"], { observe: 0 }),
		fetch('[{"n":"/3/0/0"}]', ["4.05", "4.15", "4.15"], { observe: 0, contentFormat: tlv }),
	],
	"no operation": [
		{ method: Code.patch, path: "/3/0", code: "4.05" },
		{ method: 0x1f, path: "/3/0", code: "4.05" },
		{ method: 0x1f, path: "/0/0", code: "4.01" },
	],
};

/** Bytes from characters up to 0xff: TLV in a table of texts. */
const bytes = (body: string, contentFormat: number | undefined) =>
	contentFormat === tlv ? Uint8Array.from(body, (character) => character.charCodeAt(0)) : utf8(body);

function codeOf(it: Bench, { method, path, body, contentFormat, accept, query, observe }: Case): string {
	const more: Partial<RequestOptions> = {
		path: path === "" || path === "/" ? [] : path.split("/").slice(1),
		...(body === undefined ? {} : { payload: bytes(body, contentFormat) }),
		...(contentFormat === undefined ? {} : { contentFormat }),
		...(accept === undefined ? {} : { accept }),
		...(query === undefined ? {} : { query }),
		...(observe === undefined ? {} : { observe }),
	};
	return codeText(it.ask(method, path, more).code);
}

(["1.0", "1.1", "1.2"] as const).forEach((enabler, column) => {
	for (const operation in cases) {
		test(`[CORE-DM-1] [CORE-DM-2] response codes of LwM2M Transport 1.2 §6.7, as ${enabler}: ${operation}`, () => {
			for (const each of cases[operation]!) {
				const expected = typeof each.code === "string" ? each.code : each.code[column];
				const { path, body = "", query = [], contentFormat = "" } = each;
				equal(codeOf(table(enabler), each), expected, `${each.method} ${path} ${query} ${body} ${contentFormat}`);
			}
		});
	}
});

test("[CORE-DM-1] the table of codes has every operation, with a success and with refusals", () => {
	for (const operation in cases) {
		const codes = cases[operation]!.flatMap(({ code }) => code);
		ok(operation === "no operation" || codes.some((code) => code.startsWith("2.")), operation);
		ok(codes.filter((code) => code.startsWith("4.")).length > 2, operation);
	}
});
