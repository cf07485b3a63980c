import { frozen } from "../frozen.ts";

/** The times of a handshake. */
export interface DtlsTuning {
	/** How long a flight first waits for its answer (RFC 6347 §4.2.4.1). */
	readonly initialTimeoutMs: number;
	/** What the doubling ends at. */
	readonly maxTimeoutMs: number;
	/** How often one flight is sent again. */
	readonly maxRetransmit: number;
	/** How long a handshake may take altogether. */
	readonly handshakeTimeoutMs: number;
}

/** RFC 6347 §4.2.4.1. */
export const DEFAULT_DTLS_TUNING: DtlsTuning = frozen({
	initialTimeoutMs: 1000,
	maxTimeoutMs: 60_000,
	maxRetransmit: 5,
	handshakeTimeoutMs: 180_000,
});

/** For networks where an answer may take seconds (RFC 7925 §11). */
export const CELLULAR_DTLS_TUNING: DtlsTuning = frozen({
	initialTimeoutMs: 9000,
	maxTimeoutMs: 60_000,
	maxRetransmit: 4,
	handshakeTimeoutMs: 300_000,
});

/** When the last flight of a handshake is sent again, and when the handshake is given up (RFC 6347 §4.2.4). */
export class HandshakeTimer {
	/** When to call poll() next, in milliseconds on the caller's clock; Infinity while nothing waits for an answer. */
	deadlineMs = Number.POSITIVE_INFINITY;
	/** When the handshake has taken too long altogether. */
	givenUpMs = Number.POSITIVE_INFINITY;
	/** How often the flight was sent again for want of an answer. */
	resends = 0;
	readonly #tuning: DtlsTuning;
	#intervalMs: number;

	constructor(tuning: Partial<DtlsTuning> = {}) {
		this.#tuning = { ...DEFAULT_DTLS_TUNING, ...tuning };
		this.#intervalMs = this.#tuning.initialTimeoutMs;
	}

	/** A handshake begins: its first flight was sent. */
	start(nowMs: number): void {
		this.givenUpMs = nowMs + this.#tuning.handshakeTimeoutMs;
		this.resends = 0;
		this.restart(nowMs);
	}

	/** The handshake begins anew; how long it may take altogether has not changed. */
	startAnew(nowMs: number): void {
		this.resends = 0;
		this.restart(nowMs);
	}

	/**
	 * The next flight was sent. The interval that the last one came to remains where there was loss, and is the initial
	 * one otherwise (RFC 6347 §4.2.4.1).
	 */
	restart(nowMs: number): void {
		if (this.resends === 0) this.#intervalMs = this.#tuning.initialTimeoutMs;
		this.resends = 0;
		this.postpone(nowMs);
	}

	/** The same flight was sent again because the other side asked for it with a retransmission of its own. */
	postpone(nowMs: number): void {
		this.deadlineMs = Math.min(nowMs + this.#intervalMs, this.givenUpMs);
	}

	/** Nothing waits any more. */
	stop(): void {
		this.deadlineMs = Number.POSITIVE_INFINITY;
	}

	/** @returns what is due now. Each answer but "wait" moves the deadline; after "giveUp" it is over */
	poll(nowMs: number): "wait" | "resend" | "giveUp" {
		if (nowMs < this.deadlineMs) return "wait";
		if (this.resends >= this.#tuning.maxRetransmit || nowMs >= this.givenUpMs) {
			this.stop();
			return "giveUp";
		}
		this.resends += 1;
		this.#intervalMs = Math.min(this.#intervalMs * 2, this.#tuning.maxTimeoutMs);
		this.postpone(nowMs);
		return "resend";
	}
}
