import { deepEqual, equal, ok } from "node:assert/strict";
import { type Case, hasCode, valuesIn } from "./case.ts";
import { readValue, resetting, resource, resourceInstance, structured, test } from "./conformance-values.ts";
import type { Answer, RemoteDevice } from "./rest-client.ts";
import { compositeValues, type Instance, type RestValue } from "./rest-node.ts";

type Links = Map<string, Readonly<Record<string, string | null>>>;

function linksIn(answer: Answer): Links {
	hasCode(answer, "2.05", "Discover");
	return new Map(answer.objectLinks?.map(({ url, attributes }) => [url, attributes]));
}

const bench = "/33100";
const kept = (value: string) => resource(0, "integer", value);

/** Runs with an instance that a server made, and takes it away. */
async function withInstance(
	remote: RemoteDevice,
	instance: Instance,
	run: (at: string) => Promise<void>,
): Promise<void> {
	const answer = await remote.create(bench, instance);
	hasCode(answer, "2.01", "Create");
	const at = `/${answer.location!.replace(/^\//, "")}`;
	try {
		await run(at);
	} finally {
		hasCode(await remote.delete(at), "2.02", `Delete ${at}`);
	}
}

const creating: readonly Case[] = [
	...structured.map((format) => ({
		name: `[CORE-DM-1] ETS 1630 L-27 Create with an ID in ${format} is 2.01, a second one 4.00; Delete is 2.02`,
		run: async ({ remote }: Parameters<Case["run"]>[0]) => {
			const instance: Instance = { kind: "instance", id: 4, resources: [kept("5"), resource(1, "string", "made")] };
			const made = await remote.create(bench, instance, { format });
			hasCode(made, "2.01", "Create");
			try {
				const values = valuesIn(await remote.read(`${bench}/4`), `${bench}/4`);
				equal(values.get(`${bench}/4/0`), "5");
				equal(values.get(`${bench}/4/1`), "made");
				hasCode(await remote.create(bench, instance, { format }), "4.00", "Create of what is there");
			} finally {
				hasCode(await remote.delete(`${bench}/4`), "2.02", "Delete");
			}
			hasCode(await remote.read(`${bench}/4`), "4.04", "Read of what is deleted");
		},
	})),
	{
		name: "[CORE-DM-1] L-27 Create without an ID: the device chooses one and says it in Location-Path",
		run: ({ remote }) =>
			withInstance(remote, { kind: "instance", resources: [kept("6")] }, async (at) => {
				ok(/^\/33100\/\d+$/.test(at), at);
				ok(!["/33100/0", "/33100/1"].includes(at), "an ID that is taken");
				equal(await readValue(remote, `${at}/0`), "6");
			}),
	},
	{
		name: "[CORE-DM-1] Create of several instances at once: all of them, or none",
		run: async ({ remote }) => {
			const instance = (id: number): Instance => ({ kind: "instance", id, resources: [kept(String(id))] });
			const several = (...ids: number[]) => ({ kind: "obj", id: 33_100, instances: ids.map(instance) }) as const;
			hasCode(await remote.create(bench, several(3, 5)), "2.01", "Create of two");
			equal(await readValue(remote, `${bench}/3/0`), "3");
			equal(await readValue(remote, `${bench}/5/0`), "5");
			hasCode(await remote.create(bench, several(6, 5)), "4.00", "Create of one that is there");
			hasCode(await remote.read(`${bench}/6`), "4.04", "the other one was made");
			hasCode(await remote.delete(`${bench}/3`), "2.02");
			hasCode(await remote.delete(`${bench}/5`), "2.02");
		},
	},
	{
		name: "[CORE-DM-1] Create without a mandatory Resource, or out of its range, is 4.00 and makes nothing",
		run: async ({ remote }) => {
			const without: Instance = { kind: "instance", id: 5, resources: [resource(1, "string", "torn")] };
			hasCode(await remote.create(bench, without), "4.00", "without Resource 0");
			const wild: Instance = { kind: "instance", id: 5, resources: [kept("101")] };
			hasCode(await remote.create(bench, wild), "4.00", "out of range");
			hasCode(await remote.read(`${bench}/5`), "4.04");
		},
	},
	{
		name: "[CORE-DM-1] L-28 Delete of what a server may not delete is 4.05, of what is not there 4.04, /0 is 4.01",
		run: async ({ remote }) => {
			for (const path of ["/1/0", "/3/0", "/4/0", "/6/0"]) hasCode(await remote.delete(path), "4.05", path);
			for (const path of ["/33100/6", "/3442/3", "/9999/0"]) hasCode(await remote.delete(path), "4.04", path);
			hasCode(await remote.delete("/0/0"), "4.01", "/0/0");
		},
	},
	{
		name: "[CORE-DM-1] ETS 680 L-27 Create on a single-instance object is 4.05, on /0 4.01, on what is not there 4.04",
		run: async ({ remote }) => {
			const other: Instance = { kind: "instance", id: 1, resources: [resource(14, "string", "+01:00")] };
			hasCode(await remote.create("/3", other), "4.05", "/3");
			hasCode(await remote.create("/0", { ...other, resources: [resource(0, "string", "coap://x")] }), "4.01", "/0");
			hasCode(await remote.create("/9999", { ...other, resources: [resource(0, "string", "x")] }), "4.04", "/9999");
		},
	},
	{
		name: "[CORE-DM-1] L-29 Execute of what is readable or writable is 4.05, of what is not there 4.04",
		run: async ({ remote }) => {
			for (const path of [`${test}/110`, `${test}/4`, "/33100/0/2"]) hasCode(await remote.execute(path), "4.05", path);
			for (const path of [`${test}/99`, "/3442/3/0", "/9999/0/0"]) hasCode(await remote.execute(path), "4.04", path);
		},
	},
];

