import { defaultLimits } from "../../../modules/lwm2m/limits.ts";
import type { PlannedBoard } from "./plan.ts";

/** An invariant of a fleet, and what it came to. */
export type InvariantName = "nonce" | "registration" | "pmax" | "drift" | "storing" | "memory" | "failure";

export interface Violation {
	readonly invariant: InvariantName;
	/** Milliseconds of virtual time. */
	readonly atMs: number;
	/** Whose; absent: the server's. */
	readonly endpoint?: string;
	readonly what: string;
}

/**
 * How long a client may take to be registered again once nothing is in its way, beside the time until it notices: the
 * attempts of a sequence (60, 120, 240, 480 s and a quarter by chance, 93 s of silence each), then the pause before the
 * next series (an hour and a quarter of one by chance): Core 1.2 §6.2.1.1, modules/lwm2m/registration.ts.
 */
const recoveryMs = 3_600_000 * 1.25 + 900_000 * 1.25 + 6 * 93_000 + 60_000;
/** A timer may be late by the resolution of clocks and the turn it waits for. */
const punctualityMs = 1500;

/** When somebody was disturbed last: what happened before, and shortly after, proves nothing. */
export class Disturbed {
	#untilMs = 0;
	#count = 0;

	begin(): void {
		this.#count++;
	}

	end(nowMs: number): void {
		this.#count--;
		this.#untilMs = Math.max(this.#untilMs, nowMs);
	}

	/** Something happened in no time. */
	touch(nowMs: number): void {
		this.#untilMs = Math.max(this.#untilMs, nowMs);
	}

	/** When the last one was over; Infinity while it lasts. */
	get untilMs(): number {
		return this.#count > 0 ? Number.POSITIVE_INFINITY : this.#untilMs;
	}
}

/** What is watched of one board. */
export class BoardWatch {
	readonly plan: PlannedBoard;
	readonly own = new Disturbed();
	readonly #world: Disturbed;
	readonly #violated: (violation: Violation) => void;
	#registeredMs = 0;
	/** The observation that stands: since when, or undefined. */
	#notifiedMs: number | undefined;
	/** The beginning of an undisturbed series of notifications, and how many there were since. */
	#seriesMs = 0;
	#seriesCount = 0;
	/** The last notification, or the beginning of the first observation. */
	#heardMs = 0;
	/** Notifications that were not kept, within what is allowed. */
	droppedCount = 0;
	/** RAM at its most, when half of the run was over. */
	#halfwayBytes: number | undefined;
	/** How late a notification was at most, behind pmax. */
	latestMs = Number.NEGATIVE_INFINITY;

	constructor(plan: PlannedBoard, world: Disturbed, violated: (violation: Violation) => void) {
		this.plan = plan;
		this.#world = world;
		this.#violated = violated;
	}

	get #disturbedMs(): number {
		return Math.max(this.own.untilMs, this.#world.untilMs);
	}

	/** Asked every minute or so. */
	look(nowMs: number, isRegistered: boolean): void {
		const { lifetimeS } = this.plan;
		if (isRegistered) this.#registeredMs = nowMs;
		else {
			const sinceMs = Math.max(this.#registeredMs, this.#disturbedMs, this.plan.onAtMs);
			const allowedMs = lifetimeS * 1000 + recoveryMs;
			if (nowMs > sinceMs + allowedMs) {
				this.#violate(
					"registration",
					nowMs,
					`not registered for ${seconds(nowMs - sinceMs)} s, may be ${seconds(allowedMs)}`,
				);
				this.#registeredMs = nowMs;
			}
		}
		this.#checkPmax(nowMs, punctualityMs);
	}

	/** The server dropped its registration because its lifetime passed. */
	expired(nowMs: number): void {
		const { lifetimeS } = this.plan;
		if (nowMs - lifetimeS * 1000 - recoveryMs <= this.#disturbedMs) return;
		this.#violate("registration", nowMs, "its lifetime passed, and nothing was in its way");
	}

	/** From now on, it says so itself. */
	observing(nowMs: number): void {
		if (this.#heardMs === 0) this.#heardMs = nowMs;
		this.#notifiedMs = nowMs;
		this.#seriesMs = nowMs;
		this.#seriesCount = 0;
	}

	/** It is not observed any more; what it keeps for a new observation of the same it keeps. */
	unobserved(): void {
		this.#notifiedMs = undefined;
	}

	notified(nowMs: number): void {
		this.#heardMs = nowMs;
		if (this.#notifiedMs === undefined) return;
		this.#checkPmax(nowMs, punctualityMs);
		const { pmaxS } = this.plan;
		if (this.#isQuiet(nowMs)) {
			this.latestMs = Math.max(this.latestMs, nowMs - this.#notifiedMs - pmaxS * 1000);
			this.#seriesCount++;
			const driftMs = nowMs - this.#seriesMs - this.#seriesCount * pmaxS * 1000;
			if (driftMs > punctualityMs) {
				const what = `notification ${this.#seriesCount} comes ${driftMs} ms behind ${this.#seriesCount} × pmax`;
				this.#violate("drift", nowMs, what);
				this.observing(nowMs);
			}
		} else this.observing(nowMs);
		this.#notifiedMs = nowMs;
	}

	/**
	 * So many notifications were not kept while none could be sent. It promises to keep some of each observation
	 * (modules/lwm2m/limits.ts, keptNotifications): that many come at pmin at the earliest.
	 */
	dropped(nowMs: number, count: number): void {
		const { pminS, sleep } = this.plan;
		const everyS = Math.max(pminS, sleep.sampleEveryS ?? 1, 1);
		const sinceMs = this.#heardMs;
		this.droppedCount += count;
		if ((nowMs - sinceMs) / 1000 / everyS >= defaultLimits.keptNotifications) return;
		this.#violate(
			"storing",
			nowMs,
			`${count} notifications were dropped, the last one is ${seconds(nowMs - sinceMs)} s ago`,
		);
	}

	/** @param ramBytes the most that it ever used */
	halfway(ramBytes: number): void {
		this.#halfwayBytes = ramBytes;
	}

	/** A heap that is still growing in the second half of a run would go on doing so. */
	end(nowMs: number, ramBytes: number): void {
		const before = this.#halfwayBytes;
		if (before === undefined || before === 0 || ramBytes <= before + growthBytes) return;
		this.#violate("memory", nowMs, `RAM ${ramBytes} bytes at most, ${before} halfway`);
	}

	/** Whether nothing was in the way since the last notification. */
	#isQuiet(nowMs: number): boolean {
		const { lifetimeS } = this.plan;
		return this.#disturbedMs === 0 || (this.#notifiedMs ?? nowMs) > this.#disturbedMs + recoveryMs + lifetimeS * 1000;
	}

	#checkPmax(nowMs: number, slackMs: number): void {
		const { pmaxS } = this.plan;
		if (this.#notifiedMs === undefined) return;
		const lateMs = nowMs - this.#notifiedMs - pmaxS * 1000;
		if (lateMs <= slackMs) return;
		if (this.#isQuiet(nowMs)) {
			this.#violate("pmax", nowMs, `no notification for ${seconds(nowMs - this.#notifiedMs)} s, and pmax is ${pmaxS}`);
		}
		this.observing(nowMs);
	}

	#violate(invariant: InvariantName, atMs: number, what: string): void {
		this.#violated({ invariant, atMs, endpoint: this.plan.endpoint, what });
	}
}

/** What caches, longest values and rare conversations may add. */
const growthBytes = 4096;

const seconds = (ms: number) => Math.round(ms / 1000);
