/** Bootstraps that wait, fail, fall silent, come in a pack; and what registrations that fail have to do with them. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { optionNumber, text, textsOf, uint } from "../interop/wire-message.ts";
import { accountOf, bootstrapped, serverOf } from "./bootstrapped.ts";
import type { Heard, Reply } from "./scripted.ts";

const queryOf = (message: Heard) => textsOf(message, optionNumber.uriQuery);

bootstrapped("[MaU-005] A-54 0/x/11 before the first request", { bootstrap: { holdOffS: 23 } }, async (it) => {
	equal(Math.round(it.bs.requests[0]!.atMs / 1000), 23);
});

bootstrapped(
	"A-54 A-55 a request that is refused: again after a minute, two, four, with chance on top",
	{
		answering: () => ({ code: "5.00" }),
	},
	async (it) => {
		await it.stage.until("five requests", () => it.bs.requests.length === 5, 2000);
		const { requests } = it.bs;
		const gaps = requests.slice(1).map(({ atMs }, index) => (atMs - requests[index]!.atMs) / 1000);
		for (const [index, gap] of gaps.entries()) {
			const least = 60 * 2 ** index;
			ok(gap >= least && gap <= least * 1.26, gaps.join());
		}
	},
);

bootstrapped(
	"A-54 a Bootstrap-Server that answers nothing is asked again as well",
	{ answering: () => "silence" },
	async (it) => {
		await it.stage.until("another request", () => it.bs.requests.length === 2, 300);
		const [first, second] = it.bs.requests;
		equal(it.bs.heard.filter(({ id }) => id === first!.id).length, 5, "five copies");
		ok(second!.atMs - first!.atMs > 122_000);
		it.bs.answering = () => ({ code: "2.04" });
		await it.stage.until("one more", () => it.bs.requests.length === 3, 400);
		await it.provision();
		equal(await it.finish(), "2.04");
		await it.registered();
	},
);

bootstrapped(
	"A-55 the preferred format refused: the request as 1.0 has it",
	{
		answering: (request) =>
			queryOf(request).some((part) => part.startsWith("pct=")) ? { code: "4.00" } : { code: "2.04" },
	},
	async (it) => {
		await it.stage.until("the other form", () => it.bs.requests.length === 2, 5);
		deepEqual(it.bs.requests.map(queryOf), [["ep=conformance", "pct=112"], ["ep=conformance"]]);
		await it.provision();
		equal(await it.finish(), "2.04");
		await it.registered();
	},
);

bootstrapped(
	"A-56 silence for EXCHANGE_LIFETIME since the last message ends it; nothing is left of it",
	{},
	async (it) => {
		await it.stage.pass(240);
		equal(await it.write("/0", accountOf(0, it.server.uri, 1)), "2.04");
		await it.stage.pass(240);
		equal(await it.write("/1", serverOf(0, 1)), "2.04");
		await it.stage.pass(246);
		equal(it.stage.heard("bootstrapFailed").length, 0);
		await it.stage.pass(2);
		equal(it.stage.heard("bootstrapFailed")[0]?.reason, "silence");
		await it.stage.until("another request", () => it.bs.requests.length === 2, 100);
		const links = await it.discover();
		ok(!links.includes("</0/0>") && !links.includes("</1/0>"), links);
		equal(await it.finish(), "4.06");
		await it.provision();
		equal(await it.finish(), "2.04");
		await it.registered();
	},
);

bootstrapped(
	"A-64 0/x/12 after Finish the Bootstrap-Server's account goes",
	{ bootstrap: { timeoutS: 60 }, configuration: "C.1" },
	async (it) => {
		await it.provision();
		equal(await it.finish(), "2.04");
		await it.registered();
		await it.stage.pass(70);
		equal(it.stage.heard("bootstrapAccountPurged").length, 1);
		equal((await it.server.execute("/1/0/9")).code, "4.05");
		await it.stage.pass(10);
		equal(it.bs.requests.length, 1);
		it.bs.send(it.bs.bytesOf("/1", { code: "0.04" }));
		await it.stage.pass(5);
		ok(it.server.isRegistered);
	},
);

const impatient = { retryCount: 2, retryTimerS: 5, sequenceRetryCount: 1 };

for (const [bootstrapOnFailure, dead, isAsked] of [
	[true, "one", true],
	[undefined, "one", true],
	[false, "one", false],
	[false, "both", true],
] as const) {
	const recovery = [
		{ ...impatient, ...(bootstrapOnFailure === undefined ? {} : { bootstrapOnFailure }) },
		{ ...impatient, bootstrapOnFailure: false },
	];
	const words = `1/x/16 ${bootstrapOnFailure ?? "absent"}, ${dead} of two servers dead`;
	bootstrapped(
		`[BSR-001] A-67 ${words}: ${isAsked ? "bootstrap" : "no bootstrap"}`,
		{
			bootstrap: { isAlone: false },
			secondServerUri: "coap://10.0.0.3:5683",
			recovery,
			isEarly: true,
		},
		async (it) => {
			equal(it.second.uri, "coap://10.0.0.3:5683");
			it.server.server.stop();
			if (dead === "both") it.second.server.stop();
			else await it.registered(it.second);
			await it.stage.pass(400);
			equal(it.bs.requests.length > 0, isAsked, it.bs.lines().join());
		},
	);
}

bootstrapped(
	"[BSR-001] A-13 A-67 4.03 to an Update, 4.03 to the Register behind it: bootstrap at once",
	{
		bootstrap: { isAlone: false },
		isEarly: true,
		lifetimeS: 60,
		raw: () => undefined,
	},
	async (it) => {
		await it.stage.until("registration", () => it.stage.heard("registered").length === 1);
		it.raw.answering = () => ({ code: "4.03" });
		await it.stage.until("Bootstrap-Request", () => it.bs.requests.length === 1, 60);
		deepEqual(it.raw.lines(), ["POST /rd", "POST /rd/1", "POST /rd"]);
		ok(it.bs.requests[0]!.atMs - it.raw.requests[2]!.atMs < 200);
	},
);

bootstrapped(
	"[BSR-001] A-68 all down, then up: the LwM2M Server first, and no bootstrap",
	{
		bootstrap: { isAlone: false },
		isEarly: true,
		lifetimeS: 60,
		recovery: [{ retryCount: 1 }],
		raw: () => undefined,
		outages: [{ fromS: 200, untilS: 300 }],
	},
	async (it) => {
		await it.stage.until("registration", () => it.stage.heard("registered").length === 1);
		it.raw.answering = it.bs.answering = () => "silence";
		await it.stage.until("Bootstrap-Request", () => it.bs.requests.length === 1, 290);
		await it.stage.pass(210 - it.stage.nowMs / 1000);
		it.raw.answering = () => undefined;
		const { length } = it.bs.heard;
		await it.stage.pass(300 - it.stage.nowMs / 1000 + 2);
		equal(it.raw.lines().at(-1), "POST /rd");
		await it.stage.pass(600);
		equal(it.bs.heard.length, length, "not a word to the Bootstrap-Server");
	},
);

/** A pack as SenML JSON, with the account of a server. */
const packOf = (uri: string): Reply => {
	const values = { ...accountOf(0, uri, 1), ...serverOf(0, 1) };
	const records = Object.entries(values).map(([n, value]) => {
		if (typeof value === "string") return { n, vs: value };
		return typeof value === "boolean" ? { n, vb: value } : { n, v: value };
	});
	return { code: "2.05", options: [[12, uint(110)]], payload: text(JSON.stringify(records)) };
};

