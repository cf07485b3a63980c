/** SHA-256 (FIPS 180-4 §6.2): 96 bytes of state, no table but the round constants. */
import type { HashRun } from "../host.ts";

/** FIPS 180-4 §4.2.2. Read-only. */
const constants = new Int32Array([
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
	0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
	0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
]);

/** FIPS 180-4 §5.3.3. Read-only. */
const initial = new Int32Array([
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/**
 * Absorbs the block in words[8 .. 24) into the chaining value in words[0 .. 8) (FIPS 180-4 §6.2.2). The message
 * schedule takes the place of the block.
 */
function compress(words: Int32Array): void {
	let a = words[0]!;
	let b = words[1]!;
	let c = words[2]!;
	let d = words[3]!;
	let e = words[4]!;
	let f = words[5]!;
	let g = words[6]!;
	let h = words[7]!;
	for (let round = 0; round < 64; round++) {
		const at = 8 + (round & 15);
		let word = words[at]!;
		if (round > 15) {
			const x = words[8 + ((round + 1) & 15)]!;
			const y = words[8 + ((round + 14) & 15)]!;
			const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
			const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
			word = (word + small0 + words[8 + ((round + 9) & 15)]! + small1) | 0;
			words[at] = word;
		}
		const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
		const sum = (h + big1 + (g ^ (e & (f ^ g))) + constants[round]! + word) | 0;
		const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
		h = g;
		g = f;
		f = e;
		e = (d + sum) | 0;
		d = c;
		const majority = (a & b) | (c & (a | b));
		c = b;
		b = a;
		a = (sum + big0 + majority) | 0;
	}
	words[0] = words[0]! + a;
	words[1] = words[1]! + b;
	words[2] = words[2]! + c;
	words[3] = words[3]! + d;
	words[4] = words[4]! + e;
	words[5] = words[5]! + f;
	words[6] = words[6]! + g;
	words[7] = words[7]! + h;
}

/** A running SHA-256. */
export class Sha256 implements HashRun {
	/** The chaining value, then the block that is being filled. */
	readonly #words = new Int32Array(24);
	/** Bytes so far. */
	#size = 0;

	constructor() {
		this.reset();
	}

	/** Begins anew, and overwrites what was there. */
	reset(): void {
		this.#words.fill(0);
		this.#words.set(initial);
		this.#size = 0;
	}

	/** Goes on where `other` is. */
	copy(other: Sha256): void {
		this.#words.set(other.#words);
		this.#size = other.#size;
	}

	update(bytes: Uint8Array, at: number, end: number): void {
		const words = this.#words;
		let size = this.#size;
		for (let from = at; from < end; from++) {
			const index = 8 + ((size & 63) >> 2);
			const place = size++ & 3;
			if (place === 0) words[index] = bytes[from]! << 24;
			else words[index]! |= bytes[from]! << (24 - (place << 3));
			if ((size & 63) === 0) compress(words);
		}
		this.#size = size;
	}

	digest(): Uint8Array {
		const end = new Sha256();
		end.copy(this);
		const into = new Uint8Array(32);
		end.finish(into, 0);
		return into;
	}

	/** Writes the 32 bytes to into[at ..), and begins anew. */
	finish(into: Uint8Array, at: number): void {
		const words = this.#words;
		const size = this.#size;
		const place = size & 3;
		let index = 8 + ((size & 63) >> 2);
		words[index] = (place === 0 ? 0 : words[index]!) | (0x80 << (24 - (place << 3)));
		if (index > 21) {
			words.fill(0, index + 1);
			compress(words);
			index = 7;
		}
		words.fill(0, index + 1);
		words[22] = Math.floor(size / 0x20000000);
		words[23] = size << 3;
		compress(words);
		for (let to = 0; to < 32; to++) into[at + to] = words[to >> 2]! >> (24 - ((to & 3) << 3));
		this.reset();
	}
}
