import { CodecFailure } from "../formats/codec-failure.ts";
import type { Sample } from "../formats/records.ts";
import { checkedInteger, fromText, linkText } from "../formats/typed.ts";
import type { InstanceNode, Node, NodeValue, Objlnk, Resource, ResourceType } from "../node.ts";
import { pathText } from "../path.ts";

/** A body that is not a NODE; the message says why. Answered with HTTP 400. */
export class NodeRefused extends Error {
	override get name() {
		return "NodeRefused";
	}
}

function refuse(why: string): never {
	throw new NodeRefused(why);
}

/** The NODE of leshan-demo-server's REST interface, ready for JSON.stringify. */
export function nodeToJson(node: Node): unknown {
	switch (node.kind) {
		case "root":
			return { kind: "root", objects: node.objects.map(nodeToJson) };
		case "obj":
			return { kind: "obj", id: node.id, instances: node.instances.map(nodeToJson) };
		case "instance":
			return { kind: "instance", id: node.id, resources: node.resources.map(nodeToJson) };
		case "multiResource": {
			const values = [...node.values].map(([id, value]) => [id, valueToJson(value, node.type)]);
			return { kind: node.kind, id: node.id, type: typeName(node.type), values: Object.fromEntries(values) };
		}
		default:
			return { kind: node.kind, id: node.id, type: typeName(node.type), value: valueToJson(node.value, node.type) };
	}
}

/** Nodes by path, as composite operations have them; null where the client told nothing. */
export function nodesToJson(nodes: ReadonlyMap<string, Node | undefined>): Record<string, unknown> {
	return Object.fromEntries([...nodes].map(([path, node]) => [path, node === undefined ? null : nodeToJson(node)]));
}

/**
 * Values with their times, in milliseconds since 1970 as everywhere in this JSON, the oldest first. Leshan has no such
 * thing.
 */
export function seriesToJson(samples: readonly Sample[]): unknown {
	const byTime = new Map<number, Map<string, Node>>();
	for (const { path, timeS, type, value } of samples) {
		const timestamp = Math.round(timeS * 1000);
		const nodes = byTime.get(timestamp) ?? new Map<string, Node>();
		nodes.set(pathText(path), {
			kind: path.length === 4 ? "resourceInstance" : "singleResource",
			id: path.at(-1)!,
			type,
			value,
		});
		byTime.set(timestamp, nodes);
	}
	const inOrder = [...byTime].sort(([a], [b]) => a - b);
	return inOrder.map(([timestamp, nodes]) => ({ timestamp, val: nodesToJson(nodes) }));
}

function typeName(type: ResourceType): string {
	return type.toUpperCase();
}

function valueToJson(value: NodeValue, type: ResourceType): unknown {
	switch (type) {
		case "integer":
		case "unsigned_integer":
			return String(value); // a JSON number would lose integers of 64 bits
		case "float":
			return floatText(value as number);
		case "time":
			return Number(value) * 1000;
		case "opaque":
			return Buffer.from(value as Uint8Array).toString("hex");
		case "objlnk": {
			const { objectId, objectInstanceId } = value as Objlnk;
			return { objectId, objectInstanceId, nullLink: objectId === 65535 && objectInstanceId === 65535 };
		}
		default:
			return value;
	}
}

