/** A chip for tests: NOR's rules, one program per unit and erase, and everything that can go wrong with one. */
import { type Flash, HostFailure } from "../../../modules/host.ts";

export interface Geometry {
	readonly sectors: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly erasedByte?: number;
}

export class PowerCut extends Error {
	override get name() {
		return "PowerCut";
	}
}

/** What no right program does, however broken its flash: not caught by anybody. */
export class Misuse extends Error {
	override get name() {
		return "Misuse";
	}
}

export class NorFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly erasedByte: number;
	readonly bytes: Uint8Array;
	/** By unit: programmed since the last erase. */
	readonly written: Uint8Array;
	readonly erases: Uint32Array;
	operations = 0;
	bytesWritten = 0;
	/** Power goes during the operation of this number; -1: never. */
	cutAt = -1;
	/** Draws what a cut leaves behind. */
	chance: (bound: number) => number = () => 0;
	/** Sectors that refuse to be erased, or whose bits stick. */
	readonly eraseFails = new Set<number>();
	readonly writeFails = new Set<number>();
	/** Asked for each write: "refused", "wrong" (bits do not take, and nobody says so), or undefined. */
	writeFate: () => "refused" | "wrong" | undefined = () => undefined;
	/** Offsets of bytes that stay 0x00 for a while although they read well after the erase. */
	readonly stuckBytes = new Set<number>();

	constructor({ sectors, sectorBytes, writeBytes, erasedByte = 0xff }: Geometry) {
		this.sizeBytes = sectors * sectorBytes;
		this.sectorBytes = sectorBytes;
		this.writeBytes = writeBytes;
		this.erasedByte = erasedByte;
		this.bytes = new Uint8Array(this.sizeBytes).fill(erasedByte);
		this.written = new Uint8Array(this.sizeBytes / writeBytes);
		this.erases = new Uint32Array(sectors);
	}

	/** Takes over what lies on another chip of this kind. */
	copyOf(other: NorFlash): this {
		this.bytes.set(other.bytes);
		this.written.set(other.written);
		this.erases.set(other.erases);
		return this;
	}

	read(offset: number, into: Uint8Array): void {
		if (offset < 0 || offset + into.length > this.sizeBytes) throw new Misuse(`read outside, at ${offset}`);
		into.set(this.bytes.subarray(offset, offset + into.length));
	}

	write(offset: number, bytes: Uint8Array): void {
		const { writeBytes } = this;
		if (offset < 0 || offset + bytes.length > this.sizeBytes) throw new Misuse(`write outside, at ${offset}`);
		if (offset % writeBytes !== 0 || bytes.length % writeBytes !== 0) throw new Misuse(`misaligned, at ${offset}`);
		const isCut = this.operations++ === this.cutAt;
		const used = this.firstWritten(offset, bytes.length);
		if (isCut && used >= 0) throw new PowerCut(`in a write at ${offset}, refused for ${used}`);
		if (this.writeFails.has(Math.floor(offset / this.sectorBytes))) throw new HostFailure("the sector takes no writes");
		if (used >= 0) throw new HostFailure(`written twice, at ${used}`);
		const fate = this.writeFate();
		if (fate === "refused") throw new HostFailure("a write was refused");
		this.bytesWritten += bytes.length;
		if (isCut) this.tear(offset, bytes);
		for (let at = 0; at < bytes.length; at++) this.program(offset + at, bytes[at]!);
		if (fate === "wrong") this.bytes[offset + (this.operations % bytes.length)]! ^= 0x24;
	}

	erase(offset: number, size: number): void {
		if (offset % this.sectorBytes !== 0 || size % this.sectorBytes !== 0) throw new Misuse("erase: misaligned");
		for (let sector = offset / this.sectorBytes; sector < (offset + size) / this.sectorBytes; sector++) {
			const isCut = this.operations++ === this.cutAt;
			if (this.eraseFails.has(sector)) throw new HostFailure(`sector ${sector} can not be erased`);
			this.erases[sector]! += 1;
			const from = sector * this.sectorBytes;
			if (isCut) this.tearErase(from);
			this.bytes.fill(this.erasedByte, from, from + this.sectorBytes);
			this.written.fill(0, from / this.writeBytes, (from + this.sectorBytes) / this.writeBytes);
			for (const stuck of this.stuckBytes)
				if (Math.floor(stuck / this.sectorBytes) === sector) this.bytes[stuck] = 0x5a;
		}
	}

	private firstWritten(offset: number, size: number): number {
		for (let at = offset; at < offset + size; at += this.writeBytes) {
			if (this.written[at / this.writeBytes] !== 0) return at;
		}
		return -1;
	}

	private program(at: number, byte: number): void {
		this.bytes[at] = this.erasedByte === 0xff ? this.bytes[at]! & byte : this.bytes[at]! | byte;
		this.written[Math.floor(at / this.writeBytes)] = 1;
	}

	/** Some bytes in order and then some bits, or any bits of any bytes, or no trace but that the unit was touched. */
	private tear(offset: number, bytes: Uint8Array): never {
		const { chance } = this;
		const untouched = this.erasedByte;
		const kind = chance(8);
		const whole = kind === 7 ? bytes.length : chance(bytes.length + 1);
		for (let at = 0; at < bytes.length; at++) {
			const byte = bytes[at]!;
			if (kind === 0) this.program(offset + at, untouched);
			else if (kind < 5 || kind === 7) {
				if (at < whole) this.program(offset + at, byte);
				else if (at === whole) this.program(offset + at, this.partly(byte, chance(256)));
			} else this.program(offset + at, this.partly(byte, chance(2) === 0 ? 0xff : chance(256)));
		}
		throw new PowerCut(`in a write at ${offset}`);
	}

	/** A byte of which only the bits of `mask` have been programmed. */
	private partly(byte: number, mask: number): number {
		return this.erasedByte === 0xff ? byte | (~mask & 0xff) : byte & mask;
	}

	/** An erase that was cut: as it was, garbage, half erased, or blank but for the chip's word. */
	private tearErase(from: number): never {
		const { chance } = this;
		const kind = chance(4);
		const first = chance(this.sectorBytes + 1);
		for (let at = 0; at < this.sectorBytes; at++) {
			if (kind === 0 || (kind === 1 && at >= first)) continue;
			if (kind === 2) this.bytes[from + at] = chance(3) === 0 ? chance(256) : this.erasedByte;
			else this.bytes[from + at] = this.erasedByte;
		}
		this.written.fill(1, from / this.writeBytes, (from + this.sectorBytes) / this.writeBytes);
		throw new PowerCut(`in the erase at ${from}`);
	}
}
