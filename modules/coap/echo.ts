import { equalBytes } from "../bytes.ts";
import type { Entropy } from "../host.ts";
import type { Ability } from "./ability.ts";
import type { ResponseOptions } from "./answer.ts";
import { Code } from "./code.ts";
import type { MessageView } from "./message.ts";
import type { Operation } from "./operation.ts";
import { OptionNumber } from "./option.ts";
import { NO_OPTIONS, type OptionValue } from "./option-value.ts";
import type { Request } from "./received.ts";

/**
 * The client's side of Echo (RFC 9175 §2.3): a 4.01 that carries one has the request sent again with it, once; one
 * that comes with any other response goes back with the next request. Holds one value, of 40 bytes at most: with
 * several requests under way the newest.
 */
export class EchoReply implements Ability {
	#value: Uint8Array | undefined;
	/** The request that took the value; 0 while none did. */
	#takenBy = 0;

	optionsFor({ id }: Operation): readonly OptionValue[] {
		if (this.#value === undefined || (this.#takenBy !== 0 && this.#takenBy !== id)) return NO_OPTIONS;
		this.#takenBy = id;
		return [{ number: OptionNumber.echo, value: this.#value }];
	}

	answered({ id, hasRetried }: Operation, view: MessageView): boolean {
		if (!view.find(OptionNumber.echo)) {
			if (this.#takenBy === id && view.code !== Code.continue) this.#value = undefined;
			return false;
		}
		const isChallenge = view.code === Code.unauthorized && !hasRetried;
		this.#value = view.bytes.slice(view.option.at, view.option.end);
		this.#takenBy = isChallenge ? id : 0;
		return isChallenge;
	}
}

export interface EchoChallengeOptions {
	/** How old a value may be. RFC 9175 §2.3 leaves it to the application. A minute when absent. */
	readonly freshMs?: number;
}

/**
 * The server's side of Echo, for one peer (RFC 9175 §2): whether a request was made just now, by who can be reached at
 * its address, and not stored and replayed. The application asks isFresh() before it does what must be fresh, and
 * answers with challenge() otherwise. Keeps two random values (Appendix A.1): a value is good for between half of
 * freshMs and all of it.
 */
export class EchoChallenge {
	readonly #entropy: Entropy;
	readonly #freshMs: number;
	readonly #values = [new Uint8Array(8), new Uint8Array(8)] as const;
	/** When each was first given out. */
	readonly #issuedMs = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
	#newest: 0 | 1 = 0;
	#isReachable = false;

	constructor(entropy: Entropy, { freshMs = 60_000 }: EchoChallengeOptions = {}) {
		this.#entropy = entropy;
		this.#freshMs = freshMs;
	}

	/** Whether the other endpoint ever sent a value back, so that its address is no forgery (RFC 9175 §2.4). */
	get isReachable(): boolean {
		return this.#isReachable;
	}

	isFresh(request: Request, nowMs: number): boolean {
		const value = request.option(OptionNumber.echo);
		if (value === undefined) return false;
		for (let index = 0; index < 2; index++) {
			if (nowMs - this.#issuedMs[index]! <= this.#freshMs && equalBytes(value, this.#values[index]!)) {
				this.#isReachable = true;
				return true;
			}
		}
		return false;
	}

	/** The answer to a request that is not fresh: 4.01 (RFC 9175 §2.3). @throws HostFailure when there is no entropy */
	challenge(nowMs: number): ResponseOptions {
		return { code: Code.unauthorized, options: [this.option(nowMs)] };
	}

	/** The option alone, to be sent ahead with another response. @throws HostFailure when there is no entropy */
	option(nowMs: number): OptionValue {
		if (nowMs - this.#issuedMs[this.#newest]! > this.#freshMs / 2) {
			const next = this.#newest === 0 ? 1 : 0;
			this.#entropy.fill(this.#values[next]);
			this.#issuedMs[next] = nowMs;
			this.#newest = next;
		}
		return { number: OptionNumber.echo, value: this.#values[this.#newest].slice() };
	}
}
