/** The two headers of a sector, as bytes: FORMAT.md, "Sector". */
import { crc32 } from "./crc32.ts";
import { magic, markLayout, openingLayout, read16, read32, write16, write32 } from "./layout.ts";

/** Says that an erase came to its end, and how many there were. */
export function writeMark(erases: number, alignment: number, into: Uint8Array): void {
	write32(magic, into, markLayout.magic);
	write32(erases, into, markLayout.erases);
	write16(alignment, into, markLayout.alignment);
	write16(0, into, markLayout.reserved);
	write32(crc32(into, 0, markLayout.crc, 0), into, markLayout.crc);
}

/** @returns how often the sector was erased, or -1 where there is no mark. Never throws */
export function readMark(bytes: Uint8Array, alignment: number): number {
	if (read32(bytes, markLayout.magic) !== magic || read16(bytes, markLayout.alignment) !== alignment) return -1;
	if (crc32(bytes, 0, markLayout.crc, 0) !== read32(bytes, markLayout.crc)) return -1;
	return read32(bytes, markLayout.erases) & 0x7fffffff;
}

/** Where a sector stands in the log. Reused by its owner. */
export class Opening {
	/** Counts openings over all sectors, from 1. */
	sequence = 0;
	/** Of the sector in front of it; 0: none. */
	previousSequence = 0;
	/** Of the oldest sector that belonged to the log when this one was opened. */
	tailSequence = 0;
	/** Where in flash the log ended in the sector in front of it. */
	previousEnd = 0;
	salt = 0;
	/** Opened as the last free one: it holds nothing but copies until a tail record stands in it. */
	isReserve = false;
	/** Bit n: there is a snapshot of slot n. */
	snapshots = 0;

	write(alignment: number, into: Uint8Array): void {
		write32(this.sequence, into, openingLayout.sequence);
		write32(this.previousSequence, into, openingLayout.previousSequence);
		write32(this.tailSequence, into, openingLayout.tailSequence);
		write32(this.previousEnd, into, openingLayout.previousEnd);
		write32(this.salt, into, openingLayout.salt);
		into[openingLayout.isReserve] = this.isReserve ? 1 : 0;
		into[openingLayout.snapshots] = this.snapshots;
		write16(alignment, into, openingLayout.alignment);
		write32(crc32(into, 0, openingLayout.crc, magic), into, openingLayout.crc);
	}

	/** @returns whether there is one. Never throws */
	read(alignment: number, bytes: Uint8Array): boolean {
		if (crc32(bytes, 0, openingLayout.crc, magic) !== read32(bytes, openingLayout.crc)) return false;
		if (read16(bytes, openingLayout.alignment) !== alignment) return false;
		this.sequence = read32(bytes, openingLayout.sequence);
		this.previousSequence = read32(bytes, openingLayout.previousSequence);
		this.tailSequence = read32(bytes, openingLayout.tailSequence);
		this.previousEnd = read32(bytes, openingLayout.previousEnd);
		this.salt = read32(bytes, openingLayout.salt);
		this.isReserve = bytes[openingLayout.isReserve] === 1;
		this.snapshots = bytes[openingLayout.snapshots]!;
		return this.sequence > 0;
	}

	/** read(), or what one wrong bit had spoiled: a whole sector hangs on these bytes. */
	repair(alignment: number, bytes: Uint8Array): boolean {
		for (let bit = 0; bit < (openingLayout.crc + 4) * 8; bit++) {
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			if (this.read(alignment, bytes)) return true;
			bytes[bit >> 3]! ^= 1 << (bit & 7);
		}
		return false;
	}
}
