/** The Bootstrap Interface: OMA's cases, and the peers', with a Bootstrap-Server of a few lines. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { optionNumber, text, textsOf, uint, type WireOption } from "../interop/wire-message.ts";
import { accountOf, type Bootstrapped, bootstrapped, serverOf } from "./bootstrapped.ts";
import type { Heard } from "./scripted.ts";

const queryOf = (message: Heard) => textsOf(message, optionNumber.uriQuery);
const contentFormat = (format: number): WireOption => [12, uint(format)];
const accept = (format: number): WireOption => [17, uint(format)];

bootstrapped("[Core-001] ETS 0 begun by the client, to Finish", { configuration: "C.1" }, async (it) => {
	const [request] = it.bs.requests;
	deepEqual([request!.type, request!.line, queryOf(request!)], ["CON", "POST /bs", ["ep=conformance", "pct=112"]]);
	deepEqual(await it.provision(), ["2.04", "2.04"]);
	const links = (await it.discover()).split(",");
	equal(links[0], "</>;lwm2m=1.1");
	for (const link of [`</0/0>;ssid=1;uri="${it.server.uri}"`, "</0/1>", "</1/0>;ssid=1", "</3/0>"]) {
		ok(links.includes(link), `${link} is not in ${links.join()}`);
	}
	equal(it.server.isRegistered, false);
	equal(await it.finish(), "2.04");
	await it.registered();
	deepEqual(it.bs.lines(), ["POST /bs"]);
});

bootstrapped("ETS 4 Delete leaves the Bootstrap-Server's account", { configuration: "C.1" }, async (it) => {
	await it.provision();
	deepEqual(((await it.read("/1")) as readonly { n?: string }[]).length, 4);
	for (const path of ["/0", "/1"]) equal(await it.delete(path), "2.02");
	const links = await it.discover();
	ok(links.includes("</0/1>") && !links.includes("</0/0>") && !links.includes("</1/0>"), links);
	deepEqual(await it.read("/1"), []);
	equal(await it.finish(), "4.06", "nothing to register with");
	await it.provision();
	equal(await it.finish(), "2.04");
	await it.registered();
});

bootstrapped("[Core-001] ETS 5 begun by a server: Bootstrap-Request Trigger", { configuration: "C.1" }, async (it) => {
	await it.provision();
	equal(await it.finish(), "2.04");
	await it.registered();
	const { length } = it.bs.requests;
	equal((await it.server.execute("/1/0/9")).code, "2.04");
	await it.stage.until("Bootstrap-Request", () => it.bs.requests.length > length, 5);
	equal(it.bs.lines().at(-1), "POST /bs");
	equal(await it.write("/1/0", { "/1/0/0": 1, "/1/0/1": 43_200, "/1/0/6": false, "/1/0/7": "U" }), "2.04");
	equal(await it.finish(), "2.04");
	await it.stage.pass(5);
	equal(it.server.server.client(it.stage.endpoint)!.lifetimeS, 43_200);
});

bootstrapped(
	"[BOOT-PROV-001] ETS 6 a server account that works leaves the Bootstrap-Server alone",
	{
		bootstrap: { isAlone: false },
		isEarly: true,
	},
	async (it) => {
		await it.registered();
		await it.stage.pass(600);
		deepEqual(it.bs.lines(), []);
	},
);

bootstrapped(
	"[BSR-001] ETS 7 A-67 a server that is not there: back to the Bootstrap-Server",
	{
		bootstrap: { isAlone: false },
		recovery: [{ retryCount: 2, retryTimerS: 5, sequenceRetryCount: 1 }],
		isEarly: true,
		answering: () => ({ code: "2.04" }),
	},
	async (it) => {
		it.server.server.stop();
		await it.stage.until("Bootstrap-Request", () => it.bs.lines().length > 0, 300);
		ok(it.stage.heard("registrationFailed").length === 2, it.stage.log());
		deepEqual(await it.provision(it.second), ["2.04", "2.04"]);
		equal(await it.finish(), "2.04");
		await it.registered(it.second);
	},
);

bootstrapped("[BSR-005] ETS 8 Bootstrap-Read of Objects 1 and 2 alone", { configuration: "C.1" }, async (it) => {
	await it.provision();
	equal(await it.write("/2", { "/2/0/0": 3, "/2/0/1": 0, "/2/0/2/0": 31, "/2/0/3": 65_535 }), "2.04");
	const servers = (await it.read("/1")) as readonly { bn?: string; n?: string; v?: unknown }[];
	ok(
		servers.some(({ n, v }) => n === "1" && v === 86_400),
		JSON.stringify(servers),
	);
	const rights = (await it.read("/2")) as readonly { v?: unknown }[];
	deepEqual(rights.map(({ v }) => v).toSorted(), [0, 3, 31, 65_535]);
	for (const path of ["/0", "/3", "/"]) ok(/^4\./.test(String(await it.read(path))), path);
	equal(await it.finish(), "2.04");
	await it.registered();
});

bootstrapped("ETS 9 A-57 an account that is not whole: 4.06, and on it goes", { configuration: "C.1" }, async (it) => {
	equal(await it.write("/1/0/5", { "/1/0/5": 86_400 }), "2.04");
	equal(await it.finish(), "4.06");
	deepEqual(await it.provision(), ["2.04", "2.04"]);
	equal(await it.finish(), "2.04");
	await it.registered();
	deepEqual(it.bs.lines(), ["POST /bs"], "one session");
});

bootstrapped(
	"A-60 Resource by Resource, in plain text; and as whole Instances",
	{ configuration: "C.1" },
	async (it) => {
		const parts = { ...accountOf(0, it.server.uri, 1), ...serverOf(0, 1) };
		for (const [path, value] of Object.entries(parts)) {
			const payload = text(value === false ? "0" : String(value));
			equal(await it.code(path, { code: "0.03", options: [contentFormat(0)], payload }), "2.04", path);
		}
		equal(await it.write("/0/2", accountOf(2, it.second.uri, 2)), "2.04");
		equal(await it.write("/1/2", serverOf(2, 2)), "2.04");
		const open = { "/2/0/0": 3, "/2/0/1": 0, "/2/0/2/0": 31, "/2/0/3": 65_535 };
		equal(await it.write("/2", open), "2.04");
		equal(await it.finish(), "2.04");
		await it.registered();
		await it.registered(it.second);
	},
);

bootstrapped("A-61 a second Bootstrap-Server's account is refused", { configuration: "C.1" }, async (it) => {
	await it.provision();
	equal(await it.write("/0/5", { "/0/5/0": "coap://10.9.9.9", "/0/5/1": true, "/0/5/2": 3 }), "4.00");
	equal(await it.finish(), "2.04");
	await it.registered();
	const { length } = it.bs.requests;
	equal((await it.server.execute("/1/0/9")).code, "2.04");
	await it.stage.until("the one and only", () => it.bs.requests.length > length, 5);
});

bootstrapped(
	"A-62 L-57 Delete / twice, the Device and the Bootstrap-Server's account stay",
	{ configuration: "C.1" },
	async (it) => {
		await it.provision();
		for (const again of [1, 2]) equal(await it.delete("/"), "2.02", `${again}`);
		const links = await it.discover();
		ok(links.includes("</0/1>") && links.includes("</3/0>"), links);
		ok(!links.includes("</1/0>"), links);
		equal(await it.read("/1").then(String), "");
		await it.provision();
		equal(await it.finish(), "2.04");
		await it.registered();
		equal((await it.server.read("/3/0/0")).code, "2.05");
	},
);

bootstrapped("A-65 paths and methods of the Bootstrap Interface", { configuration: "C.1" }, async (it) => {
	await it.provision();
	const plain = { options: [contentFormat(0)], payload: text("1") };
	const refusals: readonly [string, string, object, RegExp][] = [
		["0.02", "/1/0", plain, /^4\.0[05]$/],
		["0.02", "/1/0/1", plain, /^4\.0[05]$/],
		["0.01", "/1/0/1", {}, /^4\.0[05]$/],
		["0.01", "/3/0/11/0", {}, /^4\.0[05]$/],
		["0.03", "/", plain, /^4\.0[05]$/],
		["0.01", "/", {}, /^4\.0[05]$/],
		["0.04", "/1/0/1", {}, /^4\.0[05]$/],
		["0.04", "/2/0/2/0", {}, /^4\.0[05]$/],
		["0.01", "/1/0/1/0/0", { options: [accept(40)] }, /^4\.0[0245]$/],
		["0.05", "/1/0", plain, /^4\.0[05]$/],
	];
	for (const [code, path, more, expected] of refusals)
		match(await it.code(path, { code, ...more }), expected, `${code} ${path}`);
	equal(await it.finish(), "2.04");
	await it.registered();
});

/** What a session says of itself to the LwM2M Servers: nothing. */
const traffic = (it: Bootstrapped) => it.server.messages.filter(({ incoming }) => incoming).length;

