import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { DEVICE } from "../../../modules/objects/facts/device-3-v1-1.ts";
import { SECURITY } from "../../../modules/objects/facts/security-0-v1-1.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-1.ts";
import { TEMPERATURE } from "../../../modules/objects/facts/temperature-3303.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bench, code, payload } from "../lwm2m/bench.ts";

const digits = (text: string) => new Uint8Array([...text].map((character) => character.charCodeAt(0)));
const { text } = ContentFormat;

test("tables of facts: ascending IDs, a type for all but executables, and deeply frozen", () => {
	const tables: readonly ObjectFacts[] = [SECURITY, SERVER, DEVICE, TEMPERATURE];
	for (const facts of tables) {
		ok(Object.isFrozen(facts) && Object.isFrozen(facts.resources));
		let last = -1;
		for (const name in facts.resources) {
			const { id, type, operations } = facts.resources[name]!;
			ok(Object.isFrozen(facts.resources[name]));
			ok(id > last, `${facts.id} ${name}`);
			equal(type === undefined, operations === "E", `${facts.id} ${name}`);
			last = id;
		}
	}
});

test("[CORE-OBJ-1] Device: what it is, its error code, and the command that resets it", () => {
	const it = bench();
	for (const [resource, expected] of [
		["0", "Maker"],
		["1", "Model"],
		["3", "1.0"],
		["11/0", "0"],
		["16", "U"],
	] as const) {
		equal(payload(it.get(`/3/0/${resource}`)), expected, resource);
	}
	const device = it.world.client.registry.instance(3, 0)!;
	device.hold(
		"errorCode",
		new Map([
			[0, 2],
			[1, 6],
		]),
	);
	equal(payload(it.get("/3/0/11/1")), "6");
	equal(code(it.execute("/3/0/12")), "2.04");
	equal(code(it.get("/3/0/11/1")), "4.04");
	equal(payload(it.get("/3/0/11/0")), "0");
});

test("[CORE-OBJ-1] Device: the time is absent until somebody sets it (ETS 651)", () => {
	const it = bench();
	equal(code(it.get("/3/0/13")), "4.04");
	equal(code(it.put("/3/0/13", text, digits("1367491215"))), "2.04");
	equal(it.furniture.wallTimeS, 1367491215);
	equal(payload(it.get("/3/0/13")), "1367491215");
	equal(code(it.put("/3/0/13", text, digits("-1"))), "4.00");
	equal(code(it.put("/3/0/14", text, digits("+02:00"))), "2.04");
	equal(code(it.put("/3/0/15", text, digits("Europe/Paris"))), "2.04");
	equal(payload(it.get("/3/0/15")), "Europe/Paris");
});

test("[CORE-OBJ-1] Server: what a server may write, and what it may not", () => {
	const it = bench();
	for (const [resource, value, expected] of [
		["0", "2", "4.05"],
		["1", "86400", "2.04"],
		["1", "-1", "4.00"],
		["2", "1", "2.04"],
		["3", "-5", "4.00"],
		["5", "10", "2.04"],
		["6", "0", "2.04"],
		["6", "2", "4.00"],
		["7", "U", "2.04"],
		["7", "UQ", "4.00"], // the queue is not part of the binding since 1.1
		["13", "1", "4.05"],
		["23", "1", "2.04"],
	] as const) {
		equal(code(it.put(`/1/0/${resource}`, text, digits(value))), expected, `${resource} = ${value}`);
	}
	deepEqual(
		["1", "2", "5"].map((resource) => payload(it.get(`/1/0/${resource}`))),
		["86400", "1", "10"],
	);
});
