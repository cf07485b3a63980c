import { equalSecret } from "../crypto/equal.ts";
import type { Crypto, Entropy, KeyHandle } from "../host.ts";
import { ContentType } from "./content-type.ts";
import { authenticatedBuffer, Protection, type RecordLimits } from "./protection.ts";
import { type RecordView, recordHeaderBytes, writeAuthenticated, writeRecordHeader } from "./record.ts";

const blockBytes = 16;
/** HMAC-SHA-256, and its key. */
export const macBytes = 32;
/** What SHA-256 works on. */
const hashBlockBytes = 64;
/** The length byte of the padding can say no more (RFC 5246 §6.2.3.2). */
const paddingMaxBytes = 255;

/** What a CbcProtection is made from. */
export interface CbcKeys {
	/** 16 bytes, copied. */
	readonly key: Uint8Array;
	/** 32 bytes, copied. */
	readonly macKey: Uint8Array;
	/** RFC 7366 was negotiated: the MAC covers the ciphertext. */
	readonly encryptThenMac: boolean;
}

/**
 * AES-128-CBC with HMAC-SHA-256 (RFC 5246 §6.2.3.2): MAC, then encrypt; or the other way about where RFC 7366 was
 * negotiated. The IV of each record comes from Entropy.
 *
 * MAC-then-encrypt is open to Lucky 13: how long it takes to refuse a record must not tell how much padding it held. So
 * padding is looked at in whole, without a branch, and two HMACs run for every record, over so many bytes that the
 * count of hash blocks is the same for all paddings. What stays: the place at which the MAC is read, which a shared
 * cache might show, and whatever time an engine spends on small integers; both are far below a network's jitter.
 */
export class CbcProtection extends Protection {
	private readonly crypto: Crypto;
	private readonly entropy: Entropy;
	private readonly key: KeyHandle;
	private readonly macKey: KeyHandle;
	private readonly encryptThenMac: boolean;
	private readonly iv = new Uint8Array(blockBytes);
	private authenticated: Uint8Array = new Uint8Array(0);

	/** @throws HostFailure when the port has no room for the keys */
	constructor(crypto: Crypto, entropy: Entropy, keys: CbcKeys, epoch: number, limits: RecordLimits) {
		super(epoch, limits);
		this.crypto = crypto;
		this.entropy = entropy;
		this.encryptThenMac = keys.encryptThenMac;
		this.key = crypto.importAesKey(keys.key);
		try {
			this.macKey = crypto.importSecret(keys.macKey);
		} catch (error) {
			crypto.release(this.key);
			throw error;
		}
	}

	override overhead(plainSize: number, cidSize: number): number {
		const innerSize = cidSize > 0 ? plainSize + 1 : plainSize;
		return recordHeaderBytes + cidSize + this.bodyBytes(innerSize) - plainSize;
	}

	/** IV, content, MAC, padding and its length byte. */
	private bodyBytes(innerSize: number): number {
		if (this.encryptThenMac) return blockBytes + wholeBlocks(innerSize + 1) + macBytes;
		return blockBytes + wholeBlocks(innerSize + macBytes + 1);
	}

	override seal(
		type: number,
		plain: Uint8Array,
		at: number,
		end: number,
		sequence: number,
		cid: Uint8Array,
		into: Uint8Array,
		intoAt: number,
	): number {
		this.assertSealable(type, end - at, sequence);
		const cidSize = cid.length;
		const innerSize = end - at + (cidSize > 0 ? 1 : 0);
		const bodySize = this.bodyBytes(innerSize);
		const recordEnd = intoAt + recordHeaderBytes + cidSize + bodySize;
		const innerAt = intoAt + recordHeaderBytes + cidSize + blockBytes;
		into.set(plain.subarray(at, end), innerAt);
		if (cidSize > 0) into[innerAt + innerSize - 1] = type;
		let to = innerAt + innerSize;
		writeRecordHeader(type, this.epoch, sequence, cid, bodySize, into, intoAt);
		if (!this.encryptThenMac) {
			const authenticated = this.authenticate(into, intoAt, cidSize, innerSize);
			into.set(authenticated, innerAt - authenticated.length);
			into.set(this.crypto.hmac(this.macKey, into, innerAt - authenticated.length, to), to);
			to += macBytes;
			writeRecordHeader(type, this.epoch, sequence, cid, bodySize, into, intoAt);
		}
		const cipherEnd = this.encryptThenMac ? recordEnd - macBytes : recordEnd;
		into.fill(cipherEnd - 1 - to, to, cipherEnd);
		this.entropy.fill(this.iv);
		into.set(this.iv, innerAt - blockBytes);
		this.crypto.cbc("encrypt", this.key, this.iv, into, innerAt, cipherEnd);
		if (this.encryptThenMac) {
			into.set(this.macOfCiphertext(into, intoAt, cidSize, innerAt - blockBytes, cipherEnd), cipherEnd);
		}
		return recordEnd;
	}

	override open(bytes: Uint8Array, view: RecordView): boolean {
		if (view.epoch !== this.epoch) return false;
		return this.encryptThenMac ? this.verifyAndDecrypt(bytes, view) : this.decryptAndVerify(bytes, view);
	}

	override release(): void {
		this.crypto.release(this.key);
		this.crypto.release(this.macKey);
	}

