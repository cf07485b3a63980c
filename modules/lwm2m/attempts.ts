import { frozen } from "../frozen.ts";
import type { Dice } from "../host.ts";
import type { Instance } from "./instance.ts";

/** Resources of the Server Object about registering again (LwM2M Core 1.2 §6.2.1.1, Appendix E.2). */
const resource = frozen({
	disableTimeout: 5,
	initialDelay: 14,
	retryCount: 17,
	retryTimer: 18,
	sequenceDelay: 19,
	sequenceCount: 20,
});

/** Where these are absent (Table 6.2.1.1-1; Appendix E.2 for Disable Timeout): 5 attempts from a minute on, once. */
const standard = frozen({ disableS: 86_400, retryCount: 5, retryS: 60, sequenceDelayS: 86_400, sequenceCount: 1 });

/** MAX_VALUE of an unsigned integer: as Communication Sequence Delay Timer, that there is no further sequence. */
const neverS = 0xffff_ffff;

/** What a registration that is not, and is not being tried, waits for. */
export type Wait =
	/** Its place in the order. */
	| "turn"
	/** Initial Registration Delay Timer (1/x/14). */
	| "delay"
	/** Nothing: the attempt that was cut off is made again. */
	| "again"
	/** The next attempt of the sequence. */
	| "retry"
	/** The next sequence. */
	| "sequence"
	/** It has failed, and somebody will say what comes of that: a bootstrap, or another series. */
	| "decision"
	/** It has failed, and a bootstrap is wanted. */
	| "bootstrap"
	/** It has failed; all begins anew, after a pause. */
	| "series"
	/** The end of Disable Timeout (1/x/5). */
	| "disabled";

/** Attempts as they outlive a deep sleep. */
export interface KeptAttempts {
	readonly wait: Wait;
	readonly waitedMs: number;
	readonly jitterMs: number;
	readonly attempt: number;
	readonly sequence: number;
	readonly hasLost: boolean;
	readonly isComplete: boolean;
}

/** What follows an attempt that failed. */
export type Consequence = "retry" | "sequence" | "decision";

/**
 * After an attempt: whether the sequence has attempts left, whether there are sequences left, and whether the server,
 * or the account, has left no hope for either (LwM2M Core 1.2 §6.2.1.1).
 */
export const afterAttempt: {
	readonly [A in "attemptsLeft" | "attemptsUsed"]: {
		readonly [S in "sequencesLeft" | "sequencesUsed"]: { readonly [H in "open" | "hopeless"]: Consequence };
	};
} = frozen({
	attemptsLeft: {
		sequencesLeft: { open: "retry", hopeless: "decision" },
		sequencesUsed: { open: "retry", hopeless: "decision" },
	},
	attemptsUsed: {
		sequencesLeft: { open: "sequence", hopeless: "decision" },
		sequencesUsed: { open: "decision", hopeless: "decision" },
	},
});

/** Of an account what is needed here; the Instance may be another one after a bootstrap. */
interface Configured {
	readonly server: Instance;
}

/** What the attempts take of RegistrationTuning. */
export interface AttemptTuning {
	/** The pause before a new series where 1/x/19 is absent. */
	readonly seriesMs: number;
	/** Up to so many percent are added by chance to pauses that no Resource says. */
	readonly retryJitterPercent: number;
	/** No wait is shorter, whatever a Resource says: a server's 0 is no reason to spin. */
	readonly leastMs: number;
}

/**
 * The attempts to register with one server, and the waits between them. Resources are read when a deadline is asked
 * for: what a server writes holds at once, also for the wait that runs.
 */
export class Attempts {
	private readonly account: Configured;
	private readonly dice: Dice;
	private readonly tuning: AttemptTuning;
	/** Means something only while the registration waits. This and what follows is set here alone. */
	wait: Wait = "turn";
	private sinceMs = 0;
	/** How much chance adds to this wait, where no Resource says how long it is. */
	private jitterMs = 0;
	/** The attempt of the sequence, and the sequence of the series, that are under way or were last: both from 1 on. */
	attempt = 1;
	sequence = 1;
	/** Whether Initial Registration Delay Timer is still to be kept. */
	private isFirst: boolean;
	/** Whether a whole sequence has failed since the order began. */
	hasLost = false;
	/** Whether nobody behind it in the order waits for it any more. Recovery's to set; a registration sets it, too. */
	isComplete = false;

	constructor(account: Configured, dice: Dice, tuning: AttemptTuning, isFirst: boolean) {
		this.account = account;
		this.dice = dice;
		this.tuning = tuning;
		this.isFirst = isFirst;
	}

	/** Whether the series is over without a registration. */
	get hasFailed(): boolean {
		return this.wait === "decision" || this.wait === "bootstrap" || this.wait === "series";
	}

	/** When the wait is over; Infinity when somebody else says so. */
	get deadlineMs(): number {
		switch (this.wait) {
			case "delay":
				return this.sinceMs + 1000 * (this.at(resource.initialDelay) ?? 0);
			case "again":
				return this.sinceMs;
			case "retry":
				return this.sinceMs + this.retryMs;
			case "sequence":
				return this.sinceMs + this.pauseMs(standard.sequenceDelayS * 1000);
			case "series":
				return this.sinceMs + this.pauseMs(this.tuning.seriesMs + this.jitterMs);
			case "disabled":
				return this.sinceMs + 1000 * (this.at(resource.disableTimeout) ?? standard.disableS);
			default:
				return Infinity;
		}
	}

