import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { type Entries, type PayloadWriter, wrongType } from "./entry.ts";
import {
	conform,
	levelsOf,
	type Path,
	type PathSlot,
	pathText,
	type ResourceType,
	readId,
	type Scalar,
	sharesLevels,
	type Value,
} from "./value.ts";

/** Longest name or base name we read, in characters. The longest path has 24. */
export const maxNameLength = 64;

/** Newest version of SenML that we know (RFC 8428 §4.4). */
const maxVersion = 10;

const badName = fault("senml.name", 0x80, "RFC 8428 §4.5.1, LwM2M Core 1.2 §7.5.6");
export const badField = fault("senml.field", 0x80, "RFC 8428 §4.3");
const notUnderstood = fault("senml.notUnderstood", 0x80, "RFC 8428 §4.4");

/** The labels that CBOR writes as integers, in order from `firstLabel` on (RFC 8428 §6, Table 4). */
export const cborLabels = frozen("bs bv bu bt bn bver n u v vs vb s t ut vd".split(" "));
export const firstLabel = -6;

/** The label that carries a value of each type (Core 1.2 §7.5.6). */
export const valueLabels = frozen({
	string: "vs",
	coreLink: "vs",
	integer: "v",
	unsignedInteger: "v",
	float: "v",
	time: "v",
	boolean: "vb",
	opaque: "vd",
	objectLink: "vlo",
} as const satisfies Record<ResourceType, string>);

/**
 * Puts SenML records together, field by field, and hands them on resolved (RFC 8428 §4.6). JSON and CBOR share it:
 * their readers know only syntax.
 */
export class Pack {
	protected readonly entries: Entries;
	#baseName = "";
	#baseTimeS: number | undefined;
	#name = "";
	#timeS: number | undefined;
	#label = "";
	#value: Scalar | undefined;

	constructor(entries: Entries) {
		this.entries = entries;
	}

	/**
	 * Takes one field of the record under way.
	 * @param scalar null where the payload says null: only SenML-ETCH gives that a meaning, and here it is refused for a
	 * field we know
	 * @returns undefined, or why the payload is refused. Fields we do not know are passed over unless their label ends in
	 * "_"
	 */
	field(label: string, scalar: Scalar | null): Fault | undefined {
		const type = typeof scalar;
		const isNumber = type === "number" || type === "bigint";
		switch (label) {
			case "bn":
			case "n":
				if (type !== "string") return badField;
				if ((scalar as string).length > maxNameLength) return badName;
				if (label === "n") this.#name = scalar as string;
				else this.#baseName = scalar as string;
				return undefined;
			case "bt":
				this.#baseTimeS = Number(scalar);
				return isNumber ? undefined : badField;
			case "t":
				this.#timeS = Number(scalar);
				return isNumber ? undefined : badField;
			case "bver":
				if (!isNumber) return badField;
				return Number(scalar) > maxVersion ? notUnderstood : undefined;
			case "v":
				return isNumber ? this.setValue(label, scalar) : badField;
			case "vs":
			case "vlo":
				return type === "string" ? this.setValue(label, scalar) : badField;
			case "vb":
				return type === "boolean" ? this.setValue(label, scalar) : badField;
			case "vd":
				return type === "object" ? this.setValue(label, scalar) : badField;
			default:
				// A base value changes every value behind it, and LwM2M has no use for one: passing over it would lie.
				return label === "bv" || label.endsWith("_") ? notUnderstood : undefined;
		}
	}

