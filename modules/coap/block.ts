/*
 * Block-wise transfer (RFC 7959): the value of a Block option as one number NUM << 4 | M << 3 | SZX (§2.2), and marks
 * that tell bodies apart.
 */

/** The size exponent that UDP reserves, 4.00 (RFC 7959 §2.2), and that means BERT on a stream (RFC 8323 §6). */
export const reservedExponent = 7;

/** The size exponent of a block of 16 to 1024 bytes, or of several of 1024 in one message. */
export function sizeExponent(blockSizeBytes: number): number {
	return Math.min(27 - Math.clz32(blockSizeBytes), reservedExponent);
}

export function blockExponent(block: number): number {
	return block & 7;
}

/** What blocks are counted in: the size of one, or of those that BERT puts into one message. */
export function blockSizeBytes(block: number): number {
	return unitBytes(block & 7);
}

function unitBytes(exponent: number): number {
	return exponent === reservedExponent ? 1024 : 16 << exponent;
}

/** Where in the body the block starts. */
export function blockOffset(block: number): number {
	return (block >>> 4) * blockSizeBytes(block);
}

export function hasMore(block: number): boolean {
	return (block & 8) !== 0;
}

/** @param offset a multiple of the block's size */
export function blockValue(offset: number, more: boolean, exponent: number): number {
	return (offset / unitBytes(exponent)) * 16 + (more ? 8 : 0) + exponent;
}

/** Whether a block may have `size` bytes: all of them when more follow (RFC 7959 §2.2, RFC 8323 §6). */
export function isWellSized(block: number, size: number): boolean {
	if (blockExponent(block) === reservedExponent) return !hasMore(block) || (size > 0 && size % 1024 === 0);
	return hasMore(block) ? size === blockSizeBytes(block) : size <= blockSizeBytes(block);
}

/** A short mark that tells one content of bytes[at .. end) from another: FNV-1a, 32 bits. */
export function markOf(bytes: Uint8Array, at = 0, end = bytes.length): number {
	let mark = 0x811c9dc5;
	for (let index = at; index < end; index++) mark = Math.imul(mark ^ bytes[index]!, 0x01000193);
	return mark >>> 0;
}

/** The same as an ETag (RFC 7252 §5.10.6.1). */
export function bodyMark(body: Uint8Array): Uint8Array {
	const mark = markOf(body);
	return new Uint8Array([mark >>> 24, mark >>> 16, mark >>> 8, mark]);
}