	/** Waits for its place in the order, with a series from its beginning. */
	hold(): void {
		this.wait = "turn";
		this.restart();
	}

	/** Its turn has come: the first attempt follows after 1/x/14 where that is to be kept, else at once. */
	begin(nowMs: number): void {
		this.until(this.isFirst ? "delay" : "again", nowMs);
	}

	/** The wait is over, an attempt begins. */
	next(): void {
		if (this.wait === "retry") this.attempt++;
		else if (this.wait === "sequence") this.attempt = 1;
		else if (this.wait !== "again") this.restart();
		this.isFirst = false;
	}

	/** The attempt under way was cut off by us; it is not counted. */
	again(nowMs: number): void {
		this.until("again", nowMs);
	}

	/**
	 * The attempt failed.
	 * @param isHopeless whether no other one is worth while: refused for good, or an account that can not be used
	 */
	failed(nowMs: number, isHopeless: boolean): Consequence {
		const { retryCount, sequenceCount } = resource;
		const hasAttempts = this.attempt < (this.at(retryCount) ?? standard.retryCount);
		const hasSequences = this.sequence < (this.at(sequenceCount) ?? standard.sequenceCount) && !this.isLast;
		const consequence =
			afterAttempt[hasAttempts ? "attemptsLeft" : "attemptsUsed"][hasSequences ? "sequencesLeft" : "sequencesUsed"][
				isHopeless ? "hopeless" : "open"
			];
		if (consequence === "sequence") this.sequence++;
		if (consequence !== "retry") this.hasLost = true;
		this.until(consequence, nowMs);
		this.jitterMs = consequence === "retry" ? this.jitter(this.retryMs) : 0;
		return consequence;
	}

	/**
	 * Resources of the Server Object are other ones: counts may have gone below where we are, and then what waits for its
	 * next attempt has failed at once. @returns whether the series has
	 */
	review(nowMs: number): boolean {
		const wait = this.wait;
		if (wait === "retry" && this.attempt < (this.at(resource.retryCount) ?? standard.retryCount)) return false;
		if (wait === "sequence") {
			if (this.sequence <= (this.at(resource.sequenceCount) ?? standard.sequenceCount) && !this.isLast) return false;
			this.until("decision", nowMs);
			return true;
		}
		return wait === "retry" && this.failed(nowMs, false) === "decision";
	}

	/** What comes of a series that failed; a pause counts from that failure. */
	decided(what: "bootstrap" | "series"): void {
		this.wait = what;
		this.jitterMs = this.jitter(this.tuning.seriesMs);
	}

	/** A bootstrap has said anew what holds: as if nothing had been tried. */
	forget(): void {
		this.isComplete = false;
		this.hasLost = false;
		this.isFirst = true;
	}

	/** A new series begins now. */
	renew(nowMs: number): void {
		this.until("again", nowMs);
		this.restart();
	}

	/** What outlives a deep sleep: where it stands, and what it waits for. */
	export(nowMs: number): KeptAttempts {
		const { wait, jitterMs, attempt, sequence, hasLost, isComplete } = this;
		return { wait, waitedMs: nowMs - this.sinceMs, jitterMs, attempt, sequence, hasLost, isComplete };
	}

	/** @param agoMs how long ago it was exported */
	restore({ waitedMs, ...kept }: KeptAttempts, agoMs: number, nowMs: number): void {
		Object.assign(this, kept);
		this.sinceMs = nowMs - agoMs - waitedMs;
	}

	/** The server has disabled itself. */
	disable(nowMs: number): void {
		this.until("disabled", nowMs);
	}

	/** The server has accepted us. */
	settle(): void {
		this.isComplete = true;
		this.isFirst = false;
		this.restart();
	}

	private restart(): void {
		this.attempt = 1;
		this.sequence = 1;
	}

	private until(wait: Wait, nowMs: number): void {
		this.wait = wait;
		this.sinceMs = nowMs;
	}

	/** Communication Retry Timer (1/x/18), doubled with each attempt. */
	private get retryMs(): number {
		const ownS = this.at(resource.retryTimer);
		const plainMs = Math.max(1000 * (ownS ?? standard.retryS), this.tuning.leastMs);
		const waitMs = plainMs * 2 ** Math.min(this.attempt - 1, 32) + (ownS === undefined ? this.jitterMs : 0);
		return Math.min(waitMs, neverS * 1000);
	}

	/** Communication Sequence Delay Timer (1/x/19). */
	private pauseMs(absentMs: number): number {
		if (this.isLast) return Infinity;
		const ownS = this.at(resource.sequenceDelay);
		return ownS === undefined ? absentMs : Math.max(1000 * ownS, this.tuning.leastMs);
	}

	/** Whether 1/x/19 says that there is no further sequence. */
	private get isLast(): boolean {
		return (this.at(resource.sequenceDelay) ?? 0) >= neverS;
	}

	private jitter(waitMs: number): number {
		return this.drawn(Math.floor((waitMs * this.tuning.retryJitterPercent) / 100));
	}

	/** A pause by chance, so that many do not do the same at once. @returns 0 to `mostMs` */
	drawn(mostMs: number): number {
		return this.dice.below(mostMs + 1);
	}

	private at(resourceId: number): number | undefined {
		const value = this.account.server.at(resourceId);
		return typeof value === "number" ? value : undefined;
	}
}
