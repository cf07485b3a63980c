import { assert } from "../bytes.ts";
import type { ResponseOptions } from "./answer.ts";
import { hasMore, isWellSized, sizeExponent } from "./block.ts";
import { Code, isIdempotent } from "./code.ts";
import { MessageType, type MessageView } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { ABSENT, BROKEN, missingBlocksFormat, qBlock1, qBlock2, writeMissing } from "./q-block-option.ts";
import { type Due, Reception } from "./q-block-reception.ts";
import type { QBlockShared } from "./q-block-request.ts";
import { QBlockResponse } from "./q-block-response.ts";
import type { Request } from "./received.ts";
import { requestOf } from "./received.ts";
import { isAbout, type Subject } from "./same-resource.ts";
import { exchangeLifetimeMs } from "./tuning.ts";

/** One request of theirs, from its first block to what it was answered. */
interface Exchange {
	readonly subject: Subject;
	/** Its body on the way in; absent when it has none. */
	readonly reception: Reception | undefined;
	/** What the application was asked, until it answers. */
	request: Request | undefined;
	response: QBlockResponse | undefined;
	/** Of the newest message. */
	token: Uint8Array;
	/** A Confirmable message that waits for its Acknowledgement, and until when; ABSENT: none. */
	owed: number;
	ackDueMs: number;
	/** The newest message was Confirmable and got an empty Acknowledgement. */
	isLate: boolean;
	/** Of the largest block to answer with. */
	exponent: number;
	/** The blocks of the answer that were asked for at first; undefined: from its start. */
	first: number[] | undefined;
	expiryMs: number;
}

/** The server's side of Q-Block: bodies of theirs coming in, answers of ours going out (RFC 9177 §4.3, §4.4). */
export class QBlockServer {
	readonly #numbers: number[] = [];
	#understood: readonly number[] = [];
	#shared: QBlockShared | undefined;
	#exchanges: Exchange[] = [];

	/** Called once, by QBlock. */
	attach(shared: QBlockShared): void {
		this.#shared = shared;
		this.#understood = [...shared.core.understood, qBlock1, qBlock2];
	}

