import { type Fault, fault, utf8 } from "../bytes.ts";
import { readBase64, writeBase64 } from "./base64.ts";
import type { Entries } from "./entry.ts";
import { JsonReader, writeJsonString } from "./json.ts";
import { Output } from "./output.ts";
import { Pack, type RecordEncoder, SenmlWriter } from "./senml.ts";
import { type Path, type ResourceType, scalarOf, type Value } from "./value.ts";

const badData = fault("senml.json.data", 0x80, "RFC 8428 §5");

/** Writes SenML JSON. A Float that is not finite has no spelling in JSON: its record is left out. */
export class SenmlJsonWriter extends SenmlWriter {
	constructor(base: Path) {
		super(base, new JsonRecordEncoder());
	}

	override entry(path: Path, type: ResourceType, value: Value, timeS?: number): void {
		if (type !== "float" || Number.isFinite(Number(value))) super.entry(path, type, value, timeS);
	}
}

/** Writes SenML records as JSON (RFC 8428 §5). */
class JsonRecordEncoder implements RecordEncoder {
	readonly #out = new Output();
	#isFirst = true;

	begin(): void {
		this.#out.text(this.#out.size === 0 ? "[{" : "},{");
		this.#isFirst = true;
	}

	field(label: string, type: ResourceType, value: Value): void {
		const out = this.#out;
		const scalar = scalarOf(value, type);
		out.text(`${this.#isFirst ? "" : ","}"${label}":`);
		this.#isFirst = false;
		if (typeof scalar === "string") writeJsonString(out, scalar);
		else if (scalar instanceof Uint8Array) {
			out.byte(0x22);
			writeBase64(out, scalar, "url");
			out.byte(0x22);
		} else out.text(Object.is(scalar, -0) ? "-0.0" : `${scalar}`);
	}

	finish(): Uint8Array {
		this.#out.text(this.#out.size === 0 ? "[]" : "}]");
		return this.#out.take();
	}
}

/** Reads a SenML pack in JSON and hands on its records. @returns undefined, or why not. Never throws */
export function readSenmlJson(bytes: Uint8Array, at: number, end: number, entries: Entries): Fault | undefined {
	const reader = new JsonReader(bytes, at, end);
	const pack = new Pack(entries);
	const readNextField = () => readField(reader, pack);
	const readRecord = () => reader.readItems(0x7b, readNextField) ?? pack.endRecord();
	return reader.readItems(0x5b, readRecord) ?? reader.readEnd();
}

function readField(reader: JsonReader, pack: Pack): Fault | undefined {
	let fault = reader.readString();
	if (fault !== undefined) return fault;
	const label = reader.scalar as string;
	fault = reader.readColon() ?? reader.readScalar();
	if (fault !== undefined) return fault;
	if (label !== "vd" || typeof reader.scalar !== "string") return pack.field(label, reader.scalar);
	const text = utf8(reader.scalar);
	const data = readBase64(text, 0, text.length, "url");
	return data === undefined ? badData : pack.field(label, data);
}
