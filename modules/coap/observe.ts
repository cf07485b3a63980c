import { bufferOf, equalBytes, noBytes } from "../bytes.ts";
import type { Sender, Sending, Transmission } from "./message-layer.ts";
import { NONE } from "./operation.ts";
import type { Subject } from "./same-resource.ts";

/** How much later than the one before a notification is fresh whatever its number says (RFC 7641 §3.4). */
export const freshAnywayMs = 128_000;

/**
 * Whether a notification is newer than the one seen before: 24-bit serial number arithmetic, or much later (RFC
 * 7641 §3.4).
 * @param sequence, seen Observe values of the new and the old one
 */
export function isFresher(sequence: number, nowMs: number, seen: number, seenMs: number): boolean {
	const ahead = (sequence - seen) & 0xffffff;
	return (ahead !== 0 && ahead < 0x800000) || nowMs - seenMs > freshAnywayMs;
}

/** Who keeps the observers. */
export interface ObserverOwner {
	heard(observer: Observer, what: Sending, nowMs: number): void;
}

/** An observation of theirs (RFC 7641 §4.1), and its notification under way. */
export class Observer implements Sender, Subject {
	readonly token: Uint8Array;
	/** What is observed, to serve further blocks of a notification: method, and options; 0 where it is unknown. */
	code = 0;
	private options: ArrayBufferLike | undefined;
	/** The block size that it asked for, as the value of a Block2 option for the first block (RFC 7959 §2.6). */
	block2 = NONE;
	/** Of the last Non-confirmable notification, to know a Reset for it. */
	messageId = NONE;
	isUnderWay = false;
	/** When the other endpoint last said that it wants the notifications. */
	confirmedMs = NONE;
	/** The notification to follow the one under way. */
	newer: Transmission | undefined;
	private readonly owner: ObserverOwner;

	constructor(owner: ObserverOwner, token: Uint8Array) {
		this.owner = owner;
		this.token = token;
	}

	get optionBytes(): Uint8Array {
		return this.options === undefined ? noBytes : new Uint8Array(this.options);
	}

	/** @param subject of which `optionBytes` is the observer's from here on; undefined after a restart */
	about(subject: Subject | undefined): void {
		this.code = subject?.code ?? 0;
		this.options = subject && bufferOf(subject.optionBytes);
	}

	heard(what: Sending, nowMs: number): void {
		if (what !== "started") this.owner.heard(this, what, nowMs);
	}

	takeNewer(): Transmission | undefined {
		const { newer } = this;
		this.newer = undefined;
		return newer;
	}
}

/** The observers of one peer, told apart by token; at most `max`. */
export class Observers {
	private readonly owner: ObserverOwner;
	private readonly max: number;
	private list: Observer[] = [];

	constructor(owner: ObserverOwner, max: number) {
		this.owner = owner;
		this.max = max;
	}

	/**
	 * Adds an observer; a token that is known already gets the new subject. @returns undefined when all places are
	 * taken
	 */
	add(token: Uint8Array, subject: Subject | undefined): Observer | undefined {
		let observer = this.find(token);
		if (observer === undefined && this.list.length < this.max) {
			observer = new Observer(this.owner, token);
			this.list.push(observer);
		}
		observer?.about(subject);
		return observer;
	}

	find(token: Uint8Array): Observer | undefined {
		for (let index = 0; index < this.list.length; index++) {
			if (equalBytes(this.list[index]!.token, token)) return this.list[index];
		}
		return undefined;
	}

	findByMessageId(messageId: number): Observer | undefined {
		for (let index = 0; index < this.list.length; index++) {
			if (this.list[index]!.messageId === messageId) return this.list[index];
		}
		return undefined;
	}

	remove(token: Uint8Array): Observer | undefined {
		const observer = this.find(token);
		if (observer !== undefined) this.list.splice(this.list.indexOf(observer), 1);
		return observer;
	}

	clear(): void {
		this.list = [];
	}

	get size(): number {
		return this.list.length;
	}
}
