/*
 * What a request may be answered with: LwM2M Transport 1.2 §6.7 for the operations, and what CoAP adds below it.
 * Answers are decoded with the embedded server's codecs, which share nothing with the device's.
 */

import { decodeCbor } from "../../hosts/simulator/server/formats/cbor.ts";
import { readPayload } from "../../hosts/simulator/server/formats/codec.ts";
import { CodecFailure } from "../../hosts/simulator/server/formats/codec-failure.ts";
import { readLinks } from "../../hosts/simulator/server/formats/link.ts";
import type { ClientModels } from "../../hosts/simulator/server/models/models.ts";
import { leavesOf, type NodeValue, type ResourceType } from "../../hosts/simulator/server/node.ts";
import type { Registry } from "../../modules/lwm2m/registry.ts";
import { uintOf, type WireMessage } from "./coap-wire.ts";
import { catalogue, factsAt } from "./drawn-objects.ts";
import { type DrawnRequest, method } from "./drawn-request.ts";

export type AskedFor =
	| "read"
	| "discover"
	| "write"
	| "writeAttributes"
	| "execute"
	| "create"
	| "delete"
	| "readComposite"
	| "writeComposite"
	| "unknown";

/** Transport 1.2 §6.7, Tables of the Device Management and the Information Reporting Interface. */
const legal: Readonly<Record<AskedFor, readonly number[]>> = {
	create: [0x41, 0x80, 0x81, 0x84, 0x85, 0x86, 0x8f],
	read: [0x45, 0x80, 0x81, 0x84, 0x85, 0x86],
	readComposite: [0x45, 0x80, 0x81, 0x84, 0x85, 0x86, 0x8f],
	write: [0x44, 0x5f, 0x80, 0x81, 0x84, 0x85, 0x86, 0x88, 0x8d, 0x8f],
	// 4.15 is RFC 7252's for a format that is not supported; the table forgets it.
	writeComposite: [0x44, 0x80, 0x81, 0x84, 0x85, 0x86, 0x8f],
	delete: [0x42, 0x80, 0x81, 0x84, 0x85],
	execute: [0x44, 0x80, 0x81, 0x84, 0x85],
	writeAttributes: [0x44, 0x80, 0x81, 0x84, 0x85],
	discover: [0x45, 0x80, 0x81, 0x84, 0x85],
	unknown: [0x80, 0x81, 0x84, 0x85],
};
/** 4.02 and 4.13 of RFC 7252, 2.31 and 4.08 of RFC 7959; 4.03 is our own hooks' (DMSE-001). */
const everywhere = [0x82, 0x83, 0x8d, 0x5f, 0x88];

/** The operation that the mapping of Transport 1.2 §6.4.4 makes of a request, by its shape alone. */
export function askedFor(request: DrawnRequest): AskedFor {
	const { code, accept, path, query, contentFormat, payload } = request;
	switch (code) {
		case method.get:
			return accept === 40 ? "discover" : "read";
		case method.put:
			return contentFormat === undefined && payload.length === 0 && query.length > 0 ? "writeAttributes" : "write";
		case method.post:
			if (path.length === 1) return "create";
			return factsAt(Number(path[0]), Number(path[2]))?.operations === "E" ? "execute" : "write";
		case method.delete:
			return "delete";
		case method.fetch:
			return "readComposite";
		case method.ipatch:
			return "writeComposite";
		default:
			return "unknown";
	}
}

/** @throws Error for a code that the operation may not have */
export function checkCode(request: DrawnRequest, code: number): void {
	const operation = askedFor(request);
	const isServerError = code >> 5 === 5;
	if (isServerError || everywhere.includes(code) || legal[operation].includes(code)) return;
	throw new Error(`${operation} is answered with ${code >> 5}.${String(code & 31).padStart(2, "0")}`);
}

const typeNames: Readonly<Record<string, ResourceType>> = {
	unsignedInteger: "unsigned_integer",
	objectLink: "objlnk",
	// The device takes any text for a link (modules/formats/README.md), the server reads it.
	coreLink: "string",
};

/** The Objects as the server's codecs know them. */
export const models: ClientModels = {
	object: () => undefined,
	resource(objectId, resourceId) {
		const facts = factsAt(objectId, resourceId);
		if (facts === undefined) return undefined;
		const { id, operations, type, multiple = false, mandatory = false } = facts;
		const typed = type === undefined ? undefined : (typeNames[type] ?? (type as ResourceType));
		return { id, name: "", operations, multiple, mandatory, type: typed, range: "", units: "" };
	},
};

/** Formats that the server's codec does not read are at least whole. */
const wholeOnly = [11544, 320, 322, 11543];

/**
 * Decodes a 2.05 and holds what it says to what the registry has.
 * @param levels the request's path; none for a composite
 * @throws Error for a payload that is none, or that says something else
 */
export function checkContent(levels: readonly string[], answer: WireMessage, registry: Registry): void {
	const block2 = uintOf(answer, 23);
	if (answer.code !== 0x45 || (block2 !== undefined && block2 >= 8)) return; // a part of it
	const contentFormat = uintOf(answer, 12);
	if (contentFormat === 40) {
		readLinks(answer.payload);
		return;
	}
	const path = levels.map(Number);
	if (contentFormat === undefined) throw new Error("content without a Content-Format");
	if (contentFormat === 11544) decodeCbor(answer.payload);
	const { payload } = answer;
	if (contentFormat === 0 && payload.length === 0 && isWithoutText(path, registry)) return;
	const node = wholeOnly.includes(contentFormat)
		? undefined
		: readPayload(contentFormat, payload, { path, models, rootPath: "/" });
	if (node === undefined) return;
	for (const leaf of leavesOf(node, path)) {
		const [objectId, instanceId, resourceId, resourceInstanceId] = leaf.path as [number, number, number, number?];
		const held = registry.instance(objectId, instanceId)?.at(resourceId);
		const value = resourceInstanceId === undefined || !(held instanceof Map) ? held : held.get(resourceInstanceId);
		const operations = factsAt(objectId, resourceId)?.operations;
		if (objectId === 0 || operations === "W" || operations === "E") throw new Error(`/${leaf.path.join("/")} is told`);
		if (value === undefined || !isSame(value, leaf.value)) {
			throw new Error(`/${leaf.path.join("/")} is ${String(value)}, the answer says ${String(leaf.value)}`);
		}
	}
}

/** A Float that is not finite, which plain text has no spelling for (modules/formats/text.ts). */
function isWithoutText([objectId, instanceId, resourceId, id]: readonly number[], registry: Registry): boolean {
	const held = registry.instance(objectId!, instanceId!)?.at(resourceId!);
	const value = held instanceof Map && id !== undefined ? held.get(id) : held;
	return typeof value === "number" && !Number.isFinite(value);
}

function isSame(value: unknown, told: NodeValue): boolean {
	if (value instanceof Uint8Array) return told instanceof Uint8Array && Buffer.from(value).equals(told);
	if (typeof told === "bigint")
		return (typeof value === "number" || typeof value === "bigint") && BigInt(value) === told;
	if (typeof value === "object" && value !== null && "instanceId" in value && "objectId" in value) {
		return typeof told === "object" && "objectId" in told && told.objectId === value.objectId;
	}
	// Text has no spelling for what is not finite, JSON none for -0.
	return Object.is(value, told) || value === told || (typeof value === "number" && !Number.isFinite(value));
}

/** Whether `error` is the server's way to refuse a payload. */
export const isCodecFailure = (error: unknown): boolean => error instanceof CodecFailure;

export const objectIds = catalogue.map(({ id }) => id);