	/** @returns whether the request has a Q-Block option, and is dealt with */
	receive(view: MessageView, nowMs: number): boolean {
		const block1 = this.ready.reader.one(view, qBlock1);
		const block2 = this.ready.reader.wanted(view, this.ready.tuning.maxPayloads, this.#numbers);
		if (block1 === ABSENT && block2 === ABSENT) return false;
		const core = this.ready.core;
		// a body by blocks is known again by its Request-Tag
		const essential = block1 === ABSENT && !isIdempotent(view.code);
		if (essential && !core.deduplication.hasRoom(nowMs)) {
			this.refuse(view, Code.serviceUnavailable, nowMs);
			return true;
		}
		if (essential || view.type === MessageType.confirmable) {
			const expiryMs = nowMs + exchangeLifetimeMs(core.tuning);
			core.deduplication.remember(view.messageId, essential, nowMs, expiryMs);
		}
		const critical = view.criticalFault(this.#understood);
		const size = view.end - view.payloadAt;
		if (critical !== undefined) this.refuse(view, critical.reply as number, nowMs);
		else if (block1 === BROKEN || block2 === BROKEN || view.find(OptionNumber.block1) || view.find(OptionNumber.block2))
			this.refuse(view, Code.badRequest, nowMs);
		else if (block1 === ABSENT) this.wanted(view, block2, nowMs);
		else if (!isWellSized(block1, size) || this.ready.reader.tag(view) === undefined)
			this.refuse(view, Code.badRequest, nowMs); // §4.3: there must be a Request-Tag
		else this.arrived(view, block1, nowMs);
		return true;
	}

	/** See PeerExtension.respond. */
	respond(request: Request, answer: ResponseOptions, nowMs: number): boolean | undefined {
		const exchange = this.#exchanges.find((candidate) => candidate.request === request);
		if (exchange === undefined) return undefined;
		exchange.request = undefined;
		const response = new QBlockResponse(
			this.ready.core,
			this.ready.cutter,
			this.ready.tuning,
			request,
			answer,
			exchange.exponent,
		);
		exchange.response = response;
		this.send(exchange, exchange.first, nowMs);
		// a small answer to a request without a body is sent again only as an Acknowledgement is
		if (response.emission === undefined && exchange.reception === undefined) this.forget(exchange);
		return answer.observe === undefined; // no observation starts by Q-Block
	}

	poll(nowMs: number): void {
		for (let index = this.#exchanges.length - 1; index >= 0; index--) {
			const exchange = this.#exchanges[index]!;
			const { reception, response } = exchange;
			if (exchange.expiryMs <= nowMs) {
				this.forget(exchange);
				if (reception !== undefined && !reception.isDone) reception.sink.abandoned?.();
				continue;
			}
			if (exchange.ackDueMs <= nowMs) this.acknowledge(exchange, nowMs);
			if (reception !== undefined && reception.dueMs <= nowMs) this.act(exchange, reception, reception.poll(nowMs));
			const emission = response?.emission;
			if (emission === undefined || emission.dueMs > nowMs) continue;
			if (emission.isOut)
				emission.dueMs = Number.POSITIVE_INFINITY; // they ask for what is missing
			else emission.poll(nowMs);
			this.checked(exchange, nowMs);
		}
	}

	get deadlineMs(): number {
		let deadlineMs = Number.POSITIVE_INFINITY;
		for (let index = 0; index < this.#exchanges.length; index++) {
			const { ackDueMs, reception, response } = this.#exchanges[index]!;
			deadlineMs = Math.min(deadlineMs, ackDueMs, reception?.dueMs ?? deadlineMs);
			deadlineMs = Math.min(deadlineMs, response?.emission?.dueMs ?? deadlineMs);
		}
		return deadlineMs;
	}

	get size(): number {
		return this.#exchanges.length;
	}

	clear(): void {
		for (const { reception } of this.#exchanges) {
			if (reception !== undefined && !reception.isDone) reception.sink.abandoned?.();
		}
		this.#exchanges = [];
	}

	/** A request for an answer, or for blocks of one (RFC 9177 §4.4). */
	private wanted(view: MessageView, block2: number, nowMs: number): void {
		let exchange = this.find(view);
		const isStart = block2 >>> 4 === 0 && hasMore(block2);
		if (exchange?.response?.emission !== undefined && !isStart) {
			this.took(exchange, view, nowMs);
			const { emission } = exchange.response;
			const number = block2 >>> 4;
			this.own(exchange);
			// "Continue": the first of a set, with M
			const isContinue = hasMore(block2) && number % this.ready.tuning.maxPayloads === 0;
			if (isContinue) emission.goOn(number, nowMs);
			else if (!emission.resend(this.#numbers, nowMs)) exchange.response.refuse(Code.badRequest, nowMs);
			this.checked(exchange, nowMs);
			return;
		}
		if (exchange?.request !== undefined) {
			this.took(exchange, view, nowMs); // the application is at it
			return;
		}
		if (!isStart && view.code !== Code.get) {
			this.refuse(view, Code.requestEntityIncomplete, nowMs);
			return;
		}
		const request = requestOf(view, undefined);
		if (request === undefined) {
			this.refuse(view, Code.badRequest, nowMs);
			return;
		}
		if (exchange !== undefined) this.forget(exchange);
		exchange = this.open(view, undefined);
		exchange.exponent = Math.min(block2 & 7, exchange.exponent);
		if (!isStart) exchange.first = this.#numbers.slice();
		this.took(exchange, view, nowMs);
		exchange.request = request;
		this.ready.core.listener.requested(request, nowMs);
	}

	/** One block of a request's body (RFC 9177 §4.3). */
	private arrived(view: MessageView, block1: number, nowMs: number): void {
		const { responder, listener } = this.ready.core;
		let exchange = this.find(view);
		if (exchange?.reception === undefined) {
			if (exchange !== undefined) this.forget(exchange);
			const sink = responder.sinkFor(view, nowMs);
			const sizeBytes = view.uint(OptionNumber.size1);
			const reception = new Reception(sink, block1 & 7, this.ready.tuning, 0);
			exchange = this.open(view, reception);
			reception.refusal = sink.begin(0, sizeBytes < 0 ? undefined : sizeBytes, undefined);
		}
		const reception = exchange.reception!;
		const { maxPayloads } = this.ready.tuning;
		const number = block1 >>> 4;
		this.took(exchange, view, nowMs);
		if (exchange.response !== undefined) {
			// the answer may be lost; not for every block that is still on its way
			if (exchange.owed >= 0 || !hasMore(block1) || number % maxPayloads === maxPayloads - 1)
				this.again(exchange, nowMs);
			return;
		}
		if (exchange.request !== undefined) return;
		let due: Due = "nothing";
		if (reception.refusal === undefined && (block1 & 7) === reception.exponent) {
			due = reception.take(number, hasMore(block1), view.bytes, view.payloadAt, view.end, nowMs);
		}
		if (reception.refusal !== undefined) {
			reception.dueMs = Number.POSITIVE_INFINITY;
			this.fail(exchange, view, reception.refusal, nowMs);
		} else if (due === "done") {
			reception.dueMs = Number.POSITIVE_INFINITY;
			const request = requestOf(view, reception.sink);
			if (request === undefined) this.fail(exchange, view, Code.badRequest, nowMs);
			else {
				exchange.request = request;
				listener.requested(request, nowMs);
			}
		} else {
			if (exchange.owed >= 0) this.acknowledge(exchange, nowMs);
			this.act(exchange, reception, due);
		}
	}

	/** Tells the sender to go on (2.31), or what is missing (4.08 with a list). */
	private act(exchange: Exchange, reception: Reception, due: Due): void {
		const { layer } = this.ready.core;
		if (due === "giveUp") reception.dueMs = Number.POSITIVE_INFINITY; // until NON_PARTIAL_TIMEOUT
		if (due !== "continue" && due !== "ask") return;
		const isContinue = due === "continue";
		const code = isContinue ? Code.continue : Code.requestEntityIncomplete;
		const writer = layer.writer.start(MessageType.nonConfirmable, code, layer.takeMessageId(), exchange.token);
		if (isContinue) writer.uint(qBlock1, (reception.next - 1) * 16 + 8 + reception.exponent);
		else {
			reception.missing(this.#numbers);
			writer.uint(OptionNumber.contentFormat, missingBlocksFormat).payload(writeMissing(this.#numbers));
		}
		layer.post(writer.finish()!);
	}

	/** Ends an exchange by ourselves. What is still on its way gets the same answer. */
	private fail(exchange: Exchange, view: MessageView, code: number, nowMs: number): void {
		const request = requestOf(view, undefined);
		if (request === undefined) {
			this.forget(exchange);
			this.refuse(view, Code.badRequest, nowMs);
			return;
		}
		exchange.response = new QBlockResponse(this.ready.core, this.ready.cutter, this.ready.tuning, request, { code }, 0);
		this.send(exchange, undefined, nowMs);
	}

	/** The answer once more, as far as it went out without a word from them. */
	private again(exchange: Exchange, nowMs: number): void {
		const { emission } = exchange.response!;
		this.own(exchange);
		if (emission === undefined) exchange.response!.sendWhole(nowMs);
		else emission.resend([0], nowMs);
	}

	private send(exchange: Exchange, numbers: number[] | undefined, nowMs: number): void {
		const response = exchange.response!;
		this.own(exchange);
		if (response.emission === undefined) response.sendWhole(nowMs);
		else if (numbers === undefined) response.emission.sendSet(nowMs);
		else if (!response.emission.resend(numbers, nowMs)) response.refuse(Code.badRequest, nowMs);
		this.checked(exchange, nowMs);
	}

	/** After something was to be sent: acknowledges where nothing was, and lets go of an answer whose producer failed. */
	private checked(exchange: Exchange, nowMs: number): void {
		const response = exchange.response!;
		if (response.emission?.isBroken === true) {
			response.refuse(Code.internalServerError, nowMs);
			this.forget(exchange);
		}
		exchange.owed = response.takeBack();
		if (exchange.owed >= 0) this.acknowledge(exchange, nowMs);
	}

	/** What is sent next answers the newest message. */
	private own(exchange: Exchange): void {
		const response = exchange.response!;
		response.token = exchange.token;
		if (exchange.owed >= 0) response.piggyback(exchange.owed);
		else if (exchange.isLate) response.confirm();
		exchange.owed = ABSENT;
		exchange.isLate = false;
		exchange.ackDueMs = Number.POSITIVE_INFINITY;
	}

	/** Notes the newest message of an exchange. */
	private took(exchange: Exchange, view: MessageView, nowMs: number): void {
		if (exchange.owed >= 0) this.acknowledge(exchange, nowMs);
		const isConfirmable = view.type === MessageType.confirmable;
		exchange.token = view.bytes.slice(view.tokenAt, view.optionsAt);
		exchange.isLate = false;
		exchange.owed = isConfirmable ? view.messageId : ABSENT;
		exchange.ackDueMs = isConfirmable ? nowMs + this.ready.core.tuning.ackDelayMs : Number.POSITIVE_INFINITY;
		exchange.expiryMs = nowMs + this.ready.tuning.nonPartialTimeoutMs;
	}

	private acknowledge(exchange: Exchange, nowMs: number): void {
		const { deduplication, layer } = this.ready.core;
		const bytes = layer.postEmpty(MessageType.acknowledgement, exchange.owed);
		deduplication.answered(exchange.owed, bytes, nowMs);
		exchange.owed = ABSENT;
		exchange.isLate = true;
		exchange.ackDueMs = Number.POSITIVE_INFINITY;
	}

	private open(view: MessageView, reception: Reception | undefined): Exchange {
		const { limits } = this.ready.core;
		if (this.#exchanges.length >= limits.bodies) {
			const oldest = this.#exchanges[0]!;
			this.forget(oldest);
			if (oldest.reception !== undefined && !oldest.reception.isDone) oldest.reception.sink.abandoned?.();
		}
		const exchange: Exchange = {
			subject: { code: view.code, optionBytes: view.bytes.slice(view.optionsAt, view.optionsEnd) },
			reception,
			request: undefined,
			response: undefined,
			token: view.bytes.slice(view.tokenAt, view.optionsAt),
			owed: ABSENT,
			ackDueMs: Number.POSITIVE_INFINITY,
			isLate: false,
			exponent: sizeExponent(limits.blockSizeBytes),
			first: undefined,
			expiryMs: 0,
		};
		this.#exchanges.push(exchange);
		return exchange;
	}

	private get ready(): QBlockShared {
		const shared = this.#shared;
		assert(shared !== undefined, "QBlockServer without a QBlock");
		return shared;
	}

	private find(view: MessageView): Exchange | undefined {
		for (let index = 0; index < this.#exchanges.length; index++) {
			if (isAbout(view, this.#exchanges[index]!.subject)) return this.#exchanges[index];
		}
		return undefined;
	}

	private forget(exchange: Exchange): void {
		const index = this.#exchanges.indexOf(exchange);
		if (index >= 0) this.#exchanges.splice(index, 1);
	}

	private refuse(view: MessageView, code: number, nowMs: number): void {
		const { deduplication, layer } = this.ready.core;
		const isConfirmable = view.type === MessageType.confirmable;
		const type = isConfirmable ? MessageType.acknowledgement : MessageType.nonConfirmable;
		const messageId = isConfirmable ? view.messageId : layer.takeMessageId();
		const writer = layer.writer.start(type, code, messageId, view.bytes, view.tokenAt, view.optionsAt);
		const bytes = writer.finish()!;
		layer.post(bytes);
		if (isConfirmable) deduplication.answered(messageId, bytes, nowMs);
	}
}
