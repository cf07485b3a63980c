/** The Bootstrap-Server's sessions: Core 1.2 §6.1, Transport 1.2 §6.4.2. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { configurationToJson } from "../../../../hosts/simulator/server/bootstrap/configuration-json.ts";
import { account, agree, BootstrapStage, codeText } from "./bootstrap-stage.ts";
import type { Heard, Reply } from "./scripted-client.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

test("[CORE-SRV-1] a session: request, Writes in the order of Leshan, Finish; told as it is told there", async () => {
	const stage = await BootstrapStage.open({ ...account, toDelete: ["/0", "/1"] });
	equal(await stage.request(), "2.04");
	deepEqual(stage.asked, ["DELETE /0", "DELETE /1", "PUT /0/1 11542", "PUT /1/0 11542", "POST /bs"]);
	const uri = "c8000f636f61703a2f2f31302e392e392e39";
	equal(stage.client.heard[2]!.payload, `${uri}c10100c10203c10a65`);
	equal(stage.client.heard[3]!.payload, "c10065c201012cc10755");
	equal(stage.client.heard[4]!.payload, "");
	deepEqual(stage.names, [
		"new session",
		"authorized",
		...["send delete", "receive success response", "send delete", "receive success response"],
		...["send write", "receive success response", "send write", "receive success response"],
		"send request",
		"receive success response",
		"finished",
	]);
	deepEqual(stage.events.finished, [{ endpoint: "dormouse", how: "finish" }]);
	match(stage.events.session[0]!.message, /^Bootstrap Request from \/10\.\d+\.\d+\.\d+:\d+$/);
});

test("a Write's text shows values, and of keys the size alone", async () => {
	const secretKey = [...new Uint8Array(16).fill(0x41)];
	const security = { uri: "coaps://a", securityMode: "PSK", publicKeyOrId: [65], secretKey, serverId: 101 };
	const stage = await BootstrapStage.open({ bare: true, security: { 1: security } });
	await stage.request();
	const { message } = stage.events.session.find(({ name }) => name === "send write")!;
	match(message, /^Send WRITE request on \/0\/1 using TLV\(11542\)\n/);
	ok(message.includes("[16 bytes]"));
	ok(!message.includes("AAAA"));
});

for (const [pct, format] of [
	["110", 110],
	["112", 112],
	["11542", 11542],
	["11544", 11544],
] as const) {
	test(`the client's preferred format ${pct} is written in`, async () => {
		const stage = await BootstrapStage.open(account);
		equal(await stage.request(["ep=dormouse", `pct=${pct}`]), "2.04");
		deepEqual(stage.asked, [`PUT /0/1 ${format}`, `PUT /1/0 ${format}`, "POST /bs"]);
	});
}

test("a configured format counts more than the preferred one; whole Objects, or single Resources", async () => {
	const stage = await BootstrapStage.open({ ...account, contentFormat: "SENML_CBOR", writeLevel: "object" });
	await stage.request(["ep=dormouse", "pct=110"]);
	deepEqual(stage.asked, ["PUT /0 112", "PUT /1 112", "POST /bs"]);
	stage.server.configure("dormouse", { ...account, writeLevel: "resource" });
	await stage.request();
	const first = stage.asked.slice(3, 6);
	deepEqual(first, ["PUT /0/1/0 11542", "PUT /0/1/1 11542", "PUT /0/1/2 11542"]);
});

const refusals: readonly [what: string, code: string, query: readonly string[]][] = [
	["no endpoint name", "4.00", []],
	["an empty endpoint name", "4.00", ["ep="]],
	["an endpoint without configuration", "4.00", ["ep=nobody"]],
	["a preferred format that is none", "4.00", ["ep=dormouse", "pct=tlv"]],
	["a preferred format that is none to bootstrap in", "4.15", ["ep=dormouse", "pct=40"]],
	["the same parameter twice", "4.00", ["ep=dormouse", "ep=other"]],
];
for (const [what, code, query] of refusals) {
	test(`a Bootstrap-Request with ${what} is answered ${code}`, async () => {
		const stage = await BootstrapStage.open(account);
		equal(await stage.request(query), code);
		deepEqual(stage.asked, []);
	});
}

test("unknown parameters are no error, and shown", async () => {
	const stage = await BootstrapStage.open(account);
	equal(await stage.request(["ep=dormouse", "imei=123"]), "2.04");
	match(stage.events.session[0]!.message, /\nAdditional attributes: \{imei=123\}$/);
});

test("no configuration: told so, and a configuration for everybody without one of his own", async () => {
	const stage = await BootstrapStage.open();
	equal(await stage.request(["ep=stranger"]), "4.00");
	deepEqual(stage.names, ["new session", "authorized", "no config", "failed"]);
	deepEqual(stage.events.failed, [{ endpoint: "stranger", cause: "NO_BOOTSTRAP_CONFIG" }]);
	stage.server.configure("template", account);
	stage.server.configurations.fallback = stage.server.configurations.of("template");
	equal(await stage.request(["ep=stranger"]), "2.04");
});

/** Answers a Discover with these links, everything else with success. */
function discovering(links: string): (request: Heard) => Reply {
	return (request) => {
		const isDiscover = request.accept === 40;
		return isDiscover ? { code: 0x45, contentFormat: 40, payload: utf8(links) } : agree(request);
	};
}

