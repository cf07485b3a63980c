import {
	type Aead,
	type Crypto,
	type CryptoP256,
	type HashRun,
	HostFailure,
	type KeyHandle,
} from "../../../modules/host.ts";
import type { CryptoNatives, NativeHash } from "./natives.ts";

/** Kinds of keys: xs/crypto.c has the same numbers. */
const secretKey = 1;
const aesKey = 2;
const p256Key = 3;

/** The Crypto port over the PSA Crypto API (hosts/psa), as a chip's host has it. */
export class PsaCrypto implements Crypto {
	readonly implementation = "psa";
	readonly p256: CryptoP256;
	private readonly natives: CryptoNatives;

	constructor(natives: CryptoNatives) {
		this.natives = natives;
		this.p256 = new PsaP256(natives);
	}

	importSecret(bytes: Uint8Array): KeyHandle {
		return taken(this.natives.keyImport(secretKey, bytes));
	}

	importAesKey(bytes: Uint8Array): KeyHandle {
		return taken(this.natives.keyImport(aesKey, bytes));
	}

	release(key: KeyHandle): void {
		this.natives.keyRelease(key);
	}

	sha256(): HashRun {
		return new PsaHash(this.natives);
	}

	hmac(secret: KeyHandle, bytes: Uint8Array, at: number, end: number): Uint8Array {
		const mac = new Uint8Array(32);
		this.natives.hmac(secret, bytes, at, end, mac);
		return mac;
	}

	prf(secret: KeyHandle, labelAndSeed: Uint8Array, into: Uint8Array): void {
		this.natives.prf(secret, labelAndSeed, into);
	}

	masterSecret(secret: KeyHandle, premaster: "secret" | "psk", labelAndSeed: Uint8Array): KeyHandle {
		return taken(this.natives.masterSecret(secret, premaster === "psk" ? 1 : 0, labelAndSeed));
	}

	exportSecret(secret: KeyHandle): Uint8Array | undefined {
		const longest = new Uint8Array(64);
		const size = this.natives.keyExport(secret, longest);
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
		return this.natives.seal(aead === "gcm" ? 1 : 0, key, nonce, aad, bytes, at, end, into, intoAt);
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
		return this.natives.open(aead === "gcm" ? 1 : 0, key, nonce, aad, bytes, at, end, into, intoAt);
	}

	cbc(
		direction: "encrypt" | "decrypt",
		key: KeyHandle,
		iv: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
	): void {
		this.natives.cbc(direction === "decrypt" ? 1 : 0, key, iv, bytes, at, end);
	}
}

class PsaP256 implements CryptoP256 {
	private readonly natives: CryptoNatives;

	constructor(natives: CryptoNatives) {
		this.natives = natives;
	}

	generate(): KeyHandle {
		return taken(this.natives.keyGenerate());
	}

	importPrivateKey(scalar: Uint8Array): KeyHandle | undefined {
		const key = this.natives.keyImport(p256Key, scalar);
		return key < 0 ? undefined : taken(key);
	}

	publicPoint(privateKey: KeyHandle): Uint8Array {
		const point = new Uint8Array(65);
		this.natives.publicPoint(privateKey, point);
		return point;
	}

	agree(privateKey: KeyHandle, point: Uint8Array): KeyHandle | undefined {
		const key = this.natives.agree(privateKey, point);
		return key < 0 ? undefined : taken(key);
	}

	sign(privateKey: KeyHandle, hash: Uint8Array): Uint8Array {
		const signature = new Uint8Array(64);
		this.natives.sign(privateKey, hash, signature);
		return signature;
	}

	verify(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean {
		return this.natives.verify(point, hash, signature);
	}
}

class PsaHash implements HashRun {
	private readonly natives: CryptoNatives;
	private readonly run: NativeHash;

	constructor(natives: CryptoNatives) {
		this.natives = natives;
		this.run = natives.hashBegin();
	}

	update(bytes: Uint8Array, at: number, end: number): void {
		this.natives.hashUpdate(this.run, bytes, at, end);
	}

	digest(): Uint8Array {
		const digest = new Uint8Array(32);
		this.natives.hashDigest(this.run, digest);
		return digest;
	}
}

function taken(key: number): KeyHandle {
	if (key < 0) throw new HostFailure("PSA does not take this key");
	if (key === 0) throw new HostFailure("there is no room for another key");
	return key;
}
