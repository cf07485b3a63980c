import { equalBytes } from "../bytes.ts";
import { blockValue } from "./block.ts";
import { Code } from "./code.ts";
import { cellOf, EXCHANGE, type ExchangeAction, type ExchangeEvent, type ExchangeState } from "./exchange.ts";
import type { Sender, Sending } from "./message-layer.ts";
import type { OptionValue } from "./option-value.ts";
import type { Response } from "./received.ts";
import type { BodySink, BodySource, Content, Resume } from "./stream.ts";

/** A request to send. It and its payload stay the caller's, unchanged until the request has ended. */
export interface RequestOptions extends Content {
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
	/** Goes by blocks when it is larger than one; counts before `payload`. */
	readonly source?: BodySource;
	/**
	 * Takes the body of a success as it comes; `payload` of the response is empty then. Without it, the body is put
	 * together, up to Limits.bodyBytes.
	 */
	readonly sink?: BodySink;
	/** With a sink: only what is behind is fetched (RFC 7959 §2.4). */
	readonly resume?: Resume;
	/** "confirmable" when absent. */
	readonly type?: "confirmable" | "nonConfirmable";
	/** Further options, in any order: see option-value.ts. */
	readonly options?: readonly OptionValue[];
}

/**
 * Why a request ended without a response. "full": Limits.requests were under way already; "refused": its sink took no
 * more, or its source had no more; "changed": the body became another one while it was fetched, twice; "suppressed": no
 * response was asked for (RFC 7967).
 */
export type Failure =
	| "timedOut"
	| "reset"
	| "malformed"
	| "tooLarge"
	| "full"
	| "cancelled"
	| "refused"
	| "changed"
	| "suppressed";

export interface RequestListener {
	/**
	 * The response to a request of ours, or a fresh notification of an observation (RFC 7641 §3.4). The body is
	 * whole.
	 */
	responded(requestId: number, response: Response, nowMs: number): void;
	/** The request ended without a response; an observation ended with it. */
	failed(requestId: number, reason: Failure, nowMs: number): void;
}

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
	private readonly owner: OperationOwner;
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
	/** Block1: where in our body the block under way starts, its size, whether it is not the last; the size agreed on. */
	sentBytes = 0;
	sentSize = 0;
	sendsMore = false;
	exponent: number;
	/** Block2: who takes their body, from its first block on; how much it has, and the body's ETag. */
	sink: BodySink | undefined;
	receivedBytes = 0;
	eTag: Uint8Array | undefined;
	hasRestarted = false;
	/** An ability had it sent again. */
	hasRetried = false;
	/** The Block2 value of the message that an ability holds back; undefined while none is. */
	heldBlock2: number | undefined;

	constructor(owner: OperationOwner, id: number, options: RequestOptions, exponent: number) {
		this.owner = owner;
		this.id = id;
		this.options = options;
		this.exponent = exponent;
	}

	heard(what: Sending, nowMs: number): void {
		this.owner.heard(this, what, nowMs);
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
}

/** The observation that a request with observe 1 is to end. */
export function observationOf(operations: readonly Operation[], options: RequestOptions): Operation | undefined {
	return operations.find(
		({ id, options: other }) =>
			other.observe === 0 &&
			(options.observation === undefined ? isAboutTheSame(other, options) : id === options.observation),
	);
}

/** Same method, path and query. */
export function isAboutTheSame(a: RequestOptions, b: RequestOptions): boolean {
	return a.code === b.code && sameTexts(a.path, b.path) && sameTexts(a.query, b.query);
}

function sameTexts(a: readonly string[] = [], b: readonly string[] = []): boolean {
	return a.length === b.length && a.every((text, index) => text === b[index]);
}

/** The Block2 value that asks for what is behind a download's earlier part, or NONE. */
export function resumed({ code, resume, sink }: RequestOptions, largest: number): number {
	if (resume === undefined || sink === undefined || code !== Code.get || resume.offset < 16) return NONE;
	let exponent = largest;
	while (exponent > 0 && resume.offset % (16 << exponent) !== 0) exponent -= 1;
	return resume.offset % (16 << exponent) === 0 ? blockValue(resume.offset, false, exponent) : NONE;
}

/** Whether two ETags are the same, or both absent. */
export function sameMark(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
	return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