bootstrapped("A-69 nothing is said to servers while a session is open", { configuration: "C.1" }, async (it) => {
	await it.provision(it.server, 0, 1, { 1: 60 });
	equal(await it.finish(), "2.04");
	await it.registered();
	equal((await it.server.execute("/1/0/9")).code, "2.04");
	await it.stage.until("Bootstrap-Request", () => it.bs.lines().length === 2, 5);
	await it.stage.pass(1);
	const before = traffic(it);
	equal(await it.write("/1/0/1", { "/1/0/1": 90 }), "2.04");
	await it.stage.pass(100);
	equal(traffic(it), before, "an Update would have been due twice");
	equal(await it.finish(), "2.04");
	await it.registered();
	await it.stage.pass(2);
	equal(it.server.server.client(it.stage.endpoint)!.lifetimeS, 90);
});

bootstrapped(
	"[BS-001] A-21 another URI for an account: Register there; others get an Update alone",
	{ configuration: "C.1" },
	async (it) => {
		await it.provision();
		equal(await it.finish(), "2.04");
		await it.registered();
		equal((await it.server.execute("/1/0/9")).code, "2.04");
		await it.stage.until("Bootstrap-Request", () => it.bs.lines().length === 2, 5);
		equal(await it.write("/0/0", accountOf(0, it.second.uri, 1)), "2.04");
		equal(await it.finish(), "2.04");
		await it.registered(it.second);
	},
);

