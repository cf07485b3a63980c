import { assert } from "../bytes.ts";
import type { Aead, Crypto, CryptoP256, Entropy, HashRun, KeyHandle } from "../host.ts";
import { Aes } from "./aes.ts";
import { decryptCbc, encryptCbc } from "./cbc.ts";
import { Ccm } from "./ccm.ts";
import { Gcm } from "./gcm.ts";
import { fillPrf, Hmac } from "./hmac.ts";
import { KeyStore } from "./key-store.ts";
import { Sha256 } from "./sha256.ts";

export interface PortableCryptoOptions {
	/** For the private keys that P-256 makes. */
	entropy: Entropy;
	/** portableP256 of p256.ts, where there is the room for it; an image that does not name it does not hold it. */
	p256?: (keys: KeyStore, entropy: Entropy) => CryptoP256;
}

/** RFC 6655: a tag of 8 bytes. */
const ccm8TagSize = 8;

/** The Crypto port in TypeScript alone: for hosts without cryptography of their own. See README "Limits". */
export class PortableCrypto implements Crypto {
	readonly p256?: CryptoP256;
	readonly #keys = new KeyStore();
	readonly #aes = new Aes();
	readonly #ccm = new Ccm(this.#aes);
	readonly #gcm = new Gcm(this.#aes);
	/** Whose expanded key `#aes` holds; 0: none. */
	#aesKey: KeyHandle = 0;

	constructor(options: PortableCryptoOptions) {
		if (options.p256 !== undefined) this.p256 = options.p256(this.#keys, options.entropy);
	}

	get implementation(): string {
		return "portable";
	}

	importSecret(bytes: Uint8Array): KeyHandle {
		assert(bytes.length <= 64, "importSecret: too long");
		return this.#keys.add("secret", bytes.slice());
	}

	importAesKey(bytes: Uint8Array): KeyHandle {
		assert(bytes.length === 16, "importAesKey: not 16 bytes");
		return this.#keys.add("aes", bytes.slice());
	}

	release(key: KeyHandle): void {
		if (key === this.#aesKey) {
			this.#aes.wipe();
			this.#gcm.wipe();
			this.#aesKey = 0;
		}
		this.#keys.release(key);
	}

	sha256(): HashRun {
		return new Sha256();
	}

	hmac(secret: KeyHandle, bytes: Uint8Array, at: number, end: number): Uint8Array {
		const hmac = new Hmac(this.#keys.bytes("secret", secret));
		const into = new Uint8Array(32);
		hmac.update(bytes, at, end);
		hmac.finish(into, 0);
		hmac.wipe();
		return into;
	}

	prf(secret: KeyHandle, labelAndSeed: Uint8Array, into: Uint8Array): void {
		fillPrf(this.#keys.bytes("secret", secret), labelAndSeed, into);
	}

	masterSecret(secret: KeyHandle, premaster: "secret" | "psk", labelAndSeed: Uint8Array): KeyHandle {
		const bytes = this.#keys.bytes("secret", secret);
		const master = new Uint8Array(48);
		if (premaster === "secret") fillPrf(bytes, labelAndSeed, master);
		else {
			const psk = pskPremaster(bytes);
			fillPrf(psk, labelAndSeed, master);
			psk.fill(0);
		}
		return this.#keys.add("secret", master);
	}

	exportSecret(secret: KeyHandle): Uint8Array | undefined {
		return this.#keys.bytes("secret", secret).slice();
	}

	seal(
		aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		this.useKey(key);
		if (aead === "gcm") return this.#gcm.seal(nonce, aad, bytes, at, end, into, intoAt);
		return this.#ccm.seal(nonce, aad, bytes, at, end, into, intoAt, ccm8TagSize);
	}

	open(
		aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		this.useKey(key);
		if (aead === "gcm") return this.#gcm.open(nonce, aad, bytes, at, end, into, intoAt);
		return this.#ccm.open(nonce, aad, bytes, at, end, into, intoAt, ccm8TagSize);
	}

	cbc(
		direction: "encrypt" | "decrypt",
		key: KeyHandle,
		iv: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
	): void {
		assert((end - at) % 16 === 0, "cbc: not whole blocks");
		this.useKey(key);
		if (direction === "encrypt") encryptCbc(this.#aes, iv, bytes, at, end);
		else decryptCbc(this.#aes, iv, bytes, at, end);
	}

	private useKey(key: KeyHandle): void {
		const bytes = this.#keys.bytes("aes", key);
		if (key === this.#aesKey) return;
		this.#aes.setKey(bytes);
		this.#aesKey = key;
	}
}

/** The premaster secret of a pre-shared key (RFC 4279 §2): as many zeros as it has bytes, then the key itself. */
function pskPremaster(psk: Uint8Array): Uint8Array {
	const size = psk.length;
	const bytes = new Uint8Array(4 + 2 * size);
	bytes[0] = size >> 8;
	bytes[1] = size;
	bytes[2 + size] = size >> 8;
	bytes[3 + size] = size;
	bytes.set(psk, 4 + size);
	return bytes;
}
