import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import type { Address } from "../../modules/host.ts";
import { encode, hex, text, type WireOption } from "../interop/wire-message.ts";
import { linksOf, next, payloadOf, put, queryOf } from "./requests.ts";
import { scripted } from "./scripted.ts";
import { type Served, served } from "./served.ts";

scripted("[CORE-REG-1] [CORE-REG-2] ETS 101 Register", { configuration: "C.1" }, async (it) => {
	const [register] = it.requests;
	equal(register!.line, "POST /rd");
	equal(register!.type, "CON");
	deepEqual(queryOf(register!), ["ep=conformance", "lt=86400", "lwm2m=1.1"]);
	deepEqual(
		register!.options.filter(([number]) => number === 12).map(([, value]) => hex(value)),
		["28"],
	);
	const links = linksOf(register!);
	for (const link of ["</1/0>", "</3/0>"]) ok(links.includes(link), link);
	ok(!links.some((link) => /^<\/(0|21)[/>]/.test(link)), "Security and OSCORE are in the list");
});

scripted(
	"[CORE-REG-4] ETS 102 Update with what a server wrote, and with nothing else",
	{ configuration: "C.1" },
	async (it) => {
		const { length } = it.requests;
		equal((await it.ask(...put("/1/0/1", "20"))).code, "2.04");
		await it.stage.until("Update", () => it.requests.length > length, 5);
		const update = it.requests[length]!;
		deepEqual([update.line, queryOf(update), payloadOf(update)], ["POST /rd/1", ["lt=20"], ""]);
		const again = await next(it, "POST /rd/1", 20);
		deepEqual([queryOf(again), payloadOf(again)], [[], ""], "the next one, in time, has nothing to say");
		ok(again.atMs - update.atMs < 20_000);
	},
);

scripted(
	"[CORE-REG-1] ETS 103 A-22 Disable: De-register, silence, Register",
	{ configuration: "C.3", disableTimeoutS: 45 },
	async (it) => {
		const { length } = it.requests;
		equal((await it.ask("/1/0/4", { code: "0.02" })).code, "2.04");
		await it.stage.until("De-register", () => it.requests.length > length, 5);
		const leave = it.requests[length]!;
		equal(leave.line, "DELETE /rd/1");
		const heard = it.heard.length;
		it.send(it.bytesOf("/3/0/0"));
		await it.stage.pass(44);
		equal(it.heard.length, heard, "nothing is sent, and nothing answered");
		const register = await next(it, "POST /rd", 2);
		ok(Math.abs(register.atMs - leave.atMs - 45_000) <= 100, `after ${register.atMs - leave.atMs} ms`);
	},
);

scripted("[CORE-REG-4] ETS 104 Registration Update Trigger", { configuration: "C.1", lifetimeS: 20 }, async (it) => {
	const { length } = it.requests;
	equal((await it.ask("/1/0/8", { code: "0.02" })).code, "2.04");
	await it.stage.until("Update", () => it.requests.length > length, 1);
	const update = it.requests[length]!;
	deepEqual([update.line, queryOf(update), payloadOf(update)], ["POST /rd/1", [], ""]);
	await it.stage.pass(30);
	ok(
		it.lines().every((line, index) => index === 0 || line === "POST /rd/1"),
		it.lines().join(),
	);
});

served("[CORE-REG-4] ETS 105 a De-register that somebody forged: Register anew", { lifetimeS: 60 }, async (it) => {
	const { stage, server } = it;
	const { id } = server.client(stage.endpoint)!;
	const socket = stage.network.open({ onReadable: () => {} });
	const to: Address = { host: server.host!, port: server.port };
	const path = ["rd", id].map((part): WireOption => [11, text(part)]);
	const empty = { payload: new Uint8Array(0), token: Uint8Array.of(1) };
	socket.write(encode({ type: "CON", code: "0.04", id: 9, options: path, ...empty }), to);
	await stage.pass(1);
	equal(it.isRegistered, false, "the server believed it");
	await stage.until("registration", () => it.isRegistered, 60);
	socket.close();
	notDeepEqual(server.client(stage.endpoint)!.id, id);
});

