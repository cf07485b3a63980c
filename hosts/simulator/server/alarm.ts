import type { Timekeeper } from "../time.ts";

/**
 * One appointment that is moved often: a peer's next deadline, a registration's end. Moving it later costs
 * nothing; it rings early, sees that, and
 * goes on waiting. With a thousand clients this keeps the timekeeper's queue as long as the clients are many.
 */
export class Alarm {
	readonly #time: Timekeeper;
	readonly #ring: () => void;
	#dueMs = Number.POSITIVE_INFINITY;
	#armedMs = Number.POSITIVE_INFINITY;
	#disarm: (() => void) | undefined;

	constructor(time: Timekeeper, ring: () => void) {
		this.#time = time;
		this.#ring = ring;
	}

	/** @param dueMs on the nowMs scale; Infinity for never */
	set(dueMs: number): void {
		this.#dueMs = dueMs;
		if (dueMs < this.#armedMs) this.#arm(dueMs);
	}

	/** For good: nothing rings after this. */
	stop(): void {
		this.#disarm?.();
		this.#disarm = undefined;
		this.#dueMs = Number.POSITIVE_INFINITY;
		this.#armedMs = Number.NEGATIVE_INFINITY;
	}

	#arm(atMs: number): void {
		this.#disarm?.();
		this.#armedMs = atMs;
		this.#disarm = this.#time.at(atMs, () => {
			this.#disarm = undefined;
			this.#armedMs = Number.POSITIVE_INFINITY;
			if (this.#time.nowMs() >= this.#dueMs) {
				this.#dueMs = Number.POSITIVE_INFINITY;
				this.#ring();
			} else if (this.#dueMs !== Number.POSITIVE_INFINITY) this.#arm(this.#dueMs);
		});
	}
}
