import { assert } from "../bytes.ts";
import type { Entropy } from "../host.ts";
import type { Abilities } from "./ability.ts";
import {
	blockExponent,
	blockOffset,
	blockSizeBytes,
	blockValue,
	hasMore,
	isWellSized,
	reservedExponent,
} from "./block.ts";
import { Code, isSuccess } from "./code.ts";
import { MessageType, type MessageView } from "./message.ts";
import type { Layer, Sending } from "./message-layer.ts";
import { isFresher } from "./observe.ts";
import {
	type Failure,
	NONE,
	Operation,
	type OperationOwner,
	observationOf,
	type RequestListener,
	type RequestOptions,
	resumed,
	sameMark,
} from "./operation.ts";
import { OptionNumber } from "./option.ts";
import { Response, wholeOf } from "./received.ts";
import { BlockCutter, Body, bodySize } from "./stream.ts";
import { Tokens } from "./tokens.ts";
import type { Limits, Tuning } from "./tuning.ts";

export type { RequestListener } from "./operation.ts";

/** The client's side: requests of ours, observations of theirs (RFC 7252 §5.2, RFC 7641 §3, RFC 7959). */
export class Requester implements OperationOwner {
	private readonly layer: Layer;
	private readonly listener: RequestListener;
	private readonly tuning: Tuning;
	private readonly limits: Limits;
	private readonly abilities: Abilities | undefined;
	readonly tokens: Tokens;
	private lastId = 0;
	private operations: Operation[] = [];

	constructor(
		layer: Layer,
		entropy: Entropy,
		listener: RequestListener,
		tuning: Tuning,
		limits: Limits,
		abilities: Abilities | undefined,
	) {
		assert(limits.requests < 256 ** Math.max(tuning.tokenBytes, 1) / 4, "tokens too short for so many requests");
		this.layer = layer;
		this.listener = listener;
		this.tuning = tuning;
		this.limits = limits;
		this.abilities = abilities;
		this.tokens = new Tokens(entropy, tuning.tokenBytes);
	}

	/** See Peer.request. */
	request(options: RequestOptions, nowMs: number, id = this.takeId()): number {
		const operation = new Operation(this, id, options, this.layer.exponent);
		const former = options.observe === 1 ? observationOf(this.operations, options) : undefined;
		let token = NONE;
		if (former !== undefined) {
			token = former.observation >= 0 ? former.observation : former.token;
			this.remove(former);
		}
		if (this.operations.length >= 2 * this.limits.requests) return 0;
		this.operations.push(operation);
		if (this.operations.length > this.limits.requests) this.doom(operation, "full", nowMs);
		else
			this.send(
				operation,
				token >= 0 ? token : this.tokens.draw(operation, this.operations),
				resumed(options, this.layer.exponent),
				nowMs,
			);
		return operation.id;
	}

	/** The id of one more request. */
	takeId(): number {
		this.lastId += 1;
		return this.lastId;
	}

	/** See Peer.cancel. */
	cancel(requestId: number): void {
		const operation = this.operations.find((candidate) => candidate.id === requestId);
		if (operation !== undefined) this.remove(operation);
	}

	/** What was asked for; undefined when that has ended. */
	optionsOf(requestId: number): RequestOptions | undefined {
		return this.operations.find(({ id }) => id === requestId)?.options;
	}

	/** Who waits for this response: by Message ID and token when it is piggybacked, else by token (RFC 7252 §5.3.2). */
	match(view: MessageView): Operation | undefined {
		const token = this.tokens.of(view);
		if (token < 0) return undefined;
		for (let index = 0; index < this.operations.length; index++) {
			const operation = this.operations[index]!;
			if (view.type === MessageType.acknowledgement) {
				if (operation.token === token && operation.messageId === view.messageId) return operation;
			} else if (operation.observation === token || (operation.token === token && operation.state !== "queued"))
				return operation;
		}
		return undefined;
	}

