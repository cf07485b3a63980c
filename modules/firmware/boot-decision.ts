import { frozen } from "../frozen.ts";
import type { BootReason, ResetCause, RevertReason, SlotName } from "../host.ts";

/** What a boot loader remembers over resets and power cuts: FORMAT.md has its bytes. */
export interface BootState {
	/** The slot that has proved its worth: what is started, and what a trial goes back to. */
	readonly kept: SlotName;
	/** Of the other slot. pending: to be tried at the next boot. */
	readonly trial: "none" | "pending" | "running";
	/** How often the trial was started, and how long it has run. */
	readonly boots: number;
	readonly elapsedMs: number;
	/** Why the last trial was left; until somebody has taken note. */
	readonly reverted: RevertReason | undefined;
	/** No image below it is started. */
	readonly securityCounter: number;
	/** What is known of one image of the other slot, and which: the first 16 digits of its hash. */
	readonly otherIs: "unknown" | "failed" | "confirmed";
	readonly otherId: string;
}

/** A new device: what lies in slot a is what it has. */
export const NEW_DEVICE: BootState = frozen({
	kept: "a",
	trial: "none",
	boots: 0,
	elapsedMs: 0,
	reverted: undefined,
	securityCounter: 0,
	otherIs: "unknown",
	otherId: "",
});

export type Situation = "settled" | "pending" | "running" | "spent";

/** Which slots hold an image that may be started: it verifies, and is not known to have failed (but for a trial). */
export type Bootable = "both" | "kept" | "other" | "neither";

/**
 * keep: start what is kept. try: start the other one on trial. tryAgain: the trial goes on. revert: the trial is over;
 * start what is kept. fallBack: what is kept can not be started; the other one is kept from now on. startOver: there
 * is nothing to go back to; the trial begins anew. stop: there is nothing to start; the boot loader says so and waits.
 */
export type BootAction = "keep" | "try" | "tryAgain" | "revert" | "fallBack" | "startOver" | "stop";

/** The boot decision table; FORMAT.md shows it. */
export const BOOT_DECISION: Readonly<Record<Situation, Readonly<Record<Bootable, BootAction>>>> = frozen({
	settled: { both: "keep", kept: "keep", other: "fallBack", neither: "stop" },
	pending: { both: "try", kept: "revert", other: "try", neither: "stop" },
	running: { both: "tryAgain", kept: "revert", other: "tryAgain", neither: "stop" },
	spent: { both: "revert", kept: "revert", other: "startOver", neither: "stop" },
});

export interface BootRules {
	/** How often an image on trial is started; at least 1. */
	readonly bootsMax: number;
	/** How long it may run, all its boots together, until it is confirmed. */
	readonly trialMs: number;
}

export interface BootDecision {
	readonly action: BootAction;
	/** undefined: nothing can be started. */
	readonly start: SlotName | undefined;
	/** To be written before that; the one given where nothing changes. */
	readonly state: BootState;
	readonly reason: BootReason;
}

export function otherSlot(slot: SlotName): SlotName {
	return slot === "a" ? "b" : "a";
}

/** @param state `elapsedMs` with all that the trial has run until this reset, as far as the boot loader knows */
export function situationOf({ trial, boots, elapsedMs }: BootState, { bootsMax, trialMs }: BootRules): Situation {
	if (trial === "none") return "settled";
	if (trial === "pending") return "pending";
	return boots >= bootsMax || elapsedMs >= trialMs ? "spent" : "running";
}

function whySpent({ elapsedMs }: BootState, cause: ResetCause, { trialMs }: BootRules): RevertReason {
	if (elapsedMs >= trialMs) return "deadline";
	return cause === "crash" || cause === "watchdog" ? cause : "boots";
}

/**
 * What a boot loader does after a reset. Pure: it starts nothing and writes nothing.
 * @param cause of the reset
 * @param failedId identity of the other slot's image, for a trial that is left now
 */
export function decideBoot(
	state: BootState,
	bootable: Bootable,
	cause: ResetCause,
	failedId: string,
	rules: BootRules,
): BootDecision {
	const situation = situationOf(state, rules);
	const action = BOOT_DECISION[situation][bootable];
	const { kept } = state;
	const other = otherSlot(kept);
	switch (action) {
		case "keep":
			return { action, start: kept, state, reason: settledReason(state) };
		case "try":
		case "startOver":
			return onTrial(action, { ...state, trial: "running", boots: 1, elapsedMs: 0, reverted: undefined }, rules);
		case "tryAgain":
			return onTrial(action, { ...state, boots: state.boots + 1 }, rules);
		case "revert": {
			const next = left(state, situation === "spent" ? whySpent(state, cause, rules) : "image", failedId);
			return { action, start: kept, state: next, reason: settledReason(next) };
		}
		case "fallBack": {
			const next: BootState = { ...NEW_DEVICE, kept: other, reverted: "image", securityCounter: state.securityCounter };
			return { action, start: other, state: next, reason: settledReason(next) };
		}
		default:
			return { action, start: undefined, state, reason: settledReason(state) };
	}
}

function onTrial(action: BootAction, state: BootState, { bootsMax, trialMs }: BootRules): BootDecision {
	const reason = { kind: "trial", bootsLeft: bootsMax - state.boots, leftMs: trialMs - state.elapsedMs } as const;
	return { action, start: otherSlot(state.kept), state, reason };
}

/** Why what is kept runs. */
export function settledReason({ reverted }: BootState): BootReason {
	return reverted === undefined ? { kind: "normal" } : { kind: "reverted", why: reverted };
}

/** The other slot is to be tried. @param securityCounter of the image that runs: the device's, from now on at least */
export function marked(state: BootState, securityCounter: number): BootState {
	const counter = Math.max(state.securityCounter, securityCounter);
	return { ...NEW_DEVICE, kept: state.kept, trial: "pending", securityCounter: counter };
}

/** The trial was left. @param failedId identity of the image that was on trial */
export function left(state: BootState, why: RevertReason, failedId: string): BootState {
	const { kept, securityCounter } = state;
	return { ...NEW_DEVICE, kept, securityCounter, reverted: why, otherIs: "failed", otherId: failedId };
}

/**
 * What runs is kept. @param keptId identity of what was kept until now, where a trial ends
 * @param securityCounter of the image that runs
 * @returns the state given when nothing changes
 */
export function confirmed(state: BootState, keptId: string, securityCounter: number): BootState {
	const counter = Math.max(state.securityCounter, securityCounter);
	if (state.trial === "running") {
		const kept = otherSlot(state.kept);
		return { ...NEW_DEVICE, kept, securityCounter: counter, otherIs: "confirmed", otherId: keptId };
	}
	if (state.reverted === undefined && counter === state.securityCounter) return state;
	return { ...state, reverted: undefined, securityCounter: counter };
}
