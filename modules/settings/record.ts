/** What a record in the log begins with, as bytes: FORMAT.md, "Record". */
import { crc32 } from "./crc32.ts";
import { read16, read32, recordBytes, recordKind, recordLayout, write16, write32 } from "./layout.ts";

const { value, tear } = recordKind;

/** Reused by its owner: reading and writing records allocates nothing. */
export class RecordHeader {
	/** One of recordKind. */
	kind = 0;
	/** firstFlag and lastFlag. */
	flags = 0;
	views = 0;
	/** Bytes of the body. For a tail record: the index of the sector that left the log. */
	size = 0;
	/** The key; a slot; a place in flash; a sequence number: by kind. */
	key = 0;
	/** The CRC-32 of the body; for a tail record the erase count of the sector that left. An int32. */
	argument = 0;

	/** Whether a body of `size` bytes follows. */
	get hasBody(): boolean {
		return this.kind <= recordKind.sealedValue;
	}

	/** @param seed salt and place, see FORMAT.md: what lies inside of a value can not pass as a record */
	write(seed: number, into: Uint8Array): void {
		into[recordLayout.kind] = this.kind | this.flags;
		into[recordLayout.views] = this.views;
		write16(this.size, into, recordLayout.size);
		write32(this.key, into, recordLayout.key);
		write32(this.argument, into, recordLayout.argument);
		write32(crc32(into, 0, recordLayout.crc, seed), into, recordLayout.crc);
	}

	/** @returns whether there is a record; if not, the fields are left unspecified. Never throws */
	read(seed: number, bytes: Uint8Array): boolean {
		this.kind = bytes[recordLayout.kind]! & 0x3f;
		if (this.kind < value || this.kind > tear) return false;
		if (crc32(bytes, 0, recordLayout.crc, seed) !== read32(bytes, recordLayout.crc)) return false;
		this.flags = bytes[recordLayout.kind]! & 0xc0;
		this.views = bytes[recordLayout.views]!;
		this.size = read16(bytes, recordLayout.size);
		this.key = read32(bytes, recordLayout.key);
		this.argument = read32(bytes, recordLayout.argument);
		return true;
	}

	/**
	 * The same for bytes that are a record but for one bit, which is put right in `bytes`. A header that was torn but for
	 * one bit passes too, and does no harm: all that belongs to it was written before.
	 */
	repair(seed: number, bytes: Uint8Array): boolean {
		for (let bit = 0; bit < recordBytes * 8; bit++) {
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			if (this.read(seed, bytes)) return true;
			bytes[bit >> 3]! ^= 1 << (bit & 7);
		}
		return false;
	}
}
