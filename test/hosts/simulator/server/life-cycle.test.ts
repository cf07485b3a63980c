/** Negotiation, Profile IDs and what else a registration goes through: Core 1.2 §6.2. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { EnablerVersion } from "../../../../hosts/simulator/server/registration.ts";
import { buildHttp } from "../../../../hosts/simulator/server/rest/http.ts";
import { codeText } from "./bootstrap-stage.ts";
import { locationOf, type ScriptedClient } from "./scripted-client.ts";
import { Stage } from "./stage.ts";

const post = 2;
const links = "</1/0>,</3/0>";
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Registers, or updates where a location is given. @returns the code, "2.01" */
async function tell(stage: Stage, client: ScriptedClient, query: readonly string[], list?: string, location?: string) {
	const path = location === undefined ? ["rd"] : ["rd", location];
	const body = list === undefined ? {} : { contentFormat: 40, payload: utf8(list) };
	const answer = await stage.outcome(client.request({ code: post, path, query, ...body }));
	return { code: codeText(answer.code), location: locationOf(answer) };
}

const cases: readonly [spoken: readonly EnablerVersion[], told: string | undefined, code: string][] = [
	[["1.0"], "1.2", "4.12"],
	[["1.0"], "1.1", "4.12"],
	[["1.0"], "1.0", "2.01"],
	[["1.0"], undefined, "2.01"],
	[["1.0", "1.1"], "1.2", "4.12"],
	[["1.0", "1.1"], "1.1", "2.01"],
	[["1.1", "1.2"], "1.0", "4.12"],
	[["1.1", "1.2"], undefined, "4.12"],
	[["1.2"], "1.2", "2.01"],
	[["1.0", "1.1", "1.2"], "2.0", "4.12"],
];
for (const [enablers, told, code] of cases) {
	const who = `a server of ${enablers.join(" and ")} answers a client of ${told ?? "no version"}`;
	test(`[VER-COMP-001] [VER-COMP-003] ${who} with ${code}`, async () => {
		const stage = await Stage.open({ enablers });
		const query = ["ep=a", ...(told === undefined ? [] : [`lwm2m=${told}`])];
		equal((await tell(stage, stage.client(), query, links)).code, code);
		equal(stage.server.clients().length, code === "2.01" ? 1 : 0);
	});
}

test("[VER-COMP-004] a server of 1.0 has no Send", async () => {
	const stage = await Stage.open({ enablers: ["1.0"] });
	const client = stage.client();
	await tell(stage, client, ["ep=a"], links);
	const message = { code: post, path: ["dp"], contentFormat: 110, payload: utf8('[{"n":"/3/0/9","v":1}]') };
	equal(codeText((await stage.outcome(client.request(message))).code), "4.04");
});

const v12 = ["ep=a", "lwm2m=1.2"];

test("[Identifiers-001] a known Profile ID stands for the object list", async () => {
	const stage = await Stage.open();
	stage.server.profiles.set("v:lamp", "</1/0>,</3/0>,</3311/0>;ver=1.0");
	equal((await tell(stage, stage.client(), [...v12, "pid=v:lamp"])).code, "2.01");
	const client = stage.server.client("a")!;
	deepEqual([...client.instances.keys()], [1, 3, 3311]);
	deepEqual(client.profileIds, ["v:lamp"]);
});

test("[Identifiers-002] an unknown Profile ID is answered 4.09, and the list is taken then", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	for (const pid of ["v:lamp", "oma:what-ever", "6:27354b9a"]) {
		equal((await tell(stage, client, [...v12, `pid=${pid}`])).code, "4.09");
	}
	equal((await tell(stage, client, v12)).code, "4.09", "neither profile nor list");
	deepEqual(stage.server.clients(), []);
	equal((await tell(stage, client, v12, links)).code, "2.01");
	deepEqual(stage.server.client("a")!.profileIds, []);
});