for (const [form, links] of [
	["of 1.1", '</>;lwm2m=1.1,</0/0>,</0/1>;ssid=5;uri="coap://x",</1/0>;ssid=5,</3/0>'],
	["of 1.0", 'lwm2m="1.0",</0/0>,</0/1>;ssid=5,</1/0>;ssid=5,</3/0>'],
] as const) {
	test(`identifiers around the Bootstrap-Server's own, which a Discover ${form} shows`, async () => {
		const security = { ...account.security, 0: { uri: "coap://b", bootstrapServer: true, securityMode: "NO_SEC" } };
		const stage = await BootstrapStage.open({ ...account, security, autoIdForSecurityObject: true });
		stage.client.reply = discovering(links);
		await stage.request();
		const wanted = ["GET /  accept 40", "PUT /0/0 11542", "PUT /0/1 11542", "PUT /1/0 11542", "POST /bs"];
		deepEqual(stage.asked, wanted);
		ok(stage.client.heard[1]!.payload.includes("c10101"), "/0/0 stays the Bootstrap-Server's");
	});
}

test("without the Bootstrap-Server's own Instance in the Discover nothing is written, as Leshan", async () => {
	const stage = await BootstrapStage.open({ ...account, autoIdForSecurityObject: true });
	stage.client.reply = discovering("</>;lwm2m=1.1,</3/0>");
	await stage.request();
	deepEqual(stage.asked, ["GET /  accept 40", "POST /bs"]);
});

test("an error to a Write: the session goes on, or stops where it is told to", async () => {
	const refuse = (request: Heard): Reply => (request.path === "/0/1" ? { code: 0x80 } : agree(request));
	const stage = await BootstrapStage.open(account);
	stage.client.reply = refuse;
	await stage.request();
	deepEqual(stage.asked, ["PUT /0/1 11542", "PUT /1/0 11542", "POST /bs"]);
	equal(stage.events.finished.length, 1);
	ok(stage.names.includes("receive error response"));
	stage.server.configure("dormouse", { ...account, onError: "stop" });
	await stage.request();
	deepEqual(stage.asked.slice(3), ["PUT /0/1 11542"]);
	deepEqual(stage.events.failed, [{ endpoint: "dormouse", cause: "REQUEST_FAILED" }]);
});

test("a Finish that the client refuses with 4.06 is a failure, with its reason", async () => {
	const stage = await BootstrapStage.open(account);
	stage.client.reply = (request) =>
		request.path === "/bs" ? { code: 0x86, payload: utf8("no server account") } : agree(request);
	await stage.request();
	deepEqual(stage.events.failed, [{ endpoint: "dormouse", cause: "FINISH_FAILED" }]);
	ok(stage.events.session.some(({ message }) => message === "Receive 4.06\nno server account"));
});

test("a client that falls silent, or answers with a Reset", async () => {
	const silent = await BootstrapStage.open(account);
	silent.client.reply = () => "silence";
	await silent.request(["ep=dormouse"], 121_000);
	deepEqual(silent.events.failed, [{ endpoint: "dormouse", cause: "REQUEST_FAILED" }]);
	const resetting = await BootstrapStage.open(account);
	resetting.client.reply = () => "reset";
	await resetting.request();
	deepEqual(resetting.events.failed, [{ endpoint: "dormouse", cause: "REQUEST_FAILED" }]);
});

