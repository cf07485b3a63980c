import { Code } from "../coap/code.ts";
import type { BodySink } from "../coap/stream.ts";
import { HostFailure, type Slots } from "../host.ts";
import { UpdateResult } from "./update-table.ts";

/** Where packages go: the other slot of `Slots`, or a partition for software that works like it. */
export type PackageStore = Pick<Slots, "sizeBytes" | "sectorBytes" | "writeBytes" | "erase" | "write" | "read">;

/** What of a package must be there before it is looked at: enough for the header of any image. */
const headBytes = 1024;
/** The longest sector whose beginning is kept in RAM when a download goes on in its middle. */
const sectorBytesKept = 4096;

export interface WriterListener {
	/** A body begins, maybe for the second time. */
	begins(offset: number): void;
	/** `flushed` and what is known of the body stand in the store: time to note it. */
	flushed(): void;
	/** It is refused, for this Update Result. */
	refused(result: number, why: string): void;
	/** Whether what begins like this is a package at all. */
	isPackage(): boolean;
	/** Whether there is RAM for it. */
	hasRoom(sizeBytes: number | undefined): boolean;
}

/**
 * Takes a package block by block into flash: erases one sector after the other as it comes to it, and holds no more
 * than what is missing to the next unit of a write.
 */
export class SlotWriter implements BodySink {
	/** How much of the package stands in flash, whole units. */
	flushedBytes = 0;
	/** What the sender announced, and its ETag. */
	sizeBytes: number | undefined;
	eTag: Uint8Array | undefined;
	private readonly store: PackageStore;
	private readonly listener: WriterListener;
	private readonly rest: Uint8Array;
	private restBytes = 0;
	private erasedBytes = 0;
	private isKnown = false;

	constructor(store: PackageStore, listener: WriterListener) {
		this.store = store;
		this.listener = listener;
		this.rest = new Uint8Array(store.writeBytes);
	}

	/** Bytes taken, those that wait for their unit with them. */
	get takenBytes(): number {
		return this.flushedBytes + this.restBytes;
	}

	/** Forgets the package. */
	clear(): void {
		this.start(0);
		this.sizeBytes = this.eTag = undefined;
	}

	/** What is in the store is no package any more: the device should remove what it does not need (Resource 3). */
	remove(): void {
		try {
			this.store.erase(0, this.store.sectorBytes);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error; // it stays, and nobody looks at it before another one comes
		}
	}

	begin(offset: number, sizeBytes: number | undefined, eTag: Uint8Array | undefined): number | undefined {
		if (offset === 0) this.start(0);
		if (offset !== this.takenBytes) return Code.requestEntityIncomplete;
		this.sizeBytes = sizeBytes ?? this.sizeBytes;
		this.eTag = eTag;
		this.listener.begins(offset);
		if (!this.listener.hasRoom(sizeBytes)) return this.refuse(UpdateResult.noRam, "noRam");
		return (sizeBytes ?? 0) > this.store.sizeBytes ? this.refuse(UpdateResult.noFlash, "size") : undefined;
	}

	write(offset: number, bytes: Uint8Array, at: number, end: number): number | undefined {
		if (offset !== this.takenBytes) return Code.requestEntityIncomplete; // it was cleared meanwhile
		if (offset + end - at > this.store.sizeBytes) return this.refuse(UpdateResult.noFlash, "size");
		try {
			this.append(bytes, at, end);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			return this.refuse(UpdateResult.failed, "flash", Code.internalServerError);
		}
		if (this.isKnown || this.flushedBytes < headBytes) return undefined;
		this.isKnown = true;
		if (this.listener.isPackage()) return undefined;
		return this.refuse(UpdateResult.packageType, "type", Code.unsupportedContentFormat);
	}

	/** The package is whole: what waits for its unit is written, filled up. @throws HostFailure */
	finish(): void {
		if (this.restBytes === 0) return;
		this.rest.fill(0xff, this.restBytes);
		this.restBytes = 0;
		this.put(this.rest);
	}

	/**
	 * Gets ready to go on after a reset. What a cut write may have left behind `offset` is erased: the beginning of its
	 * sector is kept in RAM meanwhile, or where that is too long, fetched again.
	 * @param note is told how far the package stands before and after
	 * @returns where to go on. @throws HostFailure
	 */
	resume(offset: number, sizeBytes: number | undefined, eTag: Uint8Array, note: (offset: number) => void): number {
		const { store } = this;
		const start = offset - (offset % store.sectorBytes);
		this.start(start);
		this.sizeBytes = sizeBytes;
		this.eTag = eTag;
		this.isKnown = start >= headBytes;
		if (start === offset) return offset;
		note(start);
		if (offset - start > sectorBytesKept) return start;
		const kept = new Uint8Array(offset - start);
		store.read(start, kept);
		this.put(kept);
		note(offset);
		return offset;
	}

	/** What is before `offset` stands, what is behind is to be erased. */
	private start(offset: number): void {
		this.flushedBytes = this.erasedBytes = offset;
		this.restBytes = 0;
		this.isKnown = false;
	}

	private append(bytes: Uint8Array, from: number, end: number): void {
		const unit = this.rest.length;
		let at = from;
		while (this.restBytes > 0 && at < end) {
			this.rest[this.restBytes++] = bytes[at++]!;
			if (this.restBytes < unit) continue;
			this.restBytes = 0;
			this.put(this.rest);
		}
		const whole = end - ((end - at) % unit);
		if (whole > at) this.put(bytes.subarray(at, whole));
		for (at = Math.max(at, whole); at < end; at++) this.rest[this.restBytes++] = bytes[at]!;
		this.listener.flushed();
	}

	private put(bytes: Uint8Array): void {
		const { store } = this;
		for (const end = this.flushedBytes + bytes.length; this.erasedBytes < end; this.erasedBytes += store.sectorBytes) {
			store.erase(this.erasedBytes, store.sectorBytes);
		}
		store.write(this.flushedBytes, bytes);
		this.flushedBytes += bytes.length;
	}

	private refuse(result: number, why: string, code: number = Code.requestEntityTooLarge): number {
		this.listener.refused(result, why);
		return code;
	}
}
