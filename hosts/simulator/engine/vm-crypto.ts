import type { Caller } from "./vm-imports.ts";

/**
 * What shim/crypto.c asks of the board: addresses and sizes in, bytes out. A program asks whether there is an
 * accelerator before it uses one.
 */
export function cryptoImports(it: Caller): WebAssembly.ModuleImports {
	const bytes = (at: number, size: number) => it.bytes(at, size);
	const unit = () => {
		const { accelerator } = it.ports;
		if (accelerator === undefined) throw new Error("a program used the accelerator of a board that has none");
		return accelerator;
	};
	const aeadOf = (number: number) => (number === 1 ? "gcm" : "ccm8");
	const tagSize = (number: number) => (number === 1 ? 16 : 8);
	/** @returns whether there was something to put there */
	const put = (found: Uint8Array | undefined, into: number) => {
		if (found !== undefined) bytes(into, found.length).set(found);
		return found === undefined ? 0 : 1;
	};
	return {
		hasAccelerator: () => ("accelerator" in it.ports && it.ports.accelerator !== undefined ? 1 : 0),
		isScalar: (at: number, size: number) => (unit().isScalar(bytes(at, size)) ? 1 : 0),
		drawScalar: (into: number) => put(unit().drawScalar(it.ports.fillEntropy), into),
		pointOf: (scalar: number, into: number) => put(unit().pointOf(bytes(scalar, 32)), into),
		sharedX: (scalar: number, point: number, size: number, into: number) =>
			put(unit().sharedX(bytes(scalar, 32), bytes(point, size)), into),
		sign: (scalar: number, hash: number, into: number) => put(unit().sign(bytes(scalar, 32), bytes(hash, 32)), into),
		isSignature: (point: number, size: number, hash: number, hashSize: number, at: number, signatureSize: number) =>
			unit().isSignature(bytes(point, size), bytes(hash, hashSize), bytes(at, signatureSize)) ? 1 : 0,
		hmac: (secret: number, size: number, at: number, length: number, into: number) =>
			put(unit().hmac(bytes(secret, size), bytes(at, length)), into),
		prf: (secret: number, size: number, seed: number, seedSize: number, into: number, intoSize: number) =>
			unit().prf(bytes(secret, size), bytes(seed, seedSize), bytes(into, intoSize)),
		seal: (
			aead: number,
			key: number,
			nonce: number,
			aad: number,
			aadSize: number,
			at: number,
			size: number,
			into: number,
		) => put(unit().seal(aeadOf(aead), bytes(key, 16), bytes(nonce, 12), bytes(aad, aadSize), bytes(at, size)), into),
		open: (
			aead: number,
			key: number,
			nonce: number,
			aad: number,
			aadSize: number,
			at: number,
			size: number,
			into: number,
		) =>
			size < tagSize(aead)
				? 0
				: put(unit().open(aeadOf(aead), bytes(key, 16), bytes(nonce, 12), bytes(aad, aadSize), bytes(at, size)), into),
		cbc: (isDecrypt: number, key: number, iv: number, at: number, size: number) =>
			unit().cbc(isDecrypt === 0 ? "encrypt" : "decrypt", bytes(key, 16), bytes(iv, 16), bytes(at, size)),
	};
}
