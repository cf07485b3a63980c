/** Versions, profile IDs, queue mode, offline and online: registration beyond the first acquaintance. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { hex } from "../interop/wire-message.ts";
import { isUpdate, linksOf, next, put, queryOf } from "./requests.ts";
import { type Heard, scripted } from "./scripted.ts";
import { served } from "./served.ts";

const versionOf = (register: Heard) => queryOf(register).find((part) => part.startsWith("lwm2m="));

scripted(
	"[VER-COMP-001] [VER-COMP-003] A-6 4.12: the next lower version, in the same attempt",
	{
		configuration: "C.1",
		isEarly: true,
		enabler: "1.2",
		client: { enablers: ["1.0", "1.1", "1.2"] },
		answering: (request) => (versionOf(request) === "lwm2m=1.0" ? undefined : { code: "4.12" }),
	},
	async (it) => {
		await it.stage.until("registration", () => it.stage.heard("registered").length === 1, 5);
		deepEqual(it.requests.map(versionOf), ["lwm2m=1.2", "lwm2m=1.1", "lwm2m=1.0"]);
		const versions = linksOf(it.requests[2]!).filter((link) => link.includes("ver="));
		// Anjay writes them between quotes in 1.0, Leshan takes none: Core 1.0.2 has both (§5.2.7.3, §6.2.3).
		ok(versions.length > 0 && versions.every((link) => /;ver=\d+\.\d+$/.test(link)), versions.join());
	},
);

served(
	"[VER-COMP-002] [VER-COMP-004] A-6 a server of 1.1 is spoken to as such",
	{ enabler: "1.1", client: { enablers: ["1.0", "1.1"] } },
	async (it) => {
		equal(it.server.client(it.stage.endpoint)!.lwm2mVersion, "1.1");
		equal((await it.read("/3/0/0", "SENML_CBOR")).code, "2.05");
	},
);

const profile = { id: "6:27354b9a", list: "</1/0>,</3/0>" };

scripted(
	"[Identifiers-001] [Identifiers-002] [Opt-002] ETS 110 a profile ID in place of what it stands for",
	{ configuration: "C.1", enabler: "1.2", profiles: [profile] },
	async (it) => {
		const [register] = it.requests;
		ok(queryOf(register!).includes("pid=6:27354b9a"), queryOf(register!).join());
		const links = linksOf(register!);
		ok(!links.includes("</1/0>") && !links.includes("</3/0>") && links.includes("</33100/0>"), links.join());
	},
);

scripted(
	"[Identifiers-003] ETS 110 ETS 111 a server that does not know it gets the whole list",
	{
		configuration: "C.5",
		enabler: "1.2",
		profiles: [profile],
		answering: (request) => (queryOf(request).some((part) => part.startsWith("pid=")) ? { code: "4.09" } : undefined),
	},
	async (it) => {
		equal(it.requests.length, 2);
		const links = linksOf(it.requests[1]!);
		for (const link of ["</1/0>", "</3/0>"]) ok(links.includes(link), link);
		ok(!queryOf(it.requests[1]!).some((part) => part.startsWith("pid=")));
	},
);

scripted("[CORE-Q-1] ETS 108 queue mode is told", { client: { queueMode: true } }, async (it) => {
	const query = queryOf(it.requests[0]!);
	ok(query.includes("Q"), query.join());
	ok(query.includes("b=U") || !query.some((part) => part.startsWith("b=")), query.join());
});

served(
	"[CORE-Q-1] ETS 109 L-11 requests wait in the server while the client sleeps",
	{ client: { queueMode: true }, lifetimeS: 240 },
	async (it) => {
		const { server, stage } = it;
		equal(server.client(stage.endpoint)!.queueMode, true);
		await stage.pass(120);
		const before = it.messages.length;
		const reading = server.operations.read(stage.endpoint, "/1/0/1");
		await stage.pass(10);
		equal(it.messages.length, before, "nothing is sent");
		const answer = await stage.settled(reading);
		equal(answer.code, 0x45);
		const sent = it.messages.slice(before);
		ok(sent[0]!.incoming && sent[0]!.code === "0.02", "the Update comes first");
		ok(stage.nowMs < 240_000);
	},
);

served(
	"[CORE-Q-1] L-5 a De-register ends what waits for the client",
	{ client: { queueMode: true }, lifetimeS: 600 },
	async (it) => {
		const { server, stage } = it;
		await stage.pass(120);
		const reading = server.operations.read(stage.endpoint, "/1/0/1").then(
			() => "answered",
			(error: Error) => error.constructor.name,
		);
		stage.board.shutDown();
		await stage.pass(5);
		equal(it.isRegistered, false);
		equal(await reading, "OperationFailure");
		stage.board.powerOn();
		await stage.until("registration", () => it.isRegistered);
	},
);

scripted(
	"[CORE-REG-1] A-25 offline while a Register waits: no copy of it; online: another one at once",
	{ isEarly: true, answering: () => "silence", outages: [{ fromS: 4, untilS: 50 }] },
	async (it) => {
		const [first] = it.requests;
		await it.stage.pass(45);
		ok(
			it.heard.every(({ atMs }) => atMs <= 4100),
			"silence while offline",
		);
		it.answering = () => undefined;
		await it.stage.until("registration", () => it.stage.heard("registered").length === 1, 6);
		const register = it.requests[1]!;
		ok(Math.abs(register.atMs - 50_000) < 200, `${register.atMs}`);
		ok(hex(register.token) !== hex(first!.token));
	},
);

scripted(
	"[CORE-REG-1] A-25 offline while an Update waits",
	{ lifetimeS: 200, outages: [{ fromS: 109, untilS: 130 }] },
	async (it) => {
		it.answering = (request) => (isUpdate(request) ? "silence" : undefined);
		const update = await next(it, "POST /rd/1", 120);
		await it.stage.pass(20);
		ok(
			it.heard.every(({ atMs }) => atMs <= 109_100),
			"silence while offline",
		);
		it.answering = () => undefined;
		await it.stage.pass(5);
		const again = it.requests.at(-1)!;
		equal(again.line, "POST /rd/1");
		ok(Math.abs(again.atMs - 130_000) < 200 && hex(again.token) !== hex(update.token), `${again.atMs}`);
	},
);

scripted(
	"[CORE-REG-4] A-27 the lifetime ends offline: Register",
	{ lifetimeS: 60, outages: [{ fromS: 10, untilS: 100 }] },
	async (it) => {
		await it.stage.pass(95);
		deepEqual(it.lines(), ["POST /rd"]);
		await it.stage.pass(10);
		deepEqual(it.lines(), ["POST /rd", "POST /rd"]);
	},
);

scripted(
	"[CORE-REG-4] A-27 offline and back within the lifetime: one Update at most, and everything as before",
	{ lifetimeS: 300, outages: [{ fromS: 10, untilS: 60 }] },
	async (it) => {
		const { length } = it.heard;
		await it.stage.pass(5);
		equal((await it.ask(...put("/1/0/1", "400"))).code, "2.04");
		await it.stage.pass(3);
		const silent = it.heard.length;
		ok(silent > length);
		await it.stage.pass(50);
		equal(it.heard.length, silent);
		await it.stage.pass(10);
		const updates = it.requests.slice(1).map(({ line, ...message }) => [line, queryOf(message).join()]);
		ok(updates.length <= 2 && updates.every(([line]) => line === "POST /rd/1"), JSON.stringify(updates));
		deepEqual(updates[0], ["POST /rd/1", "lt=400"]);
		equal((await it.ask("/3/0/0")).code, "2.05");
	},
);

scripted(
	"[CORE-REG-1] A-28 in queue mode there is nothing to say after coming online, and nothing is said",
	{ lifetimeS: 1000, client: { queueMode: true }, outages: [{ fromS: 10, untilS: 60 }] },
	async (it) => {
		await it.stage.pass(120);
		const lines = it.lines().slice(1);
		ok(lines.length <= 1 && lines.every((line) => line === "POST /rd/1"), lines.join());
	},
);
