import { deepEqual, equal, ok } from "node:assert/strict";
import { type Case, hasCode, valueIn } from "./case.ts";
import type { Answer } from "./rest-client.ts";
import type { Instance } from "./rest-node.ts";

/** The links of a Discover, target → attributes. */
function linksIn(answer: Answer): Map<string, Readonly<Record<string, string | null>>> {
	hasCode(answer, "2.05", "Discover");
	return new Map(answer.objectLinks?.map(({ url, attributes }) => [url, attributes]));
}

const executing: readonly Case[] = [
	{
		name: "[CORE-DM-1] Execute without and with arguments is 2.04, and the device saw each",
		run: async ({ remote, device }) => {
			const from = device.mark;
			hasCode(await remote.execute("/3303/0/5605"), "2.04", "without arguments");
			hasCode(await remote.execute("/3303/0/5605", "0='all'"), "2.04", "with an argument");
			hasCode(await remote.execute("/3303/0/5605", "0,1='two',9"), "2.04", "with three arguments");
			equal(device.all("request", { operation: "execute", path: "/3303/0/5605" }, from).length, 3);
		},
	},
	{
		name: "[CORE-DM-1] Execute of Reset Min and Max Measured Values does it: both are then the value measured now",
		run: async ({ remote }) => {
			hasCode(await remote.execute("/3303/0/5605"), "2.04");
			const least = Number(valueIn(await remote.read("/3303/0/5601"), "/3303/0/5601"));
			const now = Number(valueIn(await remote.read("/3303/0/5700"), "/3303/0/5700"));
			const most = Number(valueIn(await remote.read("/3303/0/5602"), "/3303/0/5602"));
			ok(least <= now && now <= most, `${least} ≤ ${now} ≤ ${most}`);
			ok(most - least < 0.5, `minimum and maximum lie ${most - least} K apart right after the reset`);
		},
	},
	{
		name: "[CORE-DM-1] L-29 Execute of what is not executable is 4.05",
		run: async ({ remote }) => {
			hasCode(await remote.execute("/3/0/0"), "4.05", "a read-only resource");
			hasCode(await remote.execute("/1/0/1"), "4.05", "a writable resource");
		},
	},
	{
		name: "[CORE-DM-1] L-29 Execute of what is not there is 4.04, of Security 4.01",
		run: async ({ remote }) => {
			hasCode(await remote.execute("/3/0/9999"), "4.04", "/3/0/9999");
			hasCode(await remote.execute("/3/7/4"), "4.04", "/3/7/4");
			hasCode(await remote.execute("/9999/0/4"), "4.04", "/9999/0/4");
			hasCode(await remote.execute("/0/0/4"), "4.01", "/0/0/4");
		},
	},
];

const discovering: readonly Case[] = [
	{
		name: "[CORE-DM-1] ETS 260 Discover of an object lists its instances and resources, and the errors' count (dim)",
		run: async ({ remote }) => {
			const links = linksIn(await remote.discover("/3"));
			for (const url of ["/3", "/3/0", "/3/0/0", "/3/0/4", "/3/0/11", "/3/0/16"]) ok(links.has(url), `no ${url}`);
			equal(links.get("/3/0/11")!.dim, "1");
			ok(
				[...links.keys()].every((url) => /^\/3(\/|$)/.test(url)),
				"it tells of other objects",
			);
		},
	},
	{
		name: "[CORE-DM-1] ETS 260 Discover of an instance begins with the instance; of a resource, with the resource",
		run: async ({ remote }) => {
			const instance = linksIn(await remote.discover("/3303/0"));
			ok(
				instance.has("/3303/0") && instance.has("/3303/0/5700") && !instance.has("/3303"),
				[...instance.keys()].join(" "),
			);
			deepEqual([...linksIn(await remote.discover("/3303/0/5700")).keys()], ["/3303/0/5700"]);
		},
	},
	{
		name: "[CORE-DM-1] Discover of a multiple resource lists its instances",
		run: async ({ remote }) => {
			const links = linksIn(await remote.discover("/3/0/11"));
			deepEqual([...links.keys()], ["/3/0/11", "/3/0/11/0"]);
			equal(links.get("/3/0/11")!.dim, "1");
		},
	},
	{
		name: "[CORE-DM-1] Discover of what is not there is 4.04, of Security 4.01",
		run: async ({ remote }) => {
			for (const path of ["/9999", "/3/7", "/3/0/9999"]) hasCode(await remote.discover(path), "4.04", path);
			for (const path of ["/0", "/0/0", "/0/7"]) hasCode(await remote.discover(path), "4.01", path);
		},
	},
];