	/** RFC 7366 §3, RFC 9146 §5.2: nothing is decrypted before it verified. */
	private verifyAndDecrypt(bytes: Uint8Array, view: RecordView): boolean {
		const innerAt = view.at + blockBytes;
		const macAt = view.end - macBytes;
		const size = macAt - innerAt;
		if (size < blockBytes || size % blockBytes !== 0 || this.isTooLong(size - paddingMaxBytes - 1, view)) return false;
		const mac = this.macOfCiphertext(bytes, view.headerAt, view.cidEnd - view.cidAt, view.at, macAt);
		if (!equalSecret(mac, 0, bytes, macAt, macBytes)) return false;
		this.decrypt(bytes, view.at, innerAt, macAt);
		const padding = bytes[macAt - 1]!;
		if (padding >= size) return false;
		for (let index = 2; index <= padding + 1; index++) if (bytes[macAt - index] !== padding) return false;
		return this.isAcceptedSize(bytes, view, innerAt, macAt - 1 - padding);
	}

	/** RFC 5246 §6.2.3.2, RFC 9146 §5.1. */
	private decryptAndVerify(bytes: Uint8Array, view: RecordView): boolean {
		const innerAt = view.at + blockBytes;
		const size = view.end - innerAt;
		if (size < macBytes + blockBytes || size % blockBytes !== 0) return false;
		const sizeMax = size - macBytes - 1;
		if (this.isTooLong(sizeMax - paddingMaxBytes, view)) return false;
		this.decrypt(bytes, view.at, innerAt, view.end);
		const padding = bytes[view.end - 1]!;
		const paddingMax = Math.min(paddingMaxBytes, sizeMax);
		const isPadded = paddingMask(bytes, view.end - 1, padding, paddingMax);
		// Padding that is none counts as none, and the MAC is computed all the same.
		const innerSize = sizeMax - (padding & isPadded);
		const cidSize = view.cidEnd - view.cidAt;
		const authenticated = this.authenticate(bytes, view.headerAt, cidSize, innerSize);
		const macFrom = innerAt - authenticated.length; // over the IV and what is before it, which have served
		bytes.set(authenticated, macFrom);
		const mac = this.crypto.hmac(this.macKey, bytes, macFrom, innerAt + innerSize);
		const macSizeMax = authenticated.length + sizeMax;
		const idleMax = hashBlockBytes * (hashBlocks(macSizeMax) - hashBlocks(macSizeMax - paddingMax));
		const idleBytes = bytes.length >= idleMax ? bytes : new Uint8Array(idleMax);
		const idleBlocks = hashBlocks(macSizeMax) - hashBlocks(authenticated.length + innerSize);
		this.crypto.hmac(this.macKey, idleBytes, 0, hashBlockBytes * idleBlocks);
		const isSame = equalSecret(mac, 0, bytes, innerAt + innerSize, macBytes);
		if ((Number(isSame) & isPadded) === 0) return false;
		return this.isAcceptedSize(bytes, view, innerAt, innerAt + innerSize);
	}

	private isAcceptedSize(bytes: Uint8Array, view: RecordView, at: number, end: number): boolean {
		if (view.type === ContentType.tls12Cid && end === at) return false;
		return !this.isTooLong(end - at, view) && this.isAccepted(bytes, view, at, end);
	}

	private decrypt(bytes: Uint8Array, ivAt: number, at: number, end: number): void {
		for (let index = 0; index < blockBytes; index++) this.iv[index] = bytes[ivAt + index]!;
		this.crypto.cbc("decrypt", this.key, this.iv, bytes, at, end);
	}

	private macOfCiphertext(bytes: Uint8Array, headerAt: number, cidSize: number, at: number, end: number): Uint8Array {
		const authenticated = this.authenticate(bytes, headerAt, cidSize, end - at);
		const covered = new Uint8Array(authenticated.length + end - at);
		covered.set(authenticated);
		covered.set(bytes.subarray(at, end), authenticated.length);
		return this.crypto.hmac(this.macKey, covered, 0, covered.length);
	}

	private authenticate(bytes: Uint8Array, headerAt: number, cidSize: number, length: number): Uint8Array {
		this.authenticated = authenticatedBuffer(this.authenticated, bytes[headerAt]!, cidSize);
		writeAuthenticated(bytes, headerAt, cidSize, length, this.authenticated);
		return this.authenticated;
	}
}

function wholeBlocks(size: number): number {
	return (size + blockBytes - 1) & -blockBytes;
}

/** How many blocks SHA-256 makes of `size` bytes, its own padding included. */
function hashBlocks(size: number): number {
	return ((size + 8) >> 6) + 1;
}

/**
 * Are the `padding` bytes in front of bytes[lengthAt], the length byte, all like it, and not more than `paddingMax`?
 * The time depends on `paddingMax` only.
 * @returns -1 or 0
 */
function paddingMask(bytes: Uint8Array, lengthAt: number, padding: number, paddingMax: number): number {
	let different = (paddingMax - padding) >> 31;
	for (let index = 1; index <= paddingMax; index++) {
		const isWithin = (index - padding - 1) >> 31;
		different |= isWithin & (bytes[lengthAt - index]! ^ padding);
	}
	return ~((different | -different) >> 31);
}
