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
	aheadMs: 3_600_000,
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

/** What a wake was for. */
export interface WakeCost {
	/** The Object that had something to do first: to be measured, or told; 1, the Server Object, for an Update. */
	readonly object: number | undefined;
	/** Of all payloads that were told, without headers. */
	readonly bytes: number;
	/** From its first turn to its last one; the processor's own time is the board's to know. */
	readonly awakeMs: number;
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
	/** What the wake under way is for; -1 before anything was done in it. */
	private object = -1;
	private bytes = 0;

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

	/** Something was done for the sake of this Object: the first in a wake is what it was for. @param bytes told */
	charge(objectId: number, bytes: number): void {
		if (this.object < 0) this.object = objectId;
		this.bytes += bytes;
	}

	/** The wake is over. @returns what it was for; the next one begins */
	settle(awakeMs: number): WakeCost {
		const { object, bytes } = this;
		this.object = -1;
		this.bytes = 0;
		return { object: object < 0 ? undefined : object, bytes, awakeMs };
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

/** What a client asks of it (ClientOptions.waking). */
export type Waking = Pick<WakePlan, "begin" | "charge" | "dueMs" | "isTalking" | "open">;
