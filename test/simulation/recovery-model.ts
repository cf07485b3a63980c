import { type LiveResource, type ScriptedServer, updateMarginMs } from "./recovery-scenario.ts";

/** 1/x/19: "MAX_VALUE means do not perform another communication sequence". It has 32 bits with every peer. */
const maxValue = 0xffff_ffff;

/** One server in the oracle: its Resources as they are now, and how far we are with it. */
export class ModelledServer {
	readonly index: number;
	readonly script: ScriptedServer;
	isAccount: boolean;
	/** Registering was begun, in the order or without one. */
	isBegun = false;
	isRegistered = false;
	isDisabled = false;
	/** Its first sequence has failed, or it was rejected: who does not block lets the others go on. */
	hasFailedOnce = false;
	/** Those behind it in the order may begin. */
	isComplete = false;
	/** Its sequences are used up, or it was rejected. */
	isFailed = false;
	/** … and it waits for the bootstrap that it asked for. */
	isWaiting = false;
	/** … but may begin again at once. */
	isAgain = false;
	/** It has registered since the last bootstrap that was applied. */
	hasServed = false;
	/** Something was sent to it, or is looked up, and has not come to its end. */
	isExchanging = false;
	/** … and never will: a bootstrap session began. */
	isCut = false;
	attemptCount = 0;
	updateCount = 0;
	updateAtMs = Infinity;
	expiresAtMs = Infinity;
	disableAtMs = Infinity;
	disabledAtMs = Infinity;
	#set: ScriptedServer;

	constructor(index: number, script: ScriptedServer, isAccount: boolean) {
		this.index = index;
		this.script = script;
		this.#set = script;
		this.isAccount = isAccount;
	}

	get order(): number | undefined {
		return this.#set.priorityOrder;
	}

	get delayMs(): number {
		return 1000 * (this.#set.initialDelayS ?? 0);
	}

	get blocks(): boolean {
		return this.#set.failureBlock ?? false;
	}

	get bootstraps(): boolean {
		return this.#set.bootstrapOnFailure ?? true;
	}

	/** Table 6.2.1.1-1 has the defaults. A count or a time of 0 makes no sense: taken for the least that does. */
	get attempts(): number {
		return Math.max(1, this.#set.retryCount ?? 5);
	}

	get retryMs(): number {
		return 1000 * Math.max(1, this.#set.retryTimerS ?? 60);
	}

	get sequences(): number {
		return Math.max(1, this.#set.sequenceRetryCount ?? 1);
	}

	get sequenceMs(): number {
		const delayS = this.#set.sequenceDelayTimerS ?? 86_400;
		return delayS >= maxValue ? Infinity : 1000 * Math.max(1, delayS);
	}

	/** Before a new series: as before a new sequence; an hour where nothing is said, which is left to us. */
	get seriesMs(): number {
		return this.#set.sequenceDelayTimerS === undefined ? 3_600_000 : this.sequenceMs;
	}

	get disabledMs(): number {
		return 1000 * (this.#set.disableTimeoutS ?? 86_400);
	}

	write(resource: LiveResource, value: number | boolean): void {
		this.#set = { ...this.#set, [resource]: value };
	}

	/** A new round: who is registered, or will be when its Disable is over, is complete. */
	begin(): void {
		this.isBegun = false;
		this.isFailed = false;
		this.isWaiting = false;
		this.hasFailedOnce = false;
		this.isComplete = this.isRegistered || this.isDisabled;
	}

	accept(sentAtMs: number, disableAtMs: number): void {
		this.isRegistered = true;
		this.isComplete = true;
		this.hasServed = true;
		this.disableAtMs = disableAtMs;
		this.settle(sentAtMs);
	}

	/** The lifetime counts from when we sent; Updates go out before its end, at half time where it is short. */
	settle(sentAtMs: number): void {
		const lifetimeMs = this.#set.lifetimeS === 0 ? Infinity : 1000 * this.#set.lifetimeS;
		this.expiresAtMs = sentAtMs + lifetimeMs;
		this.updateAtMs = lifetimeMs === Infinity ? Infinity : this.expiresAtMs - Math.min(updateMarginMs, lifetimeMs / 2);
	}

	lose(): void {
		this.isRegistered = false;
		this.isBegun = true;
	}

	/** A bootstrap was applied: who is unchanged and registered is told so, all else is as on the first day. */
	bootstrapped(nowMs: number): void {
		const { onBootstrap } = this.script;
		this.isCut = false;
		this.isExchanging = false;
		this.isFailed = false;
		if (!this.isAccount || onBootstrap !== "unchanged") {
			this.isRegistered = false;
			this.isDisabled = false;
			this.#set = this.script;
		}
		this.isAccount = onBootstrap !== "removed";
		if (this.isRegistered) this.updateAtMs = nowMs;
		else if (!this.isDisabled) this.hasServed = false;
	}
}
