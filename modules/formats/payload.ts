import type { Fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { cborFormat } from "./cbor.ts";
import type { EntrySink, PatchSink, PayloadWriter, TypeLookup } from "./entry.ts";
import { Formats } from "./format.ts";
import { lwm2mCborFormat } from "./lwm2m-cbor.ts";
import { opaqueFormat } from "./opaque.ts";
import { senmlCborFormat } from "./senml-cbor.ts";
import { senmlEtchCborFormat } from "./senml-etch-cbor.ts";
import { senmlEtchJsonFormat } from "./senml-etch-json.ts";
import { senmlJsonFormat } from "./senml-json.ts";
import { textFormat } from "./text.ts";
import { tlvFormat } from "./tlv.ts";
import type { Path } from "./value.ts";

export type { EntrySink, PatchSink, PayloadWriter, TypeLookup } from "./entry.ts";

/**
 * Every format of 1.1 and 1.2, TLV among them; LwM2M JSON is not, because a Client of 1.1 may not use it (Core 1.1
 * §7.4). Whoever wants fewer composes Formats of their own and leaves this file alone.
 */
export const formatsSince11 = frozen(
	new Formats(
		frozen([
			textFormat,
			opaqueFormat,
			cborFormat,
			tlvFormat,
			senmlCborFormat,
			senmlJsonFormat,
			lwm2mCborFormat,
			senmlEtchCborFormat,
			senmlEtchJsonFormat,
		]),
	),
);

/** As `Formats` has it, with the formats since 1.1. */
export function isReadable(contentFormat: number): boolean {
	return formatsSince11.isReadable(contentFormat);
}

/** As `Formats` has it, with the formats since 1.1. */
export function isWritable(contentFormat: number): boolean {
	return formatsSince11.isWritable(contentFormat);
}

/** As `Formats` has it, with the formats since 1.1. */
export function isSingleValued(contentFormat: number): boolean {
	return formatsSince11.isSingleValued(contentFormat);
}

/** As `Formats` has it, with the formats since 1.1. */
export function canCarry(contentFormat: number, base: Path, types: TypeLookup): boolean {
	return formatsSince11.canCarry(contentFormat, base, types);
}

/** As `Formats.writer`, with the formats since 1.1. */
export function payloadWriter(contentFormat: number, base: Path): PayloadWriter | undefined {
	return formatsSince11.writer(contentFormat, base);
}

/** As `Formats.read`, with the formats since 1.1. */
export function readPayload(
	contentFormat: number,
	bytes: Uint8Array,
	at: number,
	end: number,
	base: Path,
	types: TypeLookup,
	sink: EntrySink,
): Fault | undefined {
	return formatsSince11.read(contentFormat, bytes, at, end, base, types, sink);
}

/** As `Formats.readPatch`, with the formats since 1.1. */
export function readPatch(
	contentFormat: number,
	bytes: Uint8Array,
	at: number,
	end: number,
	types: TypeLookup,
	sink: PatchSink,
): Fault | undefined {
	return formatsSince11.readPatch(contentFormat, bytes, at, end, types, sink);
}

/** As `Formats.readPaths`, with the formats since 1.1. */
export function readPaths(contentFormat: number, bytes: Uint8Array, at: number, end: number): Path[] | Fault {
	return formatsSince11.readPaths(contentFormat, bytes, at, end);
}
