import { deepEqual, equal, ok } from "node:assert/strict";
import { type Case, hasCode, valueIn, valuesIn } from "./case.ts";
import {
	readValue,
	resetting,
	resource,
	resourceInstance,
	resources,
	roundTrip,
	shown,
	single,
	structured,
	test,
	typeRows,
	writable,
} from "./conformance-values.ts";

const singleTypes: readonly Case[] = typeRows.map((row) => {
	const { type, id, values, formats = single } = row;
	return resetting(
		`[CORE-DM-1] ETS 210 227 L-14 L-17 Write and Read of ${type} at its limits, in ${formats.join(", ")}`,
		async (bench) => {
			const { remote } = bench;
			const path = `${test}/${id}`;
			for (const value of values) {
				const node = resource(id, type, value);
				for (const format of writable(bench, row, formats)) await roundTrip(remote, { path, node, format });
				for (const format of formats)
					deepEqual(await readValue(remote, path, format), shown(node), `read in ${format}`);
			}
		},
	);
});

const multipleTypes: readonly Case[] = typeRows.map((row) => {
	const { type, id, values } = row;
	return resetting(
		`[CORE-DM-1] L-17 L-21 multiple ${type}: Write of the Resource replaces its instances, in ${structured.join(", ")}`,
		async (bench) => {
			const { remote } = bench;
			const path = `${test}/${id + 1000}`;
			for (const format of writable(bench, row, structured)) {
				const spread = Object.fromEntries(values.slice(0, 3).map((value, index) => [String(index * 5), value]));
				hasCode(await remote.write(path, resources(id + 1000, type, spread), { format }), "2.04", format);
				const expected = values
					.slice(0, 3)
					.map((value, index) => [`${path}/${index * 5}`, shown(resource(0, type, value))]);
				for (const back of structured) {
					const found = valuesIn(await remote.read(path, { format: back }), path);
					deepEqual([...found].sort(), [...expected].sort(), `written in ${format}, read in ${back}`);
				}
				const one = resources(id + 1000, type, { 2: values[0]! });
				hasCode(await remote.write(path, one, { format }), "2.04", format);
				deepEqual([...valuesIn(await remote.read(path), path).keys()], [`${path}/2`], "others are left");
			}
		},
	);
});

const resourceInstances: readonly Case[] = typeRows.map((row) => {
	const { type, id, values, formats = single } = row;
	return resetting(
		`[CORE-DM-1] ETS 225 233 234 L-14 L-21 one instance of multiple ${type}, in ${formats.join(", ")}`,
		async (bench) => {
			const { remote } = bench;
			const path = `${test}/${id + 1000}`;
			const [first, second] = [values.at(-1)!, values.at(-2)!];
			hasCode(
				await remote.write(path, resources(id + 1000, type, { 0: second, 7: second }), { format: "TLV" }),
				"2.04",
				"both",
			);
			for (const format of writable(bench, row, formats)) {
				await roundTrip(remote, { path: `${path}/7`, node: resourceInstance(7, type, first), format });
				deepEqual(await readValue(remote, `${path}/7`, format), shown(resourceInstance(7, type, first)), format);
				deepEqual(await readValue(remote, `${path}/0`), shown(resource(0, type, second)), "the other one changed");
				await roundTrip(remote, { path: `${path}/7`, node: resourceInstance(7, type, second), format });
			}
		},
	);
});

