/**
 * The one source of time for boards, servers and networks of a world: the machine's clock, or a clock that only `run`
 * moves.
 */
export interface Timekeeper {
	/** Milliseconds since this world began; integer, never going back. */
	nowMs(): number;
	/** Milliseconds since 1970-01-01T00:00:00Z. */
	wallTimeMs(): number;
	/**
	 * Calls `run` at `atMs` on the nowMs scale, or as soon as possible when that is past. @returns a function that
	 * cancels it
	 */
	at(atMs: number, run: () => void): () => void;
}

/** The machine's own clock. */
export class RealTime implements Timekeeper {
	readonly #startMs = performance.now();

	nowMs(): number {
		return Math.floor(performance.now() - this.#startMs);
	}

	wallTimeMs(): number {
		return Date.now();
	}

	at(atMs: number, run: () => void): () => void {
		// Node's timers end at 2^31 ms; what lies further away is asked for again.
		const longestMs = 0x7fffffff;
		let timer: NodeJS.Timeout;
		const arm = () => {
			const waitMs = Math.max(0, atMs - (performance.now() - this.#startMs));
			timer = waitMs > longestMs ? setTimeout(arm, longestMs) : setTimeout(run, Math.ceil(waitMs));
		};
		arm();
		return () => clearTimeout(timer);
	}
}

interface Appointment {
	readonly atMs: number;
	readonly order: number;
	run: (() => void) | undefined;
}

/** Time that moves only from appointment to appointment; equal times keep the order in which they were made. */
export class VirtualTime implements Timekeeper {
	/** 2026-01-01T00:00:00Z: every virtual world begins here, so that two runs with one seed are the same. */
	static readonly beginningMs = 1767225600000;

	#nowMs = 0;
	#order = 0;
	#heap: Appointment[] = [];
	#cancelled = 0;

	nowMs(): number {
		return this.#nowMs;
	}

	wallTimeMs(): number {
		return VirtualTime.beginningMs + this.#nowMs;
	}

	at(atMs: number, run: () => void): () => void {
		const appointment: Appointment = { atMs: Math.max(Math.ceil(atMs), this.#nowMs), order: this.#order++, run };
		this.#push(appointment);
		return () => {
			if (appointment.run === undefined) return;
			appointment.run = undefined; // stays in the heap; cheaper than finding it
			this.#cancelled++;
			if (this.#cancelled > 64 && this.#cancelled > this.#heap.length / 2) this.#sweep();
		};
	}

	/** The time of the next appointment, or undefined when there is none. */
	nextMs(): number | undefined {
		while (this.#heap.length > 0 && this.#heap[0]!.run === undefined) {
			this.#pop();
			this.#cancelled--;
		}
		return this.#heap[0]?.atMs;
	}

	/** Keeps the next appointment. @returns false when there was none up to `endMs`, and time is then `endMs` */
	step(endMs: number): boolean {
		const nextMs = this.nextMs();
		if (nextMs === undefined || nextMs > endMs) {
			this.#nowMs = Math.max(this.#nowMs, endMs);
			return false;
		}
		this.#nowMs = nextMs;
		const appointment = this.#pop()!;
		const { run } = appointment;
		appointment.run = undefined; // cancelling it from now on means nothing
		run?.();
		return true;
	}

	/** Runs every appointment up to `endMs`. */
	run(endMs: number): void {
		while (this.step(endMs));
	}

	/** As run(), but lets promises settle after every appointment: for worlds with scripts that await. */
	async runSettling(endMs: number): Promise<void> {
		const settle = () => new Promise((resolve) => setImmediate(resolve));
		do await settle();
		while (this.step(endMs));
	}

	/** Drops what was cancelled: a board that puts off the same far alarm again and again would fill the heap. */
	#sweep(): void {
		const kept = this.#heap.filter(({ run }) => run !== undefined);
		this.#heap = kept.sort((a, b) => (before(a, b) ? -1 : 1)); // sorted is a heap
		this.#cancelled = 0;
	}

	#push(appointment: Appointment): void {
		const heap = this.#heap;
		let index = heap.length;
		heap.push(appointment);
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (!before(appointment, heap[parent]!)) break;
			heap[index] = heap[parent]!;
			index = parent;
		}
		heap[index] = appointment;
	}

	#pop(): Appointment | undefined {
		const heap = this.#heap;
		const first = heap[0];
		const last = heap.pop();
		if (first === undefined || last === undefined || heap.length === 0) return first;
		let index = 0;
		for (;;) {
			let child = index * 2 + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
			if (!before(heap[child]!, last)) break;
			heap[index] = heap[child]!;
			index = child;
		}
		heap[index] = last;
		return first;
	}
}

function before(a: Appointment, b: Appointment): boolean {
	return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
