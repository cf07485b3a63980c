import { bufferOf } from "../bytes.ts";
import type { Limits } from "./tuning.ts";

/** What Responder needs to know of duplicates; where there are none, there is always room. */
export interface Memory {
	hasRoom(nowMs: number): boolean;
	readonly roomAtMs: number;
	remember(messageId: number, essential: boolean, nowMs: number, expiryMs: number): boolean;
	answered(messageId: number, reply: Uint8Array, nowMs: number): void;
}

/**
 * The Message IDs the other endpoint used lately, and what we answered (RFC 7252 §4.5): a duplicate gets the same
 * answer again and is not executed again. Bounded in entries and in bytes; parallel typed arrays, because an entry
 * as an object takes ten times as much.
 *
 * When all entries are taken, an essential one (a request that must not be executed twice) is never given up before
 * its lifetime ends: the oldest other one goes, and where there is none, remember() says no.
 */
export class Deduplication implements Memory {
	readonly #messageIds: Uint16Array;
	/** Until when an entry counts; 0 is a free one. */
	readonly #expiryMs: Float64Array;
	readonly #essential: Uint8Array;
	readonly #replies: (ArrayBuffer | undefined)[];
	#replyBytes = 0;
	readonly #replyBytesMax: number;

	constructor(limits: Limits) {
		const { remembered } = limits;
		const { buffer } = new Uint8Array(11 * remembered); // one for all: each takes three slots
		this.#expiryMs = new Float64Array(buffer, 0, remembered);
		this.#messageIds = new Uint16Array(buffer, 8 * remembered, remembered);
		this.#essential = new Uint8Array(buffer, 10 * remembered, remembered);
		this.#replies = new Array(remembered).fill(undefined);
		this.#replyBytesMax = limits.replyBytes;
	}

	/** Whether a message with this Message ID was remembered and its lifetime has not ended. */
	knows(messageId: number, nowMs: number): boolean {
		return this.#find(messageId, nowMs) >= 0;
	}

	/**
	 * What a duplicate gets: bytes to send again, or undefined for nothing (not answered yet, or answered without a
	 * reply kept).
	 */
	reply(messageId: number, nowMs: number): Uint8Array | undefined {
		const index = this.#find(messageId, nowMs);
		const reply = index < 0 ? undefined : this.#replies[index];
		return reply && new Uint8Array(reply);
	}

	/** Whether an essential message could be remembered now. */
	hasRoom(nowMs: number): boolean {
		return this.#victim(nowMs) >= 0;
	}

	/** When the first essential entry ends, on the nowMs scale: the time to come back when there is no room. */
	get roomAtMs(): number {
		let atMs = Number.POSITIVE_INFINITY;
		for (let index = 0; index < this.#expiryMs.length; index++) atMs = Math.min(atMs, this.#expiryMs[index]!);
		return atMs;
	}

	/**
	 * Remembers a Message ID until `expiryMs`.
	 * @param essential executing it twice would do harm
	 * @returns false when there was no room; then a duplicate will pass for new
	 */
	remember(messageId: number, essential: boolean, nowMs: number, expiryMs: number): boolean {
		const index = this.#victim(nowMs);
		if (index < 0) return false;
		this.#keep(index, undefined);
		this.#messageIds[index] = messageId;
		this.#expiryMs[index] = expiryMs;
		this.#essential[index] = essential ? 1 : 0;
		return true;
	}

	/** Keeps what was answered. `reply` stays the peer's, unchanged. Unknown Message IDs are passed over. */
	answered(messageId: number, reply: Uint8Array, nowMs: number): void {
		const index = this.#find(messageId, nowMs);
		if (index < 0) return;
		this.#keep(index, undefined);
		while (this.#replyBytes + reply.length > this.#replyBytesMax) {
			const longest = this.#oldestReply(index);
			if (longest < 0) break;
			this.#free(longest);
		}
		this.#keep(index, bufferOf(reply));
	}

	/** Lets go of what has ended by now. */
	poll(nowMs: number): void {
		for (let index = 0; index < this.#expiryMs.length; index++) {
			if (this.#expiryMs[index]! !== 0 && this.#expiryMs[index]! <= nowMs) this.#forget(index);
		}
	}

	clear(): void {
		this.poll(Number.POSITIVE_INFINITY);
	}

	/** How many Message IDs are kept. */
	get size(): number {
		let size = 0;
		for (let index = 0; index < this.#expiryMs.length; index++) if (this.#expiryMs[index] !== 0) size += 1;
		return size;
	}

	/** Bytes of answers kept. */
	get replyBytes(): number {
		return this.#replyBytes;
	}

	#find(messageId: number, nowMs: number): number {
		for (let index = 0; index < this.#messageIds.length; index++) {
			if (this.#messageIds[index] === messageId && this.#expiryMs[index]! > nowMs) return index;
		}
		return -1;
	}

	/**
	 * The entry to use next: a free or ended one, else the oldest that is not essential. @returns -1 when there is
	 * none
	 */
	#victim(nowMs: number): number {
		let oldest = -1;
		for (let index = 0; index < this.#expiryMs.length; index++) {
			const expiryMs = this.#expiryMs[index]!;
			if (expiryMs <= nowMs) return index;
			if (this.#essential[index] === 0 && (oldest < 0 || expiryMs < this.#expiryMs[oldest]!)) oldest = index;
		}
		return oldest;
	}

	/** The entry whose reply goes when reply bytes are short: oldest first, the essential last. */
	#oldestReply(except: number): number {
		let found = -1;
		for (let index = 0; index < this.#replies.length; index++) {
			if (index === except || this.#replies[index] === undefined) continue;
			const sooner =
				found < 0 ||
				this.#essential[index]! < this.#essential[found]! ||
				(this.#essential[index] === this.#essential[found] && this.#expiryMs[index]! < this.#expiryMs[found]!);
			if (sooner) found = index;
		}
		return found;
	}

	/** An essential entry stays without its reply: its duplicates are not executed, and get no answer. */
	#free(index: number): void {
		if (this.#essential[index] === 1) this.#keep(index, undefined);
		else this.#forget(index);
	}

	#forget(index: number): void {
		this.#keep(index, undefined);
		this.#expiryMs[index] = 0;
	}

	#keep(index: number, reply: ArrayBuffer | undefined): void {
		this.#replyBytes += (reply?.byteLength ?? 0) - (this.#replies[index]?.byteLength ?? 0);
		this.#replies[index] = reply;
	}
}
