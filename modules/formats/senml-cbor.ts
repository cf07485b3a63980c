import { assert, type Fault, fault } from "../bytes.ts";
import {
	CborReader,
	Major,
	writeCborFloat,
	writeCborInteger,
	writeCborText,
	writeCborValue,
	writeHead,
} from "./cbor.ts";
import type { Entries } from "./entry.ts";
import { Output } from "./output.ts";
import { cborLabels, Pack, type RecordEncoder, type RecordHead, valueLabels } from "./senml.ts";
import type { ResourceType, Value } from "./value.ts";

const badPack = fault("senml.cbor.structure", 0x80, "RFC 8428 §6");
const trailing = fault("senml.cbor.trailing", 0x80, "RFC 8428 §6");

/** The integer of the first entry of `cborLabels`. */
const firstLabel = -6;

/** Writes SenML records as CBOR (RFC 8428 §6): integer labels, but "vlo" as text, which OMA never gave a number (Core 1.2 §7.5.7). */
export class CborRecordEncoder implements RecordEncoder {
	readonly #out = new Output();
	#count = 0;

	constructor() {
		this.#out.reserve(3); // the head of the array, as long as its count turns out to need
	}

	record(head: RecordHead, type: ResourceType, value: Value): void {
		const out = this.#out;
		this.#count += 1;
		let fields = 1;
		if (head.baseName !== undefined) fields += 1;
		if (head.baseTimeS !== undefined) fields += 1;
		if (head.name !== undefined) fields += 1;
		if (head.timeS !== undefined) fields += 1;
		writeHead(out, Major.map, fields);
		if (head.baseName !== undefined) {
			writeLabel(out, "bn");
			writeCborText(out, head.baseName);
		}
		if (head.baseTimeS !== undefined) {
			writeLabel(out, "bt");
			writeNumber(out, head.baseTimeS);
		}
		if (head.name !== undefined) {
			writeLabel(out, "n");
			writeCborText(out, head.name);
		}
		writeLabel(out, valueLabels[type]);
		writeCborValue(out, type, value);
		if (head.timeS !== undefined) {
			writeLabel(out, "t");
			writeNumber(out, head.timeS);
		}
	}

	finish(): Uint8Array {
		const count = this.#count;
		assert(count <= 0xffff, "senml: more records than the head has room for");
		const { bytes } = this.#out;
		const at = count < 24 ? 2 : count <= 0xff ? 1 : 0;
		bytes[at] = (Major.array << 5) | (count < 24 ? count : 25 - at);
		if (at === 0) bytes[1] = count >> 8;
		if (at < 2) bytes[2] = count;
		return this.#out.take(at);
	}
}

function writeLabel(out: Output, label: (typeof cborLabels)[number] | "vlo"): void {
	if (label === "vlo") writeCborText(out, label);
	else writeCborInteger(out, cborLabels.indexOf(label) + firstLabel);
}

function writeNumber(out: Output, value: number): void {
	if (Number.isSafeInteger(value)) writeCborInteger(out, value);
	else writeCborFloat(out, value);
}

/** Reads a SenML pack in CBOR and hands on its records. @returns undefined, or why not. Never throws */
export function readSenmlCbor(bytes: Uint8Array, at: number, end: number, entries: Entries): Fault | undefined {
	const reader = new CborReader(bytes, at, end);
	const pack = new Pack(entries);
	const fault = reader.readHead();
	if (fault !== undefined) return fault;
	if (reader.major !== Major.array) return badPack;
	const count = reader.isIndefinite ? Infinity : reader.argument;
	for (let index = 0; index < count; index++) {
		if (count === Infinity && reader.skipBreak()) break;
		const fault = readRecord(reader, pack) ?? pack.endRecord();
		if (fault !== undefined) return fault;
	}
	return reader.at === end ? undefined : trailing;
}

function readRecord(reader: CborReader, pack: Pack): Fault | undefined {
	const fault = reader.readHead();
	if (fault !== undefined) return fault;
	if (reader.major !== Major.map) return badPack;
	const count = reader.isIndefinite ? Infinity : reader.argument;
	for (let index = 0; index < count; index++) {
		if (count === Infinity && reader.skipBreak()) break;
		const fault = readField(reader, pack);
		if (fault !== undefined) return fault;
	}
	return undefined;
}

function readField(reader: CborReader, pack: Pack): Fault | undefined {
	const fault = reader.readScalar();
	if (fault !== undefined) return fault;
	const key = reader.scalar;
	if (typeof key !== "string" && typeof key !== "number") return badPack;
	const label = typeof key === "string" ? key : (cborLabels[key - firstLabel] ?? "");
	return reader.readScalar() ?? pack.field(label, reader.scalar);
}
