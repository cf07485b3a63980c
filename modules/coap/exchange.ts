import { assert } from "../bytes.ts";
import { frozen } from "../frozen.ts";

/**
 * Where one request message of ours stands (RFC 7252 §5.2). A block-wise request makes one exchange after the
 * other.
 */
export type ExchangeState = "idle" | "queued" | "transmitted" | "acknowledged";

export type ExchangeEvent =
	| "posted"
	| "started"
	| "acknowledged"
	| "answered"
	| "rejected"
	| "unheard"
	| "overdue"
	| "cancelled";

/** What the owner has to do: nothing more, wait for the response alone, take it, report the failure, or let go. */
export type ExchangeAction = "note" | "await" | "deliver" | "fail" | "release" | "ignore";

export type Cell<Action, State> = readonly [Action, State] | "ignore" | "impossible";

// cells that stand in several rows, once: an array literal takes 40 bytes of bytecode
const RELEASE = frozen(["release", "idle"]);
const FAIL = frozen(["fail", "idle"]);
const DELIVER = frozen(["deliver", "idle"]);
const FORGET = frozen(["forget", "done"]);

/**
 * RFC 7252 §4.2, §4.7, §5.2.1, §5.2.2. A Non-confirmable request is transmitted at once and can only be answered,
 * rejected or overdue.
 */
export const EXCHANGE: Record<ExchangeState, Record<ExchangeEvent, Cell<ExchangeAction, ExchangeState>>> = frozen({
	idle: {
		posted: ["note", "queued"],
		started: "impossible",
		acknowledged: "impossible",
		answered: "ignore",
		rejected: "ignore",
		unheard: "impossible",
		overdue: "impossible",
		cancelled: RELEASE,
	},
	queued: {
		posted: "impossible",
		started: ["note", "transmitted"],
		acknowledged: "impossible",
		answered: "ignore", // forged: the token has not been sent yet
		rejected: "ignore",
		unheard: "impossible",
		overdue: "impossible",
		cancelled: RELEASE,
	},
	transmitted: {
		posted: "impossible",
		started: "impossible",
		acknowledged: ["await", "acknowledged"],
		answered: DELIVER, // in the Acknowledgement, or by itself because the Acknowledgement was lost (§5.2.2)
		rejected: FAIL,
		unheard: FAIL,
		overdue: FAIL, // a Non-confirmable request
		cancelled: RELEASE,
	},
	acknowledged: {
		posted: "impossible",
		started: "impossible",
		acknowledged: "ignore",
		answered: DELIVER,
		rejected: "ignore", // the exchange of messages is over, only a response can still come
		unheard: "impossible",
		overdue: FAIL,
		cancelled: RELEASE,
	},
});

/**
 * Where a request of theirs stands (RFC 7252 §5.2). It is forgotten when answered; Deduplication keeps the answer.
 */
export type AnsweringState = "owing" | "acknowledged" | "nonConfirmable" | "done";
export type AnsweringEvent = "ackDue" | "responded" | "expired";
export type AnsweringAction = "acknowledge" | "piggyback" | "sendSeparate" | "sendNonConfirmable" | "forget" | "ignore";

/** RFC 7252 §5.2.1 (piggybacked), §5.2.2 (separate), §5.2.3 (Non-confirmable). */
export const ANSWERING: Record<AnsweringState, Record<AnsweringEvent, Cell<AnsweringAction, AnsweringState>>> = frozen({
	owing: {
		ackDue: ["acknowledge", "acknowledged"],
		responded: ["piggyback", "done"],
		expired: FORGET,
	},
	acknowledged: {
		ackDue: "impossible",
		responded: ["sendSeparate", "done"],
		expired: FORGET,
	},
	nonConfirmable: {
		ackDue: "impossible",
		responded: ["sendNonConfirmable", "done"],
		expired: FORGET,
	},
	done: {
		ackDue: "impossible",
		responded: "ignore", // answered twice by the application: the first answer counts
		expired: "ignore",
	},
});

/** Looks up one cell; "impossible" is our own bug. @returns the cell, or undefined where the event changes nothing */
export function cellOf<Action, State extends string, Event extends string>(
	table: Record<State, Record<Event, Cell<Action, State>>>,
	state: State,
	event: Event,
): readonly [Action, State] | undefined {
	const cell = table[state][event];
	assert(cell !== "impossible", `${event} while ${state}`);
	return cell === "ignore" ? undefined : cell;
}
