import { assert, type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { CborReader, Major, writeCborInteger, writeCborText, writeCborValue, writeHead } from "./cbor.ts";
import { ContentFormat } from "./content-format.ts";
import type { Entries } from "./entry.ts";
import type { Format } from "./format.ts";
import { Output } from "./output.ts";
import { cborLabels, firstLabel, Pack, type RecordEncoder, SenmlWriter } from "./senml.ts";
import type { ResourceType, Value } from "./value.ts";

const badPack = fault("senml.cbor.structure", 0x80, "RFC 8428 §6");
const trailing = fault("senml.cbor.trailing", 0x80, "RFC 8428 §6");

/** SenML CBOR (RFC 8428 §6, Core 1.2 §7.5.7). */
export const senmlCborFormat: Format = frozen({
	numbers: [ContentFormat.senmlCbor],
	scope: "any",
	read: readSenmlCbor,
	readPatch: readSenmlCbor,
	readPaths: readSenmlCbor,
	writer: (base) => new SenmlWriter(base, new CborRecordEncoder()),
});

/**
 * Writes SenML records as CBOR (RFC 8428 §6): integer labels, but "vlo" as text, which OMA never gave a number (Core
 * 1.2 §7.5.7).
 */
export class CborRecordEncoder implements RecordEncoder {
	readonly #out = new Output();
	#count = 0;

	constructor() {
		this.#out.reserve(3); // the head of the array, as long as its count turns out to need
	}

	begin(fieldCount: number): void {
		this.#count += 1;
		writeHead(this.#out, Major.map, fieldCount);
	}

	field(label: string, type: ResourceType, value: Value): void {
		const index = cborLabels.indexOf(label);
		if (index < 0) writeCborText(this.#out, label);
		else writeCborInteger(this.#out, index + firstLabel);
		writeCborValue(this.#out, type, value);
	}

	finish(): Uint8Array {
		const count = this.#count;
		assert(count <= 0xffff, "senml: more records than the head has room for");
		const at = count < 24 ? 2 : count <= 0xff ? 1 : 0;
		const out = this.#out;
		if (at < 2) out.put(count, at + 1, 2 - at);
		out.put((Major.array << 5) | (at === 2 ? count : 25 - at), at, 1);
		return out.take(at);
	}
}

function readSenmlCbor(bytes: Uint8Array, at: number, end: number, entries: Entries): Fault | undefined {
	return readCborPack(bytes, at, end, new Pack(entries));
}

/** Reads a SenML pack in CBOR into `pack`, record by record. @returns undefined, or why not. Never throws */
export function readCborPack(bytes: Uint8Array, at: number, end: number, pack: Pack): Fault | undefined {
	const reader = new CborReader(bytes, at, end);
	const readNextField = () => readField(reader, pack);
	const readRecord = () => readItems(reader, Major.map, readNextField) ?? pack.endRecord();
	return readItems(reader, Major.array, readRecord) ?? (reader.at === end ? undefined : trailing);
}

/** Reads an array or a map, whichever `major` is, item by item. */
function readItems(reader: CborReader, major: number, readItem: () => Fault | undefined): Fault | undefined {
	let fault = reader.readHead();
	if (fault === undefined && reader.major !== major) fault = badPack;
	for (let left = reader.count; fault === undefined && reader.hasMore(left); left--) fault = readItem();
	return fault;
}

function readField(reader: CborReader, pack: Pack): Fault | undefined {
	const fault = reader.readScalar();
	if (fault !== undefined) return fault;
	const key = reader.scalar;
	if (typeof key !== "string" && typeof key !== "number") return badPack;
	const label = typeof key === "string" ? key : (cborLabels[key - firstLabel] ?? "");
	return reader.readScalar() ?? pack.field(label, reader.scalar);
}
