import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { decodeBase64 } from "./base64.ts";
import { ContentFormat } from "./content-format.ts";
import { type Entries, type PayloadWriter, wrongType } from "./entry.ts";
import type { Format } from "./format.ts";
import { JsonReader, writeJsonScalar, writeJsonString } from "./json.ts";
import { Output } from "./output.ts";
import { binaryTime, Pack } from "./senml.ts";
import { levelsOf, type Path, pathText, type ResourceType, type Scalar, scalarOf, type Value } from "./value.ts";

const badDocument = fault("lwm2mJson.structure", 0x80, "LwM2M 1.0 §6.4.4");

/** LwM2M JSON, which 1.1 replaced by SenML (LwM2M 1.0 §6.4.4). */
export const lwm2mJsonFormat: Format = frozen({
	numbers: [ContentFormat.lwm2mJson, ContentFormat.oldJson],
	scope: "any",
	read: readLwm2mJson,
	writer: (base) => new Lwm2mJsonWriter(base),
});

/** The label of a value of each type; opaque is a string in Base64. */
const labels = frozen({
	string: "sv",
	coreLink: "sv",
	opaque: "sv",
	integer: "v",
	unsignedInteger: "v",
	float: "v",
	time: "v",
	boolean: "bv",
	objectLink: "ov",
} as const satisfies Record<ResourceType, string>);

/** SenML's labels for the same fields of an entry. */
const senmlLabels: Readonly<Record<string, string>> = frozen({ n: "n", t: "t", v: "v", bv: "vb", sv: "vs", ov: "vlo" });

/**
 * Writes LwM2M JSON. The base name is the path of the request; where the first entry has a time, that is the base time.
 * A Float that is not finite has no spelling in JSON: its entry is left out.
 */
export class Lwm2mJsonWriter implements PayloadWriter {
	readonly #out = new Output();
	readonly #base: Path;
	#baseTimeS = 0;
	#isOpen = false;

	constructor(base: Path) {
		this.#base = base;
	}

	entry(path: Path, type: ResourceType, value: Value, takenS = 0): void {
		if (type === "float" && !Number.isFinite(Number(value))) return;
		const timeS = binaryTime(takenS);
		const out = this.#out;
		const levels = levelsOf(path);
		const baseLevels = levelsOf(this.#base);
		if (!this.#isOpen) this.open(levels === baseLevels, timeS);
		else out.byte(0x2c);
		const name = levels === baseLevels ? "" : `"n":"${pathText(path, baseLevels, levels)}",`;
		out.text(`{${name}"${labels[type]}":`);
		writeJsonScalar(out, scalarOf(value, type), "padded");
		out.text(timeS === this.#baseTimeS ? "}" : `,"t":${timeS - this.#baseTimeS}}`);
	}

	/** It has no entry for it. */
	empty(_path: Path): void {}

	finish(): Uint8Array {
		if (!this.#isOpen) this.open(false, 0);
		this.#out.text("]}");
		return this.#out.take();
	}

	/** @param isWhole whether the base name is the whole name of the entries */
	private open(isWhole: boolean, timeS: number): void {
		const levels = levelsOf(this.#base);
		const out = this.#out;
		out.text('{"bn":');
		writeJsonString(out, `/${pathText(this.#base, 0, levels)}${isWhole || levels === 0 ? "" : "/"}`);
		out.text(timeS === 0 ? ',"e":[' : `,"bt":${timeS},"e":[`);
		this.#baseTimeS = timeS;
		this.#isOpen = true;
	}
}

/** Resolves entries as SenML's records, but for what was different in 1.0. */
class EntryPack extends Pack {
	protected override bare(): Fault | undefined {
		return wrongType;
	}

	/** Without a base name, a relative name is relative to the request; peers leave out the first slash. */
	protected override nameOf(baseName: string, name: string): string {
		const full = baseName + name;
		if (full.startsWith("/")) return full;
		const base = this.entries.base;
		const levels = baseName === "" ? levelsOf(base) : 0;
		if (levels === 0) return `/${full}`;
		return `/${pathText(base, 0, levels)}${full === "" ? "" : `/${full}`}`;
	}

	protected override convert(label: string, scalar: Scalar, type: ResourceType | undefined): Value | undefined {
		if (type !== "opaque" || typeof scalar !== "string") return super.convert(label, scalar, type);
		return label === "vs" ? decodeBase64(scalar, "padded") : undefined;
	}
}

/** Reads a document and hands on its entries. @returns undefined, or why not. Never throws */
function readLwm2mJson(bytes: Uint8Array, at: number, end: number, entries: Entries): Fault | undefined {
	const pack = new EntryPack(entries);
	// Base name and base time may stand behind the entries: once for them, and once more for the entries.
	return (
		readDocument(new JsonReader(bytes, at, end), pack, "base") ??
		readDocument(new JsonReader(bytes, at, end), pack, "entries")
	);
}

function readDocument(reader: JsonReader, pack: Pack, part: "base" | "entries"): Fault | undefined {
	let arrays = 0;
	const readEntryField = () => readField(reader, pack);
	const readEntry = () => reader.readItems(0x7b, readEntryField) ?? pack.endRecord();
	const readMember = () => {
		let fault = reader.readString();
		if (fault !== undefined) return fault;
		const label = reader.scalar;
		fault = reader.readColon();
		if (fault !== undefined) return fault;
		if (label === "e") {
			arrays += 1;
			return part === "base" ? reader.skipArray() : reader.readItems(0x5b, readEntry);
		}
		fault = reader.readScalar();
		if (fault !== undefined || part === "entries" || (label !== "bn" && label !== "bt")) return fault;
		return pack.field(label, reader.scalar);
	};
	return reader.readItems(0x7b, readMember) ?? reader.readEnd() ?? (arrays === 1 ? undefined : badDocument);
}

/** Reads a field of an entry into `pack`. Fields we do not know are passed over. */
function readField(reader: JsonReader, pack: Pack): Fault | undefined {
	let fault = reader.readString();
	if (fault !== undefined) return fault;
	const label = reader.scalar as string;
	fault = reader.readColon() ?? reader.readScalar();
	if (fault !== undefined) return fault;
	return Object.hasOwn(senmlLabels, label) ? pack.field(senmlLabels[label]!, reader.scalar) : undefined;
}
