import { type Fault, fault } from "../bytes.ts";
import { blockExponent, blockOffset, hasMore, isWellSized, markOf, reservedExponent } from "./block.ts";
import { Code } from "./code.ts";
import type { MessageView } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { isAbout, isSameSubject, type Subject } from "./same-resource.ts";
import { Body, type BodySink, type Content } from "./stream.ts";
import type { Limits } from "./tuning.ts";

export const BLOCK_RESERVED = fault("coap.blockReserved", Code.badRequest, "RFC 7959 §2.2");
export const BLOCK_SIZE = fault("coap.blockSize", Code.badRequest, "RFC 7959 §2.2");
export const BLOCK_INCOMPLETE = fault("coap.blockIncomplete", Code.requestEntityIncomplete, "RFC 7959 §2.9.2");
export const BODY_TOO_LARGE = fault("coap.bodyTooLarge", Code.requestEntityTooLarge, "RFC 7959 §2.9.3");

interface Arriving {
	readonly subject: Subject;
	readonly sink: BodySink;
	/** How much the sink has, and the mark of its newest block. */
	length: number;
	mark: number;
	expiryMs: number;
}

/** Who says where a request's body goes. */
export interface SinkChooser {
	/** The consumer for the body whose first block this is. */
	sinkFor(view: MessageView, nowMs: number): BodySink;
}

/** A response larger than one block, kept while the other endpoint fetches it. */
export interface Departing<Answer> {
	readonly subject: Subject;
	readonly answer: Answer;
	/** Its ETag, so that blocks of two bodies are never mixed (RFC 7959 §2.4); a producer may have none. */
	readonly eTag: Uint8Array | undefined;
	expiryMs: number;
}

/**
 * Bodies of one peer that move by blocks: theirs being put together (Block1), ours being handed out (Block2). At
 * most Limits.bodies each way: the oldest makes room, and its next block is answered 4.08, or asks the application
 * again.
 */
export class Bodies<Answer extends Content> {
	private readonly limits: Limits;
	private readonly allowsBert: boolean;
	private coming: Arriving[] = [];
	private leaving: Departing<Answer>[] = [];

	constructor(limits: Limits, allowsBert: boolean) {
		this.limits = limits;
		this.allowsBert = allowsBert;
	}

	/**
	 * Takes one block of a request's body (RFC 7959 §2.5).
	 * @param block the value of its Block1 option
	 * @param lifetimeMs how long the transfer waits for the next block
	 * @returns the consumer that has the whole body now; a Fault when the block was not taken, which does no harm to a
	 *   transfer under way; or a response code: 2.31, or with what the consumer refuses the body
	 */
	arrive(
		view: MessageView,
		block: number,
		chooser: SinkChooser,
		nowMs: number,
		lifetimeMs: number,
	): BodySink | Fault | number {
		const at = blockOffset(block);
		if (blockExponent(block) === reservedExponent && !this.allowsBert) return BLOCK_RESERVED;
		if (!isWellSized(block, view.end - view.payloadAt)) return BLOCK_SIZE;
		let arriving: Arriving | undefined;
		for (let index = 0; index < this.coming.length && arriving === undefined; index++) {
			if (isAbout(view, this.coming[index]!.subject)) arriving = this.coming[index];
		}
		if (at === 0) {
			// the first block starts anew, whatever was there (RFC 7959 §2.5)
			if (arriving !== undefined) this.abandon(arriving);
			const sink = chooser.sinkFor(view, nowMs);
			const sizeBytes = view.uint(OptionNumber.size1);
			const refusal = sink.begin(0, sizeBytes < 0 ? undefined : sizeBytes, undefined);
			if (refusal !== undefined) return sink instanceof Body ? BODY_TOO_LARGE : refusal;
			if (this.coming.length >= this.limits.bodies) this.abandon(this.coming[0]!);
			const subject = { code: view.code, optionBytes: view.bytes.slice(view.optionsAt, view.optionsEnd) };
			arriving = { subject, sink, length: 0, mark: 0, expiryMs: 0 };
			this.coming.push(arriving);
		}
		if (arriving === undefined) return BLOCK_INCOMPLETE;
		const { sink } = arriving;
		const mark = markOf(view.bytes, view.payloadAt, view.end);
		const length = at + view.end - view.payloadAt;
		// the newest block once more, in a message of its own
		if (at > 0 && hasMore(block) && arriving.length === length && arriving.mark === mark) return Code.continue;
		if (arriving.length !== at) return BLOCK_INCOMPLETE;
		const refusal = sink.write(at, view.bytes, view.payloadAt, view.end);
		if (refusal !== undefined || !hasMore(block)) this.coming.splice(this.coming.indexOf(arriving), 1);
		if (refusal !== undefined) return sink instanceof Body ? BODY_TOO_LARGE : refusal;
		arriving.length = length;
		arriving.mark = mark;
		arriving.expiryMs = nowMs + lifetimeMs;
		return hasMore(block) ? Code.continue : sink;
	}

	/** Keeps an answer whose body goes out by blocks; an older one about the same goes. */
	depart(subject: Subject, answer: Answer, eTag: Uint8Array | undefined, expiryMs: number): Departing<Answer> {
		this.forget(subject);
		if (this.leaving.length >= this.limits.bodies) this.leaving.shift();
		const departing = { subject, answer, eTag, expiryMs };
		this.leaving.push(departing);
		return departing;
	}

	/** Lets go of the answer about the same. */
	forget(subject: Subject): void {
		const same = this.leaving.findIndex((other) => isSameSubject(other.subject, subject));
		if (same >= 0) this.leaving.splice(same, 1);
	}

	/** The answer this request wants a further block of. */
	departing(view: MessageView): Departing<Answer> | undefined {
		for (let index = 0; index < this.leaving.length; index++) {
			if (isAbout(view, this.leaving[index]!.subject)) return this.leaving[index];
		}
		return undefined;
	}

	/** The last block went out. */
	departed(departing: Departing<Answer>): void {
		const index = this.leaving.indexOf(departing);
		if (index >= 0) this.leaving.splice(index, 1);
	}

	/** Lets go of what nobody continued. */
	poll(nowMs: number): void {
		for (let index = this.coming.length - 1; index >= 0; index--) {
			if (this.coming[index]!.expiryMs <= nowMs) this.abandon(this.coming[index]!);
		}
		if (this.leaving.some(({ expiryMs }) => expiryMs <= nowMs)) {
			this.leaving = this.leaving.filter(({ expiryMs }) => expiryMs > nowMs);
		}
	}

	clear(): void {
		while (this.coming.length > 0) this.abandon(this.coming[0]!);
		this.leaving = [];
	}

	private abandon(arriving: Arriving): void {
		this.coming.splice(this.coming.indexOf(arriving), 1);
		arriving.sink.abandoned?.();
	}

	get size(): number {
		return this.coming.length + this.leaving.length;
	}
}
