import { utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { EnablerVersion, ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { DEVICE as DEVICE_1_0 } from "../../../modules/objects/facts/device-3-v1-0.ts";
import { DEVICE as DEVICE_1_2 } from "../../../modules/objects/facts/device-3-v1-2.ts";
import { SERVER as SERVER_1_0 } from "../../../modules/objects/facts/server-1-v1-0.ts";
import { SERVER as SERVER_1_1 } from "../../../modules/objects/facts/server-1-v1-1.ts";
import { SERVER as SERVER_1_2 } from "../../../modules/objects/facts/server-1-v1-2.ts";
import type { ServerFacts, ServerOptions } from "../../../modules/objects/server-1.ts";
import { tablesOf } from "../../../src/tables.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, code, linksOf, payload } from "../lwm2m/bench.ts";
import { write } from "./scene.ts";

const account: ServerOptions = {
	shortServerId: 1,
	lifetimeS: 300,
	storesNotifications: false,
	recovery: { priorityOrder: 3, retryCount: 5, failureBlock: true },
	supportedVersions: ["1.1", "1.2.2"],
	notificationMode: "confirmable",
	profileIdHash: 6,
};

/** A bench whose Server Object is of this version. */
const serverBench = (enabler: EnablerVersion, serverFacts: ServerFacts): Bench =>
	bench({ enabler, serverFacts, account, isQuiet: true });

/** The Resource IDs that Discover shows of the Server Instance. */
const resourcesOf = (it: Bench) =>
	linksOf(it, "/1/0")
		.map((link) => /^<\/1\/0\/(\d+)>/.exec(link)?.[1])
		.filter((id) => id !== undefined)
		.join(" ");

test("[CORE-OBJ-1] Server in each version: the Resources that it has, and no older client the newer ones", () => {
	equal(resourcesOf(serverBench("1.0", SERVER_1_0)), "0 1 4 6 7 8");
	equal(resourcesOf(serverBench("1.1", SERVER_1_1)), "0 1 4 6 7 8 9 13 15 17 23");
	equal(resourcesOf(serverBench("1.2", SERVER_1_2)), "0 1 4 6 7 8 9 13 15 17 23 25 26 27");
});

test("[CORE-OBJ-1] Server 1.1 keeps its recovery resources to the bootstrap; 1.2 shows them, and some writable", () => {
	const old = serverBench("1.1", SERVER_1_1);
	equal(code(old.get("/1/0/17")), "4.05");
	equal(code(write(old, "/1/0/17", "6")), "4.05");
	const it = serverBench("1.2", SERVER_1_2);
	equal(payload(it.get("/1/0/13")), "3");
	equal(code(write(it, "/1/0/13", "1")), "4.05");
	equal(payload(it.get("/1/0/17")), "5");
	equal(code(write(it, "/1/0/17", "6")), "2.04");
	equal(code(write(it, "/1/0/18", "7")), "2.04"); // absent before
	equal(code(write(it, "/1/0/18", "60")), "2.04", "absent, and the server's to bring into being");
	equal(payload(it.get("/1/0/18")), "60");
});

test("[CORE-OBJ-1] Server: Mute Send, notification storing, disable timeout, the default periods: writable", () => {
	for (const [enabler, facts] of [
		["1.1", SERVER_1_1],
		["1.2", SERVER_1_2],
	] as const) {
		const it = serverBench(enabler, facts);
		for (const [resource, before, after] of [
			["23", "0", "1"],
			["6", "0", "1"],
			["5", undefined, "60"],
			["2", undefined, "1"],
			["3", undefined, "10"],
		] as const) {
			const first = it.get(`/1/0/${resource}`);
			equal(before === undefined ? code(first) : payload(first), before ?? "4.04", resource);
			equal(code(write(it, `/1/0/${resource}`, after)), "2.04", resource);
			equal(payload(it.get(`/1/0/${resource}`)), after, resource);
		}
		equal(code(write(it, "/1/0/5", "-1")), "4.00");
		equal(code(write(it, "/1/0/7", "UQ")), "4.00", "a binding that is not there");
	}
	equal(code(serverBench("1.0", SERVER_1_0).get("/1/0/23")), "4.04");
});

test("[CORE-OBJ-1] Server 1.2: versions are versions, and the notification mode is 0 or 1", () => {
	const it = serverBench("1.2", SERVER_1_2);
	equal(payload(it.get("/1/0/25/1")), "1.2.2");
	equal(payload(it.get("/1/0/26")), "1");
	equal(code(write(it, "/1/0/26", "2")), "4.00");
	for (const version of ["1", "1.", ".1", "1.x", "1.2.3.4", ""]) {
		const put = it.put("/1/0/25", ContentFormat.senmlJson, utf8(`[{"bn":"/1/0/25/0","vs":"${version}"}]`));
		equal(code(put), "4.00", version);
	}
	equal(payload(it.get("/1/0/25/0")), "1.1");
});

test("[CORE-OBJ-1] a client registers the version of an Object where its enabler does not imply it", () => {
	const listOf = (enabler: EnablerVersion, facts: ServerFacts) =>
		payload(serverBench(enabler, facts).world.requests[0]!)!
			.split(",")
			.filter((link) => link.startsWith("</1"));
	deepEqual(listOf("1.0", SERVER_1_0), ["</1/0>"]);
	deepEqual(listOf("1.1", SERVER_1_1), ["</1/0>"]);
	deepEqual(listOf("1.2", SERVER_1_2), ["</1/0>"]);
	deepEqual(listOf("1.0", SERVER_1_1), ["</1>;ver=1.1", "</1/0>"]);
	deepEqual(listOf("1.2", SERVER_1_1), ["</1>;ver=1.1", "</1/0>"]);
});

test("the reference device's tables are the registry's, as far as anybody can tell", () => {
	equal(tablesOf("1.1").server, SERVER_1_1);
	equal(tablesOf("1.2").server, SERVER_1_2);
	const same = (mine: ObjectFacts, registrys: ObjectFacts) => {
		equal(mine.version, registrys.version);
		for (const name in registrys.resources) {
			const { id, operations, type } = registrys.resources[name]!;
			const facts = mine.resources[name];
			ok(facts !== undefined, name);
			deepEqual([facts.id, facts.operations, facts.type], [id, operations, type], name);
		}
	};
	same(tablesOf("1.0").server, SERVER_1_0);
	same(tablesOf("1.0").device, DEVICE_1_0);
	same(tablesOf("1.2").device, DEVICE_1_2);
});
