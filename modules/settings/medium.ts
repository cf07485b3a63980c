import { assert } from "../bytes.ts";
import { type Flash, HostFailure } from "../host.ts";
import { crc32 } from "./crc32.ts";
import { markBytes, openingBytes, recordBytes } from "./layout.ts";

/** The most that is written, and read back, at a time. */
export const chunkBytes = 64;

function up(size: number, unit: number): number {
	return Math.ceil(size / unit) * unit;
}

/**
 * A partition of flash, cut for the log: everything written is read back, and whatever the chip refuses or gets wrong
 * is an answer, not an exception.
 */
export class Medium {
	readonly sectorCount: number;
	/** Every record begins at a multiple of it: what the chip writes at a time, 4 at least. */
	readonly alignment: number;
	/** The size of a record's header, rounded up to it. */
	readonly recordBytes: number;
	/** What headers are read into, and written from; borrowed by whoever calls. */
	readonly header: Uint8Array;
	private readonly flash: Flash;
	private readonly chunk: Uint8Array;
	/** The same bytes. */
	private readonly words: Int32Array;
	private readonly back: Uint8Array;

	constructor(flash: Flash) {
		const { sizeBytes, sectorBytes, writeBytes } = flash;
		this.flash = flash;
		this.sectorCount = Math.floor(sizeBytes / sectorBytes);
		this.alignment = up(4, writeBytes);
		assert(this.sectorCount >= 2 && sizeBytes < 0x7fffffff, "settings: no less than two sectors, no more than 2 GiB");
		assert(sectorBytes >= 256 && sectorBytes % this.alignment === 0, "settings: a sector is too small");
		assert(chunkBytes % this.alignment === 0, "settings: 64 is no multiple of what the chip writes at a time");
		this.recordBytes = up(recordBytes, this.alignment);
		const headerBytes = Math.max(this.openingBytes, this.markBytes, this.recordBytes);
		const { buffer } = new Uint8Array(2 * chunkBytes + headerBytes); // one for all: each takes three slots
		this.chunk = new Uint8Array(buffer, 0, chunkBytes);
		this.words = new Int32Array(buffer, 0, chunkBytes >> 2);
		this.back = new Uint8Array(buffer, chunkBytes, chunkBytes);
		this.header = new Uint8Array(buffer, 2 * chunkBytes, headerBytes);
	}

	get sectorBytes(): number {
		return this.flash.sectorBytes;
	}

	get markBytes(): number {
		return up(markBytes, this.alignment);
	}

	get openingBytes(): number {
		return up(openingBytes, this.alignment);
	}

	/** Where in a sector the first record stands. */
	get firstOffset(): number {
		return this.markBytes + this.openingBytes;
	}

	/** What a record with a body of `size` bytes takes. */
	recordSize(size: number): number {
		return this.recordBytes + Math.ceil(size / this.alignment) * this.alignment;
	}

	/** The sector that `place` lies in. */
	sectorOf(place: number): number {
		return Math.floor(place / this.sectorBytes);
	}

	/** Reads to `header`. @returns whether the host could */
	readHeader(place: number): boolean {
		return this.read(place, this.header);
	}

	/** Writes the first `size` bytes of `header`, a size that is rounded up already. @returns whether they stand there */
	writeHeader(place: number, usedBytes: number, size: number): boolean {
		this.header.fill(this.flash.erasedByte, usedBytes, size);
		return this.program(place, size === this.header.length ? this.header : this.header.subarray(0, size));
	}

	/** @returns whether they stand there */
	writeBody(place: number, bytes: Uint8Array): boolean {
		for (let at = 0; at < bytes.length; at += chunkBytes) {
			const size = Math.min(chunkBytes, bytes.length - at);
			this.chunk.set(size === bytes.length ? bytes : bytes.subarray(at, at + size));
			if (!this.programChunk(place + at, size)) return false;
		}
		return true;
	}

	/** @returns whether the copy stands there */
	copyBody(from: number, to: number, size: number): boolean {
		for (let at = 0; at < size; at += chunkBytes) {
			if (!this.read(from + at, this.chunk)) return false;
			if (!this.programChunk(to + at, Math.min(chunkBytes, size - at))) return false;
		}
		return true;
	}

	/** @returns CRC-32 of a body where it stands, an int32; undefined when the host can not read it */
	bodyCrc(place: number, size: number): number | undefined {
		let crc = 0;
		for (let at = 0; at < size; at += chunkBytes) {
			if (!this.read(place + at, this.chunk)) return undefined;
			crc = crc32(this.chunk, 0, Math.min(chunkBytes, size - at), crc);
		}
		return crc;
	}

	/** @returns whether the host could */
	readBody(place: number, into: Uint8Array): boolean {
		return this.read(place, into);
	}

	/** @returns the place behind the last of [from, to) that does not read as erased; `from` when all of it does */
	writtenEnd(from: number, to: number): number {
		const { words } = this;
		const erasedWord = Math.imul(this.flash.erasedByte, 0x01010101);
		let end = from;
		for (let at = from; at < to; at += chunkBytes) {
			const size = Math.min(chunkBytes, to - at);
			let count = size >> 2;
			if (this.read(at, this.chunk)) while (count > 0 && words[count - 1] === erasedWord) count--;
			if (count > 0) end = at + count * 4;
		}
		return Math.min(to, from + up(end - from, this.alignment));
	}

	/** @returns whether the sector is blank now */
	erase(sector: number): boolean {
		const from = sector * this.sectorBytes;
		try {
			this.flash.erase(from, this.sectorBytes);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			return false;
		}
		return this.writtenEnd(from, from + this.sectorBytes) === from;
	}

	/** Reads what there is of it: the end of the partition may come first. */
	private read(place: number, into: Uint8Array): boolean {
		const room = this.sectorCount * this.sectorBytes - place;
		try {
			this.flash.read(place, into.length <= room ? into : into.subarray(0, room));
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			return false;
		}
		return true;
	}

	private programChunk(place: number, size: number): boolean {
		const padded = up(size, this.alignment);
		this.chunk.fill(this.flash.erasedByte, size, padded);
		return this.program(place, padded === chunkBytes ? this.chunk : this.chunk.subarray(0, padded));
	}

	private program(place: number, bytes: Uint8Array): boolean {
		const { length } = bytes;
		const back = length === chunkBytes ? this.back : this.back.subarray(0, length);
		try {
			this.flash.write(place, bytes);
			this.flash.read(place, back);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			return false;
		}
		for (let index = 0; index < length; index++) if (back[index] !== bytes[index]) return false;
		return true;
	}
}
