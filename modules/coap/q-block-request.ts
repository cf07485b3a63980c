import { equalBytes } from "../bytes.ts";
import { blockSizeBytes, hasMore, isWellSized, sizeExponent } from "./block.ts";
import { Code, isSuccess } from "./code.ts";
import type { PeerCore } from "./extension.ts";
import { MessageType, type MessageView } from "./message.ts";
import type { Sender, Sending } from "./message-layer.ts";
import type { Failure, RequestOptions } from "./operation.ts";
import { OptionNumber } from "./option.ts";
import { type BlockCarrier, Emission } from "./q-block-emission.ts";
import {
	ABSENT,
	BROKEN,
	missingBlocksFormat,
	type QBlockReader,
	type QBlockTuning,
	qBlock1,
	qBlock2,
	readMissing,
} from "./q-block-option.ts";
import { Reception } from "./q-block-reception.ts";
import { Response, wholeOf } from "./received.ts";
import { type BlockCutter, Body, bodySize } from "./stream.ts";

/** What the requests of one peer share. */
export interface QBlockShared {
	readonly core: PeerCore;
	readonly tuning: QBlockTuning;
	readonly reader: QBlockReader;
	readonly cutter: BlockCutter;
	/** For block numbers, from one line to the next. */
	readonly numbers: number[];
	/** Whether they know Q-Block; undefined until the first answer (RFC 9177 §4.1). */
	isKnown: boolean | undefined;
}

/** One request of ours whose body, or its answer's, goes by Q-Block (RFC 9177 §4.3, §4.4). */
export class QBlockRequest implements Sender, BlockCarrier {
	readonly id: number;
	readonly options: RequestOptions;
	/** Its first bytes are the request's own, the last two count messages: every message has a token of its own. */
	readonly token: Uint8Array;
	/** It is over: what became of it, for the owner to tell and forget. "plain": to be asked again by plain blocks. */
	end: Response | Failure | "plain" | undefined;
	readonly #shared: QBlockShared;
	readonly #exponent: number;
	readonly #tag: Uint8Array;
	#messages = 0;
	/** Our body takes more than one block. */
	#hasBlocks = false;
	#emission: Emission | undefined;
	#reception: Reception | undefined;
	#eTag: Uint8Array | undefined;
	#formerETag: Uint8Array | undefined;
	/** When waiting for a separate response ends; the parts have clocks of their own. */
	#dueMs = Number.POSITIVE_INFINITY;
	/** Where the answer is to begin. */
	#offset = 0;

	/**
	 * @param token its last two bytes are free
	 * @param tag the Request-Tag of the body that goes out
	 */
	constructor(shared: QBlockShared, id: number, options: RequestOptions, token: Uint8Array, tag: Uint8Array) {
		this.id = id;
		this.options = options;
		this.token = token;
		this.#shared = shared;
		this.#tag = tag;
		this.#exponent = sizeExponent(shared.core.limits.blockSizeBytes);
	}

