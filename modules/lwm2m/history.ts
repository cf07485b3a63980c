import type { Value } from "../formats/value.ts";
import type { Clock } from "../host.ts";

/**
 * The latest values of one Resource with their times, oldest first: what SenML can tell of the past. Bounded: a new
 * value drops the oldest. Give one to an ObjectInstance (`history`), which notes each value that is set, news or not.
 */
export class History {
	/** How many values were dropped unseen because there were too many. */
	dropped = 0;
	readonly #clock: Pick<Clock, "nowMs">;
	readonly #capacity: number;
	/** On the clock's scale of nowMs: where the wall clock is set later, all times are right at once. */
	readonly #atMs: Float64Array;
	readonly #values: Value[] = [];
	#first = 0;

	/** @param capacity how many values to keep; each takes 8 bytes and what the value takes */
	constructor(capacity: number, clock: Pick<Clock, "nowMs">) {
		this.#capacity = capacity;
		this.#clock = clock;
		this.#atMs = new Float64Array(capacity);
	}

	get size(): number {
		return this.#values.length;
	}

	/** @param atMs on the clock's scale of nowMs; values come in the order of their times */
	note(value: Value, atMs = this.#clock.nowMs()): void {
		if (this.#capacity === 0) return;
		const { length } = this.#values;
		let at = length;
		if (length === this.#capacity) {
			at = this.#first;
			this.#first = (at + 1) % length;
			this.dropped++;
		}
		this.#values[at] = value;
		this.#atMs[at] = atMs;
	}

	/** @param index 0 is the oldest, size - 1 the newest */
	valueAt(index: number): Value | undefined {
		const { length } = this.#values;
		return index < length ? this.#values[(this.#first + index) % length] : undefined;
	}

	/** When the value at `index` was noted, on the clock's scale of nowMs. */
	atMs(index: number): number {
		return this.#atMs[(this.#first + index) % this.#values.length]!;
	}

	/** When the newest was noted; -Infinity while there is none. */
	get newestAtMs(): number {
		const { length } = this.#values;
		return length === 0 ? -Infinity : this.atMs(length - 1);
	}

	/** Lets go of the oldest `count` values: they have been told. */
	forget(count: number): void {
		const { length } = this.#values;
		const kept: Value[] = [];
		const times: number[] = [];
		for (let index = count; index < length; index++) {
			const at = (this.#first + index) % length;
			kept.push(this.#values[at]!);
			times.push(this.#atMs[at]!);
		}
		this.#first = 0;
		this.#values.length = 0;
		kept.forEach((value, index) => {
			this.#values.push(value);
			this.#atMs[index] = times[index]!;
		});
	}
}
