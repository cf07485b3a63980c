import { readInteger, writeInteger } from "./big-endian.ts";
import { Hmac } from "./hmac.ts";
import { order } from "./p256-point.ts";

/** The nonces of one ECDSA signature out of the private key and the hash (RFC 6979 §3.2, P-256 and SHA-256). */
export class DeterministicNonce {
	readonly #key = new Uint8Array(32);
	readonly #value = new Uint8Array(32).fill(1);
	#isFirst = true;

	/** @param scalar, hash 32 bytes each, borrowed during the call */
	constructor(scalar: Uint8Array, hash: Uint8Array) {
		const seed = new Uint8Array(64);
		seed.set(scalar);
		writeInteger(readInteger(hash, 0, 32) % order, seed, 32, 32);
		this.stir(0, seed);
		this.stir(1, seed);
		seed.fill(0);
	}

	/** 0 < it < order. */
	next(): bigint {
		for (;;) {
			if (!this.#isFirst) this.stir(0, new Uint8Array(0));
			this.#isFirst = false;
			this.step();
			const nonce = readInteger(this.#value, 0, 32);
			if (nonce !== 0n && nonce < order) return nonce;
		}
	}

	wipe(): void {
		this.#key.fill(0);
		this.#value.fill(0);
	}

	/** K = HMAC(K, V ‖ mark ‖ seed), V = HMAC(K, V). */
	private stir(mark: number, seed: Uint8Array): void {
		const hmac = new Hmac(this.#key);
		hmac.update(this.#value, 0, 32);
		hmac.update(new Uint8Array([mark]), 0, 1);
		hmac.update(seed, 0, seed.length);
		hmac.finish(this.#key, 0);
		hmac.wipe();
		this.step();
	}

	private step(): void {
		const hmac = new Hmac(this.#key);
		hmac.update(this.#value, 0, 32);
		hmac.finish(this.#value, 0);
		hmac.wipe();
	}
}
