import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import type { Address, Stream, StreamListener, StreamOptions, Streams } from "../../modules/host.ts";

/** TCP of this computer as the Streams port. */
export class NodeStreams implements Streams {
	connect({ host, port }: Address, options: StreamOptions): Stream {
		return new NodeStream(netConnect({ host, port }), options);
	}

	listen(): StreamListener {
		throw new Error("a listening socket is not there at once: use listening()");
	}
}

/** A listening socket on the loopback interface, bound. */
export function listening(onReadable: (count: number) => void): Promise<StreamListener> {
	const waiting: Socket[] = [];
	const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
		socket.on("error", () => undefined);
		waiting.push(socket);
		onReadable(waiting.length);
	});
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address() as { port: number };
			resolve({
				port,
				accept: (options) => {
					const socket = waiting.shift();
					return socket && new NodeStream(socket, options);
				},
				close: () => server.close(),
			});
		});
	});
}

class NodeStream implements Stream {
	readonly #socket: Socket;

	constructor(socket: Socket, options: StreamOptions) {
		this.#socket = socket;
		const opened = () => options.onWritable(socket.writableHighWaterMark);
		socket.setNoDelay(true);
		socket.on("connect", opened);
		socket.on("readable", () => options.onReadable(socket.readableLength));
		socket.on("drain", opened);
		socket.on("end", () => options.onClosed());
		socket.on("error", () => undefined); // "close" follows
		socket.on("close", () => options.onClosed());
		if (!socket.connecting) {
			queueMicrotask(opened);
			socket.resume(); // it was accepted paused
			socket.pause();
			socket.read(0);
		}
	}

	read(into: Uint8Array): number {
		const { readableLength } = this.#socket;
		const bytes: Buffer | null = readableLength === 0 ? null : this.#socket.read(Math.min(into.length, readableLength));
		if (bytes === null) return 0;
		into.set(bytes);
		return bytes.length;
	}

	write(bytes: Uint8Array, at: number, end: number): number {
		if (this.#socket.writableNeedDrain || !this.#socket.writable) return 0;
		this.#socket.write(bytes.slice(at, end));
		return end - at;
	}

	close(): void {
		this.#socket.removeAllListeners("readable").removeAllListeners("end").removeAllListeners("drain");
		this.#socket
			.removeAllListeners("close")
			.removeAllListeners("connect")
			.on("error", () => undefined);
		this.#socket.resume();
		this.#socket.destroySoon(); // when all is written
		const timer = setTimeout(() => this.#socket.destroy(), 1000);
		this.#socket.once("close", () => clearTimeout(timer));
	}
}
