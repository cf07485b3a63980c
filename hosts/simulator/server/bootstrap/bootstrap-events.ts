import type { Address } from "../../../../modules/host.ts";
import type { Link } from "../formats/link.ts";
import type { Node } from "../node.ts";
import type { AccountFinding } from "./inspection.ts";
import type { Step } from "./step.ts";

/** What leshan-bsserver-demo calls the things that happen in a session: the `name` of its BSSESSION events. */
export type SessionEventName =
	| "new session"
	| "unauthorized"
	| "authorized"
	| "no config"
	| "send discover"
	| "send delete"
	| "send write"
	| "send request"
	| "receive success response"
	| "receive error response"
	| "request failure"
	| "finished"
	| "failed"
	/** Ours: a Bootstrap-Pack went out. */
	| "send pack"
	/** Ours: what Discover and Read found of the accounts. */
	| "inspected";

/** Why a session failed, in Leshan's words. */
export type FailureCause =
	| "UNAUTHORIZED"
	| "NO_BOOTSTRAP_CONFIG"
	| "REQUEST_FAILED"
	| "FINISH_FAILED"
	| "CANCELLED"
	| "INTERNAL_SERVER_ERROR";

/** What a Bootstrap-Server tells of; told in the turn in which it happens. */
export interface BootstrapEvents {
	/** Everything, in words for people. */
	session: {
		readonly name: SessionEventName;
		readonly endpoint: string;
		readonly message: string;
		readonly wallTimeMs: number;
	};
	/** A client answered one request of a session. */
	answered: {
		readonly endpoint: string;
		readonly step: Step;
		/** CoAP response code. */
		readonly code: number;
		/** Of a Discover. */
		readonly links?: readonly Link[];
		/** Of a Read. */
		readonly node?: Node;
	};
	/** Discover and Read have shown which of the client's accounts are as they should be. */
	inspected: { readonly endpoint: string; readonly accounts: readonly AccountFinding[] };
	/** The client accepted the Finish, or was sent a Bootstrap-Pack. */
	finished: { readonly endpoint: string; readonly how: "finish" | "pack" };
	failed: { readonly endpoint: string; readonly cause: FailureCause };
	/** Somebody did not prove who he is; `reason` is a Fault's or a CloseReason's. */
	handshakeFailed: { readonly address: Readonly<Address>; readonly reason: string };
}
