import { createSocket, type Socket } from "node:dgram";

const host = "127.0.0.1";

/** One datagram that came to the relay. */
export interface Passing {
	readonly fromClient: boolean;
	/** Counts each direction from 0. */
	readonly index: number;
	readonly bytes: Uint8Array;
}

export interface RelayOptions {
	/** The server's port. */
	readonly to: number;
	/** What becomes of a datagram: how many copies go on, at once or later. Once, at once, where it says nothing. */
	readonly fate?: (
		passing: Passing,
		relay: Relay,
	) => { readonly copies?: number; readonly delayMs?: number } | undefined;
}

/** How much went in a direction, without IP and UDP headers. */
export interface Tally {
	datagrams: number;
	bytes: number;
}

/**
 * UDP between one client and one server on the loopback interface, that counts, loses, doubles, delays and forges
 * datagrams, and changes the client's address as a NAT does.
 */
export class Relay {
	readonly toServer: Tally = { datagrams: 0, bytes: 0 };
	readonly toClient: Tally = { datagrams: 0, bytes: 0 };
	/** All that passed, in order. */
	readonly passed: Passing[] = [];
	/** The port that a client takes for the server's. */
	port = 0;
	readonly #options: RelayOptions;
	readonly #inside: Socket;
	#outside: Socket;
	readonly #timers = new Set<NodeJS.Timeout>();
	#clientPort: number | undefined;
	#counts = { client: 0, server: 0 };
	#isClosed = false;

	private constructor(options: RelayOptions) {
		this.#options = options;
		this.#inside = createSocket("udp4");
		this.#outside = this.#newOutside();
	}

	static async open(options: RelayOptions): Promise<Relay> {
		const relay = new Relay(options);
		relay.#inside.on("message", (bytes, { port }) => {
			relay.#clientPort = port;
			relay.#take({ fromClient: true, index: relay.#counts.client++, bytes: Uint8Array.from(bytes) });
		});
		await bound(relay.#inside);
		await bound(relay.#outside);
		relay.port = relay.#inside.address().port;
		return relay;
	}

	/** The source port that the server sees. */
	get sourcePort(): number {
		return this.#outside.address().port;
	}

	/** From now on the server sees the client at another port, and the old one is dead. */
	async rebind(): Promise<void> {
		this.#outside.close();
		this.#outside = this.#newOutside();
		await bound(this.#outside);
	}

	/** A datagram that seems to come from the other side. */
	forge(toward: "client" | "server", bytes: Uint8Array): void {
		this.#send(toward === "server", bytes);
	}

	/** Begins to count anew. */
	reset(): void {
		for (const tally of [this.toServer, this.toClient]) tally.datagrams = tally.bytes = 0;
		this.passed.length = 0;
	}

	close(): void {
		this.#isClosed = true;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#inside.close();
		this.#outside.close();
	}

	#newOutside(): Socket {
		const socket = createSocket("udp4");
		socket.on("message", (bytes, { port }) => {
			if (port !== this.#options.to) return;
			this.#take({ fromClient: false, index: this.#counts.server++, bytes: Uint8Array.from(bytes) });
		});
		socket.on("error", () => undefined);
		return socket;
	}

	#take(passing: Passing): void {
		this.passed.push(passing);
		const tally = passing.fromClient ? this.toServer : this.toClient;
		tally.datagrams++;
		tally.bytes += passing.bytes.length;
		const { copies = 1, delayMs = 0 } = this.#options.fate?.(passing, this) ?? {};
		const go = () => {
			for (let copy = 0; copy < copies; copy++) this.#send(passing.fromClient, passing.bytes);
		};
		if (delayMs === 0) {
			go();
			return;
		}
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			go();
		}, delayMs);
		this.#timers.add(timer);
	}

	#send(toServer: boolean, bytes: Uint8Array): void {
		if (this.#isClosed) return;
		if (toServer) this.#outside.send(bytes, this.#options.to, host);
		else if (this.#clientPort !== undefined) this.#inside.send(bytes, this.#clientPort, host);
	}
}

function bound(socket: Socket): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.once("error", reject);
		socket.bind(0, host, () => resolve());
	});
}
