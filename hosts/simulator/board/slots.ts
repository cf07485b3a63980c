import { type Flash, HostFailure, type ImageVerdict, type SlotImage } from "../../../modules/host.ts";
import type { Program } from "../engine/compiler.ts";
import { erasedByte, type FlashChip } from "./flash.ts";
import type { Partition } from "./presets.ts";

/** The image does not go into the board's slot, or what stands there can not be started. */
export class SlotRefused extends Error {
	override get name() {
		return "SlotRefused";
	}
}

/** What a board's boot loader finds in a slot. */
export interface Finding {
	readonly verdict: ImageVerdict;
	/** For people, when it is not "ok". */
	readonly why?: string;
}

/** How a board's boot loader reads images: it knows their format, its engine and the keys it trusts. */
export interface BootImages {
	/** @param running as BootLoaderOptions.examine has it */
	examine(slot: Slot, securityCounter: number, running?: SlotImage): Finding;
	header(slot: Slot): SlotImage | undefined;
	/** Of the partition for mods; absent: there are none. */
	examineMod?(place: Slot): Finding;
	/** @throws SlotRefused when it is no mod that may run here */
	modIn?(place: Slot): Program & { readonly entry: string; readonly hash: string };
}

/** Of a board whose programs are no images: what lies in slot a is started, whatever it is. */
export const anyImage: BootImages = {
	examine: ({ name }) => (name === "a" ? { verdict: "ok" } : { verdict: "image", why: "no image" }),
	header: () => undefined,
};

/** A partition of a chip as the Flash port. */
export class PartitionFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly erasedByte = erasedByte;
	readonly #flash: FlashChip;
	readonly #offset: number;

	constructor(flash: FlashChip, { offset, sizeBytes }: Partition) {
		this.#flash = flash;
		this.#offset = offset;
		this.sizeBytes = sizeBytes;
		this.sectorBytes = flash.geometry.sectorBytes;
		this.writeBytes = flash.geometry.writeBytes;
	}

	read(offset: number, into: Uint8Array): void {
		this.#within(offset, into.length);
		orFail(this.#flash.read(this.#offset + offset, into));
	}

	write(offset: number, bytes: Uint8Array): void {
		this.#within(offset, bytes.length);
		orFail(this.#flash.write(this.#offset + offset, bytes));
	}

	erase(offset: number, size: number): void {
		this.#within(offset, size);
		orFail(this.#flash.erase(this.#offset + offset, size));
	}

	#within(offset: number, size: number): void {
		if (offset < 0 || size < 0 || offset + size > this.sizeBytes)
			throw new HostFailure("flash: outside of the partition");
	}
}

/** A port's answer: a sentence for people, or undefined. What is no refusal passes: a power cut. */
export function refusalOf(run: () => void): string | undefined {
	try {
		run();
		return undefined;
	} catch (error) {
		if (error instanceof HostFailure) return error.message;
		throw error;
	}
}

function orFail(refusal: string | undefined): void {
	if (refusal !== undefined) throw new HostFailure(refusal);
}

/** One of the two places in flash for an image. */
export class Slot {
	readonly name: "a" | "b";
	readonly sizeBytes: number;
	readonly #flash: FlashChip;
	readonly #place: Partition;

	constructor(flash: FlashChip, place: Partition, name: "a" | "b" = "a") {
		this.name = name;
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
		return image.length <= this.sizeBytes && this.#flash.holds(this.#place.offset, image);
	}
}
