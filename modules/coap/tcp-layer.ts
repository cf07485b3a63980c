import { assert, equalBytes } from "../bytes.ts";
import { reservedExponent, sizeExponent } from "./block.ts";
import type { Memory } from "./deduplication.ts";
import type { Layer, Sender } from "./message-layer.ts";
import type { Signal } from "./signalling.ts";
import { baseMessageBytes, FrameWriter } from "./tcp-frame.ts";
import type { Limits } from "./tuning.ts";

/** What a message holds beside one block: header, token and options. The base values leave as much (RFC 8323 §6). */
const headBytes = 128;

/**
 * The message layer of a stream: what TCP does not do already. Messages out, in order, each once; none is ever lost,
 * so there are no types, no retransmission and no duplicates to remember.
 */
export class TcpLayer implements Layer, Memory {
	readonly writer: FrameWriter;
	readonly isReliable = true;
	readonly roomAtMs = 0;
	/** More was posted than the limits let anyone ask for: the connection can not go on. */
	isOverrun = false;
	readonly #limits: Limits;
	readonly #hardMax: number;
	#outbox: Uint8Array[] = [];
	/** Of each message in the outbox: the token of the observation that it notifies of. */
	#observed: (Uint8Array | undefined)[] = [];
	#exponent = 0;
	#blockBytes = 0;
	#allowsBert = false;

	constructor(limits: Limits) {
		this.#limits = limits;
		this.writer = new FrameWriter(new Uint8Array(limits.messageBytes));
		// one of each that can wait, and their Release, Ping, Pong and Abort
		this.#hardMax = limits.outbox + 2 * limits.requests + limits.incoming + limits.observers + 4;
		this.clear();
	}

	get exponent(): number {
		return this.#exponent;
	}

	/** With BERT as many KiB as fit into a message of theirs, and into one of ours. */
	blockBytes(exponent: number): number {
		return exponent === reservedExponent ? this.#blockBytes : 16 << exponent;
	}

	/** Keeps what their CSM says; what it is silent about stays as it was (RFC 8323 §5.3). */
	settle({ maxMessageBytes, blockWise }: Signal): void {
		if (maxMessageBytes >= 0) this.writer.limitBytes = maxMessageBytes;
		if (blockWise) this.#allowsBert = true;
		this.fit();
	}

	/** Message IDs stay behind: they are not sent. */
	takeMessageId(): number {
		return 0;
	}

	post(bytes: Uint8Array, observed?: Uint8Array): void {
		if (observed !== undefined) {
			// a newer state makes the older one that still waits useless (RFC 7641 §4.5.2)
			const older = this.#observed.findIndex((token) => token !== undefined && equalBytes(token, observed));
			if (older >= 0) this.remove(older);
		}
		if (this.#outbox.length >= this.#hardMax) {
			this.isOverrun = true;
			return;
		}
		this.#outbox.push(bytes);
		this.#observed.push(observed);
	}

	/** Puts the first message of a connection before those that were posted without one. */
	postFirst(bytes: Uint8Array): void {
		this.#outbox.unshift(bytes);
		this.#observed.unshift(undefined);
	}

	takeDatagram(): Uint8Array | undefined {
		this.#observed.shift();
		return this.#outbox.shift();
	}

	/** Whether it is time to take in no more: what comes in may have to be answered. */
	get isFull(): boolean {
		return this.#outbox.length >= this.#limits.outbox;
	}

	get outboxSize(): number {
		return this.#outbox.length;
	}

	/** Forgets all of one connection. */
	clear(): void {
		this.#outbox = [];
		this.#observed = [];
		this.isOverrun = false;
		this.#allowsBert = false;
		this.writer.limitBytes = baseMessageBytes;
		this.fit();
	}

	/** The blocks that fit: several KiB only for those who said that they know BERT (RFC 8323 §5.3.2). */
	private fit(): void {
		const { blockSizeBytes, messageBytes } = this.#limits;
		const room = Math.max(Math.min(this.writer.limitBytes, messageBytes) - headBytes, 16);
		const own = sizeExponent(Math.min(room, blockSizeBytes));
		this.#exponent = this.#allowsBert ? own : Math.min(own, 6);
		this.#blockBytes = Math.max(Math.min(blockSizeBytes, room) & ~1023, 1024);
	}

	private remove(index: number): void {
		this.#outbox.splice(index, 1);
		this.#observed.splice(index, 1);
	}

	hasRoom(): boolean {
		return true;
	}

	remember(): boolean {
		return true;
	}

	/** Nothing to do: the answer is not asked for again. */
	answered(): void {}

	drop(_sender: Sender): void {}

	startNext(): void {}

	postEmpty(): Uint8Array {
		assert(false, "an Acknowledgement on a stream");
	}

	confirm(): void {
		assert(false, "a Confirmable message on a stream");
	}
}
