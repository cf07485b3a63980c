import { bufferOf } from "../bytes.ts";
import type { Limits } from "./tuning.ts";

/** What Responder needs to know of duplicates; where there are none, there is always room. */
export interface Memory {
	hasRoom(nowMs: number): boolean;
	readonly roomAtMs: number;
	remember(messageId: number, essential: boolean, nowMs: number, expiryMs: number): boolean;
	answered(messageId: number, reply: Uint8Array, nowMs: number): void;
}

/** A message that must not be executed twice, as it outlives a reset. */
export interface KeptMessage {
	readonly messageId: number;
	readonly expiresInMs: number;
	/** What was answered, where that is kept. */
	readonly reply: Uint8Array | undefined;
}

/** Beside a Message ID: a duplicate must not be executed. */
const essentialBit = 0x10000;

/**
 * The Message IDs the other endpoint used lately, and what we answered (RFC 7252 §4.5): a duplicate gets the same
 * answer again and is not executed again. Bounded in entries and in bytes; parallel typed arrays, because an entry
 * as an object takes ten times as much.
 *
 * When all entries are taken, an essential one (a request that must not be executed twice) is never given up before
 * its lifetime ends: the oldest other one goes, and where there is none, remember() says no.
 */
export class Deduplication implements Memory {
	/** With `essential` above where executing the message twice would do harm. */
	private readonly messageIds: Uint32Array;
	/** Until when an entry counts; 0 is a free one. */
	private readonly expiryMs: Float64Array;
	/** Grows to as many as there are Message IDs. Of each its buffer alone: a view takes four slots more. */
	private readonly replies: (ArrayBufferLike | undefined)[] = [];
	private keptBytes = 0;
	private readonly replyBytesMax: number;
	/** Counts essential messages: another number, another one was heard. Set here alone. */
	essentials = 0;

	constructor(limits: Limits) {
		this.messageIds = new Uint32Array(limits.remembered);
		this.expiryMs = new Float64Array(limits.remembered);
		this.replyBytesMax = limits.replyBytes;
	}

	/** Whether a message with this Message ID was remembered and its lifetime has not ended. */
	knows(messageId: number, nowMs: number): boolean {
		return this.find(messageId, nowMs) >= 0;
	}

	/**
	 * What a duplicate gets: bytes to send again, or undefined for nothing (not answered yet, or answered without a
	 * reply kept).
	 */
	reply(messageId: number, nowMs: number): Uint8Array | undefined {
		const index = this.find(messageId, nowMs);
		const reply = index < 0 ? undefined : this.replies[index];
		return reply && new Uint8Array(reply);
	}

	/** Whether an essential message could be remembered now. */
	hasRoom(nowMs: number): boolean {
		return this.victim(nowMs) >= 0;
	}

	/** When the first essential entry ends, on the nowMs scale: the time to come back when there is no room. */
	get roomAtMs(): number {
		let atMs = Number.POSITIVE_INFINITY;
		for (let index = 0; index < this.expiryMs.length; index++) atMs = Math.min(atMs, this.expiryMs[index]!);
		return atMs;
	}

	/**
	 * Remembers a Message ID until `expiryMs`.
	 * @param essential executing it twice would do harm
	 * @returns false when there was no room; then a duplicate will pass for new
	 */
	remember(messageId: number, essential: boolean, nowMs: number, expiryMs: number): boolean {
		const index = this.victim(nowMs);
		if (index < 0) return false;
		this.keep(index, undefined);
		if (essential) this.essentials++;
		this.messageIds[index] = essential ? messageId + essentialBit : messageId;
		this.expiryMs[index] = expiryMs;
		return true;
	}

	/** Keeps what was answered. `reply` stays the peer's, unchanged. Unknown Message IDs are passed over. */
	answered(messageId: number, reply: Uint8Array, nowMs: number): void {
		const index = this.find(messageId, nowMs);
		if (index < 0) return;
		this.keep(index, undefined);
		while (this.keptBytes + reply.length > this.replyBytesMax) {
			const longest = this.oldestReply(index);
			if (longest < 0) break;
			this.free(longest);
		}
		this.keep(index, reply);
	}

