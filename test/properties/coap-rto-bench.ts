/**
 * How long requests take, and how much is sent for nothing, by the timeout of RFC 7252 and by the estimators, on links
 * in virtual time. `node build/js/test/properties/coap-rto-bench.js` prints the table of modules/coap/README.md.
 */
import { pathToFileURL } from "node:url";
import { Peer, type PeerListener } from "../../modules/coap/peer.ts";
import type { RtoEstimator } from "../../modules/coap/retransmission.ts";
import { CocoaRto } from "../../modules/coap/rto-cocoa.ts";
import { FasorRto } from "../../modules/coap/rto-fasor.ts";
import { seeded } from "../harness.ts";

/** A way between clients and their server; the same in both directions. */
export interface Way {
	readonly name: string;
	/** At a moment, without queues; each direction takes half, and up to a tenth more. */
	rttMs(nowMs: number): number;
	/** In percent. */
	readonly loss: number;
	/** The link is gone altogether for outageMs every so often, at random. */
	readonly outageMs?: number;
	readonly everyMs?: number;
	/** What a client waits between two requests; nothing when absent. */
	readonly thinkMs?: number;
	/** A bottleneck that all clients share: bytes per second, and how many bytes wait at most. */
	readonly bytesPerS?: number;
	readonly queueBytes?: number;
	readonly clients?: number;
}

export interface Figures {
	/** From request() to its end, of those that came through. */
	readonly meanMs: number;
	readonly p95Ms: number;
	/** Of 100 requests. */
	readonly failed: number;
	/** Retransmissions for 100 requests, and how many of them although an earlier copy's answer was on its way. */
	readonly resent: number;
	readonly spurious: number;
}

interface Copy {
	readonly answered: boolean;
}

interface Event {
	readonly atMs: number;
	readonly run: () => void;
}

const requestsEach = 50;

/** One run: every client asks, one request after the other, 40 bytes out and 60 back. */
class Run {
	nowMs = 0;
	readonly tookMs: number[] = [];
	failed = 0;
	resent = 0;
	spurious = 0;
	readonly #way: Way;
	readonly #random: (bound: number) => number;
	#events: Event[] = [];
	readonly #peers: Peer[] = [];
	/** When each direction of the bottleneck is free again. */
	readonly #freeMs = [0, 0];
	#outageFromMs: number;

	constructor(way: Way, estimator: (() => RtoEstimator) | undefined, seed: number) {
		this.#way = way;
		this.#random = seeded(seed);
		this.#outageFromMs = this.#nextOutage(0);
		for (let index = 0; index < (way.clients ?? 1); index++) this.#addClient(estimator?.());
	}