	/** Takes a response that match() assigned to `operation`. */
	answered(operation: Operation, view: MessageView, nowMs: number): void {
		const token = this.tokens.of(view);
		const sequence = view.uint(OptionNumber.observe);
		const wanted = operation.options.observe;
		if (operation.observation === token) {
			const isOrdered = this.layer.isReliable; // then the number says nothing (RFC 8323 Appendix A.1)
			if (!isOrdered && sequence >= 0 && !isFresher(sequence, nowMs, operation.sequence, operation.seenMs)) return;
			this.abandon(operation); // a newer state makes the blocks of the older one useless
		} else {
			if (wanted === 1 && sequence >= 0) return; // a notification that was on its way when we ended the observation
			if (operation.step("answered") === "ignore") return;
			this.tokens.answered(token, view);
			this.layer.drop(operation);
			this.layer.startNext(nowMs);
		}
		if (operation.observation === token || (operation.observation < 0 && wanted === 0)) {
			const goesOn = sequence >= 0 && isSuccess(view.code);
			operation.observation = goesOn ? token : NONE;
			operation.sequence = sequence;
			operation.seenMs = nowMs;
		}
		if (this.isToRetry(operation, view, nowMs)) return;
		if (view.code === Code.continue || view.code === Code.requestEntityTooLarge) {
			if (this.sentBlock(operation, view, nowMs)) return;
		}
		const block = view.uint(OptionNumber.block2);
		const isPart = block >= 0 && (operation.sink !== undefined || block >> 3 !== 0);
		const isStreamed = operation.options.sink !== undefined && (block >= 0 || view.payloadAt < view.end);
		if (isSuccess(view.code) && (isPart || isStreamed)) this.gotBlock(operation, view, block, nowMs);
		else this.deliver(operation, view, undefined, nowMs);
	}

	/** Ends a request whose response made no sense. */
	fail(operation: Operation, reason: Failure, nowMs: number): void {
		if (!this.remove(operation)) return;
		this.layer.startNext(nowMs);
		this.listener.failed(operation.id, reason, nowMs);
	}

	/** What became of the operation's Confirmable message. */
	heard(operation: Operation, what: Sending, nowMs: number): void {
		const action = operation.step(what);
		if (action === "await") {
			operation.dueMs = nowMs + this.tuning.responseTimeoutMs;
			if (this.abilities?.responseTo(operation) === "none") this.fail(operation, "suppressed", nowMs);
		} else if (action === "fail") this.fail(operation, what === "rejected" ? "reset" : "timedOut", nowMs);
	}

	/** A Reset for a Non-confirmable request (RFC 7252 §4.3). */
	rejected(messageId: number, nowMs: number): void {
		const operation = this.operations.find((candidate) => candidate.messageId === messageId);
		if (operation?.options.type === "nonConfirmable") this.heard(operation, "rejected", nowMs);
	}

	poll(nowMs: number): void {
		for (let index = 0; index < this.operations.length; ) {
			const operation = this.operations[index]!;
			if (operation.dueMs > nowMs) {
				index += 1;
				continue;
			}
			const heldBlock2 = operation.heldBlock2;
			if (heldBlock2 !== undefined) {
				operation.heldBlock2 = undefined;
				operation.dueMs = Number.POSITIVE_INFINITY;
				this.send(operation, operation.token, heldBlock2, nowMs);
				index += operation.dueMs > nowMs ? 1 : 0;
				continue;
			}
			if (operation.doomed === undefined) operation.step("overdue");
			const silence = this.abilities?.responseTo(operation) === undefined ? "timedOut" : "suppressed";
			this.fail(operation, operation.doomed ?? silence, nowMs);
			index = 0; // the listener may have changed everything
		}
	}

	get deadlineMs(): number {
		let deadlineMs = Number.POSITIVE_INFINITY;
		for (let index = 0; index < this.operations.length; index++) {
			if (this.operations[index]!.dueMs < deadlineMs) deadlineMs = this.operations[index]!.dueMs;
		}
		return deadlineMs;
	}

	get size(): number {
		return this.operations.length;
	}

	/** Forgets all; with a time, each request hears that it failed. */
	clear(nowMs: number | undefined, reason: Failure = "cancelled"): void {
		const operations = this.operations;
		this.operations = [];
		this.tokens.clear();
		if (nowMs !== undefined) for (const { id } of operations) this.listener.failed(id, reason, nowMs);
	}

