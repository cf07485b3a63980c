import { assert } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { ContentType, isContentType } from "./content-type.ts";
import {
	authenticatedBytes,
	type RecordView,
	recordHeaderBytes,
	recordPlaintextMaxBytes,
	sequenceMax,
	writeRecordHeader,
} from "./record.ts";

/** How large records get. */
export interface RecordLimits {
	/** The most plaintext in one: max_fragment_length (RFC 6066 §4), record_size_limit (RFC 8449), or 2^14. */
	readonly plaintextBytes: number;
	/** The most zeros behind the real content type (RFC 9146 §4) that are accepted; we send none. */
	readonly paddingBytes: number;
}

export const defaultRecordLimits: RecordLimits = frozen({
	plaintextBytes: recordPlaintextMaxBytes,
	paddingBytes: 256,
});

const noCid = new Uint8Array(0);

/**
 * The protection of records in one direction of one epoch: NullProtection in epoch 0, else what protectionOf() makes.
 * Whoever makes one calls release() once, at the end.
 */
export abstract class Protection {
	readonly epoch: number;
	protected readonly limits: RecordLimits;

	constructor(epoch: number, limits: RecordLimits) {
		this.epoch = epoch;
		this.limits = limits;
	}

	/** @returns how many bytes a record takes beyond its `plainSize` bytes of plaintext, header included */
	abstract overhead(plainSize: number, cidSize: number): number;

	/**
	 * Writes one record with plain[at .. end) in it. No sequence number may be used twice: see Reservation.
	 * @param type what the plaintext is; never tls12Cid
	 * @param sequence 0 <= sequence <= sequenceMax
	 * @param cid the Connection ID that the peer wants on its records; empty: none
	 * @param into with room for the plaintext and overhead() bytes from `intoAt` on; may be `plain`'s buffer when the
	 * plaintext stands nowhere in that room
	 * @returns where the record ends in `into`
	 * @throws HostFailure when the port fails
	 */
	abstract seal(
		type: number,
		plain: Uint8Array,
		at: number,
		end: number,
		sequence: number,
		cid: Uint8Array,
		into: Uint8Array,
		intoAt: number,
	): number;

	/**
	 * Verifies and decrypts the record that `view` shows, in place: `bytes` is the receive buffer, and a record that does
	 * not verify is destroyed. Replay and epoch are the caller's to ask before; the window moves only after true.
	 * @returns true when it verified, and then view.type is the real content type, and bytes[view.at .. view.end) the
	 * plaintext; false: drop it silently (RFC 6347 §4.1.2.7), whatever was wrong. Never throws for what is in the bytes
	 */
	abstract open(bytes: Uint8Array, view: RecordView): boolean;

	/** Ends the keys. */
	abstract release(): void;

	/** What every seal() asserts. */
	protected assertSealable(type: number, size: number, sequence: number): void {
		assert(isContentType(type), "dtls: no content type of ours");
		assert(size <= this.limits.plaintextBytes, "dtls: more plaintext than a record may carry");
		assert(sequence >= 0 && sequence <= sequenceMax, "dtls: the sequence numbers of this epoch are used up");
	}

	/** Is `size` more than any plaintext of a record of this kind could be? Asked before any work is done. */
	protected isTooLong(size: number, view: RecordView): boolean {
		const { plaintextBytes, paddingBytes } = this.limits;
		return size > (view.type === ContentType.tls12Cid ? plaintextBytes + 1 + paddingBytes : plaintextBytes);
	}

	/**
	 * The last steps of every open(): takes content type and padding off a DTLSInnerPlaintext (RFC 9146 §4), and shows
	 * the plaintext in `view`.
	 */
	protected isAccepted(bytes: Uint8Array, view: RecordView, at: number, end: number): boolean {
		let type = view.type;
		let contentEnd = end;
		if (type === ContentType.tls12Cid) {
			const least = Math.max(at, end - 1 - this.limits.paddingBytes);
			contentEnd--;
			while (contentEnd >= least && bytes[contentEnd] === 0) contentEnd--;
			if (contentEnd < least) return false; // no type at all, or more padding than we take
			type = bytes[contentEnd]!;
		}
		if (!isContentType(type) || contentEnd - at > this.limits.plaintextBytes) return false;
		// Only application data may be empty: RFC 5246 §6.2.1
		if (contentEnd === at && type !== ContentType.applicationData) return false;
		view.type = type;
		view.at = at;
		view.end = contentEnd;
		return true;
	}
}

/** Epoch 0: no protection (RFC 6347 §4.1). Application data never travels so, in either direction. */
export class NullProtection extends Protection {
	constructor(limits: RecordLimits = defaultRecordLimits) {
		super(0, limits);
	}

	override overhead(_plainSize: number, _cidSize: number): number {
		return recordHeaderBytes;
	}

	override seal(
		type: number,
		plain: Uint8Array,
		at: number,
		end: number,
		sequence: number,
		_cid: Uint8Array,
		into: Uint8Array,
		intoAt: number,
	): number {
		this.assertSealable(type, end - at, sequence);
		assert(type !== ContentType.applicationData, "dtls: application data without protection");
		const bodyAt = writeRecordHeader(type, 0, sequence, noCid, end - at, into, intoAt);
		into.set(plain.subarray(at, end), bodyAt);
		return bodyAt + end - at;
	}

	override open(bytes: Uint8Array, view: RecordView): boolean {
		if (view.epoch !== 0 || view.type === ContentType.applicationData) return false;
		return this.isAccepted(bytes, view, view.at, view.end);
	}

	override release(): void {}
}

/** The buffer for writeAuthenticated(), kept while its size stays: `kept`, or one that fits. */
export function authenticatedBuffer(kept: Uint8Array, type: number, cidSize: number): Uint8Array {
	const size = authenticatedBytes(type, cidSize);
	return kept.length === size ? kept : new Uint8Array(size);
}
