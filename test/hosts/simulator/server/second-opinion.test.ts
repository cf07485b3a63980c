/**
 * The server's codecs share no code with the device's (modules/formats). Here each is held against the other: the
 * device's vectors, with their
 * sources, are read by the server; what one writes, the other reads, for random values of every type.
 */
import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
	type Change,
	type FormatName,
	formats,
	readContent,
	readPayload,
	writeChanges,
	writePaths,
	writePayload,
} from "../../../../hosts/simulator/server/formats/codec.ts";
import { CodecFailure } from "../../../../hosts/simulator/server/formats/codec-failure.ts";
import { readLinks, writeLinks } from "../../../../hosts/simulator/server/formats/link.ts";
import type { ClientModels } from "../../../../hosts/simulator/server/models/models.ts";
import { leavesOf, type Node, type NodeValue, type ResourceType } from "../../../../hosts/simulator/server/node.ts";
import { parsePath, pathText } from "../../../../hosts/simulator/server/path.ts";
import { readPatch, readPaths } from "../../../../modules/formats/payload.ts";
import {
	type EntryVector,
	lookupOf,
	pathOf,
	pathTextOf,
	payloadOf,
	readAll,
	spellingOf,
	type Vector,
	valueFrom,
	writeAll,
} from "../../../modules/formats/vector.ts";
import { fc } from "../../../seed.ts";

const files: Readonly<Record<string, FormatName>> = {
	text: "TEXT",
	cbor: "CBOR",
	"senml-json": "SENML_JSON",
	"senml-cbor": "SENML_CBOR",
	tlv: "TLV",
	"lwm2m-json": "JSON",
	"lwm2m-cbor": "LWM2M_CBOR",
};

