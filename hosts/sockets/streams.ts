import {
	type Address,
	HostFailure,
	type Stream,
	type StreamListener,
	type StreamListenerOptions,
	type StreamOptions,
	type Streams,
} from "../../modules/host.ts";
import {
	acceptStream,
	closeSocket,
	connectStream,
	listenForStreams,
	readStream,
	waitingBytes,
	writeStream,
} from "./socket-natives.ts";
import { closed, readable, type Sockets, type SocketUser, writable } from "./sockets.ts";

/** What a socket takes at least once it is writable: NET_WRITABLE_BYTES of sockets-platform.h. */
const writableBytes = 1024;

class SocketStream implements Stream, SocketUser {
	private readonly sockets: Sockets;
	private readonly options: StreamOptions;
	private readonly id: number;
	private isOpen = true;

	constructor(sockets: Sockets, options: StreamOptions, id: number, what: string) {
		this.sockets = sockets;
		this.options = options;
		this.id = sockets.add(id, this, what);
	}

	read(into: Uint8Array): number {
		return this.isOpen ? readStream(this.id, into) : 0;
	}

	write(bytes: Uint8Array, at: number, end: number): number {
		return this.isOpen ? writeStream(this.id, bytes, at, end) : 0;
	}

	close(): void {
		if (!this.isOpen) return;
		this.isOpen = false;
		this.sockets.remove(this.id);
		closeSocket(this.id);
	}

	happened(what: number): void {
		if ((what & writable) !== 0) this.options.onWritable(writableBytes);
		if ((what & readable) !== 0 && this.isOpen) this.options.onReadable(waitingBytes(this.id));
		if ((what & closed) === 0 || !this.isOpen) return;
		this.close();
		this.options.onClosed();
	}
}

class SocketListener implements StreamListener, SocketUser {
	readonly port: number;
	private readonly sockets: Sockets;
	private readonly options: StreamListenerOptions;
	private readonly id: number;
	private isOpen = true;

	constructor(sockets: Sockets, options: StreamListenerOptions) {
		const wanted = { port: options.port ?? 0 };
		this.sockets = sockets;
		this.options = options;
		this.id = sockets.add(listenForStreams(wanted), this, `no TCP socket on port ${wanted.port}`);
		this.port = wanted.port;
	}

	accept(options: StreamOptions): Stream | undefined {
		const id = this.isOpen ? acceptStream(this.id) : -1;
		return id > 0 ? new SocketStream(this.sockets, options, id, "TCP") : undefined;
	}

	close(): void {
		if (!this.isOpen) return;
		this.isOpen = false;
		this.sockets.remove(this.id);
		closeSocket(this.id);
	}

	happened(what: number): void {
		if ((what & readable) !== 0) this.options.onReadable(1);
	}
}

/** TCP over IPv4 and IPv6; it listens on IPv4. */
export class SocketStreams implements Streams {
	private readonly sockets: Sockets;

	constructor(sockets: Sockets) {
		this.sockets = sockets;
	}

	connect({ host, port }: Address, options: StreamOptions): Stream {
		if (port === 0) throw new HostFailure(`${host}: no port`);
		return new SocketStream(this.sockets, options, connectStream(host, port), `no TCP socket to ${host}:${port}`);
	}

	listen(options: StreamListenerOptions): StreamListener {
		return new SocketListener(this.sockets, options);
	}
}
