import type { BodySink, BodySource } from "../../../modules/coap/stream.ts";
import { equal, ok } from "../../harness.ts";

/** What stands at `offset` of the body number `id`: nothing repeats within a block or between two. */
export function byteAt(id: number, offset: number): number {
	return (Math.imul(offset + 1, 0x9e3779b1) ^ Math.imul(id + 1, 0x85ebca6b)) >>> 24;
}

export function bytesOfBody(id: number, at: number, end: number): Uint8Array {
	const bytes = new Uint8Array(end - at);
	for (let index = at; index < end; index++) bytes[index - at] = byteAt(id, index);
	return bytes;
}

/** Makes the body number `id`, and never holds any of it. */
export class Maker implements BodySource {
	readonly sizeBytes?: number;
	readonly eTag?: Uint8Array;
	reads = 0;
	/** Reads from here on fail. */
	failsAt = Number.POSITIVE_INFINITY;
	readonly #id: number;
	readonly #size: number;

	constructor(id: number, size: number, options: { sizeBytes?: number; eTag?: Uint8Array } = {}) {
		this.#id = id;
		this.#size = size;
		if (options.sizeBytes !== undefined) this.sizeBytes = options.sizeBytes;
		if (options.eTag !== undefined) this.eTag = options.eTag;
	}

	read(offset: number, into: Uint8Array, at: number, end: number): number {
		this.reads += 1;
		if (offset >= this.failsAt) return -1;
		const count = Math.max(0, Math.min(end - at, this.#size - offset));
		for (let index = 0; index < count; index++) into[at + index] = byteAt(this.#id, offset + index);
		return count;
	}
}

/** Checks that the body number `id` comes, front to back, and keeps nothing but counts. */
export class Checker implements BodySink {
	received = 0;
	largestWrite = 0;
	begins: string[] = [];
	isAbandoned = false;
	eTag: Uint8Array | undefined;
	/** What write() says from this offset on. */
	refusal: { from: number; code: number } | undefined;
	id: number;

	constructor(id: number) {
		this.id = id;
	}

	begin(offset: number, sizeBytes: number | undefined, eTag: Uint8Array | undefined): number | undefined {
		this.begins.push(sizeBytes === undefined ? `${offset}` : `${offset}/${sizeBytes}`);
		this.received = offset;
		this.eTag = eTag;
		return this.refusal?.from === -1 ? this.refusal.code : undefined;
	}

	write(offset: number, bytes: Uint8Array, at: number, end: number): number | undefined {
		equal(offset, this.received, "front to back");
		ok(!this.isAbandoned, "after abandoned()");
		for (let index = at; index < end; index++) {
			if (bytes[index] !== byteAt(this.id, offset + index - at))
				throw new Error(`wrong byte at ${offset + index - at}`);
		}
		this.received += end - at;
		this.largestWrite = Math.max(this.largestWrite, end - at);
		return this.refusal !== undefined && offset >= this.refusal.from ? this.refusal.code : undefined;
	}

	abandoned(): void {
		this.isAbandoned = true;
	}
}
