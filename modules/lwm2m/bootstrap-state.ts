import { assert } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { Dice } from "../host.ts";

export interface BootstrapTuning {
	/** The wait behind the first attempt that failed; doubled behind each further one, and no less than 0/x/11. */
	readonly retryMs: number;
	/** The most that a wait is doubled to, before chance is added. */
	readonly retryMaxMs: number;
	/** How much longer a wait may be by chance. */
	readonly retryRandomPercent: number;
	/**
	 * So long without a word of the Bootstrap-Server a session has failed: EXCHANGE_LIFETIME (LwM2M Core 1.2 §6.1.3.3).
	 */
	readonly silenceMs: number;
	/** So long after Bootstrap-Finish the Bootstrap-Server can have its answer repeated: MAX_TRANSMIT_SPAN. */
	readonly lingerMs: number;
	/**
	 * Whether operations of the Bootstrap-Server that nobody asked for begin a session: over a secure channel, over any,
	 * or never. Refused ones are answered 4.00.
	 */
	readonly unrequested: "secure" | "always" | "never";
}

export const defaultBootstrapTuning: BootstrapTuning = frozen({
	retryMs: 60_000,
	retryMaxMs: 3_600_000,
	retryRandomPercent: 25,
	silenceMs: 247_000,
	lingerMs: 45_000,
	unrequested: "secure",
});

/**
 * idle: nothing is wanted, or it was had. holding: waits for Client Hold Off Time, or for another attempt. resolving:
 * the name. connecting: the handshake. requesting: Bootstrap-Request or Bootstrap-Pack-Request is out. open: the
 * Bootstrap-Server is writing.
 */
export type BootstrapStateName = "idle" | "holding" | "resolving" | "connecting" | "requesting" | "open";

/**
 * begin: it is wanted. due: the time of the state is over. resolved: an address is known. elsewhere: there is another
 * address to try. reached: messages reach the server. accepted: it took the request. otherwise: it did not, and there
 * is another way to ask. heard: an operation of it came. finished: the configuration is kept. failed: the attempt has,
 * and there will be another one; dropped: and nobody waits for one. cancel: nobody wants it any more.
 */
export type BootstrapEvent =
	| "begin"
	| "due"
	| "resolved"
	| "elsewhere"
	| "reached"
	| "accepted"
	| "otherwise"
	| "heard"
	| "finished"
	| "failed"
	| "dropped"
	| "cancel";

export type BootstrapAction =
	| "hold"
	| "resolve"
	| "connect"
	| "ask"
	| "listen"
	| "settle"
	| "backOff"
	| "giveUp"
	| "end";

type Cell = readonly [BootstrapAction, BootstrapStateName] | "ignore" | "impossible";

type Row = Readonly<Record<BootstrapEvent, Cell>>;

/** What most states have in common: none of it is in the table where a state says otherwise. */
const common: Row = frozen({
	begin: "ignore",
	due: "impossible",
	resolved: "ignore",
	elsewhere: "impossible",
	reached: "ignore",
	accepted: "impossible",
	otherwise: "impossible",
	heard: ["listen", "open"],
	finished: "impossible",
	failed: ["backOff", "holding"],
	dropped: "impossible",
	cancel: ["end", "idle"],
});

/** LwM2M Core 1.2 §6.1.3.3, §6.1.4. README has the same table. */
export const BOOTSTRAP: Readonly<Record<BootstrapStateName, Row>> = frozen({
	idle: { ...common, begin: ["hold", "holding"], failed: "ignore", dropped: "ignore", cancel: "ignore" },
	holding: { ...common, due: ["resolve", "resolving"], failed: "ignore", dropped: "ignore" },
	resolving: { ...common, resolved: ["connect", "connecting"] },
	connecting: { ...common, elsewhere: ["connect", "connecting"], reached: ["ask", "requesting"] },
	requesting: {
		...common,
		elsewhere: ["connect", "connecting"],
		accepted: ["listen", "open"],
		otherwise: ["ask", "requesting"],
	},
	open: {
		...common,
		accepted: "ignore",
		otherwise: "ignore",
		finished: ["settle", "idle"],
		dropped: ["giveUp", "idle"],
	},
});

/** Where a bootstrap stands, and the times that belong to it. */
export class BootstrapState {
	readonly tuning: BootstrapTuning;
	readonly #dice: Dice;
	#state: BootstrapStateName = "idle";
	/** Attempts that failed since it was wanted. */
	failures = 0;
	/** When the state is over by itself. */
	deadlineMs = Infinity;

	constructor(dice: Dice, tuning: BootstrapTuning) {
		this.#dice = dice;
		this.tuning = tuning;
	}

	get state(): BootstrapStateName {
		return this.#state;
	}

	/** Walks the table. @returns what is to do; undefined: nothing */
	take(event: BootstrapEvent): BootstrapAction | undefined {
		const cell = BOOTSTRAP[this.#state][event];
		assert(cell !== "impossible", `bootstrap: ${event} while ${this.#state}`);
		if (cell === "ignore") return undefined;
		this.deadlineMs = Infinity;
		this.#state = cell[1];
		return cell[0];
	}

	/** The wait behind a failure. @returns how long it is */
	backOff(holdOffMs: number, nowMs: number): number {
		const { retryMs, retryMaxMs, retryRandomPercent } = this.tuning;
		const doubled = Math.max(retryMs, holdOffMs) * 2 ** Math.min(this.failures, 20);
		this.failures += 1;
		const waitMs = Math.max(Math.min(doubled, retryMaxMs), holdOffMs);
		const spreadMs = Math.min(Math.floor((waitMs * retryRandomPercent) / 100), 0x3fff_ffff);
		const inMs = waitMs + this.#dice.below(spreadMs + 1);
		this.deadlineMs = nowMs + inMs;
		return inMs;
	}
}
