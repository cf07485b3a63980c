/**
 * Two peers over a network that loses, doubles and reorders. Whatever happens:
 * - a POST is executed at most once, and exactly once when its 2.04 came;
 * - every request ends, once, in bounded time, and what is delivered is whole and right;
 * - an observer that is still there has the newest state in the end (nothing lost for good);
 * - poll() moves the deadline, and nothing is left when all is quiet.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { isFresher } from "../../modules/coap/observe.ts";
import { Peer, type PeerListener, type Request, type RequestOptions, type Response } from "../../modules/coap/peer.ts";
import { seeded } from "../harness.ts";
import { fc } from "../seed.ts";
import { Link, type Weather } from "./coap-link.ts";

interface Step {
	readonly kind: "post" | "get" | "put" | "fetch";
	readonly atMs: number;
	readonly size: number;
	readonly confirmable: boolean;
	/** How long the server thinks about it. */
	readonly thinkMs: number;
}

/** A body whose every byte depends on who made it. */
const bodyOf = (id: number, size: number) =>
	new Uint8Array(size + 4).map((_, at) => (at < 4 ? id >> (8 * at) : (id * 31 + at) & 0xff));
const idOf = (body: Uint8Array) => body[0]! | (body[1]! << 8);

const entropyOf = (random: (bound: number) => number) => ({
	fill: (bytes: Uint8Array) => {
		for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
	},
});

class World {
	readonly link: Link;
	readonly client: Peer;
	readonly server: Peer;
	readonly executed = new Map<number, number>();
	readonly ended = new Map<number, Response | string>();
	readonly #steps = new Map<number, Step>();
	readonly #ids = new Map<number, number>();

	constructor(weather: Weather, blockSizeBytes: number, nstart: number, seed: number) {
		const random = seeded(seed);
		const entropy = entropyOf(random);
		const dice = { below: random };
		// what is executed must not be refused for want of room here: that has tests of its own
		const limits = { requests: 64, incoming: 32, remembered: 64, replyBytes: 65_536, outbox: 256, bodies: 8 };
		const asks: PeerListener = {
			requested: () => ok(false, "the server asks nothing"),
			responded: (id, response) => this.#end(id, response),
			failed: (id, reason) => this.#end(id, reason),
			observerGone: () => ok(false, "the client is not observed"),
		};
		const serves: PeerListener = {
			...asks,
			requested: (request, nowMs) => this.#serve(request, nowMs),
			responded: () => ok(false, "nothing was asked"),
		};
		this.client = new Peer({
			dice,
			entropy,
			listener: asks,
			tuning: { nstart },
			limits: { ...limits, blockSizeBytes },
		});
		this.server = new Peer({ dice, entropy, listener: serves, limits });
		this.link = new Link([this.client, this.server], weather, random);
	}

	plan(id: number, step: Step): void {
		this.#steps.set(id, step);
		this.link.schedule(step.atMs, () => {
			const code = { get: 1, post: 2, put: 3, fetch: 5 }[step.kind];
			const options: RequestOptions = {
				code,
				path: [step.kind, String(id)],
				...(step.kind === "get" ? {} : { payload: bodyOf(id, step.size) }),
				type: step.confirmable ? "confirmable" : "nonConfirmable",
			};
			this.#ids.set(this.client.request(options, this.link.nowMs), id);
		});
	}

	#serve(request: Request, nowMs: number): void {
		const id = Number(request.path[1]);
		const step = this.#steps.get(id)!;
		if (request.code !== 1) deepEqual(request.payload, bodyOf(id, step.size), "the request's body is whole");
		this.executed.set(id, (this.executed.get(id) ?? 0) + 1);
		const asksForData = request.code === 1 || request.code === 5;
		const response = asksForData ? { code: 0x45, payload: bodyOf(id, step.size) } : { code: 0x44 };
		if (step.thinkMs === 0) this.server.respond(request, response, nowMs);
		else this.link.schedule(nowMs + step.thinkMs, () => this.server.respond(request, response, this.link.nowMs));
	}

	#end(requestId: number, what: Response | string): void {
		const id = this.#ids.get(requestId)!;
		ok(!this.ended.has(id), `request ${id} ended twice`);
		this.ended.set(id, what);
	}

	check(perfect: boolean): void {
		for (const [id, step] of this.#steps) {
			const end = this.ended.get(id);
			const times = this.executed.get(id) ?? 0;
			ok(end !== undefined, `request ${id} never ended`);
			if (step.kind === "post") ok(times <= 1, `POST ${id} executed ${times} times`);
			if (typeof end === "string") {
				ok(!perfect, `request ${id} failed on a perfect link: ${end}`);
				ok(["timedOut", "reset", "malformed", "changed"].includes(end), end);
				continue;
			}
			const isSuccess = end.code >> 5 === 2;
			ok(isSuccess || [0x88, 0x80].includes(end.code), `request ${id} got ${end.code}`);
			if (!isSuccess) ok(!perfect, `request ${id} got ${end.code} on a perfect link`);
			if (step.kind === "post" && isSuccess) equal(times, 1);
			if (isSuccess && (step.kind === "get" || step.kind === "fetch")) deepEqual(end.payload, bodyOf(id, step.size));
		}
	}

	isEmpty(): void {
		for (const peer of [this.client, this.server]) {
			peer.poll(this.link.nowMs + 1_000_000);
			deepEqual(new Set(Object.values(peer.figures)), new Set([0]));
			equal(peer.deadlineMs, Number.POSITIVE_INFINITY);
		}
	}
}

