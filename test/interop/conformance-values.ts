import { deepEqual } from "node:assert/strict";
import type { Bench } from "./bench.ts";
import { type Case, hasCode, roundedValues, valueIn } from "./case.ts";
import type { Format, RemoteDevice } from "./rest-client.ts";
import type { MultiResource, ResourceInstance, RestValue, SingleResource } from "./rest-node.ts";

/** Formats for single values, and those that name what they hold. */
export const structured: readonly Format[] = ["TLV", "SENML_JSON", "SENML_CBOR"];
export const single: readonly Format[] = ["TEXT", "CBOR", ...structured];

/** The test object that Eclipse's clients have, too: every data type, alone and in numbers. */
export const test = "/3442/0";

export interface TypeRow {
	/** As the REST API names it. */
	readonly type: string;
	/** In object 3442; the same plus 1000 is a multiple Resource. */
	readonly id: number;
	readonly values: readonly RestValue[];
	/** Formats for one value, where they are not `single`. */
	readonly formats?: readonly Format[];
	/** Leshan 2.0.0-M18 writes it so in SenML as Core 1.1 §7.4.4 does not: "vs" for an object link. */
	readonly isOddInLeshan?: boolean;
}

/** The formats in which this server can write such values as the specification has them. */
export function writable(bench: Bench, row: TypeRow, formats: readonly Format[]): readonly Format[] {
	if (row.isOddInLeshan !== true || !bench.server.name.startsWith("Leshan")) return formats;
	return formats.filter((format) => !format.startsWith("SENML"));
}

/** All data types, at their limits (Core 1.1 Appendix C). */
export const typeRows: readonly TypeRow[] = [
	{ type: "string", id: 110, values: ["", "plain", "äöü € 😀", "x".repeat(300)] },
	{
		type: "integer",
		id: 120,
		values: ["0", "-1", "127", "-128", "128", "32768", "-2147483649", "9223372036854775807", "-9223372036854775808"],
	},
	{ type: "unsigned_integer", id: 125, values: ["0", "255", "4294967296", "9223372036854775807"] },
	{ type: "float", id: 130, values: ["0.0", "-2.25", "0.1", "1.0E10"] },
	{ type: "boolean", id: 140, values: [true, false] },
	{ type: "opaque", id: 150, values: ["", "00", "00ff10", "ab".repeat(200)], formats: ["OPAQUE", ...single] },
	{ type: "time", id: 160, values: [0, 946_684_800_000, 4_102_444_800_000] },
	{
		type: "objlnk",
		id: 170,
		isOddInLeshan: true,
		values: [
			{ objectId: 3, objectInstanceId: 0 },
			{ objectId: 33_100, objectInstanceId: 1 },
			{ objectId: 65_535, objectInstanceId: 65_535 },
		],
	},
	{ type: "corelink", id: 180, values: ["</3/0>", '</3/0>,</1/0/1>;title="x"'] },
];

export const resource = (id: number, type: string, value: RestValue): SingleResource => ({
	kind: "singleResource",
	id,
	type,
	value,
});
export const resources = (id: number, type: string, values: Readonly<Record<string, RestValue>>): MultiResource => ({
	kind: "multiResource",
	id,
	type,
	values,
});
export const resourceInstance = (id: number, type: string, value: RestValue): ResourceInstance => ({
	kind: "resourceInstance",
	id,
	type,
	value,
});

/** What a Read shows for what was written: floats in single precision, links without the servers' own remarks. */
export function shown(node: SingleResource | ResourceInstance): RestValue {
	return [...roundedValues("/", node).values()][0]!;
}

/** Reads one value in `format`. */
export async function readValue(remote: RemoteDevice, path: string, format?: Format): Promise<RestValue> {
	return valueIn(await remote.read(path, format === undefined ? {} : { format }), path);
}

/** Writes a value in one format, and reads it back in each. */
export async function roundTrip(
	remote: RemoteDevice,
	{
		path,
		node,
		format,
	}: { readonly path: string; readonly node: SingleResource | ResourceInstance; readonly format: Format },
): Promise<void> {
	hasCode(await remote.write(path, node, { format }), "2.04", `Write ${path} in ${format}`);
	deepEqual(await readValue(remote, path), shown(node), `${JSON.stringify(node.value)} written in ${format}`);
}

/** The object to its first values. */
export async function reset(remote: RemoteDevice): Promise<void> {
	hasCode(await remote.execute(`${test}/0`), "2.04", "Reset values");
}

/** A case that leaves the test object with its first values. */
export const resetting = (name: string, run: Case["run"]): Case => ({
	name,
	run: async (bench) => {
		try {
			await run(bench);
		} finally {
			await reset(bench.remote);
		}
	},
});
