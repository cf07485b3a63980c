import {
	type BootReason,
	HostFailure,
	type ImageVerdict,
	type RevertReason,
	type SlotImage,
	type SlotName,
	type SlotState,
	type Slots,
} from "../../../modules/host.ts";
import type { Natives } from "./natives.ts";

/** What the boot record says of slots. */
export interface SlotsRecord {
	readonly running: SlotName;
	readonly bootReason: BootReason;
}

/** The board's boot loader as the Slots port. */
export class BoardSlots implements Slots {
	readonly running: SlotName;
	readonly bootReason: BootReason;
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly #natives: Natives;

	constructor(natives: Natives, { running, bootReason }: SlotsRecord) {
		this.#natives = natives;
		this.running = running;
		this.bootReason = bootReason;
		this.sizeBytes = natives.slotSize();
		this.sectorBytes = natives.flashGeometry(1);
		this.writeBytes = natives.flashGeometry(2);
	}

	state(slot: SlotName): SlotState {
		return this.record(slot).state;
	}

	image(slot: SlotName): SlotImage | undefined {
		return this.record(slot).image;
	}

	erase(offset: number, sizeBytes: number): void {
		orFail(this.#natives.slotErase(offset, sizeBytes));
	}

	write(offset: number, bytes: Uint8Array): void {
		orFail(this.#natives.slotWrite(offset, bytes));
	}

	read(offset: number, into: Uint8Array): void {
		orFail(this.#natives.slotRead(offset, into));
	}

	/** The boot loader checks it in one go. */
	verify(): ImageVerdict {
		return this.#natives.slotVerify() as ImageVerdict;
	}

	markPending(): void {
		orFail(this.#natives.slotMark(0, ""));
	}

	confirm(): void {
		orFail(this.#natives.slotMark(1, ""));
	}

	revert(why: RevertReason): void {
		orFail(this.#natives.slotMark(2, why));
	}

	private record(slot: SlotName): { readonly state: SlotState; readonly image?: SlotImage } {
		return JSON.parse(this.#natives.slotRecord(slot === "a" ? 0 : 1));
	}
}

function orFail(error: string | undefined): void {
	if (error !== undefined) throw new HostFailure(error);
}
