import type { ClientModels } from "../models/models.ts";
import { leavesOf, type Node, type ResourceType } from "../node.ts";
import { type Path, pathText } from "../path.ts";
import { readCbor, writeCbor } from "./cbor.ts";
import { refuse } from "./codec-failure.ts";
import { readLwm2mCbor, writeLwm2mCbor } from "./lwm2m-cbor.ts";
import { readLwm2mJson, writeLwm2mJson } from "./lwm2m-json.ts";
import {
	checkCount,
	namedPath,
	namedValues,
	nodeOfRecords,
	nodesByPath,
	nodesOfRecords,
	type RecordContext,
	type Sample,
	samplesOf,
	toRaw,
	type ValueRecord,
} from "./records.ts";
import { readSenmlCbor, writeSenmlCbor } from "./senml-cbor.ts";
import { readSenmlJson, writeSenmlJson } from "./senml-json.ts";
import { readTlv, writeTlv } from "./tlv.ts";
import { TreeBuilder } from "./tree.ts";
import { fromText, toText } from "./typed.ts";

/** Content formats (CoAP registry) by the names of leshan-demo-server's REST interface, and ours beyond. */
export const formats = {
	TEXT: 0,
	LINK: 40,
	OPAQUE: 42,
	CBOR: 60,
	SENML_JSON: 110,
	SENML_CBOR: 112,
	SENML_ETCH_JSON: 320,
	SENML_ETCH_CBOR: 322,
	/** The numbers of TLV and LwM2M JSON before they were registered. */
	OLD_TLV: 1542,
	OLD_JSON: 1543,
	TLV: 11542,
	JSON: 11543,
	LWM2M_CBOR: 11544,
} as const;

export type FormatName = keyof typeof formats;

export interface PayloadContext extends RecordContext {
	readonly models: ClientModels;
}

/** What a payload says. */
export interface Content {
	readonly node: Node;
	/** Values that came with a time, if any did: a history has several of one path. */
	readonly samples?: readonly Sample[];
}

/** What a payload for several paths says: of a composite operation or a Send. */
export interface CompositeContent {
	/** By path; undefined where nothing came of what was asked for. */
	readonly nodes: ReadonlyMap<string, Node | undefined>;
	readonly samples?: readonly Sample[];
}

/**
 * Reads a client's payload.
 * @param contentFormat of the message; undefined where the client left it out, which is refused, as Leshan does
 * @throws CodecFailure
 */
export function readContent(contentFormat: number | undefined, bytes: Uint8Array, context: PayloadContext): Content {
	const { path, models } = context;
	switch (contentFormat) {
		case formats.TEXT:
			return { node: readSingle(path, (type) => fromText(utf8(bytes), type ?? "string"), models, "string") };
		case formats.OPAQUE:
			return { node: readOpaque(path, bytes, models) };
		case formats.CBOR:
			return { node: readCbor(bytes, path, models) };
		case formats.TLV:
		case formats.OLD_TLV:
			return { node: readTlv(bytes, path, models) };
		default: {
			const records = readRecords(contentFormat, bytes, context);
			return { node: nodeOfRecords(records, path, models), ...timed(records, models) };
		}
	}
}

/** The newest of what a client's payload says. @throws CodecFailure */
export function readPayload(contentFormat: number | undefined, bytes: Uint8Array, context: PayloadContext): Node {
	return readContent(contentFormat, bytes, context).node;
}

/**
 * Reads the payload of a composite operation or a Send.
 * @param paths what was asked for; undefined for a Send, whose own paths count
 * @throws CodecFailure
 */
export function readComposite(
	contentFormat: number | undefined,
	bytes: Uint8Array,
	paths: readonly Path[] | undefined,
	context: Omit<PayloadContext, "path">,
): CompositeContent {
	const { models } = context;
	const records = readRecords(contentFormat, bytes, { ...context, path: [] });
	const nodes = paths === undefined ? nodesByPath(records, models) : nodesOfRecords(records, paths, models);
	return { nodes, ...timed(records, models) };
}

/** Whether a payload in this format may have several paths. */
export function hasSeveralPaths(contentFormat: number | undefined): boolean {
	return [formats.SENML_JSON, formats.SENML_CBOR, formats.LWM2M_CBOR, formats.JSON, formats.OLD_JSON].some(
		(known) => known === contentFormat,
	);
}

function readRecords(contentFormat: number | undefined, bytes: Uint8Array, context: PayloadContext): ValueRecord[] {
	switch (contentFormat) {
		case formats.SENML_JSON:
			return readSenmlJson(bytes, context);
		case formats.SENML_CBOR:
			return readSenmlCbor(bytes, context);
		case formats.JSON:
		case formats.OLD_JSON:
			return readLwm2mJson(bytes, context, context.models);
		case formats.LWM2M_CBOR:
			return readLwm2mCbor(bytes);
		default:
			return refuse(
				contentFormat === undefined ? "no content format" : `content format ${contentFormat} is not supported`,
			);
	}
}