const attributes: readonly Case[] = [
	{
		name: "[CORE-DM-2] ETS 260 attributes of instance and resource are seen where they were written",
		run: async ({ remote }) => {
			try {
				hasCode(await remote.writeAttributes("/3303/0", { pmin: "10", pmax: "200" }), "2.04", "instance");
				hasCode(await remote.writeAttributes("/3303/0/5700", { pmax: "100" }), "2.04", "resource");
				const links = linksIn(await remote.discover("/3303/0"));
				deepEqual(links.get("/3303/0"), { pmin: "10", pmax: "200" });
				deepEqual(links.get("/3303/0/5700"), { pmax: "100" });
				deepEqual(links.get("/3303/0/5601"), {});
			} finally {
				await remote.writeAttributes("/3303/0", { pmin: "", pmax: "" });
				await remote.writeAttributes("/3303/0/5700", { pmax: "" });
			}
		},
	},
	{
		name: "[CORE-DM-2] ETS 260 Discover of one resource shows what it inherits; its own attribute wins",
		run: async ({ remote }) => {
			try {
				hasCode(await remote.writeAttributes("/3303/0", { pmin: "10", pmax: "200" }), "2.04", "instance");
				hasCode(await remote.writeAttributes("/3303/0/5700", { pmax: "100" }), "2.04", "resource");
				const links = linksIn(await remote.discover("/3303/0/5700"));
				deepEqual(links.get("/3303/0/5700"), { pmin: "10", pmax: "100" });
			} finally {
				await remote.writeAttributes("/3303/0", { pmin: "", pmax: "" });
				await remote.writeAttributes("/3303/0/5700", { pmax: "" });
			}
		},
	},
	{
		name: "[CORE-DM-2] L-32 a bare name removes an attribute and leaves the others",
		run: async ({ remote }) => {
			try {
				hasCode(await remote.writeAttributes("/3303/0/5700", { pmin: "5", pmax: "50" }), "2.04");
				hasCode(await remote.writeAttributes("/3303/0/5700", { pmin: "" }), "2.04");
				deepEqual(linksIn(await remote.discover("/3303/0/5700")).get("/3303/0/5700"), { pmax: "50" });
				hasCode(await remote.writeAttributes("/3303/0/5700", { pmax: "60" }), "2.04");
				deepEqual(linksIn(await remote.discover("/3303/0/5700")).get("/3303/0/5700"), { pmax: "60" });
			} finally {
				await remote.writeAttributes("/3303/0/5700", { pmin: "", pmax: "" });
			}
			deepEqual(linksIn(await remote.discover("/3303/0/5700")).get("/3303/0/5700"), {});
		},
	},
	{
		name: "[CORE-DM-2] Write-Attributes to what is not there is 4.04, to Security 4.01",
		run: async ({ remote }) => {
			hasCode(await remote.writeAttributes("/3/0/9999", { pmin: "5" }), "4.04", "/3/0/9999");
			hasCode(await remote.writeAttributes("/3/7", { pmin: "5" }), "4.04", "/3/7");
			hasCode(await remote.writeAttributes("/0/0", { pmin: "5" }), "4.01", "/0/0");
		},
	},
];

const oneMore = (id: number): Instance => ({
	kind: "instance",
	id,
	resources: [{ kind: "singleResource", id: 0, type: "string", value: "another" }],
});

const creating: readonly Case[] = [
	{
		name: "[CORE-DM-1] ETS 680 Create on the single-instance object Device is 4.05",
		run: async ({ remote }) => hasCode(await remote.create("/3", oneMore(1)), "4.05"),
	},
	{
		name: "[CORE-DM-1] Create on Server, which only a bootstrap server may, is 4.05",
		run: async ({ remote }) => {
			const account: Instance = {
				kind: "instance",
				id: 1,
				resources: [{ kind: "singleResource", id: 1, type: "integer", value: "60" }],
			};
			hasCode(await remote.create("/1", account), "4.05");
			hasCode(await remote.read("/1/1"), "4.04", "the instance that was not created");
		},
	},
	{
		name: "[CORE-DM-1] Create of an object that is not there is 4.04, of Security 4.01",
		run: async ({ remote }) => {
			hasCode(await remote.create("/9999", oneMore(0)), "4.04", "/9999");
			hasCode(await remote.create("/0", oneMore(1)), "4.01", "/0");
		},
	},
	{
		name: "[CORE-DM-1] Delete of Device and of Server is 4.05, of what is not there 4.04, of Security 4.01",
		run: async ({ remote }) => {
			hasCode(await remote.delete("/3/0"), "4.05", "/3/0");
			hasCode(await remote.delete("/1/0"), "4.05", "/1/0");
			hasCode(await remote.delete("/3303/7"), "4.04", "/3303/7");
			hasCode(await remote.delete("/9999/0"), "4.04", "/9999/0");
			hasCode(await remote.delete("/0/0"), "4.01", "/0/0");
			hasCode(await remote.read("/3/0"), "2.05", "Device is still there");
		},
	},
];

export const managementCases: readonly Case[] = [...executing, ...discovering, ...attributes, ...creating];
