import { frozen } from "../frozen.ts";
import { reservedExponent } from "./block.ts";
import type { MessageView } from "./message.ts";
import { OptionCursor, OptionNumber, readUint } from "./option.ts";
import type { Tuning } from "./tuning.ts";

/*
 * The bytes of RFC 9177: Q-Block1 and Q-Block2 (§4.1), values as those of Block1 and Block2, and the list of missing
 * blocks (§5).
 */

export const qBlock1 = 19;
export const qBlock2 = 31;
/** application/missing-blocks+cbor-seq. */
export const missingBlocksFormat = 272;

/** In place of an option that is not there, and of one that makes no sense. */
export const ABSENT = -1;
export const BROKEN = -2;

/** Transmission parameters of RFC 9177 §6.2, Table 3. */
export interface QBlockTuning {
	/** MAX_PAYLOADS: blocks in one set, 2 to 16; also how many blocks out of order a receiver keeps. */
	readonly maxPayloads: number;
	/** NON_MAX_RETRANSMIT: how often a missing block is asked for, without any coming, before giving up. */
	readonly nonMaxRetransmit: number;
	/** NON_TIMEOUT: how long the sender waits for a word before the next set; times ACK_RANDOM_FACTOR. */
	readonly nonTimeoutMs: number;
	/** NON_RECEIVE_TIMEOUT: how long the receiver waits for more before it asks; doubles each time. */
	readonly nonReceiveTimeoutMs: number;
	/**
	 * NON_PARTIAL_TIMEOUT: how long a body half here, or one all out, is kept after the last word. Longer than the other
	 * side tries (nonMaxRetransmit, doubling): one that comes after it begins anew.
	 */
	readonly nonPartialTimeoutMs: number;
	/** How long the receiver waits for stragglers once the last block of a set has come with others missing. Ours. */
	readonly gapDelayMs: number;
}

export const DEFAULT_Q_BLOCK_TUNING: QBlockTuning = frozen({
	maxPayloads: 10,
	nonMaxRetransmit: 4,
	nonTimeoutMs: 2000,
	nonReceiveTimeoutMs: 4000,
	nonPartialTimeoutMs: 247_000,
	gapDelayMs: 250,
});

/** NON_TIMEOUT_RANDOM's spread over NON_TIMEOUT. */
export function spreadMs(q: QBlockTuning, tuning: Tuning): number {
	return Math.floor((q.nonTimeoutMs * (tuning.ackRandomPercent - 100)) / 100);
}

/** Reads the Q-Block options of one message. Made once, used for each. */
export class QBlockReader {
	readonly #cursor = new OptionCursor();

	/** The value of an option that may stand once. @returns ABSENT, or BROKEN: too long, twice, of the reserved size */
	one(view: MessageView, number: number): number {
		const cursor = this.#cursor.start(view.bytes, view.optionsAt, view.optionsEnd);
		let value = ABSENT;
		while (cursor.next()) {
			if (cursor.number !== number) continue;
			value = value !== ABSENT ? BROKEN : blockOf(cursor);
			if (value === BROKEN) return BROKEN;
		}
		return value;
	}

	/**
	 * Which blocks a request's Q-Block2 options ask for (RFC 9177 §4.4), each once, ascending within an option.
	 * @param into is emptied and filled with at most `setSize` numbers
	 * @returns the first option's value, ABSENT or BROKEN
	 */
	wanted(view: MessageView, setSize: number, into: number[]): number {
		const cursor = this.#cursor.start(view.bytes, view.optionsAt, view.optionsEnd);
		let first = ABSENT;
		into.length = 0;
		while (cursor.next()) {
			if (cursor.number !== qBlock2) continue;
			const value = blockOf(cursor);
			if (value === BROKEN || (first !== ABSENT && (value & 7) !== (first & 7))) return BROKEN;
			if (first === ABSENT) first = value;
			const number = value >>> 4;
			// M: this block and the others of its set
			const end = (value & 8) === 0 ? number + 1 : number - (number % setSize) + setSize;
			for (let block = number; block < end && into.length < setSize; block++) {
				if (!into.includes(block)) into.push(block);
			}
		}
		return first;
	}

	/** The one Request-Tag, as offsets in `cursor`; absent ones return undefined. */
	tag(view: MessageView): Uint8Array | undefined {
		const cursor = this.#cursor.start(view.bytes, view.optionsAt, view.optionsEnd);
		while (cursor.next()) {
			if (cursor.number === OptionNumber.requestTag) return view.bytes.subarray(cursor.at, cursor.end);
		}
		return undefined;
	}
}

function blockOf(cursor: OptionCursor): number {
	const value = cursor.end - cursor.at > 3 ? BROKEN : cursor.uint;
	return (value & 7) === reservedExponent ? BROKEN : value;
}

/** Writes block numbers as a CBOR sequence of unsigned integers (RFC 8742, RFC 9177 §5). */
export function writeMissing(numbers: readonly number[]): Uint8Array {
	const bytes: number[] = [];
	for (const number of numbers) {
		if (number < 24) bytes.push(number);
		else if (number < 0x100) bytes.push(0x18, number);
		else if (number < 0x10000) bytes.push(0x19, number >> 8, number & 0xff);
		else bytes.push(0x1a, 0, number >> 16, (number >> 8) & 0xff, number & 0xff);
	}
	return new Uint8Array(bytes);
}

/**
 * Reads such a list out of bytes[at .. end).
 * @param into is emptied, and gets the first `max` numbers, each once
 * @returns false when the bytes are something else
 */
export function readMissing(bytes: Uint8Array, at: number, end: number, max: number, into: number[]): boolean {
	into.length = 0;
	let from = at;
	while (from < end) {
		const head = bytes[from++]!;
		const size = head < 24 ? 0 : head === 0x18 ? 1 : head === 0x19 ? 2 : head === 0x1a ? 4 : ABSENT;
		if (size < 0 || from + size > end) return false;
		const number = size === 0 ? head : readUint(bytes, from, from + size);
		from += size;
		if (number > 0xfffff) return false;
		if (into.length < max && !into.includes(number)) into.push(number);
	}
	return true;
}
