/** How a flash chip is cut, in bytes. */
export interface FlashGeometry {
	readonly sizeBytes: number;
	/** What an erase works on. */
	readonly sectorBytes: number;
	/** What a write works on: offset and size are multiples of it. */
	readonly writeBytes: number;
	/** Erases a sector is good for by the data sheet; the next one fails. */
	readonly enduranceErases: number;
}

/** Thrown out of a flash operation during which the power went: it unwinds the running device up to its board. */
export class PowerCut extends Error {
	override get name() {
		return "PowerCut";
	}
}

/**
 * A cut that waits: power goes during the operation (write or sector erase) that many operations from now, 0 being
 * the next one.
 */
export interface FlashCut {
	readonly operation: number;
	/**
	 * How many bytes of that operation are done before the power goes; the byte behind them is torn. Cut to the size of
	 * the operation.
	 */
	readonly bytes: number;
	/** Which bits of the torn byte had changed already. */
	readonly tornBits?: number;
}

/** Keeps the chip's content outside of the process; called after every change, before the operation returns. */
export interface FlashKeeper {
	/** @throws HostFailure when it can not be kept (disk full) */
	changed(offset: number, bytes: Uint8Array): void;
	worn(sector: number, erases: number): void;
	close(): void;
}

export interface FlashFigures {
	readonly writes: number;
	readonly bytesWritten: number;
	readonly erases: number;
	readonly mostErasesOfASector: number;
}

interface Sector {
	/** Exactly one sector long; may be shared with other boards while `isShared`. */
	bytes: Uint8Array;
	/** One byte per write unit: 1 when it was programmed since the last erase, even with the erased value. */
	written: Uint8Array | undefined;
	/** While `written` is absent: so many bytes from the sector's beginning were programmed. */
	programmedBytes: number;
	isShared: boolean;
}

export const erasedByte = 0xff;

/**
 * NOR flash: an erase sets whole sectors to 0xff, a write clears bits of erased, aligned units and nothing else.
 * Refusals are sentences for people, because that is what a board's port returns. Untouched sectors take no memory,
 * so that a thousand boards of 4 MB fit in one process.
 */
export class FlashChip {
	readonly geometry: FlashGeometry;
	readonly #sectors: (Sector | undefined)[];
	readonly #erases: Uint32Array;
	readonly #keeper: FlashKeeper | undefined;
	#cut: FlashCut | undefined;
	#writes = 0;
	#bytesWritten = 0;
	#eraseCount = 0;

	constructor(geometry: FlashGeometry, keeper?: FlashKeeper) {
		this.geometry = geometry;
		const count = geometry.sizeBytes / geometry.sectorBytes;
		this.#sectors = new Array(count);
		this.#erases = new Uint32Array(count);
		this.#keeper = keeper;
	}