/** The device's names of types → the server's. */
const serverTypes: Readonly<Record<string, ResourceType>> = {
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

function vectors(name: string): Vector[] {
	const url = new URL(`../../../vectors/${name}.json`, import.meta.url);
	return (JSON.parse(readFileSync(url, "utf8")) as { cases: Vector[] }).cases;
}

function modelsOf(vector: Vector): ClientModels {
	const lookup = lookupOf(vector);
	const resource = (objectId: number, resourceId: number) => {
		const type = serverTypes[lookup.typeOf(objectId, resourceId) ?? ""];
		const multiple = lookup.isMultiple(objectId, resourceId) ?? false;
		const facts = { id: resourceId, name: "", operations: "RW", mandatory: false, range: "", units: "" };
		return type === undefined ? undefined : { ...facts, multiple, type };
	};
	return { object: () => undefined, resource };
}

/** The server's value as the device's vectors spell it. */
function spelt(value: NodeValue, type: ResourceType): string | number | boolean {
	if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
	if (typeof value === "object") return `${value.objectId}:${value.objectInstanceId}`;
	if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
	if (type === "float") return Object.is(value, -0) || !Number.isFinite(value as number) ? `${fixed(value)}` : value;
	return value;
}

function fixed(value: NodeValue): string {
	return Object.is(value, -0) ? "-0" : String(value);
}

function contextOf(vector: Vector) {
	return { path: parsePath(vector.base)!, models: modelsOf(vector), rootPath: "/" };
}

function entriesOf(node: Node, base: string): EntryVector[] {
	const deviceType = (type: ResourceType) => Object.entries(serverTypes).find(([, server]) => server === type)![0];
	return leavesOf(node, parsePath(base)!).map(({ path, type, value }) => [
		pathText(path),
		deviceType(type),
		spelt(value, type),
	]);
}

/** What the device reads and this server does not, and why not. */
const notRead: Readonly<Record<string, string>> = {
	"a string in chunks": "cbor-x knows no strings of indefinite length",
	"a string of no chunks": "the same",
	"bytes in chunks": "the same",
	"a leap day and a leap second": "Date knows no leap second",
	"labels as text": "RFC 8428 §6 has integers for these labels",
	"a string in chunks, one of them empty": "cbor-x knows no strings of indefinite length",
	"a Resource twice: both come through": "the receiver refuses what the device's reader leaves to its caller",
	"a Resource Instance twice: both come through": "the same",
	"two values for one path: both come through": "the same",
	"two values for one path, one key an array: both come through": "the same",
	"no record for a multiple-instance Resource": "nothing says that it is there",
	"no entries in a multiple-instance Resource": "the same",
	"no entry for a single-instance Resource": "the same",
	"two values for one path: both come through, as in the other formats": "the same",
};

/**
 * Vectors that say nothing about this server: no value, histories, an Instance yet to be named, what is read
 * without knowing any type.
 */
function isBeyond({ name, entries = [], way }: Vector): boolean {
	if (way === "unknown" || name in notRead) return true;
	return entries.some(([path, type, , timeS]) => {
		return type === undefined || timeS !== undefined || parsePath(path) === undefined;
	});
}

const inOrder = (entries: readonly EntryVector[]) => [...entries].sort(([a], [b]) => comparedPaths(a, b));

function comparedPaths(a: string, b: string): number {
	const [left, right] = [parsePath(a), parsePath(b)];
	if (left === undefined || right === undefined) throw new Error(`not paths: ${a} ${b}`);
	const level = left.findIndex((id, index) => id !== right[index]);
	return level < 0 ? left.length - right.length : left[level]! - (right[level] ?? -1);
}

for (const [name, format] of Object.entries(files)) {
	const cases = vectors(name);
	const good = cases.filter((vector) => vector.fault === undefined && !isBeyond(vector));
	test(`${format}: the server reads ${good.length} of the device's vectors as the device does`, () => {
		ok(good.length > 15);
		const different: string[] = [];
		for (const vector of good) {
			try {
				const node = readPayload(formats[format], payloadOf(vector), contextOf(vector));
				const read = comparable(entriesOf(node, vector.base));
				const expected = comparable(inOrder(vector.entries ?? []));
				if (read !== expected) different.push(`${vector.name}: ${read} instead of ${expected}`);
			} catch (error) {
				different.push(`${vector.name}: ${(error as Error).message}`);
			}
		}
		deepEqual(different, []);
	});

	test(`${format}: bytes that the device refuses never crash the server`, () => {
		for (const vector of cases.filter(({ fault }) => fault !== undefined)) {
			try {
				readPayload(formats[format], payloadOf(vector), contextOf(vector));
			} catch (error) {
				ok(error instanceof CodecFailure, `${vector.name}: ${String(error)}`);
			}
		}
	});

	test(`${format}: every truncation and every bit flip of a vector is read or refused`, () => {
		for (const vector of good) {
			const bytes = payloadOf(vector);
			for (let at = 0; at < Math.min(bytes.length, 60); at++) {
				const flipped = Uint8Array.from(bytes);
				flipped[at]! ^= 1 << (at % 8);
				for (const hostile of [bytes.slice(0, at), flipped]) {
					try {
						readPayload(formats[format], hostile, contextOf(vector));
					} catch (error) {
						ok(error instanceof CodecFailure, `${vector.name} at ${at}: ${(error as Error).stack}`);
					}
				}
			}
		}
	});
}

function comparable(entries: readonly EntryVector[]): string {
	return entries.map(([path, type, value]) => `${path} ${type} ${value}`).join(", ");
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const objlnk = fc.record({ objectId: fc.nat(65535), objectInstanceId: fc.nat(65535) });
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const values: Readonly<Record<ResourceType, fc.Arbitrary<NodeValue>>> = {
	string: text,
	integer: int64,
	unsigned_integer: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
	float: fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
	boolean: fc.boolean(),
	opaque: fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
	time: fc.bigInt({ min: 0n, max: 2n ** 40n }),
	objlnk,
	corelink: fc.constantFrom("</3/0>", "</3>;ver=1.1,</3303/0>;pmin=10"),
};

const path = "/9000/3/7";

function vectorOf(type: ResourceType): Vector {
	const deviceType = Object.entries(serverTypes).find(([, server]) => server === type)![0];
	return { name: type, base: path, types: { "/9000/7": deviceType } };
}

for (const name of ["senml-json", "senml-cbor", "lwm2m-json"]) {
	const format = files[name]!;
	const histories = vectors(name).filter(({ fault, way, entries = [] }) => {
		return fault === undefined && way !== "unknown" && entries.some(([, , , timeS = 0]) => timeS !== 0);
	});
	test(`[CORE-SRV-1] ${format}: the server reads the times of ${histories.length} vectors as the device does`, () => {
		ok(histories.length > 2);
		for (const vector of histories) {
			const { samples = [] } = readContent(formats[format], payloadOf(vector), contextOf(vector));
			const read = samples.map(({ path, type, value, timeS }) => [pathText(path), spelt(value, type), timeS]);
			const expected = (vector.entries ?? []).filter(([, , , timeS = 0]) => timeS !== 0);
			deepEqual(
				read,
				expected.map(([path, , value, timeS]) => [path, value, timeS]),
				vector.name,
			);
		}
	});
}

for (const format of Object.values(files)) {
	test(`${format}: what either side writes, the other reads`, () => {
		for (const [type, arbitrary] of Object.entries(values) as [ResourceType, fc.Arbitrary<NodeValue>][]) {
			const vector = vectorOf(type);
			const deviceType = vector.types!["/9000/7"]!;
			fc.assert(
				fc.property(arbitrary, (value) => {
					const spelling = spelt(value, type);
					const node: Node = { kind: "singleResource", id: 7, type, value };
					const fromServer = writePayload(formats[format], node, contextOf(vector));
					const read = readAll(formats[format], fromServer, pathOf(path), lookupOf(vector));
					deepEqual(read, [[path, deviceType, spelling]]);
					const fromDevice = writeAll(formats[format], pathOf(path), [[path, deviceType, spelling]]);
					const back = readPayload(formats[format], fromDevice, contextOf(vector));
					deepEqual(comparable(entriesOf(back, path)), comparable([[path, deviceType, spelling]]));
				}),
				{ numRuns: 60, seed: 4711 },
			);
		}
	});
}

interface CompositeVector extends Vector {
	readonly method: "fetch" | "patch";
	readonly paths?: readonly string[];
	readonly outcome?: readonly (readonly [path: string, type: string, value?: string | number | boolean])[];
}

const packs = ["SENML_JSON", "SENML_CBOR", "SENML_ETCH_JSON", "SENML_ETCH_CBOR"] as const;
const composites = vectors("senml-etch") as CompositeVector[];

/** What the device makes of a body: of a FETCH its paths, of an iPATCH values and removals. */
function fetched(contentFormat: number, bytes: Uint8Array): unknown {
	const found = readPaths(contentFormat, bytes, 0, bytes.length);
	return Array.isArray(found) ? found.map(pathTextOf) : found.code;
}

function patched(contentFormat: number, bytes: Uint8Array, vector: Vector): unknown {
	const found: unknown[] = [];
	const types = lookupOf(vector);
	const fault = readPatch(contentFormat, bytes, 0, bytes.length, types, {
		entry(path, value) {
			if (value === undefined) return undefined;
			found.push([pathTextOf(path), types.typeOf(path.objectId, path.resourceId), spellingOf(value)]);
			return undefined;
		},
		remove: (path) => void found.push([pathTextOf(path), "removed"]) as undefined,
	});
	return fault?.code ?? found;
}

/** One Resource's or Resource Instance's value as a node. */
function nodeOf(text: string, deviceType: string, spelling: string | number | boolean): Node {
	const type = serverTypes[deviceType]!;
	const held = valueFrom(deviceType, spelling);
	const value = typeof held === "number" && type !== "float" ? BigInt(held) : (held as NodeValue);
	const path = parsePath(text)!;
	return { kind: path.length === 4 ? "resourceInstance" : "singleResource", id: path.at(-1)!, type, value };
}

test("[CORE-SRV-1] Fetch Packs: the device reads the paths that the server writes, in all four formats", () => {
	const good = composites.filter(({ method, paths = [] }) => method === "fetch" && paths.length > 0);
	ok(good.length > 5);
	for (const { name, paths = [] } of good) {
		for (const format of packs) {
			const body = writePaths(
				formats[format],
				paths.map((path) => parsePath(path)!),
				"/",
			);
			deepEqual(fetched(formats[format], body), paths, `${name} in ${format}`);
		}
	}
});

test("[CORE-SRV-1] Patch Packs: the device reads the values and removals that the server writes", () => {
	const good = composites.filter(({ method, fault, outcome = [] }) => {
		return (
			method === "patch" &&
			fault === undefined &&
			outcome.every(([, type, value]) => type === "removed" || value !== undefined)
		);
	});
	ok(good.length > 3);
	let removals = 0;
	for (const vector of good) {
		const { name, outcome = [] } = vector;
		const changes = outcome.map(([path, type, value]): Change => {
			return [parsePath(path)!, type === "removed" ? null : nodeOf(path, type, value!)];
		});
		const hasRemovals = changes.some(([, node]) => node === null);
		if (hasRemovals) removals++;
		const written = hasRemovals ? packs.slice(2) : [...packs, "LWM2M_CBOR" as const];
		for (const format of written) {
			const body = writeChanges(formats[format], changes, "/");
			const expected = outcome.map(([path, type, value]) => (type === "removed" ? [path, type] : [path, type, value]));
			deepEqual(patched(formats[format], body, vector), expected, `${name} in ${format}`);
		}
	}
	ok(removals > 0);
});

test("link format: the device's vectors", () => {
	interface LinkVector {
		readonly name: string;
		readonly text: string;
		readonly links?: [string, [string, string?, string?][]][];
		readonly fault?: string;
	}
	const cases = vectors("core-link") as unknown as LinkVector[];
	for (const { name, text, links, fault } of cases) {
		const bytes = new TextEncoder().encode(text);
		if (fault !== undefined || links === undefined) {
			try {
				readLinks(bytes);
			} catch (error) {
				ok(error instanceof CodecFailure, name);
			}
			continue;
		}
		const read = readLinks(bytes);
		const plain = read.map(({ target, attributes }) => [
			target,
			[...attributes].map(([key, value]) => [key, value?.replace(/^"(.*)"$/s, "$1").replace(/\\(.)/gs, "$1")]),
		]);
		const expected = links.map(([target, attributes]) => [target, attributes.map(([key, value]) => [key, value])]);
		deepEqual(plain, expected, name);
		deepEqual(readLinks(new TextEncoder().encode(writeLinks(read))), read, name);
	}
});