const odd: readonly Case[] = [
	resetting(
		"[CORE-DM-1] L-17 an object link in SenML, as the server spells it, is taken whole or 4.00",
		async ({ remote }) => {
			const before = await readValue(remote, `${test}/170`);
			const link = { objectId: 1, objectInstanceId: 0 };
			for (const format of ["SENML_JSON", "SENML_CBOR"] as const) {
				const { code } = await remote.write(`${test}/170`, resource(170, "objlnk", link), { format });
				ok(code === "2.04" || code === "4.00", code);
				deepEqual(await readValue(remote, `${test}/170`, format), code === "2.04" ? link : before);
			}
		},
	),
	resetting("[CORE-DM-1] ETS 202 L-13 an empty opaque value is read as such, in every format", async ({ remote }) => {
		hasCode(await remote.write(`${test}/150`, resource(150, "opaque", ""), { format: "OPAQUE" }), "2.04");
		for (const format of ["OPAQUE", ...single] as const) {
			equal(await readValue(remote, `${test}/150`, format), "", format);
		}
	}),
	resetting("[CORE-DM-1] L-21 a multiple Resource may be empty, and is read so", async ({ remote }) => {
		const path = `${test}/1120`;
		hasCode(
			await remote.write(path, resources(1120, "integer", {}), { format: "TLV" }),
			"2.04",
			"Write of no instances",
		);
		const answer = await remote.read(path, { format: "TLV" });
		hasCode(answer, "2.05");
		deepEqual([...valuesIn(answer, path)], []);
	}),
	{
		name: "[CORE-DM-1] L-23 a Write of another type is refused by the server or 4.00",
		run: async ({ remote }) => {
			const before = await readValue(remote, `${test}/120`);
			const answer = await remote
				.write(`${test}/120`, resource(120, "string", "no number"), { format: "TEXT" })
				.catch((error: { httpStatus?: number }) => error);
			ok("httpStatus" in answer ? answer.httpStatus === 400 : (answer as { code: string }).code === "4.00");
			equal(await readValue(remote, `${test}/120`), before);
		},
	},
	{
		name: "[CORE-DM-1] L-22 Write to what is only readable or executable is 4.05, in every format",
		run: async ({ remote }) => {
			for (const format of single) {
				hasCode(await remote.write("/33100/0/2", resource(2, "string", "x"), { format }), "4.05", format);
				hasCode(await remote.write("/3/0/1", resource(1, "string", "x"), { format }), "4.05", format);
			}
			equal(await readValue(remote, "/33100/0/2"), "fixed");
		},
	},
	{
		name: "[CORE-DM-1] what is only writable can be written, and a Read is 4.05 or leaves it out",
		run: async ({ remote }) => {
			hasCode(await remote.write("/33100/0/3", resource(3, "string", "x"), { format: "TEXT" }), "2.04", "Write");
			hasCode(await remote.read("/33100/0/3"), "4.05", "Read of it");
			const all = valuesIn(await remote.read("/33100/0"), "/33100/0");
			ok(!all.has("/33100/0/3"), "Read of the instance shows it");
		},
	},
	{
		name: "[CORE-DM-1] ETS 225 L-14 Read of a Resource Instance that is not there is 4.04, written or not",
		run: async ({ remote }) => {
			hasCode(await remote.read(`${test}/1120/77`), "4.04", "Read");
			hasCode(await remote.read("/3/0/6/77"), "4.04", "Read");
			const node = resourceInstance(77, "integer", "5");
			hasCode(await remote.write(`${test}/1120/77`, node, { format: "TEXT" }), "4.04", "Write");
		},
	},
	{
		name: "[CORE-DM-1] an Execute with arguments reaches the application as it was sent",
		run: async ({ remote }) => {
			hasCode(await remote.execute(`${test}/3`, "0='hello',3,7='x-y'"), "2.04");
			const values = valuesIn(await remote.read(`${test}/4`), `${test}/4`);
			deepEqual([...values.values()], ["0='hello'", "3", "7='x-y'"]);
			hasCode(await remote.execute(`${test}/3`), "2.04");
			equal(valuesIn(await remote.read(`${test}/4`), `${test}/4`).size, 0);
		},
	},
	{
		name: "[CORE-DM-1] a value longer than a block is written and read in blocks, in SENML_CBOR, TLV and TEXT",
		run: async ({ remote }) => {
			const long = "0123456789abcdef".repeat(120);
			for (const format of ["TEXT", "TLV", "SENML_CBOR"] as const) {
				const node = resource(110, "string", `${format}${long}`);
				hasCode(await remote.write(`${test}/110`, node, { format }), "2.04", `Write in ${format}`);
				equal(valueIn(await remote.read(`${test}/110`, { format }), `${test}/110`), node.value, format);
			}
		},
	},
];

export const typeCases: readonly Case[] = [...singleTypes, ...multipleTypes, ...resourceInstances, ...odd];
