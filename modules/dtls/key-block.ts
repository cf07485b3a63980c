import type { Crypto, Entropy } from "../host.ts";
import { AeadProtection, saltBytes } from "./aead-protection.ts";
import { CbcProtection, macBytes } from "./cbc-protection.ts";
import { defaultRecordLimits, type Protection, type RecordLimits } from "./protection.ts";
import type { Suite } from "./suite.ts";

const keyBytes = 16;

/** What a protection is made from. */
export interface ProtectionKeys {
	readonly crypto: Crypto;
	/** For the IVs of CBC. */
	readonly entropy: Entropy;
	readonly suite: Suite;
	/** RFC 7366 was negotiated. */
	readonly encryptThenMac: boolean;
	/** keyBlockBytes() of key material (RFC 5246 §6.3); copied, the caller overwrites it. */
	readonly keyBlock: Uint8Array;
	/** 1, as nothing is renegotiated. */
	readonly epoch: number;
	/** Absent: 2^14 bytes. */
	readonly limits?: RecordLimits;
}

/** How many bytes of key block a suite takes: MAC keys, keys and salts, both sides' (RFC 5246 §6.3). */
export function keyBlockBytes(suite: Suite): number {
	return 2 * (suite.cipher === "cbcSha256" ? macBytes + keyBytes : keyBytes + saltBytes);
}

/**
 * Makes the protection of what one side writes out of its half of the key block (RFC 5246 §6.3).
 * @param writer whose records these are: our own role to seal, the peer's to open
 * @throws HostFailure when the port has no room for the keys
 */
export function protectionOf(writer: "client" | "server", keys: ProtectionKeys): Protection {
	const { crypto, entropy, suite, encryptThenMac, keyBlock, epoch, limits = defaultRecordLimits } = keys;
	const half = writer === "client" ? 0 : 1;
	if (suite.cipher === "cbcSha256") {
		const macKey = piece(keyBlock, half * macBytes, macBytes);
		const key = piece(keyBlock, 2 * macBytes + half * keyBytes, keyBytes);
		return new CbcProtection(crypto, entropy, { key, macKey, encryptThenMac }, epoch, limits);
	}
	const key = piece(keyBlock, half * keyBytes, keyBytes);
	const salt = piece(keyBlock, 2 * keyBytes + half * saltBytes, saltBytes);
	return new AeadProtection(crypto, suite.cipher, key, salt, epoch, limits);
}

/** A view, so that no second copy of a key is left behind. */
function piece(keyBlock: Uint8Array, at: number, size: number): Uint8Array {
	return keyBlock.subarray(at, at + size);
}
