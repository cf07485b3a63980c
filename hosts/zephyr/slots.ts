import { frozen } from "../../modules/frozen.ts";
import {
	type BootReason,
	type HashRun,
	HostFailure,
	type ImageVerdict,
	type ResetCause,
	type RevertReason,
	type SlotImage,
	type SlotName,
	type SlotState,
	type Slots,
} from "../../modules/host.ts";
import { AreaFlash } from "./flash.ts";
import { ImageCheck, type Signer } from "./image-check.ts";
import { type ImageBytes, type McubootImage, readMcubootImage } from "./mcuboot-image.ts";
import type { ZephyrSystem } from "./system.ts";

/** What MCUboot does at the next boot, and what it did last: BOOT_SWAP_TYPE_… of zephyr/dfu/mcuboot.h. */
const swap = frozen({ none: 1, test: 2, perm: 3, revert: 4, fail: 5 });
const fact = frozen({ isSwapping: 0, next: 1, isConfirmed: 2, last: 3, imageMax: 4, imageAt: 5 });
const mark = frozen({ pending: 0, confirm: 1 });

export interface McubootOptions {
	readonly system: ZephyrSystem;
	readonly sha256: () => HashRun;
	/** How the last boot ended: says why an image was left. */
	readonly resetCause: ResetCause;
	/** What this host noted before the last reset. */
	readonly noted: RevertReason | undefined;
	/** Leaves a note for the boot after the next reset. */
	readonly note: (why: RevertReason) => void;
	readonly signer?: Signer | undefined;
	/** How long an image on trial has until the chip restarts by itself. */
	readonly trialMs?: number;
}

const defaultTrialMs = 600_000;

/** @returns the Slots port of MCUboot; undefined when MCUboot did not start the image, or in a mode without swaps */
export function openMcubootSlots(options: McubootOptions): McubootSlots | undefined {
	return options.system.bootFact(fact.isSwapping) === 1 ? new McubootSlots(options) : undefined;
}

/**
 * MCUboot in one of its swapping modes (move, offset, scratch) as the Slots port. The running image is always in the
 * primary slot, "a"; the other one is written to the secondary. A trial is one boot: whatever resets it reverts it, and
 * a deadline of our own sees to it that something does.
 */
export class McubootSlots implements Slots {
	readonly running = "a";
	readonly bootReason: BootReason;
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	private readonly options: McubootOptions;
	private readonly flash: AreaFlash;
	/** Where the image begins in its partition: behind the first sector in the mode that swaps by offset. */
	private readonly imageAt: number;
	private readonly own: McubootImage | undefined;
	private check: ImageCheck | undefined;
	private verdict: ImageVerdict | undefined;

	constructor(options: McubootOptions) {
		const { system } = options;
		this.options = options;
		this.flash = new AreaFlash(system, "slot1");
		this.imageAt = system.bootFact(fact.imageAt);
		this.sectorBytes = this.flash.sectorBytes;
		this.writeBytes = this.flash.writeBytes;
		this.sizeBytes = Math.min(system.bootFact(fact.imageMax), this.trailerAt - this.imageAt);
		this.own = readMcubootImage(new AreaFlash(system, "slot0"));
		this.bootReason = this.readBootReason();
		const { bootReason } = this;
		if (bootReason.kind === "trial") system.setDeadline(bootReason.leftMs);
	}

	state(slot: SlotName): SlotState {
		const { system } = this.options;
		const isTrial = system.bootFact(fact.isConfirmed) === 0;
		if (slot === "a") return isTrial ? "trial" : "confirmed";
		if (this.other === undefined) return "empty";
		if (isTrial) return "confirmed"; // the way back
		const next = system.bootFact(fact.next);
		if (next === swap.test || next === swap.perm) return "trial";
		return next === swap.fail || system.bootFact(fact.last) === swap.revert ? "bad" : "valid";
	}

