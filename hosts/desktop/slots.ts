import { fromHex } from "../../modules/bytes.ts";
import {
	type BootState,
	confirmed,
	left,
	marked,
	NEW_DEVICE,
	otherSlot,
} from "../../modules/firmware/boot-decision.ts";
import { BootStore } from "../../modules/firmware/boot-store.ts";
import {
	type BootReason,
	type Crypto,
	type Flash,
	HostFailure,
	type ImageVerdict,
	type RevertReason,
	type SlotImage,
	type SlotName,
	type SlotState,
	type Slots,
} from "../../modules/host.ts";
import type { BootRecord } from "./boot-record.ts";
import { ImageCheck, imageIn } from "./slot-image.ts";

export interface DesktopSlotsOptions {
	readonly boot: BootRecord;
	readonly a: Flash;
	readonly b: Flash;
	/** The boot loader's memory. */
	readonly state: Flash;
	/** With P-256. Made when an image is checked. */
	crypto(): Crypto;
}

/** The first digits of a hash: who an image is, in the boot state. */
const idDigits = 16;

/**
 * The Slots port beside a boot loader that decided before this process began (launcher/boot.ts runs
 * modules/firmware/boot-loader.ts on Node): both read and write the same three partitions, never at the same time.
 */
export class DesktopSlots implements Slots {
	readonly running: SlotName;
	readonly bootReason: BootReason;
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly #options: DesktopSlotsOptions;
	readonly #store: BootStore;
	readonly #other: SlotName;
	#check: ImageCheck | undefined;
	#isVerified = false;

	constructor(options: DesktopSlotsOptions) {
		const { running, bootReason } = options.boot;
		this.#options = options;
		this.#store = new BootStore(options.state);
		this.running = running;
		this.bootReason = bootReason;
		this.#other = otherSlot(running);
		const { sizeBytes, sectorBytes, writeBytes } = options[this.#other];
		this.sizeBytes = sizeBytes;
		this.sectorBytes = sectorBytes;
		this.writeBytes = writeBytes;
	}

	state(slot: SlotName): SlotState {
		const { kept, trial, otherIs, otherId } = this.now;
		const image = this.image(slot);
		if (image === undefined) return "empty";
		if (slot === kept) return "confirmed";
		if (trial !== "none") return "trial";
		if (otherIs === "unknown" || otherId !== idOf(image)) return "valid";
		return otherIs === "failed" ? "bad" : "confirmed";
	}

	image(slot: SlotName): SlotImage | undefined {
		return imageIn(this.#options[slot]);
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

	verify(): ImageVerdict | undefined {
		this.#check ??= this.newCheck();
		const verdict = this.#check.step();
		if (verdict === undefined) return undefined;
		this.#check = undefined;
		this.#isVerified = verdict === "ok";
		return verdict;
	}

	markPending(): void {
		if (!this.#isVerified) throw new HostFailure("slots: only an image that was verified can be marked");
		this.#store.write(marked(this.settled(), this.ownCounter));
	}

	confirm(): void {
		const state = this.now;
		const isTrial = state.trial === "running" && this.running !== state.kept;
		if (!isTrial && state.trial !== "none") return; // the other one is marked: its trial is not ours to confirm
		const next = confirmed(state, idOf(this.image(this.#other)), this.ownCounter);
		if (next !== state) this.#store.write(next);
	}

	revert(why: RevertReason): void {
		const state = this.now;
		if (state.trial !== "running" || this.running === state.kept) return;
		this.#store.write(left(state, why, idOf(this.image(this.running))));
	}

	private get now(): BootState {
		return this.#store.state ?? NEW_DEVICE;
	}

	private get ownCounter(): number {
		return this.image(this.running)?.securityCounter ?? 0;
	}

	private newCheck(): ImageCheck {
		const { boot, crypto: open } = this.#options;
		const crypto = open();
		const point = fromHex(boot.trusted);
		return new ImageCheck({
			flash: this.#options[this.#other],
			hash: crypto.sha256(),
			isSigned: (hash, signature) => point !== undefined && crypto.p256?.verify(point, hash, signature) === true,
			securityCounter: Math.max(this.now.securityCounter, this.ownCounter),
			running: this.image(this.running),
		});
	}

	/** Before the other slot is changed: nothing must go back to it, or be said of it, any more. */
	private release(): void {
		const state = this.settled();
		this.#check = undefined;
		this.#isVerified = false;
		if (state.trial === "none" && state.otherIs === "unknown") return;
		this.#store.write({ ...state, trial: "none", boots: 0, elapsedMs: 0, otherIs: "unknown", otherId: "" });
	}

	/** The state, when the other slot is nobody's way back. @throws HostFailure else */
	private settled(): BootState {
		const state = this.now;
		if (this.running !== state.kept) throw new HostFailure("slots: on trial, the other slot is the way back");
		return state;
	}
}

function idOf(image: SlotImage | undefined): string {
	return image === undefined ? "" : image.hash.slice(0, idDigits);
}