	/** Takes over what a keeper had kept; bytes that read as erased count as erased. */
	restore(bytes: Uint8Array, erases: Uint32Array): void {
		const { sectorBytes, writeBytes } = this.geometry;
		this.#erases.set(erases);
		for (let sector = 0; sector < this.#sectors.length; sector++) {
			const content = bytes.subarray(sector * sectorBytes, (sector + 1) * sectorBytes);
			if (content.every((byte) => byte === erasedByte)) this.#sectors[sector] = undefined;
			else
				this.#sectors[sector] = {
					bytes: content,
					written: nonErased(content, writeBytes),
					programmedBytes: 0,
					isShared: true,
				};
		}
	}

	/** Loses power during a coming operation; undefined takes it back. */
	cutAt(cut: FlashCut | undefined): void {
		this.#cut = cut;
	}

	read(offset: number, into: Uint8Array): string | undefined {
		const refusal = this.#outside(offset, into.length);
		if (refusal !== undefined) return refusal;
		const { sectorBytes } = this.geometry;
		for (let done = 0; done < into.length; ) {
			const at = (offset + done) % sectorBytes;
			const size = Math.min(sectorBytes - at, into.length - done);
			const sector = this.#sectors[Math.floor((offset + done) / sectorBytes)];
			if (sector === undefined) into.fill(erasedByte, done, done + size);
			else into.set(sector.bytes.subarray(at, at + size), done);
			done += size;
		}
		return undefined;
	}

	/** Whether these bytes are there: as read() and a comparison, without a copy. */
	holds(offset: number, bytes: Uint8Array): boolean {
		if (this.#outside(offset, bytes.length) !== undefined) return false;
		const { sectorBytes } = this.geometry;
		for (let done = 0; done < bytes.length; ) {
			const at = (offset + done) % sectorBytes;
			const size = Math.min(sectorBytes - at, bytes.length - done);
			const there = this.#sectors[Math.floor((offset + done) / sectorBytes)]?.bytes;
			// What burn() kept is not copied: then the image is compared with itself.
			const isItself =
				there?.buffer === bytes.buffer &&
				there.byteOffset + at === bytes.byteOffset + done &&
				there.length - at >= size;
			if (!isItself) {
				const piece = bytes.subarray(done, done + size);
				if (
					there === undefined
						? piece.some((byte) => byte !== erasedByte)
						: !isEqual(there.subarray(at, at + size), piece)
				)
					return false;
			}
			done += size;
		}
		return true;
	}

	/** @throws PowerCut when a cut falls into this operation; what was written until then stays */
	write(offset: number, bytes: Uint8Array): string | undefined {
		const { writeBytes } = this.geometry;
		const refusal = this.#outside(offset, bytes.length) ?? this.#misaligned(offset, bytes.length, writeBytes);
		if (refusal !== undefined) return refusal;
		if (bytes.length === 0) return undefined;
		const used = this.#firstWritten(offset, bytes.length);
		if (used !== undefined) return `flash: write at ${used}, which was not erased`;
		const cut = this.#fallsNow();
		const whole = cut === undefined ? bytes.length : Math.min(cut.bytes, bytes.length);
		this.#program(offset, bytes.subarray(0, whole));
		if (cut !== undefined && whole < bytes.length) {
			const torn = bytes[whole]! | ~(cut.tornBits ?? 0x55);
			this.#program(offset + whole, Uint8Array.of(torn & 0xff));
		}
		this.#writes++;
		this.#bytesWritten += whole;
		if (cut !== undefined) throw new PowerCut(`power cut ${whole} bytes into a flash write at ${offset}`);
		return undefined;
	}

	/** @throws PowerCut when a cut falls into one of the sector erases; that sector is left half erased */
	erase(offset: number, size: number): string | undefined {
		const { sectorBytes, enduranceErases } = this.geometry;
		const refusal = this.#outside(offset, size) ?? this.#misaligned(offset, size, sectorBytes);
		if (refusal !== undefined) return refusal;
		for (let sector = offset / sectorBytes; sector < (offset + size) / sectorBytes; sector++) {
			if (this.#erases[sector]! >= enduranceErases) return `flash: sector ${sector} is worn out`;
			const cut = this.#fallsNow();
			this.#eraseCount++;
			if (cut === undefined) {
				this.#eraseSector(sector);
				continue;
			}
			this.#wear(sector);
			this.#tearErase(sector, cut);
			throw new PowerCut(`power cut in the erase of flash sector ${sector}`);
		}
		return undefined;
	}

	/**
	 * Erases what is not blank there, as a programmer at the bench does: it wears the sectors, but no power fails, and
	 * figures() does not count it as work of the device. Whole sectors.
	 */
	clear(offset: number, size: number): string | undefined {
		const { sectorBytes } = this.geometry;
		const refusal = this.#outside(offset, size) ?? this.#misaligned(offset, size, sectorBytes);
		if (refusal !== undefined) return refusal;
		for (let sector = offset / sectorBytes; sector < (offset + size) / sectorBytes; sector++) {
			if (this.#sectors[sector] !== undefined) this.#eraseSector(sector);
		}
		return undefined;
	}

	/**
	 * Puts `bytes` there as a programmer does, see clear(), whatever was there before.
	 * @param bytes kept, not copied: they must not change any more
	 */
	burn(offset: number, bytes: Uint8Array): string | undefined {
		const { sectorBytes } = this.geometry;
		const refusal = this.#outside(offset, bytes.length) ?? this.#misaligned(offset, 0, sectorBytes);
		if (refusal !== undefined) return refusal;
		for (let done = 0; done < bytes.length; done += sectorBytes) {
			const piece = bytes.subarray(done, Math.min(done + sectorBytes, bytes.length));
			let content = piece;
			if (piece.length < sectorBytes) {
				content = new Uint8Array(sectorBytes).fill(erasedByte);
				content.set(piece);
			}
			const sector = { bytes: content, written: undefined, programmedBytes: piece.length, isShared: true };
			this.#sectors[(offset + done) / sectorBytes] = sector;
			this.#keeper?.changed(offset + done, content);
		}
		return undefined;
	}

	figures(): FlashFigures {
		return {
			writes: this.#writes,
			bytesWritten: this.#bytesWritten,
			erases: this.#eraseCount,
			mostErasesOfASector: this.#erases.reduce((most, erases) => Math.max(most, erases), 0),
		};
	}

	close(): void {
		this.#keeper?.close();
	}

	#outside(offset: number, size: number): string | undefined {
		const { sizeBytes } = this.geometry;
		const isInside = Number.isInteger(offset) && offset >= 0 && size >= 0 && offset + size <= sizeBytes;
		return isInside ? undefined : `flash: ${size} bytes at ${offset} are outside of its ${sizeBytes} bytes`;
	}

	#misaligned(offset: number, size: number, unit: number): string | undefined {
		if (offset % unit === 0 && size % unit === 0) return undefined;
		return `flash: ${size} bytes at ${offset} are not aligned to ${unit}`;
	}

	/** The cut, when it falls into the operation that begins now. */
	#fallsNow(): FlashCut | undefined {
		const cut = this.#cut;
		if (cut === undefined) return undefined;
		this.#cut = cut.operation === 0 ? undefined : { ...cut, operation: cut.operation - 1 };
		return cut.operation === 0 ? cut : undefined;
	}

	#firstWritten(offset: number, size: number): number | undefined {
		const { sectorBytes, writeBytes } = this.geometry;
		for (let at = offset; at < offset + size; at += writeBytes) {
			const sector = this.#sectors[Math.floor(at / sectorBytes)];
			if (sector === undefined) continue;
			const inSector = at % sectorBytes;
			const isWritten = sector.written?.[inSector / writeBytes] ?? (inSector < sector.programmedBytes ? 1 : 0);
			if (isWritten !== 0) return at;
		}
		return undefined;
	}

	/** Clears bits, whatever was there; marks the units it touches. */
	#program(offset: number, bytes: Uint8Array): void {
		const { sectorBytes, writeBytes } = this.geometry;
		for (let done = 0; done < bytes.length; ) {
			const at = (offset + done) % sectorBytes;
			const size = Math.min(sectorBytes - at, bytes.length - done);
			const sector = this.#own(Math.floor((offset + done) / sectorBytes));
			for (let index = 0; index < size; index++) sector.bytes[at + index]! &= bytes[done + index]!;
			sector.written?.fill(1, Math.floor(at / writeBytes), Math.ceil((at + size) / writeBytes));
			this.#keeper?.changed(offset + done, sector.bytes.subarray(at, at + size));
			done += size;
		}
	}

	/** The sector with bytes of its own, made or copied when it has none yet. */
	#own(index: number): Sector {
		const { sectorBytes, writeBytes } = this.geometry;
		let sector = this.#sectors[index];
		if (sector === undefined) {
			const bytes = new Uint8Array(sectorBytes).fill(erasedByte);
			sector = { bytes, written: undefined, programmedBytes: 0, isShared: false };
			this.#sectors[index] = sector;
		} else if (sector.isShared) {
			sector.bytes = sector.bytes.slice();
			sector.isShared = false;
		}
		if (sector.written === undefined) {
			sector.written = new Uint8Array(sectorBytes / writeBytes);
			sector.written.fill(1, 0, Math.ceil(sector.programmedBytes / writeBytes));
		}
		return sector;
	}

	#wear(sector: number): void {
		this.#erases[sector]! += 1;
		this.#keeper?.worn(sector, this.#erases[sector]!);
	}

	#eraseSector(sector: number): void {
		const { sectorBytes } = this.geometry;
		this.#wear(sector);
		if (this.#sectors[sector] === undefined) return;
		this.#sectors[sector] = undefined;
		this.#keeper?.changed(sector * sectorBytes, new Uint8Array(sectorBytes).fill(erasedByte));
	}

	#tearErase(index: number, cut: FlashCut): void {
		const { sectorBytes } = this.geometry;
		const whole = Math.min(cut.bytes, sectorBytes);
		const sector = this.#own(index);
		sector.bytes.fill(erasedByte, 0, whole);
		if (whole < sectorBytes) sector.bytes[whole]! |= cut.tornBits ?? 0x55;
		sector.written?.fill(1); // a half erased sector reads as it may; only a whole erase makes it writable
		this.#keeper?.changed(index * sectorBytes, sector.bytes);
	}
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
	return Buffer.compare(one, other) === 0;
}

function nonErased(content: Uint8Array, writeBytes: number): Uint8Array {
	const written = new Uint8Array(content.length / writeBytes);
	content.forEach((byte, index) => {
		if (byte !== erasedByte) written[Math.floor(index / writeBytes)] = 1;
	});
	return written;
}
