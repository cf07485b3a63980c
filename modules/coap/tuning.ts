import { frozen } from "../frozen.ts";

/**
 * Transmission parameters: the names of RFC 7252 §4.8, with their units. A peer on a slow link (NB-IoT) gets other
 * values.
 */
export interface Tuning {
	readonly ackTimeoutMs: number;
	/** ACK_RANDOM_FACTOR in percent, so that a seed replays exactly. */
	readonly ackRandomPercent: number;
	readonly maxRetransmit: number;
	/** How many Confirmable messages of ours may wait for their Acknowledgement at once (§4.7). */
	readonly nstart: number;
	/** MAX_LATENCY, §4.8.2. */
	readonly maxLatencyMs: number;
	/**
	 * How long a request may stay unanswered before its Acknowledgement is sent alone (§5.2.2). Well below the
	 * other's ACK_TIMEOUT.
	 */
	readonly ackDelayMs: number;
	/** How long we wait for a response behind an empty Acknowledgement, or to a Non-confirmable request. */
	readonly responseTimeoutMs: number;
	/**
	 * Size of our tokens, 1 to 4; over UDP also 0: empty where that is safe, else one byte (README "Empty tokens").
	 * Two keep an LwM2M Update and its answer small; off-path forgers without DTLS call
	 * for four (§5.3.1).
	 */
	readonly tokenBytes: number;
	/**
	 * After how long a notification goes out Confirmable whatever the caller says, so that an observer that is gone
	 * is found (RFC 7641 §4.5).
	 */
	readonly confirmEveryMs: number;
}

export const DEFAULT_TUNING: Tuning = frozen({
	ackTimeoutMs: 2000,
	ackRandomPercent: 150,
	maxRetransmit: 4,
	nstart: 1,
	maxLatencyMs: 100_000,
	ackDelayMs: 500,
	responseTimeoutMs: 93_000,
	tokenBytes: 2,
	confirmEveryMs: 86_400_000,
});

/**
 * MAX_TRANSMIT_SPAN (RFC 7252 §4.8.2): from the first transmission of a Confirmable message to its last. 45 s by
 * default.
 */
export function maxTransmitSpanMs(tuning: Tuning): number {
	return Math.floor((tuning.ackTimeoutMs * (2 ** tuning.maxRetransmit - 1) * tuning.ackRandomPercent) / 100);
}

/** MAX_TRANSMIT_WAIT (§4.8.2): from the first transmission to giving up. 93 s by default. */
export function maxTransmitWaitMs(tuning: Tuning): number {
	return Math.floor((tuning.ackTimeoutMs * (2 ** (tuning.maxRetransmit + 1) - 1) * tuning.ackRandomPercent) / 100);
}

/**
 * EXCHANGE_LIFETIME (§4.8.2): how long a Message ID stays taken. PROCESSING_DELAY is ACK_TIMEOUT. 247 s by default.
 */
export function exchangeLifetimeMs(tuning: Tuning): number {
	return maxTransmitSpanMs(tuning) + 2 * tuning.maxLatencyMs + tuning.ackTimeoutMs;
}

/** NON_LIFETIME (§4.8.2): the same for a Non-confirmable message. 145 s by default. */
export function nonLifetimeMs(tuning: Tuning): number {
	return maxTransmitSpanMs(tuning) + tuning.maxLatencyMs;
}

/** `defaults` with `changes` in their place; where there are none the defaults themselves, which lie in ROM. */
export function withChanges<T extends object>(defaults: T, changes: Partial<T> | undefined): T {
	return changes === undefined ? defaults : { ...defaults, ...changes };
}

/** What one peer may hold at once. README "Limits" says what happens when each is full. */
export interface Limits {
	/** Requests of ours that wait or observe. */
	readonly requests: number;
	/** Requests of theirs that the application has not answered yet. */
	readonly incoming: number;
	/** Observations of theirs. */
	readonly observers: number;
	/** Message IDs of theirs kept to tell duplicates (§4.5). */
	readonly remembered: number;
	/** Bytes of answers kept for duplicates, all together. At least messageBytes. */
	readonly replyBytes: number;
	/** Block-wise bodies of theirs being put together, and as many of ours being handed out (RFC 7959). */
	readonly bodies: number;
	/** Size of one body put together from blocks. */
	readonly bodyBytes: number;
	/** The largest block we send or ask for: a power of two, 16 to 1024. */
	readonly blockSizeBytes: number;
	/** The largest message we send (§4.6). */
	readonly messageBytes: number;
	/** Datagrams waiting for takeDatagram(). */
	readonly outbox: number;
	/** The longest token of theirs that we keep and give back (RFC 8974): 8 and up. */
	readonly longTokenBytes: number;
}

/** For a microcontroller with one peer per server. */
export const DEVICE_LIMITS: Limits = frozen({
	requests: 8,
	incoming: 4,
	observers: 32,
	remembered: 24,
	replyBytes: 2048,
	bodies: 2,
	bodyBytes: 8192,
	blockSizeBytes: 1024,
	messageBytes: 1280,
	outbox: 16,
	longTokenBytes: 32,
});

/** For a server on a computer: one peer per client. */
export const HOST_LIMITS: Limits = frozen({
	requests: 512,
	incoming: 64,
	observers: 256,
	remembered: 128,
	replyBytes: 65_536,
	bodies: 8,
	bodyBytes: 4_194_304,
	blockSizeBytes: 1024,
	messageBytes: 1280,
	outbox: 256,
	longTokenBytes: 64,
});
