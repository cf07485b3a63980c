import { assert, type Fault, fault, readUtf8 } from "../bytes.ts";
import { type Entries, type PayloadWriter, wrongMultiplicity } from "./entry.ts";
import {
	booleanToWrite,
	bytesToWrite,
	floatToWrite,
	integerToWrite,
	linkToWrite,
	Output,
	stringToWrite,
} from "./output.ts";
import { type Path, type ResourceType, toInteger, unnamedInstance, type Value } from "./value.ts";

/** The kinds of a TLV, bits 7 and 6 of its first byte (Core 1.2 Table 7.5.5-1). */
const objectInstance = 0x00;
const resourceInstance = 0x40;
const multipleResource = 0x80;
const resource = 0xc0;

const truncated = fault("tlv.truncated", 0x80, "LwM2M Core 1.2 §7.5.5");
const misplaced = fault("tlv.misplaced", 0x80, "LwM2M Core 1.2 §7.5.5");

/**
 * Writes LwM2M TLV (Core 1.2 §7.5.5): Object Instance TLVs when the base is an Object, Multiple Resource TLVs round the instances of a
 * Resource, shortest identifiers, lengths and integers. Containers are written content first and get their header when they close.
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
		this.#enter(path);
		const at = this.#out.size;
		writeValue(this.#out, type, value);
		if (path.resourceInstanceId >= 0) this.#wrap(resourceInstance, path.resourceInstanceId, at);
		else this.#wrap(resource, path.resourceId, at);
	}

	empty(path: Path): void {
		this.#enter(path);
		if (path.resourceId < 0) this.#closeInstance();
		else if (this.#resourceAt < 0) this.#wrap(multipleResource, path.resourceId, this.#out.size);
	}

	finish(): Uint8Array {
		this.#closeResource();
		this.#closeInstance();
		return this.#out.take();
	}

	/** Closes the containers that `path` leaves and opens those that it needs. */
	#enter(path: Path): void {
		const leavesInstance = path.instanceId !== this.#instanceId;
		if (leavesInstance || path.resourceId !== this.#resourceId) this.#closeResource();
		if (leavesInstance) this.#closeInstance();
		if (this.#base.instanceId < 0 && this.#instanceAt < 0) this.#instanceAt = this.#out.size;
		this.#instanceId = path.instanceId;
		this.#resourceId = path.resourceId;
		if (path.resourceInstanceId >= 0 && this.#base.resourceInstanceId < 0 && this.#resourceAt < 0) {
			this.#resourceAt = this.#out.size;
		}
	}

	#closeResource(): void {
		if (this.#resourceAt >= 0) this.#wrap(multipleResource, this.#resourceId, this.#resourceAt);
		this.#resourceAt = -1;
	}

	#closeInstance(): void {
		if (this.#instanceAt >= 0) this.#wrap(objectInstance, this.#instanceId, this.#instanceAt);
		this.#instanceAt = -1;
	}

	/** Puts a header before the bytes from `at` to the end. */
	#wrap(kind: number, id: number, at: number): void {
		const length = this.#out.size - at;
		const idSize = id > 0xff ? 2 : 1;
		const lengthSize = length < 8 ? 0 : length <= 0xff ? 1 : length <= 0xffff ? 2 : 3;
		assert(length <= 0xff_ffff, "tlv: longer than a length field can say");
		this.#out.insert(at, 1 + idSize + lengthSize);
		const bytes = this.#out.bytes;
		let to = at;
		bytes[to++] = kind | (idSize === 2 ? 0x20 : 0) | (lengthSize === 0 ? length : lengthSize << 3);
		if (idSize === 2) bytes[to++] = id >> 8;
		bytes[to++] = id;
		for (let left = lengthSize - 1; left >= 0; left--) bytes[to++] = length >> (left * 8);
	}
}

/** Appends a value as the content of a TLV (Core 1.2 Table C-2). */
function writeValue(out: Output, type: ResourceType, value: Value): void {
	switch (type) {
		case "string":
		case "coreLink":
			out.text(stringToWrite(value));
			return;
		case "integer":
		case "unsignedInteger":
		case "time": {
			const integer = integerToWrite(value, type);
			out.integer(integer, widthOf(integer));
			return;
		}
		case "float": {
			const float = floatToWrite(value);
			out.float(float, Object.is(Math.fround(float), float) ? 4 : 8);
			return;
		}
		case "boolean":
			out.byte(booleanToWrite(value) ? 1 : 0);
			return;
		case "opaque":
			out.append(bytesToWrite(value));
			return;
		case "objectLink": {
			const link = linkToWrite(value);
			out.integer(link.objectId, 2);
			out.integer(link.instanceId, 2);
			return;
		}
	}
}

