import type { FlashChip } from "./flash.ts";
import type { Partition } from "./presets.ts";

/** The image does not go into the board's slot, or what stands there can not be started. */
export class SlotRefused extends Error {
	override get name() {
		return "SlotRefused";
	}
}

/** One of the two places in flash for an image. */
export class Slot {
	readonly sizeBytes: number;
	readonly #flash: FlashChip;
	readonly #place: Partition;

	constructor(flash: FlashChip, place: Partition) {
		this.#flash = flash;
		this.#place = place;
		this.sizeBytes = place.sizeBytes;
	}

	/** A copy of its first bytes, or of all of them. */
	read(sizeBytes = this.sizeBytes): Uint8Array {
		const bytes = new Uint8Array(Math.min(sizeBytes, this.sizeBytes));
		this.#flash.read(this.#place.offset, bytes);
		return bytes;
	}

	/**
	 * Puts an image there as the person at the bench does, with a programmer: unless it is there already, erases the
	 * slot and writes it.
	 * @param image kept by the chip, not copied
	 * @returns whether it had to be written
	 * @throws SlotRefused when it is too large
	 */
	program(image: Uint8Array): boolean {
		if (image.length > this.sizeBytes) {
			throw new SlotRefused(`the image has ${image.length} bytes, the board's slot ${this.sizeBytes}`);
		}
		if (this.holds(image)) return false;
		const { offset, sizeBytes } = this.#place;
		const refusal = this.#flash.clear(offset, sizeBytes) ?? this.#flash.burn(offset, image);
		if (refusal !== undefined) throw new SlotRefused(refusal);
		return true;
	}

	/** Whether it begins with these bytes. */
	holds(image: Uint8Array): boolean {
		return Buffer.compare(this.read(image.length), image) === 0;
	}
}