test("a new Bootstrap-Request ends the session before it", async () => {
	const stage = await BootstrapStage.open(account);
	stage.client.reply = () => "silence";
	await stage.request(["ep=dormouse"], 1000);
	stage.client.reply = agree;
	await stage.request();
	deepEqual(stage.events.failed, [{ endpoint: "dormouse", cause: "CANCELLED" }]);
	deepEqual(stage.asked, ["PUT /0/1 11542", "PUT /0/1 11542", "PUT /1/0 11542", "POST /bs"]);
	equal(stage.events.finished.length, 1);
});

test("what is to be sent can be said request by request, wrong ones among them", async () => {
	const node = { kind: "singleResource", id: 1, type: "integer", value: "60" };
	const steps = [
		{ delete: "/" },
		{ write: "/1/0/1", node, format: "TEXT" },
		{ write: "/9", payload: "00ff", contentFormat: 65000 },
		{ wait: 10_000 },
		{ configured: true },
		{ read: "/1", format: "SENML_JSON" },
		{ finish: true },
	];
	const stage = await BootstrapStage.open({ ...account, steps });
	await stage.request(["ep=dormouse"], 9000);
	deepEqual(stage.asked, ["DELETE /", "PUT /1/0/1 0", "PUT /9 65000"]);
	await stage.pass(9000);
	deepEqual(stage.asked.slice(3), ["PUT /0/1 11542", "PUT /1/0 11542", "GET /1  accept 110", "POST /bs"]);
});

test("a session that nobody asked for, as in LwM2M 1.0", async () => {
	const stage = await BootstrapStage.open(account);
	equal(stage.server.begin("dormouse"), false, "nobody knows where it is");
	await stage.request();
	await stage.pass(400_000); // long enough for its address to be forgotten
	equal(stage.server.begin("dormouse"), true);
	await stage.pass(1000);
	deepEqual(stage.asked.slice(3), ["PUT /0/1 11542", "PUT /1/0 11542", "POST /bs"]);
	equal(stage.events.finished.length, 2);
});

test("[BSR-005] Discover and Read show which accounts are valid, different, missing or unknown", async () => {
	const security = {
		1: { uri: "coap://right", securityMode: "NO_SEC", serverId: 101 },
		2: { uri: "coap://new", securityMode: "NO_SEC", serverId: 102 },
		3: { uri: "coap://slow", securityMode: "NO_SEC", serverId: 103 },
		4: { uri: "coap://gone", securityMode: "NO_SEC", serverId: 104 },
	};
	const servers = { 0: { shortId: 101, lifetime: 300 }, 1: { shortId: 103, lifetime: 60 } };
	const stage = await BootstrapStage.open({ bare: true, inspect: true, security, servers });
	const there = ['</0/1>;ssid=101;uri="coap://right"', '</0/2>;ssid=102;uri="coap://old"', "</0/3>;ssid=103"];
	const links = ["</>;lwm2m=1.2", "</0/0>", ...there, "</0/9>;ssid=7", "</1/4>;ssid=101", "</1/5>;ssid=103"].join(",");
	const read = [
		{ bn: "/1/", n: "4/0", v: 101 },
		{ n: "4/1", v: 300 },
		{ n: "5/0", v: 103 },
		{ n: "5/1", v: 86400 },
	];
	stage.client.reply = (request) => {
		if (request.path !== "/1" || request.method !== 1) return discovering(links)(request);
		return { code: 0x45, contentFormat: 110, payload: utf8(JSON.stringify(read)) };
	};
	await stage.request(["ep=dormouse", "pct=110"]);
	deepEqual(stage.asked.slice(0, 3), ["GET /  accept 40", "GET /2  accept 110", "GET /1  accept 110"]);
	const { accounts } = stage.events.inspected[0]!;
	deepEqual(
		accounts.map(({ shortServerId, state, why = "" }) => `${shortServerId} ${state} ${why}`.trim()),
		[
			"7 unknown",
			"101 valid",
			"102 different its URI is coap://old",
			"103 different /1/5/1 is 86400 instead of 60",
			"104 missing",
		],
	);
});

const post = 2;
const get = 1;

