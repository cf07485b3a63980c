import { readUtf8, utf8Size, writeUtf8 } from "../../modules/bytes.ts";
import { type Address, type Datagrams, type DatagramsOptions, HostFailure, type Resolver } from "../../modules/host.ts";
import { FrameReader, frameMaxBytes, frameType, frameVersion } from "./frames.ts";
import { LineDatagrams } from "./line-datagrams.ts";
import { Outbox } from "./outbox.ts";

/** Sockets at once, names that are looked up at once. */
export const socketsMax = 4;
const queriesMax = 4;
/** How long the modem may take for a name; it has its own timeouts towards the name servers. */
const resolveMs = 20_000;
/** How often a modem that says nothing is greeted. */
const helloMs = 2000;
const hostMaxBytes = 45;
/** DNS knows no longer ones (RFC 1035 §2.3.4). */
const nameMaxBytes = 253;

/** A serial line, or whatever else carries bytes in order: BLE's Nordic UART Service, a pipe. */
export interface Line {
	/** Takes all of them: never more than the line has said that it has room for. */
	write(bytes: Uint8Array): void;
}

export interface LineNetworkOptions {
	readonly line: Line;
	/** 1 to 65535, another one at each boot: so the modem knows a device that began anew from one that asks again. */
	readonly session: number;
	/** Calls `run` once after `delayMs`. */
	readonly after: (delayMs: number, run: () => void) => void;
	/** The network behind the modem came or went. */
	readonly onNetwork: (isOnline: boolean) => void;
}

interface Query {
	readonly id: number;
	readonly name: string;
	readonly onResolved: (hosts: readonly string[]) => void;
}

/**
 * UDP and names behind a serial line, by FRAMES.md: a modem with IP, or a computer. The modem forgets everything when
 * it restarts, so what is open here is opened there again whenever it says that it is ready.
 */
export class LineNetwork implements Resolver {
	isOnline = false;
	readonly reader: FrameReader;
	readonly outbox = new Outbox();
	private readonly options: LineNetworkOptions;
	private readonly frame = new Uint8Array(frameMaxBytes);
	private readonly sockets: (LineDatagrams | undefined)[] = [];
	private queries: Query[] = [];
	private nextQuery = 1;
	private room = 0;
	private isReady = false;
	private isGreeting = false;

	constructor(options: LineNetworkOptions) {
		this.options = options;
		this.reader = new FrameReader((frame, size) => this.takeFrame(frame, size));
		this.greet();
	}

	/** Bytes have come over the line. */
	received(bytes: Uint8Array): void {
		this.reader.push(bytes);
	}

	/** The line takes so many bytes now. */
	writable(count: number): void {
		this.room = count;
		this.flush();
	}

	/** @throws HostFailure when there are too many */
	open(options: DatagramsOptions): Datagrams {
		let id = 0;
		while (id < socketsMax && this.sockets[id] !== undefined) id++;
		if (id === socketsMax) throw new HostFailure(`more than ${socketsMax} sockets`);
		const socket = new LineDatagrams(this, id, options);
		this.sockets[id] = socket;
		this.sayOpen(socket);
		return socket;
	}

	close(id: number): void {
		this.sockets[id] = undefined;
		this.frame[1] = id;
		this.say(frameType.close, 2);
	}

	/** @throws HostFailure when there is no modem, no network, or the datagram is too large */
	send(id: number, bytes: Uint8Array, { host, port }: Address): void {
		if (!this.isReady || !this.isOnline) throw new HostFailure("no network behind the line");
		const at = this.writeAddress(1, id, host, port);
		if (at === undefined) throw new HostFailure(`${host}: no address`);
		if (at + bytes.length > frameMaxBytes) throw new HostFailure(`${bytes.length} bytes are too many for a datagram`);
		this.frame.set(bytes, at);
		this.say(frameType.send, at + bytes.length); // without room it is lost, as datagrams are
	}

	/** @throws HostFailure when there is no modem, or too many names are asked for */
	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void {
		if (!this.isReady) throw new HostFailure("no modem on the line");
		if (utf8Size(name) > nameMaxBytes) throw new HostFailure("too long for a name");
		if (this.queries.length >= queriesMax) throw new HostFailure("too many names are being looked up");
		const id = this.nextQuery;
		this.nextQuery = (id % 255) + 1;
		this.frame[1] = id;
		const end = writeUtf8(name, this.frame, 2);
		this.queries.push({ id, name, onResolved });
		this.say(frameType.resolve, end);
		this.options.after(resolveMs, () => this.answer(id, []));
	}

