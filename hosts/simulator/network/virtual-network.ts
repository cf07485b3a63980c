import { isIP, isIPv6, SocketAddress } from "node:net";
import { type Address, HostFailure } from "../../../modules/host.ts";
import type { Chance } from "../chance.ts";
import type { Timekeeper } from "../time.ts";
import { type Network, type NetworkSocket, type NetworkSocketOptions, receiveQueueMax } from "./network.ts";

/** How a virtual network treats datagrams; each is drawn on its own. May be changed while a world runs. */
export interface Conditions {
	/** One way, for every datagram. */
	latencyMs: number;
	/** Drawn on top, evenly from 0 to this. Does not reorder: a datagram waits for the one before it. */
	jitterMs: number;
	lossPermille: number;
	duplicatePermille: number;
	/** So many of a thousand are held back for one to four latencies, and overtaken. */
	reorderPermille: number;
	/** Largest IP datagram; what does not fit is refused where it is sent. */
	mtuBytes: number;
	/** Where nobody listens, whoever sent a datagram hears so (ICMP), as far as its socket listens for that. */
	tellsUnreachable: boolean;
}

/** A good local network. */
export const calm: Readonly<Conditions> = Object.freeze({
	latencyMs: 20,
	jitterMs: 5,
	lossPermille: 0,
	duplicatePermille: 0,
	reorderPermille: 0,
	mtuBytes: 1500,
	tellsUnreachable: false,
});

export interface VirtualNetworkOptions {
	readonly time: Timekeeper;
	readonly chance: Chance;
	readonly conditions?: Partial<Conditions>;
}

export interface VirtualNetworkCounters {
	delivered: number;
	lost: number;
	duplicated: number;
	reordered: number;
	/** Nobody listens there: lost, mostly without a word, as behind firewalls. */
	unreachable: number;
	/** The reader's queue was full. */
	overrun: number;
}

interface Waiting {
	readonly bytes: Uint8Array;
	readonly from: Address;
}

const firstEphemeralPort = 49152;

/**
 * A network of its own: addresses, names, latency, loss, duplicates and reordering out of one seed, in the time of
 * its world.
 */
export class VirtualNetwork implements Network {
	readonly conditions: Conditions;
	readonly counters: VirtualNetworkCounters = {
		delivered: 0,
		lost: 0,
		duplicated: 0,
		reordered: 0,
		unreachable: 0,
		overrun: 0,
	};
	readonly #time: Timekeeper;
	readonly #chance: Chance;
	readonly #sockets = new Map<string, VirtualSocket>();
	readonly #names = new Map<string, readonly string[]>();
	/** Hosts behind a router that changes addresses (NAT, RFC 4787): what they are called outside, and back. */
	readonly #outside = new Map<string, string>();
	readonly #inside = new Map<string, string>();
	/** When the last datagram of a way arrives, so that jitter does not reorder. */
	readonly #lastArrivalMs = new Map<string, number>();
	#addresses = 0;

	constructor({ time, chance, conditions }: VirtualNetworkOptions) {
		this.#time = time;
		this.#chance = chance;
		this.conditions = { ...calm, ...conditions };
	}

	/** The next free address: 10.0.0.1, 10.0.0.2 and so on. */
	newAddress(): string {
		const number = ++this.#addresses;
		return `10.${(number >> 16) & 0xff}.${(number >> 8) & 0xff}.${number & 0xff}`;
	}

	/** Gives these hosts, and no others, a name that resolve() knows. */
	name(name: string, ...hosts: readonly string[]): void {
		this.#names.set(name.toLowerCase(), hosts);
	}

	/** Sees every datagram that is sent, before its fate is drawn; `from` as it is seen outside. Borrowed bytes. */
	tap: ((bytes: Uint8Array, from: Readonly<Address>, to: Readonly<Address>) => void) | undefined;

	/**
	 * Has a router in front of `host` forget what it knew, or puts one there: what the host sends comes from a new
	 * address from now on, and what is sent to its last one is lost. @returns the new one
	 */
	rebind(host: string): string {
		const before = this.#outside.get(host);
		if (before !== undefined) this.#inside.delete(before);
		const outside = this.newAddress();
		this.#outside.set(host, outside);
		this.#inside.set(outside, host);
		return outside;
	}

	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void {
		const literal = literalOf(name);
		const hosts = literal === undefined ? (this.#names.get(name.toLowerCase()) ?? []) : [literal];
		this.#time.at(this.#time.nowMs() + (literal === undefined ? this.conditions.latencyMs * 2 : 0), () =>
			onResolved(hosts),
		);
	}

	open(options: NetworkSocketOptions): NetworkSocket {
		const host = options.host ?? this.newAddress();
		const port = options.port || this.#freePort(host);
		const key = keyOf({ host, port });
		const isTaken = this.#sockets.has(key);
		const bound = isTaken
			? Promise.reject(new HostFailure(`port ${port} of ${host} is in use`))
			: Promise.resolve(port);
		bound.catch(() => {}); // whoever waits for it hears it
		const socket = new VirtualSocket(this, { host, port }, options, bound);
		if (isTaken) socket.close();
		else this.#sockets.set(key, socket);
		return socket;
	}

