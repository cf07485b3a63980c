import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { Entries, type EntrySink, type PatchSink, type PayloadWriter, type TypeLookup } from "./entry.ts";
import type { Path } from "./value.ts";

const unknownFormat = fault("formats.unknownFormat", 0x8f, "RFC 7252 §5.9.2.10");
const notAPath = fault("formats.notAPath", 0x80, "LwM2M Core 1.2 §6.3.8, RFC 8790 §3.1");

/** The root: all paths stand below it. Composite operations name whole paths. */
const root: Path = frozen({ objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 });

const nothingKnown: TypeLookup = frozen({ typeOf: () => undefined, isMultiple: () => undefined });

/** Reads bytes[at .. end), hands the entries on. @returns undefined after a clean end, or the Fault. Never throws */
export type Reading = (bytes: Uint8Array, at: number, end: number, entries: Entries) => Fault | undefined;

/** What one payload of a format can hold: one value, one value of type Opaque, one Object or less, or anything. */
export type Scope = "value" | "opaque" | "object" | "any";

/** One payload format: what it is called, and the ways it can be used. Each file of a format has one. */
export interface Format {
	/** IANA's number, and then those that peers knew it by before. */
	readonly numbers: readonly number[];
	readonly scope: Scope;
	/** Reads what a Write, a Create or a Bootstrap-Write carries. */
	readonly read?: Reading;
	/** Reads what a Write-Composite carries; its entries may also ask for removals. */
	readonly readPatch?: Reading;
	/** Reads what a Read- or Observe-Composite carries: paths without values. */
	readonly readPaths?: Reading;
	/** @returns a writer for entries at or below `base` */
	readonly writer?: (base: Path) => PayloadWriter;
}

/** The formats that a product is composed with. One that is in nobody's list is in nobody's image. */
export class Formats {
	readonly #formats: readonly Format[];

	/** @param formats kept, not copied */
	constructor(formats: readonly Format[]) {
		this.#formats = formats;
	}

	/** @returns whether a Write may come in the format; in another one it is answered with 4.15 */
	isReadable(contentFormat: number): boolean {
		return this.find(contentFormat)?.read !== undefined;
	}

	/** @returns whether a Write-Composite may come in the format; in another one it is answered with 4.15 */
	isPatch(contentFormat: number): boolean {
		return this.find(contentFormat)?.readPatch !== undefined;
	}

	/** @returns whether a Read-Composite may come in the format; in another one it is answered with 4.15 */
	isPathList(contentFormat: number): boolean {
		return this.find(contentFormat)?.readPaths !== undefined;
	}

	/** @returns whether `writer` knows the format; an Accept of another one is answered with 4.06 */
	isWritable(contentFormat: number): boolean {
		return this.find(contentFormat)?.writer !== undefined;
	}

	/** @returns whether the format holds just one value: of a single-instance Resource or of a Resource Instance */
	isSingleValued(contentFormat: number): boolean {
		const scope = this.find(contentFormat)?.scope;
		return scope === "value" || scope === "opaque";
	}

	/**
	 * @returns whether a Read at `base` can be answered in this format: false where there is no writer, where a format of
	 * one value is asked for more than one, or opaque for something else; the answer then is 4.06
	 */
	canCarry(contentFormat: number, base: Path, types: TypeLookup): boolean {
		const format = this.find(contentFormat);
		if (format?.writer === undefined) return false;
		if (format.scope === "any") return true;
		if (format.scope === "object") return base.objectId >= 0;
		if (base.resourceId < 0) return false;
		if (base.resourceInstanceId < 0 && types.isMultiple(base.objectId, base.resourceId) === true) return false;
		return format.scope === "value" || types.typeOf(base.objectId, base.resourceId) === "opaque";
	}

	/** @returns a writer for a payload whose entries stand at or below `base`, or undefined when there is none */
	writer(contentFormat: number, base: Path): PayloadWriter | undefined {
		return this.find(contentFormat)?.writer?.(base);
	}

	/**
	 * Reads a payload and hands its entries to `sink` as they come. All or nothing is the sink's: on a Fault, it drops
	 * what it got.
	 * @param bytes owned by the caller; values handed on are copies
	 * @param base the path of the request: every entry must stand at or below it
	 * @returns undefined after a clean end, or the Fault. Never throws
	 */
	read(
		contentFormat: number,
		bytes: Uint8Array,
		at: number,
		end: number,
		base: Path,
		types: TypeLookup,
		sink: EntrySink,
	): Fault | undefined {
		const read = this.find(contentFormat)?.read;
		return read === undefined ? unknownFormat : read(bytes, at, end, new Entries(base, types, sink));
	}

	/**
	 * Reads the payload of a Write-Composite (Core 1.2 §6.3.9) as `read` reads that of a Write; its paths are whole ones.
	 * @returns undefined after a clean end, or the Fault. Never throws
	 */
	readPatch(
		contentFormat: number,
		bytes: Uint8Array,
		at: number,
		end: number,
		types: TypeLookup,
		sink: PatchSink,
	): Fault | undefined {
		const read = this.find(contentFormat)?.readPatch;
		return read === undefined ? unknownFormat : read(bytes, at, end, new Entries(root, types, sink));
	}

	/**
	 * Reads the payload of a Read- or Observe-Composite (Core 1.2 §6.3.8).
	 * @returns the paths in their order, of any level, the root too, at most `maxEntries`; or the Fault. Never throws
	 */
	readPaths(contentFormat: number, bytes: Uint8Array, at: number, end: number): Path[] | Fault {
		const read = this.find(contentFormat)?.readPaths;
		if (read === undefined) return unknownFormat;
		const paths: Path[] = [];
		const sink: EntrySink = {
			entry(path, value) {
				if (value !== undefined) return notAPath;
				paths.push(Object.assign({}, path));
				return undefined;
			},
		};
		return read(bytes, at, end, new Entries(root, nothingKnown, sink)) ?? paths;
	}

	private find(contentFormat: number): Format | undefined {
		const formats = this.#formats;
		for (let index = 0; index < formats.length; index++) {
			const format = formats[index]!;
			if (format.numbers.includes(contentFormat)) return format;
		}
		return undefined;
	}
}