const discovering: readonly Case[] = [
	{
		name: "[CORE-DM-1] ETS 260 L-30 Discover of object, instance, Resource, a multiple Resource",
		run: async ({ remote }) => {
			const object = linksIn(await remote.discover("/3"));
			for (const url of ["/3", "/3/0", "/3/0/6", "/3/0/7", "/3/0/4"]) ok(object.has(url), `no ${url}`);
			equal(object.get("/3/0/6")!.dim, "2");
			const instance = linksIn(await remote.discover("/3/0"));
			ok(!instance.has("/3") && instance.has("/3/0") && instance.has("/3/0/13"));
			deepEqual([...linksIn(await remote.discover("/3/0/13")).keys()], ["/3/0/13"]);
			const multiple = linksIn(await remote.discover("/3/0/7"));
			deepEqual([...multiple.keys()], ["/3/0/7", "/3/0/7/0", "/3/0/7/1"]);
			equal(multiple.get("/3/0/7")!.dim, "2");
		},
	},
	{
		name: "[CORE-DM-1] ETS 1201 Discover shows the version of an object that is not the enabler's own",
		run: async ({ remote }) => {
			equal(linksIn(await remote.discover("/10")).get("/10")?.ver, "1.1");
			equal(linksIn(await remote.discover("/20")).get("/20")?.ver, "2.1");
		},
	},
	{
		name: "[CORE-DM-1] L-30 Discover of what is not there is 4.04 at every level",
		run: async ({ remote }) => {
			for (const path of ["/9999", "/3/7", "/3/0/9999", "/3442/3", "/33100/0/77"]) {
				hasCode(await remote.discover(path), "4.04", path);
			}
		},
	},
	{
		name: "[CORE-DM-2] ETS 260 L-32 attributes at instance, Resource and Resource Instance are seen, and go by name",
		run: async ({ remote }) => {
			const write = async (path: string, set: Readonly<Record<string, string>>) =>
				hasCode(await remote.writeAttributes(path, set), "2.04", `${path} ${JSON.stringify(set)}`);
			await write("/3/0", { pmin: "10", pmax: "200" });
			try {
				deepEqual(linksIn(await remote.discover("/3/0")).get("/3/0"), { pmin: "10", pmax: "200" });
				await write("/3/0/7", { lt: "1", gt: "6", st: "1" });
				const own = linksIn(await remote.discover("/3/0/7"));
				deepEqual(own.get("/3/0/7"), { dim: "2", pmin: "10", pmax: "200", gt: "6", lt: "1", st: "1" });
				await write("/3/0/7/1", { gt: "9" });
				equal(linksIn(await remote.discover("/3/0/7")).get("/3/0/7/1")?.gt, "9");
				await write("/3/0/7", { gt: "", st: "2" });
				const after = linksIn(await remote.discover("/3/0/7")).get("/3/0/7")!;
				equal(after.st, "2");
				equal(after.lt, "1");
				equal("gt" in after, false, "gt is still there");
			} finally {
				await write("/3/0", { pmin: "", pmax: "" });
				await write("/3/0/7", { lt: "", gt: "", st: "" });
				await write("/3/0/7/1", { gt: "" });
			}
			deepEqual(linksIn(await remote.discover("/3/0/7")).get("/3/0/7"), { dim: "2" });
		},
	},
];

