import { createCipheriv, createDecipheriv, createHash, createHmac, type Hash, randomFillSync } from "node:crypto";
import { assert } from "../../../modules/bytes.ts";
import {
	type Aead,
	type Crypto,
	type CryptoP256,
	type HashRun,
	HostFailure,
	type KeyHandle,
} from "../../../modules/host.ts";
import type { Accelerator } from "../engine/ports.ts";
import { isScalar, isSignature, pointOf, sharedX, signHash } from "./p256.ts";

/** Bytes of the tag: RFC 6655 §3, RFC 5288 §3. */
const tagBytes = Object.freeze({ ccm8: 8, gcm: 16 });
/** No bytes, but somewhere: OpenSSL's CCM never makes the tag when it is given no bytes of nowhere. */
const nothing = new Uint8Array(1).subarray(1);
const nonceBytes = 12;
const blockBytes = 16;
const longestSecret = 64;

/** What a simulated chip's accelerator computes; NodeCrypto keeps its keys for programs on Node. */
export const accelerator: Accelerator = Object.freeze({
	hmac(secret: Uint8Array, bytes: Uint8Array): Uint8Array {
		return hmac(secret, [bytes]);
	},

	prf(secret: Uint8Array, labelAndSeed: Uint8Array, into: Uint8Array): void {
		let a = labelAndSeed;
		for (let at = 0; at < into.length; at += 32) {
			a = hmac(secret, [a]);
			into.set(hmac(secret, [a, labelAndSeed]).subarray(0, into.length - at), at);
		}
	},

	seal(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array {
		const authTagLength = tagBytes[aead];
		const cipher =
			aead === "gcm"
				? createCipheriv("aes-128-gcm", key, nonce, { authTagLength })
				: createCipheriv("aes-128-ccm", key, nonce, { authTagLength });
		cipher.setAAD(aad, { plaintextLength: plain.length });
		const sealed = new Uint8Array(plain.length + authTagLength);
		sealed.set(cipher.update(plain.length === 0 ? nothing : plain));
		cipher.final();
		sealed.set(cipher.getAuthTag(), plain.length);
		return sealed;
	},

	open(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
		const authTagLength = tagBytes[aead];
		const size = sealed.length - authTagLength;
		if (size < 0) return undefined;
		const decipher =
			aead === "gcm"
				? createDecipheriv("aes-128-gcm", key, nonce, { authTagLength })
				: createDecipheriv("aes-128-ccm", key, nonce, { authTagLength });
		decipher.setAAD(aad, { plaintextLength: size });
		decipher.setAuthTag(sealed.subarray(size));
		try {
			const plain = decipher.update(sealed.subarray(0, size));
			decipher.final();
			return new Uint8Array(plain);
		} catch {
			return undefined; // node's way to say that the tag is wrong
		}
	},

	cbc(direction: "encrypt" | "decrypt", key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): void {
		const make = direction === "encrypt" ? createCipheriv : createDecipheriv;
		bytes.set(make("aes-128-cbc", key, iv).setAutoPadding(false).update(bytes));
	},

	isScalar,
	pointOf,
	sharedX,
	sign: signHash,
	isSignature,

	/** @throws HostFailure when the entropy gives none */
	drawScalar(fillEntropy: (bytes: Uint8Array) => void): Uint8Array {
		const scalar = new Uint8Array(32);
		for (let attempt = 0; attempt < 64; attempt++) {
			fillEntropy(scalar);
			if (isScalar(scalar)) return scalar;
		}
		throw new HostFailure("the entropy source gives no private key");
	},
});

function hmac(secret: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
	const run = createHmac("sha256", secret);
	for (const part of parts) run.update(part);
	return new Uint8Array(run.digest());
}

/** The premaster secret that RFC 4279 §2 makes of a pre-shared key. */
function pskPremaster(psk: Uint8Array): Uint8Array {
	const premaster = new Uint8Array(2 * (2 + psk.length));
	for (const at of [0, 2 + psk.length]) premaster.set([psk.length >> 8, psk.length & 0xff], at);
	premaster.set(psk, 4 + psk.length);
	return premaster;
}

export interface NodeCryptoOptions {
	/** Where generated private keys come from; absent: the system's. */
	readonly fillEntropy?: (bytes: Uint8Array) => void;
	/** Most keys at once. */
	readonly keysMax?: number;
}

interface Key {
	readonly kind: "secret" | "aes" | "p256";
	readonly bytes: Uint8Array;
}

/** The Crypto port over node:crypto: for the server beside the simulator, the tests and tools. */
export class NodeCrypto implements Crypto {
	readonly implementation = "node:crypto";
	readonly p256: CryptoP256;
	readonly #keys = new Map<KeyHandle, Key>();
	readonly #keysMax: number;
	#lastHandle = 0;

	constructor(options: NodeCryptoOptions = {}) {
		this.#keysMax = options.keysMax ?? 0x10000;
		const fillEntropy = options.fillEntropy ?? randomFillSync;
		this.p256 = {
			generate: () => this.#keep("p256", accelerator.drawScalar(fillEntropy)),
			importPrivateKey: (scalar) => (isScalar(scalar) ? this.#keep("p256", scalar.slice()) : undefined),
			publicPoint: (key) => pointOf(this.#bytes("p256", key)),
			agree: (key, point) => {
				const shared = sharedX(this.#bytes("p256", key), point);
				return shared === undefined ? undefined : this.#keep("secret", shared);
			},
			sign: (key, hash) => {
				assert(hash.length === 32, "ECDSA takes a hash of 32 bytes");
				return signHash(this.#bytes("p256", key), hash);
			},
			verify: isSignature,
		};
	}

	/** How many keys there are: for tests that look for leaks. */
	get keyCount(): number {
		return this.#keys.size;
	}

	importSecret(bytes: Uint8Array): KeyHandle {
		assert(bytes.length <= longestSecret, "a secret has at most 64 bytes");
		return this.#keep("secret", Uint8Array.from(bytes));
	}

	importAesKey(bytes: Uint8Array): KeyHandle {
		assert(bytes.length === blockBytes, "an AES-128 key has 16 bytes");
		return this.#keep("aes", Uint8Array.from(bytes));
	}

	release(key: KeyHandle): void {
		const found = this.#keys.get(key);
		assert(found !== undefined, "a key is released once");
		found.bytes.fill(0);
		this.#keys.delete(key);
	}

	sha256(): HashRun {
		return new NodeHash();
	}

	hmac(secret: KeyHandle, bytes: Uint8Array, at: number, end: number): Uint8Array {
		return accelerator.hmac(this.#bytes("secret", secret), part(bytes, at, end));
	}

	prf(secret: KeyHandle, labelAndSeed: Uint8Array, into: Uint8Array): void {
		accelerator.prf(this.#bytes("secret", secret), labelAndSeed, into);
	}

	masterSecret(secret: KeyHandle, premaster: "secret" | "psk", labelAndSeed: Uint8Array): KeyHandle {
		const bytes = this.#bytes("secret", secret);
		const from = premaster === "psk" ? pskPremaster(bytes) : bytes;
		const master = new Uint8Array(48);
		accelerator.prf(from, labelAndSeed, master);
		if (from !== bytes) from.fill(0);
		return this.#keep("secret", master);
	}

	exportSecret(secret: KeyHandle): Uint8Array | undefined {
		const found = this.#keys.get(secret);
		return found?.kind === "secret" ? found.bytes.slice() : undefined;
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
		assert(nonce.length === nonceBytes, "a nonce has 12 bytes");
		const sealed = accelerator.seal(aead, this.#bytes("aes", key), nonce, aad, part(bytes, at, end));
		into.set(sealed, intoAt);
		return sealed.length;
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
		assert(nonce.length === nonceBytes, "a nonce has 12 bytes");
		const plain = accelerator.open(aead, this.#bytes("aes", key), nonce, aad, part(bytes, at, end));
		if (plain === undefined) return -1;
		into.set(plain, intoAt);
		return plain.length;
	}

	cbc(
		direction: "encrypt" | "decrypt",
		key: KeyHandle,
		iv: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
	): void {
		assert(iv.length === blockBytes && (end - at) % blockBytes === 0, "CBC takes whole blocks");
		accelerator.cbc(direction, this.#bytes("aes", key), iv, part(bytes, at, end));
	}

	#keep(kind: Key["kind"], bytes: Uint8Array): KeyHandle {
		if (this.#keys.size >= this.#keysMax) throw new HostFailure(`${this.#keysMax} keys are in use`);
		this.#keys.set(++this.#lastHandle, { kind, bytes });
		return this.#lastHandle;
	}

	#bytes(kind: Key["kind"], key: KeyHandle): Uint8Array {
		const found = this.#keys.get(key);
		assert(found !== undefined && found.kind === kind, `key ${key} is no ${kind} key`);
		return found.bytes;
	}
}

class NodeHash implements HashRun {
	readonly #hash: Hash = createHash("sha256");

	update(bytes: Uint8Array, at: number, end: number): void {
		this.#hash.update(part(bytes, at, end));
	}

	digest(): Uint8Array {
		return new Uint8Array(this.#hash.copy().digest());
	}
}

function part(bytes: Uint8Array, at: number, end: number): Uint8Array {
	assert(at >= 0 && at <= end && end <= bytes.length, "a stretch of bytes that is there");
	return bytes.subarray(at, end);
}
