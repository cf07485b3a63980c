import { assert, type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { keyBlockBytes } from "./key-block.ts";
import { readSequence, recordPlaintextMaxBytes, sequenceMax, writeSequence } from "./record.ts";
import { ReplayWindow } from "./replay.ts";
import { suiteById } from "./suite.ts";

/**
 * An established session, as much of it as goes on records: enough to seal and open them after a sleep or a restart.
 * The epoch is 1, as nothing is renegotiated. Holds keys: whoever has it reads and writes the session's records.
 */
export interface SessionState {
	/** What we were in the handshake: which half of the key block is ours. */
	readonly role: "client" | "server";
	/** Of suite.ts. */
	readonly suite: number;
	/** RFC 7366. */
	readonly encryptThenMac: boolean;
	/** RFC 7627. */
	readonly extendedMasterSecret: boolean;
	/**
	 * RFC 5246 §6.3: 40 bytes, or 96 for CBC. Less than master secret and randoms, from which it derives (112), and no
	 * PRF runs at wake-up.
	 */
	readonly keyBlock: Uint8Array;
	/** What the peer puts on its records to us (RFC 9146), 0 to 255 bytes; empty: none. */
	readonly ownCid: Uint8Array;
	/** What we put on ours. */
	readonly peerCid: Uint8Array;
	/** Whom we speak with, in whatever form the owner compares it: a digest. 0 to 64 bytes. */
	readonly peer: Uint8Array;
	/** No record of ours has this sequence number or a higher one: see Reservation. */
	readonly sequence: number;
	/** Which records of the peer are refused as received. */
	readonly received: ReplayWindow;
	/** The most plaintext in a record of ours, and in one of the peer's: 64 to 2^14 bytes. */
	readonly sealedBytes: number;
	readonly openedBytes: number;
	/** What resumes the session by a handshake (encodeSession()), up to resumptionMaxBytes; empty: not kept. */
	readonly resumption: Uint8Array;
}

const version = 1;
const flagServer = 1;
const flagEncryptThenMac = 2;
const flagExtendedMasterSecret = 4;
const flagReceived = 8;
const flagLimits = 16;
const flagResumption = 32;
const flagsKnown = 63;

// Version, flags, suite (2), sequence (6), highest received (6), its window (8), then what has sizes of its own.
const sequenceAt = 4;
const windowAt = 10;
const fixedBytes = 24;
const checksumBytes = 4;
const peerMaxBytes = 64;
/** Room for a ticket (RFC 5077) of a usual size. */
export const resumptionMaxBytes = 1024;
/** No state is longer. */
export const sessionStateMaxBytes =
	fixedBytes + 2 * 256 + (1 + peerMaxBytes) + 96 + 4 + (2 + resumptionMaxBytes) + checksumBytes;
const plaintextMinBytes = 64;

const truncated = fault("dtls.state.truncated", "silence", "README, Session state");
const versionUnknown = fault("dtls.state.version", "silence", "README, Session state");
const checksumWrong = fault("dtls.state.checksum", "silence", "README, Session state");
const malformed = fault("dtls.state.malformed", "silence", "README, Session state");

/** Where the parts of variable size stand in a state. */
interface Layout {
	readonly ownCidAt: number;
	readonly peerCidAt: number;
	readonly peerAt: number;
	readonly keyBlockAt: number;
	readonly limitsAt: number;
	readonly resumptionAt: number;
	/** Where the checksum stands. */
	readonly end: number;
}

/**
 * Writes a state as bytes: 77 for AES-CCM_8 with a Connection ID of 6 bytes one way and no `peer`.
 * @returns bytes of their own; whoever keeps them overwrites them when the session ends
 * @throws AssertionFailed when a part has an impossible size
 */
export function encodeState(state: SessionState): Uint8Array {
	const { keyBlock, ownCid, peerCid, peer, resumption, sealedBytes, openedBytes } = state;
	const suite = suiteById(state.suite);
	assert(suite !== undefined && keyBlock.length === keyBlockBytes(suite), "dtls: no key block of this suite");
	assert(ownCid.length < 256 && peerCid.length < 256, "dtls: a Connection ID of more than 255 bytes");
	assert(peer.length <= peerMaxBytes && resumption.length <= resumptionMaxBytes, "dtls: too large for a state");
	const hasLimits = sealedBytes !== recordPlaintextMaxBytes || openedBytes !== recordPlaintextMaxBytes;
	const hasResumption = resumption.length > 0;
	const sizes = ownCid.length + peerCid.length + peer.length + 3 + keyBlock.length;
	const optional = (hasLimits ? 4 : 0) + (hasResumption ? 2 + resumption.length : 0);
	const bytes = new Uint8Array(fixedBytes + sizes + optional + checksumBytes);
	bytes[0] = version;
	bytes[1] =
		(state.role === "server" ? flagServer : 0) |
		(state.encryptThenMac ? flagEncryptThenMac : 0) |
		(state.extendedMasterSecret ? flagExtendedMasterSecret : 0) |
		(hasLimits ? flagLimits : 0) |
		(hasResumption ? flagResumption : 0);
	write16(state.suite, bytes, 2);
	let at = writeSized(ownCid, bytes, fixedBytes);
	at = writeSized(peerCid, bytes, at);
	at = writeSized(peer, bytes, at);
	bytes.set(keyBlock, at);
	at += keyBlock.length;
	if (hasLimits) {
		write16(sealedBytes, bytes, at);
		write16(openedBytes, bytes, at + 2);
		at += 4;
	}
	if (hasResumption) {
		write16(resumption.length, bytes, at);
		bytes.set(resumption, at + 2);
	}
	updateState(bytes, state.sequence, state.received);
	return bytes;
}

/** Writes another sequence number and window into a state, in place. */
export function updateState(bytes: Uint8Array, sequence: number, received: ReplayWindow): void {
	const { highest, recentBits, olderBits } = received;
	writeSequence(sequence, bytes, sequenceAt);
	bytes[1] = highest < 0 ? bytes[1]! & ~flagReceived : bytes[1]! | flagReceived;
	writeSequence(Math.max(0, highest), bytes, windowAt);
	write32(recentBits, bytes, windowAt + 6);
	write32(olderBits, bytes, windowAt + 10);
	seal(bytes);
}

/** The sequence number of a state that decodeState() takes. */
export function stateSequence(bytes: Uint8Array): number {
	return readSequence(bytes, sequenceAt);
}

/** The highest number of the peer's that a state refuses; -1: none. */
export function stateReceived(bytes: Uint8Array): number {
	return (bytes[1]! & flagReceived) !== 0 ? readSequence(bytes, windowAt) : -1;
}

/** What is the same in all states of one session, as a view of `bytes`. */
export function sessionOf(bytes: Uint8Array): Uint8Array {
	return bytes.subarray(fixedBytes, bytes.length - checksumBytes);
}

/**
 * A copy of a state that is further on, for a second home that is written less often: see README, "Session state".
 * @param sealed how much further its own sequence numbers begin
 * @param opened how many of the peer's numbers beyond the highest received it refuses, and all below them
 */
export function furtherState(bytes: Uint8Array, sealed: number, opened: number): Uint8Array {
	const further = bytes.slice();
	const received = new ReplayWindow();
	received.refuseUpTo(Math.min(sequenceMax, stateReceived(bytes) + opened));
	updateState(further, Math.min(sequenceMax, stateSequence(bytes) + sealed), received);
	return further;
}

/**
 * Reads what encodeState() wrote, all of `bytes`.
 * @param bytes from retained RAM or flash, and so perhaps torn, of an older version, or anything
 * @returns the state in bytes of its own, or the Fault. Never throws
 */
export function decodeState(bytes: Uint8Array): SessionState | Fault {
	if (bytes.length < fixedBytes + 3 + checksumBytes || bytes.length > sessionStateMaxBytes) return truncated;
	if (bytes[0] !== version) return versionUnknown;
	const bodyEnd = bytes.length - checksumBytes;
	if (crc32(bytes, bodyEnd) !== read32(bytes, bodyEnd)) return checksumWrong;
	const flags = bytes[1]!;
	const layout = readLayout(bytes, flags);
	if (layout === undefined || (flags & ~flagsKnown) !== 0) return malformed;
	const { ownCidAt, peerCidAt, peerAt, keyBlockAt, limitsAt, resumptionAt, end } = layout;
	const received = new ReplayWindow();
	if ((flags & flagReceived) !== 0) received.highest = readSequence(bytes, windowAt);
	received.recentBits = read32(bytes, windowAt + 6);
	received.olderBits = read32(bytes, windowAt + 10);
	const hasLimits = (flags & flagLimits) !== 0;
	const sealedBytes = hasLimits ? read16(bytes, limitsAt) : recordPlaintextMaxBytes;
	const openedBytes = hasLimits ? read16(bytes, limitsAt + 2) : recordPlaintextMaxBytes;
	if (!isLimit(sealedBytes) || !isLimit(openedBytes)) return malformed;
	return {
		role: (flags & flagServer) !== 0 ? "server" : "client",
		suite: read16(bytes, 2),
		encryptThenMac: (flags & flagEncryptThenMac) !== 0,
		extendedMasterSecret: (flags & flagExtendedMasterSecret) !== 0,
		keyBlock: bytes.slice(keyBlockAt, limitsAt),
		ownCid: bytes.slice(ownCidAt, peerCidAt - 1),
		peerCid: bytes.slice(peerCidAt, peerAt - 1),
		peer: bytes.slice(peerAt, keyBlockAt),
		sequence: stateSequence(bytes),
		received,
		sealedBytes,
		openedBytes,
		resumption: bytes.slice(resumptionAt, end),
	};
}

/** @returns undefined unless the parts fill the bytes exactly */
function readLayout(bytes: Uint8Array, flags: number): Layout | undefined {
	const end = bytes.length - checksumBytes;
	const suite = suiteById(read16(bytes, 2));
	if (suite === undefined) return undefined;
	const ownCidAt = fixedBytes + 1;
	const peerCidAt = ownCidAt + bytes[ownCidAt - 1]! + 1;
	if (peerCidAt > end) return undefined;
	const peerAt = peerCidAt + bytes[peerCidAt - 1]! + 1;
	if (peerAt > end || bytes[peerAt - 1]! > peerMaxBytes) return undefined;
	const keyBlockAt = peerAt + bytes[peerAt - 1]!;
	const limitsAt = keyBlockAt + keyBlockBytes(suite);
	let resumptionAt = limitsAt + ((flags & flagLimits) !== 0 ? 4 : 0);
	let size = 0;
	if ((flags & flagResumption) !== 0) {
		resumptionAt += 2;
		if (resumptionAt > end) return undefined;
		size = read16(bytes, resumptionAt - 2);
		if (size === 0 || size > resumptionMaxBytes) return undefined;
	}
	if (resumptionAt + size !== end) return undefined;
	return { ownCidAt, peerCidAt, peerAt, keyBlockAt, limitsAt, resumptionAt, end };
}

function isLimit(size: number): boolean {
	return size >= plaintextMinBytes && size <= recordPlaintextMaxBytes;
}

function seal(bytes: Uint8Array): void {
	const end = bytes.length - checksumBytes;
	write32(crc32(bytes, end), bytes, end);
}

function writeSized(part: Uint8Array, bytes: Uint8Array, at: number): number {
	bytes[at] = part.length;
	bytes.set(part, at + 1);
	return at + 1 + part.length;
}

function read16(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!;
}

function write16(value: number, bytes: Uint8Array, at: number): void {
	bytes[at] = value >> 8;
	bytes[at + 1] = value;
}

function read32(bytes: Uint8Array, at: number): number {
	return (read16(bytes, at) << 16) | read16(bytes, at + 2);
}

function write32(value: number, bytes: Uint8Array, at: number): void {
	write16(value >>> 16, bytes, at);
	write16(value, bytes, at + 2);
}

/** CRC-32 (ISO-HDLC: reflected 0x04c11db7) of four bits at a time. */
const crcSteps = frozen([
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
	0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** @returns the CRC-32 of bytes[0 .. end) as an int32 */
function crc32(bytes: Uint8Array, end: number): number {
	let crc = -1;
	for (let at = 0; at < end; at++) {
		crc ^= bytes[at]!;
		crc = (crc >>> 4) ^ crcSteps[crc & 15]!;
		crc = (crc >>> 4) ^ crcSteps[crc & 15]!;
	}
	return ~crc;
}
