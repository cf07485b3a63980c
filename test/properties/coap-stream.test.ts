/**
 * One body from a producer into a consumer, over a network that loses, doubles and reorders, by plain blocks, by
 * Q-Block, and by plain blocks because the other one has no Q-Block. Whatever happens:
 * - every byte arrives, in order and once (the consumer checks), when the end is a success;
 * - up to 20 % of loss it is a success, with as many tries as that takes;
 * - a POST is executed once when its 2.04 came, and never twice;
 * - nothing is left when all is quiet.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DEFAULT_Q_BLOCK_TUNING } from "../../modules/coap/q-block-option.ts";
import { fc } from "../seed.ts";
import { transferred } from "./coap-transfer.ts";

const weather = fc.record({
	loss: fc.constantFrom(0, 5, 20),
	duplicates: fc.constantFrom(0, 20, 60),
	latencyMs: fc.constantFrom(0, 25, 250, 1500),
	spreadMs: fc.constantFrom(0, 20, 300, 5000),
});
const transfer = fc.record({
	direction: fc.constantFrom("down" as const, "up" as const),
	kind: fc.constantFrom("plain" as const, "qBlock" as const, "qBlock" as const, "fallBack" as const),
	sizeBytes: fc.oneof(fc.nat(3000), fc.constantFrom(0, 1, 63, 64, 65, 640, 1024, 10_240, 20_480)),
	seed: fc.integer({ min: 1, max: 0x7fffffff }),
	isAnnounced: fc.boolean(),
	ours: fc.constantFrom(64, 256, 1024),
	theirs: fc.constantFrom(64, 256, 1024),
	maxPayloads: fc.constantFrom(2, 4, 10),
});
const runs = Number(process.env.COAP_RUNS ?? 300);

test("a streamed body over any network: all of it, in order, within bounds", () => {
	let inSets = 0;
	const property = fc.property(weather, transfer, (air, { ours, theirs, maxPayloads, ...what }) => {
		const outcome = transferred(air, {
			...what,
			ourLimits: { blockSizeBytes: ours },
			theirLimits: { blockSizeBytes: theirs },
			// 20 % of loss each way: the odds of losing 12 tries in a row are those of one in 200 000
			tuning: { maxRetransmit: 11, maxLatencyMs: 10_000 },
			// a body half here is kept for as long as the other one tries: 4 s, doubled 12 times
			qTuning: { maxPayloads, nonMaxRetransmit: 12, nonPartialTimeoutMs: 40_000_000 },
		});
		equal(outcome.end, what.direction === "up" ? 0x44 : 0x45, `${outcome.end} after ${outcome.sink.received} bytes`);
		const isStreamed = what.direction === "down" ? what.sizeBytes > 0 : what.sizeBytes > ours;
		if (isStreamed) equal(outcome.sink.received, what.sizeBytes);
		ok(outcome.sink.largestWrite <= 1024);
		ok(outcome.sink.begins.length <= (isStreamed ? 1 : 0), `began ${outcome.sink.begins}`);
		if (what.direction === "up") equal(outcome.executed, 1);
		if (what.kind === "qBlock" && outcome.datagrams > 0) inSets += 1;
		for (const peer of outcome.peers) {
			const { requests, transmissions, incoming, bodies, outbox } = peer.figures;
			ok(bodies <= 2 && requests + transmissions + incoming + outbox === 0, "nothing but what may be asked for again");
			peer.poll(outcome.link.nowMs + 100_000_000);
			deepEqual(new Set(Object.values(peer.figures)), new Set([0]));
			equal(peer.deadlineMs, Number.POSITIVE_INFINITY);
		}
	});
	fc.assert(property, { numRuns: runs, includeErrorInReport: true });
	ok(inSets > runs / 4);
});

test("with the times of the RFC, Q-Block is faster than plain blocks wherever there is a way to go", () => {
	for (const loss of [0, 5]) {
		for (const direction of ["down", "up"] as const) {
			const weatherThere = { loss, duplicates: 0, latencyMs: 250, spreadMs: 0 };
			const what = { direction, sizeBytes: 100_000, seed: 11 };
			const plain = transferred(weatherThere, { ...what, kind: "plain" });
			const inSets = transferred(weatherThere, { ...what, kind: "qBlock" });
			equal(plain.end, inSets.end);
			ok(inSets.atMs * 2 < plain.atMs, `${loss} % ${direction}: ${inSets.atMs} ms, and ${plain.atMs} ms plain`);
		}
	}
});

test("the tuning of Q-Block in the CoAP README is that of the code", () => {
	const path = fileURLToPath(new URL("../../../../modules/coap/README.md", import.meta.url));
	const table = readFileSync(path, "utf8").match(/<!-- Q-BLOCK -->([\s\S]*?)<!-- end -->/)?.[1] ?? "";
	const rows = new Map(
		[...table.matchAll(/\| `(\w+)` +\| (\d+) +\|/g)].map(([, name, value]) => [name, Number(value)]),
	);
	deepEqual(Object.fromEntries(rows), { ...DEFAULT_Q_BLOCK_TUNING });
});
