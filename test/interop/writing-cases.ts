import { deepEqual, equal, ok } from "node:assert/strict";
import { type Case, hasCode, valueIn, valuesIn } from "./case.ts";
import type { Format, RemoteDevice } from "./rest-client.ts";
import type { Instance, RestValue, SingleResource } from "./rest-node.ts";

const structured: readonly Format[] = ["TLV", "SENML_JSON", "SENML_CBOR"];
const single: readonly Format[] = ["TEXT", "CBOR", ...structured];

const integer = (id: number, value: number): SingleResource => ({
	kind: "singleResource",
	id,
	type: "integer",
	value: String(value),
});
const boolean = (id: number, value: boolean): SingleResource => ({
	kind: "singleResource",
	id,
	type: "boolean",
	value,
});
const string = (id: number, value: string): SingleResource => ({ kind: "singleResource", id, type: "string", value });

/** Writes, and reads back in a format that the Write did not use. */
async function writesAndReads(remote: RemoteDevice, path: string, node: SingleResource, format: Format): Promise<void> {
	hasCode(await remote.write(path, node, { format }), "2.04", `Write ${path} in ${format}`);
	const other = format === "SENML_CBOR" ? "TLV" : "SENML_CBOR";
	equal(valueIn(await remote.read(path, { format: other }), path), node.value, `${path} written in ${format}`);
}

/** What /1/0 holds that a server may write, as a whole instance. */
async function serverInstance(remote: RemoteDevice): Promise<Instance> {
	const { content } = await remote.read("/1/0");
	if (content?.kind !== "instance") throw new Error("Read /1/0 gave no instance");
	return { kind: "instance", id: 0, resources: content.resources.filter(({ id }) => id !== 0) };
}

function withResource(instance: Instance, ...changed: SingleResource[]): Instance {
	const others = instance.resources.filter(({ id }) => changed.every((resource) => resource.id !== id));
	return { ...instance, resources: [...others, ...changed].sort((one, other) => one.id - other.id) };
}

const bySingle: readonly Case[] = single.map((format, index) => ({
	name: `[CORE-DM-1] ETS 205 212 227 Write integers and a boolean of /1/0 in ${format}, and read them back`,
	run: async ({ remote }) => {
		const before = await serverInstance(remote);
		try {
			await writesAndReads(remote, "/1/0/2", integer(2, 1), format);
			await writesAndReads(remote, "/1/0/2", integer(2, 101 + index), format);
			await writesAndReads(remote, "/1/0/3", integer(3, 70_000 + index), format);
			await writesAndReads(remote, "/1/0/6", boolean(6, true), format);
			await writesAndReads(remote, "/1/0/6", boolean(6, false), format);
			await writesAndReads(remote, "/1/0/7", string(7, "U"), format);
		} finally {
			hasCode(await remote.write("/1/0", before), "2.04", "Write /1/0 back");
		}
	},
}));

const updates: readonly Case[] = structured.map((format) => ({
	name: `[CORE-DM-1] ETS 215 226 233 234 partial Write of /1/0 in ${format} changes what it names and nothing else`,
	run: async ({ remote }) => {
		const before = await serverInstance(remote);
		const valuesBefore = valuesIn(await remote.read("/1/0"), "/1/0");
		try {
			const part: Instance = { kind: "instance", id: 0, resources: [integer(2, 7), boolean(6, true)] };
			hasCode(await remote.write("/1/0", part, { format, mode: "update" }), "2.04", `partial Write in ${format}`);
			const expected = new Map<string, RestValue>([...valuesBefore, ["/1/0/2", "7"], ["/1/0/6", true]]);
			const after = valuesIn(await remote.read("/1/0"), "/1/0");
			deepEqual(new Map([...after].sort()), new Map([...expected].sort()));
		} finally {
			hasCode(await remote.write("/1/0", before), "2.04", "Write /1/0 back");
		}
	},
}));

const replacements: readonly Case[] = structured.map((format) => ({
	name: `[CORE-DM-1] ETS 215 Write of the whole of /1/0 in ${format} replaces it: what it leaves out is gone`,
	run: async ({ remote }) => {
		const before = await serverInstance(remote);
		try {
			const fuller = withResource(before, integer(2, 3), integer(3, 300));
			hasCode(await remote.write("/1/0", fuller, { format }), "2.04", `Write in ${format}`);
			const full = valuesIn(await remote.read("/1/0"), "/1/0");
			equal(full.get("/1/0/2"), "3");
			equal(full.get("/1/0/3"), "300");
			const leaner: Instance = { ...fuller, resources: fuller.resources.filter(({ id }) => id !== 3) };
			hasCode(await remote.write("/1/0", leaner, { format }), "2.04", `Write in ${format}`);
			const lean = valuesIn(await remote.read("/1/0"), "/1/0");
			equal(lean.get("/1/0/2"), "3");
			equal(lean.has("/1/0/3"), false, "a resource that the Write left out is still there");
		} finally {
			hasCode(await remote.write("/1/0", before), "2.04", "Write /1/0 back");
		}
	},
}));

