/**
 * Every byte of every datagram of a handshake, changed, cut and moved: in place of the genuine one (somebody in the
 * middle), and beside it (somebody at the side).
 */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { psk, pskCid, pskResumed, rpk, x509 } from "./dtls-hostile-casts.ts";
import {
	agreement,
	type Counts,
	flips,
	halves,
	judge,
	type Mutation,
	type Result,
	resizing,
	sweep,
	truncation,
} from "./dtls-hostile-mutation.ts";
import { Cast, type World } from "./dtls-hostile-world.ts";

const x509Resumed = new Cast({ suite: 0xc0ae, auth: "x509", isResumed: true });
/** How many bytes of a datagram are passed over to get to the next. */
const casts: readonly (readonly [string, Cast, number])[] = [
	["PSK", psk, 1],
	["PSK with Connection IDs", pskCid, 3],
	["PSK resumed", pskResumed, 1],
	["raw public keys both ways", rpk, 4],
	["X.509 both ways, Connection IDs", x509, 5],
	["X.509 resumed", x509Resumed, 3],
];

// Each happens once: who forges for ever can keep others from talking for ever, before there are keys.
type Deliver = (mutated: Uint8Array, genuine: Uint8Array, times: number) => readonly Uint8Array[];
const once: Deliver = (mutated, genuine, times) => [times === 0 ? mutated : genuine];
const before: Deliver = (mutated, genuine, times) => (times === 0 ? [mutated, genuine] : [genuine]);
const behind: Deliver = (mutated, genuine, times) => (times === 0 ? [genuine, mutated] : [genuine]);
const isSession = (result: Result) => result !== "nobody";

const sum = (counts: Counts) => counts["at once"] + counts["after the timer"] + counts.nobody;

function calmOf(cast: Cast): { calm: string; fullCalm: string } {
	const world = cast.world().run();
	const calm = agreement(world);
	world.end();
	return { calm, fullCalm: calm.replaceAll(",true,true", ",false,true") };
}

function bytesOf(cast: Cast, step: number, change: (index: number, at: number) => readonly Mutation[]): Mutation[] {
	return cast.calm.flatMap(({ bytes }, index) =>
		Array.from(bytes, (_, at) => (at % step === index % step ? change(index, at) : [])).flat(),
	);
}

/** One of the values for each byte, another from place to place; or two. */
const oneFlip = (index: number, at: number) => {
	const all = flips(index, at);
	return [all[(index + at) % all.length]!];
};
const twoFlips = (index: number, at: number) => {
	const all = flips(index, at);
	return [all[(index + at) % all.length]!, all[(index + at + 2) % all.length]!];
};
const resizings = (index: number, at: number) => (at < 13 ? [] : [resizing(index, at - 13), resizing(index, at + 90)]);

for (const [name, cast, step] of casts) {
	const { calm, fullCalm } = calmOf(cast);

	test(`${name}: a changed byte in place of the genuine one, once: both agree on the same as ever, in the end`, (t) => {
		const mutations = bytesOf(cast, step, step === 1 ? twoFlips : oneFlip);
		const counts = sweep({ cast, mutations, deliver: once, calm, fullCalm, expected: isSession });
		t.diagnostic(`${name}: ${JSON.stringify(counts)}`);
		ok(sum(counts) > 100 && counts["after the timer"] > sum(counts) / 4);
	});

	test(`${name}: a changed byte beside the genuine datagram, in front or behind: the handshake completes`, (t) => {
		const mutations = bytesOf(cast, step, step === 1 ? twoFlips : oneFlip);
		const first = sweep({ cast, mutations, deliver: before, calm, fullCalm, expected: isSession });
		const last = sweep({ cast, mutations, deliver: behind, calm, fullCalm, expected: isSession });
		t.diagnostic(`${name}: in front ${JSON.stringify(first)}, behind ${JSON.stringify(last)}`);
		ok(first["at once"] > sum(first) / 2 && last["at once"] > sum(last) * 0.9);
	});

	test(`${name}: cut and lengthened messages, in place and in front: the handshake completes`, () => {
		const cuts = bytesOf(cast, step, (index, at) => [truncation(index, at)]);
		const sizes = bytesOf(cast, step * 2, resizings);
		for (const mutations of [cuts, sizes]) {
			for (const deliver of [once, before]) sweep({ cast, mutations, deliver, calm, fullCalm, expected: isSession });
		}
	});

	test(`${name}: a byte changed every time a message is sent: no session (RFC 5246 §7.4.9)`, () => {
		// From the ClientHello with a cookie on all is in the transcript, header and all but the record's.
		const all = bytesOf(cast, step * 3, oneFlip).filter(({ index, at }) => index >= 2 && at >= 13);
		// Behind the first message there are headers of records, whose numbers nobody believes anyway.
		const mutations = all.filter(({ index, at }) => {
			const { bytes } = cast.calm[index]!;
			return bytes[0] === 22 && bytes[4] === 0 && at < 25 + (bytes[23]! << 8) + bytes[24]!;
		});
		ok(mutations.length > 10);
		const deliver = (mutated: Uint8Array) => [mutated];
		// The client may turn from a resumption to a full handshake, which is another ClientHello.
		const isResumption = calm !== fullCalm;
		const expected = (result: Result, { clientEar }: World) =>
			result === "nobody" || (isResumption && clientEar.session?.isResumed === false);
		sweep({ cast, mutations, deliver, calm, fullCalm, expected });
	});

	test(`${name}: each first message in two halves, the second first, then whole`, () => {
		const world = cast.world();
		world.meddle = ({ bytes }) => halves(bytes) ?? [bytes];
		world.run();
		ok(judge(world, calm, fullCalm) !== "nobody");
	});
}
