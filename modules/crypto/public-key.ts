import { assert, type Fault, fault } from "../bytes.ts";
import {
	DerReader,
	derInteger,
	derTrailing,
	tagBitString,
	tagContext0,
	tagContext1,
	tagObjectIdentifier,
	tagOctetString,
	tagSequence,
} from "./der.ts";

/** id-ecPublicKey (RFC 5480 §2.1.1) and secp256r1 (§2.1.1.1), as DER content in hexadecimal digits. */
const ecPublicKey = "2a8648ce3d0201";
const secp256r1 = "2a8648ce3d030107";

export const keyAlgorithm = fault("key.algorithm", "silence", "RFC 5480 §2.1.1");
export const keyPoint = fault("key.point", "silence", "RFC 5480 §2.2");
export const keyVersion = fault("key.version", "silence", "RFC 5958 §2, LwM2M Transport 1.2 §5.2.9.3");
export const keyScalar = fault("key.scalar", "silence", "RFC 5915 §3");
export const signatureRange = fault("key.signature", "silence", "RFC 3279 §2.2.3");

export const pointBytes = 65;
export const scalarBytes = 32;
export const spkiBytes = 91;

/** What stands before the point in a SubjectPublicKeyInfo of P-256. */
const spkiHead = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

/**
 * Reads a SubjectPublicKeyInfo of P-256 (RFC 5480 §2) that fills `bytes`: named curve, uncompressed point. Whether the
 * point is on the curve is for the Crypto port to say.
 * @returns the point, 65 bytes of its own, or the Fault. Never throws
 */
export function readSpki(bytes: Uint8Array): Uint8Array | Fault {
	const der = new DerReader(bytes, 0, bytes.length);
	const point = takeSpki(der);
	if (!der.isDone) der.refuse(derTrailing);
	return der.fault ?? point ?? keyAlgorithm;
}

/** @param point 65 bytes, uncompressed. @returns its SubjectPublicKeyInfo, 91 bytes */
export function writeSpki(point: Uint8Array): Uint8Array {
	assert(point.length === pointBytes, "writeSpki: a point has 65 bytes");
	const bytes = new Uint8Array(spkiBytes);
	const headBytes = spkiBytes - pointBytes;
	for (let at = 0; at < headBytes; at++) bytes[at] = Number.parseInt(spkiHead.slice(at * 2, at * 2 + 2), 16);
	bytes.set(point, headBytes);
	return bytes;
}

/**
 * Reads one SubjectPublicKeyInfo at the reader's place.
 * @returns the point; undefined for a key that is well formed but not of P-256, and after a fault
 */
export function takeSpki(der: DerReader): Uint8Array | undefined {
	const outer = der.enter(tagSequence);
	const isP256 = takeP256(der);
	const unused = der.takeBits();
	const { bytes, contentAt, contentEnd } = der;
	der.leave(outer);
	if (der.fault !== undefined || !isP256) return undefined;
	if (unused !== 0 || contentEnd - contentAt !== pointBytes || bytes[contentAt] !== 0x04) {
		der.refuse(keyPoint);
		return undefined;
	}
	return bytes.slice(contentAt, contentEnd);
}

/** Reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2). @returns whether it says id-ecPublicKey with secp256r1 */
function takeP256(der: DerReader): boolean {
	const outer = der.enter(tagSequence);
	const isEc = der.takeIdentifier() === ecPublicKey;
	let isNamed = false;
	if (isEc && der.isNext(tagObjectIdentifier)) isNamed = der.takeIdentifier() === secp256r1;
	else if (!der.isDone) der.takeAny(); // parameters of another kind of key
	der.leave(outer);
	return isEc && isNamed;
}

/**
 * Reads a private key of P-256 as LwM2M has it in Security/Secret Key (0/x/5): PKCS #8 version 1 (RFC 5958 §2; the
 * version 2 that LwM2M Transport 1.2 §5.2.9.3 leaves out is refused); also the bare ECPrivateKey of RFC 5915, and 32
 * bytes that are the scalar itself. A public key that comes along is read over, not compared.
 * @returns the scalar, 32 bytes of its own that the caller overwrites when it is done, or the Fault. Never throws
 */
export function readPrivateKey(bytes: Uint8Array): Uint8Array | Fault {
	if (bytes.length === scalarBytes) return bytes.slice();
	const der = new DerReader(bytes, 0, bytes.length);
	const outer = der.enter(tagSequence);
	const version = der.takeSmall();
	let scalar: Uint8Array | undefined;
	if (der.isNext(tagSequence)) {
		if (version !== 0) der.refuse(keyVersion);
		if (!takeP256(der)) der.refuse(keyAlgorithm);
		const around = der.enter(tagOctetString);
		const info = der.enter(tagSequence);
		scalar = takeEcPrivateKey(der, der.takeSmall());
		der.leave(info);
		der.leave(around);
		if (der.isNext(tagContext0)) der.take(tagContext0); // attributes
	} else scalar = takeEcPrivateKey(der, version);
	der.leave(outer);
	if (!der.isDone) der.refuse(derTrailing);
	if (der.fault !== undefined) {
		scalar?.fill(0);
		return der.fault;
	}
	return scalar ?? keyScalar;
}

/** Reads what follows the version in an ECPrivateKey (RFC 5915 §3). */
function takeEcPrivateKey(der: DerReader, version: number): Uint8Array | undefined {
	if (version !== 1) der.refuse(keyVersion);
	der.take(tagOctetString);
	const { bytes, contentAt, contentEnd } = der;
	if (contentEnd - contentAt !== scalarBytes) der.refuse(keyScalar);
	if (der.isNext(tagContext0)) {
		const outer = der.enter(tagContext0);
		if (der.takeIdentifier() !== secp256r1) der.refuse(keyAlgorithm);
		der.leave(outer);
	}
	if (der.isNext(tagContext1)) {
		const outer = der.enter(tagContext1);
		der.take(tagBitString);
		der.leave(outer);
	}
	return der.fault === undefined ? bytes.slice(contentAt, contentEnd) : undefined;
}

/**
 * Reads an ECDSA signature for P-256, a SEQUENCE of two positive INTEGERs (RFC 3279 §2.2.3) that fills
 * bytes[at .. end). Whether r and s are below the order is for the Crypto port to say.
 * @returns r and s, 64 bytes, or the Fault. Never throws
 */
export function readEcdsaSignature(bytes: Uint8Array, at: number, end: number): Uint8Array | Fault {
	const der = new DerReader(bytes, at, end);
	const signature = new Uint8Array(2 * scalarBytes);
	const outer = der.enter(tagSequence);
	takeScalar(der, signature, scalarBytes);
	takeScalar(der, signature, 2 * scalarBytes);
	der.leave(outer);
	if (!der.isDone) der.refuse(derTrailing);
	return der.fault ?? signature;
}

/** Reads an INTEGER of 1 to 32 bytes, not 0, right-aligned to into[.. intoEnd). */
function takeScalar(der: DerReader, into: Uint8Array, intoEnd: number): void {
	if (!der.takeUnsigned()) return;
	const { bytes } = der;
	let from = der.contentAt;
	if (bytes[from] === 0) from++;
	const size = der.contentEnd - from;
	if (size === 0) der.refuse(signatureRange);
	else if (size > scalarBytes) der.refuse(derInteger);
	else for (let index = 0; index < size; index++) into[intoEnd - size + index] = bytes[from + index]!;
}