const clock: readonly Case[] = single.map((format, index) => ({
	name: `[CORE-DM-1] ETS 651 Write time, UTC offset and time zone of Device in ${format}: the clock is set and goes on`,
	run: async ({ remote }) => {
		const { content } = await remote.read("/3/0/13");
		try {
			const setMs = 1_367_491_215_000 + index * 1_000_000;
			const time = { kind: "singleResource", id: 13, type: "time", value: setMs } as const;
			hasCode(await remote.write("/3/0/13", time, { format }), "2.04", `Write /3/0/13 in ${format}`);
			const readMs = Number(valueIn(await remote.read("/3/0/13", { format: "SENML_CBOR" }), "/3/0/13"));
			ok(readMs >= setMs && readMs <= setMs + 5000, `set to ${setMs}, read ${readMs}`);
			await writesAndReads(remote, "/3/0/14", string(14, "+02:00"), format);
			await writesAndReads(remote, "/3/0/15", string(15, "Europe/Paris"), format);
		} finally {
			const node = content ?? ({ kind: "singleResource", id: 13, type: "time", value: Date.now() } as const);
			hasCode(await remote.write("/3/0/13", node), "2.04", "Write the time back");
		}
	},
}));

const refusals: readonly Case[] = [
	{
		name: "[CORE-DM-1] Write to a read-only resource is 4.05, in every format, and changes nothing",
		run: async ({ remote }) => {
			const before = valueIn(await remote.read("/3/0/0"), "/3/0/0");
			for (const format of single) {
				hasCode(await remote.write("/3/0/0", string(0, "somebody else"), { format }), "4.05", format);
			}
			hasCode(await remote.write("/1/0/0", integer(0, 77), { format: "TLV" }), "4.05", "the Short Server ID");
			equal(valueIn(await remote.read("/3/0/0"), "/3/0/0"), before);
		},
	},
	{
		name: "[CORE-DM-1] Write to what is not there is 4.04",
		run: async ({ remote }) => {
			hasCode(await remote.write("/1/0/9999", integer(9999, 1), { format: "TEXT" }), "4.04", "/1/0/9999");
			hasCode(await remote.write("/1/7/1", integer(1, 60), { format: "TEXT" }), "4.04", "/1/7/1");
			hasCode(await remote.write("/9999/0/1", integer(1, 60), { format: "TEXT" }), "4.04", "/9999/0/1");
		},
	},
	{
		name: "[CORE-DM-1] Write to Security (/0) is 4.01, whether it is there or not",
		run: async ({ remote }) => {
			hasCode(await remote.write("/0/0/0", string(0, "coap://192.0.2.1"), { format: "TEXT" }), "4.01", "/0/0/0");
			hasCode(await remote.write("/0/7/0", string(0, "coap://192.0.2.1"), { format: "TEXT" }), "4.01", "/0/7/0");
		},
	},
	{
		name: "[CORE-DM-1] Write of a whole instance without a mandatory resource is 4.00, and changes nothing",
		run: async ({ remote }) => {
			const before = valuesIn(await remote.read("/1/0"), "/1/0");
			for (const format of structured) {
				const torn: Instance = { kind: "instance", id: 0, resources: [integer(2, 9), boolean(6, true)] };
				hasCode(await remote.write("/1/0", torn, { format }), "4.00", format);
			}
			deepEqual(valuesIn(await remote.read("/1/0"), "/1/0"), before);
		},
	},
	{
		name: "[CORE-DM-1] a partial Write that holds one read-only resource is 4.05 as a whole, and changes nothing",
		run: async ({ remote }) => {
			const before = valuesIn(await remote.read("/1/0"), "/1/0");
			for (const format of structured) {
				const mixed: Instance = { kind: "instance", id: 0, resources: [integer(0, 77), integer(2, 9)] };
				hasCode(await remote.write("/1/0", mixed, { format, mode: "update" }), "4.05", format);
			}
			deepEqual(valuesIn(await remote.read("/1/0"), "/1/0"), before);
		},
	},
	{
		name: "[CORE-DM-1] Write of a value out of its range is 4.00, and changes nothing",
		run: async ({ remote }) => {
			const before = valueIn(await remote.read("/1/0/1"), "/1/0/1");
			hasCode(await remote.write("/1/0/1", integer(1, -5), { format: "TEXT" }), "4.00", "a negative lifetime");
			equal(valueIn(await remote.read("/1/0/1"), "/1/0/1"), before);
		},
	},
];

export const writingCases: readonly Case[] = [...bySingle, ...updates, ...replacements, ...clock, ...refusals];
