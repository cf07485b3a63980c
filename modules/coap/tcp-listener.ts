import type { Fault } from "../bytes.ts";
import type { Peer, PeerListener, PeerOptions } from "./peer.ts";
import type { Release } from "./signalling.ts";

/** What can be done with a peer whatever carries its messages. */
export type AnyPeer = Pick<
	Peer,
	| "request"
	| "cancel"
	| "respond"
	| "notify"
	| "forgetObserver"
	| "receive"
	| "poll"
	| "deadlineMs"
	| "takeDatagram"
	| "reset"
>;

/** How a connection ended. */
export interface Ending extends Release {
	/**
	 * "left": by leave(); "released", "aborted": the other endpoint said so; "refused": it broke the rules, see `fault`;
	 * "lost": the stream closed.
	 */
	readonly why: "left" | "released" | "aborted" | "refused" | "lost";
	readonly fault?: Fault;
	/** With "aborted": the option of our CSM that it could not process. */
	readonly badCsmOption?: number;
}

export interface TcpPeerListener extends PeerListener {
	/** The first CSM is here: requests are answered from now on. */
	opened?(nowMs: number): void;
	/** The Pong to ping(). @param custody all that we sent before the Ping was processed */
	ponged?(custody: boolean, nowMs: number): void;
	/**
	 * The connection is over: close the stream. Requests under way have failed with "reset", and observations of either
	 * side have ended, without a further call (RFC 8323 §3.4).
	 */
	closed?(ending: Ending, nowMs: number): void;
}

export interface TcpPeerOptions extends Omit<PeerOptions, "dice" | "listener" | "rto" | "extension"> {
	readonly listener: TcpPeerListener;
	/** How long their first CSM, a Pong, or the end after a Release or Abort may take. 30 s when absent. */
	readonly signalTimeoutMs?: number;
}

/** How much a peer on a stream holds, for reports and tests. */
export interface TcpFigures {
	readonly requests: number;
	readonly incoming: number;
	readonly observers: number;
	readonly bodies: number;
	readonly outbox: number;
	/** Bytes of a message that is not here as a whole. */
	readonly held: number;
}
