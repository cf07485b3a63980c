/**
 * Drawn Objects through both sets of codecs: what the device writes the embedded server reads, and the other way round,
 * to the last value. They share no code, so that a slip has to be made twice to stay hidden.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import {
	type FormatName,
	formats,
	readComposite,
	readPayload,
	writeChanges,
	writePayload,
} from "../../hosts/simulator/server/formats/codec.ts";
import type { ClientModels } from "../../hosts/simulator/server/models/models.ts";
import { leavesOf, type Node, type NodeValue, type ResourceType } from "../../hosts/simulator/server/node.ts";
import type { Path as ServerPath } from "../../hosts/simulator/server/path.ts";
import { readPatch } from "../../modules/formats/payload.ts";
import type { ResourceType as DeviceType, Path, Value } from "../../modules/formats/value.ts";
import { fc } from "../seed.ts";
import { type Entry, entriesOfObject, id, isSayable, model, narrow, objectPath, read, write } from "./formats-drawn.ts";

const serverTypes: Readonly<Record<DeviceType, ResourceType>> = {
	string: "string",
	integer: "integer",
	unsignedInteger: "unsigned_integer",
	float: "float",
	boolean: "boolean",
	opaque: "opaque",
	time: "time",
	objectLink: "objlnk",
	coreLink: "corelink",
};

const models: ClientModels = {
	object: () => undefined,
	resource(objectId, resourceId) {
		const type = serverTypes[model.typeOf(objectId, resourceId)!];
		const multiple = model.isMultiple(objectId, resourceId)!;
		return { id: resourceId, name: "", operations: "RW", mandatory: false, range: "", units: "", multiple, type };
	},
};

const names: readonly FormatName[] = ["TLV", "SENML_JSON", "SENML_CBOR", "JSON", "LWM2M_CBOR"];
const composites = names.slice(1);

type Leaf = readonly [path: string, value: unknown];

/** A value as both sides can be compared by. */
function plain(value: Value | NodeValue): unknown {
	if (typeof value === "bigint") return narrow(value);
	if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
	if (typeof value !== "object") return value;
	return `${value.objectId}:${"instanceId" in value ? value.instanceId : value.objectInstanceId}`;
}

const idsOf = ({ objectId, instanceId, resourceId, resourceInstanceId }: Path): ServerPath =>
	[objectId, instanceId, resourceId, resourceInstanceId].filter((each) => each >= 0);

const leafOf = ({ path, value }: Pick<Entry, "path" | "value">): Leaf => [idsOf(path).join("/"), plain(value)];

const serverLeaves = (node: Node, base: ServerPath): Leaf[] =>
	leavesOf(node, base).map(({ path, value }) => [path.join("/"), plain(value)]);

const sorted = (leaves: readonly Leaf[]) => [...leaves].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** The server takes nothing for a CoRE link that is none; the device leaves that to whoever uses it. */
const linked = (objectId: number) =>
	entriesOfObject(objectId).map((entries) =>
		entries.map((entry): Entry => {
			return entry.type === "coreLink" ? { ...entry, value: `</3/${`${entry.value}`.length}>;ver=1.1` } : entry;
		}),
	);

/** An Object as it is, or one Object Instance of it, under its path. */
const drawn = fc.tuple(id.chain(linked), fc.boolean()).map(([entries, isInstance]) => {
	const instanceId = entries[0]?.path.instanceId ?? 0;
	const objectId = entries[0]?.path.objectId ?? 0;
	if (!isInstance) return { base: objectPath(objectId), entries };
	return {
		base: { ...objectPath(objectId), instanceId },
		entries: entries.filter(({ path }) => path.instanceId === instanceId),
	};
});

for (const name of names) {
	test(`[CORE-SRV-1] formats ${name}: drawn Objects and Object Instances reach the server and come back`, () => {
		let values = 0;
		fc.assert(
			fc.property(drawn, ({ base, entries }) => {
				const sayable = entries.filter(isSayable(formats[name]));
				if (sayable.length === 0) return;
				values += sayable.length;
				const context = { path: idsOf(base), models, rootPath: "/" };
				const expected = sorted(sayable.map(leafOf));
				const node = readPayload(formats[name], write(formats[name], base, sayable), context);
				deepEqual(sorted(serverLeaves(node, context.path)), expected, "read by the server");
				const found = read(formats[name], writePayload(formats[name], node, context), base);
				ok(typeof found !== "string", `the device: ${found}`);
				deepEqual(sorted(found.map(leafOf)), expected, "read by the device");
			}),
			{ numRuns: 200 },
		);
		ok(values > 500, `only ${values} values`);
	});
}

/** Several Objects, ascending. */
const several = fc
	.uniqueArray(id, { minLength: 1, maxLength: 4 })
	.map((ids) => ids.sort((a, b) => a - b))
	.chain((ids) => fc.tuple(...ids.map(linked)))
	.map((lists) => lists.flat());

const root: Path = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };

for (const name of composites) {
	test(`[CORE-SRV-1] formats ${name}: drawn values of several Objects reach the server, as a Send would`, () => {
		fc.assert(
			fc.property(several, (entries) => {
				const sayable = entries.filter(isSayable(formats[name]));
				const payload = write(formats[name], root, sayable);
				const { nodes } = readComposite(formats[name], payload, undefined, { models, rootPath: "/" });
				const found = [...nodes].flatMap(([path, node]) => {
					return node === undefined ? [] : serverLeaves(node, path.split("/").slice(1).map(Number));
				});
				deepEqual(sorted(found), sorted(sayable.map(leafOf)));
			}),
			{ numRuns: 200 },
		);
	});
}

for (const name of ["SENML_JSON", "SENML_CBOR", "SENML_ETCH_JSON", "SENML_ETCH_CBOR", "LWM2M_CBOR"] as const) {
	test(`[CORE-SRV-1] formats ${name}: drawn values of several Objects reach the device, as a patch`, () => {
		fc.assert(
			fc.property(several, (entries) => {
				// What the server writes goes through a node, which the device's own SenML CBOR gives it.
				const said = entries.filter(isSayable(name.endsWith("JSON") ? formats.SENML_JSON : formats.SENML_CBOR));
				const changes = said.map((entry) => {
					const path = idsOf(entry.path);
					const payload = write(formats.SENML_CBOR, entry.path, [entry]);
					return [path, readPayload(formats.SENML_CBOR, payload, { path, models, rootPath: "/" })] as const;
				});
				const payload = writeChanges(formats[name], changes, "/");
				const found: Leaf[] = [];
				const fault = readPatch(formats[name], payload, 0, payload.length, model, {
					entry(path, value) {
						found.push(leafOf({ path, value: value as Value }));
						return undefined;
					},
					remove: () => undefined,
				});
				deepEqual(fault, undefined);
				deepEqual(sorted(found), sorted(said.map(leafOf)));
			}),
			{ numRuns: 100 },
		);
	});
}
