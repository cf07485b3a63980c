import { readFileSync } from "node:fs";
import { Models } from "../../hosts/simulator/server/models/models.ts";
import {
	type InstanceNode,
	leavesOf,
	type Node,
	type NodeValue,
	type Resource,
	type ResourceType,
} from "../../hosts/simulator/server/node.ts";
import type { ObjectFacts, ResourceFacts } from "../../modules/lwm2m/facts.ts";
import { CONFORMANCE_BENCH } from "./device/facts/conformance-bench-33100.ts";

/** A value as a test writes it: opaque as bytes or as "h'0102'", object links as "3:0", small integers as numbers. */
export type Plain = string | number | bigint | boolean | Uint8Array;
/** By Resource Instance ID. */
export type Several = { readonly [id: number]: Plain };
/** By Resource ID. */
export type Resources = { readonly [id: number]: Plain | Several };
/** By path: "/3/0/11/0". */
export type Values = { readonly [path: string]: Plain };

const letters = {
	string: "S",
	integer: "I",
	unsignedInteger: "U",
	float: "F",
	boolean: "B",
	opaque: "O",
	time: "T",
	objectLink: "L",
	coreLink: "C",
} as const;

const rowOf = (name: string, { id, operations, multiple, mandatory, type }: ResourceFacts) =>
	[
		id,
		name,
		operations === "" ? "-" : operations,
		multiple === true ? "M" : "S",
		mandatory === true ? "M" : "O",
		type === undefined ? "" : letters[type],
		"",
		"",
	].join("|");

/** An Object as the embedded server's models have them. */
function modelOf(name: string, { id, version, multiple, resources }: ObjectFacts): string {
	const head = [id, name, version, "1.0", multiple === true ? "M" : "S", "O", `urn:oma:lwm2m:x:${id}:${version}`];
	return [head.join("|"), ...Object.entries(resources).map(([name, facts]) => rowOf(name, facts))].join(";");
}

const modelsFolder = new URL("../../hosts/simulator/server/models/", import.meta.url);

/** What the embedded server knows, and the tests' own Object. */
export const models = new Models([
	...(JSON.parse(readFileSync(new URL("facts.json", modelsFolder), "utf8")) as string[]),
	modelOf("Conformance Bench", CONFORMANCE_BENCH),
]);

export function plainOf(value: NodeValue): Plain {
	if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString("hex")}'`;
	if (typeof value === "object") return `${value.objectId}:${value.objectInstanceId}`;
	if (typeof value === "bigint" && BigInt.asIntN(53, value) === value) return Number(value);
	return value;
}

/** All values below a node that stands at `path`. */
export function valuesOf(node: Node, path: readonly number[]): Values {
	return Object.fromEntries(leavesOf(node, path).map((leaf) => [`/${leaf.path.join("/")}`, plainOf(leaf.value)]));
}

export const numbersOf = (path: string): number[] =>
	path
		.split("/")
		.filter((level) => level !== "")
		.map(Number);

function fromPlain(value: Plain, type: ResourceType): NodeValue {
	switch (type) {
		case "integer":
		case "unsigned_integer":
		case "time":
			return BigInt(value as number);
		case "objlnk": {
			const [objectId, objectInstanceId] = String(value).split(":").map(Number);
			return { objectId: objectId!, objectInstanceId: objectInstanceId! };
		}
		case "opaque":
			return typeof value === "string" ? new Uint8Array(Buffer.from(value.slice(2, -1), "hex")) : (value as Uint8Array);
		default:
			return value;
	}
}

const isSeveral = (value: unknown): value is Several => typeof value === "object" && !(value instanceof Uint8Array);

function resourceNode(objectId: number, id: number, value: Plain | Several): Resource {
	const facts = models.object(objectId, "9.9")?.resources.get(id);
	const type = facts?.type ?? "string";
	if (!isSeveral(value)) return { kind: "singleResource", id, type, value: fromPlain(value, type) };
	const values = Object.entries(value).map(([each, one]) => [Number(each), fromPlain(one, type)] as const);
	return { kind: "multiResource", id, type, values: new Map(values) };
}

/** An Object Instance; without ID for a Create that leaves it to the client. */
export function instanceNode(objectId: number, resources: Resources, id?: number): InstanceNode {
	const nodes = Object.entries(resources).map(([each, value]) => resourceNode(objectId, Number(each), value));
	return { kind: "instance", ...(id === undefined ? {} : { id }), resources: nodes };
}

/** What a Write to `path` carries: Resources for an Object Instance, a value or several for a Resource. */
export function nodeAt(path: string, value: Plain | Several | Resources): Node {
	const [objectId = 0, instanceId, resourceId, resourceInstanceId] = numbersOf(path);
	if (resourceId === undefined) return instanceNode(objectId, value as Resources, instanceId);
	const node = resourceNode(objectId, resourceId, value as Plain | Several);
	if (resourceInstanceId === undefined || node.kind === "multiResource") return node;
	return { ...node, kind: "resourceInstance", id: resourceInstanceId };
}
