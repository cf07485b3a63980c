import { noBytes } from "../bytes.ts";
import { frozen } from "../frozen.ts";

/**
 * Option Numbers of RFC 7252 §5.10, RFC 7641 §2 (Observe), RFC 7959 §2 and §4 (Block, Size), RFC 9175 §2
 * and §3 (Echo, Request-Tag), RFC 7967 §2 (No-Response), RFC 8768 §3 (Hop-Limit).
 */
export const OptionNumber = frozen({
	ifMatch: 1,
	uriHost: 3,
	eTag: 4,
	ifNoneMatch: 5,
	observe: 6,
	uriPort: 7,
	locationPath: 8,
	uriPath: 11,
	contentFormat: 12,
	maxAge: 14,
	uriQuery: 15,
	hopLimit: 16,
	accept: 17,
	locationQuery: 20,
	block2: 23,
	block1: 27,
	size2: 28,
	proxyUri: 35,
	proxyScheme: 39,
	size1: 60,
	echo: 252,
	noResponse: 258,
	requestTag: 292,
});

/** Marks in RULES beside the longest size: may stand several times; may not be empty. */
const REPEATABLE = 0x2000;
const NOT_EMPTY = 0x4000;

/**
 * What a value may look like (RFC 7252 Table 4, RFC 7641 Table 1, RFC 7959 Table 1 and 4), by Option Number: the
 * longest size in bytes, and marks. One number for each, because a row of three takes eight times the bytecode.
 */
const RULES: Readonly<Record<number, number>> = frozen({
	1: 8 | REPEATABLE,
	3: 255 | NOT_EMPTY,
	4: 8 | NOT_EMPTY | REPEATABLE,
	5: 0,
	6: 3,
	7: 2,
	8: 255 | REPEATABLE,
	11: 255 | REPEATABLE,
	12: 2,
	14: 4,
	15: 255 | REPEATABLE,
	16: 4,
	17: 2,
	20: 255 | REPEATABLE,
	23: 3,
	27: 3,
	28: 4,
	35: 1034 | NOT_EMPTY,
	39: 255 | NOT_EMPTY,
	60: 4,
	252: 40 | NOT_EMPTY,
	258: 1,
	292: 8,
});

/** Critical options have odd numbers: who does not know one refuses the message (RFC 7252 §5.4.1, §5.4.6). */
export function isCritical(number: number): boolean {
	return (number & 1) === 1;
}

/** Reads an unsigned integer of up to four bytes, network order, leading zeros allowed (RFC 7252 §3.2). */
export function readUint(bytes: Uint8Array, at: number, end: number): number {
	let value = 0;
	for (let index = at; index < end; index++) value = value * 256 + bytes[index]!;
	return value;
}

/** How many bytes the shortest form of an unsigned integer takes: none for 0 (RFC 7252 §3.2). */
export function uintSize(value: number): number {
	return value === 0 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1000000 ? 3 : 4;
}

/**
 * Walks the options of one message (RFC 7252 §3.1) over borrowed bytes. Made once and started again for every
 * message: walking allocates nothing.
 */
export class OptionCursor {
	/** The Option Number the cursor stands on. */
	number = 0;
	/** Where the value of that option starts and ends in the bytes. */
	at = 0;
	end = 0;
	/** The walk ended at bytes that are no option. */
	broken = false;
	/** The option before had the same number. */
	repeated = false;
	private bytes = noBytes;
	private limit = 0;

	/**
	 * @param bytes stays the caller's; the cursor reads it until the next start
	 * @param at where the first option starts; `limit` where the message ends
	 */
	start(bytes: Uint8Array, at: number, limit: number): this {
		this.bytes = bytes;
		this.limit = limit;
		this.number = 0;
		this.at = at;
		this.end = at;
		this.broken = false;
		this.repeated = false;
		return this;
	}

	/** Steps on. @returns false behind the last option: at the limit, at the payload marker, or at a broken option */
	next(): boolean {
		if (this.broken || this.end >= this.limit || this.bytes[this.end] === 0xff) return false;
		const head = this.bytes[this.end++]!;
		const delta = this.extended(head >> 4);
		const size = delta < 0 ? -1 : this.extended(head & 15);
		if (size < 0 || this.end + size > this.limit || this.number + delta > 0xffff) {
			this.broken = true;
			return false;
		}
		this.repeated = delta === 0;
		this.number += delta;
		this.at = this.end;
		this.end += size;
		return true;
	}

	/**
	 * Whether this occurrence counts: a known option whose length is legal and which may stand here again. Others are
	 * treated as unrecognised (RFC 7252 §5.4.3, §5.4.5): the elective are skipped, the critical refuse the message.
	 */
	get isValid(): boolean {
		const rule = RULES[this.number];
		if (rule === undefined) return false;
		const size = this.end - this.at;
		if (size > (rule & 0x1fff) || (this.repeated && (rule & REPEATABLE) === 0)) return false;
		return size > 0 || (rule & NOT_EMPTY) === 0;
	}

	/** Whether the tables here know this option; of others only their number says what to do. */
	get isKnown(): boolean {
		return RULES[this.number] !== undefined;
	}

	/** The value as an unsigned integer. */
	get uint(): number {
		return readUint(this.bytes, this.at, this.end);
	}

	/**
	 * A delta or length nibble with the bytes that extend it (RFC 7252 §3.1). @returns -1 for 15 and for bytes that
	 * are not there
	 */
	private extended(nibble: number): number {
		if (nibble < 13) return nibble;
		if (nibble === 15 || this.end + nibble - 12 > this.limit) return -1;
		const first = this.bytes[this.end++]!;
		return nibble === 13 ? first + 13 : first * 256 + this.bytes[this.end++]! + 269;
	}
}