test("[Identifiers-003] several Profile IDs and a list come together", async () => {
	const stage = await Stage.open();
	stage.server.profiles.set("oma:base", "</1/0>,</3/0>");
	stage.server.profiles.set("v:lamp", "</3311/0>");
	const client = stage.client();
	equal((await tell(stage, client, [...v12, 'pid="oma:base,v:lamp"'], "</3303/2>")).code, "2.01");
	deepEqual([...stage.server.client("a")!.instances.keys()], [1, 3, 3311, 3303]);
	equal((await tell(stage, client, [...v12, "pid=oma:base", "pid=v:lamp"])).code, "2.01");
	deepEqual([...stage.server.client("a")!.instances.keys()], [1, 3, 3311]);
	equal((await tell(stage, client, [...v12, "pid=oma:base", "pid=v:other"], "</3303/2>")).code, "4.09");
});

test("[Identifiers-004] a fingerprint is learnt from a client that sends the list with it", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const fingerprint = "pid=6:0123abcd";
	equal((await tell(stage, client, [...v12, fingerprint])).code, "4.09");
	equal((await tell(stage, client, [...v12, fingerprint], links)).code, "2.01");
	deepEqual([...stage.server.client("a")!.instances.keys()], [1, 3]);
	equal(stage.server.client("a")!.links.length, 2);
	equal((await tell(stage, client, [...v12, 'pid="6:00000001,6:00000002"'], links)).code, "4.09", "whose list is it?");
	equal((await tell(stage, stage.client(), ["ep=b", "lwm2m=1.2", fingerprint])).code, "2.01");
	deepEqual([...stage.server.client("b")!.instances.keys()], [1, 3]);
	equal((await tell(stage, client, [...v12, "pid=6:0123ABCD"], links)).code, "4.00", "no Profile ID");
});

test("[Identifiers-004] the one used longest ago makes room", async () => {
	const stage = await Stage.open({ limits: { profiles: 2 } });
	const { profiles } = stage.server;
	profiles.set("v:one", links);
	profiles.set("v:two", links);
	await tell(stage, stage.client(), [...v12, "pid=v:one"]);
	profiles.set("v:three", links);
	deepEqual([...profiles.all().keys()], ["v:one", "v:three"]);
});

test("[Identifiers-001] an Update with a Profile ID; without list and profile the list stays", async () => {
	const stage = await Stage.open();
	stage.server.profiles.set("v:lamp", "</3311/0>");
	const client = stage.client();
	const { location } = await tell(stage, client, v12, links);
	equal((await tell(stage, client, ["lt=60"], undefined, location)).code, "2.04");
	deepEqual([...stage.server.client("a")!.instances.keys()], [1, 3]);
	equal((await tell(stage, client, ["pid=v:lamp"], undefined, location)).code, "2.04");
	deepEqual([...stage.server.client("a")!.instances.keys()], [3311]);
	equal((await tell(stage, client, ["pid=v:none"], undefined, location)).code, "4.09");
	deepEqual([...stage.server.client("a")!.instances.keys()], [3311]);
});

test("before 1.2 a pid is a parameter like others", async () => {
	const stage = await Stage.open();
	equal((await tell(stage, stage.client(), ["ep=a", "lwm2m=1.1", "pid=v:lamp"], links)).code, "2.01");
	deepEqual([...stage.server.client("a")!.additionalAttributes], [["pid", "v:lamp"]]);
});

test("profiles through REST", async () => {
	const { server } = await Stage.open();
	const http = buildHttp(server);
	const put = (id: string, payload: string) => http.inject({ method: "PUT", url: `/api/profiles/${id}`, payload });
	equal((await put("v:lamp", links)).statusCode, 200);
	equal((await put("lamp", links)).statusCode, 400);
	equal((await put("v:lamp", "no links")).statusCode, 400);
	deepEqual((await http.inject("/api/profiles")).json(), { "v:lamp": links });
	equal((await http.inject({ method: "DELETE", url: "/api/profiles/v:lamp" })).statusCode, 204);
	equal((await http.inject({ method: "DELETE", url: "/api/profiles/v:lamp" })).statusCode, 404);
	await http.close();
});