	/** Sends the operation's next message: its request, one block of it, or a request for one block of the response. */
	private send(operation: Operation, token: number, block2: number, nowMs: number): void {
		if (this.isHeld(operation, token, block2, nowMs)) return;
		const { options } = operation;
		const isConfirmable = options.type !== "nonConfirmable" && !this.layer.isReliable;
		const asksForMore = block2 >= 16;
		const exponent = operation.exponent;
		const messageId = this.layer.takeMessageId();
		const type = isConfirmable ? MessageType.confirmable : MessageType.nonConfirmable;
		const writer = this.layer.writer.start(type, options.code, messageId, this.tokens.bytesOf(token));
		const others = this.abilities?.optionsFor(operation, this.operations) ?? options.options;
		if (others !== undefined) writer.with(others);
		if (operation.observation < 0 && !asksForMore) writer.uint(OptionNumber.observe, options.observe);
		writer.strings(OptionNumber.uriPath, options.path).uint(OptionNumber.contentFormat, options.contentFormat);
		writer.strings(OptionNumber.uriQuery, options.query).uint(OptionNumber.accept, options.accept);
		if (asksForMore) writer.uint(OptionNumber.block2, block2);
		else if (options.code === Code.get && this.layer.exponent < 6)
			writer.uint(OptionNumber.block2, this.layer.exponent);
		if (!asksForMore && (options.payload !== undefined || options.source !== undefined)) {
			const at = operation.sentBytes;
			const cutter = new BlockCutter();
			if (!cutter.cut(options, at, this.layer.blockBytes(exponent))) {
				this.doom(operation, "refused", nowMs);
				return;
			}
			operation.sentSize = cutter.size;
			operation.sendsMore = cutter.hasMore;
			if (cutter.hasMore || at > 0) writer.uint(OptionNumber.block1, blockValue(at, cutter.hasMore, exponent));
			if (cutter.hasMore && at === 0) writer.uint(OptionNumber.size1, bodySize(options));
			writer.payload(cutter.bytes, cutter.at, cutter.end);
		}
		const bytes = writer.finish();
		if (bytes === undefined) {
			this.doom(operation, "tooLarge", nowMs);
			return;
		}
		operation.step("posted");
		operation.token = token;
		operation.messageId = messageId;
		if (isConfirmable) this.layer.confirm(bytes, messageId, operation, nowMs);
		else {
			this.layer.post(bytes);
			operation.step("started");
			if (this.abilities?.responseTo(operation) === "none") this.doom(operation, "suppressed", nowMs);
			else operation.dueMs = nowMs + this.tuning.responseTimeoutMs;
		}
	}

	/** Keeps the next message back for as long as an ability says. @returns whether it does */
	private isHeld(operation: Operation, token: number, block2: number, nowMs: number): boolean {
		const opensAtMs = this.abilities?.opensAtMs(operation, nowMs) ?? nowMs;
		if (opensAtMs === nowMs) return false;
		operation.token = token;
		operation.heldBlock2 = block2;
		operation.dueMs = opensAtMs;
		return true;
	}

	/** Whether an ability had the request sent again instead of delivering this response. */
	private isToRetry(operation: Operation, view: MessageView, nowMs: number): boolean {
		if (this.abilities?.answered(operation, view, nowMs) !== true || operation.hasRetried) return false;
		operation.hasRetried = true;
		this.again(operation, nowMs);
		return true;
	}

	/**
	 * A 2.31 or 4.13 to a block of ours (RFC 7959 §2.3, §2.9). @returns whether it was about a block and is dealt
	 * with
	 */
	private sentBlock(operation: Operation, view: MessageView, nowMs: number): boolean {
		const block = view.uint(OptionNumber.block1);
		const isContinue = view.code === Code.continue;
		const isSmaller = block >= 0 && blockExponent(block) < operation.exponent;
		if (isContinue) {
			if (
				block < 0 ||
				block >>> 4 !== blockValue(operation.sentBytes, false, operation.exponent) >>> 4 ||
				!operation.sendsMore
			) {
				this.fail(operation, "malformed", nowMs);
				return true;
			}
			operation.sentBytes += operation.sentSize;
		} else if (!isSmaller || operation.sentBytes > 0 || operation.sentSize <= blockSizeBytes(block)) {
			return false; // too large in all: the application's to hear
		}
		if (isSmaller) operation.exponent = blockExponent(block);
		this.send(operation, this.tokens.draw(operation, this.operations), NONE, nowMs);
		return true;
	}

