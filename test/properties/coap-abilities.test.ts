/**
 * Two peers with all abilities composed in, over a network that loses, doubles and reorders, with a server that
 * challenges, is busy, and is asked not to answer. Whatever happens:
 * - a POST is executed at most once, and exactly once when its 2.04 came; one that must be fresh never without a fresh
 *   Echo;
 * - bodies that go by blocks to one resource at once are never mixed;
 * - every request ends, once; no response comes that was not wanted;
 * - no peer ever holds more than its limits, and nothing is left when all is quiet.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Abilities } from "../../modules/coap/ability.ts";
import { EchoChallenge, EchoReply } from "../../modules/coap/echo.ts";
import { HoldBack } from "../../modules/coap/hold-back.ts";
import { NoResponse, noResponse } from "../../modules/coap/no-response.ts";
import { Peer, type PeerListener, type Request, type Response } from "../../modules/coap/peer.ts";
import { Probing } from "../../modules/coap/probing.ts";
import { RequestTag } from "../../modules/coap/request-tag.ts";
import { CocoaRto } from "../../modules/coap/rto-cocoa.ts";
import { FasorRto } from "../../modules/coap/rto-fasor.ts";
import { seeded } from "../harness.ts";
import { fc } from "../seed.ts";
import { Link, type Weather } from "./coap-link.ts";

interface Step {
	readonly kind: "post" | "fresh" | "put" | "get";
	readonly atMs: number;
	readonly size: number;
	readonly confirmable: boolean;
	readonly thinkMs: number;
	/** No-Response; undefined goes without. */
	readonly notWanted: number | undefined;
}

interface Setting {
	readonly weather: Weather;
	readonly rto: "none" | "cocoa" | "fasor";
	/** PROBING_RATE; undefined does without. */
	readonly bytesPerS: number | undefined;
	readonly nstart: number;
	/** Of 100 requests so many are answered 4.29 or 5.03. */
	readonly busy: number;
	readonly seed: number;
}

const bodyOf = (id: number, size: number) =>
	new Uint8Array(size + 4).map((_, at) => (at < 4 ? id >> (8 * at) : (id * 31 + at) & 0xff));
const idOf = (body: Uint8Array) => body[0]! | (body[1]! << 8);
const limits = { requests: 32, incoming: 16, remembered: 64, replyBytes: 65_536, outbox: 128, bodies: 6 };

class World {
	readonly link: Link;
	readonly client: Peer;
	readonly server: Peer;
	readonly probing: Probing | undefined;
	readonly executed = new Map<number, number>();
	readonly ended = new Map<number, Response | string>();
	readonly #steps: readonly Step[];
	readonly #ids = new Map<number, number>();
	readonly #echo: EchoChallenge;
	readonly #holdBack = new HoldBack({ longestMs: 20_000 });
	readonly #random: (bound: number) => number;
	readonly #busy: number;

