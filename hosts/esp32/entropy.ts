import { type Entropy, HostFailure } from "../../modules/host.ts";
import { fillFromChip } from "./esp32-system.ts";

/** The hardware's generator. Nothing is kept here that could repeat: it is asked for every byte. */
export class ChipEntropy implements Entropy {
	/** @throws HostFailure when two draws are equal, by chance once in 2^128 boots: the source stands still */
	constructor() {
		const first = new Uint8Array(16);
		const second = new Uint8Array(16);
		this.fill(first);
		this.fill(second);
		for (let index = 0; index < first.length; index++) if (first[index] !== second[index]) return;
		throw new HostFailure("the chip's entropy repeats itself");
	}

	fill(bytes: Uint8Array): void {
		fillFromChip(bytes);
	}
}
