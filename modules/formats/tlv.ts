import { assert, type Fault, fault, readUtf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { ContentFormat } from "./content-format.ts";
import { type Entries, type PayloadWriter, wrongMultiplicity } from "./entry.ts";
import type { Format } from "./format.ts";
import { fitsSingle, Output, readFloat, readUnsigned } from "./output.ts";
import {
	type ObjectLink,
	type Path,
	type ResourceType,
	scalarOf,
	toInteger,
	unnamedInstance,
	type Value,
} from "./value.ts";

/** The kinds of a TLV, bits 7 and 6 of its first byte (Core 1.2 Table 7.5.5-1). */
const objectInstance = 0x00;
const resourceInstance = 0x40;
const multipleResource = 0x80;
const resource = 0xc0;

const truncated = fault("tlv.truncated", 0x80, "LwM2M Core 1.2 §7.5.5");
const misplaced = fault("tlv.misplaced", 0x80, "LwM2M Core 1.2 §7.5.5");

/** LwM2M TLV (Core 1.2 §7.5.5). */
export const tlvFormat: Format = frozen({
	numbers: [ContentFormat.tlv, ContentFormat.oldTlv],
	scope: "object",
	read: (bytes, at, end, entries) => new TlvReader(bytes, entries).read(at, end),
	writer: (base) => new TlvWriter(base),
});

/**
 * Writes LwM2M TLV (Core 1.2 §7.5.5): Object Instance TLVs when the base is an Object, Multiple Resource TLVs round the
 * instances of a Resource, shortest identifiers, lengths and integers. Containers are written content first and get
 * their header when they close.
 */
export class TlvWriter implements PayloadWriter {
	readonly #base: Path;
	readonly #out = new Output();
	#instanceId = -1;
	#instanceAt = -1;
	#resourceId = -1;
	#resourceAt = -1;

	constructor(base: Path) {
		this.#base = base;
	}

	entry(path: Path, type: ResourceType, value: Value): void {
		this.enter(path);
		const at = this.#out.size;
		writeValue(this.#out, type, value);
		if (path.resourceInstanceId >= 0) this.wrap(resourceInstance, path.resourceInstanceId, at);
		else this.wrap(resource, path.resourceId, at);
	}

	empty(path: Path): void {
		this.enter(path);
		if (path.resourceId < 0) this.closeInstance();
		else if (this.#resourceAt < 0) this.wrap(multipleResource, path.resourceId, this.#out.size);
	}

	finish(): Uint8Array {
		this.closeResource();
		this.closeInstance();
		return this.#out.take();
	}

	/** Closes the containers that `path` leaves and opens those that it needs. */
	private enter(path: Path): void {
		const leavesInstance = path.instanceId !== this.#instanceId;
		if (leavesInstance || path.resourceId !== this.#resourceId) this.closeResource();
		if (leavesInstance) this.closeInstance();
		if (this.#base.instanceId < 0 && this.#instanceAt < 0) this.#instanceAt = this.#out.size;
		this.#instanceId = path.instanceId;
		this.#resourceId = path.resourceId;
		if (path.resourceInstanceId >= 0 && this.#base.resourceInstanceId < 0 && this.#resourceAt < 0) {
			this.#resourceAt = this.#out.size;
		}
	}

	private closeResource(): void {
		if (this.#resourceAt >= 0) this.wrap(multipleResource, this.#resourceId, this.#resourceAt);
		this.#resourceAt = -1;
	}

	private closeInstance(): void {
		if (this.#instanceAt >= 0) this.wrap(objectInstance, this.#instanceId, this.#instanceAt);
		this.#instanceAt = -1;
	}

	/** Puts a header before the bytes from `at` to the end. */
	private wrap(kind: number, id: number, at: number): void {
		const length = this.#out.size - at;
		const idSize = id > 0xff ? 2 : 1;
		const lengthSize = length < 8 ? 0 : length <= 0xff ? 1 : length <= 0xffff ? 2 : 3;
		assert(length <= 0xff_ffff, "tlv: longer than a length field can say");
		this.#out.insert(at, 1 + idSize + lengthSize);
		const first = kind | (idSize === 2 ? 0x20 : 0) | (lengthSize === 0 ? length : lengthSize << 3);
		this.#out.put(first, at, 1);
		this.#out.put(id, at + 1, idSize);
		this.#out.put(length, at + 1 + idSize, lengthSize);
	}
}

/** Appends a value as the content of a TLV (Core 1.2 Table C-2). */
function writeValue(out: Output, type: ResourceType, value: Value): void {
	const scalar = scalarOf(value, type);
	if (type === "objectLink") {
		out.integer((value as ObjectLink).objectId, 2);
		out.integer((value as ObjectLink).instanceId, 2);
	} else if (typeof scalar === "string") out.text(scalar);
	else if (scalar instanceof Uint8Array) out.append(scalar);
	else if (typeof scalar === "boolean") out.byte(scalar ? 1 : 0);
	else if (type !== "float") out.integer(scalar, widthOf(scalar));
	else out.float(scalar as number, fitsSingle(scalar as number) ? 4 : 8);
}

/**
 * @returns how many bytes hold an integer as two's complement. An Unsigned Integer takes the same: its shortest form
 * would do without the leading zero bit, but Leshan reads it as signed
 */
function widthOf(integer: number | bigint): number {
	if (integer >= -0x80 && integer <= 0x7f) return 1;
	if (integer >= -0x8000 && integer <= 0x7fff) return 2;
	return integer >= -0x8000_0000 && integer <= 0x7fff_ffff ? 4 : 8;
}

/** @returns the value in a TLV's content, or undefined when it is none of `type` (Core 1.2 Table C-2) */
function readValue(type: ResourceType, bytes: Uint8Array, at: number, end: number): Value | undefined {
	const length = end - at;
	switch (type) {
		case "string":
		case "coreLink":
			return readUtf8(bytes, at, end);
		case "float":
			return length === 4 || length === 8 ? readFloat(bytes, at, length) : undefined;
		case "boolean":
			return length === 1 && bytes[at]! <= 1 ? bytes[at] === 1 : undefined;
		case "opaque":
			return bytes.slice(at, end);
		case "objectLink":
			if (length !== 4) return undefined;
			return { objectId: readUnsigned(bytes, at, 2) as number, instanceId: readUnsigned(bytes, at + 2, 2) as number };
		default: {
			if (length !== 1 && length !== 2 && length !== 4 && length !== 8) return undefined;
			const integer = readUnsigned(bytes, at, length);
			const isNegative = type !== "unsignedInteger" && bytes[at]! >= 0x80;
			return toInteger(isNegative ? BigInt.asIntN(length * 8, BigInt(integer)) : integer, type);
		}
	}
}

/**
 * How deep the reader stands: at the top, in an Object Instance, in a multiple-instance Resource. It goes no deeper.
 */
type Depth = 0 | 1 | 2;

/**
 * Reads LwM2M TLV. Where the base is an Object and Resources come without an Object Instance round them (a Create that
 * leaves the identifier to us), their paths have `unnamedInstance`. Containers above the base are tolerated when they
 * say the same as the base.
 */
export class TlvReader {
	readonly #bytes: Uint8Array;
	readonly #entries: Entries;
	/** The header read last: kind, identifier, and where its content begins and ends. */
	#kind = 0;
	#id = 0;
	#at = 0;
	#end = 0;

	constructor(bytes: Uint8Array, entries: Entries) {
		this.#bytes = bytes;
		this.#entries = entries;
	}

	/** Reads bytes[at .. end) and hands on what is there. @returns undefined, or why not. Never throws */
	read(at: number, end: number): Fault | undefined {
		const base = this.#entries.base;
		const path = this.#entries.path;
		if (base.objectId < 0) return misplaced;
		Object.assign(path, base);
		if (base.instanceId < 0) path.instanceId = unnamedInstance;
		return this.readAll(at, end, 0);
	}

	private readAll(at: number, end: number, depth: Depth): Fault | undefined {
		for (let from = at; from < end; ) {
			let fault = this.readHeader(from, end);
			if (fault !== undefined) return fault;
			from = this.#end;
			fault = this.readContent(depth);
			if (fault !== undefined) return fault;
		}
		return undefined;
	}

	/** Reads the content of the TLV whose header was read last. */
	private readContent(depth: Depth): Fault | undefined {
		const base = this.#entries.base;
		const path = this.#entries.path;
		const id = this.#id;
		path.resourceInstanceId = -1;
		switch (this.#kind) {
			case objectInstance:
				if (depth > 0) return misplaced;
				path.instanceId = id;
				path.resourceId = -1;
				return this.readContainer(1);
			case multipleResource:
				if (depth > 1) return misplaced;
				path.resourceId = id;
				return this.#entries.isMultiple === false ? wrongMultiplicity : this.readContainer(2);
			case resource:
				if (depth > 1) return misplaced;
				path.resourceId = id;
				break;
			default:
				if (depth < 2 && base.resourceId < 0) return misplaced;
				if (depth < 2) path.resourceId = base.resourceId;
				path.resourceInstanceId = id;
		}
		return this.#entries.value(readValue(this.#entries.type ?? "opaque", this.#bytes, this.#at, this.#end));
	}

	private readContainer(depth: Depth): Fault | undefined {
		return this.#at === this.#end ? this.#entries.bare() : this.readAll(this.#at, this.#end, depth);
	}

	/** Reads a header at `from`; its content must end by `limit`. */
	private readHeader(from: number, limit: number): Fault | undefined {
		const first = this.#bytes[from]!;
		const idSize = (first & 0x20) === 0 ? 1 : 2;
		const lengthSize = (first >> 3) & 3;
		const lengthAt = from + 1 + idSize;
		this.#at = lengthAt + lengthSize;
		if (this.#at > limit) return truncated;
		this.#kind = first & 0xc0;
		this.#id = readUnsigned(this.#bytes, from + 1, idSize) as number;
		// With a length field, the low bits of the first byte say nothing (Table 7.5.5-1).
		const length = lengthSize === 0 ? first & 7 : (readUnsigned(this.#bytes, lengthAt, lengthSize) as number);
		this.#end = this.#at + length;
		return this.#end > limit ? truncated : undefined;
	}
}
