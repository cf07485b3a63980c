import {
	type BootReason,
	type Flash,
	HostFailure,
	type ImageVerdict,
	type ResetCause,
	type RevertReason,
	type SlotImage,
	type SlotName,
	type SlotState,
	type Slots,
} from "../host.ts";
import {
	type BootAction,
	type Bootable,
	type BootDecision,
	type BootRules,
	type BootState,
	confirmed,
	decideBoot,
	left,
	marked,
	NEW_DEVICE,
	otherSlot,
	settledReason,
	situationOf,
} from "./boot-decision.ts";
import { BootStore, type BootStoreCondition } from "./boot-store.ts";

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

/** The first digits of a hash: who an image is, in the boot state. */
const idDigits = 16;

/**
 * A boot loader: decides at each reset which slot is started, and is the Slots port of the program that it started.
 * Portable, so that the same code runs under the simulated board, in the tests of power loss and under fakes.
 */
export class BootLoader implements Slots {
	readonly condition: BootStoreCondition;
	readonly action: BootAction;
	/** Which slot to start; undefined: none can be. */
	readonly start: SlotName | undefined;
	/** What was found where it had to be looked at. */
	readonly verdicts: { a?: ImageVerdict; b?: ImageVerdict } = {};
	readonly running: SlotName;
	readonly bootReason: BootReason;
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly #options: BootLoaderOptions;
	readonly #store: BootStore;
	readonly #other: SlotName;
	#isVerified = false;

	/** Decides, and writes down what it decided. Throws nothing, whatever lies in flash. */
	constructor(options: BootLoaderOptions, reset: ResetInput) {
		this.#options = options;
		this.#store = new BootStore(options.state);
		this.condition = this.#store.condition;
		const state = this.stateAtReset(reset.ranMs);
		const bootable = this.look(state);
		const failedId = idOf(options.imageIn(otherSlot(state.kept)));
		const decision = this.written(decideBoot(state, bootable, reset.cause, failedId, options.rules), state);
		this.action = decision.action;
		this.start = decision.start;
		this.bootReason = decision.reason;
		this.running = decision.start ?? state.kept;
		this.#other = otherSlot(this.running);
		const flash = options[this.#other];
		this.sizeBytes = flash.sizeBytes;
		this.sectorBytes = flash.sectorBytes;
		this.writeBytes = flash.writeBytes;
	}

	/** What the boot loader remembers. */
	get bootState(): BootState {
		return this.#store.state ?? NEW_DEVICE;
	}

	state(slot: SlotName): SlotState {
		const { kept, trial, otherIs, otherId } = this.bootState;
		const image = this.image(slot);
		if (image === undefined) return "empty";
		if (slot === kept) return (this.verdicts[slot] ?? "ok") === "ok" ? "confirmed" : "bad";
		if (trial !== "none") return "trial";
		if (otherIs === "unknown" || otherId !== idOf(image)) return "valid";
		return otherIs === "failed" ? "bad" : "confirmed";
	}

	image(slot: SlotName): SlotImage | undefined {
		return this.#options.imageIn(slot);
	}

	erase(offset: number, sizeBytes: number): void {
		this.release();
		this.#options[this.#other].erase(offset, sizeBytes);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.release();
		this.#options[this.#other].write(offset, bytes);
	}

	read(offset: number, into: Uint8Array): void {
		this.#options[this.#other].read(offset, into);
	}

	verify(): ImageVerdict {
		const counter = Math.max(this.bootState.securityCounter, this.ownCounter);
		const verdict = this.#options.examine(this.#other, counter, this.image(this.running));
		this.#isVerified = verdict === "ok";
		return verdict;
	}

	markPending(): void {
		if (!this.#isVerified) throw new HostFailure("slots: only an image that was verified can be marked");
		this.#store.write(marked(this.settled(), this.ownCounter));
	}

	confirm(): void {
		const state = this.bootState;
		const isTrial = state.trial === "running" && this.running !== state.kept;
		if (!isTrial && state.trial !== "none") return; // the other one is marked: its trial is not ours to confirm
		const next = confirmed(state, idOf(this.image(this.#other)), this.ownCounter);
		if (next !== state) this.#store.write(next);
	}

	revert(why: RevertReason): void {
		const state = this.bootState;
		if (state.trial !== "running" || this.running === state.kept) return;
		this.#store.write(left(state, why, idOf(this.image(this.running))));
	}

	private get ownCounter(): number {
		return this.image(this.running)?.securityCounter ?? 0;
	}

	/** Looks at as many slots as the decision needs. */
	private look(state: BootState): Bootable {
		const { kept, otherIs, otherId } = state;
		const other = otherSlot(kept);
		const isGood = (slot: SlotName) => this.isGood(slot, state.securityCounter);
		const situation = situationOf(state, this.#options.rules);
		if (situation === "pending" || situation === "running") {
			if (isGood(other)) return "other"; // decides as "both"
			return isGood(kept) ? "kept" : "neither";
		}
		if (isGood(kept)) return "kept"; // decides as "both"
		const hasFailed = otherIs === "failed" && otherId === idOf(this.image(other));
		return !hasFailed && isGood(other) ? "other" : "neither";
	}

	private isGood(slot: SlotName, securityCounter: number): boolean {
		this.verdicts[slot] ??= this.#options.examine(slot, securityCounter);
		return this.verdicts[slot] === "ok";
	}

	/** Before the other slot is changed: nothing must go back to it, or be said of it, any more. */
	private release(): void {
		const state = this.settled();
		this.#isVerified = false;
		if (state.trial === "none" && state.otherIs === "unknown") return;
		this.#store.write({ ...state, trial: "none", boots: 0, elapsedMs: 0, otherIs: "unknown", otherId: "" });
	}

	/** The state, when the other slot is nobody's way back. @throws HostFailure else */
	private settled(): BootState {
		const state = this.bootState;
		if (this.running !== state.kept) throw new HostFailure("slots: on trial, the other slot is the way back");
		return state;
	}

	private stateAtReset(ranMs: number): BootState {
		const { state } = this.#store;
		if (state?.trial === "running") return { ...state, elapsedMs: state.elapsedMs + ranMs };
		if (state !== undefined || this.condition !== "lost") return state ?? NEW_DEVICE;
		// Nothing is known of which was kept. The image that the other could not replace any more has to prove itself anew.
		const counterOf = (slot: SlotName) => (this.isGood(slot, 0) ? (this.image(slot)?.securityCounter ?? 0) : -1);
		const [a, b] = [counterOf("a"), counterOf("b")];
		if (a < 0 || b < 0 || a === b)
			return { ...NEW_DEVICE, kept: b > a ? "b" : "a", securityCounter: Math.max(a, b, 0) };
		return { ...NEW_DEVICE, kept: a < b ? "a" : "b", trial: "pending", securityCounter: Math.min(a, b) };
	}

	/** Writes a decision down; what can not be counted is not tried, unless there is nothing else. */
	private written(decision: BootDecision, before: BootState): BootDecision {
		if (decision.state === before && this.condition !== "lost") return decision;
		try {
			this.#store.write(decision.state);
			return decision;
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			if (decision.reason.kind !== "trial" || !this.isGood(before.kept, before.securityCounter)) return decision;
			return { action: "keep", start: before.kept, state: before, reason: settledReason(before) };
		}
	}
}

function idOf(image: SlotImage | undefined): string {
	return image === undefined ? "" : image.hash.slice(0, idDigits);
}
