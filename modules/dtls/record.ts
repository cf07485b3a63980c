import { type Fault, fault } from "../bytes.ts";
import { ContentType } from "./content-type.ts";

/** Type, version, epoch, sequence number and length (RFC 6347 §4.1); a Connection ID stands before the length. */
export const recordHeaderBytes = 13;
/** The most plaintext that a record may carry unless less was negotiated (RFC 5246 §6.2.1). */
export const recordPlaintextMaxBytes = 0x4000;
/** The most that protection may add to it (RFC 5246 §6.2.3). */
const expansionMaxBytes = 2048;
/** Sequence numbers are 48 bits (RFC 6347 §4.1) and never wrap: an association ends before it gets here. */
export const sequenceMax = 0xffffffffffff;

/** DTLS 1.2, and the 1.0 that first records may name because the version is not agreed yet (RFC 6347 §4.2.1). */
const version12 = 0xfefd;
const version10 = 0xfeff;

const truncated = fault("dtls.record.truncated", "silence", "RFC 6347 §4.1");
const versionUnknown = fault("dtls.record.version", "silence", "RFC 6347 §4.1");
const tooLong = fault("dtls.record.tooLong", "silence", "RFC 5246 §6.2.3");
const cidUnexpected = fault("dtls.record.connectionId", "silence", "RFC 9146 §4");

/** Where the parts of one record stand in a datagram. One of these serves for all records of a listener. */
export class RecordView {
	/** As in the header until the record is opened, the real one afterwards. */
	type = 0;
	version = 0;
	epoch = 0;
	sequence = 0;
	headerAt = 0;
	/** The Connection ID is bytes[cidAt .. cidEnd), empty for any type but tls12Cid. */
	cidAt = 0;
	cidEnd = 0;
	/** The body is bytes[at .. end): protected until the record is opened, the plaintext afterwards. */
	at = 0;
	end = 0;
	/** Where the next record of the datagram begins. */
	next = 0;
}

/**
 * Finds the record at bytes[at .. end) (RFC 6347 §4.1, RFC 9146 §4). Judges nothing that takes keys or a state:
 * unknown types, epochs and sizes too small for a tag are the caller's and Protection's to drop, and the records behind
 * survive.
 * @param at, end byte offsets, 0 <= at < end <= bytes.length; a datagram may hold several records
 * @param cidSize size of the Connection IDs that we gave out; 0: none, and then a record with one ends the datagram
 * @param view filled on success, left unspecified on refusal
 * @returns undefined, or the Fault that ends the datagram: nobody knows where a next record would begin
 */
export function readRecord(
	bytes: Uint8Array,
	at: number,
	end: number,
	cidSize: number,
	view: RecordView,
): Fault | undefined {
	if (end - at < recordHeaderBytes) return truncated;
	const type = bytes[at]!;
	const version = (bytes[at + 1]! << 8) | bytes[at + 2]!;
	const epoch = (bytes[at + 3]! << 8) | bytes[at + 4]!;
	if (version !== version12 && (version !== version10 || epoch !== 0)) return versionUnknown;
	const cidAt = at + 11;
	let lengthAt = cidAt;
	if (type === ContentType.tls12Cid) {
		if (cidSize === 0 || epoch === 0) return cidUnexpected;
		lengthAt += cidSize;
		if (end - lengthAt < 2) return truncated;
	}
	const size = (bytes[lengthAt]! << 8) | bytes[lengthAt + 1]!;
	if (size > recordPlaintextMaxBytes + expansionMaxBytes) return tooLong;
	const bodyAt = lengthAt + 2;
	if (size > end - bodyAt) return truncated;
	view.type = type;
	view.version = version;
	view.epoch = epoch;
	view.sequence = readSequence(bytes, at + 5);
	view.headerAt = at;
	view.cidAt = cidAt;
	view.cidEnd = lengthAt;
	view.at = bodyAt;
	view.end = bodyAt + size;
	view.next = view.end;
	return undefined;
}

/** Reads a 48-bit number. */
export function readSequence(bytes: Uint8Array, at: number): number {
	const upper = (bytes[at]! << 8) | bytes[at + 1]!;
	const middle = (bytes[at + 2]! << 8) | bytes[at + 3]!;
	return upper * 0x100000000 + middle * 0x10000 + ((bytes[at + 4]! << 8) | bytes[at + 5]!);
}

/** Writes a 48-bit number. */
export function writeSequence(sequence: number, bytes: Uint8Array, at: number): void {
	const upper = Math.floor(sequence / 0x100000000);
	const lower = (sequence % 0x100000000) | 0;
	bytes[at] = upper >> 8;
	bytes[at + 1] = upper;
	bytes[at + 2] = lower >> 24;
	bytes[at + 3] = lower >> 16;
	bytes[at + 4] = lower >> 8;
	bytes[at + 5] = lower;
}

/**
 * Writes a record's header (RFC 6347 §4.1; with a Connection ID that of RFC 9146 §4, and then `type` is not in it).
 * @param cid the receiver's; empty: none
 * @param bodySize how many bytes follow the header
 * @returns where the body begins
 */
export function writeRecordHeader(
	type: number,
	epoch: number,
	sequence: number,
	cid: Uint8Array,
	bodySize: number,
	into: Uint8Array,
	intoAt: number,
): number {
	const cidSize = cid.length;
	into[intoAt] = cidSize > 0 ? ContentType.tls12Cid : type;
	into[intoAt + 1] = version12 >> 8;
	into[intoAt + 2] = version12 & 0xff;
	into[intoAt + 3] = epoch >> 8;
	into[intoAt + 4] = epoch;
	writeSequence(sequence, into, intoAt + 5);
	if (cidSize > 0) into.set(cid, intoAt + 11);
	into[intoAt + 11 + cidSize] = bodySize >> 8;
	into[intoAt + 12 + cidSize] = bodySize;
	return intoAt + recordHeaderBytes + cidSize;
}

/** How long writeAuthenticated() gets: RFC 5246 §6.2.3.3, RFC 9146 §5. */
export function authenticatedBytes(type: number, cidSize: number): number {
	return type === ContentType.tls12Cid ? 23 + cidSize : 13;
}

/**
 * Writes what a MAC or an AEAD covers beside the content: sequence number, type, version and length (RFC 5246 §6.2.3.1,
 * §6.2.3.3), or for tls12_cid the placeholder, the Connection ID and its length as well (RFC 9146 §5.1 to §5.3).
 * @param header, headerAt the record's header, whose length field is not read
 * @param length what to put for the length: which one depends on the kind of protection
 * @param into another buffer than `header`, of authenticatedBytes()
 */
export function writeAuthenticated(
	header: Uint8Array,
	headerAt: number,
	cidSize: number,
	length: number,
	into: Uint8Array,
): void {
	const type = header[headerAt]!;
	let to = 0;
	if (type === ContentType.tls12Cid) {
		while (to < 8) into[to++] = 0xff;
		into[to++] = type;
		into[to++] = cidSize;
		for (let index = 0; index < 11 + cidSize; index++) into[to++] = header[headerAt + index]!;
	} else {
		for (let index = 3; index < 11; index++) into[to++] = header[headerAt + index]!;
		for (let index = 0; index < 3; index++) into[to++] = header[headerAt + index]!;
	}
	into[to] = length >> 8;
	into[to + 1] = length;
}
