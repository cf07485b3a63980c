import { type Fault, fault } from "../bytes.ts";
import { AlertDescription } from "./alert.ts";
import { handshakeHeaderSize } from "./handshake-type.ts";

export const FRAGMENT_TRUNCATED = fault("dtls.fragmentTruncated", "silence", "RFC 6347 §4.2.2");
export const FRAGMENT_RANGE = fault("dtls.fragmentRange", "silence", "RFC 6347 §4.2.2");
export const FRAGMENT_EMPTY = fault("dtls.fragmentEmpty", "silence", "RFC 6347 §4.2.3");
export const MESSAGE_TOO_LARGE = fault("dtls.messageTooLarge", AlertDescription.decodeError, "RFC 6347 §4.2.3");

/** The header of one received fragment, and where its bytes are; filled again and again. */
export class FragmentView {
	/** One of HandshakeType, or a number that we do not know. */
	type = 0;
	/** message_seq. */
	sequence = 0;
	/** How long the whole message is. */
	total = 0;
	/** Where in the message the fragment stands. */
	offset = 0;
	/** Where its bytes start and end in the buffer that was read; the next fragment starts at `end`. */
	at = 0;
	end = 0;

	/** Reads the fragment at bytes[at ..) (RFC 6347 §4.2.2). Never throws. */
	read(bytes: Uint8Array, at: number, end: number): Fault | undefined {
		const bodyAt = at + handshakeHeaderSize;
		if (bodyAt > end) return FRAGMENT_TRUNCATED;
		const size = uint24(bytes, at + 9);
		this.type = bytes[at]!;
		this.total = uint24(bytes, at + 1);
		this.sequence = (bytes[at + 4]! << 8) | bytes[at + 5]!;
		this.offset = uint24(bytes, at + 6);
		this.at = bodyAt;
		this.end = bodyAt + size;
		if (this.end > end) return FRAGMENT_TRUNCATED;
		if (this.offset + size > this.total) return FRAGMENT_RANGE;
		return size === 0 && this.offset > 0 ? FRAGMENT_EMPTY : undefined;
	}
}

function uint24(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/**
 * Writes the header of a fragment (RFC 6347 §4.2.2) to into[0 .. 12). With `offset` 0 and `size` the total it is that
 * of the message in one piece.
 */
export function writeFragmentHeader(
	into: Uint8Array,
	type: number,
	sequence: number,
	total: number,
	offset: number,
	size: number,
): void {
	into[0] = type;
	into[1] = total >> 16;
	into[2] = total >> 8;
	into[3] = total;
	into[4] = sequence >> 8;
	into[5] = sequence;
	into[6] = offset >> 16;
	into[7] = offset >> 8;
	into[8] = offset;
	into[9] = size >> 16;
	into[10] = size >> 8;
	into[11] = size;
}

/** @returns the fragment that carries body[at .. end), header and all, in bytes of its own */
export function writeFragment(type: number, sequence: number, body: Uint8Array, at: number, end: number): Uint8Array {
	const fragment = new Uint8Array(handshakeHeaderSize + end - at);
	writeFragmentHeader(fragment, type, sequence, body.length, at, end - at);
	fragment.set(body.subarray(at, end), handshakeHeaderSize);
	return fragment;
}

/**
 * Cuts a handshake message into fragments (RFC 6347 §4.2.3); one with an empty body gives one fragment.
 * @param maxFragmentBytes what one may take with its header: 13 at least
 * @param emit gets each, in order, as bytes of its own
 */
export function writeFragments(
	type: number,
	messageSequence: number,
	body: Uint8Array,
	maxFragmentBytes: number,
	emit: (fragment: Uint8Array) => void,
): void {
	const step = Math.max(1, maxFragmentBytes - handshakeHeaderSize);
	let at = 0;
	do {
		const end = Math.min(body.length, at + step);
		emit(writeFragment(type, messageSequence, body, at, end));
		at = end;
	} while (at < body.length);
}
