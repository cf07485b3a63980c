import {
	type Address,
	type Host,
	HostFailure,
	type Stream,
	type StreamListener,
	type StreamOptions,
	type Streams,
} from "../../../modules/host.ts";

/** Bytes that are on their way at once. */
const roomBytes = 900;

/** One connection whose other side sends everything back. Its callbacks come later, as a host's do. */
class EchoStream implements Stream {
	private readonly host: Host;
	private readonly options: StreamOptions;
	private readonly bytes: number[] = [];
	private isFull = false;
	private isOpen = true;

	constructor(host: Host, options: StreamOptions) {
		this.host = host;
		this.options = options;
		this.later(() => options.onWritable(roomBytes));
	}

	read(into: Uint8Array): number {
		const size = Math.min(into.length, this.bytes.length);
		for (let index = 0; index < size; index++) into[index] = this.bytes[index]!;
		this.bytes.splice(0, size);
		if (this.isFull && size > 0) {
			this.isFull = false;
			this.later(() => this.options.onWritable(1));
		}
		return size;
	}

	write(bytes: Uint8Array, at: number, end: number): number {
		const size = Math.min(end - at, roomBytes - this.bytes.length);
		if (size < end - at) this.isFull = true;
		if (size === 0) return 0;
		for (let index = at; index < at + size; index++) this.bytes.push(bytes[index]!);
		this.later(() => this.options.onReadable(this.bytes.length));
		return size;
	}

	close(): void {
		this.isOpen = false;
	}

	/** The resolver answers later by itself, and the clock's only alarm is the self-test's. */
	private later(act: () => void): void {
		this.host.resolver.resolve("192.0.2.1", () => {
			if (this.isOpen) act();
		});
	}
}

/** TCP that knows one address, whose port sends back what comes (RFC 862), and can not listen. */
export class EchoStreams implements Streams {
	private readonly host: Host;

	constructor(host: Host) {
		this.host = host;
	}

	connect(_to: Address, options: StreamOptions): Stream {
		return new EchoStream(this.host, options);
	}

	listen(): StreamListener {
		throw new HostFailure("this one connects only");
	}
}
