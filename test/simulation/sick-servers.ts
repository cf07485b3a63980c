import type { Chance } from "../../hosts/simulator/chance.ts";
import type { Network, NetworkSocket, NetworkSocketOptions } from "../../hosts/simulator/network/network.ts";
import type { Timekeeper } from "../../hosts/simulator/time.ts";
import type { Address } from "../../modules/host.ts";

/** One way of a bad link. */
export interface BadLink {
	readonly delayMs: number;
	readonly lossPermille: number;
}

/** A network for one server: what goes to it and what comes from it is late, or lost. */
export class SlowNetwork implements Network {
	readonly #network: Network;
	readonly #time: Timekeeper;
	readonly #chance: Chance;
	readonly #link: BadLink;

	constructor(network: Network, time: Timekeeper, chance: Chance, link: BadLink) {
		this.#network = network;
		this.#time = time;
		this.#chance = chance;
		this.#link = link;
	}

	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void {
		this.#network.resolve(name, onResolved);
	}

	open(options: NetworkSocketOptions): NetworkSocket {
		const late: { bytes: Uint8Array; from: Address }[] = [];
		const buffer = new Uint8Array(2048);
		const from: Address = { host: "", port: 0 };
		const inner = this.#network.open({
			...options,
			onReadable: () => {
				for (let size = inner.read(buffer, from); size >= 0; size = inner.read(buffer, from)) {
					const waiting = { bytes: buffer.slice(0, size), from: { ...from } };
					this.#later(() => {
						late.push(waiting);
						options.onReadable(late.length);
					});
				}
			},
		});
		return {
			bound: inner.bound,
			read(into, sender) {
				const next = late.shift();
				if (next === undefined) return -1;
				into.set(next.bytes);
				Object.assign(sender, next.from);
				return next.bytes.length;
			},
			write: (bytes, to) => {
				const copy = bytes.slice();
				const receiver = { host: to.host, port: to.port };
				this.#later(() => inner.write(copy, receiver));
			},
			close: () => inner.close(),
		};
	}

	#later(run: () => void): void {
		if (this.#chance.happens(this.#link.lossPermille)) return;
		this.#time.at(this.#time.nowMs() + this.#link.delayMs, run);
	}
}

/** Answers every request with 5.03, from its own address. @returns how many it has answered */
export function startRefusing(network: Network, host: string): () => number {
	const from: Address = { host: "", port: 0 };
	const bytes = new Uint8Array(2048);
	let count = 0;
	const socket = network.open({
		host,
		port: 5683,
		onReadable: () => {
			for (let size = socket.read(bytes, from); size >= 0; size = socket.read(bytes, from)) {
				if (bytes[1] === 0 || bytes[1]! >= 0x20) continue;
				count++;
				const head = bytes.slice(0, 4 + (bytes[0]! & 15));
				head[0] = 0x60 | (head[0]! & 15);
				head[1] = 0xa3;
				socket.write(head, from);
			}
		},
	});
	return () => count;
}
