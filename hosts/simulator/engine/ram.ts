/** A stretch of an instance's memory, in bytes. */
export interface Stretch {
	readonly at: number;
	readonly size: number;
}

/** RAM is told from ROM by whole pieces of this size, and kept by them. */
export const pieceBytes = 2048;

/** What of a machine's RAM is not as it was when the machine was new. */
export interface ChangedRam {
	/** Numbers of pieces, ascending. */
	readonly pieces: Uint16Array;
	/** Theirs, one behind the other. */
	readonly bytes: Uint8Array;
}

/**
 * Which of an instance's memory its machine can change: everything but ROM and bytecode. All machines of one firmware
 * have the same bytes in the rest, so that an instance goes from one machine to another by copying RAM alone.
 */
export class RamLayout {
	/** Of the memory as a whole: one that has grown beyond is no other machine's any more. */
	readonly memoryBytes: number;
	readonly sizeBytes: number;
	/** Pieces beside each other. */
	readonly #runs: readonly Stretch[];
	/** Where each piece lies. */
	readonly #places: Uint32Array;

	/** @param constant stretches that never change */
	constructor(memoryBytes: number, constant: readonly Stretch[]) {
		this.memoryBytes = memoryBytes;
		const isRam = new Uint8Array(memoryBytes / pieceBytes).fill(1);
		for (const { at, size } of constant) {
			isRam.fill(0, Math.ceil(at / pieceBytes), Math.floor((at + size) / pieceBytes));
		}
		const places: number[] = [];
		const runs: { at: number; size: number }[] = [];
		for (let piece = 0; piece < isRam.length; piece++) {
			if (isRam[piece] === 0) continue;
			const at = piece * pieceBytes;
			places.push(at);
			const last = runs.at(-1);
			if (last !== undefined && last.at + last.size === at) last.size += pieceBytes;
			else runs.push({ at, size: pieceBytes });
		}
		this.#runs = runs;
		this.#places = Uint32Array.from(places);
		this.sizeBytes = places.length * pieceBytes;
	}

	/** A copy of all RAM, piece behind piece. */
	copy(memory: Uint8Array): Uint8Array {
		const ram = new Uint8Array(this.sizeBytes);
		let done = 0;
		for (const { at, size } of this.#runs) {
			ram.set(memory.subarray(at, at + size), done);
			done += size;
		}
		return ram;
	}

	/** Puts back what copy() took. */
	restore(memory: Uint8Array, ram: Uint8Array): void {
		let done = 0;
		for (const { at, size } of this.#runs) {
			memory.set(ram.subarray(done, done + size), at);
			done += size;
		}
	}

	/** What differs from `fresh`, which copy() took. */
	changed(memory: Uint8Array, fresh: Uint8Array): ChangedRam {
		const changed: number[] = [];
		for (let piece = 0; piece < this.#places.length; piece++) {
			const at = this.#places[piece]!;
			const from = piece * pieceBytes;
			const isSame =
				Buffer.compare(memory.subarray(at, at + pieceBytes), fresh.subarray(from, from + pieceBytes)) === 0;
			if (!isSame) changed.push(piece);
		}
		const pieces = Uint16Array.from(changed);
		const bytes = new Uint8Array(pieces.length * pieceBytes);
		pieces.forEach((piece, index) => {
			const at = this.#places[piece]!;
			bytes.set(memory.subarray(at, at + pieceBytes), index * pieceBytes);
		});
		return { pieces, bytes };
	}

	/** Puts back what changed() found, over RAM that is as `fresh` was. */
	change(memory: Uint8Array, { pieces, bytes }: ChangedRam): void {
		for (let index = 0; index < pieces.length; index++) {
			memory.set(bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes), this.#places[pieces[index]!]!);
		}
	}
}
