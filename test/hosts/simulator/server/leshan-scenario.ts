import { fromHex } from "../../../../modules/bytes.ts";
import type { Outgoing, Reply } from "./scripted-client.ts";

/**
 * One conversation with an LwM2M server, from both of its sides: what its client sends, what is asked of its REST
 * interface, and what the
 * client answers then. Played against leshan-demo-server's own classes once, and recorded; played against ours in
 * every test.
 */
export type Step = { readonly name: string } & (
	| { readonly do: "register"; readonly query: readonly string[]; readonly links: string }
	| { readonly do: "update"; readonly query: readonly string[]; readonly links?: string }
	| { readonly do: "deregister" }
	/** Opens the event stream of the client alone, which brings COAPLOG. */
	| { readonly do: "watch" }
	| { readonly do: "notify"; readonly message: Outgoing }
	/** Any other request of the client's, such as a Send. */
	| { readonly do: "request"; readonly message: Outgoing }
	| {
			readonly do: "http";
			readonly method: string;
			readonly url: string;
			readonly type?: string;
			readonly body?: unknown;
			readonly reply?: Reply;
	  }
);

/** The registered client's name; it is what {ep} stands for in a URL. */
export const endpoint = "scripted";

const content = 0x45;
const changed = 0x44;

function hex(text: string): Uint8Array {
	return fromHex(text)!;
}

