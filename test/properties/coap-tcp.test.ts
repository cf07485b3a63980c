/**
 * CoAP over TCP as a whole, two peers and a stream each way that is cut anywhere. Invariants: every request is executed
 * once and answered once, bodies arrive as they were sent, notifications come in order and end with the newest, nothing
 * is left when all is quiet; and whatever bytes come in, a peer answers, holds no more than its limits, and ends.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Request, Response } from "../../modules/coap/peer.ts";
import { FrameReader } from "../../modules/coap/tcp-frame.ts";
import { TcpPeer } from "../../modules/coap/tcp-peer.ts";
import { DEVICE_LIMITS, type Limits } from "../../modules/coap/tuning.ts";
import { fc } from "../seed.ts";

const QUIET = { requests: 0, incoming: 0, observers: 0, bodies: 0, outbox: 0, held: 0 };
const body = (size: number, salt: number) => new Uint8Array(size).map((_, index) => index * 31 + salt);

/** An endpoint that counts what it executes, and keeps what it hears. */
class Side {
	readonly peer: TcpPeer;
	readonly executed: string[] = [];
	readonly answers = new Map<number, Response[]>();
	readonly failures: string[] = [];
	readonly closed: string[] = [];
	readonly observers: Uint8Array[] = [];
	readonly waiting: Request[] = [];
	nowMs = 0;
	/** What comes in is nonsense. */
	isHostile = false;

	constructor(limits: Partial<Limits>, random: (bound: number) => number) {
		const fill = (bytes: Uint8Array) => {
			for (let index = 0; index < bytes.length; index++) bytes[index] = random(256);
		};
		this.peer = new TcpPeer({
			entropy: { fill },
			limits: { requests: 64, incoming: 64, bodies: 64, bodyBytes: 1 << 20, ...limits },
			listener: {
				requested: (request, nowMs) => this.#requested(request, nowMs),
				responded: (id, response) => this.answers.set(id, [...(this.answers.get(id) ?? []), response]),
				failed: (id, reason) => this.failures.push(`${id} ${reason}`),
				observerGone: () => this.failures.push("gone"),
				closed: ({ why, fault }) => this.closed.push(`${why} ${fault?.code}`),
			},
		});
	}

	#requested(request: Request, nowMs: number): void {
		const [name = "", ...rest] = request.path;
		this.executed.push(request.path.join("/"));
		if (name === "late") this.waiting.push(request);
		else if (name === "observed") {
			if (request.observe === 0) this.observers.push(request.token);
			this.peer.respond(request, { code: 0x45, observe: 0, payload: body(1, 0) }, nowMs);
		} else this.#answer(request, this.isHostile ? 1 : Number(rest[0] ?? 0), nowMs);
	}

	#answer(request: Request, size: number, nowMs: number): void {
		if (!this.isHostile)
			equal(Buffer.compare(request.payload, body(request.payload.length, 7)), 0, "the request's body");
		this.peer.respond(request, { code: 0x45, payload: body(size, request.payload.length) }, nowMs);
	}

	answerLate(): void {
		for (const request of this.waiting.splice(0).reverse()) this.#answer(request, Number(request.path[1]), this.nowMs);
	}
}

/** Two sides and a stream each way, cut into pieces of drawn sizes. */
class Wire {
	readonly sides: readonly [Side, Side];
	readonly #random: (bound: number) => number;
	readonly #pieceMax: number;
	readonly #streams: [number[], number[]] = [[], []];

	constructor(
		limits: readonly [Partial<Limits>, Partial<Limits>],
		pieceMax: number,
		random: (bound: number) => number,
	) {
		this.sides = [new Side(limits[0], random), new Side(limits[1], random)];
		this.#pieceMax = pieceMax;
		this.#random = random;
	}

	/** Lets bytes through until nothing moves. */
	settle(): void {
		for (let turns = 0; this.#turn(); turns++) ok(turns < 200_000, "busy for ever");
	}

	#turn(): boolean {
		let moved = false;
		for (const [index, { peer, nowMs }] of this.sides.entries()) {
			const out = this.#streams[1 - index]!;
			if (out.length < 4000) {
				const bytes = peer.takeDatagram();
				if (bytes !== undefined) {
					moved = true;
					for (const byte of bytes) out.push(byte);
				}
			}
			const stream = this.#streams[index]!;
			const size = Math.min(stream.length, 1 + this.#random(this.#pieceMax));
			const piece = Uint8Array.from(stream.slice(0, size));
			equal(peer.receive(piece, 0, size, nowMs), undefined);
			if (size > 0) stream.splice(0, peer.takenTo);
			moved ||= size > 0;
			piece.fill(0xee);
			if (peer.deadlineMs <= nowMs) {
				peer.poll(nowMs);
				moved = true;
			}
		}
		return moved;
	}
}

const limitSets: readonly Partial<Limits>[] = [
	{},
	{ blockSizeBytes: 64, outbox: 2 },
	{ messageBytes: 3500, blockSizeBytes: 3072 },
	{ messageBytes: 70_000, blockSizeBytes: 65_536 },
];

const order = fc.record({
	by: fc.constantFrom(0, 1),
	name: fc.constantFrom("now", "late"),
	size: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1000, max: 9000 })),
	answer: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1000, max: 9000 })),
	settles: fc.boolean(),
});