	run(): this {
		for (;;) {
			for (const collect of this.#collectors) collect();
			let dueMs = Number.POSITIVE_INFINITY;
			for (const { atMs } of this.#events) dueMs = Math.min(dueMs, atMs);
			for (const { deadlineMs } of this.#peers) dueMs = Math.min(dueMs, deadlineMs);
			if (dueMs === Number.POSITIVE_INFINITY) return this;
			this.nowMs = Math.max(this.nowMs, Math.ceil(dueMs));
			const due = this.#events.filter(({ atMs }) => atMs <= this.nowMs);
			this.#events = this.#events.filter(({ atMs }) => atMs > this.nowMs);
			for (const { run } of due) run();
			for (const peer of this.#peers) if (peer.deadlineMs <= this.nowMs) peer.poll(this.nowMs);
		}
	}

	readonly #collectors: (() => void)[] = [];

	#addClient(rto: RtoEstimator | undefined): void {
		const dice = { below: this.#random };
		const entropy = { fill: (bytes: Uint8Array) => bytes.set(bytes.map(() => this.#random(256))) };
		let left = requestsEach;
		let startedMs = 0;
		const ask = () => {
			const { thinkMs } = this.#way;
			if (thinkMs === undefined) send();
			else this.#events.push({ atMs: this.nowMs + thinkMs / 2 + this.#random(thinkMs), run: send });
		};
		const send = () => {
			if (left-- === 0) return;
			startedMs = this.nowMs;
			client.request({ code: 1, path: ["sensors", "temperature", "0123456789"] }, this.nowMs);
		};
		const none = () => {};
		const asks: PeerListener = {
			requested: none,
			observerGone: none,
			responded: () => {
				this.tookMs.push(this.nowMs - startedMs);
				ask();
			},
			failed: () => {
				this.failed += 1;
				ask();
			},
		};
		const payload = new Uint8Array(50);
		const serves: PeerListener = {
			...asks,
			requested: (request, nowMs) => void server.respond(request, { code: 0x45, payload }, nowMs),
		};
		const client: Peer = new Peer({ dice, entropy, listener: asks, ...(rto === undefined ? {} : { rto }) });
		const server: Peer = new Peer({ dice, entropy, listener: serves });
		this.#peers.push(client, server);
		const copies = new Map<number, Copy[]>();
		this.#collectors.push(() => {
			for (let bytes = client.takeDatagram(); bytes !== undefined; bytes = client.takeDatagram()) {
				this.#launch(client, server, bytes, copies);
			}
		});
		ask();
	}

	/** One copy of a request, and its answer. What becomes of both is drawn now, so that the next copy can be judged. */
	#launch(client: Peer, server: Peer, bytes: Uint8Array, copies: Map<number, Copy[]>): void {
		const messageId = (bytes[2]! << 8) | bytes[3]!;
		const earlier = copies.get(messageId) ?? [];
		if (earlier.length > 0) {
			this.resent += 1;
			if (earlier.some(({ answered }) => answered)) this.spurious += 1;
		}
		const copy = { answered: false };
		copies.set(messageId, [...earlier, copy]);
		if (copies.size > 8) copies.delete(copies.keys().next().value!);
		const answerIsLost = this.#random(100) < this.#way.loss;
		const there = this.#arrival(bytes.length, 0, this.nowMs);
		if (there === undefined || this.#random(100) < this.#way.loss) return;
		copy.answered = !answerIsLost;
		this.#events.push({
			atMs: there,
			run: () => {
				server.receive(bytes, 0, bytes.length, this.nowMs);
				const answer = server.takeDatagram()!;
				const back = this.#arrival(answer.length, 1, this.nowMs);
				if (back === undefined || answerIsLost) {
					copy.answered = false;
					return;
				}
				const run = () => void client.receive(answer, 0, answer.length, this.nowMs);
				this.#events.push({ atMs: back, run });
			},
		});
	}

	/** When a datagram of `size` bytes arrives that sets out at `atMs`; undefined when it does not. */
	#arrival(size: number, direction: 0 | 1, atMs: number): number | undefined {
		const { outageMs = 0, bytesPerS, queueBytes = 0 } = this.#way;
		while (atMs > this.#outageFromMs + outageMs) this.#outageFromMs = this.#nextOutage(this.#outageFromMs + outageMs);
		if (atMs >= this.#outageFromMs) return undefined;
		const oneWayMs = this.#way.rttMs(atMs) / 2;
		const tripMs = oneWayMs + this.#random(oneWayMs / 10 + 1);
		if (bytesPerS === undefined) return atMs + Math.ceil(tripMs);
		const waitsMs = Math.max(0, this.#freeMs[direction]! - atMs);
		const wire = size + 48; // IPv6 and UDP
		if ((waitsMs * bytesPerS) / 1000 + wire > queueBytes) return undefined;
		this.#freeMs[direction] = atMs + waitsMs + (wire * 1000) / bytesPerS;
		return Math.ceil(this.#freeMs[direction]! + tripMs);
	}

	#nextOutage(fromMs: number): number {
		const { everyMs } = this.#way;
		return everyMs === undefined ? Number.POSITIVE_INFINITY : fromMs + everyMs / 2 + this.#random(everyMs);
	}
}

const constant = (rttMs: number) => () => rttMs;

export const WAYS: readonly Way[] = [
	...[50, 500, 2000].flatMap((rttMs) =>
		[0, 5, 20].map((loss) => ({ name: `RTT ${rttMs} ms, loss ${loss} %`, rttMs: constant(rttMs), loss })),
	),
	...[50, 500, 2000].map((rttMs) => ({
		name: `RTT ${rttMs} ms, gone 10 s every 60 s`,
		rttMs: constant(rttMs),
		loss: 0,
		outageMs: 10_000,
		everyMs: 60_000,
		thinkMs: 10_000,
	})),
	{ name: "RTT 5 s, loss 5 %", rttMs: constant(5000), loss: 5 },
	{
		name: "RTT 200 ms, 4 s for every other minute",
		rttMs: (nowMs) => (nowMs % 120_000 < 60_000 ? 200 : 4000),
		loss: 2,
		thinkMs: 10_000,
	},
	{
		name: "8 clients on 1 kB/s, queue 4 kB",
		rttMs: constant(200),
		loss: 0,
		bytesPerS: 1000,
		queueBytes: 4000,
		clients: 8,
	},
	{
		name: "24 clients on 1 kB/s, queue 8 kB",
		rttMs: constant(200),
		loss: 0,
		bytesPerS: 1000,
		queueBytes: 8000,
		clients: 24,
	},
];

export const ESTIMATORS: Readonly<Record<string, (() => RtoEstimator) | undefined>> = {
	"RFC 7252": undefined,
	CoCoA: () => new CocoaRto(),
	FASOR: () => new FasorRto(),
};

/** Runs `seeds` worlds over one way with one estimator. */
export function measure(way: Way, estimator: (() => RtoEstimator) | undefined, seeds: number): Figures {
	const tookMs: number[] = [];
	let failed = 0;
	let resent = 0;
	let spurious = 0;
	for (let seed = 1; seed <= seeds; seed++) {
		const run = new Run(way, estimator, seed * 7919).run();
		tookMs.push(...run.tookMs);
		failed += run.failed;
		resent += run.resent;
		spurious += run.spurious;
	}
	tookMs.sort((a, b) => a - b);
	const hundreds = (tookMs.length + failed) / 100;
	return {
		meanMs: Math.round(tookMs.reduce((sum, one) => sum + one, 0) / tookMs.length),
		p95Ms: tookMs[Math.floor(tookMs.length * 0.95)]!,
		failed: failed / hundreds,
		resent: resent / hundreds,
		spurious: spurious / hundreds,
	};
}

/** The table as Markdown: for each way and estimator mean / 95th percentile in s, spurious of all resent, failed. */
export function table(seeds: number): string {
	const names = Object.keys(ESTIMATORS);
	const lines = [`| Link | ${names.join(" | ")} |`, `| --- |${names.map(() => " --- |").join("")}`];
	for (const way of WAYS) {
		const cells = names.map((name) => {
			const { meanMs, p95Ms, failed, resent, spurious } = measure(way, ESTIMATORS[name], seeds);
			const times = `${(meanMs / 1000).toFixed(2)} / ${(p95Ms / 1000).toFixed(1)}`;
			const failures = failed === 0 ? "" : `; ${failed.toFixed(1)} failed`;
			return `${times}; ${spurious.toFixed(1)} of ${resent.toFixed(1)}${failures}`;
		});
		lines.push(`| ${way.name} | ${cells.join(" | ")} |`);
	}
	return lines.join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	process.stdout.write(`${table(Number(process.argv[2] ?? 20))}\n`);
}
