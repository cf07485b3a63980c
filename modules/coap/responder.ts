import { type Fault, fault } from "../bytes.ts";
import type { Abilities } from "./ability.ts";
import { type Incoming, type ResponseListener, type ResponseOptions, stepOf } from "./answer.ts";
import { blockExponent, blockOffset, blockValue, bodyMark, reservedExponent } from "./block.ts";
import { BODY_TOO_LARGE, Bodies, type Departing, type SinkChooser } from "./bodies.ts";
import { Code, isIdempotent, isSuccess } from "./code.ts";
import type { Memory } from "./deduplication.ts";
import { MessageType, type MessageView, PROXY_OPTION } from "./message.ts";
import type { Layer, Sending } from "./message-layer.ts";
import { type Observer, type ObserverOwner, Observers } from "./observe.ts";
import { NONE } from "./operation.ts";
import { OptionNumber } from "./option.ts";
import { type Request, requestOf } from "./received.ts";
import type { Subject } from "./same-resource.ts";
import { BlockCutter, Body, type BodySink, bodySize } from "./stream.ts";
import { exchangeLifetimeMs, type Limits, nonLifetimeMs, type Tuning } from "./tuning.ts";

export const TOKEN_TOO_LONG = fault("coap.tokenTooLong", Code.badRequest, "RFC 8974 §2.2.2");
export const HOP_LIMIT = fault("coap.hopLimit", Code.badRequest, "RFC 8768 §3");

/** The server's side: requests of theirs, observers of ours (RFC 7252 §5.2, RFC 7641 §4, RFC 7959). */
export class Responder implements ObserverOwner, SinkChooser {
	private readonly layer: Layer;
	private readonly deduplication: Memory;
	private readonly listener: ResponseListener;
	private readonly tuning: Tuning;
	private readonly limits: Limits;
	private readonly understood: readonly number[];
	private readonly abilities: Abilities | undefined;
	private readonly lifetimeMs: number;
	private readonly bodies: Bodies<ResponseOptions>;
	private incoming: Incoming[] = [];
	private readonly observers: Observers;

	constructor(
		layer: Layer,
		deduplication: Memory,
		listener: ResponseListener,
		tuning: Tuning,
		limits: Limits,
		understood: readonly number[],
		abilities: Abilities | undefined,
	) {
		this.layer = layer;
		this.deduplication = deduplication;
		this.listener = listener;
		this.tuning = tuning;
		this.limits = limits;
		this.understood = understood;
		this.abilities = abilities;
		this.lifetimeMs = exchangeLifetimeMs(tuning);
		this.bodies = new Bodies(limits, layer.isReliable);
		this.observers = new Observers(this, limits.observers);
	}

	/** Takes a request that is no duplicate. */
	receive(view: MessageView, nowMs: number): Fault | undefined {
		const isConfirmable = view.type === MessageType.confirmable;
		const critical = view.criticalFault(this.understood);
		if (critical !== undefined) {
			// who takes us for a proxy hears that we are none, however it asked (RFC 7252 §5.7.2, §5.10.2)
			if (isConfirmable || this.layer.isReliable || critical === PROXY_OPTION) {
				this.refuse(view, critical.reply as number, NONE, undefined, nowMs);
			}
			return critical;
		}
		const hopLimit = view.uint(OptionNumber.hopLimit);
		const isTokenTooLong = view.optionsAt - view.tokenAt > this.limits.longTokenBytes;
		if (isTokenTooLong || hopLimit === 0 || hopLimit > 255) {
			this.refuse(view, Code.badRequest, NONE, undefined, nowMs);
			return isTokenTooLong ? TOKEN_TOO_LONG : HOP_LIMIT;
		}
		const block1 = view.uint(OptionNumber.block1);
		const isPart = block1 >= 0 && (block1 & 8) !== 0;
		const essential = !isPart && !isIdempotent(view.code);
		if (essential && !this.deduplication.hasRoom(nowMs)) {
			this.refuse(view, Code.serviceUnavailable, NONE, this.deduplication.roomAtMs, nowMs);
			return undefined;
		}
		const lifetimeMs = isConfirmable ? this.lifetimeMs : nonLifetimeMs(this.tuning);
		this.deduplication.remember(view.messageId, essential, nowMs, nowMs + lifetimeMs);
		if (block1 < 0) return this.ask(view, block1, undefined, nowMs);
		const arrived = this.bodies.arrive(view, block1, this, nowMs, this.lifetimeMs);
		if (typeof arrived === "number") this.refuse(view, arrived, block1, undefined, nowMs);
		else if ("reply" in arrived) {
			this.refuse(view, arrived.reply as number, block1, undefined, nowMs);
			return arrived;
		} else return this.ask(view, block1, arrived, nowMs);
		return undefined;
	}