	/**
	 * One block of the response (RFC 7959 §2.4), or all of it for a sink: hands it on, and asks for the next or delivers.
	 * @param block the Block2 value, or NONE
	 */
	private gotBlock(operation: Operation, view: MessageView, block: number, nowMs: number): void {
		const size = view.end - view.payloadAt;
		const eTag = view.find(OptionNumber.eTag) ? view.bytes.slice(view.option.at, view.option.end) : undefined;
		const offset = block < 0 ? 0 : blockOffset(block);
		const isNew = operation.sink === undefined || block < 0;
		const resume = resumed(operation.options, this.layer.exponent) < 0 ? undefined : operation.options.resume;
		// a server that begins at 0 where we wanted to go on does so with all of it
		const expected = !isNew ? operation.receivedBytes : offset === 0 ? 0 : (resume?.offset ?? 0);
		const isReserved = blockExponent(block) === reservedExponent && !this.layer.isReliable;
		const fits = block < 0 || (!isReserved && isWellSized(block, size));
		if (!fits || offset !== expected) {
			this.fail(operation, "malformed", nowMs);
			return;
		}
		if (!sameMark(eTag, isNew ? (offset === 0 ? eTag : resume?.eTag) : operation.eTag)) {
			this.restart(operation, nowMs);
			return;
		}
		operation.sink ??= operation.options.sink ?? new Body(this.limits.bodyBytes);
		const { sink } = operation;
		let refusal: number | undefined;
		if (isNew) {
			const sizeBytes = block < 0 ? size : view.uint(OptionNumber.size2);
			operation.eTag = eTag;
			refusal = sink.begin(offset, sizeBytes < 0 ? undefined : sizeBytes, eTag);
		}
		refusal ??= sink.write(offset, view.bytes, view.payloadAt, view.end);
		operation.receivedBytes = offset + size;
		if (refusal !== undefined) {
			this.fail(operation, refusal === Code.requestEntityTooLarge ? "tooLarge" : "refused", nowMs);
		} else if (block < 0 || !hasMore(block)) this.deliver(operation, view, wholeOf(sink), nowMs);
		else {
			const exponent = Math.min(blockExponent(block), this.layer.exponent);
			this.send(
				operation,
				this.tokens.draw(operation, this.operations),
				blockValue(operation.receivedBytes, false, exponent),
				nowMs,
			);
		}
	}

	/** The body changed while we fetched it (RFC 7959 §2.4, ETag): from the start again, once. */
	private restart(operation: Operation, nowMs: number): void {
		if (operation.hasRestarted) {
			this.fail(operation, "changed", nowMs);
			return;
		}
		operation.hasRestarted = true;
		this.again(operation, nowMs);
	}

	private again(operation: Operation, nowMs: number): void {
		operation.sink = undefined;
		operation.sentBytes = 0;
		this.send(operation, this.tokens.draw(operation, this.operations), NONE, nowMs);
	}

	private deliver(operation: Operation, view: MessageView, body: Uint8Array | undefined, nowMs: number): void {
		operation.sink = undefined;
		operation.hasRestarted = operation.hasRetried = false;
		const goesOn = operation.observation >= 0;
		const response = new Response(view, body, goesOn ? operation.sequence : undefined);
		if (!goesOn) this.remove(operation);
		this.listener.responded(operation.id, response, nowMs);
	}

	private doom(operation: Operation, reason: Failure, nowMs: number): void {
		operation.doomed = reason;
		operation.dueMs = nowMs;
	}

	/** Lets go of the exchange under way. */
	private abandon(operation: Operation): void {
		operation.step("cancelled");
		operation.sink = operation.heldBlock2 = undefined;
		this.layer.drop(operation);
	}

	private remove(operation: Operation): boolean {
		const index = this.operations.indexOf(operation);
		if (index < 0) return false;
		this.operations.splice(index, 1);
		this.abandon(operation);
		return true;
	}
}
