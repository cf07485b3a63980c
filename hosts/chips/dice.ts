import type { Dice, Entropy } from "../../modules/host.ts";

/** Chance for jitter, by xorshift32 (Marsaglia 2003, parameters 13, 17, 5), seeded from the entropy at each start. */
export class SeededDice implements Dice {
	private state: number;

	constructor(entropy: Entropy) {
		const seed = new Uint8Array(4);
		entropy.fill(seed);
		this.state = new DataView(seed.buffer).getUint32(0) || 1; // 0 is the one state that xorshift never leaves
	}

	below(bound: number): number {
		// Draws above the last whole multiple of `bound` would make small numbers likelier.
		const limit = 2 ** 32 - (2 ** 32 % bound);
		let drawn = this.next();
		while (drawn >= limit) drawn = this.next();
		return drawn % bound;
	}

	private next(): number {
		let { state } = this;
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		this.state = state >>> 0;
		return this.state;
	}
}
