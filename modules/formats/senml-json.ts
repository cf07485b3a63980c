import { type Fault, fault, utf8 } from "../bytes.ts";
import { readBase64, writeBase64 } from "./base64.ts";
import type { Entries } from "./entry.ts";
import { JsonReader, writeJsonString } from "./json.ts";
import {
	booleanToWrite,
	bytesToWrite,
	floatToWrite,
	integerToWrite,
	linkToWrite,
	Output,
	stringToWrite,
} from "./output.ts";
import { Pack, type RecordEncoder, type RecordHead, SenmlWriter, valueLabels } from "./senml.ts";
import { objectLinkText, type Path, type ResourceType, type Value } from "./value.ts";

const badData = fault("senml.json.data", 0x80, "RFC 8428 §5");

/** Writes SenML JSON. A Float that is not finite has no spelling in JSON: its record is left out. */
export class SenmlJsonWriter extends SenmlWriter {
	constructor(base: Path) {
		super(base, new JsonRecordEncoder());
	}

	override entry(path: Path, type: ResourceType, value: Value, timeS?: number): void {
		if (type !== "float" || Number.isFinite(floatToWrite(value))) super.entry(path, type, value, timeS);
	}
}

/** Writes SenML records as JSON (RFC 8428 §5). */
class JsonRecordEncoder implements RecordEncoder {
	readonly #out = new Output();

	record(head: RecordHead, type: ResourceType, value: Value): void {
		const out = this.#out;
		out.text(out.size === 0 ? "[{" : ",{");
		if (head.baseName !== undefined) out.text(`"bn":"${head.baseName}",`);
		if (head.baseTimeS !== undefined) out.text(`"bt":${head.baseTimeS},`);
		if (head.name !== undefined) out.text(`"n":"${head.name}",`);
		out.text(`"${valueLabels[type]}":`);
		writeValue(out, type, value);
		if (head.timeS !== undefined) out.text(`,"t":${head.timeS}`);
		out.byte(0x7d);
	}

	finish(): Uint8Array {
		this.#out.text(this.#out.size === 0 ? "[]" : "]");
		return this.#out.take();
	}
}

function writeValue(out: Output, type: ResourceType, value: Value): void {
	switch (type) {
		case "string":
		case "coreLink":
			writeJsonString(out, stringToWrite(value));
			return;
		case "integer":
		case "unsignedInteger":
		case "time":
			out.text(`${integerToWrite(value, type)}`);
			return;
		case "float": {
			const float = floatToWrite(value);
			out.text(Object.is(float, -0) ? "-0.0" : `${float}`);
			return;
		}
		case "boolean":
			out.text(`${booleanToWrite(value)}`);
			return;
		case "opaque":
			out.byte(0x22);
			writeBase64(out, bytesToWrite(value), "url");
			out.byte(0x22);
			return;
		case "objectLink":
			out.text(`"${objectLinkText(linkToWrite(value))}"`);
			return;
	}
}

/** Reads a SenML pack in JSON and hands on its records. @returns undefined, or why not. Never throws */
export function readSenmlJson(bytes: Uint8Array, at: number, end: number, entries: Entries): Fault | undefined {
	const reader = new JsonReader(bytes, at, end);
	const pack = new Pack(entries);
	let fault = reader.expect(0x5b);
	if (fault === undefined && !reader.skip(0x5d)) {
		do {
			fault = readRecord(reader, pack) ?? pack.endRecord();
		} while (fault === undefined && reader.skip(0x2c));
		fault ??= reader.expect(0x5d);
	}
	return fault ?? reader.expectEnd();
}

function readRecord(reader: JsonReader, pack: Pack): Fault | undefined {
	let fault = reader.expect(0x7b);
	if (fault !== undefined || reader.skip(0x7d)) return fault;
	do {
		fault = readField(reader, pack);
	} while (fault === undefined && reader.skip(0x2c));
	return fault ?? reader.expect(0x7d);
}

function readField(reader: JsonReader, pack: Pack): Fault | undefined {
	let fault = reader.readString();
	if (fault !== undefined) return fault;
	const label = reader.scalar as string;
	fault = reader.expect(0x3a) ?? reader.readScalar();
	if (fault !== undefined) return fault;
	if (label !== "vd" || typeof reader.scalar !== "string") return pack.field(label, reader.scalar);
	const text = utf8(reader.scalar);
	const data = readBase64(text, 0, text.length, "url");
	return data === undefined ? badData : pack.field(label, data);
}
