import { assert, utf8Size, writeUtf8 } from "../bytes.ts";
import type { Crypto, KeyHandle } from "../host.ts";

/** A label of RFC 5246 and its seed in bytes of their own, as Crypto.prf and Crypto.masterSecret take them. */
export function labelled(label: string, seed: Uint8Array): Uint8Array {
	const size = utf8Size(label);
	const bytes = new Uint8Array(size + seed.length);
	writeUtf8(label, bytes, 0);
	bytes.set(seed, size);
	return bytes;
}

/** The PRF of TLS 1.2 with SHA-256 (RFC 5246 §5). @returns `size` bytes: the caller overwrites secret ones */
export function prf(crypto: Crypto, secret: KeyHandle, label: string, seed: Uint8Array, size: number): Uint8Array {
	const into = new Uint8Array(size);
	crypto.prf(secret, labelled(label, seed), into);
	return into;
}

/** HKDF-Extract with SHA-256 (RFC 5869 §2.2). @returns the 32 bytes of PRK: the caller imports and overwrites them */
export function hkdfExtract(crypto: Crypto, salt: Uint8Array, material: Uint8Array): Uint8Array {
	const key = crypto.importSecret(salt.length > 64 ? hashed(crypto, salt) : salt);
	const secret = crypto.hmac(key, material, 0, material.length);
	crypto.release(key);
	return secret;
}

/** HMAC takes longer keys by their hash (RFC 2104 §2), Crypto.importSecret does not take them. */
function hashed(crypto: Crypto, bytes: Uint8Array): Uint8Array {
	const run = crypto.sha256();
	run.update(bytes, 0, bytes.length);
	return run.digest();
}

/**
 * HKDF-Expand with SHA-256 (RFC 5869 §2.3).
 * @param size 0 to 8160 bytes
 * @returns `size` bytes of its own: the caller overwrites secret ones
 */
export function hkdfExpand(crypto: Crypto, secret: KeyHandle, info: Uint8Array, size: number): Uint8Array {
	assert(size <= 255 * 32, "hkdfExpand: too much");
	const into = new Uint8Array(size);
	const message = new Uint8Array(32 + info.length + 1);
	message.set(info, 32);
	for (let at = 0, count = 1; at < size; at += 32, count++) {
		message[message.length - 1] = count;
		const block = crypto.hmac(secret, message, count === 1 ? 32 : 0, message.length);
		message.set(block);
		into.set(size - at < 32 ? block.subarray(0, size - at) : block, at);
		block.fill(0);
	}
	message.fill(0);
	return into;
}
