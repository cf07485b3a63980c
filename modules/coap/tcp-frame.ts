import { type Fault, fault } from "../bytes.ts";
import { MessageWriter, TOKEN_LENGTH } from "./message.ts";
import { readUint } from "./option.ts";

/*
 * Messages in a byte stream (RFC 8323 §3.2): a length of 0, 1, 2 or 4 bytes and the code stand where UDP has version,
 * type and Message ID; token, options and payload are the same.
 */

export const FRAME_TOO_LARGE = fault("coap.frameTooLarge", "silence", "RFC 8323 §5.3.1");

/** How large a message may be before a Max-Message-Size says otherwise (RFC 8323 §5.3.1). */
export const baseMessageBytes = 1152;

/** Where the 1-, 2- and 4-byte forms of the length begin. */
const oneByteFrom = 13;
const twoBytesFrom = 269;
const fourBytesFrom = 65_805;

/**
 * Finds the messages in a stream that comes in pieces of any size. A message that lies whole in a piece is borrowed
 * from there; of any other, what is here is kept in one buffer, no larger than the largest message.
 */
export class FrameReader {
	/** The message found: its bytes stand in bytes[at .. end), from behind the code on, and are borrowed. */
	bytes: Uint8Array = new Uint8Array(0);
	at = 0;
	end = 0;
	/** Its TKL and code. */
	tokenNibble = 0;
	code = 0;
	/** Why the stream can not be read on. */
	fault: Fault | undefined;
	readonly #maxBytes: number;
	#buffer: Uint8Array | undefined;
	#held = 0;
	/** Of the message being read: where its code stands, and its size, or 0 while not enough of it is here. */
	#codeAt = 0;
	#size = 0;

	/** @param maxBytes the largest message, from its first byte on: our Max-Message-Size */
	constructor(maxBytes: number) {
		this.#maxBytes = maxBytes;
	}

	/**
	 * Reads on in bytes[at .. end), up to the end of one message at most.
	 * @returns the offset behind what was read; -1 when a message is still to be completed, and all was read, or when
	 *   there is a fault
	 */
	next(bytes: Uint8Array, at: number, end: number): number {
		if (this.fault !== undefined) return -1;
		if (this.#held === 0) {
			this.measure(bytes, at, end);
			if (this.fault !== undefined) return -1;
			if (this.#size > 0 && at + this.#size <= end) {
				this.found(bytes, at);
				return this.end;
			}
		}
		return this.hold(bytes, at, end);
	}

	/** How many bytes of a message that is not whole are kept. */
	get held(): number {
		return this.#held;
	}

	/** Begins a new stream. */
	reset(): void {
		this.#held = 0;
		this.#size = 0;
		this.fault = undefined;
	}

	/** Puts a message together in the buffer, its head byte by byte. */
	private hold(bytes: Uint8Array, at: number, end: number): number {
		this.#buffer ??= new Uint8Array(this.#maxBytes);
		const buffer = this.#buffer;
		let from = at;
		while (from < end) {
			buffer[this.#held++] = bytes[from++]!;
			if (this.#size === 0) this.measure(buffer, 0, this.#held);
			if (this.fault !== undefined) return -1;
			if (this.#size === 0 || this.#held < this.#size) continue;
			this.#held = 0;
			this.found(buffer, 0);
			return from;
		}
		return -1;
	}

	/** Reads the head of a message at `at` as far as it is here: length, TKL, and the length of the token. */
	private measure(bytes: Uint8Array, at: number, end: number): void {
		this.#size = 0;
		if (at >= end) return;
		const length = bytes[at]! >> 4;
		const nibble = bytes[at]! & 15;
		if (nibble === 15) {
			this.fault = TOKEN_LENGTH;
			return;
		}
		const codeAt = at + 1 + (length < 13 ? 0 : 1 << (length - 13));
		const headEnd = codeAt + 1 + (nibble < 13 ? 0 : nibble - 12);
		if (headEnd > end) return;
		const body = length < 13 ? length : readUint(bytes, at + 1, codeAt) + extendsFrom(length);
		const token = nibble < 13 ? nibble : readUint(bytes, codeAt + 1, headEnd) + extendsFrom(nibble);
		this.#codeAt = codeAt - at;
		this.#size = headEnd - at + token + body;
		if (this.#size > this.#maxBytes) this.fault = FRAME_TOO_LARGE;
	}

	private found(bytes: Uint8Array, at: number): void {
		this.bytes = bytes;
		this.tokenNibble = bytes[at]! & 15;
		this.code = bytes[at + this.#codeAt]!;
		this.at = at + this.#codeAt + 1;
		this.end = at + this.#size;
		this.#size = 0;
	}
}

/** What the bytes that extend a nibble of 13, 14 or 15 are added to. */
function extendsFrom(nibble: number): number {
	return nibble === 13 ? oneByteFrom : nibble === 14 ? twoBytesFrom : fourBytesFrom;
}

/**
 * Writes messages as they go into a stream: those of MessageWriter, whose first four bytes make room for the other
 * header. Type and Message ID are left away.
 */
export class FrameWriter extends MessageWriter {
	/** The largest message there may be: the other endpoint's Max-Message-Size. */
	limitBytes = baseMessageBytes;
	#tokenBytes = 0;

	override start(type: number, code: number, id: number, token: Uint8Array, at = 0, end = token.length): this {
		const size = end - at;
		this.#tokenBytes = size + (size < oneByteFrom ? 0 : size < twoBytesFrom ? 1 : 2);
		return super.start(type, code, id, token, at, end);
	}

	protected override cut(bytes: Uint8Array, end: number): Uint8Array | undefined {
		const length = end - 4 - this.#tokenBytes;
		const more = length < oneByteFrom ? 0 : length < twoBytesFrom ? 1 : length < fourBytesFrom ? 2 : 4;
		const size = 2 + more + end - 4;
		// what has neither options nor payload is no larger than the request with the same token was
		if (size > this.limitBytes && length > 0) return undefined;
		const nibble = (more === 0 ? length : more === 4 ? 15 : 12 + more) << 4;
		const tokenNibble = bytes[0]! & 15;
		const code = bytes[1]!;
		const from = 2 - more;
		// only the longest form has no room in place of the four bytes
		const frame = from < 0 ? new Uint8Array(size) : bytes;
		const to = Math.max(from, 0);
		if (from < 0) frame.set(bytes.subarray(4, end), 6);
		frame[to] = nibble | tokenNibble;
		const rest = more === 0 ? 0 : length - extendsFrom(nibble >> 4);
		for (let index = 0; index < more; index++) frame[to + 1 + index] = rest >>> (8 * (more - 1 - index));
		frame[to + 1 + more] = code;
		return from < 0 ? frame : bytes.slice(from, end);
	}
}