	/** Takes a datagram from a socket; the bytes are copied. @throws HostFailure when it is too large for the network */
	send(bytes: Uint8Array, own: Address, to: Address): void {
		const { conditions } = this;
		const outside = this.#outside.get(own.host);
		const from = outside === undefined ? own : { host: outside, port: own.port };
		const headerBytes = to.host.includes(":") ? 48 : 28; // IPv6 40 or IPv4 20, and UDP 8
		if (bytes.length + headerBytes > conditions.mtuBytes) {
			throw new HostFailure(
				`${bytes.length} bytes do not fit into a datagram of this network (${conditions.mtuBytes})`,
			);
		}
		this.tap?.(bytes, from, to);
		// All draws are made for every datagram, so that a changed condition does not shift the later ones.
		const jitterMs = this.#chance.below(conditions.jitterMs + 1);
		const isLost = this.#chance.happens(conditions.lossPermille);
		const isTwice = this.#chance.happens(conditions.duplicatePermille);
		const isLate = this.#chance.happens(conditions.reorderPermille);
		const latencies = 1 + this.#chance.below(4);
		if (isLost) {
			this.counters.lost++;
			return;
		}
		const waiting = { bytes: bytes.slice(), from: { host: from.host, port: from.port } };
		const way = `${keyOf(from)} ${keyOf(to)}`;
		let arrivalMs = this.#time.nowMs() + conditions.latencyMs + jitterMs;
		if (isLate) {
			this.counters.reordered++;
			arrivalMs += latencies * conditions.latencyMs;
		} else {
			arrivalMs = Math.max(arrivalMs, this.#lastArrivalMs.get(way) ?? 0);
			this.#lastArrivalMs.set(way, arrivalMs);
		}
		const target = { host: to.host, port: to.port };
		this.#time.at(arrivalMs, () => this.#arrive(target, waiting));
		if (!isTwice) return;
		this.counters.duplicated++;
		this.#time.at(arrivalMs + conditions.latencyMs, () => this.#arrive(target, waiting));
	}

	/** Called by a socket that closes. */
	forget(local: Address, socket: VirtualSocket): void {
		const key = keyOf(local);
		if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
	}

	#arrive(to: Readonly<Address>, waiting: Waiting): void {
		const inside = this.#inside.get(to.host);
		const isForgotten = inside === undefined && this.#outside.has(to.host);
		const socket = isForgotten
			? undefined
			: this.#sockets.get(inside === undefined ? keyOf(to) : keyOf({ host: inside, port: to.port }));
		if (socket === undefined) this.#miss(to, waiting.from);
		else if (socket.take(waiting)) this.counters.delivered++;
		else this.counters.overrun++;
	}

	#miss(to: Readonly<Address>, from: Address): void {
		this.counters.unreachable++;
		const { latencyMs, tellsUnreachable } = this.conditions;
		if (!tellsUnreachable) return;
		this.#time.at(this.#time.nowMs() + latencyMs, () => {
			const host = this.#inside.get(from.host) ?? from.host;
			this.#sockets.get(keyOf({ host, port: from.port }))?.missed(to);
		});
	}

	#freePort(host: string): number {
		for (let port = firstEphemeralPort; port < 65536; port++) {
			if (!this.#sockets.has(keyOf({ host, port }))) return port;
		}
		throw new HostFailure(`${host} has no port left`);
	}
}

class VirtualSocket implements NetworkSocket {
	readonly bound: Promise<number>;
	readonly #network: VirtualNetwork;
	readonly #local: Address;
	readonly #options: NetworkSocketOptions;
	readonly #queue: Waiting[] = [];
	#isOpen = true;

	constructor(network: VirtualNetwork, local: Address, options: NetworkSocketOptions, bound: Promise<number>) {
		this.#network = network;
		this.#local = local;
		this.#options = options;
		this.bound = bound;
	}

	take(waiting: Waiting): boolean {
		if (this.#queue.length >= receiveQueueMax) return false;
		this.#queue.push(waiting);
		this.#options.onReadable(this.#queue.length);
		return true;
	}

	/** Nobody listens there. */
	missed(to: Readonly<Address>): void {
		this.#options.onUnreachable?.(to);
	}

	read(into: Uint8Array, from: Address): number {
		return takeNext(this.#queue, into, from);
	}

	write(bytes: Uint8Array, to: Address): void {
		if (!this.#isOpen) throw new HostFailure("the socket is closed");
		if (isIP(to.host) === 0) throw new HostFailure(`${to.host} is no address`);
		this.#network.send(bytes, this.#local, to);
	}

	close(): void {
		this.#isOpen = false;
		this.#queue.length = 0;
		this.#network.forget(this.#local, this);
	}
}

/**
 * Hands the next datagram that fits to a reader (modules/host.ts, Datagrams.read); one that does not fit is dropped.
 */
export function takeNext(queue: Waiting[], into: Uint8Array, from: Address): number {
	for (;;) {
		const next = queue.shift();
		if (next === undefined) return -1;
		if (next.bytes.length > into.length) continue;
		into.set(next.bytes);
		from.host = next.from.host;
		from.port = next.from.port;
		return next.bytes.length;
	}
}

/**
 * An address literal in the form the networks use, without brackets, IPv6 as RFC 5952 has it; undefined when `name` is
 * not one.
 */
export function literalOf(name: string): string | undefined {
	const bare = name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
	if (isIPv6(bare)) return new SocketAddress({ address: bare, family: "ipv6" }).address;
	return isIP(bare) === 0 ? undefined : bare;
}

function keyOf({ host, port }: Address): string {
	return `${host} ${port}`;
}