test("every request is executed and answered once, with the bodies that were sent, however the stream is cut", () => {
	fc.assert(
		fc.property(
			fc.array(order, { minLength: 1, maxLength: 12 }),
			fc.constantFrom(...limitSets),
			fc.constantFrom(...limitSets),
			fc.constantFrom(1, 3, 50, 1500, 100_000),
			fc.infiniteStream(fc.nat()),
			(orders, first, second, pieceMax, chance) => {
				const random = (bound: number) => chance.next().value % bound;
				const wire = new Wire([first, second], pieceMax, random);
				const wanted = new Map<string, { side: Side; id: number; size: number; answer: number }>();
				const ask = ({ by, name, size, answer }: (typeof orders)[number], index: number) => {
					const side = wire.sides[by]!;
					const path = [name, String(answer), String(index)];
					const id = side.peer.request({ code: 5, path, payload: body(size, 7) }, 0);
					wanted.set(path.join("/"), { side, id, size, answer });
				};
				// some requests are there before the connection is
				for (const [index, one] of orders.slice(0, 3).entries()) ask(one, index);
				for (const { peer } of wire.sides) peer.connected(0);
				for (const [index, one] of orders.slice(3).entries()) {
					ask(one, index + 3);
					if (one.settles) wire.settle();
				}
				wire.settle();
				for (const side of wire.sides) side.answerLate();
				wire.settle();
				const executed = wire.sides.flatMap((side) => side.executed);
				deepEqual([...executed].sort(), [...wanted.keys()].sort());
				for (const [path, { side, id, size, answer }] of wanted) {
					const answers = side.answers.get(id) ?? [];
					equal(answers.length, 1, path);
					equal(answers[0]!.code, 0x45, path);
					equal(Buffer.compare(answers[0]!.payload, body(answer, size)), 0, path);
				}
				for (const side of wire.sides) {
					deepEqual(side.failures, []);
					deepEqual(side.peer.figures, QUIET);
				}
			},
		),
		{ numRuns: 80 },
	);
});

test("notifications come in order, and the newest always comes; cancel() ends them at both ends", () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.nat(2), fc.boolean()), { minLength: 1, maxLength: 40 }),
			fc.constantFrom(1, 40, 5000),
			fc.infiniteStream(fc.nat()),
			(notes, pieceMax, chance) => {
				const wire = new Wire([{}, { outbox: 3 }], pieceMax, (bound) => chance.next().value % bound);
				const [client, server] = wire.sides;
				for (const { peer } of wire.sides) peer.connected(0);
				const ids = [0, 1, 2].map((n) =>
					client.peer.request({ code: 1, path: ["observed", String(n)], observe: 0 }, 0),
				);
				wire.settle();
				equal(server.observers.length, 3);
				const newest = [0, 0, 0];
				for (const [index, [which, settles]] of notes.entries()) {
					const payload = body(1, index + 1);
					newest[which] = index + 1;
					ok(server.peer.notify(server.observers[which]!, { code: 0x45, observe: 5, payload }, "confirmable", 0));
					if (settles) wire.settle();
				}
				wire.settle();
				for (const [which, id] of ids.entries()) {
					const seen = client.answers.get(id)!.map(({ payload }) => payload[0]!);
					deepEqual(
						seen,
						[...new Set(seen)].sort((a, b) => a - b),
						"in order",
					);
					equal(seen.at(-1), newest[which]! & 255, "the newest");
					client.peer.cancel(id);
				}
				wire.settle();
				for (const side of wire.sides) deepEqual(side.peer.figures, QUIET);
				deepEqual(client.failures, []);
			},
		),
		{ numRuns: 100 },
	);
});

/** Frames that are nearly right, and bytes that are not. */
const nonsense = fc.oneof(
	fc.uint8Array({ minLength: 1, maxLength: 40 }),
	fc.tuple(fc.nat(12), fc.nat(255), fc.uint8Array({ maxLength: 12 })).map(([token, code, rest]) => {
		const tail = new Uint8Array(token + rest.length).fill(7);
		tail.set(rest, token);
		return Uint8Array.from([(rest.length << 4) | token, code, ...tail]);
	}),
	fc
		.constantFrom([0x00, 0xe1], [0x00, 0xe2], [0x10, 0xe2, 0x20], [0x00, 0xe4], [0x01, 0x01, 0x55], [0x00, 0x00])
		.map((bytes) => Uint8Array.from(bytes)),
);

test("whatever bytes come in, a peer answers, keeps to its limits, and ends when the stream does", () => {
	fc.assert(
		fc.property(fc.array(nonsense, { maxLength: 60 }), fc.boolean(), fc.nat(3), (pieces, isOpen, reads) => {
			const side = new Side({ outbox: 3, incoming: 2, observers: 4 }, () => 1);
			const { peer } = side;
			side.isHostile = true;
			const out = new FrameReader(DEVICE_LIMITS.messageBytes + 100);
			const drain = (most: number) => {
				for (let count = 0; count < most; count++) {
					const bytes = peer.takeDatagram();
					if (bytes === undefined) return;
					equal(out.next(bytes, 0, bytes.length), bytes.length, "what goes out is whole messages");
				}
			};
			peer.connected(0);
			if (isOpen) peer.receive(Uint8Array.from([0x00, 0xe1]), 0, 2, 0);
			peer.request({ code: 1, path: ["observed"], observe: 0 }, 0);
			for (const piece of pieces) {
				for (let at = 0; at < piece.length && peer.state !== "closed"; at = peer.takenTo) {
					peer.receive(piece, at, piece.length, 0);
					drain(peer.takenTo < piece.length ? 3 : reads);
				}
				const { outbox, held, incoming, observers } = peer.figures;
				ok(outbox <= 3 + 8 && held <= DEVICE_LIMITS.messageBytes && incoming <= 2 && observers <= 4);
			}
			drain(100);
			for (let turns = 0; peer.deadlineMs < 1e6; turns++) {
				ok(turns < 1000, "ends");
				peer.poll(peer.deadlineMs);
				drain(100);
			}
			peer.disconnected(1e6);
			equal(side.closed.length, 1);
			deepEqual(peer.figures, QUIET);
		}),
		{ numRuns: 1500 },
	);
});