	/** Says hello now, and again as long as nobody is ready. */
	private greet(): void {
		this.outbox.clear();
		this.sayHello();
		if (this.isGreeting) return;
		this.isGreeting = true;
		this.options.after(helloMs, () => {
			this.isGreeting = false;
			if (!this.isReady) this.greet();
		});
	}

	private sayHello(): void {
		const { session } = this.options;
		this.frame[1] = frameVersion;
		this.frame[2] = session >>> 8;
		this.frame[3] = session & 0xff;
		this.say(frameType.hello, 4);
	}

	private sayOpen({ id, options }: LineDatagrams): void {
		const { port = 0 } = options;
		this.frame[1] = id;
		this.frame[2] = port >>> 8;
		this.frame[3] = port & 0xff;
		this.say(frameType.open, 4);
	}

	private say(type: number, size: number): void {
		this.frame[0] = type;
		this.outbox.add(this.frame, size);
		this.flush();
	}

	private flush(): void {
		if (this.room === 0 || this.outbox.isEmpty) return;
		const bytes = this.outbox.take(this.room);
		this.room -= bytes.length;
		this.options.line.write(bytes);
	}

	/** Socket, port, and the host's text behind its size. @returns where it ends */
	private writeAddress(at: number, id: number, host: string, port: number): number | undefined {
		if (host.length === 0 || utf8Size(host) > hostMaxBytes) return undefined;
		this.frame[at] = id;
		this.frame[at + 1] = port >>> 8;
		this.frame[at + 2] = port & 0xff;
		const end = writeUtf8(host, this.frame, at + 4);
		this.frame[at + 3] = end - at - 4;
		return end;
	}

	private takeFrame(frame: Uint8Array, size: number): void {
		switch (frame[0]) {
			case frameType.ready:
				if (size >= 5 && frame[1] === frameVersion) this.begin((frame[3]! << 8) | frame[4]!, frame[2] === 1);
				break;
			case frameType.network:
				if (size >= 2) this.setOnline(frame[1] === 1);
				break;
			case frameType.received:
			case frameType.unreachable:
				this.takeAddressed(frame, size);
				break;
			case frameType.resolved:
				if (size >= 3) this.takeResolved(frame, size);
				break;
		}
	}

	/** The modem is ready: for us, or for nobody yet because it has just started. */
	private begin(session: number, isOnline: boolean): void {
		if (session !== this.options.session) {
			this.isReady = false;
			this.setOnline(false);
			for (const { id } of this.queries) this.answer(id, []);
			this.greet();
			return;
		}
		if (!this.isReady) {
			this.isReady = true;
			for (const socket of this.sockets) if (socket !== undefined) this.sayOpen(socket);
		}
		this.setOnline(isOnline);
	}

	private setOnline(isOnline: boolean): void {
		if (isOnline === this.isOnline) return;
		this.isOnline = isOnline;
		this.options.onNetwork(isOnline);
	}

	private takeAddressed(frame: Uint8Array, size: number): void {
		if (size < 5) return;
		const hostEnd = 5 + frame[4]!;
		const host = hostEnd <= size ? readUtf8(frame, 5, hostEnd) : undefined;
		const socket = this.sockets[frame[1]!];
		if (host === undefined || host.length > hostMaxBytes || socket === undefined) return;
		const from = { host, port: (frame[2]! << 8) | frame[3]! };
		if (frame[0] === frameType.received) socket.take(frame.slice(hostEnd, size), from);
		else socket.options.onUnreachable?.(from);
	}

	private takeResolved(frame: Uint8Array, size: number): void {
		const hosts: string[] = [];
		let at = 3;
		for (let count = frame[2]!; count > 0 && at < size && hosts.length < 8; count--) {
			const end = at + 1 + frame[at]!;
			const host = end <= size ? readUtf8(frame, at + 1, end) : undefined;
			if (host === undefined || host === "") break;
			hosts.push(host);
			at = end;
		}
		this.answer(frame[1]!, hosts);
	}

	private answer(id: number, hosts: readonly string[]): void {
		const query = this.queries.find((each) => each.id === id);
		if (query === undefined) return;
		this.queries = this.queries.filter((each) => each !== query);
		query.onResolved(hosts);
	}
}
