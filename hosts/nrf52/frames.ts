import { frozen } from "../../modules/frozen.ts";
import { crc32 } from "../../modules/settings/crc32.ts";

/** What a frame is about (FRAMES.md): the device's have bit 7 clear, the modem's have it set. */
export const frameType = frozen({
	hello: 0x01,
	open: 0x02,
	close: 0x03,
	send: 0x04,
	resolve: 0x05,
	ready: 0x81,
	opened: 0x82,
	received: 0x84,
	resolved: 0x85,
	unreachable: 0x86,
	network: 0x87,
});

/** The version of FRAMES.md that is spoken here. */
export const frameVersion = 1;
/** A frame without its sum and before SLIP: an IPv6 datagram of 1280 bytes, whose headers need no room, and ours. */
export const frameMaxBytes = 1312;
const sumBytes = 4;

const slip = frozen({ end: 0xc0, escape: 0xdb, escapedEnd: 0xdc, escapedEscape: 0xdd });

/** The most that writeFrame() writes for a frame of that size. */
export const lineBytesOf = (size: number): number => 2 + 2 * (size + sumBytes);

/**
 * Writes a frame as it goes over the line: SLIP (RFC 1055) of the frame and its CRC-32, an END on both sides.
 * @param frame its first `size` bytes
 * @returns how many bytes of `into` it took, which needs room for lineBytesOf(size)
 */
export function writeFrame(frame: Uint8Array, size: number, into: Uint8Array): number {
	const sum = crc32(frame, 0, size, 0) >>> 0;
	let at = 0;
	into[at++] = slip.end;
	for (let index = 0; index < size + sumBytes; index++) {
		const byte = index < size ? frame[index]! : (sum >>> (24 - 8 * (index - size))) & 0xff;
		if (byte === slip.end) {
			into[at++] = slip.escape;
			into[at++] = slip.escapedEnd;
		} else if (byte === slip.escape) {
			into[at++] = slip.escape;
			into[at++] = slip.escapedEscape;
		} else into[at++] = byte;
	}
	into[at++] = slip.end;
	return at;
}

/** Takes bytes off the line and hands out whole frames whose sum is right; all else is noise, and counted. */
export class FrameReader {
	/** Frames that were torn, too long, or had a wrong sum. */
	broken = 0;
	private readonly buffer = new Uint8Array(frameMaxBytes + sumBytes);
	private readonly take: (frame: Uint8Array, size: number) => void;
	private size = 0;
	private isEscaped = false;
	private isBroken = false;

	/** @param take gets the buffer of this reader, with `size` bytes of a frame in front: valid until it returns */
	constructor(take: (frame: Uint8Array, size: number) => void) {
		this.take = take;
	}

	push(bytes: Uint8Array): void {
		for (let index = 0; index < bytes.length; index++) this.pushByte(bytes[index]!);
	}

	private pushByte(byte: number): void {
		if (byte === slip.end) {
			this.endFrame();
			return;
		}
		if (this.isEscaped) {
			this.isEscaped = false;
			if (byte === slip.escapedEnd) this.append(slip.end);
			else if (byte === slip.escapedEscape) this.append(slip.escape);
			else this.isBroken = true;
		} else if (byte === slip.escape) this.isEscaped = true;
		else this.append(byte);
	}

	private append(byte: number): void {
		if (this.size < this.buffer.length) this.buffer[this.size++] = byte;
		else this.isBroken = true;
	}

	private endFrame(): void {
		const { size, isBroken, isEscaped, buffer } = this;
		this.size = 0;
		this.isBroken = this.isEscaped = false;
		if (size === 0 && !isBroken) return; // two frames with an END each
		const end = size - sumBytes;
		if (isBroken || isEscaped || end < 1 || crc32(buffer, 0, end, 0) >>> 0 !== sumAt(buffer, end)) {
			this.broken++;
			return;
		}
		this.take(buffer, end);
	}
}

function sumAt(bytes: Uint8Array, at: number): number {
	return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
