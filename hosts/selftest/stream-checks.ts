import {
	type Address,
	type Host,
	HostFailure,
	type Stream,
	type StreamListener,
	type StreamListenerOptions,
	type Streams,
} from "../../modules/host.ts";
import { type Check, type Done, Skipped } from "./check.ts";
import { type NetworkOptions, onLoopback } from "./network-checks.ts";

const loopback = "127.0.0.1";
/** More than any board's buffers for one connection, so that it has to wait for room. */
const echoBytes = 40_000;
const pieceBytes = 700;

/** What is sent, byte by byte: computed, because many boards have no room for all of it. */
function byteAt(index: number): number {
	return (index * 167 + (index >> 8) * 13) & 0xff;
}

export function streamChecks(options: NetworkOptions): readonly Check[] {
	return [
		{
			name: "TCP: bytes go to a peer and come back in order, with waits for room",
			run: (host, done) => echoes(host, options, done),
		},
		{ name: "TCP: a listener has a connection, its bytes, then its end", run: onLoopback(options, serves) },
		{ name: "TCP: where nobody listens it is closed, once", run: onLoopback(options, refuses) },
	];
}

function streamsOf({ streams }: Host): Streams {
	if (streams === undefined) throw new Skipped("the host has no TCP");
	return streams;
}

/** @throws Skipped where nobody can listen */
function listen(streams: Streams, options: StreamListenerOptions): StreamListener {
	try {
		return streams.listen(options);
	} catch (error) {
		throw error instanceof HostFailure ? new Skipped(`nothing listens here: ${error.message}`) : error;
	}
}

/** Sends back what comes. */
class Echo {
	private readonly piece = new Uint8Array(pieceBytes);
	private at = 0;
	private end = 0;
	private readonly stream: Stream | undefined;

	constructor(listener: StreamListener) {
		const pump = () => this.pump();
		this.stream = listener.accept({ onReadable: pump, onWritable: pump, onClosed: () => {} });
	}

	private pump(): void {
		const { stream, piece } = this;
		if (stream === undefined) return;
		for (;;) {
			if (this.at === this.end) {
				this.at = 0;
				this.end = stream.read(piece);
				if (this.end === 0) return;
			}
			const taken = stream.write(piece, this.at, this.end);
			if (taken === 0) return;
			this.at += taken;
		}
	}
}

/** Sends to the peer, or to a listener of its own that sends it back. */
function echoes(host: Host, { peer, hasLoopback = true }: NetworkOptions, done: Done): void {
	const streams = streamsOf(host);
	if (peer === undefined && !hasLoopback) throw new Skipped("no peer was named, and the board does not reach itself");
	const server: StreamListener | undefined =
		peer === undefined ? listen(streams, { onReadable: () => void new Echo(server!) }) : undefined;
	const run = new EchoRun(peer ?? { host: loopback, port: server!.port }, (outcome) => {
		server?.close();
		done(outcome);
	});
	run.start(streams);
}

/** One connection that sends, and compares what comes back. */
class EchoRun {
	private readonly to: Address;
	private readonly piece = new Uint8Array(pieceBytes);
	private readonly done: Done;
	private stream: Stream | undefined;
	private written = 0;
	private read = 0;

	constructor(to: Address, done: Done) {
		this.to = to;
		this.done = done;
	}

	start(streams: Streams): void {
		const { host, port } = this.to;
		this.stream = streams.connect(this.to, {
			onWritable: () => this.push(),
			onReadable: () => this.pull(),
			onClosed: () => this.done(`${host}:${port} closed it: ${this.written} bytes were taken, ${this.read} came back`),
		});
	}

	private push(): void {
		const { piece } = this;
		while (this.written < echoBytes) {
			const size = Math.min(pieceBytes, echoBytes - this.written);
			for (let index = 0; index < size; index++) piece[index] = byteAt(this.written + index);
			const taken = this.stream!.write(piece, 0, size);
			if (taken === 0) return;
			this.written += taken;
		}
	}

	private pull(): void {
		const { stream, piece } = this;
		for (let size = stream!.read(piece); size > 0; size = stream!.read(piece)) {
			for (let index = 0; index < size; index++) {
				if (piece[index] === byteAt(this.read + index)) continue;
				this.end(`byte ${this.read + index} is another one`);
				return;
			}
			this.read += size;
			if (this.read < echoBytes) continue;
			this.end(this.read === echoBytes ? undefined : `${this.read} bytes came back of ${echoBytes}`);
			return;
		}
	}

	private end(outcome?: string): void {
		this.stream!.close();
		this.done(outcome);
	}
}

function serves(host: Host, done: Done): void {
	const streams = streamsOf(host);
	const piece = new Uint8Array(16);
	let heard = 0;
	const listener = listen(streams, {
		onReadable() {
			const stream = listener.accept({
				onReadable() {
					for (let size = stream!.read(piece); size > 0; size = stream!.read(piece)) heard += size;
				},
				onWritable() {},
				onClosed() {
					listener.close();
					done(heard === 3 ? undefined : `${heard} bytes came of 3, then the end`);
				},
			});
		},
	});
	const client = streams.connect(
		{ host: loopback, port: listener.port },
		{
			onWritable() {
				client.write(Uint8Array.of(1, 2, 3), 0, 3);
				client.close();
			},
			onReadable() {},
			onClosed() {
				done("the connection to the board itself failed");
			},
		},
	);
}

function refuses(host: Host, done: Done): void {
	const streams = streamsOf(host);
	const listener = listen(streams, { onReadable() {} });
	const { port } = listener;
	listener.close();
	streams.connect(
		{ host: loopback, port },
		{
			onWritable: () => done("somebody is connected"),
			onReadable() {},
			onClosed: () => done(),
		},
	);
}