async function pack(stage: BootstrapStage, accept?: number, query = ["ep=dormouse"]) {
	const before = stage.client.answers.length;
	const accepting = accept === undefined ? {} : { accept };
	void stage.client.request({ code: get, path: ["bspack"], query, ...accepting });
	await stage.pass(1000);
	const answer = stage.client.answers[before]!;
	return { code: codeText(answer.code), payload: answer.payload, format: answer.options.find((o) => o.number === 12) };
}

/** Of the records of SenML JSON, base names resolved. */
function namesOf(payload: Uint8Array): string[] {
	const records = JSON.parse(new TextDecoder().decode(payload)) as { bn?: string; n?: string }[];
	let base = "";
	return records.map(({ bn, n = "" }) => {
		base = bn ?? base;
		return base + n;
	});
}

test("[Opt-001] a Bootstrap-Pack holds the whole configuration in one answer, and no Finish follows", async () => {
	const stage = await BootstrapStage.open(account);
	const { code, payload } = await pack(stage, 110);
	equal(code, "2.05");
	deepEqual(namesOf(payload), ["/0/1/0", "/0/1/1", "/0/1/2", "/0/1/10", "/1/0/0", "/1/0/1", "/1/0/7"]);
	deepEqual(stage.asked, []);
	deepEqual(stage.events.finished, [{ endpoint: "dormouse", how: "pack" }]);
});

test("[Opt-001] a Bootstrap-Pack in SenML CBOR by default, or LwM2M CBOR; others are answered 4.06", async () => {
	const stage = await BootstrapStage.open(account);
	const senml = await pack(stage);
	equal(Buffer.from(senml.format!.value).toString("hex"), "70");
	const lwm2m = await pack(stage, 11544);
	equal(lwm2m.code, "2.05");
	ok(lwm2m.payload.length < senml.payload.length);
	equal((await pack(stage, 11542)).code, "4.06");
});

test("[Opt-001] a client that is not to use packs is told 4.05, by a server without them 5.01", async () => {
	const stage = await BootstrapStage.open({ ...account, pack: "notAllowed" });
	equal((await pack(stage)).code, "4.05");
	equal(await stage.request(), "2.04");
	stage.server.configure("dormouse", { ...account, pack: "notImplemented" });
	equal((await pack(stage)).code, "5.01");
	equal((await pack(stage, 112, ["ep=nobody"])).code, "4.00");
});

test("[Opt-001] a pack whose identifiers depend on the client's is given to one that says its own", async () => {
	const stage = await BootstrapStage.open({ ...account, autoIdForSecurityObject: true });
	equal((await pack(stage, 110)).code, "4.05");
	const { code, payload } = await pack(stage, 110, ["ep=dormouse", "acc=0"]);
	equal(code, "2.05");
	equal(namesOf(payload)[0], "/0/1/0", "0 is the Bootstrap-Server's");
});

test("what is neither /bs nor /bspack, and other methods", async () => {
	const stage = await BootstrapStage.open(account);
	const codes: string[] = [];
	for (const message of [
		{ code: post, path: ["rd"], query: ["ep=dormouse"] },
		{ code: get, path: ["bs"] },
		{ code: post, path: ["bspack"] },
		{ code: post, path: ["bs", "x"] },
	]) {
		const before = stage.client.answers.length;
		void stage.client.request(message);
		await stage.pass(1000);
		codes.push(codeText(stage.client.answers[before]!.code));
	}
	deepEqual(codes, ["4.04", "4.05", "4.05", "4.04"]);
});

test("Leshan's JSON: what is left out is filled in as there, numbers have names, bytes are numbers", async () => {
	const stage = await BootstrapStage.open({
		servers: { 0: { shortId: 1 } },
		security: { 1: { uri: "coap://a", securityMode: "NO_SEC", serverId: 1, sni: null } },
	});
	deepEqual(configurationToJson(stage.server.configurations.of("dormouse")!), {
		autoIdForSecurityObject: false,
		toDelete: [],
		servers: {
			0: { shortId: 1, lifetime: 86400, defaultMinPeriod: 1, notifIfDisabled: true, binding: "U" },
		},
		security: {
			1: {
				uri: "coap://a",
				bootstrapServer: false,
				securityMode: "NO_SEC",
				publicKeyOrId: [],
				serverPublicKey: [],
				secretKey: [],
				smsSecurityMode: "NO_SEC",
				smsBindingKeyParam: [],
				smsBindingKeySecret: [],
				serverSmsNumber: "",
				serverId: 1,
				clientOldOffTime: 1,
				bootstrapServerAccountTimeout: 0,
			},
		},
		acls: {},
		oscore: {},
	});
});

