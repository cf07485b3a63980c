import type { Aes } from "./aes.ts";
import { equalSecret } from "./equal.ts";

/**
 * AES-CCM (RFC 3610, NIST SP 800-38C) with a key that is set in `aes`, nonces of 7 to 13 bytes and tags of 4 to 16.
 * One of these serves one port.
 */
export class Ccm {
	readonly #aes: Aes;
	/** The running CBC-MAC. */
	readonly #mac = new Int32Array(4);
	readonly #tag = new Uint8Array(16);
	/** How many bytes of the MAC's block have come in. */
	#filled = 0;

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
		tagSize: number,
	): number {
		const size = end - at;
		this.begin(nonce, aad, size, tagSize);
		this.crypt(nonce, bytes, at, size, into, intoAt, true);
		this.finish(nonce);
		for (let index = 0; index < tagSize; index++) into[intoAt + size + index] = this.#tag[index]!;
		return size + tagSize;
	}

	/**
	 * Decrypts what seal() made out of bytes[at .. end) to into[intoAt ..).
	 * @returns how many bytes were written, or -1 when it does not verify: then they are zeros
	 */
	open(
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
		tagSize: number,
	): number {
		const size = end - at - tagSize;
		if (size < 0) return -1;
		this.begin(nonce, aad, size, tagSize);
		this.crypt(nonce, bytes, at, size, into, intoAt, false);
		this.finish(nonce);
		if (equalSecret(this.#tag, 0, bytes, at + size, tagSize)) return size;
		into.fill(0, intoAt, intoAt + size);
		return -1;
	}

	/** B_0 and the blocks of additional data (RFC 3610 §2.2). */
	private begin(nonce: Uint8Array, aad: Uint8Array, size: number, tagSize: number): void {
		this.#mac.fill(0);
		this.#filled = 0;
		const aadSize = aad.length;
		this.absorb((aadSize > 0 ? 0x40 : 0) | ((tagSize - 2) << 2) | (14 - nonce.length));
		for (let index = 0; index < nonce.length; index++) this.absorb(nonce[index]!);
		for (let place = nonce.length + 1; place < 16; place++) {
			const shift = (15 - place) * 8;
			this.absorb(shift > 24 ? 0 : (size >> shift) & 0xff);
		}
		if (aadSize === 0) return;
		if (aadSize >= 0xff00) {
			this.absorb(0xff);
			this.absorb(0xfe);
			this.absorb((aadSize >> 24) & 0xff);
			this.absorb((aadSize >> 16) & 0xff);
		}
		this.absorb((aadSize >> 8) & 0xff);
		this.absorb(aadSize & 0xff);
		for (let index = 0; index < aadSize; index++) this.absorb(aad[index]!);
		this.pad();
	}

	/** Takes a byte into the MAC. */
	private absorb(byte: number): void {
		const filled = this.#filled++;
		this.#mac[filled >> 2]! ^= byte << (24 - ((filled & 3) << 3));
		if (this.#filled === 16) this.pad();
	}

	/** Ends the MAC's block with zeros. */
	private pad(): void {
		if (this.#filled === 0) return;
		this.#filled = 0;
		this.#aes.block.set(this.#mac);
		this.#aes.encrypt();
		this.#mac.set(this.#aes.block);
	}

	/** The key stream's block A_i (RFC 3610 §2.3), in aes.block. */
	private stream(nonce: Uint8Array, counter: number): void {
		const block = this.#aes.block;
		block.fill(0);
		block[0] = (14 - nonce.length) << 24;
		block[3] = counter;
		for (let index = 0; index < nonce.length; index++) {
			const place = index + 1;
			block[place >> 2]! ^= nonce[index]! << (24 - ((place & 3) << 3));
		}
		this.#aes.encrypt();
	}

	/** Adds the key stream, and takes the plaintext into the MAC. */
	private crypt(
		nonce: Uint8Array,
		bytes: Uint8Array,
		at: number,
		size: number,
		into: Uint8Array,
		intoAt: number,
		isSealing: boolean,
	): void {
		const block = this.#aes.block;
		const mac = this.#mac;
		for (let done = 0; done < size; done += 16) {
			this.stream(nonce, (done >> 4) + 1);
			const count = Math.min(16, size - done);
			for (let index = 0; index < count; index++) {
				const shift = 24 - ((index & 3) << 3);
				const before = bytes[at + done + index]!;
				const after = before ^ ((block[index >> 2]! >> shift) & 0xff);
				into[intoAt + done + index] = after;
				mac[index >> 2]! ^= (isSealing ? before : after) << shift;
			}
			this.#filled = count;
			this.pad();
		}
	}

	/** The tag: the MAC and the key stream's block A_0. */
	private finish(nonce: Uint8Array): void {
		this.stream(nonce, 0);
		const block = this.#aes.block;
		for (let index = 0; index < 16; index++) {
			this.#tag[index] = (this.#mac[index >> 2]! ^ block[index >> 2]!) >> (24 - ((index & 3) << 3));
		}
	}
}
