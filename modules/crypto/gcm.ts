import type { Aes } from "./aes.ts";
import { equalSecret } from "./equal.ts";

const tagSize = 16;

/** AES-GCM (NIST SP 800-38D) with a key that is set in `aes`, nonces of 12 bytes and tags of 16. */
export class Gcm {
	readonly #aes: Aes;
	/** H, the hash's key. */
	readonly #key = new Int32Array(4);
	/** The running GHASH. */
	readonly #hash = new Int32Array(4);
	readonly #tag = new Uint8Array(tagSize);

	constructor(aes: Aes) {
		this.#aes = aes;
	}

	/**
	 * Encrypts bytes[at .. end) to into[intoAt ..), the tag behind it. The places may be the same, or not overlap.
	 * @returns how many bytes were written
	 */
	seal(
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		const size = end - at;
		this.begin(aad);
		this.crypt(nonce, bytes, at, size, into, intoAt);
		this.absorb(into, intoAt, intoAt + size);
		this.finish(nonce, aad.length, size);
		for (let index = 0; index < tagSize; index++) into[intoAt + size + index] = this.#tag[index]!;
		return size + tagSize;
	}

	/**
	 * Decrypts what seal() made out of bytes[at .. end) to into[intoAt ..).
	 * @returns how many bytes were written, or -1 when it does not verify: then nothing was
	 */
	open(
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		const size = end - at - tagSize;
		if (size < 0) return -1;
		this.begin(aad);
		this.absorb(bytes, at, at + size);
		this.finish(nonce, aad.length, size);
		if (!equalSecret(this.#tag, 0, bytes, at + size, tagSize)) return -1;
		this.crypt(nonce, bytes, at, size, into, intoAt);
		return size;
	}

	/** Overwrites what came from the key. */
	wipe(): void {
		this.#key.fill(0);
	}

	private begin(aad: Uint8Array): void {
		this.#aes.block.fill(0);
		this.#aes.encrypt();
		this.#key.set(this.#aes.block);
		this.#hash.fill(0);
		this.absorb(aad, 0, aad.length);
	}

	/** Takes bytes[at .. end) into the hash, zeros behind them up to a whole block. */
	private absorb(bytes: Uint8Array, at: number, end: number): void {
		for (let from = at; from < end; from += 16) {
			const count = Math.min(16, end - from);
			for (let index = 0; index < count; index++) {
				this.#hash[index >> 2]! ^= bytes[from + index]! << (24 - ((index & 3) << 3));
			}
			this.multiply();
		}
	}

	/** hash = hash · key in GF(2^128) (SP 800-38D §6.3), bit by bit: no table, no branch on a bit. */
	private multiply(): void {
		const hash = this.#hash;
		const key = this.#key;
		let a = key[0]!;
		let b = key[1]!;
		let c = key[2]!;
		let d = key[3]!;
		let sumA = 0;
		let sumB = 0;
		let sumC = 0;
		let sumD = 0;
		for (let index = 0; index < 4; index++) {
			let word = hash[index]!;
			for (let bit = 0; bit < 32; bit++) {
				const taken = word >> 31;
				word <<= 1;
				sumA ^= a & taken;
				sumB ^= b & taken;
				sumC ^= c & taken;
				sumD ^= d & taken;
				const out = -(d & 1) & 0xe1000000;
				d = ((d >> 1) & 0x7fffffff) | (c << 31);
				c = ((c >> 1) & 0x7fffffff) | (b << 31);
				b = ((b >> 1) & 0x7fffffff) | (a << 31);
				a = ((a >> 1) & 0x7fffffff) ^ out;
			}
		}
		hash[0] = sumA;
		hash[1] = sumB;
		hash[2] = sumC;
		hash[3] = sumD;
	}

	/** The key stream's block (SP 800-38D §7.1, J_0 and what follows), in aes.block. */
	private stream(nonce: Uint8Array, counter: number): void {
		const block = this.#aes.block;
		for (let index = 0; index < 3; index++) {
			const at = index * 4;
			block[index] = (nonce[at]! << 24) | (nonce[at + 1]! << 16) | (nonce[at + 2]! << 8) | nonce[at + 3]!;
		}
		block[3] = counter;
		this.#aes.encrypt();
	}

	private crypt(
		nonce: Uint8Array,
		bytes: Uint8Array,
		at: number,
		size: number,
		into: Uint8Array,
		intoAt: number,
	): void {
		const block = this.#aes.block;
		for (let done = 0; done < size; done += 16) {
			this.stream(nonce, (done >> 4) + 2);
			for (let index = 0; index < 16 && done + index < size; index++) {
				const stream = block[index >> 2]! >> (24 - ((index & 3) << 3));
				into[intoAt + done + index] = bytes[at + done + index]! ^ stream;
			}
		}
	}

	/** The tag: the hash over the sizes too, and the key stream's first block. */
	private finish(nonce: Uint8Array, aadSize: number, size: number): void {
		const hash = this.#hash;
		hash[1]! ^= aadSize << 3;
		hash[3]! ^= size << 3;
		this.multiply();
		this.stream(nonce, 1);
		const block = this.#aes.block;
		for (let index = 0; index < tagSize; index++) {
			this.#tag[index] = (hash[index >> 2]! ^ block[index >> 2]!) >> (24 - ((index & 3) << 3));
		}
	}
}
