import { ANSWERING, type AnsweringAction, type AnsweringEvent, type AnsweringState, cellOf } from "./exchange.ts";
import type { OptionValue } from "./option-value.ts";
import type { Request } from "./received.ts";
import type { BodySink, BodySource, Content } from "./stream.ts";

/**
 * An answer to a request of theirs, or a notification. It and its payload stay as they are until the last block is
 * out.
 */
export interface ResponseOptions extends Content {
	readonly code: number;
	readonly contentFormat?: number;
	/** One string for each Location-Path option. */
	readonly locationPath?: readonly string[];
	readonly maxAgeS?: number;
	/** Goes by blocks when it is larger than one (RFC 7959 §2.4). */
	readonly payload?: Uint8Array;
	/** The same, made as it goes out; counts before `payload`. It may be read until EXCHANGE_LIFETIME after. */
	readonly source?: BodySource;
	/**
	 * Sequence number (RFC 7641 §4.4), its lowest 24 bits count. In the answer to a registration it starts the
	 * observation.
	 */
	readonly observe?: number;
	/** Further options, in any order: see option-value.ts. Of a body that goes by blocks, the first has all of them. */
	readonly options?: readonly OptionValue[];
}

export interface ResponseListener {
	/** A request of theirs, its body whole: answer with Peer.respond, now or later. */
	requested(request: Request, nowMs: number): void;
	/**
	 * The first block of a request's body arrives (Block1, Q-Block1): a consumer returned here takes it, and is
	 * `request.sink` when requested() is called at its end. Without one the body is put together.
	 * @param request without payload; another object than the one that requested() gets
	 */
	arriving?(request: Request, nowMs: number): BodySink | undefined;
	/** The Confirmable notifications to this observer are acknowledged, all that there were. */
	observerHeard?(token: Uint8Array): void;
	/** A notification was rejected or never acknowledged: the observation is over (RFC 7641 §4.5). */
	observerGone(token: Uint8Array, reason: "reset" | "timedOut", nowMs: number): void;
}

/** A request of theirs that the application has not answered. */
export interface Incoming {
	readonly request: Request;
	readonly messageId: number;
	readonly block1: number;
	readonly block2: number;
	state: AnsweringState;
	ackDueMs: number;
	readonly expiryMs: number;
}

/** Walks the table. @returns what is to do */
export function stepOf(incoming: Incoming, event: AnsweringEvent): AnsweringAction {
	const cell = cellOf(ANSWERING, incoming.state, event);
	if (cell === undefined) return "ignore";
	incoming.state = cell[1];
	return cell[0];
}
