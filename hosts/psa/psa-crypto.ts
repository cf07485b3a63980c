import {
	type Aead,
	type Crypto,
	type CryptoP256,
	type HashRun,
	HostFailure,
	type KeyHandle,
} from "../../modules/host.ts";
import {
	agreeOn,
	beginPsa,
	cbcBytes,
	exportKey,
	generateKey,
	hmacOf,
	importKey,
	masterOf,
	NativeHash,
	openBytes,
	prfOf,
	publicPoint,
	releaseKey,
	sealBytes,
	signHash,
	useKey,
	verifyHash,
} from "./psa-natives.ts";

/** Kinds of keys: psa-natives.c has the same numbers. */
const secretKey = 1;
const aesKey = 2;
const p256Key = 3;

/** @returns the Crypto port of this image, or undefined when it was built without PSA */
export function openPsaCrypto(): PsaCrypto | undefined {
	return beginPsa() ? new PsaCrypto() : undefined;
}

/** The Crypto port over the PSA Crypto API: mbedTLS, or what a chip has in its place. Private keys never come out. */
export class PsaCrypto implements Crypto {
	readonly implementation = "psa";
	readonly p256: CryptoP256 = new PsaP256();

	/**
	 * A pre-shared key that PSA holds already and nobody can read. It makes master secrets, and nothing else.
	 * @param id PSA's number of the key
	 * @throws HostFailure when PSA has none, or it is for something else
	 */
	usePsk(id: number): KeyHandle {
		return taken(useKey(id));
	}

	importSecret(bytes: Uint8Array): KeyHandle {
		return taken(importKey(secretKey, bytes));
	}

	importAesKey(bytes: Uint8Array): KeyHandle {
		return taken(importKey(aesKey, bytes));
	}

	release(key: KeyHandle): void {
		releaseKey(key);
	}

	sha256(): HashRun {
		return new PsaHash();
	}

	hmac(secret: KeyHandle, bytes: Uint8Array, at: number, end: number): Uint8Array {
		const mac = new Uint8Array(32);
		hmacOf(secret, bytes, at, end, mac);
		return mac;
	}

	prf(secret: KeyHandle, labelAndSeed: Uint8Array, into: Uint8Array): void {
		prfOf(secret, labelAndSeed, into);
	}

	masterSecret(secret: KeyHandle, premaster: "secret" | "psk", labelAndSeed: Uint8Array): KeyHandle {
		return taken(masterOf(secret, premaster === "psk" ? 1 : 0, labelAndSeed));
	}

	exportSecret(secret: KeyHandle): Uint8Array | undefined {
		const longest = new Uint8Array(64);
		const size = exportKey(secret, longest);
		if (size < 0) return undefined;
		const bytes = longest.slice(0, size);
		longest.fill(0);
		return bytes;
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
		return sealBytes(aead === "gcm" ? 1 : 0, key, nonce, aad, bytes, at, end, into, intoAt);
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
		return openBytes(aead === "gcm" ? 1 : 0, key, nonce, aad, bytes, at, end, into, intoAt);
	}

	cbc(
		direction: "encrypt" | "decrypt",
		key: KeyHandle,
		iv: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
	): void {
		cbcBytes(direction === "decrypt" ? 1 : 0, key, iv, bytes, at, end);
	}
}

class PsaP256 implements CryptoP256 {
	generate(): KeyHandle {
		return taken(generateKey());
	}

	importPrivateKey(scalar: Uint8Array): KeyHandle | undefined {
		const key = importKey(p256Key, scalar);
		return key < 0 ? undefined : taken(key);
	}

	publicPoint(privateKey: KeyHandle): Uint8Array {
		const point = new Uint8Array(65);
		publicPoint(privateKey, point);
		return point;
	}

	agree(privateKey: KeyHandle, point: Uint8Array): KeyHandle | undefined {
		const key = agreeOn(privateKey, point);
		return key < 0 ? undefined : taken(key);
	}

	sign(privateKey: KeyHandle, hash: Uint8Array): Uint8Array {
		const signature = new Uint8Array(64);
		signHash(privateKey, hash, signature);
		return signature;
	}

	verify(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean {
		return verifyHash(point, hash, signature);
	}
}

class PsaHash implements HashRun {
	private readonly run = new NativeHash();

	update(bytes: Uint8Array, at: number, end: number): void {
		this.run.update(bytes, at, end);
	}

	digest(): Uint8Array {
		const digest = new Uint8Array(32);
		this.run.digestInto(digest);
		return digest;
	}
}

function taken(key: number): KeyHandle {
	if (key < 0) throw new HostFailure("PSA does not take this key");
	if (key === 0) throw new HostFailure("no room for another key");
	return key;
}