	image(slot: SlotName): SlotImage | undefined {
		const image = slot === "a" ? this.own : this.other;
		if (image === undefined) return undefined;
		const { name, version, sizeBytes, hash, securityCounter } = image;
		return { name, version, sizeBytes, hash, securityCounter };
	}

	erase(offset: number, sizeBytes: number): void {
		this.release(offset, sizeBytes);
		// With the image goes what MCUboot has noted behind it: a mark, or the end of a swap, would be read as this one's.
		if (offset === 0) this.flash.erase(this.trailerAt, this.flash.sizeBytes - this.trailerAt);
		this.flash.erase(this.imageAt + offset, sizeBytes);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.release(offset, bytes.length);
		this.flash.write(this.imageAt + offset, bytes);
	}

	read(offset: number, into: Uint8Array): void {
		this.flash.read(this.imageAt + offset, into);
	}

	verify(): ImageVerdict | undefined {
		if (this.verdict !== undefined) return this.verdict;
		const { sha256, signer } = this.options;
		this.check ??= new ImageCheck({ from: this.otherBytes, running: this.own, sha256, signer });
		this.verdict = this.check.step();
		if (this.verdict !== undefined) this.check = undefined;
		return this.verdict;
	}

	markPending(): void {
		if (this.verdict !== "ok") throw new HostFailure("slots: only an image that was verified can be marked");
		good("mark", this.options.system.bootMark(mark.pending));
	}

	confirm(): void {
		const { system } = this.options;
		if (system.bootFact(fact.isConfirmed) === 0) {
			good("confirm", system.bootMark(mark.confirm));
			system.setDeadline(0);
		} else if (this.hasReverted) {
			// What was left is of no use to anybody; without its first sector it is no image, and the revert is settled.
			this.verdict = undefined;
			this.flash.erase(this.imageAt, this.sectorBytes);
		}
	}

	revert(why: RevertReason): void {
		if (this.options.system.bootFact(fact.isConfirmed) === 0) this.options.note(why);
	}

	/** Where MCUboot's trailer may begin: three writes a sector while it swaps, and what it notes, whole sectors. */
	private get trailerAt(): number {
		const { sizeBytes, sectorBytes, writeBytes } = this.flash;
		const trailer = (sizeBytes / sectorBytes) * 3 * Math.max(writeBytes, 8) + 128;
		return sizeBytes - Math.ceil(trailer / sectorBytes) * sectorBytes;
	}

	private get otherBytes(): ImageBytes {
		return { sizeBytes: this.sizeBytes, read: (offset, into) => this.read(offset, into) };
	}

	private get other(): McubootImage | undefined {
		return readMcubootImage(this.otherBytes);
	}

	/** The last swap was one back, and what it left is still there. */
	private get hasReverted(): boolean {
		const { system } = this.options;
		return system.bootFact(fact.last) === swap.revert && this.other !== undefined;
	}

	private readBootReason(): BootReason {
		const { system, resetCause, noted, trialMs = defaultTrialMs } = this.options;
		if (system.bootFact(fact.isConfirmed) === 0) return { kind: "trial", bootsLeft: 0, leftMs: trialMs };
		if (!this.hasReverted) return { kind: "normal" };
		return { kind: "reverted", why: noted ?? reasonOf(resetCause) };
	}

	private release(offset: number, size: number): void {
		if (offset < 0 || offset + size > this.sizeBytes) throw new HostFailure("slots: beyond the largest image");
		if (this.options.system.bootFact(fact.isConfirmed) === 0) {
			throw new HostFailure("slots: the other image is the way back while this one is on trial");
		}
		this.check = this.verdict = undefined;
	}
}

function reasonOf(cause: ResetCause): RevertReason {
	return cause === "crash" || cause === "watchdog" ? cause : "boots";
}

function good(what: string, status: number): void {
	if (status < 0) throw new HostFailure(`slots: ${what}: error ${status}`);
}
