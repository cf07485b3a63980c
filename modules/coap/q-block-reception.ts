import type { QBlockTuning } from "./q-block-option.ts";
import type { BodySink } from "./stream.ts";

/** What is to do after a block, or now that time has passed. */
export type Due = "nothing" | "done" | "continue" | "ask" | "giveUp";

/**
 * A body that comes in as sets of blocks, in any order (RFC 9177 §4.3, §4.4, §7.2). Hands it on front to back, and
 * keeps at most one set of blocks that are ahead; what is further ahead is dropped, and asked for later.
 */
export class Reception {
	readonly sink: BodySink;
	readonly exponent: number;
	/** With which code the sink refused. */
	refusal: number | undefined;
	/** When to call poll() next. */
	dueMs = Number.POSITIVE_INFINITY;
	/** The first block that is not handed on yet. */
	next: number;
	readonly #tuning: QBlockTuning;
	/** Blocks ahead of `next`, by number modulo the size of the window. */
	readonly #ahead: (Uint8Array | undefined)[];
	/** The highest block seen, and the body's last, where it is known. */
	#highest: number;
	#last = -1;
	/** How often in vain. */
	#tries = 0;
	/** Up to which set we said to go on, and at which one we asked last. */
	#continued: number;
	#askedAt = -1;

	/** @param first the block it begins with: 0, or where a download goes on */
	constructor(sink: BodySink, exponent: number, tuning: QBlockTuning, first: number) {
		this.sink = sink;
		this.exponent = exponent;
		this.#tuning = tuning;
		this.#ahead = new Array(tuning.maxPayloads).fill(undefined);
		this.next = first;
		this.#highest = first - 1;
		this.#continued = this.setOf(first);
	}

	/** Takes block `number`, bytes[at .. end). @returns what is to do now */
	take(number: number, more: boolean, bytes: Uint8Array, at: number, end: number, nowMs: number): Due {
		if (this.isDone) return "done";
		if (!more && this.#last < 0 && number >= this.#highest) this.#last = number;
		// beyond the end, another end, old, or further ahead than there is room
		const isWrong = more ? this.#last >= 0 && number >= this.#last : number !== this.#last;
		if (isWrong || number < this.next) return "nothing";
		if (number > this.#highest) this.#highest = number;
		const place = number % this.#ahead.length;
		if (number < this.next + this.#ahead.length && (number === this.next || this.#ahead[place] === undefined)) {
			this.#tries = 0;
			if (number === this.next) this.handOn(bytes, at, end);
			else this.#ahead[place] = bytes.slice(at, end);
		}
		if (this.refusal !== undefined || this.isDone) return "done";
		const set = this.setOf(this.next);
		const isNewSet = set > this.#continued;
		this.#continued = set;
		this.wait(nowMs);
		if (isNewSet && this.isBetweenSets) return "continue";
		const highestSet = this.setOf(this.#highest);
		if (highestSet > set && highestSet > this.#askedAt) return this.ask(nowMs);
		const setIsOver = this.#highest === this.#last || this.#highest % this.#ahead.length === this.#ahead.length - 1;
		if (this.#tries === 0 && (highestSet > set || setIsOver)) this.dueMs = nowMs + this.#tuning.gapDelayMs;
		return "nothing";
	}

	/** @returns what is due: blocks to ask for, to go on where none is missing, or to give up */
	poll(nowMs: number): Due {
		if (nowMs < this.dueMs) return "nothing";
		if (this.#tries >= this.#tuning.nonMaxRetransmit) return "giveUp";
		return this.ask(nowMs);
	}

	/** Waits as long as a receiver does for the first word. */
	start(nowMs: number): void {
		this.wait(nowMs);
	}

	get isDone(): boolean {
		return this.#last >= 0 && this.next > this.#last;
	}

	/** Fills `into` with what is missing of the present set and before the highest block seen, one set at most. */
	missing(into: number[]): void {
		into.length = 0;
		const size = this.#ahead.length;
		const setEnd = (this.setOf(this.next) + 1) * size - 1;
		const end = Math.max(this.#highest, this.#last < 0 ? setEnd : Math.min(setEnd, this.#last));
		for (let number = this.next; number <= end && number < this.next + size && into.length < size; number++) {
			if (this.#ahead[number % size] === undefined) into.push(number);
		}
	}

	private ask(nowMs: number): Due {
		this.#tries += 1;
		this.#askedAt = this.setOf(Math.max(this.#highest, this.next));
		this.dueMs = nowMs + this.#tuning.nonReceiveTimeoutMs * 2 ** (this.#tries - 1);
		// nothing of the next set is here: that is no gap, only our word to go on may be lost
		return this.isBetweenSets ? "continue" : "ask";
	}

	/** Everything up to the end of a set is here, and nothing behind it. */
	get isBetweenSets(): boolean {
		return this.next > 0 && this.next % this.#ahead.length === 0 && this.#highest < this.next;
	}

	private wait(nowMs: number): void {
		this.dueMs = nowMs + this.#tuning.nonReceiveTimeoutMs * 2 ** Math.max(0, this.#tries - 1);
	}

	private handOn(bytes: Uint8Array, at: number, end: number): void {
		this.write(bytes, at, end);
		for (;;) {
			const place = this.next % this.#ahead.length;
			const block = this.#ahead[place];
			if (block === undefined || this.refusal !== undefined) return;
			this.#ahead[place] = undefined;
			this.write(block, 0, block.length);
		}
	}

	private write(bytes: Uint8Array, at: number, end: number): void {
		this.refusal = this.sink.write(this.next * (16 << this.exponent), bytes, at, end);
		this.next += 1;
	}

	private setOf(number: number): number {
		return Math.floor(number / this.#tuning.maxPayloads);
	}
}