/** A double as Java writes it, because Leshan's clients compare strings: 21 is "21.0", 1e10 is "1.0E10". */
export function floatText(value: number): string {
	const size = Math.abs(value);
	if (Number.isNaN(value)) return "NaN";
	if (size === Number.POSITIVE_INFINITY) return value < 0 ? "-Infinity" : "Infinity";
	if (size === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
	if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
	const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
	return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${exponent.replace("+", "")}`;
}

/**
 * Reads a NODE out of parsed JSON. Unknown fields are let pass, and `kind` may be left out where the fields tell.
 * @throws NodeRefused
 */
export function nodeFromJson(json: unknown): Node {
	if (!isObject(json)) return refuse("Invalid node element");
	const { kind } = json;
	if (kind === "obj" || "instances" in json) {
		const instances = listOf(json.instances, "instances").map(nodeFromJson);
		if (!instances.every((node): node is InstanceNode => node.kind === "instance"))
			return refuse("instances hold instances only");
		return { kind: "obj", id: idOf(json), instances };
	}
	if (kind === "instance" || "resources" in json) {
		const resources = listOf(json.resources, "resources").map(nodeFromJson);
		if (!resources.every((node): node is Resource => node.kind === "singleResource" || node.kind === "multiResource")) {
			return refuse("an instance holds resources only");
		}
		return { kind: "instance", resources, ...("id" in json ? { id: idOf(json) } : {}) };
	}
	if (kind === "multiResource" || "values" in json) return multiResource(json);
	if (!("value" in json)) return refuse("Invalid node element");
	const type = typeOf(json);
	const value = valueFromJson(json.value, type);
	return { kind: kind === "resourceInstance" ? kind : "singleResource", id: idOf(json), type, value };
}

function multiResource(json: Record<string, unknown>): Node {
	const type = typeOf(json);
	const held = json.values;
	if (!isObject(held)) return refuse("Values element is not an object");
	const values = new Map<number, NodeValue>();
	for (const [key, value] of Object.entries(held)) values.set(checkedId(Number(key)), valueFromJson(value, type));
	return { kind: "multiResource", id: idOf(json), type, values };
}

function isObject(json: unknown): json is Record<string, unknown> {
	return typeof json === "object" && json !== null && !Array.isArray(json);
}

function listOf(json: unknown, name: string): readonly unknown[] {
	return Array.isArray(json) ? json : refuse(`${name} is not an array`);
}

function idOf({ id }: Record<string, unknown>): number {
	return id === undefined ? refuse("Missing id") : checkedId(Number(id));
}

function checkedId(id: number): number {
	return Number.isInteger(id) && id >= 0 && id <= 65535 ? id : refuse(`not an identifier: ${id}`);
}

const typeNames: readonly ResourceType[] = [
	"string",
	"integer",
	"unsigned_integer",
	"float",
	"boolean",
	"opaque",
	"time",
	"objlnk",
	"corelink",
];

function typeOf({ type }: Record<string, unknown>): ResourceType {
	const given = typeof type === "string" ? type.toLowerCase() : "";
	const name = given === "corelnk" ? "corelink" : given;
	return typeNames.find((known) => known === name) ?? refuse(`unknown type: ${String(type)}`);
}

function valueFromJson(json: unknown, type: ResourceType): NodeValue {
	const wrong = () => refuse(`Unexpected value [${JSON.stringify(json)}] for ${type}`);
	try {
		switch (type) {
			case "boolean":
				return typeof json === "boolean" ? json : wrong();
			case "string":
				return typeof json === "string" ? json : wrong();
			case "corelink":
				return typeof json === "string" ? fromText(json, type) : wrong();
			case "integer":
			case "unsigned_integer":
				if (Number.isInteger(json)) return checkedInteger(BigInt(json as number), type); // tolerated
				return typeof json === "string" ? fromText(json, type) : wrong();
			case "float":
				if (typeof json === "number") return json; // tolerated
				return typeof json === "string" ? fromText(json, type) : wrong();
			case "time":
				return Number.isInteger(json) ? BigInt(Math.trunc((json as number) / 1000)) : wrong();
			case "opaque":
				return typeof json === "string" && /^([0-9a-fA-F]{2})*$/.test(json)
					? Uint8Array.from(Buffer.from(json, "hex"))
					: wrong();
			case "objlnk":
				return objlnkFromJson(json) ?? wrong();
		}
	} catch (error) {
		if (error instanceof CodecFailure) return wrong();
		throw error;
	}
}

function objlnkFromJson(json: unknown): Objlnk | undefined {
	if (!isObject(json)) return undefined;
	const link = { objectId: Number(json.objectId), objectInstanceId: Number(json.objectInstanceId) };
	return /^\d{1,5}:\d{1,5}$/.test(linkText(link)) && link.objectId <= 65535 && link.objectInstanceId <= 65535
		? link
		: undefined;
}