bootstrapped(
	"[Opt-001] ETS 12 A-70 a Bootstrap-Pack is all there is to it",
	{
		enabler: "1.2",
		configuration: "C.1",
		isEarly: true,
		answering: (request) => (request.code === "0.01" ? packOf("coap://10.0.0.2:5683") : undefined),
	},
	async (it) => {
		await it.registered();
		deepEqual(it.bs.lines(), ["GET /bspack"]);
		const [request] = it.bs.requests;
		deepEqual(queryOf(request!), ["ep=conformance", "acc=</0/1>"]);
		equal((await it.server.read("/3/0/0")).code, "2.05");
	},
);

for (const code of ["4.04", "4.05", "5.01"]) {
	bootstrapped(
		`[Opt-001] A-70 ${code} to Bootstrap-Pack-Request: Bootstrap-Request`,
		{
			enabler: "1.2",
			answering: (request) => (request.code === "0.01" ? { code } : undefined),
		},
		async (it) => {
			deepEqual(it.bs.lines(), ["GET /bspack", "POST /bs"]);
			await it.provision();
			equal(await it.finish(), "2.04");
			await it.registered();
		},
	);
}

bootstrapped(
	"[Opt-001] A-70 a pack that makes no sense: Bootstrap-Request",
	{
		enabler: "1.2",
		answering: (request) =>
			request.code === "0.01" ? { code: "2.05", options: [[12, uint(110)]], payload: text("[{}") } : undefined,
	},
	async (it) => {
		deepEqual(it.bs.lines(), ["GET /bspack", "POST /bs"]);
	},
);

bootstrapped(
	"L-38 another bootstrap: attributes and observations of an account that is another one are gone",
	{ configuration: "C.1" },
	async (it) => {
		await it.provision();
		equal(await it.finish(), "2.04");
		await it.registered();
		equal((await it.server.attributes("/33100/0/4", { pmin: 5, pmax: 50 })).code, "2.04");
		equal((await it.server.observe("/33100/0/4")).code, "2.05");
		equal((await it.server.execute("/1/0/9")).code, "2.04");
		await it.stage.until("Bootstrap-Request", () => it.bs.lines().length === 2, 5);
		for (const path of ["/0", "/1"]) equal(await it.delete(path), "2.02");
		await it.provision(it.server, 3, 7);
		equal(await it.finish(), "2.04");
		await it.stage.until("another registration", () => it.stage.heard("registered").length === 2, 10);
		const { links } = await it.server.discover("/33100/0/4");
		ok(!links.some((link) => link.includes("pmin=5")), links.join());
		const fromMs = it.stage.nowMs;
		await it.stage.pass(120);
		deepEqual(it.server.since(fromMs), []);
	},
);

bootstrapped("L-58 a bootstrap of accounts and who may do what", { configuration: "C.1" }, async (it) => {
	await it.provision();
	await it.provision(it.second, 2, 2);
	const rights: readonly [number, number, number, number, number][] = [
		[0, 1, 0, 1, 15],
		[1, 1, 2, 2, 15],
		[2, 3, 0, 1, 1],
	];
	for (const [id, objectId, instanceId, owner, acl] of rights) {
		const path = `/2/${id}`;
		const values = {
			[`${path}/0`]: objectId,
			[`${path}/1`]: instanceId,
			[`${path}/2/${owner}`]: acl,
			[`${path}/3`]: owner,
		};
		equal(await it.write(path, values), "2.04");
	}
	equal(await it.finish(), "2.04");
	await it.registered();
	await it.registered(it.second);
	equal((await it.server.read("/3/0/0")).code, "2.05");
	equal((await it.second.read("/3/0/0")).code, "4.01");
	equal((await it.second.read("/1/2/1")).code, "2.05");
	equal((await it.second.read("/1/0/1")).code, "4.01");
});
