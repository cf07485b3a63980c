import type { Association } from "../../modules/dtls/association.ts";

export interface DtlsWeather {
	/** In percent, each way. */
	readonly loss: number;
	readonly duplicates: number;
	readonly latencyMs: number;
	/** Added to the latency, drawn for each datagram: what reorders. */
	readonly spreadMs: number;
}

interface Underway {
	readonly bytes: Uint8Array;
	readonly to: Association;
	readonly atMs: number;
}

/** A client and a server, and the air between them, in virtual time. */
export class DtlsLink {
	nowMs = 0;
	datagrams = 0;
	/** Those that came, bytes too. */
	bytes = 0;
	/** Of one datagram, in bytes. */
	largest = 0;
	private readonly client: Association;
	private readonly server: Association;
	private readonly weather: DtlsWeather;
	private readonly random: (bound: number) => number;
	private underway: Underway[] = [];

	constructor(client: Association, server: Association, weather: DtlsWeather, random: (bound: number) => number) {
		this.client = client;
		this.server = server;
		this.weather = weather;
		this.random = random;
	}

	/** Runs until nothing is due or under way, or `isEnough`. @throws when that is not before `untilMs` */
	run(untilMs: number, isEnough: () => boolean = () => false): void {
		for (let turn = 0; turn < 100_000; turn++) {
			this.collect(this.client, this.server);
			this.collect(this.server, this.client);
			if (isEnough()) return;
			const dueMs = Math.min(this.client.deadlineMs, this.server.deadlineMs, ...this.underway.map(({ atMs }) => atMs));
			if (dueMs === Number.POSITIVE_INFINITY) return;
			this.nowMs = Math.max(this.nowMs, dueMs);
			if (this.nowMs > untilMs) throw new Error(`still busy at ${this.nowMs} ms`);
			for (const association of [this.client, this.server]) {
				if (association.deadlineMs > this.nowMs) continue;
				association.poll(this.nowMs);
				if (association.deadlineMs <= this.nowMs) throw new Error("the deadline did not move");
			}
			const landing = this.underway.filter(({ atMs }) => atMs <= this.nowMs);
			this.underway = this.underway.filter(({ atMs }) => atMs > this.nowMs);
			for (const { bytes, to } of landing) {
				to.receive(bytes, 0, bytes.length, this.nowMs);
				bytes.fill(0xee);
			}
		}
		throw new Error("busy for ever");
	}

	private collect(from: Association, to: Association): void {
		for (let bytes = from.takeDatagram(); bytes !== undefined; bytes = from.takeDatagram()) {
			this.datagrams += 1;
			this.bytes += bytes.length;
			this.largest = Math.max(this.largest, bytes.length);
			const copies = this.random(100) < this.weather.duplicates ? 2 : 1;
			for (let copy = 0; copy < copies; copy++) {
				if (this.random(100) < this.weather.loss) continue;
				const atMs = this.nowMs + this.weather.latencyMs + this.random(this.weather.spreadMs + 1);
				this.underway.push({ bytes: bytes.slice(), to, atMs });
			}
		}
	}
}
