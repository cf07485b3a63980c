import {
	type Flash,
	HostFailure,
	type ImageVerdict,
	type ResetCause,
	type SlotImage,
	type SlotName,
	type SlotState,
} from "../host.ts";
import {
	type BootAction,
	type Bootable,
	type BootDecision,
	type BootRules,
	type BootState,
	decideBoot,
	NEW_DEVICE,
	otherSlot,
	settledReason,
	situationOf,
} from "./boot-decision.ts";
import { BootStore, type BootStoreCondition } from "./boot-store.ts";
import { BootedSlots, idOf } from "./booted-slots.ts";

/** What a boot loader stands on. */
export interface BootLoaderOptions {
	/** For the boot state: two sectors or more. */
	readonly state: Flash;
	readonly a: Flash;
	readonly b: Flash;
	readonly rules: BootRules;
	/**
	 * Checks an image: size, hash, signature, XS, and that its security counter is not below `securityCounter`.
	 * @param running what runs, when an update is checked: an image of another product is none for it
	 */
	examine(slot: SlotName, securityCounter: number, running?: SlotImage): ImageVerdict;
	/** Reads a header alone. */
	imageIn(slot: SlotName): SlotImage | undefined;
}

/** What a reset is like, for the boot loader. */
export interface ResetInput {
	readonly cause: ResetCause;
	/** How long the last trial ran until this reset, where that is known: after a power cut it is not. */
	readonly ranMs: number;
}

/** What was found in the slots that had to be looked at. */
export interface BootVerdicts {
	a?: ImageVerdict;
	b?: ImageVerdict;
}

/**
 * A boot loader: decides at each reset which slot is started, and is the Slots port of the program that it started.
 * Portable, so that the same code runs under the simulated board, in the tests of power loss and under fakes.
 */
export class BootLoader extends BootedSlots {
	readonly condition: BootStoreCondition;
	readonly action: BootAction;
	/** Which slot to start; undefined: none can be. */
	readonly start: SlotName | undefined;
	readonly verdicts: BootVerdicts;
	private readonly options: BootLoaderOptions;

	/** Decides, and writes down what it decided. Throws nothing, whatever lies in flash. */
	constructor(options: BootLoaderOptions, reset: ResetInput) {
		const { a, b } = options;
		const store = new BootStore(options.state);
		const boot = new Boot(options, store);
		const { start, action, reason, kept } = boot.decide(reset);
		const imageIn = (slot: SlotName) => options.imageIn(slot);
		super({ store, a, b, running: start ?? kept, bootReason: reason, imageIn });
		this.options = options;
		this.condition = store.condition;
		this.action = action;
		this.start = start;
		this.verdicts = boot.verdicts;
	}

	/** An image that was kept and has rotted since is bad. */
	override state(slot: SlotName): SlotState {
		const isRotten = slot === this.bootState.kept && (this.verdicts[slot] ?? "ok") !== "ok";
		const state = super.state(slot);
		return isRotten && state === "confirmed" ? "bad" : state;
	}

	verify(): ImageVerdict {
		return this.found(this.options.examine(this.other, this.counterMin, this.image(this.running)));
	}
}

/** A boot, as long as it is not decided. */
class Boot {
	readonly verdicts: BootVerdicts = {};
	private readonly options: BootLoaderOptions;
	private readonly store: BootStore;

	constructor(options: BootLoaderOptions, store: BootStore) {
		this.options = options;
		this.store = store;
	}

	/** Decides and writes that down. `kept`: the slot that was, before it */
	decide({ cause, ranMs }: ResetInput): BootDecision & { readonly kept: SlotName } {
		const { options } = this;
		const state = this.stateAtReset(ranMs);
		const { kept } = state;
		const failedId = idOf(options.imageIn(otherSlot(kept)));
		const decision = decideBoot(state, this.look(state), cause, failedId, options.rules);
		return { ...this.written(decision, state), kept };
	}

	/** Looks at as many slots as the decision needs. */
	private look(state: BootState): Bootable {
		const { kept, otherIs, otherId } = state;
		const other = otherSlot(kept);
		const isGood = (slot: SlotName) => this.isGood(slot, state.securityCounter);
		const situation = situationOf(state, this.options.rules);
		if (situation === "pending" || situation === "running") {
			if (isGood(other)) return "other"; // decides as "both"
			return isGood(kept) ? "kept" : "neither";
		}
		if (isGood(kept)) return "kept"; // decides as "both"
		const hasFailed = otherIs === "failed" && otherId === idOf(this.options.imageIn(other));
		return !hasFailed && isGood(other) ? "other" : "neither";
	}

	private isGood(slot: SlotName, securityCounter: number): boolean {
		this.verdicts[slot] ??= this.options.examine(slot, securityCounter);
		return this.verdicts[slot] === "ok";
	}

	private stateAtReset(ranMs: number): BootState {
		const { state, condition } = this.store;
		if (state?.trial === "running") return { ...state, elapsedMs: state.elapsedMs + ranMs };
		if (state !== undefined || condition !== "lost") return state ?? NEW_DEVICE;
		// Nothing is known of which was kept. The image that the other could not replace any more has to prove itself anew.
		const counterOf = (slot: SlotName) =>
			this.isGood(slot, 0) ? (this.options.imageIn(slot)?.securityCounter ?? 0) : -1;
		const [a, b] = [counterOf("a"), counterOf("b")];
		if (a < 0 || b < 0 || a === b)
			return { ...NEW_DEVICE, kept: b > a ? "b" : "a", securityCounter: Math.max(a, b, 0) };
		return { ...NEW_DEVICE, kept: a < b ? "a" : "b", trial: "pending", securityCounter: Math.min(a, b) };
	}

	/** Writes a decision down; what can not be counted is not tried, unless there is nothing else. */
	private written(decision: BootDecision, before: BootState): BootDecision {
		if (decision.state === before && this.store.condition !== "lost") return decision;
		try {
			this.store.write(decision.state);
			return decision;
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			if (decision.reason.kind !== "trial" || !this.isGood(before.kept, before.securityCounter)) return decision;
			return { action: "keep", start: before.kept, state: before, reason: settledReason(before) };
		}
	}
}
