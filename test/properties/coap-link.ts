import type { Endpoint } from "../../modules/coap/endpoint.ts";

export interface Weather {
	/** In percent. */
	readonly loss: number;
	readonly duplicates: number;
	readonly latencyMs: number;
	/** Added to the latency, drawn for each datagram: what reorders. */
	readonly spreadMs: number;
}

interface Flight {
	readonly bytes: Uint8Array;
	readonly to: Endpoint;
	readonly atMs: number;
}

/** Two peers and the air between them, in virtual time. */
export class Link {
	nowMs = 0;
	datagrams = 0;
	readonly #peers: readonly [Endpoint, Endpoint];
	readonly #weather: Weather;
	readonly #random: (bound: number) => number;
	#flights: Flight[] = [];
	#events: { atMs: number; run: () => void }[] = [];

	constructor(peers: readonly [Endpoint, Endpoint], weather: Weather, random: (bound: number) => number) {
		this.#peers = peers;
		this.#weather = weather;
		this.#random = random;
	}

	/** Has `run` called at `atMs`. */
	schedule(atMs: number, run: () => void): void {
		this.#events.push({ atMs, run });
	}

	/** Runs until nothing is due, in flight or scheduled. @throws when that is not before `untilMs` */
	settle(untilMs: number): void {
		for (let turn = 0; ; turn++) {
			if (turn > 200_000) throw new Error(`busy for ever at ${this.nowMs} ms`);
			this.#collect();
			const dueMs = Math.min(
				...this.#peers.map(({ deadlineMs }) => deadlineMs),
				...this.#flights.map(({ atMs }) => atMs),
				...this.#events.map(({ atMs }) => atMs),
			);
			if (dueMs === Number.POSITIVE_INFINITY) return;
			this.nowMs = Math.max(this.nowMs, dueMs);
			if (this.nowMs > untilMs) throw new Error(`still busy at ${this.nowMs} ms`);
			this.#turn();
		}
	}

	#turn(): void {
		const events = this.#events.filter(({ atMs }) => atMs <= this.nowMs);
		this.#events = this.#events.filter(({ atMs }) => atMs > this.nowMs);
		for (const { run } of events) run();
		for (const peer of this.#peers) if (peer.deadlineMs <= this.nowMs) this.#poll(peer);
		const landing = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
		this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
		for (const { bytes, to } of landing) {
			const copy = bytes.slice();
			to.receive(copy, 0, copy.length, this.nowMs);
			copy.fill(0xee);
		}
	}

	#poll(peer: Endpoint): void {
		peer.poll(this.nowMs);
		if (peer.deadlineMs <= this.nowMs) throw new Error(`the deadline did not move: ${peer.deadlineMs}`);
	}

	#collect(): void {
		for (const [index, peer] of this.#peers.entries()) {
			for (let bytes = peer.takeDatagram(); bytes !== undefined; bytes = peer.takeDatagram()) {
				this.datagrams += 1;
				const copies = this.#random(100) < this.#weather.duplicates ? 2 : 1;
				for (let copy = 0; copy < copies; copy++) {
					if (this.#random(100) < this.#weather.loss) continue;
					const atMs = this.nowMs + this.#weather.latencyMs + this.#random(this.#weather.spreadMs + 1);
					this.#flights.push({ bytes: bytes.slice(), to: this.#peers[1 - index]!, atMs });
				}
			}
		}
	}
}
