import { type Fault, fault } from "../bytes.ts";
import type { Dice, Entropy } from "../host.ts";
import { MessageType, MessageView, MessageWriter } from "./message.ts";
import { OptionNumber, readUint } from "./option.ts";
import type { OptionValue } from "./option-value.ts";
import { Response } from "./received.ts";

/** No response to a group request of ours: for the peer of whoever sent it. */
export const NOT_OF_THE_GROUP = fault("coap.notOfTheGroup", "silence", "RFC 7252 §8.2");

/** A request to a group of servers; it is Non-confirmable always (RFC 7252 §8.1), and fits into one datagram. */
export interface GroupRequest {
	readonly code: number;
	readonly path?: readonly string[];
	readonly query?: readonly string[];
	readonly contentFormat?: number;
	readonly accept?: number;
	readonly payload?: Uint8Array;
	/** Further options, in any order, such as noResponse(0) to hear of errors too. */
	readonly options?: readonly OptionValue[];
}

export interface GroupListener {
	/**
	 * One server's response, at most one of each. Of a body larger than a block it is the first: the rest is had from
	 * `from` alone, with a request of its peer (RFC 7959 §2.8).
	 */
	responded(requestId: number, from: string, response: Response, nowMs: number): void;
	/** The time to gather is over. @param missed how many responses came beyond MulticastClientOptions.responders */
	ended(requestId: number, responses: number, missed: number, nowMs: number): void;
}

export interface MulticastClientOptions {
	readonly dice: Dice;
	readonly entropy: Entropy;
	readonly listener: GroupListener;
	/** How long responses are gathered: the servers' leisure and a round trip. 15 s when absent. */
	readonly gatherMs?: number;
	/** How many requests gather at once; request() gives 0 for one more. 2 when absent. */
	readonly requests?: number;
	/** How many servers one request hears; those beyond are counted only. 32 when absent. */
	readonly responders?: number;
	/** The largest message. 1280 when absent. */
	readonly messageBytes?: number;
}

/** What goes out: to one endpoint, or to the group of the request when `to` is absent. */
export interface GroupDatagram {
	readonly bytes: Uint8Array;
	readonly to: string | undefined;
	/** The request it is; 0 for an Acknowledgement. */
	readonly requestId: number;
}

interface Gathering {
	readonly id: number;
	readonly token: number;
	readonly endMs: number;
	readonly heard: string[];
	missed: number;
}

const tokenBytes = 4;
const outboxMax = 16;

/**
 * Requests to a group (RFC 7252 §8), without I/O: one datagram out, many responses in, told apart by who sent them. For
 * a socket that peers use as well: hand each datagram to receive() first, and to its peer when that says
 * NOT_OF_THE_GROUP. Sixteen datagrams wait for takeDatagram() at most, the oldest is lost.
 */
export class MulticastClient {
	readonly #entropy: Entropy;
	readonly #listener: GroupListener;
	readonly #gatherMs: number;
	readonly #requestsMax: number;
	readonly #respondersMax: number;
	readonly #view = new MessageView();
	readonly #writer: MessageWriter;
	readonly #token = new Uint8Array(tokenBytes);
	#nextMessageId: number;
	#lastId = 0;
	#gatherings: Gathering[] = [];
	#outbox: GroupDatagram[] = [];

	constructor(options: MulticastClientOptions) {
		this.#entropy = options.entropy;
		this.#listener = options.listener;
		this.#gatherMs = options.gatherMs ?? 15_000;
		this.#requestsMax = options.requests ?? 2;
		this.#respondersMax = options.responders ?? 32;
		this.#writer = new MessageWriter(new Uint8Array(options.messageBytes ?? 1280));
		this.#nextMessageId = options.dice.below(0x10000);
	}

