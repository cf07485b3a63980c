import { type Fault, fault } from "../bytes.ts";
import { readCbor, writeCbor } from "./cbor.ts";
import { ContentFormat } from "./content-format.ts";
import { Entries, type EntrySink, type PayloadWriter, type TypeLookup } from "./entry.ts";
import { readOpaque, writeOpaque } from "./opaque.ts";
import { Output } from "./output.ts";
import { SenmlWriter } from "./senml.ts";
import { CborRecordEncoder, readSenmlCbor } from "./senml-cbor.ts";
import { readSenmlJson, SenmlJsonWriter } from "./senml-json.ts";
import { readText, writeText } from "./text.ts";
import { TlvReader, TlvWriter } from "./tlv.ts";
import type { Path, ResourceType, Value } from "./value.ts";

export type { EntrySink, PayloadWriter, TypeLookup } from "./entry.ts";

const notAResource = fault("formats.notAResource", 0x80, "LwM2M Core 1.2 §7.5.1-§7.5.3");
const unknownFormat = fault("formats.unknownFormat", 0x8f, "RFC 7252 §5.9.2.10");

/** @returns whether readPayload knows the format; a request in another one is answered with 4.15 */
export function isReadable(contentFormat: number): boolean {
	switch (contentFormat) {
		case ContentFormat.tlv:
		case ContentFormat.senmlJson:
		case ContentFormat.senmlCbor:
			return true;
		default:
			return isSingleValued(contentFormat);
	}
}

/** @returns whether payloadWriter knows the format; an Accept of another one is answered with 4.06 */
export function isWritable(contentFormat: number): boolean {
	return isReadable(contentFormat);
}

/** @returns whether the format holds just one value: of a single-instance Resource or of a Resource Instance */
export function isSingleValued(contentFormat: number): boolean {
	return (
		contentFormat === ContentFormat.text ||
		contentFormat === ContentFormat.opaque ||
		contentFormat === ContentFormat.cbor
	);
}

/**
 * @returns whether a Read at `base` can be answered in this format: false where payloadWriter has none, where a format
 * of one value is asked for more than one, or opaque for something else; the answer then is 4.06
 */
export function canCarry(contentFormat: number, base: Path, types: TypeLookup): boolean {
	if (contentFormat === ContentFormat.tlv) return base.objectId >= 0;
	if (!isSingleValued(contentFormat)) return isWritable(contentFormat);
	if (base.resourceId < 0) return false;
	if (base.resourceInstanceId < 0 && types.isMultiple(base.objectId, base.resourceId) === true) return false;
	return contentFormat !== ContentFormat.opaque || types.typeOf(base.objectId, base.resourceId) === "opaque";
}

/** Writes a format of one value. */
class SingleWriter implements PayloadWriter {
	readonly #out = new Output();
	readonly #write: (out: Output, type: ResourceType, value: Value) => void;

	constructor(write: (out: Output, type: ResourceType, value: Value) => void) {
		this.#write = write;
	}

	entry(_path: Path, type: ResourceType, value: Value): void {
		this.#write(this.#out, type, value);
	}

	empty(): void {}

	finish(): Uint8Array {
		return this.#out.take();
	}
}

/**
 * @returns a writer for a payload whose entries stand at or below `base`, or undefined when this build does not write
 * the format
 */
export function payloadWriter(contentFormat: number, base: Path): PayloadWriter | undefined {
	switch (contentFormat) {
		case ContentFormat.text:
			return new SingleWriter(writeText);
		case ContentFormat.opaque:
			return new SingleWriter(writeOpaque);
		case ContentFormat.cbor:
			return new SingleWriter(writeCbor);
		case ContentFormat.senmlJson:
			return new SenmlJsonWriter(base);
		case ContentFormat.senmlCbor:
			return new SenmlWriter(base, new CborRecordEncoder());
		case ContentFormat.tlv:
			return new TlvWriter(base);
		default:
			return undefined;
	}
}

/**
 * Reads a payload and hands its entries to `sink` as they come. All or nothing is the sink's: on a Fault, it drops what
 * it got.
 * @param bytes owned by the caller; values handed on are copies
 * @param base the path of the request: every entry must stand at or below it
 * @returns undefined after a clean end, or the Fault. Never throws
 */
export function readPayload(
	contentFormat: number,
	bytes: Uint8Array,
	at: number,
	end: number,
	base: Path,
	types: TypeLookup,
	sink: EntrySink,
): Fault | undefined {
	const entries = new Entries(base, types, sink);
	switch (contentFormat) {
		case ContentFormat.tlv:
			return new TlvReader(bytes, entries).read(at, end);
		case ContentFormat.senmlJson:
			return readSenmlJson(bytes, at, end, entries);
		case ContentFormat.senmlCbor:
			return readSenmlCbor(bytes, at, end, entries);
	}
	if (!isSingleValued(contentFormat)) return unknownFormat;
	if (base.resourceId < 0) return notAResource;
	Object.assign(entries.path, base);
	const { type } = entries;
	if (contentFormat === ContentFormat.cbor) return entries.value(readCbor(type, bytes, at, end));
	if (type === undefined) return entries.value(bytes.slice(at, end));
	return entries.value((contentFormat === ContentFormat.text ? readText : readOpaque)(type, bytes, at, end));
}
