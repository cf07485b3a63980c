import { erasedByte, type FlashChip } from "./flash.ts";
import type { Partition } from "./presets.ts";

/** The image does not go into the board's slot, or what stands there can not be started. */
export class SlotRefused extends Error {
	override get name() {
		return "SlotRefused";
	}
}

/**
 * Puts an image into a slot as the person at the bench does, with a programmer: unless the slot holds it already, erases the slot and writes it.
 * @param image kept by the chip, not copied
 * @returns whether it had to be written
 * @throws SlotRefused when it is too large
 */
export function programSlot(flash: FlashChip, slot: Partition, image: Uint8Array): boolean {
	if (image.length > slot.sizeBytes) {
		throw new SlotRefused(`the image has ${image.length} bytes, the board's slot ${slot.sizeBytes}`);
	}
	if (holds(flash, slot, image)) return false;
	const refusal =
		(isBlank(flash, slot) ? undefined : flash.erase(slot.offset, slot.sizeBytes)) ?? flash.burn(slot.offset, image);
	if (refusal !== undefined) throw new SlotRefused(refusal);
	return true;
}

/** The bytes of a slot, from its beginning, `sizeBytes` of them. */
export function readSlot(flash: FlashChip, slot: Partition, sizeBytes = slot.sizeBytes): Uint8Array {
	const bytes = new Uint8Array(Math.min(sizeBytes, slot.sizeBytes));
	flash.read(slot.offset, bytes);
	return bytes;
}

function holds(flash: FlashChip, slot: Partition, image: Uint8Array): boolean {
	const found = readSlot(flash, slot, image.length);
	return found.every((byte, index) => byte === image[index]);
}

function isBlank(flash: FlashChip, slot: Partition): boolean {
	const sector = new Uint8Array(flash.geometry.sectorBytes);
	for (let offset = slot.offset; offset < slot.offset + slot.sizeBytes; offset += sector.length) {
		flash.read(offset, sector);
		if (!sector.every((byte) => byte === erasedByte)) return false;
	}
	return true;
}
