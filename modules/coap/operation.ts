import type { Body } from "./block.ts";
import { cellOf, EXCHANGE, type ExchangeAction, type ExchangeEvent, type ExchangeState } from "./exchange.ts";
import type { Sender, Sending } from "./message-layer.ts";

/** A request to send. It and its payload stay the caller's, unchanged until the request has ended. */
export interface RequestOptions {
	/** The method (RFC 7252 §12.1.1). */
	readonly code: number;
	/** One string for each Uri-Path option. */
	readonly path?: readonly string[];
	readonly query?: readonly string[];
	readonly contentFormat?: number;
	readonly accept?: number;
	/** 0 registers an observation, 1 ends it (RFC 7641 §2). */
	readonly observe?: 0 | 1;
	/**
	 * With observe 1: the request that registered it. Without it, the observation of the same method, path and query
	 * is meant.
	 */
	readonly observation?: number;
	/** Goes by blocks when it is larger than one (RFC 7959 §2.5). */
	readonly payload?: Uint8Array;
	/** "confirmable" when absent. */
	readonly type?: "confirmable" | "nonConfirmable";
}

/** Why a request came to nothing. "full": Limits.requests were under way already. */
export type Failure = "timedOut" | "reset" | "malformed" | "tooLarge" | "full" | "cancelled";

/** Who keeps the operations. */
export interface OperationOwner {
	heard(operation: Operation, what: Sending, nowMs: number): void;
}

/** In place of a token, Message ID or option that is not there. */
export const NONE = -1;

/**
 * One request of ours, from request() to its response, through all its blocks; an observation as long as it lasts.
 */
export class Operation implements Sender {
	readonly id: number;
	readonly options: RequestOptions;
	readonly #owner: OperationOwner;
	state: ExchangeState = "idle";
	/** Token of the exchange under way, as a number. */
	token = NONE;
	messageId = NONE;
	/** When waiting for a response ends; a Confirmable message under way has its own clock. */
	dueMs = Number.POSITIVE_INFINITY;
	/** Failed before anything was sent; told at the next poll. */
	doomed: Failure | undefined;
	/** Token of the observation, with the newest notification's Observe value and arrival (RFC 7641 §3.4). */
	observation = NONE;
	sequence = 0;
	seenMs = 0;
	/** Block1: where in our payload the block under way starts, and the size exponent agreed on. */
	sentBytes = 0;
	exponent: number;
	/** Block2: what we have of their body, and its ETag. */
	body: Body | undefined;
	eTag: Uint8Array | undefined;
	hasRestarted = false;

	constructor(owner: OperationOwner, id: number, options: RequestOptions, exponent: number) {
		this.#owner = owner;
		this.id = id;
		this.options = options;
		this.exponent = exponent;
	}

	heard(what: Sending, nowMs: number): void {
		this.#owner.heard(this, what, nowMs);
	}

	/** Walks the table. @returns what is to do */
	step(event: ExchangeEvent): ExchangeAction {
		const cell = cellOf(EXCHANGE, this.state, event);
		if (cell === undefined) return "ignore";
		this.state = cell[1];
		this.dueMs = Number.POSITIVE_INFINITY;
		if (this.state === "idle") this.token = this.messageId = NONE;
		return cell[0];
	}

	/** Whether the block under way is not our body's last. */
	get hasMoreToSend(): boolean {
		return this.sentBytes + (16 << this.exponent) < (this.options.payload?.length ?? 0);
	}
}
