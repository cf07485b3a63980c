import type { Aead, Crypto, KeyHandle } from "../host.ts";
import { ContentType } from "./content-type.ts";
import { Protection, type RecordLimits } from "./protection.ts";
import {
	authenticatedBytes,
	type RecordView,
	recordHeaderBytes,
	writeAuthenticated,
	writeRecordHeader,
} from "./record.ts";

/** The part of the nonce that comes out of the key block, and the part that travels (RFC 6655 §3, RFC 5288 §3). */
export const saltBytes = 4;
const explicitBytes = 8;

/**
 * AES-128-CCM_8 (RFC 6655) and AES-128-GCM (RFC 5288). The nonce is the salt, then epoch and sequence number, which
 * travel in front of the ciphertext; a peer may put there what it likes.
 */
export class AeadProtection extends Protection {
	private readonly crypto: Crypto;
	private readonly aead: Aead;
	private readonly key: KeyHandle;
	private readonly nonce = new Uint8Array(saltBytes + explicitBytes);

	/**
	 * @param key 16 bytes, copied
	 * @param salt 4 bytes, copied
	 * @throws HostFailure when the port has no room for a key
	 */
	constructor(crypto: Crypto, aead: Aead, key: Uint8Array, salt: Uint8Array, epoch: number, limits: RecordLimits) {
		super(epoch, limits);
		this.crypto = crypto;
		this.aead = aead;
		this.key = crypto.importAesKey(key);
		this.nonce.set(salt);
	}

	private get tagBytes(): number {
		return this.aead === "ccm8" ? 8 : 16;
	}

	override overhead(_plainSize: number, cidSize: number): number {
		return recordHeaderBytes + explicitBytes + this.tagBytes + (cidSize > 0 ? cidSize + 1 : 0);
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
		const bodySize = explicitBytes + innerSize + this.tagBytes;
		const bodyAt = writeRecordHeader(type, this.epoch, sequence, cid, bodySize, into, intoAt);
		for (let index = 0; index < explicitBytes; index++) into[bodyAt + index] = into[intoAt + 3 + index]!;
		const innerAt = bodyAt + explicitBytes;
		const authenticated = this.authenticate(into, intoAt, cidSize, innerSize);
		const nonce = this.nonceFrom(into, bodyAt);
		const { crypto, aead, key } = this;
		if (cidSize === 0) return innerAt + crypto.seal(aead, key, nonce, authenticated, plain, at, end, into, innerAt);
		into.set(plain.subarray(at, end), innerAt);
		into[innerAt + innerSize - 1] = type;
		const innerEnd = innerAt + innerSize;
		return innerAt + crypto.seal(aead, key, nonce, authenticated, into, innerAt, innerEnd, into, innerAt);
	}

	override open(bytes: Uint8Array, view: RecordView): boolean {
		const innerAt = view.at + explicitBytes;
		const innerSize = view.end - innerAt - this.tagBytes;
		if (innerSize < (view.type === ContentType.tls12Cid ? 1 : 0)) return false;
		if (view.epoch !== this.epoch || this.isTooLong(innerSize, view)) return false;
		const authenticated = this.authenticate(bytes, view.headerAt, view.cidEnd - view.cidAt, innerSize);
		const nonce = this.nonceFrom(bytes, view.at);
		const { crypto, aead, key } = this;
		const size = crypto.open(aead, key, nonce, authenticated, bytes, innerAt, view.end, bytes, innerAt);
		return size === innerSize && this.isAccepted(bytes, view, innerAt, innerAt + size);
	}

	override release(): void {
		this.crypto.release(this.key);
		this.nonce.fill(0);
	}

	private nonceFrom(bytes: Uint8Array, at: number): Uint8Array {
		for (let index = 0; index < explicitBytes; index++) this.nonce[saltBytes + index] = bytes[at + index]!;
		return this.nonce;
	}

	private authenticate(bytes: Uint8Array, headerAt: number, cidSize: number, length: number): Uint8Array {
		const authenticated = new Uint8Array(authenticatedBytes(bytes[headerAt]!, cidSize));
		writeAuthenticated(bytes, headerAt, cidSize, length, authenticated);
		return authenticated;
	}
}
