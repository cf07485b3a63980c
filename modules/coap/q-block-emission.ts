import type { Dice } from "../host.ts";
import { type QBlockTuning, spreadMs } from "./q-block-option.ts";
import type { BlockCutter, Content } from "./stream.ts";
import type { Tuning } from "./tuning.ts";

/** Who puts a block into a message. */
export interface BlockCarrier {
	/** Sends block `number`, which the cutter holds. */
	carry(emission: Emission, number: number, cutter: BlockCutter, nowMs: number): void;
}

/**
 * A body that goes out as sets of blocks (RFC 9177 §7.2): after each set it waits for a word from the other endpoint
 * or NON_TIMEOUT_RANDOM; after NON_MAX_RETRANSMIT + 1 sets without any word it sends nothing new.
 */
export class Emission {
	readonly content: Content;
	readonly exponent: number;
	/** When to call poll() next. */
	dueMs = Number.POSITIVE_INFINITY;
	/** The first block that was never sent. */
	next = 0;
	/** Whether the last block was sent at least once. */
	isOut = false;
	/** The producer failed. */
	isBroken = false;
	readonly #carrier: BlockCarrier;
	readonly #cutter: BlockCutter;
	readonly #tuning: QBlockTuning;
	readonly #nonTimeoutMs: () => number;
	#sentMs = 0;
	/** Sets, then tries with the last block, since a word came. */
	#quiet = 0;

	constructor(
		carrier: BlockCarrier,
		cutter: BlockCutter,
		content: Content,
		exponent: number,
		q: QBlockTuning,
		tuning: Tuning,
		dice: Dice,
	) {
		this.#carrier = carrier;
		this.#cutter = cutter;
		this.content = content;
		this.exponent = exponent;
		this.#tuning = q;
		this.#nonTimeoutMs = () => q.nonTimeoutMs + dice.below(spreadMs(q, tuning) + 1);
	}

	/** Sends what is left of the set that comes next. */
	sendSet(nowMs: number): void {
		const end = this.next - (this.next % this.#tuning.maxPayloads) + this.#tuning.maxPayloads;
		while (this.next < end && !this.isOut && this.send(this.next, nowMs));
		this.rest(nowMs);
	}

	/** Sends one block, new or again. @returns false when there is none */
	send(number: number, nowMs: number): boolean {
		const size = 16 << this.exponent;
		const cutter = this.#cutter;
		if (!cutter.cut(this.content, number * size, size)) this.isBroken = true;
		else if (cutter.size > 0 || number === 0) {
			if (number >= this.next) this.next = number + 1;
			if (!cutter.hasMore) this.isOut = true;
			this.#sentMs = nowMs;
			this.#carrier.carry(this, number, cutter, nowMs);
			return true;
		}
		return false;
	}

	/**
	 * They have everything before block `number`: the next set. Where that went out already, it is on its way, or lost
	 * when it has been out for long.
	 */
	goOn(number: number, nowMs: number): void {
		this.#quiet = 0;
		if (number >= this.next) this.sendSet(nowMs);
		else if (nowMs - this.#sentMs < this.#tuning.nonTimeoutMs) this.rest(nowMs);
		else {
			const end = Math.min(this.next, number - (number % this.#tuning.maxPayloads) + this.#tuning.maxPayloads);
			for (let block = number; block < end && this.send(block, nowMs); block++);
			this.rest(nowMs);
		}
	}

	/** They want these. @returns false when there is none of them */
	resend(numbers: readonly number[], nowMs: number): boolean {
		this.#quiet = 0;
		let isThere = false;
		for (const number of numbers) if (this.send(number, nowMs)) isThere = true;
		this.rest(nowMs);
		return isThere;
	}

	/** Waits for a word. */
	rest(nowMs: number): void {
		this.dueMs = nowMs + this.#nonTimeoutMs() * (this.isOut ? 2 ** this.#quiet : 1);
	}

	/** Goes on without a word. @returns false when it has heard nothing for too long */
	poll(nowMs: number): boolean {
		this.#quiet += 1;
		if (this.#quiet > this.#tuning.nonMaxRetransmit) {
			this.dueMs = Number.POSITIVE_INFINITY;
			return false;
		}
		if (this.isOut) this.rest(nowMs);
		else this.sendSet(nowMs);
		return true;
	}
}
