import {
	type BootReason,
	type Flash,
	HostFailure,
	type ImageVerdict,
	type RevertReason,
	type SlotImage,
	type SlotName,
	type SlotState,
	type Slots,
} from "../host.ts";
import { type BootState, confirmed, left, marked, NEW_DEVICE, otherSlot } from "./boot-decision.ts";
import type { BootStore } from "./boot-store.ts";

/** What a boot left to the program that it started. */
export interface BootedSlotsOptions {
	/** The boot loader's memory; the program alone writes to it until the next reset. */
	readonly store: BootStore;
	readonly a: Flash;
	readonly b: Flash;
	readonly running: SlotName;
	readonly bootReason: BootReason;
	/** Reads a header alone. */
	readonly imageIn: (slot: SlotName) => SlotImage | undefined;
}

/** The first digits of a hash: who an image is, in the boot state. */
const idDigits = 16;

/** Who an image is, in the boot state; "" for none. */
export function idOf(image: SlotImage | undefined): string {
	return image === undefined ? "" : image.hash.slice(0, idDigits);
}

/**
 * The Slots port of a program that this folder's boot loader started, whether that decided in the same machine
 * (boot-loader.ts) or in another one before (hosts/desktop). How an image is checked is the subclass's.
 */
export abstract class BootedSlots implements Slots {
	readonly running: SlotName;
	readonly bootReason: BootReason;
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	/** The one that does not run. */
	protected readonly other: SlotName;
	private readonly store: BootStore;
	private readonly otherFlash: Flash;
	private readonly imageIn: (slot: SlotName) => SlotImage | undefined;
	private isVerified = false;

	constructor(options: BootedSlotsOptions) {
		const { store, running, bootReason, imageIn } = options;
		this.store = store;
		this.running = running;
		this.bootReason = bootReason;
		this.imageIn = imageIn;
		this.other = otherSlot(running);
		this.otherFlash = options[this.other];
		const { sizeBytes, sectorBytes, writeBytes } = this.otherFlash;
		this.sizeBytes = sizeBytes;
		this.sectorBytes = sectorBytes;
		this.writeBytes = writeBytes;
	}

	abstract verify(): ImageVerdict | undefined;

	/** What the boot loader remembers. */
	get bootState(): BootState {
		return this.store.state ?? NEW_DEVICE;
	}

	state(slot: SlotName): SlotState {
		const { kept, trial, otherIs, otherId } = this.bootState;
		const image = this.image(slot);
		if (image === undefined) return "empty";
		if (slot === kept) return "confirmed";
		if (trial !== "none") return "trial";
		if (otherIs === "unknown" || otherId !== idOf(image)) return "valid";
		return otherIs === "failed" ? "bad" : "confirmed";
	}

	image(slot: SlotName): SlotImage | undefined {
		return this.imageIn(slot);
	}

	erase(offset: number, sizeBytes: number): void {
		this.release();
		this.otherFlash.erase(offset, sizeBytes);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.release();
		this.otherFlash.write(offset, bytes);
	}

	read(offset: number, into: Uint8Array): void {
		this.otherFlash.read(offset, into);
	}

	markPending(): void {
		if (!this.isVerified) throw new HostFailure("slots: only an image that was verified can be marked");
		this.store.write(marked(this.settled(), this.ownCounter));
	}

	confirm(): void {
		const state = this.bootState;
		const isTrial = state.trial === "running" && this.running !== state.kept;
		if (!isTrial && state.trial !== "none") return; // the other one is marked: its trial is not ours to confirm
		const next = confirmed(state, idOf(this.image(this.other)), this.ownCounter);
		if (next !== state) this.store.write(next);
	}

	revert(why: RevertReason): void {
		const state = this.bootState;
		if (state.trial !== "running" || this.running === state.kept) return;
		this.store.write(left(state, why, idOf(this.image(this.running))));
	}

	/** No image below it may be marked: the device's own counter, or that of the image that runs. */
	protected get counterMin(): number {
		return Math.max(this.bootState.securityCounter, this.ownCounter);
	}

	/** Takes note of what a check of the other slot found. @returns it */
	protected found(verdict: ImageVerdict): ImageVerdict {
		this.isVerified = verdict === "ok";
		return verdict;
	}

	/**
	 * Before the other slot is changed: nothing must go back to it, or be said of it, any more.
	 * @throws HostFailure on trial, or when flash fails
	 */
	protected release(): void {
		const state = this.settled();
		this.isVerified = false;
		if (state.trial === "none" && state.otherIs === "unknown") return;
		this.store.write({ ...state, trial: "none", boots: 0, elapsedMs: 0, otherIs: "unknown", otherId: "" });
	}

	private get ownCounter(): number {
		return this.image(this.running)?.securityCounter ?? 0;
	}

	/** The state, when the other slot is nobody's way back. @throws HostFailure else */
	private settled(): BootState {
		const state = this.bootState;
		if (this.running !== state.kept) throw new HostFailure("slots: on trial, the other slot is the way back");
		return state;
	}
}
