import type { Cause } from "./account.ts";

/** A power of two, so that neighbours can be joined. */
const binsMax = 512;

/**
 * Charges by time, in at most 512 bins: when they are full, neighbours are joined, so that a year and a minute both
 * fill one picture.
 */
export class Timeline {
	readonly #charges = new Map<Cause, Float64Array>();
	#binMs: number;
	#lastBin = 0;

	/** @param binMs of the first bins */
	constructor(binMs = 1000) {
		this.#binMs = binMs;
	}

	get binMs(): number {
		return this.#binMs;
	}

	/** How many bins were reached. */
	get bins(): number {
		return this.#lastBin + 1;
	}

	/** Millicoulombs in each bin. */
	get charges(): ReadonlyMap<Cause, Float64Array> {
		return this.#charges;
	}

	/** Spreads a charge evenly over a time. */
	add(cause: Cause, millicoulombs: number, fromMs: number, toMs: number): void {
		if (millicoulombs <= 0) return;
		while (toMs >= this.#binMs * binsMax) this.#join();
		const first = Math.floor(fromMs / this.#binMs);
		const last = Math.max(first, Math.ceil(toMs / this.#binMs) - 1);
		this.#lastBin = Math.max(this.#lastBin, last);
		const bins = this.#of(cause);
		const lengthMs = toMs - fromMs;
		if (first === last || lengthMs <= 0) {
			bins[first]! += millicoulombs;
			return;
		}
		for (let bin = first; bin <= last; bin++) {
			const insideMs = Math.min(toMs, (bin + 1) * this.#binMs) - Math.max(fromMs, bin * this.#binMs);
			bins[bin]! += (millicoulombs * insideMs) / lengthMs;
		}
	}

	/** What was booked for one cause belongs to another one. */
	rename(from: Cause, to: Cause): void {
		const moved = this.#charges.get(from);
		if (moved === undefined) return;
		this.#charges.delete(from);
		const bins = this.#of(to);
		for (let bin = 0; bin <= this.#lastBin; bin++) bins[bin]! += moved[bin]!;
	}

	#of(cause: Cause): Float64Array {
		let bins = this.#charges.get(cause);
		if (bins === undefined) {
			bins = new Float64Array(binsMax);
			this.#charges.set(cause, bins);
		}
		return bins;
	}

	#join(): void {
		this.#binMs *= 2;
		this.#lastBin >>= 1;
		for (const bins of this.#charges.values()) {
			for (let bin = 0; bin < binsMax / 2; bin++) bins[bin] = bins[2 * bin]! + bins[2 * bin + 1]!;
			bins.fill(0, binsMax / 2);
		}
	}
}
