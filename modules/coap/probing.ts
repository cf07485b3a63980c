import type { Fault } from "../bytes.ts";
import type { Endpoint } from "./endpoint.ts";

export interface ProbingOptions {
	/** PROBING_RATE (RFC 7252 §4.8). 1 when absent. */
	readonly bytesPerS?: number;
	/** What may go out at once to who has not answered yet: a first message must not wait. 1280 when absent. */
	readonly burstBytes?: number;
	/** How many datagrams wait; the oldest is lost, as on the air. 8 when absent. */
	readonly waiting?: number;
}

/**
 * Keeps to PROBING_RATE (RFC 7252 §4.7): as long as nothing comes from the other endpoint, what goes to it is on
 * average no more than so many bytes a second, Non-confirmable messages and retransmissions included. Wraps a peer, and
 * is driven in its place. A message that still waits when its retransmission comes is not doubled.
 */
export class Probing implements Endpoint {
	readonly #inner: Endpoint;
	readonly #msPerByte: number;
	readonly #burstBytes: number;
	readonly #waitingMax: number;
	#waiting: Uint8Array[] = [];
	/** Bytes sent since the other endpoint was last heard, less what the time since then has paid for. */
	#owedBytes = 0;
	#paidMs = 0;
	#lost = 0;

	constructor(inner: Endpoint, { bytesPerS = 1, burstBytes = 1280, waiting = 8 }: ProbingOptions = {}) {
		this.#inner = inner;
		this.#msPerByte = 1000 / bytesPerS;
		this.#burstBytes = burstBytes;
		this.#waitingMax = waiting;
	}

	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): Fault | undefined {
		this.pay(nowMs);
		const refused = this.#inner.receive(bytes, at, end, nowMs);
		if (refused === undefined) this.#owedBytes = 0; // bytes that make no sense prove nothing
		return refused;
	}

	poll(nowMs: number): void {
		this.pay(nowMs);
		this.#inner.poll(nowMs);
	}

	/** When to call poll(), and takeDatagram() after it. */
	get deadlineMs(): number {
		const excessBytes = this.#owedBytes - this.#burstBytes;
		if (this.#waiting.length === 0 || excessBytes < 0) return this.#inner.deadlineMs;
		return Math.min(this.#inner.deadlineMs, this.#paidMs + Math.floor(excessBytes * this.#msPerByte) + 1);
	}

	/** The next datagram that may go out; call it after each receive(), poll() and call of the peer. */
	takeDatagram(): Uint8Array | undefined {
		for (let bytes = this.#inner.takeDatagram(); bytes !== undefined; bytes = this.#inner.takeDatagram()) {
			this.#waiting = this.#waiting.filter((other) => !isSameMessage(other, bytes!));
			this.#waiting.push(bytes);
			if (this.#waiting.length <= this.#waitingMax) continue;
			this.#waiting.shift();
			this.#lost += 1;
		}
		if (this.#owedBytes >= this.#burstBytes) return undefined;
		const bytes = this.#waiting.shift();
		if (bytes !== undefined) this.#owedBytes += bytes.length;
		return bytes;
	}

	get figures() {
		return { waiting: this.#waiting.length, lost: this.#lost, owedBytes: this.#owedBytes };
	}

	/** Forgets what waits: with Peer.reset(). */
	clear(): void {
		this.#waiting = [];
		this.#owedBytes = 0;
	}

	private pay(nowMs: number): void {
		this.#owedBytes = Math.max(0, this.#owedBytes - (nowMs - this.#paidMs) / this.#msPerByte);
		this.#paidMs = nowMs;
	}
}

/** Same type and Message ID: a retransmission. */
function isSameMessage(a: Uint8Array, b: Uint8Array): boolean {
	return a[0]! >> 4 === b[0]! >> 4 && a[2] === b[2] && a[3] === b[3];
}
