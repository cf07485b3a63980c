import { frozen } from "../frozen.ts";
import type { Cell } from "./handshake.ts";

export type AssociationState = "idle" | "handshaking" | "established" | "closed";

export type AssociationEvent =
	/** Client: the application wants it. */
	| "connect"
	/** Server: a ClientHello whose cookie is good, and that is no repetition. */
	| "clientHello"
	/** The handshake came to keys that both sides proved to have. */
	| "completed"
	/** The handshake came to nothing. */
	| "failed"
	/** The application wants it no more, or the sequence numbers are used up. */
	| "close"
	/** Under protection, an alert that ends the connection, but for close_notify. */
	| "fatalAlert"
	| "closeNotify"
	/** The peer repeats the end of its handshake: it has not got the end of ours. */
	| "repeated"
	/** HelloRequest to a client, ClientHello to a server, under protection. */
	| "renegotiation";

export type AssociationAction =
	| "beginHandshake"
	| "acceptHello"
	/** The handshake decides what an alert means. */
	| "tellHandshake"
	| "establish"
	/** Say close_notify, and end. */
	| "sayClose"
	/** End without a word. */
	| "end"
	| "repeatLastFlight"
	/** Say no_renegotiation, now and then. */
	| "refuse";

/** By name: a string of its own in each cell costs XS four times as much. */
const ignore = "ignore";
const impossible = "impossible";

/**
 * The whole machine. "ignore" is for what a peer may send at any time; "impossible" is for a handshake that ends where
 * there is none, and for calls that the application must not make.
 */
export const associationTable: {
	readonly [S in AssociationState]: { readonly [E in AssociationEvent]: Cell<AssociationAction, AssociationState> };
} = frozen({
	idle: {
		connect: ["beginHandshake", "handshaking"],
		clientHello: ["acceptHello", "handshaking"],
		completed: impossible,
		failed: impossible,
		close: ["end", "closed"],
		fatalAlert: impossible,
		closeNotify: impossible,
		repeated: impossible,
		renegotiation: impossible,
	},
	handshaking: {
		connect: impossible,
		clientHello: ["acceptHello", "handshaking"], // the client began anew
		completed: ["establish", "established"],
		failed: ["end", "closed"],
		close: ["end", "closed"],
		fatalAlert: ["tellHandshake", "handshaking"],
		closeNotify: ["tellHandshake", "handshaking"],
		repeated: impossible,
		renegotiation: impossible,
	},
	established: {
		connect: impossible,
		clientHello: ignore, // RFC 6347 §4.2.8: takes another association, beside this one
		completed: impossible,
		failed: impossible,
		close: ["sayClose", "closed"], // RFC 5246 §7.2.1
		fatalAlert: ["end", "closed"], // RFC 5246 §7.2.2
		closeNotify: ["sayClose", "closed"],
		repeated: ["repeatLastFlight", "established"], // RFC 6347 §4.2.4
		renegotiation: ["refuse", "established"], // RFC 5246 §7.2.2, no_renegotiation
	},
	closed: {
		connect: impossible,
		clientHello: ignore,
		completed: impossible,
		failed: impossible,
		close: ignore,
		fatalAlert: impossible,
		closeNotify: impossible,
		repeated: impossible,
		renegotiation: impossible,
	},
});
