import { noBytes } from "../bytes.ts";
import type { Dice } from "../host.ts";
import { sizeExponent } from "./block.ts";
import { MessageType, MessageWriter } from "./message.ts";
import { Retransmission, type RtoEstimator } from "./retransmission.ts";
import type { Limits, Tuning } from "./tuning.ts";

/**
 * What becomes of a Confirmable message (RFC 7252 §4.2): its turn came, it got an Acknowledgement, a Reset, or
 * nothing at all.
 */
export type Sending = "started" | "acknowledged" | "rejected" | "unheard";

/** Who waits for a Confirmable message of ours. */
export interface Sender {
	heard(what: Sending, nowMs: number): void;
	/** A newer message to go out in place of the one that nobody acknowledged so far (RFC 7641 §4.5.2), taken once. */
	takeNewer?(): Transmission | undefined;
}

/** One Confirmable message of ours. */
export interface Transmission {
	bytes: Uint8Array;
	messageId: number;
	readonly sender: Sender | undefined;
	/** Absent while the message waits for its turn (NSTART). */
	retransmission?: Retransmission;
}

/**
 * What Requester and Responder need of the messages below them: MessageLayer's on UDP, TcpLayer's on a stream, where
 * all messages count as Non-confirmable ones that are never lost.
 */
export interface Layer {
	readonly writer: MessageWriter;
	/** Whether messages arrive in order, once, and always (RFC 8323 §3): no types, no Message IDs, no duplicates. */
	readonly isReliable: boolean;
	/** The size exponent of the largest block we send or ask for. */
	readonly exponent: number;
	/** How many bytes of a body one message of ours takes at this exponent. */
	blockBytes(exponent: number): number;
	takeMessageId(): number;
	/** @param observed of a notification, its token: one of the same that still waits makes way on a stream */
	post(bytes: Uint8Array, observed?: Uint8Array): void;
	postEmpty(type: number, messageId: number): Uint8Array;
	confirm(bytes: Uint8Array, messageId: number, sender: Sender | undefined, nowMs: number): void;
	drop(sender: Sender): void;
	startNext(nowMs: number): void;
}

/** The buffer to write messages in begins with as much, and grows: most messages are small. */
const firstBytes = 128;

/**
 * The message layer towards one endpoint (RFC 7252 §4): Message IDs, the outbox, retransmission, and NSTART with
 * its queue.
 */
export class MessageLayer implements Layer {
	/** Writes the next message; finish() copies it out. */
	readonly writer: MessageWriter;
	readonly isReliable = false;
	readonly exponent: number;
	private readonly dice: Dice;
	private readonly tuning: Tuning;
	private readonly outboxMax: number;
	private readonly rto: RtoEstimator | undefined;
	/** Of the next message. Set here, and for one that goes on after a sleep. */
	nextMessageId: number;
	/**
	 * In order of arrival; those with a retransmission are under way. Every sender has one at most, so the senders'
	 * limits bound it.
	 */
	private transmissions: Transmission[] = [];
	private outbox: Uint8Array[] = [];

	constructor(dice: Dice, tuning: Tuning, limits: Limits, rto?: RtoEstimator) {
		this.dice = dice;
		this.tuning = tuning;
		this.outboxMax = limits.outbox;
		this.rto = rto;
		this.exponent = sizeExponent(limits.blockSizeBytes);
		this.writer = new MessageWriter(new Uint8Array(firstBytes), limits.messageBytes);
		this.nextMessageId = dice.below(0x10000);
	}

	blockBytes(exponent: number): number {
		return 16 << exponent;
	}

	takeMessageId(): number {
		const messageId = this.nextMessageId;
		this.nextMessageId = (messageId + 1) & 0xffff;
		return messageId;
	}

	/**
	 * Hands `bytes` to the network, unchanged from now on. A full outbox loses its oldest datagram, as the network
	 * might.
	 */
	post(bytes: Uint8Array): void {
		if (this.outbox.length >= this.outboxMax) this.outbox.shift();
		this.outbox.push(bytes);
	}

	/** Posts an Empty message: an Acknowledgement or a Reset (RFC 7252 §4.1). @returns its bytes */
	postEmpty(type: number, messageId: number): Uint8Array {
		const bytes = this.writer.start(type, 0, messageId, noBytes).finish()!;
		this.post(bytes);
		return bytes;
	}

	/** Sends a Confirmable message when its turn comes. */
	confirm(bytes: Uint8Array, messageId: number, sender: Sender | undefined, nowMs: number): void {
		this.transmissions.push({ bytes, messageId, sender });
		this.startNext(nowMs);
	}

