/** How a fleet came back after its server did. */
export interface HerdReport {
	/** When the server was there again, in milliseconds of virtual time, and what it had been through. */
	readonly atMs: number;
	readonly after: string;
	/** Boards that were heard until this ended. */
	readonly boards: number;
	/** From the return until nine of ten of them had been heard. */
	readonly windowS: number;
	/** Boards heard for the first time, in the worst ten seconds; and if they had come evenly over the window. */
	readonly peakPer10S: number;
	readonly evenPer10S: number;
	/** The most that `peakPer10S` may be. */
	readonly bound: number;
	/** Datagrams to the server in its worst second: handshakes and retransmissions among them. */
	readonly peakDatagramsPerS: number;
}

const stepMs = 10_000;

/** Counts who is heard when, from a server's return on. */
export class Herd {
	readonly #atMs: number;
	readonly #after: string;
	readonly #firstMs = new Map<string, number>();
	readonly #datagrams = new Map<number, number>();

	constructor(atMs: number, after: string) {
		this.#atMs = atMs;
		this.#after = after;
	}

	/** A board sends something to the server. */
	hear(board: string, nowMs: number): void {
		if (!this.#firstMs.has(board)) this.#firstMs.set(board, nowMs);
		const second = Math.floor((nowMs - this.#atMs) / 1000);
		this.#datagrams.set(second, (this.#datagrams.get(second) ?? 0) + 1);
	}

	report(): HerdReport {
		const times = [...this.#firstMs.values()].sort((a, b) => a - b);
		const windowMs = Math.max(stepMs, (times[Math.floor(times.length * 0.9)] ?? this.#atMs) - this.#atMs);
		const steps = new Map<number, number>();
		for (const time of times) {
			const step = Math.floor((time - this.#atMs) / stepMs);
			steps.set(step, (steps.get(step) ?? 0) + 1);
		}
		const evenPer10S = (times.length * stepMs) / windowMs;
		return {
			atMs: this.#atMs,
			after: this.#after,
			boards: times.length,
			windowS: Math.round(windowMs / 1000),
			peakPer10S: Math.max(0, ...steps.values()),
			evenPer10S: Math.round(evenPer10S * 10) / 10,
			bound: boundOf(evenPer10S),
			peakDatagramsPerS: Math.max(0, ...this.#datagrams.values()),
		};
	}
}

/**
 * Boards that come independently of each other, three times as densely at worst as evenly (waits are drawn from the
 * last quarter of a pause, and pauses double), are so many in the worst of some thousand steps: five standard
 * deviations above that density.
 */
function boundOf(even: number): number {
	const densest = 3 * even;
	return Math.ceil(densest + 5 * Math.sqrt(densest) + 2);
}