function utf8(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

function get(name: string, url: string, reply?: Reply): Step {
	return { name, do: "http", method: "GET", url: `/api/clients/{ep}${url}`, ...(reply === undefined ? {} : { reply }) };
}

function put(name: string, url: string, body: unknown, reply: Reply = { code: changed }): Step {
	return { name, do: "http", method: "PUT", url: `/api/clients/{ep}${url}`, type: "application/json", body, reply };
}

function post(name: string, url: string, reply: Reply, body?: unknown, type = "application/json"): Step {
	const url_ = `/api/clients/{ep}${url}`;
	return { name, do: "http", method: "POST", url: url_, reply, ...(body === undefined ? {} : { type, body }) };
}

function remove(name: string, url: string, reply?: Reply): Step {
	const url_ = `/api/clients/{ep}${url}`;
	return { name, do: "http", method: "DELETE", url: url_, ...(reply === undefined ? {} : { reply }) };
}

function text(payload: string): Outgoing {
	return { code: content, contentFormat: 0, payload: utf8(payload) };
}

function tlv(payload: string): Outgoing {
	return { code: content, contentFormat: 11542, payload: hex(payload) };
}

function json(records: unknown): Outgoing {
	return { code: content, contentFormat: 110, payload: utf8(JSON.stringify(records)) };
}

function single(id: number, type: string, value: unknown): unknown {
	return { kind: "singleResource", id, type, value };
}

// Object 3442 has one Resource of every type: 110 string, 120 integer, 125 unsigned, 130 float, 140 boolean, 150
// opaque, 160 time,
// 170 objlnk, 180 corelink, and the same from 1110 on as multiple ones.
const register: readonly Step[] = [
	{ name: "a client that nobody knows", do: "http", method: "GET", url: "/api/clients/nobody" },
	{ name: "reading from nobody", do: "http", method: "GET", url: "/api/clients/nobody/3/0" },
	{ name: "no clients", do: "http", method: "GET", url: "/api/clients" },
	{
		name: "register",
		do: "register",
		query: [`ep=${endpoint}`, "lt=3600", "lwm2m=1.1", "b=U", "sms=+4912345", "colour=blue"],
		links: [
			'</>;rt="oma.lwm2m";ct="60 110 112 11542",</1/0>,</3/0>,</6>',
			"</3303>;ver=1.1,</3303/0>,</3303/1>,</3442/0>,</9999/0>",
		].join(","),
	},
	{ name: "all clients", do: "http", method: "GET", url: "/api/clients" },
	get("one client", ""),
	{ name: "the endpoints of the server", do: "http", method: "GET", url: "/api/server/endpoint" },
	{ name: "watch", do: "watch" },
];

const reads: readonly Step[] = [
	get("read text", "/3/0/0?format=TEXT", text("Dormouse GmbH")),
	get("read without a format", "/3/0/9", text("87")),
	get("read text float", "/3303/0/5700?format=TEXT", text("21.5")),
	get("read text whole float", "/3303/0/5700", text("21")),
	get("read text boolean", "/1/0/6", text("1")),
	get("read text time", "/3/0/13", text("1767225600")),
	get("read text opaque", "/3442/0/150", text("AQIDBA==")),
	get("read text objlnk", "/3442/0/170", text("3:0")),
	get("read text corelink", "/3442/0/180", text("</3/0>")),
	get("read text corelink with a version", "/3442/0/180", text("</3/0>;ver=1.1")),
	get("read text that is no integer", "/3/0/9", text("lots")),
	get("read text of an unknown object", "/9999/0/1", text("something")),
	get("read without content format", "/3/0/0", { code: content, payload: utf8("x") }),
	get("read with an unknown content format", "/3/0/0", { code: content, contentFormat: 11060, payload: utf8("x") }),
	get("read text null objlnk", "/3442/0/170", text("65535:65535")),
	get("read opaque", "/3442/0/150?format=OPAQUE", { code: content, contentFormat: 42, payload: hex("00ff10") }),
	get("read opaque of a string", "/3/0/0", { code: content, contentFormat: 42, payload: hex("6162") }),
	get("read cbor integer", "/3/0/9?format=CBOR", { code: content, contentFormat: 60, payload: hex("1857") }),
	get("read cbor string", "/3/0/0?format=CBOR", { code: content, contentFormat: 60, payload: hex("63616263") }),
	get("read cbor float", "/3303/0/5700", { code: content, contentFormat: 60, payload: hex("f94d60") }),
	get("read cbor boolean", "/1/0/6", { code: content, contentFormat: 60, payload: hex("f5") }),
	get("read cbor opaque", "/3442/0/150", { code: content, contentFormat: 60, payload: hex("430a0b0c") }),
	get("read cbor time", "/3/0/13", { code: content, contentFormat: 60, payload: hex("c11a6955b900") }),
	get("read cbor garbage", "/3/0/9", { code: content, contentFormat: 60, payload: hex("ff") }),
	get("read tlv resource", "/3/0/9?format=TLV", tlv("c10957")),
	get("read tlv instance", "/3/0?format=TLV", tlv("c30053494d c10957 8606 410001 410105")),
	get("read tlv object", "/3303?format=TLV", tlv("08 00 07 e4 1644 41ac0000 08 01 0c e8 1644 08 403547ae147ae148")),
	get("read tlv multi", "/3/0/6?format=TLV", tlv("8606410001410105")),
	get("read tlv resource instance", "/3/0/6/1?format=TLV", tlv("410105")),
	get("read tlv unknown object", "/9999/0?format=TLV", tlv("c30053494d")),
	get("read tlv empty instance", "/3303/1?format=TLV", tlv("")),
	get("read tlv truncated", "/3/0?format=TLV", tlv("c80014")),
	get("read tlv of another resource", "/3/0/9?format=TLV", tlv("c10857")),
	get("read tlv 64 bits", "/3442/0/120?format=TLV", tlv("c8 78 08 7fffffffffffffff")),
	get("read tlv negative", "/3442/0/120?format=TLV", tlv("c178ff")),
	get("read tlv objlnk", "/3442/0/170?format=TLV", tlv("c4aa00030000")),
	get("read senml json resource", "/3/0/9?format=SENML_JSON", json([{ bn: "/3/0/9", v: 87 }])),
	get(
		"read senml json instance",
		"/3/0?format=SENML_JSON",
		json([
			{ bn: "/3/0/", n: "0", vs: "SIM" },
			{ n: "6/0", v: 1 },
			{ n: "6/1", v: 5 },
			{ n: "9", v: 87 },
		]),
	),
	get(
		"read senml json object",
		"/3303?format=SENML_JSON",
		json([
			{ bn: "/3303/", n: "0/5700", v: 21.25 },
			{ n: "1/5700", v: -3 },
		]),
	),
	get(
		"read senml json all types",
		"/3442/0?format=SENML_JSON",
		json([
			{ bn: "/3442/0/", n: "110", vs: "é" },
			{ n: "120", v: -42 },
			{ n: "125", v: 42 },
			{ n: "130", v: 1e10 },
			{ n: "140", vb: true },
			{ n: "150", vd: "AP8Q" },
			{ n: "160", v: 1767225600 },
			{ n: "170", vlo: "3:0" },
			{ n: "180", vs: "</3/0>" },
		]),
	),
	get(
		"read senml json unknown",
		"/9999/0",
		json([
			{ bn: "/9999/0/", n: "1", v: 1 },
			{ n: "2", vs: "a" },
			{ n: "3", v: 0.5 },
		]),
	),
	get("read senml json elsewhere", "/3/0/9?format=SENML_JSON", json([{ bn: "/3/0/8", v: 87 }])),
	get("read senml json garbage", "/3/0?format=SENML_JSON", { code: content, contentFormat: 110, payload: utf8("[{") }),
	get(
		"read senml json twice",
		"/3/0/9?format=SENML_JSON",
		json([
			{ bn: "/3/0/9", v: 1 },
			{ bn: "/3/0/9", v: 2 },
		]),
	),
	get("read senml cbor resource", "/3/0/9?format=SENML_CBOR", {
		code: content,
		contentFormat: 112,
		payload: hex("81 a2 21 66 2f332f302f39 02 18 57"),
	}),
	get("read senml cbor instance", "/3/0?format=SENML_CBOR", {
		code: content,
		contentFormat: 112,
		payload: hex("82 a3 21 65 2f332f302f 00 61 30 03 63 53494d a2 00 61 39 02 18 57"),
	}),
	get("read refused", "/3/0/9", { code: 0x84 }),
	get("read refused with words", "/3/0/9", { code: 0x85, payload: utf8("not readable") }),
	get("read answered oddly", "/3/0/9", { code: changed }),
	get("read answered with a code nobody knows", "/3/0/9", { code: 0x9f }),
	get("read reset", "/3/0/9", "reset"),
	get("read unanswered", "/3/0/9?timeout=1", "silence"),
	get("read the root", "/", text("x")),
	get("read a path that is none", "/3/x", text("x")),
	get("read too deep", "/3/0/6/0/1", text("x")),
];

const writes: readonly Step[] = [
	put("write tlv by default", "/1/0/1", single(1, "integer", "60")),
	put("write tlv 16 bits", "/1/0/1?format=TLV", single(1, "INTEGER", 86400)),
	put("write text", "/1/0/1?format=TEXT", single(1, "integer", "60")),
	put("write cbor", "/1/0/1?format=CBOR", single(1, "integer", "60")),
	put("write senml json", "/1/0/1?format=SENML_JSON", single(1, "integer", "60")),
	put("write senml cbor", "/1/0/1?format=SENML_CBOR", single(1, "integer", "60")),
	put("write string tlv", "/3/0/15", single(15, "string", "Europe/Berlin")),
	put("write boolean text", "/1/0/6?format=TEXT", single(6, "boolean", true)),
	put("write boolean tlv", "/1/0/6", single(6, "boolean", false)),
	put("write time tlv", "/3/0/13", single(13, "time", 1767225600000)),
	put("write time text", "/3/0/13?format=TEXT", single(13, "time", 1767225600000)),
	put("write time senml json", "/3/0/13?format=SENML_JSON", single(13, "time", 1767225600000)),
	put("write float text", "/3442/0/130?format=TEXT", single(130, "float", "21.5")),
	put("write unsigned tlv", "/3442/0/125", single(125, "unsigned_integer", "60000")),
	put("write opaque", "/3442/0/150?format=OPAQUE", single(150, "opaque", "00ff10")),
	put("write opaque text", "/3442/0/150?format=TEXT", single(150, "opaque", "00ff10")),
	put("write opaque senml json", "/3442/0/150?format=SENML_JSON", single(150, "opaque", "00ff10")),
	put("write objlnk tlv", "/3442/0/170", single(170, "objlnk", { objectId: 3, objectInstanceId: 0 })),
	put(
		"write objlnk senml json",
		"/3442/0/170?format=SENML_JSON",
		single(170, "objlnk", { objectId: 3, objectInstanceId: 0 }),
	),
	put("write corelnk text", "/3442/0/180?format=TEXT", single(180, "corelink", "</3/0>")),
	put("write multi tlv", "/3442/0/1110", {
		kind: "multiResource",
		id: 1110,
		type: "string",
		values: { 0: "a", 1: "b" },
	}),
	put("write multi senml json", "/3442/0/1110?format=SENML_JSON", {
		kind: "multiResource",
		id: 1110,
		type: "string",
		values: { 0: "a", 1: "b" },
	}),
	put("write resource instance tlv", "/3442/0/1110/1", { kind: "resourceInstance", id: 1, type: "string", value: "x" }),
	put("write resource instance text", "/3442/0/1110/1?format=TEXT", {
		kind: "resourceInstance",
		id: 1,
		type: "string",
		value: "x",
	}),
	put("write instance", "/1/0", {
		kind: "instance",
		id: 0,
		resources: [single(1, "integer", "60"), single(6, "boolean", false), single(7, "string", "U")],
	}),
	put("write instance partly", "/1/0?replace=false", {
		kind: "instance",
		id: 0,
		resources: [single(1, "integer", "60"), single(2, "integer", "5")],
	}),
	put("write instance senml json", "/1/0?format=SENML_JSON", {
		kind: "instance",
		id: 0,
		resources: [single(1, "integer", "60"), single(7, "string", "U")],
	}),
	put("write refused", "/3/0/0", single(0, "string", "x"), { code: 0x85 }),
	put("write without kind", "/1/0/1", { id: 1, type: "integer", value: 60 }),
	put("write of the wrong type", "/1/0/1", single(1, "string", "60")),
	put("write a single resource partly", "/1/0/1?replace=false", single(1, "integer", "60")),
	put("write an instance to a resource", "/1/0/1", { kind: "instance", id: 0, resources: [] }),
	put("write to an object", "/1", { kind: "obj", id: 1, instances: [] }),
	put("write something", "/1/0/1", { id: 1 }),
	put("write an integer that is none", "/1/0/1", single(1, "integer", "sixty")),
	put("write an unknown type", "/1/0/1", single(1, "number", "60")),
	put("write text of an instance", "/1/0?format=TEXT", { kind: "instance", id: 0, resources: [] }),
	{
		name: "write broken json",
		do: "http",
		method: "PUT",
		url: "/api/clients/{ep}/1/0/1",
		type: "application/json",
		body: "{",
	},
	{
		name: "write words",
		do: "http",
		method: "PUT",
		url: "/api/clients/{ep}/3/0/15",
		type: "text/plain",
		body: "CET",
		reply: { code: changed },
	},
	{
		name: "write words to an integer",
		do: "http",
		method: "PUT",
		url: "/api/clients/{ep}/1/0/1",
		type: "text/plain",
		body: "60",
	},
	{ name: "write html", do: "http", method: "PUT", url: "/api/clients/{ep}/1/0/1", type: "text/html", body: "60" },
];

const management: readonly Step[] = [
	post("execute", "/3/0/4", { code: changed }),
	post("execute with arguments", "/3/0/4", { code: changed }, "0='one',1", "text/plain"),
	post("execute with bad arguments", "/3/0/4", { code: changed }, "one", "text/plain"),
	post("execute refused", "/3/0/0", { code: 0x85 }),
	post(
		"create",
		"/3303",
		{ code: 0x41, locationPath: ["3303", "7"] },
		{
			kind: "instance",
			id: 7,
			resources: [single(5750, "string", "shed")],
		},
	),
	post(
		"create, the client choosing",
		"/3303",
		{ code: 0x41, locationPath: ["3303", "8"] },
		{
			kind: "instance",
			resources: [single(5750, "string", "shed")],
		},
	),
	post("create without location", "/3303", { code: 0x41 }, { kind: "instance", id: 7, resources: [] }),
	post(
		"create in senml json",
		"/3303?format=SENML_JSON",
		{ code: 0x41 },
		{
			kind: "instance",
			id: 7,
			resources: [single(5750, "string", "shed")],
		},
	),
	post(
		"create in senml json, the client choosing",
		"/3303?format=SENML_JSON",
		{ code: 0x41 },
		{
			kind: "instance",
			resources: [single(5750, "string", "shed")],
		},
	),
	post("create below an instance", "/3303/1", { code: 0x41 }, { kind: "instance", id: 7, resources: [] }),
	post("create refused", "/3", { code: 0x80 }, { kind: "instance", id: 1, resources: [] }),
	remove("delete", "/3303/7", { code: 0x42 }),
	remove("delete refused", "/3303/7", { code: 0x84 }),
	remove("delete a resource", "/3303/7/5700", { code: 0x42 }),
	get("discover an object", "/3/discover", {
		code: content,
		contentFormat: 40,
		payload: utf8("</3>;ver=1.1;pmin=10,</3/0>;pmax=60,</3/0/9>;gt=50;lt=42.2,</3/0/6>;dim=2,</3/0/4>"),
	}),
	get("discover an instance", "/3/0/discover", { code: content, contentFormat: 40, payload: utf8("</3/0>,</3/0/1>") }),
	get("discover a resource", "/3/0/6/discover", {
		code: content,
		contentFormat: 40,
		payload: utf8("</3/0/6>;dim=2,</3/0/6/0>,</3/0/6/1>"),
	}),
	get("discover garbage", "/3/0/discover", { code: content, contentFormat: 40, payload: utf8("<<") }),
	get("discover in another format", "/3/0/discover", { code: content, contentFormat: 0, payload: utf8("</3/0>") }),
	get("discover refused", "/9/discover", { code: 0x84 }),
	get("discover a resource instance", "/3/0/6/0/discover", { code: content, contentFormat: 40 }),
	put("attributes", "/3303/0/5700/attributes?pmin=10&pmax=60", undefined),
	put("attributes with fractions", "/3303/0/5700/attributes?gt=21.5&lt=-3&st=0.5", undefined),
	put("attributes of an object", "/3303/attributes?pmin=10", undefined),
	put("attributes removed", "/3303/0/5700/attributes?pmin&pmax", undefined),
	put("attributes for resources on an instance", "/3303/0/attributes?gt=1", undefined),
	put("attributes unknown", "/3303/0/5700/attributes?speed=1", undefined),
	put("attributes that are none", "/3303/0/5700/attributes?pmin=soon", undefined),
	put("attributes refused", "/3303/0/5700/attributes?pmin=10&pmax=5", undefined, { code: 0x80 }),
];

function notify(name: string, sequence: number, payload: string, code = content): Step {
	return { name, do: "notify", message: { ...text(payload), code, observe: sequence } };
}

const observations: readonly Step[] = [
	post("observe", "/3303/0/5700/observe?format=TEXT", { ...text("20.5"), observe: 1 }),
	notify("a notification", 2, "21.5"),
	notify("another notification", 3, "22.25"),
	notify("a notification that came late", 1, "19"),
	notify("a notification of garbage", 4, "warm"),
	remove("cancel actively", "/3303/0/5700/observe?active", text("22.25")),
	remove("cancel actively what is not observed", "/3303/0/5700/observe?active", text("x")),
	post("observe an instance", "/3303/0/observe?format=SENML_JSON", {
		...json([{ bn: "/3303/0/", n: "5700", v: 20.5 }]),
		observe: 1,
	}),
	{
		name: "a notification of an instance",
		do: "notify",
		message: { ...json([{ bn: "/3303/0/", n: "5700", v: 21.5 }]), observe: 2 },
	},
	{
		name: "a notification with times",
		do: "notify",
		message: {
			...json([
				{ bn: "/3303/0/", n: "5700", v: 23, bt: 1767225600, t: 10 },
				{ n: "5700", v: 22, t: 5 },
			]),
			observe: 3,
		},
	},
	remove("cancel passively", "/3303/0/observe"),
	{
		name: "a notification nobody wants",
		do: "notify",
		message: { ...json([{ bn: "/3303/0/5700", v: 1 }]), observe: 4 },
	},
	remove("cancel passively what is not observed", "/3303/0/observe"),
	post("observe what can not be observed", "/3303/0/5700/observe", text("20.5")),
	post("observe refused", "/3303/9/observe", { code: 0x84 }),
	post("observe, and it goes away", "/3303/1/5700/observe", { ...text("20.5"), observe: 1 }),
	{ name: "a notification with an error", do: "notify", message: { code: 0x84 } },
	post("observe resource instances", "/3/0/6/observe?format=TLV", { ...tlv("8606410001410105"), observe: 1 }),
	{ name: "a notification of resource instances", do: "notify", message: { ...tlv("8606410001410106"), observe: 2 } },
];

const ending: readonly Step[] = [
	{ name: "update", do: "update", query: [] },
	{ name: "update the lifetime", do: "update", query: ["lt=120"] },
	{ name: "update binding and number", do: "update", query: ["b=U", "sms=+4999", "shade=dark"] },
	{ name: "update the objects", do: "update", query: [], links: "</1/0>,</3/0>,</3303/2>" },
	get("the client after its updates", ""),
	{
		name: "register again",
		do: "register",
		query: [`ep=${endpoint}`, "lt=3600", "lwm2m=1.1", "b=U", "Q"],
		links: "</lwm2m>;rt=oma.lwm2m;ct=110,</lwm2m/1/0>,</lwm2m/3/0>",
	},
	get("a queue-mode client below another root", ""),
	get("read below another root", "/3/0/9", text("1")),
	{ name: "de-register", do: "deregister" },
	get("a client that has gone", ""),
	{
		name: "register with 1.0",
		do: "register",
		query: [`ep=${endpoint}`, "lt=3600", "lwm2m=1.0", "b=UQ"],
		links: "</1/0>,</3/0>",
	},
	get("a client of 1.0", ""),
	{ name: "de-register again", do: "deregister" },
	{ name: "register without a name", do: "register", query: ["lt=3600", "lwm2m=1.1"], links: "</1/0>" },
	{ name: "register without objects", do: "register", query: ["ep=x", "lwm2m=1.1"], links: "" },
	{ name: "register with broken links", do: "register", query: ["ep=x", "lwm2m=1.1"], links: "<1" },
	{ name: "register with a version nobody speaks", do: "register", query: ["ep=x", "lwm2m=1.9"], links: "</1/0>" },
	{ name: "register with a version that is none", do: "register", query: ["ep=x", "lwm2m=one"], links: "</1/0>" },
	{ name: "register with a bad lifetime", do: "register", query: ["ep=x", "lwm2m=1.1", "lt=soon"], links: "</1/0>" },
	{ name: "register with a binding of 1.0", do: "register", query: ["ep=x", "lwm2m=1.1", "b=UQ"], links: "</1/0>" },
];

export const scenario: readonly Step[] = [...register, ...reads, ...writes, ...management, ...observations, ...ending];
