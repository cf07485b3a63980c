import { type Dice, type Entropy, HostFailure } from "../../modules/host.ts";
import { fillFromSystem } from "./desktop-system.ts";

/** The operating system's generator (getrandom). Nothing is kept here that could repeat: it is asked for every byte. */
export class SystemEntropy implements Entropy {
	/** @throws HostFailure when two draws are equal, by chance once in 2^128 starts: the source stands still */
	constructor() {
		const first = new Uint8Array(16);
		const second = new Uint8Array(16);
		this.fill(first);
		this.fill(second);
		for (let index = 0; index < first.length; index++) if (first[index] !== second[index]) return;
		throw new HostFailure("the system's entropy repeats itself");
	}

	fill(bytes: Uint8Array): void {
		try {
			fillFromSystem(bytes);
		} catch (cause) {
			throw new HostFailure("no entropy from the system", { cause });
		}
	}
}

/** Chance for jitter, by xorshift32 (Marsaglia 2003, parameters 13, 17, 5), seeded from the system at each start. */
export class SeededDice implements Dice {
	#state: number;

	constructor(entropy: Entropy) {
		const seed = new Uint8Array(4);
		entropy.fill(seed);
		this.#state = new DataView(seed.buffer).getUint32(0) || 1; // 0 is the one state that xorshift never leaves
	}

	below(bound: number): number {
		// Draws above the last whole multiple of `bound` would make small numbers likelier.
		const limit = 2 ** 32 - (2 ** 32 % bound);
		let drawn = this.#next();
		while (drawn >= limit) drawn = this.#next();
		return drawn % bound;
	}

	#next(): number {
		let state = this.#state;
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		this.#state = state >>> 0;
		return this.#state;
	}
}