	/** Asks the listener where a body that begins to arrive goes. */
	sinkFor(view: MessageView, nowMs: number): BodySink {
		const whole = new Body(this.limits.bodyBytes);
		const head = this.listener.arriving && requestOf(view, new Body(0));
		return (head && this.listener.arriving?.(head, nowMs)) ?? whole;
	}

	/** See Peer.respond. */
	respond(request: Request, response: ResponseOptions, nowMs: number): boolean {
		let index = this.incoming.length - 1;
		while (index >= 0 && this.incoming[index]!.request !== request) index -= 1;
		if (index < 0) return false;
		const incoming = this.incoming[index]!;
		const action = stepOf(incoming, "responded");
		this.incoming.splice(index, 1);
		let observer: Observer | undefined;
		if (request.observe !== undefined) {
			const goesOn = request.observe === 0 && response.observe !== undefined && response.code < 0x80;
			if (goesOn) observer = this.observers.add(request.token, request);
			else this.forgetObserver(request.token);
		}
		if (this.abilities?.suppresses(request, response.code) === true) {
			if (action === "piggyback") this.acknowledge(incoming.messageId, nowMs);
			return true;
		}
		const isPiggybacked = action === "piggyback";
		const type = isPiggybacked
			? MessageType.acknowledgement
			: action === "sendSeparate"
				? MessageType.confirmable
				: MessageType.nonConfirmable;
		const messageId = isPiggybacked ? incoming.messageId : this.layer.takeMessageId();
		const sequence = observer === undefined ? undefined : response.observe;
		const { block1, block2 } = incoming;
		if (observer !== undefined) {
			observer.confirmedMs = nowMs;
			observer.block2 = block2 < 0 ? NONE : block2 & 7;
		}
		const bytes = this.encode(type, messageId, request.token, response, sequence, request, block1, block2, nowMs);
		if (type === MessageType.confirmable) this.confirm(observer, bytes, messageId, nowMs);
		else this.layer.post(bytes);
		if (isPiggybacked) this.deduplication.answered(messageId, bytes, nowMs);
		return sequence !== undefined || response.observe === undefined;
	}

	/** See Peer.notify. */
	notify(token: Uint8Array, response: ResponseOptions, asksForConfirmable: boolean, nowMs: number): boolean {
		const observer = this.observers.find(token) ?? this.observers.add(token, undefined);
		if (observer === undefined) return false;
		if (observer.confirmedMs < 0) observer.confirmedMs = nowMs;
		const isLast = response.code >= 0x80;
		const isDue = asksForConfirmable || nowMs - observer.confirmedMs >= this.tuning.confirmEveryMs;
		const isConfirmable = isDue && !this.layer.isReliable;
		const messageId = this.layer.takeMessageId();
		const type = isConfirmable ? MessageType.confirmable : MessageType.nonConfirmable;
		const sequence = isLast ? undefined : response.observe;
		const subject = observer.code === 0 ? undefined : observer;
		const { block2 } = observer;
		const bytes = this.encode(type, messageId, token, response, sequence, subject, NONE, block2, nowMs);
		if (isLast) this.forgetObserver(token);
		if (isConfirmable) this.confirm(isLast ? undefined : observer, bytes, messageId, nowMs);
		else {
			observer.messageId = messageId;
			this.layer.post(bytes, token);
		}
		return true;
	}

	/** See Peer.forgetObserver. */
	forgetObserver(token: Uint8Array): void {
		const observer = this.observers.remove(token);
		if (observer !== undefined) this.layer.drop(observer);
	}

	/** What became of a Confirmable notification. */
	heard(observer: Observer, what: Sending, nowMs: number): void {
		observer.isUnderWay = false;
		const newer = observer.takeNewer();
		if (what === "acknowledged") {
			observer.confirmedMs = nowMs;
			if (newer !== undefined) this.confirm(observer, newer.bytes, newer.messageId, nowMs);
			else this.listener.observerHeard?.(observer.token);
			return;
		}
		this.gone(observer, what === "rejected" ? "reset" : "timedOut", nowMs);
	}

	/** A Reset for a Non-confirmable notification (RFC 7641 §4.5). */
	rejected(messageId: number, nowMs: number): void {
		const observer = this.observers.findByMessageId(messageId);
		if (observer !== undefined) this.gone(observer, "reset", nowMs);
	}

	poll(nowMs: number): void {
		for (let index = this.incoming.length - 1; index >= 0; index--) {
			const incoming = this.incoming[index]!;
			if (incoming.expiryMs <= nowMs) {
				stepOf(incoming, "expired");
				this.incoming.splice(index, 1);
			} else if (incoming.ackDueMs <= nowMs) {
				stepOf(incoming, "ackDue");
				incoming.ackDueMs = Number.POSITIVE_INFINITY;
				this.acknowledge(incoming.messageId, nowMs);
			}
		}
		this.bodies.poll(nowMs);
	}

