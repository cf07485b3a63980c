import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { decodeBase64 } from "./base64.ts";
import { ContentFormat } from "./content-format.ts";
import type { Entries } from "./entry.ts";
import type { Format } from "./format.ts";
import { JsonReader, writeJsonScalar } from "./json.ts";
import { Output } from "./output.ts";
import { Pack, type RecordEncoder, SenmlWriter } from "./senml.ts";
import { type Path, type ResourceType, scalarOf, type Value } from "./value.ts";

const badData = fault("senml.json.data", 0x80, "RFC 8428 §5");

/** SenML JSON (RFC 8428 §5, Core 1.2 §7.5.6). */
export const senmlJsonFormat: Format = frozen({
	numbers: [ContentFormat.senmlJson],
	scope: "any",
	read: readSenmlJson,
	readPatch: readSenmlJson,
	readPaths: readSenmlJson,
	writer: (base) => new SenmlJsonWriter(base),
});

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
		out.text(`${this.#isFirst ? "" : ","}"${label}":`);
		this.#isFirst = false;
		writeJsonScalar(out, scalarOf(value, type), "url");
	}

	finish(): Uint8Array {
		this.#out.text(this.#out.size === 0 ? "[]" : "}]");
		return this.#out.take();
	}
}

function readSenmlJson(bytes: Uint8Array, at: number, end: number, entries: Entries): Fault | undefined {
	return readJsonPack(bytes, at, end, new Pack(entries));
}

/** Reads a SenML pack in JSON into `pack`, record by record. @returns undefined, or why not. Never throws */
export function readJsonPack(bytes: Uint8Array, at: number, end: number, pack: Pack): Fault | undefined {
	const reader = new JsonReader(bytes, at, end);
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
	const data = decodeBase64(reader.scalar, "url");
	return data === undefined ? badData : pack.field(label, data);
}