	private setValue(label: string, scalar: Scalar | null): Fault | undefined {
		if (scalar === null || this.#value !== undefined) return badField;
		this.#label = label;
		this.#value = scalar;
		return undefined;
	}

	/** Ends the record under way and hands it on. @returns undefined, or why the payload is refused */
	endRecord(): Fault | undefined {
		const fault = this.resolve();
		this.#name = "";
		this.#timeS = undefined;
		this.#value = undefined;
		return fault;
	}

	/** Takes a record without a value, whose path stands in `entries`. */
	protected bare(): Fault | undefined {
		return this.entries.bare();
	}

	/** @returns the full name, to be read as a path */
	protected nameOf(baseName: string, name: string): string {
		return baseName + name;
	}

	/** @returns what the field says as a value of `type`, undefined when it is none */
	protected convert(label: string, scalar: Scalar, type: ResourceType | undefined): Value | undefined {
		if (type === undefined) return label === "vlo" ? conform(scalar, "objectLink") : scalar;
		// Leshan spells an Object Link as a string.
		const isLabel = label === valueLabels[type] || (label === "vs" && type === "objectLink");
		return isLabel ? conform(scalar, type) : undefined;
	}

	private resolve(): Fault | undefined {
		const entries = this.entries;
		const path = entries.path;
		if (!readName(this.nameOf(this.#baseName, this.#name), path)) return badName;
		if (this.#value === undefined) return this.bare();
		if (path.resourceId < 0) return badName;
		const value = this.convert(this.#label, this.#value, entries.type);
		if (value === undefined) return wrongType;
		const timed = this.#baseTimeS !== undefined || this.#timeS !== undefined;
		return entries.value(value, timed ? (this.#baseTimeS ?? 0) + (this.#timeS ?? 0) : undefined);
	}
}

/**
 * Reads a name, such as "/3/0/6/0" or "/" for the root, into `path`. One slash at the end is tolerated.
 * @returns whether it is one
 */
function readName(name: string, path: PathSlot): boolean {
	const ids = name.split("/");
	let levels = ids.length - 1;
	if (levels > 0 && ids[levels] === "") levels -= 1;
	if (name === "" || ids[0] !== "" || levels > 4) return false;
	path.objectId = readId(ids[1] ?? "");
	path.instanceId = readId(ids[2] ?? "");
	path.resourceId = readId(ids[3] ?? "");
	path.resourceInstanceId = readId(ids[4] ?? "");
	return levelsOf(path) === levels;
}

/** Spells records in JSON or CBOR. */
export interface RecordEncoder {
	/** Begins a record of so many fields, and ends the one before. */
	begin(fieldCount: number): void;
	field(label: string, type: ResourceType, value: Value): void;
	/** Ends the pack. @returns it */
	finish(): Uint8Array;
}

/**
 * Chooses base names so that packs come out short. It holds one entry back: when the next one shares the Object
 * Instance (or the base of the payload, where that is deeper), a base name for both pays; an entry that stands alone
 * gets its whole path as the base name, without a name. Where the names agree with the example of Core 1.2 §7.5.7, so
 * do the bytes.
 */
export class SenmlWriter implements PayloadWriter {
	readonly #encoder: RecordEncoder;
	readonly #sharedLevels: number;
	/** The path whose first levels are the base name in force, and how many those are. */
	readonly #base: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };
	#baseLevels = -1;
	#baseTimeS: number | undefined;
	readonly #held: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };
	#heldType: ResourceType | undefined;
	#heldValue: Value = false;
	#heldTimeS: number | undefined;

	constructor(base: Path, encoder: RecordEncoder) {
		this.#encoder = encoder;
		this.#sharedLevels = Math.max(2, levelsOf(base));
	}

	/** @param value kept, not copied, until the next entry */
	entry(path: Path, type: ResourceType, value: Value, timeS?: number): void {
		this.flush(path);
		Object.assign(this.#held, path);
		this.#heldType = type;
		this.#heldValue = value;
		this.#heldTimeS = timeS === undefined ? undefined : binaryTime(timeS);
	}

	/** SenML has no record for it. */
	empty(_path: Path): void {}

	finish(): Uint8Array {
		this.flush(undefined);
		return this.#encoder.finish();
	}

	private flush(next: Path | undefined): void {
		const path = this.#held;
		if (this.#heldType === undefined) return;
		const levels = levelsOf(path);
		let baseName: string | undefined;
		if (this.#baseLevels < 0 || this.#baseLevels > levels || !sharesLevels(path, this.#base, this.#baseLevels)) {
			const shared = this.#sharedLevels;
			const pays = next !== undefined && shared < levels && sharesLevels(path, next, shared);
			Object.assign(this.#base, path);
			this.#baseLevels = pays ? shared : levels;
			baseName = `/${pathText(path, 0, this.#baseLevels)}${pays ? "/" : ""}`;
		}
		// The first time becomes the base time; from then on an entry without one says 0, which is "now" (RFC 8428 §4.5.3).
		const baseTimeS = this.#baseTimeS === undefined ? this.#heldTimeS : undefined;
		this.#baseTimeS ??= baseTimeS;
		const timeS = (this.#heldTimeS ?? 0) - (this.#baseTimeS ?? 0);
		const hasName = this.#baseLevels < levels;
		const encoder = this.#encoder;
		encoder.begin(1 + +(baseName !== undefined) + +(baseTimeS !== undefined) + +hasName + +(timeS !== 0));
		if (baseName !== undefined) encoder.field("bn", "string", baseName);
		if (baseTimeS !== undefined) encoder.field("bt", timeType(baseTimeS), baseTimeS);
		if (hasName) encoder.field("n", "string", pathText(path, this.#baseLevels, levels));
		encoder.field(valueLabels[this.#heldType], this.#heldType, this.#heldValue);
		if (timeS !== 0) encoder.field("t", timeType(timeS), timeS);
	}
}

/**
 * A time as it is told: to 1/128 s. Doubles hold such times exactly, and so they do differences and sums of them, and
 * the decimals end after seven digits: Leshan adds without rounding and refuses what does not end within nanoseconds.
 */
export function binaryTime(timeS: number): number {
	return Math.round(timeS * 128) / 128 + 0; // -0 becomes 0
}

/** As what a time is spelt: most are whole. */
function timeType(timeS: number): ResourceType {
	return Number.isInteger(timeS) ? "integer" : "float";
}
