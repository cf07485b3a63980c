import { frozen } from "../frozen.ts";
import type { Cell } from "./exchange.ts";

/**
 * Where a connection stands (RFC 8323). "greeting": our CSM is out, theirs is awaited; "leaving": we sent a Release;
 * "dismissed": they did; "aborting": our Abort is on its way out.
 */
export type TcpState = "closed" | "greeting" | "open" | "leaving" | "dismissed" | "aborting";

/** "content" is a request or a response; "drained": nothing is unanswered and nothing waits to go out. */
export type TcpEvent =
	| "connected"
	| "csm"
	| "content"
	| "ping"
	| "pong"
	| "release"
	| "abort"
	| "malformed"
	| "leave"
	| "drained"
	| "overdue"
	| "disconnected";

/**
 * What is to be done: send our CSM; keep what theirs says; deliver the message; answer the Ping; note the Pong or the
 * Release; send a Release; send an Abort; end everything.
 */
export type TcpAction = "greet" | "settle" | "take" | "answer" | "note" | "release" | "refuse" | "end";

// cells that stand in several rows, once: an array literal takes 40 bytes of bytecode
const END = frozen(["end", "closed"]);
const REFUSE = frozen(["refuse", "aborting"]);
const DISMISS = frozen(["note", "dismissed"]);

/** RFC 8323 §3.3 (a CSM comes first), §5.4 (Ping), §5.5 (Release), §5.6 (Abort). */
export const CONNECTION: Record<TcpState, Record<TcpEvent, Cell<TcpAction, TcpState>>> = frozen({
	closed: {
		connected: ["greet", "greeting"],
		csm: "impossible", // bytes that come while closed are not read
		content: "impossible",
		ping: "impossible",
		pong: "impossible",
		release: "impossible",
		abort: "impossible",
		malformed: "impossible",
		leave: "ignore",
		drained: "impossible",
		overdue: "impossible",
		disconnected: "ignore",
	},
	greeting: {
		connected: "impossible",
		csm: ["settle", "open"],
		content: REFUSE, // §3.3: a missing CSM is a connection error
		ping: REFUSE,
		pong: REFUSE,
		release: REFUSE,
		abort: END,
		malformed: REFUSE,
		leave: END, // nothing was exchanged that could be in flight
		drained: "ignore",
		overdue: REFUSE,
		disconnected: END,
	},
	open: {
		connected: "impossible",
		csm: ["settle", "open"],
		content: ["take", "open"],
		ping: ["answer", "open"],
		pong: ["note", "open"],
		release: DISMISS,
		abort: END,
		malformed: REFUSE,
		leave: ["release", "leaving"],
		drained: "ignore",
		overdue: REFUSE, // a Ping of ours without a Pong
		disconnected: END,
	},
	leaving: {
		connected: "impossible",
		csm: ["settle", "leaving"],
		content: ["take", "leaving"], // §5.5: what is in flight is still processed
		ping: ["answer", "leaving"],
		pong: ["note", "leaving"],
		release: DISMISS,
		abort: END,
		malformed: REFUSE,
		leave: "ignore",
		drained: "ignore", // it is theirs to close now
		overdue: END,
		disconnected: END,
	},
	dismissed: {
		connected: "impossible",
		csm: ["settle", "dismissed"],
		content: ["take", "dismissed"],
		ping: ["answer", "dismissed"],
		pong: ["note", "dismissed"],
		release: "ignore",
		abort: END,
		malformed: REFUSE,
		leave: "ignore",
		drained: END,
		overdue: END,
		disconnected: END,
	},
	aborting: {
		connected: "impossible",
		csm: "impossible", // nor while aborting
		content: "impossible",
		ping: "impossible",
		pong: "impossible",
		release: "impossible",
		abort: "impossible",
		malformed: "ignore",
		leave: "ignore",
		drained: END,
		overdue: END,
		disconnected: END,
	},
});
