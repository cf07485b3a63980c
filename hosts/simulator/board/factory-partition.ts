import { createHash } from "node:crypto";
import { HostFailure } from "../../../modules/host.ts";
import type { FlashChip } from "./flash.ts";
import type { BoardPreset, Partition } from "./presets.ts";

/** Where the factory's record lies: written with a programmer, and only read by the device. */
export class FactoryPartition {
	readonly #flash: FlashChip;
	readonly #place: Partition;

	constructor(flash: FlashChip, place: Partition) {
		this.#flash = flash;
		this.#place = place;
	}

	/** Puts a record there, in place of what was there. @throws HostFailure when it does not fit */
	write(record: Uint8Array): void {
		const { offset, sizeBytes } = this.#place;
		const { writeBytes } = this.#flash.geometry;
		if (record.length > sizeBytes) {
			throw new HostFailure(`the factory record has ${record.length} bytes, the partition of this board ${sizeBytes}`);
		}
		const bytes = new Uint8Array(Math.ceil(record.length / writeBytes) * writeBytes).fill(0xff);
		bytes.set(record);
		const error = this.#flash.erase(offset, sizeBytes) ?? this.#flash.write(offset, bytes);
		if (error !== undefined) throw new HostFailure(error);
	}

	/** @returns an error for people, or undefined */
	read(offset: number, into: Uint8Array): string | undefined {
		if (offset + into.length > this.#place.sizeBytes) return "flash: outside of the factory's partition";
		return this.#flash.read(this.#place.offset + offset, into);
	}
}

/** Reads the bootstrap file of the card that is in the reader. @returns an error for people, or undefined */
export function readCard(card: Uint8Array | undefined, offset: number, into: Uint8Array): string | undefined {
	if (card === undefined || offset + into.length > card.length) {
		return "smart card: there is no such file, or not so much";
	}
	into.set(card.subarray(offset, offset + into.length));
	return undefined;
}

/** A chip has a key of its own in fuses; here all boards of a kind have the same: a flash file can be read again. */
export function fusesOf({ name }: BoardPreset): string {
	return createHash("sha256").update(`fuses of a simulated ${name}`).digest("hex").slice(0, 32);
}