test("all Resources that Leshan's fields fill, each with its type", async () => {
	const security = {
		uri: "coap://a",
		securityMode: "NO_SEC",
		serverId: 1,
		matchingType: "SHA256",
		sni: "name",
		certificateUsage: "TRUST_ANCHOR_ASSERTION",
		cipherSuite: [0xc0a8],
		oscoreSecurityMode: 3,
	};
	const stage = await BootstrapStage.open({
		bare: true,
		contentFormat: "SENML_JSON",
		security: { 1: security },
		servers: { 2: { shortId: 1, apnLink: 4, CommunicationRetryTimer: 60, muteSend: true, preferredTransport: "T" } },
		acls: { 5: { objectId: 3, objectInstanceId: 0, acls: { 0: 1, 101: 15 }, AccessControlOwner: 101 } },
		oscore: { 3: { oscoreMasterSecret: [1, -1], oscoreAeadAlgorithm: 10 } },
		objects: [
			{
				kind: "obj",
				id: 4,
				instances: [
					{ kind: "instance", id: 0, resources: [{ kind: "singleResource", id: 0, type: "integer", value: "41" }] },
				],
			},
		],
	});
	await stage.request();
	const written = stage.client.heard.slice(0, -1).map(({ payload }) => Buffer.from(payload, "hex").toString());
	deepEqual(
		written.map((text) => (JSON.parse(text) as object[]).length),
		[8, 5, 5, 2, 1],
	);
	ok(written[0]!.includes('"vlo":"21:3"'));
	ok(written[1]!.includes('"vlo":"11:4"'));
	ok(written[3]!.includes('"vd":"Af8"'));
	deepEqual(stage.asked.slice(2), ["PUT /2/5 110", "PUT /21/3 110", "PUT /4/0 110", "POST /bs"]);
});

const wrong: readonly [why: RegExp, settings: object][] = [
	[/Security Mode is mandatory/, { security: { 0: { uri: "coap://a" } } }],
	[/LwM2M Server URI is mandatory/, { security: { 0: { securityMode: "NO_SEC" } } }],
	[/NO-SEC mode, secret key must be empty/, { security: { 0: { securityMode: "NO_SEC", uri: "a", secretKey: [1] } } }],
	[/pre-shared-key mode, secret key/, { security: { 0: { securityMode: "PSK", uri: "a", publicKeyOrId: [1] } } }],
	[
		/raw-public-key mode, secret key must be RFC5958/,
		{ security: { 0: { securityMode: "RPK", uri: "a", secretKey: [1] } } },
	],
	[/EST is not currently supported/, { security: { 0: { securityMode: "EST", uri: "a" } } }],
	[/short ID must not be 0/, { servers: { 0: {} } }],
	[/no security entry for server instance: 4/, { servers: { 4: { shortId: 9 } } }],
	[
		/no oscore Object with instance 2/,
		{ security: { 0: { securityMode: "NO_SEC", uri: "a", oscoreSecurityMode: 2 } } },
	],
	[/x is not a valid path/, { toDelete: ["x"] }],
	[/Unrecognized field "lifetme" of servers/, { servers: { 0: { shortId: 1, lifetme: 60 } } }],
	[/servers: lifetime can not be that/, { servers: { 0: { shortId: 1, lifetime: "long" } } }],
	[/identifier/, { servers: { 65535: { shortId: 1 } } }],
	[/contentFormat is one of/, { contentFormat: "TEXT" }],
	[/pack is one of/, { pack: "yes" }],
	[/step 0: neither/, { steps: [{ post: "/bs" }] }],
	[/JSON object/, [] as object],
];
for (const [why, settings] of wrong) {
	test(`settings are refused: ${why.source}`, async () => {
		const stage = await BootstrapStage.open();
		throws(() => stage.server.configure("dormouse", settings), { name: "ConfigurationRefused", message: why });
		equal(stage.server.configurations.of("dormouse"), undefined);
	});
}
