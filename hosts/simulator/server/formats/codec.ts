import type { ClientModels } from "../models/models.ts";
import type { Node, ResourceType } from "../node.ts";
import { type Path, pathText } from "../path.ts";
import { readCbor, writeCbor } from "./cbor.ts";
import { refuse } from "./codec-failure.ts";
import { readSenmlCbor, writeSenmlCbor } from "./senml-cbor.ts";
import { readSenmlJson, writeSenmlJson } from "./senml-json.ts";
import { readTlv, writeTlv } from "./tlv.ts";
import { TreeBuilder } from "./tree.ts";
import { fromText, toText } from "./typed.ts";

/** Content formats (CoAP registry) by the names that leshan-demo-server's REST interface gives them. */
export const formats = {
	TEXT: 0,
	LINK: 40,
	OPAQUE: 42,
	CBOR: 60,
	SENML_JSON: 110,
	SENML_CBOR: 112,
	TLV: 11542,
} as const;

export type FormatName = keyof typeof formats;

export interface PayloadContext {
	/** Where the payload belongs: the path of the request. */
	readonly path: Path;
	readonly models: ClientModels;
	/** The client's alternate path, "/" for none. */
	readonly rootPath: string;
}

/**
 * Reads a client's payload.
 * @param contentFormat of the message; undefined where the client left it out, which is refused, as Leshan does
 * @throws CodecFailure
 */
export function readPayload(contentFormat: number | undefined, bytes: Uint8Array, context: PayloadContext): Node {
	const { path, models, rootPath } = context;
	switch (contentFormat) {
		case formats.TEXT:
			return readSingle(path, (type) => fromText(utf8(bytes), type ?? "string"), models, "string");
		case formats.OPAQUE:
			return readOpaque(path, bytes, models);
		case formats.CBOR:
			return readCbor(bytes, path, models);
		case formats.TLV:
			return readTlv(bytes, path, models);
		case formats.SENML_JSON:
			return readSenmlJson(bytes, path, models, rootPath);
		case formats.SENML_CBOR:
			return readSenmlCbor(bytes, path, models, rootPath);
		default:
			return refuse(
				contentFormat === undefined ? "no content format" : `content format ${contentFormat} is not supported`,
			);
	}
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
			return writeTlv(node, { wrapped });
		case formats.SENML_JSON:
			return writeSenmlJson(node, path, rootPath);
		case formats.SENML_CBOR:
			return writeSenmlCbor(node, path, rootPath);
		default:
			return refuse(`content format ${contentFormat} is not supported`);
	}
}
