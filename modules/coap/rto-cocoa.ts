import type { RtoEstimator } from "./retransmission.ts";

/** RTT and its variance in the manner of RFC 6298 §2, in whole milliseconds. */
class RoundTrip {
	readonly #k: number;
	#rttMs = -1;
	#varianceMs = 0;

	/** @param k how many times the variance is added */
	constructor(k: number) {
		this.#k = k;
	}

	/** Takes one measurement. @returns what it makes of the timeout */
	measured(elapsedMs: number): number {
		if (this.#rttMs < 0) {
			this.#rttMs = elapsedMs;
			this.#varianceMs = elapsedMs / 2;
		} else {
			this.#varianceMs += (Math.abs(this.#rttMs - elapsedMs) - this.#varianceMs) / 4;
			this.#rttMs += (elapsedMs - this.#rttMs) / 8;
		}
		return this.#rttMs + this.#k * this.#varianceMs;
	}
}

const initialMs = 2000;
const longestMs = 32_000;

/**
 * The timeout after CoCoA (draft-ietf-core-cocoa-03 §4): one estimate from exchanges without retransmission, a weaker
 * one from those with one or two, both flowing into one value; short timeouts back off faster, long ones slower, and
 * what is not renewed drifts back to where it is safe. For one peer.
 */
export class CocoaRto implements RtoEstimator {
	readonly #strong = new RoundTrip(4);
	readonly #weak = new RoundTrip(1);
	#rtoMs = initialMs;
	#renewedMs = 0;

	timeoutMs(nowMs: number): number {
		const ageMs = nowMs - this.#renewedMs;
		if (this.#rtoMs < 1000 && ageMs > 16 * this.#rtoMs) this.set(this.#rtoMs * 2, nowMs);
		else if (this.#rtoMs > 3000 && ageMs > 4 * this.#rtoMs) this.set(1000 + this.#rtoMs / 2, nowMs);
		return Math.ceil(this.#rtoMs);
	}

	backOffMs(firstMs: number, intervalMs: number): number {
		return Math.ceil(intervalMs * (firstMs < 1000 ? 3 : firstMs > 3000 ? 1.5 : 2));
	}

	measured(elapsedMs: number, resends: number, nowMs: number): void {
		if (resends > 2) return;
		const share = resends === 0 ? 0.5 : 0.25;
		const estimateMs = (resends === 0 ? this.#strong : this.#weak).measured(elapsedMs);
		this.set(share * estimateMs + (1 - share) * this.#rtoMs, nowMs);
	}

	private set(rtoMs: number, nowMs: number): void {
		this.#rtoMs = Math.min(Math.max(rtoMs, 1), longestMs);
		this.#renewedMs = nowMs;
	}
}