/**
 * @returns how many bytes hold an integer as two's complement. An Unsigned Integer takes the same: its shortest form would do without the
 * leading zero bit, but Leshan reads it as signed
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
		case "integer":
		case "unsignedInteger":
		case "time":
			return readInteger(type, bytes, at, length);
		case "float": {
			if (length !== 4 && length !== 8) return undefined;
			const view = new DataView(bytes.buffer, bytes.byteOffset + at, length);
			return length === 4 ? view.getFloat32(0) : view.getFloat64(0);
		}
		case "boolean":
			if (length !== 1 || bytes[at]! > 1) return undefined;
			return bytes[at] === 1;
		case "opaque":
			return bytes.slice(at, end);
		case "objectLink":
			if (length !== 4) return undefined;
			return {
				objectId: (bytes[at]! << 8) | bytes[at + 1]!,
				instanceId: (bytes[at + 2]! << 8) | bytes[at + 3]!,
			};
	}
}

function readInteger(type: ResourceType, bytes: Uint8Array, at: number, length: number): number | bigint | undefined {
	if (length !== 1 && length !== 2 && length !== 4 && length !== 8) return undefined;
	const signed = type !== "unsignedInteger" && bytes[at]! >= 0x80;
	if (length === 8) {
		const high = readUnsigned(bytes, at, 4);
		const wide = (BigInt(high) << 32n) | BigInt(readUnsigned(bytes, at + 4, 4));
		return toInteger(signed ? BigInt.asIntN(64, wide) : wide, type);
	}
	const integer = readUnsigned(bytes, at, length);
	return signed ? integer - 2 ** (length * 8) : integer;
}

function readUnsigned(bytes: Uint8Array, at: number, length: number): number {
	let integer = 0;
	for (let index = at; index < at + length; index++) integer = integer * 0x100 + bytes[index]!;
	return integer;
}

/**
 * Reads LwM2M TLV. The levels nest three deep at most and each has its own function, so hostile nesting can not dig deeper. Where the
 * base is an Object and Resources come without an Object Instance round them (a Create that leaves the identifier to us), their paths
 * have `unnamedInstance`. The containers above the base are tolerated when they say the same as the base.
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
		const { base, path } = this.#entries;
		if (base.objectId < 0) return misplaced;
		path.objectId = base.objectId;
		for (let from = at; from < end; ) {
			let fault = this.#header(from, end);
			if (fault !== undefined) return fault;
			from = this.#end;
			path.resourceId = -1;
			path.resourceInstanceId = -1;
			if (this.#kind === objectInstance) {
				path.instanceId = this.#id;
				fault = this.#instance();
			} else {
				path.instanceId = base.instanceId >= 0 ? base.instanceId : unnamedInstance;
				fault = this.#resource();
			}
			if (fault !== undefined) return fault;
		}
		return undefined;
	}

	/** Reads the content of the Object Instance TLV whose header was read last. */
	#instance(): Fault | undefined {
		const end = this.#end;
		if (this.#at === end) return this.#entries.bare();
		for (let from = this.#at; from < end; ) {
			let fault = this.#header(from, end);
			if (fault !== undefined) return fault;
			from = this.#end;
			fault = this.#kind === objectInstance ? misplaced : this.#resource();
			if (fault !== undefined) return fault;
		}
		return undefined;
	}

	/** Reads the Resource, Multiple Resource or, where the base is so deep, Resource Instance TLV whose header was read last. */
	#resource(): Fault | undefined {
		const { base, path } = this.#entries;
		path.resourceInstanceId = -1;
		if (this.#kind === resourceInstance) {
			if (base.resourceId < 0) return misplaced;
			path.resourceId = base.resourceId;
			return this.#resourceInstance();
		}
		path.resourceId = this.#id;
		if (this.#kind === resource) return this.#value();
		if (this.#entries.isMultiple === false) return wrongMultiplicity;
		const end = this.#end;
		if (this.#at === end) return this.#entries.bare();
		for (let from = this.#at; from < end; ) {
			const fault = this.#header(from, end) ?? this.#resourceInstance();
			if (fault !== undefined) return fault;
			from = this.#end;
		}
		return undefined;
	}

	#resourceInstance(): Fault | undefined {
		if (this.#kind !== resourceInstance) return misplaced;
		this.#entries.path.resourceInstanceId = this.#id;
		return this.#value();
	}

	#value(): Fault | undefined {
		const type = this.#entries.type ?? "opaque";
		return this.#entries.value(readValue(type, this.#bytes, this.#at, this.#end));
	}

	/** Reads a header at `from`; its content must end by `limit`. */
	#header(from: number, limit: number): Fault | undefined {
		const first = this.#bytes[from]!;
		const idSize = (first & 0x20) === 0 ? 1 : 2;
		const lengthSize = (first >> 3) & 3;
		const at = from + 1 + idSize + lengthSize;
		if (at > limit) return truncated;
		this.#kind = first & 0xc0;
		this.#id = readUnsigned(this.#bytes, from + 1, idSize);
		// With a length field, the low bits of the first byte say nothing (Table 7.5.5-1).
		const length = lengthSize === 0 ? first & 7 : readUnsigned(this.#bytes, at - lengthSize, lengthSize);
		this.#at = at;
		this.#end = at + length;
		return this.#end > limit ? truncated : undefined;
	}
}