	get deadlineMs(): number {
		let deadlineMs = Number.POSITIVE_INFINITY;
		for (let index = 0; index < this.incoming.length; index++) {
			const { ackDueMs, expiryMs } = this.incoming[index]!;
			deadlineMs = Math.min(deadlineMs, ackDueMs, expiryMs);
		}
		return deadlineMs;
	}

	get incomingSize(): number {
		return this.incoming.length;
	}

	get observersSize(): number {
		return this.observers.size;
	}

	get bodiesSize(): number {
		return this.bodies.size;
	}

	clear(): void {
		this.incoming = [];
		this.observers.clear();
		this.bodies.clear();
	}

	/** Serves a further block of what is being fetched, or asks the application. */
	private ask(view: MessageView, block1: number, sink: BodySink | undefined, nowMs: number): Fault | undefined {
		const block2 = view.uint(OptionNumber.block2);
		if (block2 >= 16) {
			const departing = this.bodies.departing(view);
			if (departing !== undefined) {
				this.serve(view, departing, block2, nowMs);
				return undefined;
			}
			if (view.code !== Code.get) {
				this.refuse(view, Code.requestEntityIncomplete, NONE, undefined, nowMs);
				return undefined;
			}
		}
		const request = requestOf(view, sink);
		if (request === undefined || (block2 >= 0 && this.isReserved(block2))) {
			this.refuse(view, Code.badRequest, NONE, undefined, nowMs);
			return undefined;
		}
		if (this.incoming.length >= this.limits.incoming) {
			this.refuse(view, Code.serviceUnavailable, NONE, nowMs + this.tuning.ackTimeoutMs, nowMs);
			return undefined;
		}
		const isConfirmable = view.type === MessageType.confirmable;
		const incoming: Incoming = {
			request,
			messageId: view.messageId,
			block1,
			block2,
			state: isConfirmable ? "owing" : "nonConfirmable",
			ackDueMs: isConfirmable ? nowMs + this.tuning.ackDelayMs : Number.POSITIVE_INFINITY,
			expiryMs: nowMs + this.lifetimeMs,
		};
		this.incoming.push(incoming);
		this.listener.requested(request, nowMs);
		return undefined;
	}

	/** Answers by ourselves, without the application. @param retryAtMs goes out as Max-Age (RFC 7252 §5.9.3.4) */
	private refuse(view: MessageView, code: number, block1: number, retryAtMs: number | undefined, nowMs: number): void {
		const writer = this.answer(view, code);
		if (retryAtMs !== undefined) writer.uint(OptionNumber.maxAge, Math.max(1, Math.ceil((retryAtMs - nowMs) / 1000)));
		if (block1 >= 0) {
			// only where more is wanted: with an error a smaller size would ask for another try (RFC 7959 §2.9.3)
			const { exponent: wanted, isReliable } = this.layer;
			const largest = code === Code.continue && wanted < 6 ? wanted : isReliable ? reservedExponent : 6;
			const exponent = Math.min(blockExponent(block1), largest);
			writer.uint(OptionNumber.block1, (block1 & ~7) | exponent);
			if (code === BODY_TOO_LARGE.reply) writer.uint(OptionNumber.size1, this.limits.bodyBytes);
		}
		const isSuppressed = code !== Code.continue && this.abilities?.suppresses(view, code) === true;
		const bytes = isSuppressed ? undefined : writer.finish(); // undefined too where their token leaves no room for it
		if (bytes !== undefined) this.postAnswer(view, bytes, nowMs);
		else if (view.type === MessageType.confirmable) this.acknowledge(view.messageId, nowMs);
	}

	/** Acknowledges a request of theirs, and nothing more. */
	private acknowledge(messageId: number, nowMs: number): void {
		const bytes = this.layer.postEmpty(MessageType.acknowledgement, messageId);
		this.deduplication.answered(messageId, bytes, nowMs);
	}

	/** Answers with one more block of `departing` (RFC 7959 §2.4). */
	private serve(view: MessageView, departing: Departing<ResponseOptions>, block2: number, nowMs: number): void {
		const { answer, eTag } = departing;
		const at = blockOffset(block2);
		const exponent = Math.min(blockExponent(block2), this.layer.exponent);
		const cutter = new BlockCutter();
		const isReserved = this.isReserved(block2);
		const isThere = isReserved || cutter.cut(answer, at, this.layer.blockBytes(exponent));
		if (isReserved || !isThere || cutter.size === 0) {
			this.refuse(view, isThere ? Code.badRequest : Code.internalServerError, NONE, undefined, nowMs);
			return;
		}
		const writer = this.answer(view, answer.code);
		if (eTag !== undefined) writer.opaque(OptionNumber.eTag, eTag);
		writer.uint(OptionNumber.contentFormat, answer.contentFormat).uint(OptionNumber.maxAge, answer.maxAgeS);
		writer.uint(OptionNumber.block2, blockValue(at, cutter.hasMore, exponent));
		writer.payload(cutter.bytes, cutter.at, cutter.end);
		if (!cutter.hasMore) this.bodies.departed(departing);
		this.postAnswer(view, writer.finish()!, nowMs);
	}