	constructor({ weather, rto, bytesPerS, nstart, busy, seed }: Setting, steps: readonly Step[]) {
		const random = seeded(seed);
		const entropy = { fill: (bytes: Uint8Array) => bytes.set(bytes.map(() => random(256))) };
		const dice = { below: random };
		this.#random = random;
		this.#busy = busy;
		this.#steps = steps;
		this.#echo = new EchoChallenge(entropy, { freshMs: 30_000 });
		const asks: PeerListener = {
			requested: () => ok(false, "the server asks nothing"),
			responded: (id, response) => this.#end(id, response),
			failed: (id, reason) => this.#end(id, reason),
			observerGone: () => ok(false, "nobody observes"),
		};
		const serves = { ...asks, requested: (request: Request, nowMs: number) => this.#serve(request, nowMs) };
		const abilities = [new NoResponse(), this.#holdBack, new EchoReply(), new RequestTag({ when: "always" })];
		const estimators = { none: {}, cocoa: { rto: new CocoaRto() }, fasor: { rto: new FasorRto() } };
		this.client = new Peer({
			dice,
			entropy,
			listener: asks,
			tuning: { nstart },
			limits: { ...limits, blockSizeBytes: 64 },
			abilities: new Abilities(abilities),
			...estimators[rto],
		});
		this.server = new Peer({ dice, entropy, listener: serves, limits, abilities: new Abilities([new NoResponse()]) });
		this.probing = bytesPerS === undefined ? undefined : new Probing(this.client, { bytesPerS, burstBytes: 200 });
		this.link = new Link([this.probing ?? this.client, this.server], weather, random);
		for (const [id, step] of steps.entries()) this.link.schedule(step.atMs, () => this.#ask(id, step));
	}

	#ask(id: number, { kind, size, confirmable, notWanted }: Step): void {
		const options = notWanted === undefined ? {} : { options: [noResponse(notWanted)] };
		const requestId = this.client.request(
			{
				code: { post: 2, fresh: 2, put: 3, get: 1 }[kind],
				path: [kind],
				...(kind === "get" ? { query: [String(id)] } : { payload: bodyOf(id, size) }),
				type: confirmable ? "confirmable" : "nonConfirmable",
				...options,
			},
			this.link.nowMs,
		);
		this.#ids.set(requestId, id);
		this.isBounded();
	}

	#serve(request: Request, nowMs: number): void {
		this.isBounded();
		if (this.#random(100) < this.#busy) {
			const code = this.#random(2) === 0 ? 0x9d : 0xa3;
			this.server.respond(request, { code, maxAgeS: 1 + this.#random(40) }, nowMs);
			return;
		}
		const [kind] = request.path;
		if (kind === "fresh" && !this.#echo.isFresh(request, nowMs)) {
			this.server.respond(request, this.#echo.challenge(nowMs), nowMs);
			return;
		}
		const id = kind === "get" ? Number(request.query[0]) : idOf(request.payload);
		const step = this.#steps[id]!;
		equal(step.kind, kind);
		if (kind !== "get") deepEqual(request.payload, bodyOf(id, step.size), "bodies are never mixed");
		this.executed.set(id, (this.executed.get(id) ?? 0) + 1);
		const response = kind === "get" ? { code: 0x45, payload: bodyOf(id, step.size) } : { code: 0x44 };
		const answer = () => this.server.respond(request, response, this.link.nowMs);
		if (step.thinkMs === 0) answer();
		else this.link.schedule(nowMs + step.thinkMs, answer);
	}

	#end(requestId: number, what: Response | string): void {
		const id = this.#ids.get(requestId)!;
		ok(!this.ended.has(id), `request ${id} ended twice`);
		this.ended.set(id, what);
		this.isBounded();
	}

	isBounded(): void {
		for (const peer of [this.client, this.server]) {
			const { requests, incoming, bodies, remembered, replyBytes, outbox } = peer.figures;
			ok(requests <= limits.requests && incoming <= limits.incoming && bodies <= 2 * limits.bodies);
			ok(remembered <= limits.remembered && replyBytes <= limits.replyBytes && outbox <= limits.outbox);
		}
		ok((this.probing?.figures.waiting ?? 0) <= 8);
		ok(this.#holdBack.untilMs <= this.link.nowMs + 20_000, "held back longer than allowed");
	}

	check(): void {
		for (const [id, { kind, notWanted }] of this.#steps.entries()) {
			const end = this.ended.get(id);
			const times = this.executed.get(id) ?? 0;
			ok(end !== undefined, `request ${id} never ended`);
			if (kind === "post" || kind === "fresh") ok(times <= 1, `POST ${id} executed ${times} times`);
			if (typeof end === "string") {
				ok(["timedOut", "reset", "malformed", "suppressed"].includes(end), end);
				if (end === "suppressed") ok(notWanted !== undefined && notWanted > 0, `${id} wanted its response`);
				continue;
			}
			const isSuccess = end.code >> 5 === 2;
			if (isSuccess && (kind === "post" || kind === "fresh")) equal(times, 1, "told of what was not done");
			if (isSuccess && kind === "get") deepEqual(end.payload, bodyOf(id, this.#steps[id]!.size));
			// what goes by blocks is told of its blocks; only the last answer can be spared
			if (notWanted !== undefined) equal(notWanted & (1 << ((end.code >> 5) - 1)), 0, `${end.code} was not wanted`);
		}
	}

	isEmpty(): void {
		for (const peer of [this.client, this.server]) {
			peer.poll(this.link.nowMs + 1_000_000);
			deepEqual(new Set(Object.values(peer.figures)), new Set([0]));
			equal(peer.deadlineMs, Number.POSITIVE_INFINITY);
		}
		equal(this.probing?.figures.waiting ?? 0, 0);
	}
}

const setting: fc.Arbitrary<Setting> = fc.record({
	weather: fc.record({
		loss: fc.constantFrom(0, 5, 20, 50, 100),
		duplicates: fc.constantFrom(0, 20, 60),
		latencyMs: fc.constantFrom(0, 30, 1500, 5000),
		spreadMs: fc.constantFrom(0, 100, 8000),
	}),
	rto: fc.constantFrom("none", "cocoa", "fasor"),
	bytesPerS: fc.constantFrom(undefined, undefined, 1, 20),
	nstart: fc.constantFrom(1, 3),
	busy: fc.constantFrom(0, 10, 40),
	seed: fc.integer({ min: 1, max: 0x7fffffff }),
});
const step: fc.Arbitrary<Step> = fc.record({
	kind: fc.constantFrom("post", "fresh", "put", "get"),
	atMs: fc.nat(60_000),
	size: fc.constantFrom(0, 10, 100, 500),
	confirmable: fc.boolean(),
	thinkMs: fc.constantFrom(0, 0, 200, 700, 5000),
	notWanted: fc.constantFrom(undefined, undefined, undefined, 0, 2, 8, 16, 26),
});

test("all abilities over any network", () => {
	const seen = new Map<string, number>();
	const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
	const property = fc.property(setting, fc.array(step, { minLength: 1, maxLength: 12 }), (one, steps) => {
		const world = new World(one, steps);
		world.link.settle(60_000 + steps.length * 60 * 206_000);
		world.check();
		world.isEmpty();
		for (const [id, end] of world.ended) {
			count(typeof end === "string" ? end : `${end.code >> 5}`);
			if (steps[id]!.kind === "fresh" && typeof end !== "string" && end.code === 0x44) count("fresh");
			if (typeof end !== "string" && end.code === 0x9d) count("busy");
		}
	});
	const runs = Number(process.env.COAP_RUNS ?? 300);
	fc.assert(property, { numRuns: runs, includeErrorInReport: true });
	for (const what of ["2", "4", "5", "timedOut", "suppressed", "fresh", "busy"]) {
		ok((seen.get(what) ?? 0) > runs / 20, `"${what}" happened ${seen.get(what) ?? 0} times: all must happen`);
	}
});
