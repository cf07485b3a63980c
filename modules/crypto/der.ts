import { type Fault, fault } from "../bytes.ts";

/** Tags of X.690 and X.680 as they stand in certificates and keys: class, form and number in one byte. */
export const tagBoolean = 0x01;
export const tagInteger = 0x02;
export const tagBitString = 0x03;
export const tagOctetString = 0x04;
export const tagNull = 0x05;
export const tagObjectIdentifier = 0x06;
export const tagUtf8String = 0x0c;
export const tagPrintableString = 0x13;
export const tagIa5String = 0x16;
export const tagUtcTime = 0x17;
export const tagGeneralizedTime = 0x18;
export const tagSequence = 0x30;
export const tagSet = 0x31;
/** Context-specific, constructed: [0], [1] … */
export const tagContext0 = 0xa0;
export const tagContext1 = 0xa1;
export const tagContext3 = 0xa3;

export const derTruncated = fault("der.truncated", "silence", "X.690 §8.1.3");
export const derTag = fault("der.tag", "silence", "X.690 §8.1.2");
export const derLength = fault("der.length", "silence", "X.690 §10.1");
export const derTrailing = fault("der.trailing", "silence", "X.690 §8.1.3");
export const derInteger = fault("der.integer", "silence", "X.690 §8.3.2");
export const derBoolean = fault("der.boolean", "silence", "X.690 §11.1");
export const derBits = fault("der.bits", "silence", "X.690 §11.2");
export const derIdentifier = fault("der.identifier", "silence", "X.690 §8.19");

/** The longest object identifier of interest, in bytes of content. */
const longestIdentifier = 10;

/**
 * Walks forward through DER (X.690 §10) in bytes[at .. end): definite lengths in the fewest bytes, tags of one byte,
 * elements up to 65,535 bytes. It goes down only where the caller says enter(), so the caller's code is the bound of
 * the depth, and nothing is allocated by a length.
 *
 * The first fault stays: from then on every read fails and nothing is left to read, so that a caller may look at
 * `fault` once, at its end. Keeps a reference to the bytes.
 */
export class DerReader {
	readonly bytes: Uint8Array;
	/** Where the next element begins; `end` is where the innermost element that was entered ends. */
	at: number;
	end: number;
	/** Content of the last element that was read. */
	contentAt = 0;
	contentEnd = 0;
	fault: Fault | undefined;

	/** @param at, end 0 <= at <= end <= bytes.length */
	constructor(bytes: Uint8Array, at: number, end: number) {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
	}

	/** Nothing is left of the innermost element, or a fault was met. */
	get isDone(): boolean {
		return this.at >= this.end;
	}

	/** The tag of the next element; -1 when there is none. */
	get tag(): number {
		return this.at < this.end ? this.bytes[this.at]! : -1;
	}

	/** Whether the next element has that tag. */
	isNext(tag: number): boolean {
		return this.tag === tag;
	}

	/** Remembers the first fault and ends all reading. @returns false */
	refuse(fault: Fault): false {
		this.fault ??= fault;
		this.at = this.end;
		this.contentAt = this.contentEnd;
		return false;
	}

	/** Reads one element of that tag and moves behind it. @returns whether it is there; if not, `fault` says why */
	take(tag: number): boolean {
		if (this.at >= this.end) return this.refuse(derTruncated);
		if (this.bytes[this.at] !== tag) return this.refuse(derTag);
		return this.takeAny();
	}

	/** Reads one element of whatever tag and moves behind it. */
	takeAny(): boolean {
		const { bytes, at, end } = this;
		if (at + 2 > end) return this.refuse(derTruncated);
		if ((bytes[at]! & 0x1f) === 0x1f) return this.refuse(derTag);
		let size = bytes[at + 1]!;
		let from = at + 2;
		if (size >= 0x80) {
			const more = size & 0x7f;
			if (more === 0 || more > 2) return this.refuse(derLength);
			if (from + more > end) return this.refuse(derTruncated);
			size = more === 1 ? bytes[from]! : (bytes[from]! << 8) | bytes[from + 1]!;
			from += more;
			if (size < (more === 1 ? 0x80 : 0x100)) return this.refuse(derLength);
		}
		if (size > end - from) return this.refuse(derTruncated);
		this.contentAt = from;
		this.contentEnd = this.at = from + size;
		return true;
	}

