import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { lookup } from "node:dns";
import { isIPv4, isIPv6 } from "node:net";
import { type Address, HostFailure } from "../../../modules/host.ts";
import { type Network, type NetworkSocket, type NetworkSocketOptions, receiveQueueMax } from "./network.ts";
import { literalOf, takeNext } from "./virtual-network.ts";

export interface UdpCounters {
	/** What the system said against a datagram: port unreachable, no route. Like a loss for the protocol above. */
	refused: number;
	/** A reader's queue was full. */
	overrun: number;
}

const largestPayloadBytes = 65507; // 65535 less an IPv4 and a UDP header

/** Real UDP of this machine, IPv4 and IPv6. */
export class UdpNetwork implements Network {
	readonly counters: UdpCounters = { refused: 0, overrun: 0 };

	open(options: NetworkSocketOptions): NetworkSocket {
		return new UdpSocket(options, this.counters);
	}

	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void {
		const literal = literalOf(name);
		if (literal !== undefined) {
			setImmediate(() => onResolved([literal]));
			return;
		}
		// IPv4 first: "localhost" is often ::1 first, while most servers there listen on 127.0.0.1 only.
		lookup(name, { all: true, verbatim: false }, (error, found) =>
			onResolved(error === null ? found.map(({ address }) => address) : []),
		);
	}
}

/** One socket for its user; one of the system for each address family it speaks. */
class UdpSocket implements NetworkSocket {
	readonly bound: Promise<number>;
	readonly #counters: UdpCounters;
	readonly #options: NetworkSocketOptions;
	readonly #queue: { bytes: Uint8Array; from: Address }[] = [];
	/** Bound to an IPv6 address with IPv4 mapped into it ("::"), so that one socket serves both families. */
	readonly #isDual: boolean;
	#ipv4: Socket | undefined;
	#ipv6: Socket | undefined;
	#isOpen = true;

	constructor(options: NetworkSocketOptions, counters: UdpCounters) {
		const { host, port } = options;
		this.#counters = counters;
		this.#options = options;
		this.#isDual = host === "::";
		const first = host !== undefined && isIPv6(host) ? this.#make("udp6") : this.#make("udp4");
		this.bound = bind(first, port ?? 0, host);
		this.bound.catch(() => this.close());
	}

	read(into: Uint8Array, from: Address): number {
		return takeNext(this.#queue, into, from);
	}

	write(bytes: Uint8Array, to: Address): void {
		if (!this.#isOpen) throw new HostFailure("the socket is closed");
		if (bytes.length > largestPayloadBytes) throw new HostFailure(`${bytes.length} bytes do not fit into a datagram`);
		const { socket, host } = this.#wayTo(to.host);
		const { host: toHost, port } = to;
		const count = (error: Error | null) => {
			if (error === null) return;
			this.#counters.refused++;
			if (this.#isOpen) this.#options.onUnreachable?.({ host: toHost, port });
		};
		try {
			socket.send(bytes.slice(), to.port, host, count);
		} catch (error) {
			throw new HostFailure(`${to.host}:${to.port} can not be written to`, { cause: error });
		}
	}

	close(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		this.#queue.length = 0;
		this.#ipv4?.close();
		this.#ipv6?.close();
	}

	#wayTo(host: string): { socket: Socket; host: string } {
		if (isIPv4(host)) {
			if (this.#isDual && this.#ipv6 !== undefined) return { socket: this.#ipv6, host: `::ffff:${host}` };
			return { socket: this.#ipv4 ?? this.#make("udp4"), host };
		}
		if (isIPv6(host)) return { socket: this.#ipv6 ?? this.#make("udp6"), host };
		throw new HostFailure(`${host} is no address`);
	}

	#make(type: "udp4" | "udp6"): Socket {
		const socket = createSocket({ type, reuseAddr: false });
		if (type === "udp4") this.#ipv4 = socket;
		else this.#ipv6 = socket;
		socket.on("message", (bytes, from) => this.#hear(Uint8Array.from(bytes), from));
		socket.on("error", () => {
			this.#counters.refused++;
		});
		return socket;
	}

	#hear(bytes: Uint8Array, { address, port }: RemoteInfo): void {
		if (!this.#isOpen) return;
		if (this.#queue.length >= receiveQueueMax) {
			this.#counters.overrun++;
			return;
		}
		const host = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
		this.#queue.push({ bytes, from: { host, port } });
		this.#options.onReadable(this.#queue.length);
	}
}

function bind(socket: Socket, port: number, host: string | undefined): Promise<number> {
	return new Promise((resolve, reject) => {
		const refuse = (error: NodeJS.ErrnoException) =>
			reject(new HostFailure(bindFailure(error, port), { cause: error }));
		socket.once("error", refuse);
		socket.bind({ port, ...(host === undefined ? {} : { address: host }) }, () => {
			socket.off("error", refuse);
			resolve(socket.address().port);
		});
	});
}

function bindFailure({ code, message }: NodeJS.ErrnoException, port: number): string {
	if (code === "EADDRINUSE") return `UDP port ${port} is in use by another program`;
	if (code === "EACCES") return `UDP port ${port} is not allowed without the administrator's rights`;
	if (code === "EADDRNOTAVAIL") return "that address is not one of this machine's";
	return message;
}