const composites: readonly Case[] = [
	...(["SENML_JSON", "SENML_CBOR"] as const).map((nodeFormat) => ({
		name: `[CORE-DM-1] ETS 229 280 Read-Composite in ${nodeFormat}: what was named and nothing more`,
		run: async ({ remote }: Parameters<Case["run"]>[0]) => {
			const paths = ["/3/0/16", "/3/0/6/0", "/1/0"];
			const answer = await remote.readComposite(paths, { pathFormat: nodeFormat, nodeFormat });
			hasCode(answer, "2.05", "Read-Composite");
			deepEqual(Object.keys(answer.content!).sort(), [...paths].sort());
			const values = compositeValues(answer.content!);
			deepEqual(values.get("/3/0/16"), "U");
			equal(values.has("/3/0/6/1"), false);
			const alone = valuesIn(await remote.read("/1/0"), "/1/0");
			for (const [path, value] of alone) deepEqual(values.get(path), value, path);
		},
	})),
	{
		name: "[CORE-DM-1] ETS 235 Read-Composite of the root: everything readable, without /0, /21 and /23",
		run: async ({ remote }) => {
			const answer = await remote.readComposite(["/"]);
			hasCode(answer, "2.05", "Read-Composite /");
			const values = compositeValues(answer.content!);
			for (const path of ["/1/0/0", "/3/0/16", "/4/0/0", "/3442/0/110", "/33100/1/0"])
				ok(values.has(path), `no ${path}`);
			for (const path of values.keys()) ok(!/^\/(0|21|23)\//.test(path), `${path} is told`);
		},
	},
	{
		name: "[CORE-DM-1] Read-Composite with paths that are not there tells the others",
		run: async ({ remote }) => {
			const answer = await remote.readComposite(["/3/0/16", "/3/0/9999", "/9999/0"]);
			hasCode(answer, "2.05");
			deepEqual([...compositeValues(answer.content!).keys()], ["/3/0/16"]);
		},
	},
	...(["SENML_JSON", "SENML_CBOR"] as const).map((format) => ({
		name: `[CORE-DM-1] ETS 230 L-24 Write-Composite in ${format}: several objects, new Resource Instances`,
		run: async ({ remote }: Parameters<Case["run"]>[0]) => {
			const before = await readValue(remote, "/1/0/5");
			const nodes = {
				"/1/0/5": resource(5, "integer", "777"),
				[`${test}/110`]: resource(110, "string", "together"),
				[`${test}/1120/4`]: resourceInstance(4, "integer", "44"),
				[`${test}/1110/9`]: resourceInstance(9, "string", "new"),
			};
			try {
				hasCode(await remote.writeComposite(nodes, format), "2.04", "Write-Composite");
				equal(await readValue(remote, "/1/0/5"), "777");
				equal(await readValue(remote, `${test}/110`), "together");
				equal(await readValue(remote, `${test}/1120/4`), "44");
				equal(await readValue(remote, `${test}/1110/9`), "new");
				deepEqual(await readValue(remote, `${test}/1110/0`), "initial value", "the other instance is gone");
			} finally {
				hasCode(await remote.write("/1/0/5", resource(5, "integer", before as string)), "2.04", "Write back");
				hasCode(await remote.execute(`${test}/0`), "2.04", "Reset values");
			}
		},
	})),
	{
		name: "[CORE-DM-1] Write-Composite with one refused part changes nothing",
		run: async ({ remote }) => {
			const refusals: readonly (readonly [string, Parameters<typeof kept>[0] | RestValue, string])[] = [
				["/33100/0/2", "fixed?", "4.05"],
				["/33100/0/0", "101", "4.00"],
				["/33100/0/77", "x", "4.04"],
			];
			const before = await readValue(remote, `${test}/110`);
			for (const [path, value, code] of refusals) {
				const id = Number(path.split("/")[3]);
				const bad = resource(id, id === 0 ? "integer" : "string", value);
				const nodes = { [`${test}/110`]: resource(110, "string", "half"), [path]: bad };
				hasCode(await remote.writeComposite(nodes), code, path);
				equal(await readValue(remote, `${test}/110`), before, `half of it was written with ${path}`);
			}
		},
	},
	resetting("[CORE-DM-1] ETS 257 Write-Composite with a time: the clock of Device is set", async ({ remote }) => {
		const setMs = 1_700_000_000_000;
		const nodes = { "/3/0/13": resource(13, "time", setMs), "/1/0/6": resource(6, "boolean", true) };
		hasCode(await remote.writeComposite(nodes), "2.04", "Write-Composite");
		const readMs = Number(await readValue(remote, "/3/0/13"));
		ok(readMs >= setMs && readMs < setMs + 20_000, `set to ${setMs}, read ${readMs}`);
		equal(await readValue(remote, "/1/0/6"), true);
		const back = { "/3/0/13": resource(13, "time", Date.now()), "/1/0/6": resource(6, "boolean", false) };
		hasCode(await remote.writeComposite(back), "2.04", "Write back");
	}),
];

const instances: readonly Case[] = [
	{
		name: "[CORE-DM-1] L-18 L-19 Write of an instance: replace drops what is left out, update keeps it, torn is 4.00",
		run: async ({ remote }) => {
			const made: Instance = { kind: "instance", id: 6, resources: [kept("1"), resource(1, "string", "there")] };
			hasCode(await remote.create(bench, made), "2.01", "Create");
			const at = `${bench}/6`;
			try {
				const part: Instance = { kind: "instance", id: 6, resources: [kept("2")] };
				hasCode(await remote.write(at, part, { mode: "update" }), "2.04", "update");
				equal(await readValue(remote, `${at}/1`), "there");
				equal(await readValue(remote, `${at}/0`), "2");
				hasCode(await remote.write(at, { ...part, resources: [kept("3")] }), "2.04", "replace");
				hasCode(await remote.read(`${at}/1`), "4.04", "what replace left out");
				const torn: Instance = { kind: "instance", id: 6, resources: [resource(1, "string", "torn")] };
				hasCode(await remote.write(at, torn), "4.00", "replace without the mandatory Resource");
				equal(await readValue(remote, `${at}/0`), "3");
			} finally {
				hasCode(await remote.delete(at), "2.02", "Delete");
			}
		},
	},
	{
		name: "[CORE-DM-1] L-15 every operation on Security (/0) is 4.01",
		run: async ({ remote }) => {
			hasCode(await remote.read("/0"), "4.01", "Read /0");
			hasCode(await remote.read("/0/0/0"), "4.01", "Read /0/0/0");
			hasCode(await remote.write("/0/0/0", resource(0, "string", "x"), { format: "TEXT" }), "4.01", "Write");
			hasCode(await remote.discover("/0"), "4.01", "Discover");
			hasCode(await remote.delete("/0/0"), "4.01", "Delete");
			hasCode(await remote.observe("/0"), "4.01", "Observe");
			hasCode(await remote.writeAttributes("/0/0", { pmin: "1" }), "4.01", "Write-Attributes");
		},
	},
];

export const managingCases: readonly Case[] = [...creating, ...discovering, ...composites, ...instances];