	/**
	 * Reads one element of that tag and goes inside.
	 * @returns where the element round it ends, for leave()
	 */
	enter(tag: number): number {
		const outer = this.end;
		if (this.take(tag)) {
			this.at = this.contentAt;
			this.end = this.contentEnd;
		}
		return outer;
	}

	/** Goes back out. What was entered must have been read to its end. */
	leave(outer: number): void {
		const isRead = this.at === this.end;
		this.end = outer;
		if (this.fault !== undefined) this.at = outer;
		else if (!isRead) this.refuse(derTrailing);
	}

	/** Reads an INTEGER of any size: content in the fewest bytes (X.690 §8.3.2), not below 0. */
	takeUnsigned(): boolean {
		if (!this.take(tagInteger)) return false;
		const { bytes, contentAt, contentEnd } = this;
		if (contentAt === contentEnd || bytes[contentAt]! >= 0x80) return this.refuse(derInteger);
		if (contentEnd - contentAt > 1 && bytes[contentAt] === 0 && bytes[contentAt + 1]! < 0x80) {
			return this.refuse(derInteger);
		}
		return true;
	}

	/** Reads an INTEGER from 0 to 32767. @returns -1 when it is anything else */
	takeSmall(): number {
		if (!this.takeUnsigned()) return -1;
		const { bytes, contentAt, contentEnd } = this;
		if (contentEnd - contentAt > 2) {
			this.refuse(derInteger);
			return -1;
		}
		return contentEnd - contentAt === 1 ? bytes[contentAt]! : (bytes[contentAt]! << 8) | bytes[contentAt + 1]!;
	}

	/**
	 * Reads a BOOLEAN that DEFAULTs to false: absent it is false, and present it must be true, in the one spelling
	 * that DER has (X.690 §11.1, §11.5).
	 */
	takeFlag(): boolean {
		if (!this.isNext(tagBoolean) || !this.take(tagBoolean)) return false;
		if (this.contentEnd - this.contentAt !== 1 || this.bytes[this.contentAt] !== 0xff) return this.refuse(derBoolean);
		return true;
	}

	/**
	 * Reads a BIT STRING; its bits are then the content, without the byte that counts the unused ones.
	 * Those are at most 7, and all 0 (X.690 §8.6.2, §11.2.1).
	 * @returns how many bits of the last byte are unused, -1 after a fault
	 */
	takeBits(): number {
		if (!this.take(tagBitString)) return -1;
		const { bytes, contentAt, contentEnd } = this;
		const unused = contentAt < contentEnd ? bytes[contentAt]! : 8;
		const isEmpty = contentEnd - contentAt === 1;
		if (unused > 7 || (isEmpty && unused > 0) || (bytes[contentEnd - 1]! & ((1 << unused) - 1) && !isEmpty)) {
			this.refuse(derBits);
			return -1;
		}
		this.contentAt = contentAt + 1;
		return unused;
	}

	/**
	 * Reads an OBJECT IDENTIFIER.
	 * @returns its content as hexadecimal digits, to be compared; "" when it is too long to be one that is known here
	 */
	takeIdentifier(): string {
		if (!this.take(tagObjectIdentifier)) return "";
		const { bytes, contentAt, contentEnd } = this;
		if (contentAt === contentEnd || bytes[contentEnd - 1]! >= 0x80) {
			this.refuse(derIdentifier);
			return "";
		}
		if (contentEnd - contentAt > longestIdentifier) return "";
		let digits = "";
		for (let at = contentAt; at < contentEnd; at++) digits += (bytes[at]! + 0x100).toString(16).slice(1);
		return digits;
	}
}

/** Compares aBytes[aAt .. aEnd) with bBytes[bAt .. bEnd), both public. */
export function equalRange(
	a: Uint8Array,
	aAt: number,
	aEnd: number,
	b: Uint8Array,
	bAt: number,
	bEnd: number,
): boolean {
	if (aEnd - aAt !== bEnd - bAt) return false;
	for (let index = aAt; index < aEnd; index++) if (a[index] !== b[index - aAt + bAt]) return false;
	return true;
}