const weather = fc.record({
	loss: fc.constantFrom(0, 5, 20, 50, 100),
	duplicates: fc.constantFrom(0, 20, 60),
	latencyMs: fc.constantFrom(0, 30, 1500, 5000),
	spreadMs: fc.constantFrom(0, 100, 8000),
});
const step: fc.Arbitrary<Step> = fc.record({
	kind: fc.constantFrom("post" as const, "get" as const, "put" as const, "fetch" as const),
	atMs: fc.nat(60_000),
	size: fc.constantFrom(0, 10, 60, 300, 1500),
	confirmable: fc.boolean(),
	thinkMs: fc.constantFrom(0, 0, 200, 700, 5000),
});
const seed = fc.integer({ min: 1, max: 0x7fffffff });
const runs = Number(process.env.COAP_RUNS ?? 300);

test("requests of all kinds over any network", () => {
	let failures = 0;
	let successes = 0;
	const plan = fc.array(step, { minLength: 1, maxLength: 12 });
	const property = fc.property(
		weather,
		plan,
		fc.constantFrom(32, 64, 1024),
		fc.constantFrom(1, 3),
		seed,
		(air, steps, block, nstart, from) => {
			const world = new World(air, block, nstart, from);
			for (const [index, one] of steps.entries()) world.plan(index + 1, one);
			// 93 s of resending and 93 s of waiting for a response, for each block of each request in turn
			world.link.settle(60_000 + steps.length * 60 * 186_000);
			const perfect = air.loss === 0 && air.spreadMs === 0 && air.latencyMs <= 30;
			world.check(perfect);
			world.isEmpty();
			for (const end of world.ended.values()) {
				if (typeof end === "string") failures += 1;
				else successes += 1;
			}
		},
	);
	fc.assert(property, { numRuns: runs, includeErrorInReport: true });
	ok(successes > runs && failures > runs / 10, `${successes} came through, ${failures} did not: both must happen`);
});

test("observers over any network: in the end the newest state, or the observation is over on both sides", () => {
	let newest = 0;
	let over = 0;
	const states = fc.array(
		fc.record({ afterMs: fc.nat(20_000), size: fc.constantFrom(5, 500, 1500), confirmable: fc.boolean() }),
		{
			minLength: 1,
			maxLength: 10,
		},
	);
	const property = fc.property(weather, states, fc.constantFrom(64, 1024), seed, (air, changes, block, from) => {
		const random = seeded(from);
		const entropy = entropyOf(random);
		const dice = { below: random };
		let version = 1;
		let size = 5;
		let sequence = 0xfffffa;
		let token: Uint8Array | undefined;
		let seen: Uint8Array | undefined;
		let isOver = false;
		let lastSequence = 0;
		let lastMs = 0;
		const state = () => ({ code: 0x45, payload: bodyOf(version, size) });
		const server: Peer = new Peer({
			dice,
			entropy,
			limits: { blockSizeBytes: block, outbox: 64 },
			listener: {
				requested: (request, nowMs) => {
					server.respond(request, { ...state(), ...(request.observe === 0 ? { observe: ++sequence } : {}) }, nowMs);
					if (request.observe === 0) token = request.token;
				},
				responded: () => ok(false),
				failed: () => ok(false),
				observerGone: () => (token = undefined),
			},
		});
		const client: Peer = new Peer({
			dice,
			entropy,
			limits: { outbox: 64 },
			listener: {
				requested: () => ok(false),
				responded: (_, response, nowMs) => {
					// by sequence numbers: a body fetched again from its start may be newer than the notification that began it
					const later = seen === undefined || isFresher(response.observe!, nowMs, lastSequence, lastMs);
					ok(later, "never back to an older notification");
					lastSequence = response.observe!;
					lastMs = nowMs;
					deepEqual(
						response.payload.subarray(4),
						bodyOf(idOf(response.payload), response.payload.length - 4).subarray(4),
					);
					seen = response.payload;
				},
				failed: () => (isOver = true),
				observerGone: () => ok(false),
			},
		});
		const link = new Link([client, server], air, random);
		client.request({ code: 1, path: ["o"], observe: 0 }, 0);
		let atMs = 10_000;
		for (const change of changes) {
			atMs += change.afterMs;
			link.schedule(atMs, () => {
				version += 1;
				size = change.size;
				if (token === undefined) return;
				const isLast = change === changes.at(-1);
				const type = change.confirmable || isLast ? "confirmable" : "nonConfirmable";
				server.notify(token, { ...state(), observe: ++sequence }, type, link.nowMs);
			});
		}
		link.settle(3_600_000);
		if (!isOver && token !== undefined && seen !== undefined) {
			equal(idOf(seen), version, "the newest state came");
			newest += 1;
		} else over += 1;
		client.reset();
		if (token !== undefined) server.forgetObserver(token);
		for (const peer of [client, server]) {
			peer.poll(link.nowMs + 1_000_000);
			deepEqual(new Set(Object.values(peer.figures)), new Set([0]));
		}
	});
	fc.assert(property, { numRuns: runs, includeErrorInReport: true });
	ok(newest > runs / 4 && over > runs / 10, `${newest} newest, ${over} over: both must happen`);
});
