import { deepEqual, equal, ok } from "node:assert/strict";
import { type Case, hasCode, valueIn, valuesIn } from "./case.ts";
import type { Format, RemoteDevice } from "./rest-client.ts";
import type { RestValue } from "./rest-node.ts";

const structured: readonly Format[] = ["TLV", "SENML_JSON", "SENML_CBOR"];
const single: readonly Format[] = ["TEXT", "CBOR", ...structured];
const steadyTriesMax = 5;

/**
 * Reads `path` in each format; all must hold the same values. Measurements move: the comparison counts when a Read
 * before and one after it agree, and is tried again when they do not.
 */
async function sameInAll(
	remote: RemoteDevice,
	path: string,
	formats: readonly Format[],
): Promise<Map<string, RestValue>> {
	for (let tries = 0; tries < steadyTriesMax; tries++) {
		const before = valuesIn(await remote.read(path), path);
		const found: [Format, Map<string, RestValue>][] = [];
		for (const format of formats) found.push([format, valuesIn(await remote.read(path, { format }), path)]);
		const after = valuesIn(await remote.read(path), path);
		if (JSON.stringify([...before]) !== JSON.stringify([...after])) continue;
		for (const [format, values] of found) deepEqual(values, before, `${path} in ${format}`);
		return before;
	}
	throw new Error(`${path} never stands still`);
}

const levels: readonly Case[] = ["/1", "/1/0", "/3", "/3/0", "/3303", "/3303/0"].map((path) => ({
	name: `[CORE-DM-1] ETS 203 222 223 231 232 Read ${path}: the same values in ${structured.join(", ")}`,
	run: async ({ remote }) => {
		const values = await sameInAll(remote, path, structured);
		ok(values.size > 0, `${path} is empty`);
	},
}));

const resources: readonly Case[] = ["/1/0/0", "/1/0/1", "/1/0/6", "/1/0/7", "/3/0/0", "/3/0/16", "/3303/0/5700"].map(
	(path) => ({
		name: `[CORE-DM-1] ETS 201 211 224 231 232 Read ${path}: the same value in ${single.join(", ")}`,
		run: async ({ remote }) => {
			const values = await sameInAll(remote, path, single);
			deepEqual([...values.keys()], [path]);
		},
	}),
);

const refusals: readonly (readonly [path: string, code: string, why: string])[] = [
	["/0", "4.01", "Security is a secret to every server"],
	["/0/0", "4.01", "Security is a secret to every server"],
	["/0/0/1", "4.01", "Security is a secret to every server"],
	["/0/7", "4.01", "not even whether an instance exists is told"],
	["/9999", "4.04", "no such object"],
	["/3/7", "4.04", "no such instance"],
	["/3/0/9999", "4.04", "no such resource"],
	["/3/0/11/77", "4.04", "no such resource instance"],
	["/3/0/4", "4.05", "an executable resource is not readable"],
	["/1/0/8", "4.05", "an executable resource is not readable"],
];

const refused: readonly Case[] = refusals.map(([path, code, why]) => ({
	name: `[CORE-DM-1] ETS 221 Read ${path} is ${code}: ${why}`,
	run: async ({ remote }) => hasCode(await remote.read(path), code, `Read ${path}`),
}));

const special: readonly Case[] = [
	{
		name: "[CORE-DM-1] ETS 222 Read /3/0 has error codes and binding, and nothing that is only executable",
		run: async ({ remote }) => {
			const values = valuesIn(await remote.read("/3/0"), "/3/0");
			equal(values.get("/3/0/16"), "U");
			ok(
				[...values.keys()].some((path) => path.startsWith("/3/0/11/")),
				"no error code",
			);
			ok(!values.has("/3/0/4"), "an executable resource was read");
		},
	},
	{
		name: "[CORE-DM-1] ETS 222 Read /1/0 shows this registration: short server id, lifetime, binding",
		run: async ({ remote, lifetimeS }) => {
			const values = valuesIn(await remote.read("/1/0"), "/1/0");
			ok(Number(values.get("/1/0/0")) >= 1, "no Short Server ID");
			equal(values.get("/1/0/1"), String(lifetimeS));
			equal(values.get("/1/0/7"), "U");
		},
	},
	{
		name: `[CORE-DM-1] ETS 225 Read /3/0/11 and its instance 0: the same value in ${single.join(", ")}`,
		run: async ({ remote }) => {
			const whole = await sameInAll(remote, "/3/0/11", structured);
			const one = await sameInAll(remote, "/3/0/11/0", single);
			equal(whole.get("/3/0/11/0"), one.get("/3/0/11/0"));
		},
	},
	{
		name: "[CORE-DM-1] Read of several values in a format for one is 4.06",
		run: async ({ remote }) => {
			for (const path of ["/3/0", "/3/0/11", "/1"]) {
				hasCode(await remote.read(path, { format: "TEXT" }), "4.06", `Read ${path} as text`);
				hasCode(await remote.read(path, { format: "CBOR" }), "4.06", `Read ${path} as CBOR`);
			}
		},
	},
	{
		name: "[CORE-DM-1] Read of a string as opaque bytes is 4.06",
		run: async ({ remote }) => hasCode(await remote.read("/3/0/0", { format: "OPAQUE" }), "4.06"),
	},
	{
		name: "[CORE-DM-1] ETS 652 the firmware version (/3/0/3) is text",
		run: async ({ remote }) => {
			const version = valueIn(await remote.read("/3/0/3", { format: "TEXT" }), "/3/0/3");
			ok(typeof version === "string" && version !== "", "no firmware version");
		},
	},
];

export const readingCases: readonly Case[] = [...levels, ...resources, ...refused, ...special];
