import type { Address, Stream, StreamListener, StreamOptions, Streams } from "../host.ts";
import type { TcpPeer } from "./tcp-peer.ts";

/** How many pieces one turn reads: what is left is for the next, so that one connection does not take all the time. */
const readsPerTurn = 8;

export interface TcpConnectionOptions {
	readonly peer: TcpPeer;
	/** Called from the host's loop: turn() has something to do. */
	wake(): void;
	/** How much is read at once. 512 when absent. */
	readonly readBytes?: number;
}

/**
 * Moves bytes between a TcpPeer and a stream of the host's: reads no more than the peer has room to answer, writes no
 * more than the stream takes, and closes it when the peer is done. Sleeps until wake() or `deadlineMs`.
 */
export class TcpConnection implements StreamOptions {
	readonly peer: TcpPeer;
	readonly #wake: () => void;
	readonly #input: Uint8Array;
	#stream: Stream | undefined;
	#isConnected = false;
	#isLost = false;
	/** What was read and not taken yet: #input[#inputAt .. #inputEnd). */
	#inputAt = 0;
	#inputEnd = 0;
	/** The message being written, from #outputAt on. */
	#output: Uint8Array | undefined;
	#outputAt = 0;
	#mayRead = false;
	#mayWrite = false;

	constructor(options: TcpConnectionOptions) {
		this.peer = options.peer;
		this.#wake = options.wake;
		this.#input = new Uint8Array(options.readBytes ?? 512);
	}

	/** Opens a connection. @throws HostFailure when the host has no socket */
	connect(streams: Streams, to: Address): void {
		this.begin();
		this.#stream = streams.connect(to, this);
	}

	/** Takes the next connection that waits. @returns false when none does */
	accept(listener: StreamListener): boolean {
		this.begin();
		this.#stream = listener.accept(this);
		return this.#stream !== undefined;
	}

	onReadable(): void {
		this.#mayRead = true;
		this.#wake();
	}

	onWritable(): void {
		this.#mayWrite = true;
		this.#wake();
	}

	onClosed(): void {
		this.#isLost = true;
		this.#wake();
	}

	/** Does all that can be done now. */
	turn(nowMs: number): void {
		const { peer } = this;
		if (this.#stream === undefined) return;
		if (this.#mayWrite && !this.#isConnected) {
			this.#isConnected = true;
			peer.connected(nowMs);
		}
		let reads = 0;
		while (reads < readsPerTurn && this.read(nowMs)) {
			this.write();
			reads += 1;
		}
		const mayGoOn = reads === readsPerTurn;
		if (mayGoOn) this.#wake();
		if (peer.deadlineMs <= nowMs) peer.poll(nowMs);
		this.write();
		if (peer.deadlineMs <= nowMs) peer.poll(nowMs); // an Abort, or the last answer, is out
		// what the other side sent before it closed is read first, as far as the peer takes it
		if (this.#isLost && !mayGoOn) {
			this.close();
			peer.disconnected(nowMs);
		} else if (this.#isConnected && peer.state === "closed" && this.#output === undefined) this.close();
	}

	/** When turn() has something to do by itself. */
	get deadlineMs(): number {
		return this.peer.deadlineMs;
	}

	/** Whether there is a stream. */
	get isOpen(): boolean {
		return this.#stream !== undefined;
	}

	/** Closes at once, without a word to the other endpoint. */
	abandon(nowMs: number): void {
		this.close();
		this.peer.disconnected(nowMs);
	}

	private begin(): void {
		this.close();
		this.#isConnected = this.#isLost = this.#mayRead = this.#mayWrite = false;
		this.#inputAt = this.#inputEnd = 0;
	}

	/** Reads one piece, or offers the rest of the last one. @returns whether anything moved */
	private read(nowMs: number): boolean {
		const { peer } = this;
		if (this.#inputAt === this.#inputEnd) {
			if (!this.#mayRead || this.#stream === undefined) return false;
			this.#inputAt = 0;
			this.#inputEnd = this.#stream.read(this.#input);
			if (this.#inputEnd < this.#input.length) this.#mayRead = false;
			if (this.#inputEnd === 0) return false;
		}
		const at = this.#inputAt;
		peer.receive(this.#input, at, this.#inputEnd, nowMs);
		this.#inputAt = peer.takenTo;
		return this.#inputAt > at;
	}

	private write(): void {
		while (this.#mayWrite && this.#stream !== undefined) {
			if (this.#output === undefined) {
				this.#output = this.peer.takeDatagram();
				this.#outputAt = 0;
				if (this.#output === undefined) return;
			}
			const end = this.#output.length;
			this.#outputAt += this.#stream.write(this.#output, this.#outputAt, end);
			if (this.#outputAt < end) this.#mayWrite = false;
			else this.#output = undefined;
		}
	}

	private close(): void {
		const stream = this.#stream;
		this.#stream = this.#output = undefined;
		stream?.close();
	}
}
