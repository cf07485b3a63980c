import { NO_BYTES } from "../bytes.ts";
import { Code } from "./code.ts";

/*
 * Bodies that are never whole in memory: a producer makes one block after the other as it goes out, a consumer takes
 * each as it comes in. A body in one Uint8Array is a producer and a consumer like any other.
 */

/** Makes a body as it goes out (RFC 7959). The caller's, unchanged in content until the transfer has ended. */
export interface BodySource {
	/** Size of the whole body, told to the other endpoint as Size1 or Size2; absent when it is not known beforehand. */
	readonly sizeBytes?: number;
	/**
	 * Tells this content from any other at the same place, 1 to 8 bytes (RFC 7252 §5.10.6). Goes out with a response;
	 * without it the other endpoint can not see that the body changed on the way.
	 */
	readonly eTag?: Uint8Array;
	/**
	 * Copies the body from `offset` on to into[at .. end), all of it that there is. Offsets ascend but for a block
	 * that is wanted again.
	 * @returns how many bytes; fewer than asked for only at the body's end, -1 when they can not be had: that ends the
	 *   transfer, with "refused" or 5.00. Must not throw, nor call the peer
	 */
	read(offset: number, into: Uint8Array, at: number, end: number): number;
}

/** Takes a body as it comes in, front to back, every byte once per beginning. Must not throw, nor call the peer. */
export interface BodySink {
	/**
	 * The body begins, or begins again because it changed on the way.
	 * @param offset where: 0, or where a resumed download goes on
	 * @param sizeBytes what the sender announced for the whole, or undefined
	 * @param eTag of a response's body, the sink's to keep: what a later resume needs; undefined when there is none
	 * @returns undefined, or the response code that refuses it (RFC 7252 §12.1.2)
	 */
	begin(offset: number, sizeBytes: number | undefined, eTag: Uint8Array | undefined): number | undefined;
	/**
	 * The body's next bytes, bytes[at .. end), which start at `offset`.
	 * @param bytes the datagram: copy what is to stay
	 * @returns undefined, or the response code that refuses the body; then nothing more comes
	 */
	write(offset: number, bytes: Uint8Array, at: number, end: number): number | undefined;
	/** A request's body did not come to its end: nobody continued it, or its place was taken. Nothing more comes. */
	abandoned?(): void;
}

/** Where a download by GET goes on that was cut off before. */
export interface Resume {
	/** How much is there: a multiple of 16, of the block size or of what the server used before. */
	readonly offset: number;
	/** The ETag the sink was told at its begin(). With another one the body begins again at 0. */
	readonly eTag: Uint8Array;
}

/** What a message carries or announces of a body: `source` counts before `payload`. */
export interface Content {
	readonly payload?: Uint8Array;
	readonly source?: BodySource;
}

/** Cuts bodies that go out into blocks. Keeps one block of a producer, and none of a body that is in memory. */
export class BlockCutter {
	/** The block cut last: bytes[at .. end). */
	bytes: Uint8Array = NO_BYTES;
	at = 0;
	end = 0;
	/** Whether the body goes on behind it. */
	hasMore = false;
	#scratch = NO_BYTES;

	/** Cuts `sizeBytes` at `offset`, or what is left. @returns false when the producer has failed */
	cut(content: Content, offset: number, sizeBytes: number): boolean {
		const { source, payload = NO_BYTES } = content;
		if (source === undefined) {
			this.bytes = payload;
			this.at = Math.min(offset, payload.length);
			this.end = Math.min(offset + sizeBytes, payload.length);
			this.hasMore = this.end < payload.length;
			return true;
		}
		// one byte more says whether there is a further block
		if (this.#scratch.length <= sizeBytes) this.#scratch = new Uint8Array(sizeBytes + 1);
		const count = source.read(offset, this.#scratch, 0, sizeBytes + 1);
		this.bytes = this.#scratch;
		this.at = 0;
		this.end = Math.max(0, Math.min(count, sizeBytes));
		this.hasMore = count > sizeBytes;
		return count >= 0;
	}

	get size(): number {
		return this.end - this.at;
	}
}

/** The whole body's size, where it is known. */
export function bodySize(content: Content): number | undefined {
	return content.source === undefined ? content.payload?.length : content.source.sizeBytes;
}

/** A consumer that puts the body together in one buffer, which doubles as needed and never passes its limit. */
export class Body implements BodySink {
	length = 0;
	#bytes = NO_BYTES;
	readonly #limitBytes: number;

	/** @param limitBytes the largest body we take; a larger one is refused with 4.13 */
	constructor(limitBytes: number) {
		this.#limitBytes = limitBytes;
	}

	begin(_offset: number, sizeBytes = 0): number | undefined {
		if (sizeBytes > this.#limitBytes) return Code.requestEntityTooLarge;
		this.#bytes = new Uint8Array(Math.min(Math.max(sizeBytes, 64), this.#limitBytes));
		this.length = 0;
		return undefined;
	}

	write(offset: number, bytes: Uint8Array, at: number, end: number): number | undefined {
		const length = offset + end - at;
		if (length > this.#limitBytes) return Code.requestEntityTooLarge;
		if (length > this.#bytes.length) {
			const larger = new Uint8Array(Math.min(Math.max(length, this.#bytes.length * 2), this.#limitBytes));
			larger.set(this.#bytes);
			this.#bytes = larger;
		}
		let to = offset;
		for (let index = at; index < end; index++) this.#bytes[to++] = bytes[index]!;
		this.length = length;
		return undefined;
	}

	/** The whole body. The buffer is handed over: write no more. */
	whole(): Uint8Array {
		return this.#bytes.length === this.length ? this.#bytes : this.#bytes.subarray(0, this.length);
	}
}