	/**
	 * Sends a request; ended() comes when its time is over.
	 * @returns its id, > 0; 0 when too many gather already or it is too large, and nothing was sent
	 * @throws HostFailure when there is no entropy for a token
	 */
	request(request: GroupRequest, nowMs: number): number {
		if (this.#gatherings.length >= this.#requestsMax) return 0;
		let token = 0;
		do {
			this.#entropy.fill(this.#token);
			token = readUint(this.#token, 0, tokenBytes);
		} while (this.find(token) !== undefined);
		const messageId = this.#nextMessageId;
		this.#nextMessageId = (messageId + 1) & 0xffff;
		const writer = this.#writer.start(MessageType.nonConfirmable, request.code, messageId, this.#token);
		if (request.options !== undefined) writer.with(request.options);
		writer.strings(OptionNumber.uriPath, request.path).uint(OptionNumber.contentFormat, request.contentFormat);
		writer.strings(OptionNumber.uriQuery, request.query).uint(OptionNumber.accept, request.accept);
		if (request.payload !== undefined) writer.payload(request.payload);
		const bytes = writer.finish();
		if (bytes === undefined) return 0;
		const id = ++this.#lastId;
		this.#gatherings.push({ id, token, endMs: nowMs + this.#gatherMs, heard: [], missed: 0 });
		this.post({ bytes, to: undefined, requestId: id });
		return id;
	}

	/** Gathers no more; ended() does not come. */
	cancel(requestId: number): void {
		this.#gatherings = this.#gatherings.filter(({ id }) => id !== requestId);
	}

	/**
	 * Takes a datagram.
	 * @param from names the endpoint that sent it, each always the same
	 * @returns undefined, NOT_OF_THE_GROUP, or why a response of the group is of no use
	 */
	receive(from: string, bytes: Uint8Array, at: number, end: number, nowMs: number): Fault | undefined {
		const view = this.#view;
		if (view.read(bytes, at, end) !== undefined || view.code < 0x40) return NOT_OF_THE_GROUP;
		const token = view.tokenUint(tokenBytes);
		const gathering = token < 0 ? undefined : this.find(token);
		if (gathering === undefined || view.type === MessageType.acknowledgement) return NOT_OF_THE_GROUP;
		if (view.type === MessageType.confirmable) this.acknowledge(from, view.messageId);
		const refusal = view.criticalFault([]);
		if (refusal !== undefined) return refusal;
		if (gathering.heard.includes(from)) return undefined;
		if (gathering.heard.length >= this.#respondersMax) {
			gathering.missed += 1;
			return undefined;
		}
		gathering.heard.push(from);
		this.#listener.responded(gathering.id, from, new Response(view, undefined, undefined), nowMs);
		return undefined;
	}

	poll(nowMs: number): void {
		const over = this.#gatherings.filter(({ endMs }) => endMs <= nowMs);
		if (over.length === 0) return;
		this.#gatherings = this.#gatherings.filter(({ endMs }) => endMs > nowMs);
		for (const { id, heard, missed } of over) this.#listener.ended(id, heard.length, missed, nowMs);
	}

	get deadlineMs(): number {
		let deadlineMs = Number.POSITIVE_INFINITY;
		for (const { endMs } of this.#gatherings) if (endMs < deadlineMs) deadlineMs = endMs;
		return deadlineMs;
	}

	takeDatagram(): GroupDatagram | undefined {
		return this.#outbox.shift();
	}

	/** How many requests gather. */
	get size(): number {
		return this.#gatherings.length;
	}

	private find(token: number): Gathering | undefined {
		return this.#gatherings.find((gathering) => gathering.token === token);
	}

	private acknowledge(to: string, messageId: number): void {
		const bytes = this.#writer.start(MessageType.acknowledgement, 0, messageId, this.#token, 0, 0).finish()!;
		this.post({ bytes, to, requestId: 0 });
	}

	private post(datagram: GroupDatagram): void {
		if (this.#outbox.length >= outboxMax) this.#outbox.shift();
		this.#outbox.push(datagram);
	}
}
