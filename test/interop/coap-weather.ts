import { createSocket, type Socket } from "node:dgram";
import { Chance } from "../../hosts/simulator/chance.ts";

const host = "127.0.0.1";

export interface Weather {
	readonly rttMs: number;
	/** Of the datagrams of each direction. */
	readonly lossPercent: number;
}

/**
 * A link with weather, in real time: a UDP proxy on the loopback interface between one client and one server. Each
 * direction delays a datagram by half the round trip. Which datagrams get lost follows from the seed and their
 * place in their direction alone, so that every client meets the same losses until its own sending differs.
 */
export class WeatherLink {
	/** Datagrams that came in, both ways, the lost ones too. */
	datagrams = 0;
	readonly #weather: Weather;
	readonly #near: Socket;
	readonly #far: Socket;
	readonly #timers = new Set<NodeJS.Timeout>();
	#clientPort = 0;
	#firstMs: number | undefined;
	#lastMs = 0;
	#isClosed = false;

	/** @param port the server's */
	static async open(port: number, weather: Weather, seed: number): Promise<WeatherLink> {
		const [near, far] = await Promise.all([bound(), bound()]);
		return new WeatherLink(near, far, port, weather, seed);
	}

	private constructor(near: Socket, far: Socket, port: number, weather: Weather, seed: number) {
		this.#weather = weather;
		this.#near = near;
		this.#far = far;
		const up = new Chance(2 * seed);
		const down = new Chance(2 * seed + 1);
		near.on("message", (bytes, from) => {
			this.#firstMs ??= performance.now();
			this.#clientPort = from.port;
			this.#carry(up, () => far.send(Uint8Array.from(bytes), port, host));
		});
		far.on("message", (bytes) => {
			this.#carry(down, () => {
				this.#lastMs = performance.now();
				near.send(Uint8Array.from(bytes), this.#clientPort, host);
			});
		});
	}

	/** Where the client finds the server. */
	get port(): number {
		return this.#near.address().port;
	}

	/** From the client's first datagram to the last that reached it: without the start and the end of its program. */
	get tookMs(): number {
		return this.#lastMs - (this.#firstMs ?? this.#lastMs);
	}

	close(): void {
		this.#isClosed = true;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#near.close();
		this.#far.close();
	}

	#carry(chance: Chance, deliver: () => void): void {
		this.datagrams += 1;
		if (this.#isClosed || chance.below(100) < this.#weather.lossPercent) return;
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			deliver();
		}, this.#weather.rttMs / 2);
		this.#timers.add(timer);
	}
}

function bound(): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
		socket.once("error", reject);
		socket.bind(0, host, () => {
			socket.off("error", reject);
			// a client that is gone answers by ICMP; that is weather too
			socket.on("error", () => undefined);
			resolve(socket);
		});
	});
}
