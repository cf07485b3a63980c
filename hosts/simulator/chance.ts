/**
 * The seeded chance of a world: one small generator (sfc32, integers only, so that every machine draws the same).
 * Good enough for jitter, loss and the entropy of virtual boards; never for a real key.
 */
export class Chance {
	#a: number;
	#b: number;
	#c: number;
	#counter = 1;

	/** @param seed any integer below 2^53; equal seeds draw equal numbers */
	constructor(seed: number) {
		this.#a = mixed(seed >>> 0);
		this.#b = mixed(this.#a ^ Math.floor(seed / 0x100000000));
		this.#c = mixed(this.#b ^ 0x9e3779b9);
		for (let round = 0; round < 12; round++) this.#next();
	}

	/** @returns an integer, 0 <= n < bound, for 1 <= bound <= 2^32 */
	below(bound: number): number {
		return Math.floor((this.#next() / 0x100000000) * bound);
	}

	/** One draw: true in `permille` of 1000 cases. */
	happens(permille: number): boolean {
		return this.below(1000) < permille;
	}

	fill(bytes: Uint8Array): void {
		for (let index = 0; index < bytes.length; index++) bytes[index] = this.#next() & 0xff;
	}

	/** A generator of its own for a part of the world: what one part draws does not shift what another one draws. */
	branch(name: string): Chance {
		let hash = this.#next();
		for (const character of name) hash = mixed(hash ^ character.codePointAt(0)!);
		return new Chance(hash);
	}

	#next(): number {
		const sum = (((this.#a + this.#b) >>> 0) + this.#counter) >>> 0;
		this.#counter = (this.#counter + 1) >>> 0;
		this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
		this.#b = (this.#c + (this.#c << 3)) >>> 0;
		this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
		return sum;
	}
}

/** Spreads the bits of a 32-bit integer (the finaliser of MurmurHash3). */
export function mixed(value: number): number {
	let hash = value | 0;
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
