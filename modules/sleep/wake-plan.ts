import { DEFAULT_TUNING, type Tuning, withChanges } from "../coap/tuning.ts";
import { frozen } from "../frozen.ts";
import { type AwakeListener, type AwakeTuning, AwakeWindow, awakeTuningOf } from "./awake-window.ts";

/** How far due things may be moved together, in milliseconds. */
export interface WakeTolerances {
	/** In a wake in which something is said anyway, what is due within this is said, too. */
	readonly aheadMs: number;
	/** Never more of its own period than one part of so many: 8 costs one notification more in seven at the most. */
	readonly aheadShare: number;
	/** What may not be late, pmax and Updates, is done so much earlier: a boot and a handshake with the network. */
	readonly leadMs: number;
	/** How long after its first message a wake goes on to take things along. */
	readonly talkMs: number;
}

export const defaultTolerances: WakeTolerances = frozen({
	aheadMs: 300_000,
	aheadShare: 8,
	leadMs: 500,
	talkMs: 1000,
});

export interface WakePlanOptions {
	/** How long a server in queue mode is heard after the last message: see awakeTuningOf(). */
	readonly awake?: number | "measured";
	readonly tolerances?: Partial<WakeTolerances>;
	/** What the sessions' CoAP is tuned to, where it is not the default. */
	readonly coapTuning?: Partial<Tuning>;
}

/**
 * What is done in which wake, for all servers together. Things have a time that they may not miss, and one that they
 * may not come before; between the two they are done when somebody talks anyway. Their own schedules stay as they are:
 * a period counts from when the thing was done (pmax, lifetime), or from a phase that is kept (samplings), and nothing
 * is added up.
 */
export class WakePlan implements AwakeListener {
	private readonly tolerances: WakeTolerances;
	private readonly awake: AwakeTuning;
	private talkUntilMs = -Infinity;
	private nowMs = 0;

	constructor(options: WakePlanOptions = {}) {
		this.tolerances = withChanges(defaultTolerances, options.tolerances);
		this.awake = awakeTuningOf(withChanges(DEFAULT_TUNING, options.coapTuning), options.awake);
	}

	/** For one server. */
	open(): AwakeWindow {
		return new AwakeWindow(this.awake, this);
	}

	opened(nowMs: number): void {
		this.talkUntilMs = nowMs + this.tolerances.talkMs;
	}

	/** A turn begins. */
	begin(nowMs: number): void {
		this.nowMs = nowMs;
	}

	/** Whether a wake has just begun to talk: what can be said now costs least. */
	get isTalking(): boolean {
		return this.nowMs < this.talkUntilMs;
	}

	/**
	 * When a thing is to be done.
	 * @param earliestMs it may not be done before; -Infinity for any time
	 * @param latestMs it may not be done after; Infinity for no such time
	 * @param periodMs how often it is done
	 * @returns now, or a time in the future at which to ask again; never before `earliestMs`, never after `latestMs`
	 * unless that is before `earliestMs`
	 */
	dueMs(earliestMs: number, latestMs: number, periodMs: number): number {
		const { aheadMs, aheadShare, leadMs } = this.tolerances;
		const mostMs = Math.floor(periodMs / aheadShare);
		const { nowMs } = this;
		if (this.isTalking && earliestMs <= nowMs && latestMs - Math.min(aheadMs, mostMs) <= nowMs) return nowMs;
		return Math.max(earliestMs, latestMs - Math.min(leadMs, mostMs));
	}
}
