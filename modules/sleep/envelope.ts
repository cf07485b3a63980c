import { type Fault, fault } from "../bytes.ts";
import { crc32 } from "../settings/crc32.ts";

/** What an envelope holds, and the version of its form: another one is foreign. */
export const snapshotKind = 0x51;
export const sessionKind = 0x61;
export const resumptionKind = 0x71;

// Kind, size of all (2), …, CRC-32 (4).
const headBytes = 3;
/** What an envelope takes beside what is in it. */
export const envelopeBytes = headBytes + 4;
const sizeMax = 0xffff;

export const FOREIGN = fault("retained.foreign", "silence", "modules/sleep/FORMAT.md");
export const TORN = fault("retained.torn", "silence", "modules/sleep/FORMAT.md");

/** @param content 65,528 bytes at most; the caller's to overwrite */
export function seal(kind: number, content: Uint8Array): Uint8Array {
	const size = content.length + envelopeBytes;
	const bytes = new Uint8Array(size);
	bytes[0] = kind;
	bytes[1] = size >> 8;
	bytes[2] = size;
	bytes.set(content, headBytes);
	const crc = crc32(bytes, 0, size - 4, 0);
	for (let at = 0; at < 4; at++) bytes[size - 4 + at] = crc >>> (24 - 8 * at);
	return bytes;
}

/**
 * @param bytes that begin with the envelope, or may be anything. Never throws
 * @returns what is in it, in bytes of its own
 */
export function unseal(kind: number, bytes: Uint8Array): Uint8Array | Fault {
	if (bytes[0] !== kind) return FOREIGN;
	const size = sizeIn(bytes);
	if (size === undefined || size > bytes.length) return TORN;
	let crc = 0;
	for (let at = size - 4; at < size; at++) crc = (crc << 8) | bytes[at]!;
	if (crc !== crc32(bytes, 0, size - 4, 0)) return TORN;
	return bytes.slice(headBytes, size - 4);
}

/** @returns the size that the first bytes say; undefined where they can be no envelope's */
export function sizeIn(bytes: Uint8Array): number | undefined {
	if (bytes.length < headBytes) return undefined;
	const size = (bytes[1]! << 8) | bytes[2]!;
	return size < envelopeBytes || size > sizeMax ? undefined : size;
}