	/** Sends an Empty Confirmable message, which calls for a Reset (RFC 7252 §4.3). */
	confirmEmpty(sender: Sender, nowMs: number): void {
		const messageId = this.takeMessageId();
		const bytes = this.writer.start(MessageType.confirmable, 0, messageId, noBytes).finish()!;
		this.confirm(bytes, messageId, sender, nowMs);
	}

	takeDatagram(): Uint8Array | undefined {
		return this.outbox.shift();
	}

	/**
	 * Who sent the Confirmable message `messageId` that is under way; undefined when none is, or nobody waits for it.
	 */
	senderOf(messageId: number): Sender | undefined {
		return this.underWay(messageId)?.sender;
	}

	/** An Acknowledgement or a Reset came. @returns false when nothing with that Message ID is under way */
	settle(messageId: number, what: "acknowledged" | "rejected", nowMs: number): boolean {
		const transmission = this.underWay(messageId);
		if (transmission === undefined) return false;
		this.measure(transmission, nowMs);
		this.remove(transmission);
		transmission.sender?.heard(what, nowMs);
		this.startNext(nowMs);
		return true;
	}

	/** A piggybacked response, which acknowledges too: for the estimator. Its sender is told by whoever matched it. */
	acknowledged(messageId: number, nowMs: number): void {
		const transmission = this.underWay(messageId);
		if (transmission !== undefined) this.measure(transmission, nowMs);
	}

	/** Forgets what `sender` has under way or waiting. What waits behind it starts at startNext() or the next poll. */
	drop(sender: Sender): void {
		for (let index = this.transmissions.length - 1; index >= 0; index--) {
			if (this.transmissions[index]!.sender === sender) this.transmissions.splice(index, 1);
		}
	}

	poll(nowMs: number): void {
		this.startNext(nowMs);
		for (let index = 0; index < this.transmissions.length; ) {
			const transmission = this.transmissions[index]!;
			const due = transmission.retransmission?.poll(nowMs) ?? "wait";
			if (due === "giveUp") {
				this.remove(transmission);
				transmission.sender?.heard("unheard", nowMs);
				this.startNext(nowMs);
				index = 0; // the sender may have changed everything
				continue;
			}
			if (due === "resend") {
				const newer = transmission.sender?.takeNewer?.();
				if (newer !== undefined) {
					transmission.bytes = newer.bytes;
					transmission.messageId = newer.messageId;
				}
				this.post(transmission.bytes);
			}
			index += 1;
		}
	}

	/** The next retransmission; 0 when a message could start right away. */
	get deadlineMs(): number {
		let deadlineMs = Number.POSITIVE_INFINITY;
		let underWay = 0;
		for (let index = 0; index < this.transmissions.length; index++) {
			const { retransmission } = this.transmissions[index]!;
			if (retransmission === undefined) continue;
			underWay += 1;
			if (retransmission.deadlineMs < deadlineMs) deadlineMs = retransmission.deadlineMs;
		}
		return underWay < this.tuning.nstart && underWay < this.transmissions.length ? 0 : deadlineMs;
	}

	/** How many Confirmable messages wait for an Acknowledgement or for their turn. */
	get size(): number {
		return this.transmissions.length;
	}

	get outboxSize(): number {
		return this.outbox.length;
	}

	clear(): void {
		this.transmissions = [];
		this.outbox = [];
	}

	private underWay(messageId: number): Transmission | undefined {
		for (let index = 0; index < this.transmissions.length; index++) {
			const transmission = this.transmissions[index]!;
			if (transmission.messageId === messageId && transmission.retransmission !== undefined) return transmission;
		}
		return undefined;
	}

	private measure({ retransmission }: Transmission, nowMs: number): void {
		if (retransmission !== undefined) {
			this.rto?.measured(nowMs - retransmission.sentMs, retransmission.resends, nowMs);
		}
	}

	private remove(transmission: Transmission): void {
		const index = this.transmissions.indexOf(transmission);
		if (index >= 0) this.transmissions.splice(index, 1);
	}

	/** Starts what waits, oldest first, as far as NSTART lets it (RFC 7252 §4.7). */
	startNext(nowMs: number): void {
		let free = this.tuning.nstart;
		for (let index = 0; index < this.transmissions.length; index++) {
			if (this.transmissions[index]!.retransmission !== undefined) free -= 1;
		}
		for (let index = 0; free > 0 && index < this.transmissions.length; index++) {
			const transmission = this.transmissions[index]!;
			if (transmission.retransmission !== undefined) continue;
			transmission.retransmission = new Retransmission(nowMs, this.dice, this.tuning, this.rto);
			this.post(transmission.bytes);
			transmission.sender?.heard("started", nowMs); // only notes it: changes nothing here
			free -= 1;
		}
	}
}
