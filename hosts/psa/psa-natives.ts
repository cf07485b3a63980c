/**
 * The C core in the words of XS; psa-natives.c has the other half. A handle of nothing and a stretch that is not
 * there are RangeErrors, a failure of PSA is an Error. Each body is exactly one native call, because XS then binds it
 * to the C function without a closure.
 */

/** @returns whether the image was built with PSA, and PSA works; before that nothing else here does */
export function beginPsa(this: void): boolean {
	return native("xs_dormouse_psa_begin").call(this);
}

/**
 * @param kind 1: secret, 2: AES-128, 3: private key of P-256
 * @returns a handle, 0 when there is no room, -1 when it is no such key
 */
export function importKey(this: void, kind: number, bytes: Uint8Array): number {
	return native("xs_dormouse_psa_import").call(this, kind, bytes);
}

/** @returns the handle of a private key, or 0 when there is no room */
export function generateKey(this: void): number {
	return native("xs_dormouse_psa_generate").call(this);
}

/**
 * @param id a pre-shared key that PSA holds
 * @returns a handle, 0 when there is no room, -1 when there is no such key
 */
export function useKey(this: void, id: number): number {
	return native("xs_dormouse_psa_use").call(this, id);
}

export function releaseKey(this: void, key: number): void {
	native("xs_dormouse_psa_release").call(this, key);
}

/** @param into 64 bytes @returns the size of a secret, -1 for what is not to be read */
export function exportKey(this: void, key: number, into: Uint8Array): number {
	return native("xs_dormouse_psa_export").call(this, key, into);
}

export function publicPoint(this: void, key: number, into: Uint8Array): void {
	native("xs_dormouse_psa_point").call(this, key, into);
}

/** @returns a handle, 0 when there is no room, -1 when it is no point */
export function agreeOn(this: void, key: number, point: Uint8Array): number {
	return native("xs_dormouse_psa_agree").call(this, key, point);
}

export function signHash(this: void, key: number, hash: Uint8Array, into: Uint8Array): void {
	native("xs_dormouse_psa_sign").call(this, key, hash, into);
}

export function verifyHash(this: void, point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean {
	return native("xs_dormouse_psa_verify").call(this, point, hash, signature);
}

export function hmacOf(this: void, key: number, bytes: Uint8Array, at: number, end: number, into: Uint8Array): void {
	native("xs_dormouse_psa_hmac").call(this, key, bytes, at, end, into);
}

export function prfOf(this: void, key: number, labelAndSeed: Uint8Array, into: Uint8Array): void {
	native("xs_dormouse_psa_prf").call(this, key, labelAndSeed, into);
}

/** @returns a handle, or 0 when there is no room */
export function masterOf(this: void, key: number, isPsk: 0 | 1, labelAndSeed: Uint8Array): number {
	return native("xs_dormouse_psa_master").call(this, key, isPsk, labelAndSeed);
}

/** @param aead 0: CCM_8, 1: GCM @returns the size */
export function sealBytes(
	this: void,
	aead: 0 | 1,
	key: number,
	nonce: Uint8Array,
	aad: Uint8Array,
	bytes: Uint8Array,
	at: number,
	end: number,
	into: Uint8Array,
	intoAt: number,
): number {
	return native("xs_dormouse_psa_seal").call(this, aead, key, nonce, aad, bytes, at, end, into, intoAt);
}

/** @returns the size, or -1 */
export function openBytes(
	this: void,
	aead: 0 | 1,
	key: number,
	nonce: Uint8Array,
	aad: Uint8Array,
	bytes: Uint8Array,
	at: number,
	end: number,
	into: Uint8Array,
	intoAt: number,
): number {
	return native("xs_dormouse_psa_open").call(this, aead, key, nonce, aad, bytes, at, end, into, intoAt);
}

export function cbcBytes(
	this: void,
	isDecrypt: 0 | 1,
	key: number,
	iv: Uint8Array,
	bytes: Uint8Array,
	at: number,
	end: number,
): void {
	native("xs_dormouse_psa_cbc").call(this, isDecrypt, key, iv, bytes, at, end);
}

/** A running SHA-256 in C; the garbage collector ends it. */
export class NativeHash extends Native("xs_dormouse_psa_hash_destructor") {
	constructor() {
		super();
		native("xs_dormouse_psa_hash").call(this);
	}

	update(bytes: Uint8Array, at: number, end: number): void {
		native("xs_dormouse_psa_hash_update").call(this, bytes, at, end);
	}

	digestInto(into: Uint8Array): void {
		native("xs_dormouse_psa_hash_digest").call(this, into);
	}
}
