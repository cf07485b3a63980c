/** ECDH and ECDSA with P-256 (SEC 1 §3.3.1, FIPS 186-4 §6.4) for PortableCrypto. */
import { assert } from "../bytes.ts";
import { type CryptoP256, type Entropy, HostFailure, type KeyHandle } from "../host.ts";
import { readInteger, writeInteger } from "./big-endian.ts";
import { DeterministicNonce } from "./deterministic-nonce.ts";
import type { KeyStore } from "./key-store.ts";
import {
	affine,
	base,
	inverse,
	multiply,
	multiplyTwo,
	order,
	type Point,
	readPoint,
	reduced,
	writePoint,
} from "./p256-point.ts";

/** A random integer is not below the order once in 2^32 times: so many in a row come from a broken source. */
const drawsMax = 8;

/** For PortableCrypto's option `p256`. */
export function portableP256(keys: KeyStore, entropy: Entropy): CryptoP256 {
	return new PortableP256(keys, entropy);
}

class PortableP256 implements CryptoP256 {
	readonly #keys: KeyStore;
	readonly #entropy: Entropy;

	constructor(keys: KeyStore, entropy: Entropy) {
		this.#keys = keys;
		this.#entropy = entropy;
	}

	generate(): KeyHandle {
		const bytes = new Uint8Array(32);
		for (let draw = 0; draw < drawsMax; draw++) {
			this.#entropy.fill(bytes);
			if (isScalar(bytes)) return this.#keys.add("p256", bytes);
		}
		throw new HostFailure("no randomness for a private key");
	}

	importPrivateKey(scalar: Uint8Array): KeyHandle | undefined {
		assert(scalar.length === 32, "importPrivateKey: not 32 bytes");
		return isScalar(scalar) ? this.#keys.add("p256", scalar.slice()) : undefined;
	}

	publicPoint(privateKey: KeyHandle): Uint8Array {
		return writePoint(this.multiplied(this.scalar(privateKey), base()));
	}

	agree(privateKey: KeyHandle, point: Uint8Array): KeyHandle | undefined {
		const scalar = this.scalar(privateKey);
		const theirs = readPoint(point);
		if (theirs === undefined) return undefined;
		const bytes = new Uint8Array(32);
		writeInteger(this.multiplied(scalar, theirs).x, bytes, 0, 32);
		return this.#keys.add("secret", bytes);
	}

	sign(privateKey: KeyHandle, hash: Uint8Array): Uint8Array {
		assert(hash.length === 32, "sign: not 32 bytes");
		const key = this.#keys.bytes("p256", privateKey);
		const scalar = readInteger(key, 0, 32);
		const message = readInteger(hash, 0, 32);
		const nonces = new DeterministicNonce(key, hash);
		const signature = new Uint8Array(64);
		let r = 0n;
		let s = 0n;
		while (s === 0n) {
			const nonce = nonces.next();
			r = this.multiplied(nonce, base()).x % order;
			// (message + r·scalar) / nonce, both sides times a random number: no step is a function of the secrets alone
			const blind = readInteger(this.random(32), 0, 32) | 1n;
			const top = (((blind * message) % order) + ((blind * scalar) % order) * r) % order;
			s = r === 0n ? 0n : (top * inverse((blind * nonce) % order, order)) % order;
		}
		nonces.wipe();
		writeInteger(r, signature, 0, 32);
		writeInteger(s, signature, 32, 32);
		return signature;
	}

	verify(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean {
		const theirs = readPoint(point);
		if (theirs === undefined || hash.length !== 32 || signature.length !== 64) return false;
		const r = readInteger(signature, 0, 32);
		const s = readInteger(signature, 32, 32);
		if (r === 0n || r >= order || s === 0n || s >= order) return false;
		const inverted = inverse(s, order);
		const scalar = (readInteger(hash, 0, 32) * inverted) % order;
		const sum = affine(multiplyTwo(scalar, (r * inverted) % order, theirs));
		return sum !== undefined && reduced(sum.x, order) === r;
	}

	private scalar(privateKey: KeyHandle): bigint {
		return readInteger(this.#keys.bytes("p256", privateKey), 0, 32);
	}

	private random(size: number): Uint8Array {
		const bytes = new Uint8Array(size);
		this.#entropy.fill(bytes);
		return bytes;
	}

	private multiplied(scalar: bigint, point: Point): Point {
		const product = affine(multiply(scalar, point, this.random(40)));
		assert(product !== undefined, "a scalar below the order");
		return product;
	}
}

/** SEC 1 §3.2.1: 0 < it < order. */
function isScalar(bytes: Uint8Array): boolean {
	const scalar = readInteger(bytes, 0, 32);
	return scalar !== 0n && scalar < order;
}
