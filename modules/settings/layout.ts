/**
 * Where what stands on flash: FORMAT.md in numbers, and a test compares the two. All integers are little-endian.
 */
import { frozen } from "../frozen.ts";

/** "DmS1": the last byte is the version of the format. */
export const magic = 0x31536d44;

/** What is written to a sector when it has been erased. Offsets in bytes from the sector's beginning. */
export const markLayout = frozen({ magic: 0, erases: 4, alignment: 8, reserved: 10, crc: 12 });
export const markBytes = 16;

/** What is written to an erased sector when it becomes the head of the log; behind the mark. */
export const openingLayout = frozen({
	sequence: 0,
	previousSequence: 4,
	tailSequence: 8,
	previousEnd: 12,
	salt: 16,
	isReserve: 20,
	snapshots: 21,
	alignment: 22,
	crc: 24,
});
export const openingBytes = 28;

/** What a record begins with. */
export const recordLayout = frozen({ kind: 0, views: 1, size: 2, key: 4, argument: 8, crc: 12 });
export const recordBytes = 16;

/** The low six bits of `kind`. */
export const recordKind = frozen({
	value: 1,
	sealedValue: 2,
	remove: 3,
	lost: 4,
	snapshot: 5,
	restore: 6,
	forget: 7,
	tail: 8,
	tear: 9,
});
/** The others: the first and the last record of a transaction. */
export const firstFlag = 0x40;
export const lastFlag = 0x80;

/** The bits of `views`: what a record's value holds for. Bits 1 to 4: the snapshot of slot 0 to 3. */
export const currentView = 1;
/** Never on flash: the value is lost, in the index alone. */
export const lostView = 0x80;
export const slotsMax = 4;

/** What stands in front of a value that is sealed, and behind it. */
export const nonceBytes = 12;
export const tagBytes = 16;

export function read16(bytes: Uint8Array, at: number): number {
	return bytes[at]! | (bytes[at + 1]! << 8);
}

/** @returns an int32 */
export function read32(bytes: Uint8Array, at: number): number {
	return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

export function write16(value: number, bytes: Uint8Array, at: number): void {
	bytes[at] = value;
	bytes[at + 1] = value >>> 8;
}

export function write32(value: number, bytes: Uint8Array, at: number): void {
	bytes[at] = value;
	bytes[at + 1] = value >>> 8;
	bytes[at + 2] = value >>> 16;
	bytes[at + 3] = value >>> 24;
}
