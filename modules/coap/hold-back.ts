import type { Ability } from "./ability.ts";
import { Code } from "./code.ts";
import type { MessageView } from "./message.ts";
import type { Operation } from "./operation.ts";
import { OptionNumber } from "./option.ts";

export interface HoldBackOptions {
	/** The longest that a server can make us wait, whatever its Max-Age says. An hour when absent. */
	readonly longestMs?: number;
}

/**
 * Heeds a server that is too busy: after a 4.29 (RFC 8516) or a 5.03 with Max-Age (RFC 7252 §5.9.3.4) no request of
 * ours goes out before that time is over, nor a further block of one. The response itself is delivered. What waits
 * counts for Limits.requests and can be cancelled.
 */
export class HoldBack implements Ability {
	readonly #longestMs: number;
	#untilMs = 0;

	constructor({ longestMs = 3_600_000 }: HoldBackOptions = {}) {
		this.#longestMs = longestMs;
	}

	/** Until when requests wait, on the nowMs scale; in the past when they do not. */
	get untilMs(): number {
		return this.#untilMs;
	}

	/** Lets the requests go at their next turn: the application knows better. */
	release(): void {
		this.#untilMs = 0;
	}

	opensAtMs(_operation: Operation, nowMs: number): number {
		return Math.max(this.#untilMs, nowMs);
	}

	answered(_operation: Operation, view: MessageView, nowMs: number): boolean {
		const maxAgeS = view.uint(OptionNumber.maxAge);
		const isBusy = view.code === Code.tooManyRequests || (view.code === Code.serviceUnavailable && maxAgeS >= 0);
		if (isBusy) {
			const waitMs = Math.min((maxAgeS < 0 ? 60 : maxAgeS) * 1000, this.#longestMs); // absent is 60 s (§5.10.5)
			this.#untilMs = Math.max(this.#untilMs, nowMs + waitMs);
		}
		return false;
	}
}