	/** Sends the first messages. */
	start(nowMs: number): void {
		const { core, cutter, tuning, isKnown } = this.#shared;
		const { options } = this;
		const { code, resume } = options;
		if (resume !== undefined && code === Code.get && resume.offset % (16 << this.#exponent) === 0)
			this.#offset = resume.offset;
		if (!cutter.cut(options, 0, 16 << this.#exponent)) this.end = "refused";
		else if (!cutter.hasMore) this.ask(nowMs);
		else {
			this.#hasBlocks = true;
			this.#emission = new Emission(this, cutter, options, this.#exponent, tuning, core.tuning, core.dice);
			if (isKnown === undefined) this.#emission.send(0, nowMs);
			else this.#emission.sendSet(nowMs);
		}
	}

	/** Whether a token is one of this request's. */
	owns(view: MessageView): boolean {
		const size = this.token.length;
		if (view.optionsAt - view.tokenAt !== size) return false;
		for (let index = 0; index < size - 2; index++) {
			if (view.bytes[view.tokenAt + index] !== this.token[index]) return false;
		}
		return true;
	}

	/** A block of our body (RFC 9177 §4.3). */
	carry(_emission: Emission, number: number, cutter: BlockCutter, nowMs: number): void {
		const isFirst = this.#messages === 0 && this.#shared.isKnown === undefined;
		const writer = this.startExchange(isFirst, true);
		writer.uint(qBlock1, number * 16 + (cutter.hasMore ? 8 : 0) + this.#exponent).uint(qBlock2, 8 + this.#exponent);
		writer.uint(OptionNumber.size1, bodySize(this.options)).opaque(OptionNumber.requestTag, this.#tag);
		this.finish(writer.payload(cutter.bytes, cutter.at, cutter.end).finish(), isFirst, nowMs);
	}

	heard(what: Sending, nowMs: number): void {
		if (what === "rejected") this.lacks();
		else if (what === "unheard") this.end = "timedOut";
		else if (what === "acknowledged") {
			// §4.3: blocks are acknowledged, and the response comes when all are there
			if (this.#emission !== undefined) {
				this.#emission.sendSet(nowMs);
				this.check(this.#emission);
			} else this.#dueMs = nowMs + this.#shared.core.tuning.responseTimeoutMs;
		}
	}

	/** A response with one of our tokens. */
	answered(view: MessageView, nowMs: number): void {
		const { core, reader } = this.#shared;
		core.layer.drop(this); // whatever answers one of our messages answers the Confirmable one too
		core.layer.startNext(nowMs);
		if (view.code === Code.badOption && this.#shared.isKnown === undefined) {
			this.lacks();
			return;
		}
		if (this.#emission !== undefined && this.isHasty(this.#emission, view)) {
			this.lacks();
			return;
		}
		if (this.#emission !== undefined && this.goesOn(this.#emission, view, nowMs)) return;
		this.#dueMs = Number.POSITIVE_INFINITY;
		const block = reader.one(view, qBlock2);
		if (block === BROKEN) this.end = "malformed";
		else if (!isSuccess(view.code)) this.deliver(view, undefined);
		else if (view.find(OptionNumber.block2) && view.option.uint >= 8) this.lacks();
		else if (block === ABSENT && (this.options.sink === undefined || view.payloadAt === view.end))
			this.deliver(view, undefined);
		else this.gotBlock(view, block === ABSENT ? 6 : block, block === ABSENT, nowMs);
	}

	poll(nowMs: number): void {
		const emission = this.#emission;
		const reception = this.#reception;
		if (emission !== undefined && emission.dueMs <= nowMs) {
			const wasOut = emission.isOut;
			if (!emission.poll(nowMs)) this.end = "timedOut";
			// Beyond RFC 9177: the last block once more asks for the response, which may be lost too
			else if (wasOut) emission.send(emission.next - 1, nowMs);
			this.check(emission);
		}
		if (reception !== undefined) this.act(reception.poll(nowMs), nowMs);
		if (this.#dueMs <= nowMs) this.end = "timedOut";
	}

	get dueMs(): number {
		return Math.min(this.#dueMs, this.#emission?.dueMs ?? this.#dueMs, this.#reception?.dueMs ?? this.#dueMs);
	}

	/**
	 * Whether a success answers the first of several blocks: from a server that passes over critical options it does not
	 * know, against RFC 7252 §5.4.1, and took that block for all of the body (aiocoap 0.4.17, Californium 3.14.0).
	 */
	private isHasty(emission: Emission, view: MessageView): boolean {
		const isFinal = isSuccess(view.code) && view.code !== Code.continue;
		const isFirst = this.#shared.isKnown === undefined && !emission.isOut;
		return isFinal && isFirst && this.#shared.reader.one(view, qBlock1) === ABSENT;
	}

	/** Whether a response to a part of our body keeps it going. */
	private goesOn(emission: Emission, view: MessageView, nowMs: number): boolean {
		const { numbers, reader, tuning } = this.#shared;
		if (view.code === Code.continue) {
			this.#shared.isKnown = true;
			const block = reader.one(view, qBlock1);
			emission.goOn(block >= 0 ? (block >>> 4) + 1 : emission.next, nowMs);
			this.check(emission);
			return true;
		}
		if (view.code !== Code.requestEntityIncomplete) {
			this.#emission = undefined;
			this.#shared.isKnown ??= reader.one(view, qBlock2) !== ABSENT ? true : undefined;
			return false;
		}
		if (view.uint(OptionNumber.contentFormat) !== missingBlocksFormat) return false;
		this.#shared.isKnown = true;
		if (readMissing(view.bytes, view.payloadAt, view.end, tuning.maxPayloads, numbers)) emission.resend(numbers, nowMs);
		this.check(emission);
		return true;
	}

	/** One block of the answer (RFC 9177 §4.4). @param isWhole it is all of it, of whatever size */
	private gotBlock(view: MessageView, block: number, isWhole: boolean, nowMs: number): void {
		const size = view.end - view.payloadAt;
		const eTag = view.find(OptionNumber.eTag) ? view.bytes.slice(view.option.at, view.option.end) : undefined;
		if (!isWhole) this.#shared.isKnown = true;
		if (!isWhole && ((block & 7) > this.#exponent || !isWellSized(block, size))) {
			this.end = "malformed";
			return;
		}
		if (this.#reception !== undefined && !isSame(eTag, this.#eTag)) {
			if (this.#formerETag === undefined && !this.#hasBlocks) {
				this.#formerETag = this.#eTag ?? new Uint8Array(0);
				this.#reception = undefined;
				this.ask(nowMs);
			} else if (!isSame(eTag, this.#formerETag)) this.end = "changed"; // else a straggler of the body before
			return;
		}
		const reception = this.#reception ?? this.begin(view, block, isWhole ? size : ABSENT, eTag, nowMs);
		if (reception === undefined) return;
		const number = block >>> 4;
		if (reception.refusal === undefined && (isWhole || blockSizeBytes(block) === 16 << reception.exponent)) {
			this.act(reception.take(number, !isWhole && hasMore(block), view.bytes, view.payloadAt, view.end, nowMs), nowMs);
		}
		if (reception.refusal !== undefined) {
			this.end = reception.refusal === Code.requestEntityTooLarge ? "tooLarge" : "refused";
		} else if (reception.isDone) this.deliver(view, reception);
	}

	/** The first block that came. @returns undefined when it is of the body before */
	private begin(view: MessageView, block: number, size: number, eTag: Uint8Array | undefined, nowMs: number) {
		if (this.#formerETag !== undefined && isSame(eTag, this.#formerETag)) return undefined;
		const { core, tuning } = this.#shared;
		const { resume, sink = new Body(core.limits.bodyBytes) } = this.options;
		const goesOn = this.#offset > 0 && size < 0 && isSame(eTag, resume?.eTag);
		const offset = goesOn ? this.#offset : 0;
		const announced = size < 0 ? view.uint(OptionNumber.size2) : size;
		const reception = new Reception(sink, block & 7, tuning, offset / blockSizeBytes(block));
		this.#reception = reception;
		this.#eTag = eTag;
		reception.refusal = sink.begin(offset, announced < 0 ? undefined : announced, eTag);
		if (this.#offset > 0 && !goesOn && block >= 16) this.ask(nowMs); // another body: from its start
		return reception;
	}

	private act(due: "nothing" | "done" | "continue" | "ask" | "giveUp", nowMs: number): void {
		if (due === "giveUp") this.end = "timedOut";
		else if (due === "continue" || due === "ask") this.ask(nowMs);
	}

	/** Asks for all of the answer, in a Confirmable message, or for what is missing of it (RFC 9177 §4.4). */
	private ask(nowMs: number): void {
		const { cutter, numbers } = this.#shared;
		const { options } = this;
		const reception = this.#reception;
		const isFirst = reception === undefined;
		const hasBody = options.payload !== undefined || options.source !== undefined;
		const writer = this.startExchange(isFirst, isFirst && hasBody);
		if (isFirst) writer.uint(qBlock2, (this.#offset >> (this.#exponent + 4)) * 16 + 8 + this.#exponent);
		else if (reception.isBetweenSets) writer.uint(qBlock2, reception.next * 16 + 8 + reception.exponent);
		else {
			reception.missing(numbers);
			for (const number of numbers) writer.uint(qBlock2, number * 16 + reception.exponent);
		}
		if (this.#hasBlocks) writer.opaque(OptionNumber.requestTag, this.#tag);
		if (isFirst && hasBody && cutter.cut(options, 0, 16 << this.#exponent)) {
			writer.payload(cutter.bytes, cutter.at, cutter.end);
		}
		this.finish(writer.finish(), isFirst, nowMs);
	}

	private deliver(view: MessageView, reception: Reception | undefined): void {
		this.end = new Response(view, reception && wholeOf(reception.sink), undefined);
	}

	private check(emission: Emission): void {
		if (emission.isBroken) this.end = "refused";
	}

	/** They do not know Q-Block: plain blocks from now on (RFC 9177 §4.1). */
	private lacks(): void {
		this.#shared.isKnown = false;
		this.end = "plain";
	}

	private startExchange(isConfirmable: boolean, hasBody: boolean) {
		const { layer } = this.#shared.core;
		const { options, token } = this;
		this.#messages += 1;
		token[token.length - 2] = this.#messages >> 8;
		token[token.length - 1] = this.#messages;
		const type = isConfirmable ? MessageType.confirmable : MessageType.nonConfirmable;
		const writer = layer.writer.start(type, options.code, layer.takeMessageId(), token);
		if (options.options !== undefined) writer.with(options.options);
		writer.strings(OptionNumber.uriPath, options.path);
		writer.uint(OptionNumber.contentFormat, hasBody ? options.contentFormat : undefined);
		return writer.strings(OptionNumber.uriQuery, options.query).uint(OptionNumber.accept, options.accept);
	}

	private finish(bytes: Uint8Array | undefined, isConfirmable: boolean, nowMs: number): void {
		const { layer } = this.#shared.core;
		if (bytes === undefined) this.end = "tooLarge";
		else if (isConfirmable) layer.confirm(bytes, (bytes[2]! << 8) | bytes[3]!, this, nowMs);
		else layer.post(bytes);
	}
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
	return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
