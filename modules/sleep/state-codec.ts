import { readUtf8, utf8 } from "../bytes.ts";

/** A number takes seven bits a byte, the lowest first; 2^53 - 1 takes eight. */
const numberBytesMax = 8;

/** State as bytes under construction: shortest forms, because retained memory is small. FORMAT.md has the forms. */
export class StateWriter {
	private room = new Uint8Array(128);
	/** How many bytes there are. Set here alone. */
	size = 0;

	u8(value: number): void {
		this.more(1);
		this.room[this.size++] = value;
	}

	/** Four bytes, big-endian; an int32 as well as a uint32. */
	u32(value: number): void {
		this.more(4);
		for (let shift = 24; shift >= 0; shift -= 8) this.room[this.size++] = value >>> shift;
	}

	/** A whole number from 0 on. */
	number(value: number): void {
		let rest = value;
		for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.u8((rest % 0x80) | 0x80);
		this.u8(rest);
	}

	/** A number from 0 on, or what is not: undefined, or Infinity for never. */
	maybe(value: number | undefined): void {
		this.number(value === undefined || value === Infinity ? 0 : value + 1);
	}

	double(value: number): void {
		this.more(8);
		new DataView(this.room.buffer).setFloat64(this.size, value);
		this.size += 8;
	}

	/** Bytes, and before them how many. */
	bytes(bytes: Uint8Array): void {
		this.number(bytes.length);
		this.more(bytes.length);
		this.room.set(bytes, this.size);
		this.size += bytes.length;
	}

	text(text: string): void {
		this.bytes(utf8(text));
	}

	/** Begins a part that a reader may pass over. @returns what end() wants */
	begin(): number {
		this.u8(0);
		this.u8(0);
		return this.size;
	}

	end(begun: number): void {
		const size = this.size - begun;
		this.room[begun - 2] = size >> 8;
		this.room[begun - 1] = size;
	}

	/** @returns bytes of their own */
	finish(): Uint8Array {
		return this.room.slice(0, this.size);
	}

	/** Overwrites all of it. */
	wipe(): void {
		this.room.fill(0);
		this.size = 0;
	}

	private more(size: number): void {
		if (this.size + size <= this.room.length) return;
		const larger = new Uint8Array(Math.max(this.room.length * 2, this.size + size));
		larger.set(this.room);
		this.room = larger;
	}
}

/**
 * Reads what StateWriter wrote, and remembers whether all was well: from then on everything is 0 or empty. Never
 * throws, and takes no memory on the word of a length.
 */
export class StateReader {
	/** Whether everything so far was there and in its bounds; whoever finds something else wrong unsets it. */
	isGood = true;
	private readonly room: Uint8Array;
	private at: number;
	private readonly limit: number;

	/** @param bytes of which nothing is kept but while this is */
	constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
		this.room = bytes;
		this.at = at;
		this.limit = end;
	}

	get isAtEnd(): boolean {
		return this.at === this.limit;
	}

	u8(): number {
		if (!this.has(1)) return 0;
		return this.room[this.at++]!;
	}

	u32(): number {
		if (!this.has(4)) return 0;
		let value = 0;
		for (let count = 0; count < 4; count++) value = value * 256 + this.room[this.at++]!;
		return value;
	}

	/** @param most larger ones are wrong */
	number(most: number = Number.MAX_SAFE_INTEGER): number {
		let value = 0;
		let unit = 1;
		for (let count = 0; count < numberBytesMax; count++) {
			const byte = this.u8();
			value += (byte & 0x7f) * unit;
			unit *= 0x80;
			if (byte >= 0x80) continue;
			if (value > most || (byte === 0 && count > 0)) break;
			return this.isGood ? value : 0;
		}
		this.isGood = false;
		return 0;
	}

	/** @returns undefined for what is not */
	maybe(most: number = Number.MAX_SAFE_INTEGER - 1): number | undefined {
		const value = this.number(most + 1);
		return value === 0 ? undefined : value - 1;
	}

	double(): number {
		if (!this.has(8)) return 0;
		const { buffer, byteOffset } = this.room;
		const value = new DataView(buffer, byteOffset).getFloat64(this.at);
		this.at += 8;
		return value;
	}

	/** @returns a copy; empty where there are not so many, or more than `most` */
	bytes(most: number): Uint8Array {
		const size = this.number(most);
		if (!this.has(size)) return new Uint8Array(0);
		this.at += size;
		return this.room.slice(this.at - size, this.at);
	}

	/** @param most bytes of UTF-8 */
	text(most: number): string {
		const text = readUtf8(this.bytes(most));
		if (text === undefined) this.isGood = false;
		return text ?? "";
	}

	/** A part that begin() and end() enclose: a reader of its own, behind which this one goes on. */
	part(): StateReader {
		const size = this.u8() * 256 + this.u8();
		const from = this.at;
		if (this.has(size)) this.at += size;
		return new StateReader(this.room, from, this.at);
	}

	private has(size: number): boolean {
		if (this.isGood && this.at + size <= this.limit) return true;
		this.isGood = false;
		return false;
	}
}