served("[CORE-REG-4] ETS 107 a longer lifetime", { configuration: "C.1", lifetimeS: 60 }, async (it) => {
	const fromMs = it.stage.nowMs;
	equal((await it.write("/1/0/1", 120, "TEXT")).code, "2.04");
	await it.stage.pass(1);
	deepEqual(
		it.sent("0.02", fromMs).map(({ query }) => query),
		[["lt=120"]],
	);
	equal(it.server.client(it.stage.endpoint)!.lifetimeS, 120);
	await it.stage.pass(118);
	deepEqual(
		it.sent("0.02", fromMs + 2000).map(({ query }) => query),
		[[]],
		"one Update before the new lifetime's end",
	);
	await it.stage.pass(300);
	ok(it.isRegistered);
});

scripted("[CORE-REG-2] ETS 111 a list with Connectivity Monitoring", { configuration: "C.5" }, async (it) => {
	const links = linksOf(it.requests[0]!);
	ok(links.includes("</4/0>") || links.some((link) => link.startsWith("</4>;ver=")), links.join());
});

/** What the embedded server tells of its client. */
const life = async (it: Served, what: string, isThere: boolean) => {
	await it.stage.until(what, () => it.isRegistered === isThere);
	return it.server.client(it.stage.endpoint);
};

served("[CORE-REG-1] L-1 Register, Update, De-register, Register", { lifetimeS: 60 }, async (it) => {
	const { stage } = it;
	const first = it.server.client(stage.endpoint)!;
	await stage.pass(100);
	equal(it.server.client(stage.endpoint)!.id, first.id, "updated in time");
	stage.board.shutDown();
	await life(it, "De-register", false);
	await stage.pass(1);
	equal(stage.board.state, "off");
	stage.board.powerOn();
	const second = await life(it, "Register", true);
	notDeepEqual(second!.id, first.id);
});

served(
	"[CORE-REG-1] L-2 a power cut: another Register of the same name takes the first one's place",
	{},
	async (it) => {
		const { stage, server } = it;
		const { id } = server.client(stage.endpoint)!;
		await stage.pass(1);
		stage.board.cutPower();
		await stage.pass(5);
		ok(it.isRegistered, "the server knows nothing of it");
		stage.board.powerOn();
		await stage.until("registration", () => stage.heard("registered").length === 2);
		notDeepEqual(server.client(stage.endpoint)!.id, id);
		equal(server.clients().length, 1);
		equal((await it.read("/3/0/0")).code, "2.05");
	},
);

served(
	"[CORE-REG-2] L-3 a product's own parameters",
	{ client: { registrationParameters: ["imei=490154203237518", "x-y=1"] } },
	async (it) => {
		const { additionalAttributes } = it.server.client(it.stage.endpoint)! as unknown as {
			additionalAttributes: ReadonlyMap<string, string>;
		};
		deepEqual(
			[...additionalAttributes],
			[
				["imei", "490154203237518"],
				["x-y", "1"],
			],
		);
	},
);

scripted(
	"[CORE-IR-1] L-10 an Observe that comes behind a De-register is nobody's",
	{ disableTimeoutS: 30 },
	async (it) => {
		equal((await it.ask("/1/0/4", { code: "0.02" })).code, "2.04");
		await it.stage.until("De-register", () => it.lines().at(-1) === "DELETE /rd/1", 5);
		const { length } = it.heard;
		it.send(it.bytesOf("/3/0/13", { options: [[6, new Uint8Array(0)]], token: Uint8Array.of(4, 4) }));
		await it.stage.pass(29);
		deepEqual(
			it.heard.slice(length).map(({ code }) => code),
			[],
		);
		await it.stage.until("Register", () => it.lines().at(-1) === "POST /rd", 5);
		await it.stage.pass(30);
		equal(it.withToken(Uint8Array.of(4, 4)).length, 0);
	},
);