function timed(records: readonly ValueRecord[], models: ClientModels): { samples?: Sample[] } {
	const samples = samplesOf(records, models);
	return samples.length === 0 ? {} : { samples };
}

function utf8(bytes: Uint8Array): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return refuse("plain text that is not UTF-8");
	}
}

function readSingle(
	path: Path,
	read: (type: ResourceType | undefined) => ReturnType<typeof fromText>,
	models: ClientModels,
	untyped: ResourceType,
): Node {
	if (path.length < 3) return refuse(`${pathText(path)} is no Resource, and the format carries one value only`);
	const type = models.resource(path[0]!, path[2]!)?.type;
	const tree = new TreeBuilder(path);
	tree.value(path, type ?? untyped, read(type));
	return tree.finish();
}

function readOpaque(path: Path, bytes: Uint8Array, models: ClientModels): Node {
	const read = (type: ResourceType | undefined) => {
		return (type ?? "opaque") === "opaque"
			? Uint8Array.from(bytes)
			: refuse(`${pathText(path)} is ${type}, not opaque`);
	};
	return readSingle(path, read, models, "opaque");
}

/**
 * Writes the payload of a Write or Create.
 * @param wrapped for a Create whose instance has an identifier
 * @throws CodecFailure for what the format can not carry, or a value of another type than the Object's facts say
 */
export function writePayload(
	contentFormat: number,
	node: Node,
	{ path, rootPath }: PayloadContext,
	{ wrapped = false } = {},
): Uint8Array {
	switch (contentFormat) {
		case formats.TEXT:
		case formats.OPAQUE:
		case formats.CBOR: {
			if (node.kind !== "singleResource" && node.kind !== "resourceInstance")
				return refuse("the format carries one value only");
			if (contentFormat === formats.CBOR) return writeCbor(node.value, node.type);
			if (contentFormat === formats.TEXT) return new TextEncoder().encode(toText(node.value, node.type));
			return node.value instanceof Uint8Array ? node.value : refuse("the OPAQUE format carries opaque values only");
		}
		case formats.TLV:
		case formats.OLD_TLV:
			return writeTlv(node, { wrapped });
		case formats.SENML_JSON:
			return writeSenmlJson(namedValues(node, path, rootPath));
		case formats.SENML_CBOR:
			return writeSenmlCbor(namedValues(node, path, rootPath));
		case formats.JSON:
		case formats.OLD_JSON:
			return writeLwm2mJson(namedValues(node, path, rootPath), pathText(path));
		case formats.LWM2M_CBOR:
			return writeLwm2mCbor([[path, node]]);
		default:
			return refuse(`content format ${contentFormat} is not one to write values in`);
	}
}

/** Writes the paths of a Read-Composite or Observe-Composite, a Fetch Pack where it is SenML-ETCH (RFC 8790 §3.1). */
export function writePaths(contentFormat: number, paths: readonly Path[], rootPath: string): Uint8Array {
	const records = paths.map((path) => namedPath(path, rootPath));
	switch (contentFormat) {
		case formats.SENML_JSON:
		case formats.SENML_ETCH_JSON:
			return writeSenmlJson(records);
		case formats.SENML_CBOR:
		case formats.SENML_ETCH_CBOR:
			return writeSenmlCbor(records);
		default:
			return refuse("paths are written in SENML_JSON, SENML_CBOR, SENML_ETCH_JSON or SENML_ETCH_CBOR");
	}
}

/** What a Write-Composite does at a path: null takes a Resource Instance away (Core 1.2 §7.5.6). */
export type Change = readonly [Path, Node | null];

/** Writes the payload of a Write-Composite. @throws CodecFailure for a removal in a format that has none */
export function writeChanges(contentFormat: number, changes: readonly Change[], rootPath: string): Uint8Array {
	const isEtch = contentFormat === formats.SENML_ETCH_JSON || contentFormat === formats.SENML_ETCH_CBOR;
	for (const [path, node] of changes) {
		if (node !== null) continue;
		if (!isEtch) refuse("only SENML_ETCH_JSON and SENML_ETCH_CBOR can say that something is to be removed");
		if (path.length !== 4) refuse(`only a Resource Instance can be removed so, not ${pathText(path)}`);
	}
	if (contentFormat === formats.LWM2M_CBOR) {
		return writeLwm2mCbor(changes.flatMap(([path, node]) => (node === null ? [] : [[path, node] as const])));
	}
	const records = changes.flatMap(([base, node]) => {
		if (node === null) return [namedPath(base, rootPath, null)];
		return leavesOf(node, base).map(({ path, type, value }) => namedPath(path, rootPath, toRaw(value, type)));
	});
	checkCount(records.length);
	switch (contentFormat) {
		case formats.SENML_JSON:
		case formats.SENML_ETCH_JSON:
			return writeSenmlJson(records);
		case formats.SENML_CBOR:
		case formats.SENML_ETCH_CBOR:
			return writeSenmlCbor(records);
		default:
			return refuse("a Write-Composite is in SENML_JSON, SENML_CBOR, SENML_ETCH_JSON, SENML_ETCH_CBOR or LWM2M_CBOR");
	}
}
