import { frameMaxBytes, lineBytesOf, writeFrame } from "./frames.ts";

/** How much may wait for the line: three full datagrams, escaped as bytes of chance are. */
const roomBytes = 4096;

/** Frames on their way to a line that takes a few bytes at a time. What has no room is dropped, and counted. */
export class Outbox {
	dropped = 0;
	private readonly ring = new Uint8Array(roomBytes);
	private readonly line = new Uint8Array(lineBytesOf(frameMaxBytes));
	private first = 0;
	private count = 0;

	/** @returns whether there was room for all of it */
	add(frame: Uint8Array, size: number): boolean {
		const bytes = writeFrame(frame, size, this.line);
		if (bytes > roomBytes - this.count) {
			this.dropped++;
			return false;
		}
		for (let index = 0; index < bytes; index++) {
			this.ring[(this.first + this.count + index) % roomBytes] = this.line[index]!;
		}
		this.count += bytes;
		return true;
	}

	get isEmpty(): boolean {
		return this.count === 0;
	}

	/** Takes up to `most` bytes out. @returns bytes of their own */
	take(most: number): Uint8Array {
		const bytes = new Uint8Array(Math.min(most, this.count));
		for (let index = 0; index < bytes.length; index++) bytes[index] = this.ring[(this.first + index) % roomBytes]!;
		this.first = (this.first + bytes.length) % roomBytes;
		this.count -= bytes.length;
		return bytes;
	}

	clear(): void {
		this.first = this.count = 0;
	}
}