	/** Starts an answer to `view`: in its Acknowledgement, or Non-confirmable as it was. */
	private answer(view: MessageView, code: number) {
		const isConfirmable = view.type === MessageType.confirmable;
		const type = isConfirmable ? MessageType.acknowledgement : MessageType.nonConfirmable;
		const messageId = isConfirmable ? view.messageId : this.layer.takeMessageId();
		return this.layer.writer.start(type, code, messageId, view.bytes, view.tokenAt, view.optionsAt);
	}

	private postAnswer(view: MessageView, bytes: Uint8Array, nowMs: number): void {
		this.layer.post(bytes);
		if (view.type === MessageType.confirmable) this.deduplication.answered(view.messageId, bytes, nowMs);
	}

	/**
	 * Writes a response of the application; a payload larger than a block goes out as its first block (RFC 7959
	 * §2.4).
	 */
	private encode(
		type: number,
		messageId: number,
		token: Uint8Array,
		response: ResponseOptions,
		sequence: number | undefined,
		subject: Subject | undefined,
		block1: number,
		asked: number,
		nowMs: number,
	): Uint8Array {
		let exponent = this.layer.exponent;
		if (asked >= 0 && blockExponent(asked) < exponent) exponent = blockExponent(asked);
		const at = asked < 0 || !isSuccess(response.code) ? 0 : blockOffset(asked);
		const cutter = new BlockCutter();
		const isThere = cutter.cut(response, at, this.layer.blockBytes(exponent));
		const more = cutter.hasMore;
		const writer = this.layer.writer.start(type, response.code, messageId, token);
		if (!isThere) return writer.start(type, Code.internalServerError, messageId, token).finish()!;
		if (at > 0 && cutter.size === 0) return writer.start(type, Code.badRequest, messageId, token).finish()!;
		const { options } = response;
		if (options !== undefined) writer.with(options);
		// What is kept of an older body is not to be mixed with this one.
		if (!more && at === 0 && subject !== undefined) this.bodies.forget(subject);
		if (more || at > 0) {
			const own = options?.find(({ number }) => number === OptionNumber.eTag)?.value;
			const eTag = own ?? (response.source === undefined ? bodyMark(response.payload!) : response.source.eTag);
			if (eTag !== undefined && own === undefined) writer.opaque(OptionNumber.eTag, eTag);
			if (more && subject !== undefined && (at === 0 || response.source !== undefined)) {
				const kept = { code: subject.code, optionBytes: subject.optionBytes };
				this.bodies.depart(kept, response, eTag, nowMs + this.lifetimeMs);
			}
		}
		if (sequence !== undefined) writer.uint(OptionNumber.observe, sequence & 0xffffff);
		writer.strings(OptionNumber.locationPath, response.locationPath);
		writer.uint(OptionNumber.contentFormat, response.contentFormat).uint(OptionNumber.maxAge, response.maxAgeS);
		if (more || (asked >= 0 && cutter.size > 0)) writer.uint(OptionNumber.block2, blockValue(at, more, exponent));
		if (block1 >= 0) writer.uint(OptionNumber.block1, block1);
		if (more && at === 0) writer.uint(OptionNumber.size2, bodySize(response));
		writer.payload(cutter.bytes, cutter.at, cutter.end);
		return writer.finish() ?? writer.start(type, Code.internalServerError, messageId, token).finish()!;
	}

	/**
	 * Sends a Confirmable message, for an observer one at a time: the newest waits, older ones that wait are dropped
	 * (RFC 7641 §4.5.2).
	 */
	private confirm(observer: Observer | undefined, bytes: Uint8Array, messageId: number, nowMs: number): void {
		if (observer?.isUnderWay === true) {
			observer.newer = { bytes, messageId, sender: observer };
			return;
		}
		if (observer !== undefined) observer.isUnderWay = true;
		this.layer.confirm(bytes, messageId, observer, nowMs);
	}

	/** Whether the size exponent means nothing here (RFC 7959 §2.2, RFC 8323 §6). */
	private isReserved(block: number): boolean {
		return blockExponent(block) === reservedExponent && !this.layer.isReliable;
	}

	private gone(observer: Observer, reason: "reset" | "timedOut", nowMs: number): void {
		this.forgetObserver(observer.token);
		this.layer.startNext(nowMs);
		this.listener.observerGone(observer.token, reason, nowMs);
	}
}
