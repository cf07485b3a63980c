import { type Fault, fault } from "../bytes.ts";
import { AlertDescription } from "./alert.ts";

/** What the Crypto port takes: r and s, 32 bytes each. */
const numberSize = 32;
/** Two INTEGERs of 33 bytes at most, and so no length takes more than one byte. */
const derBytesMax = 72;

export const SIGNATURE_BROKEN = fault(
	"dtls.signatureBroken",
	AlertDescription.decryptError,
	"RFC 8422 §5.4, X.690 §8.3",
);

/**
 * Reads an ECDSA-Sig-Value in DER (RFC 8422 §5.4), strictly: shortest form, positive, nothing behind it. That r and s
 * are below the order is left to verify() of the Crypto port.
 * @returns r and s, 64 bytes
 */
export function readSignature(der: Uint8Array): Uint8Array | Fault {
	const size = der.length;
	if (size < 8 || size > derBytesMax || der[0] !== 0x30 || der[1] !== size - 2) return SIGNATURE_BROKEN;
	const signature = new Uint8Array(2 * numberSize);
	const middle = readNumber(der, 2, signature, numberSize);
	if (middle < 0) return SIGNATURE_BROKEN;
	return readNumber(der, middle, signature, 2 * numberSize) === size ? signature : SIGNATURE_BROKEN;
}

/** Reads an INTEGER, not 0, so that it ends at into[intoEnd]. @returns where it says it ends; -1 when it is none */
function readNumber(der: Uint8Array, at: number, into: Uint8Array, intoEnd: number): number {
	const size = der[at + 1] ?? 0;
	const end = at + 2 + size;
	if (der[at] !== 2 || size === 0) return -1;
	let from = at + 2;
	const lead = der[from]!;
	if (lead >= 0x80) return -1;
	if (lead === 0) {
		from += 1;
		if (from === end || der[from]! < 0x80) return -1;
	}
	if (end - from > numberSize) return -1;
	into.set(der.subarray(from, end), intoEnd - (end - from));
	return end;
}

/** @param signature r and s, 64 bytes. @returns its ECDSA-Sig-Value in DER, 72 bytes at most */
export function writeSignature(signature: Uint8Array): Uint8Array {
	const der = new Uint8Array(derBytesMax);
	const middle = writeNumber(der, 2, signature, 0);
	const end = writeNumber(der, middle, signature, numberSize);
	der[0] = 0x30;
	der[1] = end - 2;
	return der.slice(0, end);
}

function writeNumber(der: Uint8Array, at: number, signature: Uint8Array, from: number): number {
	const behind = from + numberSize;
	let first = from;
	while (first < behind - 1 && signature[first] === 0) first++;
	const pad = signature[first]! >= 0x80 ? 1 : 0;
	der[at] = 2;
	der[at + 1] = behind - first + pad;
	der.set(signature.subarray(first, behind), at + 2 + pad);
	return at + 2 + pad + behind - first;
}
