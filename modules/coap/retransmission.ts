import type { Dice } from "../host.ts";
import { DEFAULT_TUNING, type Tuning } from "./tuning.ts";

/**
 * When one Confirmable message is sent again, and when it is given up (RFC 7252 §4.2). Knows nothing of the
 * message.
 */
export class Retransmission {
	/** When to call poll() next, in milliseconds on the caller's clock. */
	deadlineMs: number;
	#intervalMs: number;
	#attempt = 0;
	#max: number;

	/** @param nowMs when the message was first sent */
	constructor(nowMs: number, dice: Dice, tuning: Tuning = DEFAULT_TUNING) {
		const spreadMs = Math.floor((tuning.ackTimeoutMs * (tuning.ackRandomPercent - 100)) / 100);
		this.#intervalMs = tuning.ackTimeoutMs + dice.below(spreadMs + 1);
		this.deadlineMs = nowMs + this.#intervalMs;
		this.#max = tuning.maxRetransmit;
	}

	/** @returns what is due now. Each answer but "wait" moves the deadline; after "giveUp" it is over */
	poll(nowMs: number): "wait" | "resend" | "giveUp" {
		if (nowMs < this.deadlineMs) return "wait";
		if (this.#attempt === this.#max) return "giveUp";
		this.#attempt += 1;
		this.#intervalMs *= 2;
		this.deadlineMs = nowMs + this.#intervalMs;
		return "resend";
	}
}
