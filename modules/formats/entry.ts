import { type Fault, fault } from "../bytes.ts";
import { isWithin, type Path, type PathSlot, type ResourceType, type Value } from "./value.ts";

/** Builds one payload, entry by entry, in ascending order of path and all of them at or below the base. */
export interface PayloadWriter {
	/**
	 * @param timeS when the value was taken, in seconds as RFC 8428 §4.5.3 counts them, for formats that can say so: to
	 * 1/128 s. The others leave it out
	 * @throws AssertionFailed when `value` is not of `type`: that is our caller's bug
	 */
	entry(path: Path, type: ResourceType, value: Value, timeS?: number): void;
	/** An Object Instance or multiple-instance Resource without content; formats that can not say so leave it out. */
	empty(path: Path): void;
	/** @returns the payload. The writer is done with after this */
	finish(): Uint8Array;
}

/** Takes what a reader finds. */
export interface EntrySink {
	/**
	 * @param path reused for the next entry: copy it
	 * @param value the receiver's own. undefined: in TLV an empty Object Instance or multiple-instance Resource, in SenML
	 * a record that names a path and no more. Where `types` does not know the Resource, bytes in TLV and the bare scalar
	 * in SenML
	 * @param timeS when the value was taken, in seconds as RFC 8428 §4.5.3 counts them, where the payload says so
	 * @returns a Fault to stop reading and refuse the payload
	 */
	entry(path: Path, value: Value | undefined, timeS?: number): Fault | undefined;
}

/** Takes what a reader finds in a Write-Composite. */
export interface PatchSink extends EntrySink {
	/**
	 * The Resource Instance at `path` is to be removed: SenML-ETCH says so with a null (Core 1.2 §7.5.6, RFC 8790 §3.2).
	 * @param path reused for the next entry: copy it
	 * @returns a Fault to stop reading and refuse the payload
	 */
	remove(path: Path): Fault | undefined;
}

/** What a reader must know of the objects. undefined: no such Resource. */
export interface TypeLookup {
	typeOf(objectId: number, resourceId: number): ResourceType | undefined;
	isMultiple(objectId: number, resourceId: number): boolean | undefined;
}

/** Most entries one payload may carry; the next one is answered with 4.13. */
export const maxEntries = 256;

export const wrongType = fault("formats.wrongType", 0x80, "LwM2M Core 1.2 §7.1, Table C-2");
const tooMany = fault("formats.tooManyEntries", 0x8d, "RFC 7252 §5.9.2.9");
const outsideBase = fault("formats.outsideBase", 0x80, "LwM2M Core 1.2 §6.3.3");
const notRemovable = fault("formats.notRemovable", 0x80, "LwM2M Core 1.2 §7.5.6");
export const wrongMultiplicity = fault("formats.wrongMultiplicity", 0x80, "LwM2M Core 1.2 §7.5.5");

/**
 * The way from a reader to its sink: counts the entries and holds each to the base and to the facts of its Resource.
 */
export class Entries {
	readonly base: Path;
	/** Filled by the reader, level by level. */
	readonly path: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };
	readonly #types: TypeLookup;
	readonly #sink: EntrySink & Partial<PatchSink>;
	#count = 0;

	constructor(base: Path, types: TypeLookup, sink: EntrySink | PatchSink) {
		this.base = base;
		this.#types = types;
		this.#sink = sink;
	}

	/** The type of the Resource that `path` stands at. */
	get type(): ResourceType | undefined {
		return this.#types.typeOf(this.path.objectId, this.path.resourceId);
	}

	get isMultiple(): boolean | undefined {
		return this.#types.isMultiple(this.path.objectId, this.path.resourceId);
	}

	/** Hands on a value at `path`. @returns undefined, or why the payload is refused */
	value(value: Value | undefined, timeS?: number): Fault | undefined {
		if (value === undefined) return wrongType;
		const multiple = this.isMultiple;
		if (multiple !== undefined && multiple !== this.path.resourceInstanceId >= 0) return wrongMultiplicity;
		return this.hand(value, timeS);
	}

	/** Hands on `path` alone. @returns undefined, or why the payload is refused */
	bare(): Fault | undefined {
		return this.hand(undefined, undefined);
	}

	/** Asks for the removal of the Resource Instance at `path`. @returns undefined, or why the payload is refused */
	removal(): Fault | undefined {
		if (this.path.resourceInstanceId < 0 || this.#sink.remove === undefined) return notRemovable;
		return this.refusal() ?? this.#sink.remove(this.path);
	}

	private hand(value: Value | undefined, timeS: number | undefined): Fault | undefined {
		return this.refusal() ?? this.#sink.entry(this.path, value, timeS);
	}

	private refusal(): Fault | undefined {
		this.#count += 1;
		if (this.#count > maxEntries) return tooMany;
		return isWithin(this.path, this.base) ? undefined : outsideBase;
	}
}
