import { assert, type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { Dice, Entropy } from "../host.ts";
import type { Abilities } from "./ability.ts";
import type { ResponseListener, ResponseOptions } from "./answer.ts";
import { isRequestCode } from "./code.ts";
import { Deduplication, type KeptMessage } from "./deduplication.ts";
import type { PeerExtension } from "./extension.ts";
import { MessageType, MessageView } from "./message.ts";
import { MessageLayer, type Sender } from "./message-layer.ts";
import type { RequestOptions } from "./operation.ts";
import { OptionNumber } from "./option.ts";
import type { Request } from "./received.ts";
import { Requester, type RequestListener } from "./requester.ts";
import { Responder } from "./responder.ts";
import type { RtoEstimator } from "./retransmission.ts";
import { DEFAULT_TUNING, DEVICE_LIMITS, exchangeLifetimeMs, type Limits, type Tuning, withChanges } from "./tuning.ts";

export type { ResponseOptions } from "./answer.ts";
export type { Failure, RequestOptions } from "./operation.ts";
export type { Request, Response } from "./received.ts";

/** A response to nothing we asked for, or to what we forgot (RFC 7252 §4.2, §5.3.2). */
export const UNEXPECTED = fault("coap.unexpected", "reset", "RFC 7252 §5.3.2");

/**
 * Whom the peer tells. Every call is made from within receive() or poll(), and may call the peer again, but for
 * those two.
 */
export interface PeerListener extends RequestListener, ResponseListener {
	/** The other endpoint answered our ping. @param custody is TcpPeer's, for one listener to serve both */
	ponged?(custody: boolean, nowMs: number): void;
	/**
	 * Peer's alone: nothing came back to our ping, or to any copy of it; after 93 s by default (MAX_TRANSMIT_WAIT, RFC
	 * 7252 §4.8.2).
	 */
	pingLost?(nowMs: number): void;
}

export interface PeerOptions {
	readonly dice: Dice;
	readonly entropy: Entropy;
	readonly listener: PeerListener;
	readonly tuning?: Partial<Tuning> | undefined;
	readonly limits?: Partial<Limits> | undefined;
	/**
	 * Numbers of critical options beyond those of the README that the listener evaluates in requests itself, such as
	 * If-Match.
	 */
	readonly understood?: readonly number[];
	/** new Abilities([…]), each from a module of its own and for this peer alone: README "Abilities". */
	readonly abilities?: Abilities;
	/** Learns how long an Acknowledgement takes; without it every message waits as RFC 7252 §4.2 says. */
	readonly rto?: RtoEstimator;
	/** Takes over transfers of its own, such as QBlock: made for this peer alone. */
	readonly extension?: PeerExtension;
}

/** What of a peer outlives a sleep. */
export interface KeptMessages {
	readonly nextMessageId: number;
	readonly isEmptyTokenFree: boolean;
	readonly heard: readonly KeptMessage[];
}

/** How much a peer holds, for reports and tests. */
export interface PeerFigures {
	readonly requests: number;
	readonly transmissions: number;
	readonly incoming: number;
	readonly observers: number;
	readonly bodies: number;
	readonly remembered: number;
	readonly replyBytes: number;
	readonly outbox: number;
}

const none: readonly number[] = frozen([]);

/**
 * All of CoAP between us and one remote endpoint, client and server in one (RFC 7252, RFC 7641, RFC 7959), without
 * I/O: bytes and the time come in, datagrams and calls to the listener come out. Knows no addresses.
 */
export class Peer {
	private readonly layer: MessageLayer;
	private readonly deduplication: Deduplication;
	private readonly requester: Requester;
	private readonly responder: Responder;
	private readonly extension: PeerExtension | undefined;
	private readonly lifetimeMs: number;
	private readonly listener: PeerListener;
	private pinging: Sender | undefined;

	constructor(options: PeerOptions) {
		const tuning = withChanges(DEFAULT_TUNING, options.tuning);
		const limits = withChanges(DEVICE_LIMITS, options.limits);
		const { blockSizeBytes } = limits;
		assert(
			blockSizeBytes >= 16 && blockSizeBytes <= 1024 && (blockSizeBytes & (blockSizeBytes - 1)) === 0,
			"blockSizeBytes",
		);
		assert(tuning.tokenBytes >= 0 && tuning.tokenBytes <= 4 && tuning.nstart >= 1, "tokenBytes, nstart");
		const { dice, entropy, extension, listener, understood = none, rto } = options;
		this.layer = new MessageLayer(dice, tuning, limits, rto);
		this.deduplication = new Deduplication(limits);
		this.requester = new Requester(this.layer, entropy, listener, tuning, limits, options.abilities);
		this.responder = new Responder(
			this.layer,
			this.deduplication,
			listener,
			tuning,
			limits,
			understood,
			options.abilities,
		);
		this.listener = listener;
		this.lifetimeMs = exchangeLifetimeMs(tuning);
		this.extension = extension;
		if (extension === undefined) return;
		const parts = {
			layer: this.layer,
			deduplication: this.deduplication,
			requester: this.requester,
			responder: this.responder,
		};
		extension.attach({ ...parts, dice, entropy, limits, listener, tuning, understood });
	}

	/**
	 * Sends a request. Its end comes as one call of responded() or failed(), for an observation as many responded()
	 * as there are notifications; never from within this call.
	 * @returns its id, > 0. Or 0: twice Limits.requests wait already, those among them that poll() has yet to fail as
	 *   "full"; nothing was kept, and the listener hears nothing of it
	 * @throws HostFailure when there is no entropy for a token
	 */
	request(options: RequestOptions, nowMs: number): number {
		return this.requester.request(options, nowMs);
	}

	/**
	 * Forgets a request: the listener hears no more of it. Later notifications of an observation are answered with a
	 * Reset.
	 */
	cancel(requestId: number): void {
		this.requester.cancel(requestId);
		this.extension?.cancel(requestId);
	}

	/**
	 * Answers a request of theirs: within the call of requested(), or later (RFC 7252 §5.2.2). The first answer counts.
	 * @returns false when nothing was sent because the request is answered, too old or from before a reset(); or when
	 *   the answer went out but the observation it was to start found no room
	 */
	respond(request: Request, response: ResponseOptions, nowMs: number): boolean {
		return this.extension?.respond(request, response, nowMs) ?? this.responder.respond(request, response, nowMs);
	}

	/**
	 * Sends a notification (RFC 7641 §4.2) to the observer with this token. While a Confirmable one is under way the
	 * newest waits and replaces what waited before. An error code ends the observation. A token unknown here (an
	 * observation kept over a restart) is taken on.
	 * @param token stays as it is
	 * @returns false when there was no room for the observer, and nothing was sent
	 */
	notify(token: Uint8Array, response: ResponseOptions, type: "confirmable" | "nonConfirmable", nowMs: number): boolean {
		return this.responder.notify(token, response, type === "confirmable", nowMs);
	}

	/**
	 * Asks the other endpoint whether it is there, by an Empty Confirmable message (RFC 7252 §4.3), which waits for its
	 * turn as others do (NSTART). Ends as ponged() or pingLost(), never from within this call. One at a time: while it is
	 * under way, a further call does nothing.
	 */
	ping(nowMs: number): void {
		if (this.pinging !== undefined) return;
		this.pinging = {
			heard: (what, atMs) => {
				if (what === "started") return;
				this.pinging = undefined;
				// an Acknowledgement is no right answer, but a sign of life all the same
				if (what === "unheard") this.listener.pingLost?.(atMs);
				else this.listener.ponged?.(false, atMs);
			},
		};
		this.layer.confirmEmpty(this.pinging, nowMs);
	}

	/** Lets go of an observer of ours that the application dropped by itself. */
	forgetObserver(token: Uint8Array): void {
		this.responder.forgetObserver(token);
	}

	/**
	 * Takes one datagram, bytes[at .. end).
	 * @param bytes stays the caller's, and may be used again after the call
	 * @returns undefined, or why it was refused. Never throws over what came in
	 */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): Fault | undefined {
		const view = new MessageView(); // garbage after the call, and with it the last that refers to the datagram
		const broken = view.read(bytes, at, end);
		if (broken !== undefined) {
			if (broken.reply === "reset" && view.type === MessageType.confirmable) {
				this.layer.postEmpty(MessageType.reset, view.messageId);
			}
			return broken;
		}
		const { messageId } = view;
		if (view.code === 0) {
			if (view.type === MessageType.confirmable)
				this.layer.postEmpty(MessageType.reset, messageId); // a ping (§4.3)
			else if (view.type === MessageType.acknowledgement) this.layer.settle(messageId, "acknowledged", nowMs);
			else if (!this.layer.settle(messageId, "rejected", nowMs)) {
				this.requester.rejected(messageId, nowMs);
				this.responder.rejected(messageId, nowMs);
			}
			return undefined;
		}
		if (view.type === MessageType.acknowledgement) return this.response(view, nowMs);
		if (this.deduplication.knows(messageId, nowMs)) {
			const reply = this.deduplication.reply(messageId, nowMs);
			if (reply !== undefined) this.layer.post(reply);
			return undefined;
		}
		if (!isRequestCode(view.code)) return this.response(view, nowMs);
		return this.extension?.receive(view, nowMs) === true ? undefined : this.responder.receive(view, nowMs);
	}

	/** Does what is due by now. */
	poll(nowMs: number): void {
		this.layer.poll(nowMs);
		this.requester.poll(nowMs);
		this.responder.poll(nowMs);
		this.deduplication.poll(nowMs);
		this.extension?.poll(nowMs);
	}

	/** When poll() has something to do; Infinity when nothing is due, 0 for at once. */
	get deadlineMs(): number {
		const ownMs = Math.min(this.layer.deadlineMs, this.requester.deadlineMs, this.responder.deadlineMs);
		return this.extension === undefined ? ownMs : Math.min(ownMs, this.extension.deadlineMs);
	}

	/** @returns the next datagram to send, or undefined. Its bytes stay the peer's: do not modify them */
	takeDatagram(): Uint8Array | undefined {
		return this.layer.takeDatagram();
	}

	/**
	 * Drops all state, for a new session with the remote endpoint.
	 * A ping is forgotten with the rest.
	 * @param nowMs with it, failed(…, "cancelled") is called for every request of ours
	 */
	reset(nowMs?: number): void {
		this.layer.clear();
		this.pinging = undefined;
		this.responder.clear();
		this.deduplication.clear();
		this.requester.clear(nowMs);
		this.extension?.clear(nowMs);
	}

	/** Counts requests of theirs that must not be executed twice: another number, and export() gives others. */
	get essentials(): number {
		return this.deduplication.essentials;
	}

	/** What has to outlive a sleep for messages to be told from one another afterwards: to be taken while at rest. */
	export(nowMs: number): KeptMessages {
		return {
			nextMessageId: this.layer.nextMessageId,
			isEmptyTokenFree: this.requester.tokens.isEmptyFree,
			heard: this.deduplication.export(nowMs),
		};
	}

	/**
	 * Goes on where export() was, in a new peer.
	 * @param agoMs how long ago that was
	 * @param isExact nothing was sent since. If something was, Message IDs begin anywhere, as they do without this
	 */
	restore(kept: KeptMessages, agoMs: number, isExact: boolean, nowMs: number): void {
		this.deduplication.restore(kept.heard, agoMs, nowMs);
		if (!isExact) return;
		this.layer.nextMessageId = kept.nextMessageId;
		this.requester.tokens.isEmptyFree = kept.isEmptyTokenFree;
	}

	/** Whether nothing is under way, neither ours nor theirs, and nothing waits to go out. */
	get isAtRest(): boolean {
		const { layer, requester, responder } = this;
		return requester.size === 0 && layer.size === 0 && responder.incomingSize === 0 && layer.outboxSize === 0;
	}

	get figures(): PeerFigures {
		return {
			requests: this.requester.size,
			transmissions: this.layer.size,
			incoming: this.responder.incomingSize,
			observers: this.responder.observersSize,
			bodies: this.responder.bodiesSize + (this.extension?.size ?? 0),
			remembered: this.deduplication.size,
			replyBytes: this.deduplication.replyBytes,
			outbox: this.layer.outboxSize,
		};
	}

	/** A response or a notification: acknowledged or rejected first, then told (RFC 7252 §4.2, §4.3, RFC 7641 §3.6). */
	private response(view: MessageView, nowMs: number): Fault | undefined {
		const { messageId } = view;
		const operation = this.requester.match(view);
		const extension = operation === undefined && this.extension?.awaits(view) === true ? this.extension : undefined;
		const isStray = operation === undefined && extension === undefined;
		const refusal = isStray ? UNEXPECTED : view.criticalFault(extension?.understood ?? []);
		if (view.type === MessageType.confirmable) {
			const type = refusal === undefined ? MessageType.acknowledgement : MessageType.reset;
			this.deduplication.remember(messageId, false, nowMs, nowMs + this.lifetimeMs);
			this.deduplication.answered(messageId, this.layer.postEmpty(type, messageId), nowMs);
		} else if (view.type === MessageType.nonConfirmable && refusal === UNEXPECTED && view.find(OptionNumber.observe)) {
			// whoever still notifies us of what we forgot hears so; other strays are ignored
			this.layer.postEmpty(MessageType.reset, messageId);
		}
		if (extension !== undefined && refusal === undefined) extension.answered(view, nowMs);
		if (operation !== undefined) {
			if (view.type === MessageType.acknowledgement) this.layer.acknowledged(messageId, nowMs);
			if (refusal === undefined) this.requester.answered(operation, view, nowMs);
			else this.requester.fail(operation, "malformed", nowMs);
		}
		return refusal;
	}
}