	/** The essential ones, to be taken up by restore() in another life; others may be executed twice. */
	export(nowMs: number): KeptMessage[] {
		const kept: KeptMessage[] = [];
		for (let index = 0; index < this.messageIds.length; index++) {
			const expiryMs = this.expiryMs[index]!;
			if (!this.isEssential(index) || expiryMs <= nowMs) continue;
			const reply = this.replies[index];
			kept.push({
				messageId: this.messageIds[index]! & 0xffff,
				expiresInMs: expiryMs - nowMs,
				reply: reply && new Uint8Array(reply),
			});
		}
		return kept;
	}

	/** @param agoMs how long ago they were exported */
	restore(kept: readonly KeptMessage[], agoMs: number, nowMs: number): void {
		for (let index = 0; index < kept.length; index++) {
			const { messageId, expiresInMs, reply } = kept[index]!;
			const expiryMs = nowMs - agoMs + expiresInMs;
			if (expiryMs <= nowMs || !this.remember(messageId, true, nowMs, expiryMs)) continue;
			if (reply !== undefined) this.answered(messageId, reply, nowMs);
		}
	}

	/** Lets go of what has ended by now. */
	poll(nowMs: number): void {
		for (let index = 0; index < this.expiryMs.length; index++) {
			if (this.expiryMs[index]! !== 0 && this.expiryMs[index]! <= nowMs) this.forget(index);
		}
	}

	clear(): void {
		this.poll(Number.POSITIVE_INFINITY);
	}

	/** How many Message IDs are kept. */
	get size(): number {
		let size = 0;
		for (let index = 0; index < this.expiryMs.length; index++) if (this.expiryMs[index] !== 0) size += 1;
		return size;
	}

	/** Bytes of answers kept. */
	get replyBytes(): number {
		return this.keptBytes;
	}

	private find(messageId: number, nowMs: number): number {
		for (let index = 0; index < this.messageIds.length; index++) {
			if ((this.messageIds[index]! & 0xffff) === messageId && this.expiryMs[index]! > nowMs) return index;
		}
		return -1;
	}

	/**
	 * The entry to use next: a free or ended one, else the oldest that is not essential. @returns -1 when there is
	 * none
	 */
	private victim(nowMs: number): number {
		let oldest = -1;
		for (let index = 0; index < this.expiryMs.length; index++) {
			const expiryMs = this.expiryMs[index]!;
			if (expiryMs <= nowMs) return index;
			if (!this.isEssential(index) && (oldest < 0 || expiryMs < this.expiryMs[oldest]!)) oldest = index;
		}
		return oldest;
	}

	/** The entry whose reply goes when reply bytes are short: oldest first, the essential last. */
	private oldestReply(except: number): number {
		let found = -1;
		for (let index = 0; index < this.replies.length; index++) {
			if (index === except || this.replies[index] === undefined) continue;
			const isEssential = this.isEssential(index);
			const sooner =
				found < 0 || isEssential === this.isEssential(found)
					? found < 0 || this.expiryMs[index]! < this.expiryMs[found]!
					: !isEssential;
			if (sooner) found = index;
		}
		return found;
	}

	/** An essential entry stays without its reply: its duplicates are not executed, and get no answer. */
	private free(index: number): void {
		if (this.isEssential(index)) this.keep(index, undefined);
		else this.forget(index);
	}

	private forget(index: number): void {
		this.keep(index, undefined);
		this.expiryMs[index] = 0;
	}

	private isEssential(index: number): boolean {
		return this.messageIds[index]! >= essentialBit;
	}

	private keep(index: number, reply: Uint8Array | undefined): void {
		const before = this.replies[index];
		if (before === undefined && reply === undefined) return;
		this.keptBytes += (reply?.length ?? 0) - (before?.byteLength ?? 0);
		this.replies[index] = reply && bufferOf(reply);
	}
}
