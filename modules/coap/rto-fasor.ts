import type { RtoEstimator } from "./retransmission.ts";

const initialMs = 2000;
const longestMs = 32_000;

/**
 * The timeout after FASOR (draft-ietf-core-fasor-02 §4): a fast one from exchanges without retransmission, as RFC 6298
 * has it, and a slow one, half as long again as an exchange took that needed some. Whoever had to resend can not tell
 * loss from a queue: the next message tries fast, then slow; when that was ambiguous too, slow at first, so that one
 * clean measurement comes through however long the queue. For one peer.
 */
export class FasorRto implements RtoEstimator {
	#fastMs = initialMs;
	#slowMs = initialMs;
	#rttMs = -1;
	#varianceMs = 0;
	#order: "fast" | "fastSlowFast" | "slowFast" = "fast";

	timeoutMs(): number {
		return this.#order === "slowFast" ? this.#slowMs : this.#fastMs;
	}

	backOffMs(firstMs: number, intervalMs: number, attempt: number): number {
		if (this.#order === "fast") return intervalMs * 2;
		if (this.#order === "slowFast") return Math.min(this.#fastMs * 2 ** (attempt - 1), longestMs);
		return attempt === 1 ? Math.max(this.#slowMs, firstMs * 2) : Math.min(firstMs * 2 ** (attempt - 1), longestMs);
	}

	measured(elapsedMs: number, resends: number): void {
		if (resends > 0) {
			this.#slowMs = Math.min(Math.ceil(elapsedMs * 1.5), longestMs);
			this.#order = this.#order === "fast" ? "fastSlowFast" : "slowFast";
			return;
		}
		if (this.#rttMs < 0) {
			this.#rttMs = elapsedMs;
			this.#varianceMs = elapsedMs / 8;
		} else {
			this.#varianceMs += (Math.abs(this.#rttMs - elapsedMs) - this.#varianceMs) / 4;
			this.#rttMs += (elapsedMs - this.#rttMs) / 8;
		}
		this.#fastMs = Math.min(Math.max(Math.ceil(this.#rttMs + 4 * this.#varianceMs), 1), longestMs);
		this.#order = "fast";
	}
}
