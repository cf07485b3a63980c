import { type Entropy, HostFailure } from "../../modules/host.ts";
import type { Nrf52System } from "./system.ts";

/** The chip's generator in its CryptoCell. Nothing is kept here that could repeat: it is asked for every byte. */
export class ChipEntropy implements Entropy {
	private readonly system: Pick<Nrf52System, "fillFromSystem">;

	/** @throws HostFailure when two draws are equal, by chance once in 2^128 starts: the source stands still */
	constructor(system: Pick<Nrf52System, "fillFromSystem">) {
		this.system = system;
		const first = new Uint8Array(16);
		const second = new Uint8Array(16);
		this.fill(first);
		this.fill(second);
		for (let index = 0; index < first.length; index++) if (first[index] !== second[index]) return;
		throw new HostFailure("the chip's entropy repeats itself");
	}

	fill(bytes: Uint8Array): void {
		try {
			this.system.fillFromSystem(bytes);
		} catch (cause) {
			throw new HostFailure("no entropy from the chip", { cause });
		}
	}
}
