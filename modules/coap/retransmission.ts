import type { Dice } from "../host.ts";
import { DEFAULT_TUNING, maxTransmitSpanMs, maxTransmitWaitMs, type Tuning } from "./tuning.ts";

/** How long a Confirmable message of ours waits for its Acknowledgement, learnt from those before (rto-*.ts). */
export interface RtoEstimator {
	/** What a first transmission waits, before the jitter of ACK_RANDOM_FACTOR. */
	timeoutMs(nowMs: number): number;
	/**
	 * What a transmission waits that follows others.
	 * @param firstMs what the first one waited; `intervalMs` what the one before waited
	 * @param attempt 1 for the first retransmission
	 */
	backOffMs(firstMs: number, intervalMs: number, attempt: number): number;
	/** A message was acknowledged, `elapsedMs` after its first of 1 + `resends` transmissions. */
	measured(elapsedMs: number, resends: number, nowMs: number): void;
}

/**
 * When one Confirmable message is sent again, and when it is given up (RFC 7252 §4.2). Knows nothing of the
 * message.
 */
export class Retransmission {
	/** When to call poll() next, in milliseconds on the caller's clock. */
	deadlineMs: number;
	/** How often the message was sent again. */
	resends = 0;
	/** When it was first sent. */
	readonly sentMs: number;
	private readonly firstMs: number;
	private intervalMs: number;
	private readonly tuning: Tuning;
	private readonly estimator: RtoEstimator | undefined;

	/**
	 * @param nowMs when the message was first sent
	 * @param estimator knows better than ACK_TIMEOUT and doubling
	 */
	constructor(nowMs: number, dice: Dice, tuning: Tuning = DEFAULT_TUNING, estimator?: RtoEstimator) {
		const timeoutMs = estimator === undefined ? tuning.ackTimeoutMs : estimator.timeoutMs(nowMs);
		const spreadMs = Math.floor((timeoutMs * (tuning.ackRandomPercent - 100)) / 100);
		this.firstMs = this.intervalMs = timeoutMs + dice.below(spreadMs + 1);
		this.sentMs = nowMs;
		this.deadlineMs = nowMs + this.intervalMs;
		this.tuning = tuning;
		this.estimator = estimator;
	}

	/** @returns what is due now. Each answer but "wait" moves the deadline; after "giveUp" it is over */
	poll(nowMs: number): "wait" | "resend" | "giveUp" {
		if (nowMs < this.deadlineMs) return "wait";
		const estimator = this.estimator;
		// whatever an estimator says, the other's memory of Message IDs must outlast us (§4.8.2)
		const isLate = estimator !== undefined && nowMs - this.sentMs > maxTransmitSpanMs(this.tuning);
		if (this.resends === this.tuning.maxRetransmit || isLate) return "giveUp";
		this.resends += 1;
		if (estimator === undefined) this.intervalMs *= 2;
		else {
			const leftMs = this.sentMs + maxTransmitWaitMs(this.tuning) - nowMs;
			this.intervalMs = Math.min(estimator.backOffMs(this.firstMs, this.intervalMs, this.resends), leftMs);
		}
		this.deadlineMs = nowMs + this.intervalMs;
		return "resend";
	}
}
