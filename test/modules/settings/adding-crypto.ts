/** A Crypto that shows how it was used, and protects nothing: it notes nonces, adds bytes, and sums up for a tag. */
import { toHex } from "../../../modules/bytes.ts";
import type { Aead, Crypto, CryptoP256, HashRun, KeyHandle } from "../../../modules/host.ts";

const tagBytes = 16;

function unused(): never {
	throw new Error("not for tests");
}

export class AddingCrypto implements Crypto {
	readonly implementation = "adding";
	declare readonly p256?: CryptoP256;
	/** Every one that was sealed with. */
	readonly nonces: string[] = [];

	seal(
		_aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		this.nonces.push(toHex(nonce));
		const tag = this.tag(key, nonce, aad, bytes, at, end);
		for (let index = at; index < end; index++) into[intoAt + index - at] = bytes[index]! + pad(key, nonce, index - at);
		into.set(tag, intoAt + end - at);
		return end - at + tagBytes;
	}

	open(
		_aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		const size = end - at - tagBytes;
		for (let index = 0; index < size; index++) into[intoAt + index] = bytes[at + index]! - pad(key, nonce, index);
		const tag = this.tag(key, nonce, aad, into, intoAt, intoAt + size);
		for (let index = 0; index < tagBytes; index++) if (tag[index] !== bytes[at + size + index]) return -1;
		return size;
	}

	importSecret = unused;
	importAesKey = unused;
	release(): void {}
	sha256(): HashRun {
		return unused();
	}
	hmac = unused;
	prf = unused;
	masterSecret = unused;
	exportSecret = unused;
	cbc = unused;

	private tag(
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
	): Uint8Array {
		const tag = new Uint8Array(tagBytes).fill(key);
		let place = 0;
		for (const part of [nonce, aad, bytes.slice(at, end)]) {
			for (const byte of part) tag[place % tagBytes] = tag[place++ % tagBytes]! * 5 + byte + 1;
		}
		return tag;
	}
}

function pad(key: KeyHandle, nonce: Uint8Array, index: number): number {
	return key * 89 + nonce[index % nonce.length]! * 7 + index + 13;
}
