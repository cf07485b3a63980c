import { type Fault, fault } from "../bytes.ts";
import { Body, blockExponent, blockOffset, blockSizeBytes, bodyMark, hasMore, reservedExponent } from "./block.ts";
import { Code } from "./code.ts";
import type { MessageView } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { type Subject, SubjectMatcher } from "./same-resource.ts";
import type { Limits } from "./tuning.ts";

export const BLOCK_RESERVED = fault("coap.blockReserved", Code.badRequest, "RFC 7959 §2.2");
export const BLOCK_SIZE = fault("coap.blockSize", Code.badRequest, "RFC 7959 §2.2");
export const BLOCK_INCOMPLETE = fault("coap.blockIncomplete", Code.requestEntityIncomplete, "RFC 7959 §2.9.2");
export const BODY_TOO_LARGE = fault("coap.bodyTooLarge", Code.requestEntityTooLarge, "RFC 7959 §2.9.3");

interface Arriving {
	readonly subject: Subject;
	readonly body: Body;
	expiryMs: number;
}

/** A response larger than one block, kept while the other endpoint fetches it. */
export interface Departing<Answer> {
	readonly subject: Subject;
	readonly answer: Answer;
	/** Its ETag, so that blocks of two bodies are never mixed (RFC 7959 §2.4). */
	readonly mark: number;
	expiryMs: number;
}

/**
 * Bodies of one peer that move by blocks: theirs being put together (Block1), ours being handed out (Block2). At
 * most Limits.bodies each way: the oldest makes room, and its next block is answered 4.08, or asks the application
 * again.
 */
export class Bodies<Answer> {
	readonly #matcher = new SubjectMatcher();
	readonly #limits: Limits;
	#arriving: Arriving[] = [];
	#departing: Departing<Answer>[] = [];

	constructor(limits: Limits) {
		this.#limits = limits;
	}

	/**
	 * Takes one block of a request's body (RFC 7959 §2.5).
	 * @param block the value of its Block1 option
	 * @param expiryMs until when the transfer waits for the next block
	 * @returns "continue", the whole body, or why the block was not taken; a transfer under way is not harmed by that
	 */
	arrive(view: MessageView, block: number, expiryMs: number): "continue" | Uint8Array | Fault {
		const at = blockOffset(block);
		const size = view.end - view.payloadAt;
		if (blockExponent(block) === reservedExponent) return BLOCK_RESERVED;
		if (hasMore(block) ? size !== blockSizeBytes(block) : size > blockSizeBytes(block)) return BLOCK_SIZE;
		let arriving: Arriving | undefined;
		for (let index = 0; index < this.#arriving.length && arriving === undefined; index++) {
			if (this.#matcher.matches(view, this.#arriving[index]!.subject)) arriving = this.#arriving[index];
		}
		if (at === 0) {
			// the first block starts anew, whatever was there (RFC 7959 §2.5)
			if (arriving !== undefined) this.#arriving.splice(this.#arriving.indexOf(arriving), 1);
			const expectedBytes = view.uint(OptionNumber.size1);
			if (expectedBytes > this.#limits.bodyBytes) return BODY_TOO_LARGE;
			if (this.#arriving.length >= this.#limits.bodies) this.#arriving.shift();
			const subject = { code: view.code, optionBytes: view.bytes.slice(view.optionsAt, view.optionsEnd) };
			arriving = { subject, body: new Body(Math.max(expectedBytes, 0), this.#limits.bodyBytes), expiryMs };
			this.#arriving.push(arriving);
		}
		if (arriving === undefined) return BLOCK_INCOMPLETE;
		if (at > 0 && hasMore(block) && arriving.body.endsWith(view.bytes, view.payloadAt, view.end, at)) return "continue";
		if (arriving.body.length !== at) return BLOCK_INCOMPLETE;
		const fits = arriving.body.append(view.bytes, view.payloadAt, view.end);
		if (!fits || !hasMore(block)) this.#arriving.splice(this.#arriving.indexOf(arriving), 1);
		if (!fits) return BODY_TOO_LARGE;
		arriving.expiryMs = expiryMs;
		return hasMore(block) ? "continue" : arriving.body.whole();
	}

	/** Keeps an answer whose body goes out by blocks; an older one about the same goes. */
	depart(subject: Subject, answer: Answer, body: Uint8Array, expiryMs: number): Departing<Answer> {
		const same = this.#departing.findIndex((other) => this.#matcher.same(other.subject, subject));
		if (same >= 0) this.#departing.splice(same, 1);
		else if (this.#departing.length >= this.#limits.bodies) this.#departing.shift();
		const departing = { subject, answer, mark: bodyMark(body), expiryMs };
		this.#departing.push(departing);
		return departing;
	}

	/** The answer this request wants a further block of. */
	departing(view: MessageView): Departing<Answer> | undefined {
		for (let index = 0; index < this.#departing.length; index++) {
			if (this.#matcher.matches(view, this.#departing[index]!.subject)) return this.#departing[index];
		}
		return undefined;
	}

	/** The last block went out. */
	departed(departing: Departing<Answer>): void {
		const index = this.#departing.indexOf(departing);
		if (index >= 0) this.#departing.splice(index, 1);
	}

	/** Lets go of what nobody continued. */
	poll(nowMs: number): void {
		if (this.#arriving.some(({ expiryMs }) => expiryMs <= nowMs)) {
			this.#arriving = this.#arriving.filter(({ expiryMs }) => expiryMs > nowMs);
		}
		if (this.#departing.some(({ expiryMs }) => expiryMs <= nowMs)) {
			this.#departing = this.#departing.filter(({ expiryMs }) => expiryMs > nowMs);
		}
	}

	clear(): void {
		this.#arriving = [];
		this.#departing = [];
	}

	get size(): number {
		return this.#arriving.length + this.#departing.length;
	}
}