bootstrapped("L-54 the client's preferred format, and others", { configuration: "C.1" }, async (it) => {
	ok(queryOf(it.bs.requests[0]!).includes("pct=112"));
	const tlv = Uint8Array.from([0xc1, 0x00, 0x01, 0xc2, 0x01, 0x01, 0x2c, 0xc1, 0x06, 0x00, 0xc1, 0x07, 0x55]);
	equal(await it.write("/0", accountOf(0, it.server.uri, 1)), "2.04");
	equal(await it.code("/1/0", { code: "0.03", options: [contentFormat(11_542)], payload: tlv }), "2.04");
	equal(await it.code("/1/0", { code: "0.03", options: [contentFormat(65_000)], payload: tlv }), "4.15");
	equal(await it.code("/1/0", { code: "0.03", options: [contentFormat(112)], payload: Uint8Array.of(0xff) }), "4.00");
	equal(await it.finish(), "2.04");
	await it.registered();
	equal(it.server.server.client(it.stage.endpoint)!.lifetimeS, 300);
});

bootstrapped(
	"ETS 565 566 L-55 Discover on the root and on an Object; accounts come and go",
	{ configuration: "C.1" },
	async (it) => {
		await it.provision();
		await it.provision(it.second, 2, 2);
		for (const [id, objectId, instanceId, who, rights, owner] of [
			[0, 3, 0, 0, 31, 65_535],
			[1, 1, 0, 1, 15, 1],
			[2, 1, 2, 2, 15, 2],
		] as const) {
			const path = `/2/${id}`;
			const entry = { [`${path}/0`]: objectId, [`${path}/1`]: instanceId, [`${path}/2/${who}`]: rights };
			equal(await it.write(path, { ...entry, [`${path}/3`]: owner }), "2.04");
		}
		const device = await it.discover("/3");
		ok(device.startsWith("</>;lwm2m=1.1,"), device);
		ok(device.includes("</3/0>") && !device.includes("</1/0>"), device);
		equal(await it.finish(), "2.04");
		await it.registered();
		await it.registered(it.second);
		equal((await it.server.execute("/1/0/9")).code, "2.04");
		await it.stage.until("Bootstrap-Request", () => it.bs.lines().length === 2, 5);
		const links = (await it.discover()).split(",");
		ok(links.includes(`</0/2>;ssid=2;uri="${it.second.uri}"`) && links.includes("</1/2>;ssid=2"), links.join());
		for (const path of ["/0/2", "/1/2"]) equal(await it.delete(path), "2.02");
		equal(await it.finish(), "2.04");
		await it.stage.pass(5);
		ok(it.server.isRegistered);
		equal((await it.server.read("/1")).values["/1/2/0"], undefined);
		equal((await it.second.read("/3/0/0")).code === "2.05", false, "it consider itself de-registered there");
	},
);
