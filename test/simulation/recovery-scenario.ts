/** What becomes of one attempt: a Register, an Update, or the look-up before it. Times in milliseconds. */
export type Outcome =
	| { readonly kind: "accepted"; readonly afterMs: number; readonly disableAfterMs?: number | undefined }
	| { readonly kind: "refused"; readonly afterMs: number; readonly code: number }
	/** No answer at all, to no copy of the message. */
	| { readonly kind: "silent" }
	/** The server's name has no address. */
	| { readonly kind: "nameless"; readonly afterMs: number };

/** One server's Resources of the Server Object (LwM2M Core 1.2 Appendix E.2), and what it will do. */
export interface ScriptedServer {
	/** 1/x/13. */
	readonly priorityOrder: number | undefined;
	/** 1/x/14. */
	readonly initialDelayS: number | undefined;
	/** 1/x/15. */
	readonly failureBlock: boolean | undefined;
	/** 1/x/16. */
	readonly bootstrapOnFailure: boolean | undefined;
	/** 1/x/17. */
	readonly retryCount: number | undefined;
	/** 1/x/18. */
	readonly retryTimerS: number | undefined;
	/** 1/x/19. */
	readonly sequenceDelayTimerS: number | undefined;
	/** 1/x/20. */
	readonly sequenceRetryCount: number | undefined;
	/** 1/x/1. */
	readonly lifetimeS: number;
	/** 1/x/5. */
	readonly disableTimeoutS: number | undefined;
	/** One for each attempt to register; afterwards all are accepted at once. */
	readonly attempts: readonly Outcome[];
	/** One for each Update; afterwards all are accepted at once. */
	readonly updates: readonly Exclude<Outcome, { kind: "nameless" }>[];
	/** Whether it answers a De-register. */
	readonly saysGoodbye: boolean;
	/** What a bootstrap that is applied does to its account. */
	readonly onBootstrap: "unchanged" | "moved" | "removed";
}

/** One session of the bootstrap, as a scripted bootstrap client plays it. */
export interface ScriptedSession {
	/** From the request to the Bootstrap-Server's first answer; undefined: there is none, and it fails. */
	readonly opensAfterMs: number | undefined;
	readonly isApplied: boolean;
	/** From then on. */
	readonly afterMs: number;
	/**
	 * Until the next one, where it failed. Undefined: a minute, or 0/x/11 if that is more, doubled with each failure
	 * since it was wanted, up to an hour (modules/lwm2m/README.md).
	 */
	readonly retryMs: number | undefined;
}

/** A Bootstrap-Server Account. After its sessions all others are applied within one second. */
export interface ScriptedBootstrap {
	/** 0/x/11. */
	readonly holdOffMs: number;
	readonly sessions: readonly ScriptedSession[];
}

/** The Resources 13 to 20 and 5 of one Server Object Instance, by their place in ScriptedServer. */
export type LiveResource =
	| "initialDelayS"
	| "failureBlock"
	| "bootstrapOnFailure"
	| "retryCount"
	| "retryTimerS"
	| "sequenceDelayTimerS"
	| "sequenceRetryCount"
	| "disableTimeoutS";

/** One of them gets another value. */
export interface LiveWrite {
	readonly atMs: number;
	readonly server: number;
	readonly resource: LiveResource;
	readonly value: number | boolean;
}

export interface Scenario {
	readonly servers: readonly ScriptedServer[];
	readonly bootstrap: ScriptedBootstrap | undefined;
	/** Whether the servers' accounts are there at start, or the bootstrap brings them. */
	readonly isProvisioned: boolean;
	readonly writes: readonly LiveWrite[];
	/** How long it is looked at, in milliseconds from the start. */
	readonly horizonMs: number;
}

/** Something that the client does of its own accord. `lookUp`: the name of the server has no address this time. */
export interface Decision {
	/** From the start. */
	readonly atMs: number;
	/** Index of the server; -1 for the bootstrap. */
	readonly server: number;
	readonly what:
		| "lookUp"
		| "register"
		| "update"
		| "deregister"
		| "bootstrapNoAccounts"
		| "bootstrapRegistrationFailed";
}

/** In one order: those of one instant have none of their own. */
export function inOrder(decisions: readonly Decision[]): readonly string[] {
	return decisions
		.toSorted((a, b) => a.atMs - b.atMs || a.server - b.server || a.what.localeCompare(b.what))
		.map(({ atMs, server, what }) => `${atMs} ${server < 0 ? "" : `server ${server} `}${what}`);
}

/** A Register answered in this way ends with an answer, or after MAX_TRANSMIT_WAIT without its random factor. */
export const silenceMs = 62_000;
/** How long a De-register waits for its answer. */
export const goodbyeMs = 10_000;
/** How long before the lifetime's end an Update goes out. */
export const updateMarginMs = 93_000;

export const acceptedAtOnce: Outcome & { kind: "accepted" } = { kind: "accepted", afterMs: 0 };
export const appliedSoon: ScriptedSession = { opensAfterMs: 1, isApplied: true, afterMs: 1000, retryMs: 0 };
