import { toHex } from "../../../modules/bytes.ts";
import { writeFragment, writeFragments } from "../../../modules/dtls/fragment.ts";
import { DEFAULT_REASSEMBLY, Reassembly } from "../../../modules/dtls/reassembly.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";

const body = new Uint8Array(100).map((_, index) => index + 1);

/** A fragment with every field as given, however wrong. */
function raw(
	type: number,
	total: number,
	sequence: number,
	offset: number,
	data: ArrayLike<number>,
	size = data.length,
) {
	const of = (value: number) => [value >> 16, (value >> 8) & 255, value & 255];
	return Uint8Array.from([
		type,
		...of(total),
		sequence >> 8,
		sequence & 255,
		...of(offset),
		...of(size),
		...Array.from(data),
	]);
}

function give(reassembly: Reassembly, record: Uint8Array, epoch = 0): string | undefined {
	return reassembly.receive(record, 0, record.length, epoch)?.code;
}

/** What take() gives, all of it: "type sequence body". */
function takeAll(reassembly: Reassembly): string[] {
	const taken: string[] = [];
	for (let message = reassembly.take(); message !== undefined; message = reassembly.take()) {
		taken.push(`${message.type} ${message.sequence} ${toHex(message.body)}`);
	}
	return taken;
}

function cut(type: number, sequence: number, maxFragmentBytes: number, of = body): Uint8Array[] {
	const fragments: Uint8Array[] = [];
	writeFragments(type, sequence, of, maxFragmentBytes, (fragment) => fragments.push(fragment));
	return fragments;
}

const whole = (type: number, sequence: number, of = body) => cut(type, sequence, 4096, of)[0]!;

function join(parts: readonly Uint8Array[]): Uint8Array {
	return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test("a message in one piece, one without content, and several in one record", () => {
	const reassembly = new Reassembly();
	equal(reassembly.take(), undefined);
	equal(give(reassembly, join([whole(2, 0), whole(14, 1, new Uint8Array(0)), whole(11, 2)])), undefined);
	equal(reassembly.isRepeat, false);
	deepEqual(takeAll(reassembly), [`2 0 ${toHex(body)}`, "14 1 ", `11 2 ${toHex(body)}`]);
	equal(reassembly.next, 3);
	equal(reassembly.bufferedBytes, 0);
});

test("fragments have the header of RFC 6347 §4.2.2, and the size that was asked for", () => {
	const fragments = cut(11, 258, 52);
	deepEqual(
		fragments.map((fragment) => toHex(fragment, 0, 12)),
		["0b0000640102000000000028", "0b0000640102000028000028", "0b0000640102000050000014"],
	);
	equal(cut(14, 1, 52, new Uint8Array(0)).length, 1);
	equal(cut(11, 1, 0).length, 100, "one byte each at least");
	deepEqual(writeFragment(11, 258, body, 40, 80), fragments[1]);
});

test("fragments of any size come together in any order", () => {
	for (let seed = 1; seed <= 20 * patience; seed++) {
		const draw = seeded(seed);
		const reassembly = new Reassembly();
		const fragments = [0, 1, 2].flatMap((sequence) => cut(11 + sequence, sequence, 13 + 8 + draw(40)));
		for (let index = fragments.length - 1; index > 0; index--) {
			const other = draw(index + 1);
			[fragments[index], fragments[other]] = [fragments[other]!, fragments[index]!];
		}
		for (const fragment of fragments) equal(give(reassembly, fragment), undefined);
		deepEqual(
			takeAll(reassembly),
			[11, 12, 13].map((type, index) => `${type} ${index} ${toHex(body)}`),
			`seed=${seed}`,
		);
	}
});

test("fragments of one byte, last one first", () => {
	const reassembly = new Reassembly();
	for (const fragment of cut(11, 0, 13).reverse()) {
		equal(reassembly.take(), undefined);
		equal(give(reassembly, fragment), undefined);
	}
	deepEqual(takeAll(reassembly), [`11 0 ${toHex(body)}`]);
});

test("every second byte: what does not fit now fits when it is sent again", () => {
	const reassembly = new Reassembly();
	const fragments = cut(11, 0, 13);
	for (let round = 0; round < 8 && reassembly.next === 0; round++) {
		for (let index = 0; index < 100; index += 2) give(reassembly, fragments[index]!);
		for (let index = 99; index > 0; index -= 2) give(reassembly, fragments[index]!);
		takeAll(reassembly);
	}
	equal(reassembly.next, 1);
});

test("fragments that overlap: what came first remains", () => {
	const reassembly = new Reassembly();
	give(reassembly, raw(11, 10, 0, 2, [1, 1, 1]));
	give(reassembly, raw(11, 10, 0, 6, [2, 2]));
	give(reassembly, raw(11, 10, 0, 0, [3, 3, 3, 3, 3, 3, 3]));
	give(reassembly, raw(11, 10, 0, 2, [4, 4, 4]));
	give(reassembly, raw(11, 10, 0, 7, [5, 5, 5]));
	deepEqual(takeAll(reassembly), ["11 0 03030101010302020505"]);
});

test("fragments that can not be are named and leave nothing", () => {
	const reassembly = new Reassembly();
	equal(give(reassembly, raw(2, 10, 0, 8, [1, 2, 3])), "dtls.fragmentRange");
	equal(give(reassembly, raw(2, 0xffffff, 0, 0, [1, 2, 3, 4])), "dtls.messageTooLarge");
	equal(give(reassembly, raw(2, 4097, 0, 0, [1])), "dtls.messageTooLarge");
	equal(give(reassembly, raw(2, 10, 0, 4, [])), "dtls.fragmentEmpty");
	equal(give(reassembly, raw(2, 10, 0, 0, [1, 2], 3)), "dtls.fragmentTruncated");
	for (let end = 1; end < 12; end++) {
		equal(reassembly.receive(whole(2, 0), 0, end)?.code, "dtls.fragmentTruncated", `${end} bytes`);
	}
	for (let count = 0; count < 100; count++) equal(give(reassembly, raw(2, 10, 0, 0, [])), undefined);
	equal(reassembly.bufferedMessages, 0);
	equal(give(reassembly, new Uint8Array(0)), undefined);
	// what stands in front of the bad one counts
	equal(give(reassembly, join([whole(2, 0), raw(2, 10, 1, 8, [1, 2, 3])])), "dtls.fragmentRange");
	deepEqual(takeAll(reassembly), [`2 0 ${toHex(body)}`]);
});

test("a forged length, type or piece does not keep the genuine message away", () => {
	const forgeries = [
		raw(2, 4096, 0, 0, [1, 2, 3, 4]),
		raw(2, 100, 0, 10, [0xee, 0xee]),
		raw(2, 101, 0, 0, [0xee]),
		raw(3, 100, 0, 0, body.subarray(0, 50)),
		raw(2, 0xffffff, 0, 0, [1, 2, 3, 4]),
	];
	const reassembly = new Reassembly();
	for (const forgery of forgeries) give(reassembly, forgery);
	give(reassembly, whole(2, 0));
	deepEqual(takeAll(reassembly), [`2 0 ${toHex(body)}`], "in one piece");
	// in fragments, a forgery between any two of them
	for (const forgery of forgeries.filter((_, index) => index !== 1)) {
		reassembly.reset();
		for (const fragment of cut(2, 0, 42)) {
			give(reassembly, forgery);
			give(reassembly, fragment);
		}
		deepEqual(takeAll(reassembly), [`2 0 ${toHex(body)}`], "in fragments");
	}
});

test("a hundred short forgeries between any two fragments do not crowd the genuine ones out", () => {
	const reassembly = new Reassembly();
	for (const fragment of cut(11, 0, 42)) {
		for (let total = 200; total < 300; total++) give(reassembly, raw(11, total, 0, 0, [1, 2, 3, 4]));
		give(reassembly, fragment);
	}
	deepEqual(takeAll(reassembly), [`11 0 ${toHex(body)}`]);
});

test("bytes forged into the right message: dropped at the timer, the retransmission is whole", () => {
	const reassembly = new Reassembly();
	give(reassembly, raw(11, 100, 0, 10, [0xee, 0xee]));
	const fragments = cut(11, 0, 42);
	give(reassembly, fragments[0]!);
	give(reassembly, fragments[1]!);
	reassembly.drop(0);
	equal(reassembly.bufferedBytes, 0);
	for (const fragment of fragments) give(reassembly, fragment);
	deepEqual(takeAll(reassembly), [`11 0 ${toHex(body)}`]);
});

test("a message that is refused leaves its number to another, also to one that came before it", () => {
	const reassembly = new Reassembly();
	give(reassembly, whole(2, 0));
	give(reassembly, whole(3, 0, Uint8Array.of(1)));
	equal(reassembly.take()?.type, 3, "the one that came last");
	reassembly.refuse();
	equal(reassembly.next, 0);
	equal(reassembly.take()?.type, 2);
	reassembly.refuse();
	equal(reassembly.take(), undefined);
	give(reassembly, whole(2, 0));
	equal(reassembly.isRepeat, false);
	equal(reassembly.take()?.type, 2);
	equal(reassembly.next, 1);
});

test("what came under protection comes first, and a forgery in epoch 0 does not touch it", () => {
	const reassembly = new Reassembly();
	const forged = new Uint8Array(12).fill(0xee);
	give(reassembly, whole(20, 0, forged), 0);
	give(reassembly, whole(20, 0, body.subarray(0, 12)), 1);
	give(reassembly, whole(20, 0, forged), 0);
	const message = reassembly.take();
	equal(message?.epoch, 1);
	deepEqual(message?.body, body.slice(0, 12));
});

test("messages that were taken are seen to be repeated, and nothing of them is kept", () => {
	const reassembly = new Reassembly();
	reassembly.reset(3);
	give(reassembly, whole(11, 2));
	equal(reassembly.isRepeat, true);
	equal(reassembly.repeated, 2);
	give(reassembly, raw(11, 0xffffff, 1, 0, [1]));
	equal(reassembly.repeated, 1);
	equal(reassembly.bufferedBytes, 0);
	give(reassembly, whole(11, 3));
	equal(reassembly.isRepeat, false);
	equal(reassembly.take()?.sequence, 3);
	give(reassembly, whole(11, 3));
	equal(reassembly.repeated, 3);
});

test("messages too far ahead are dropped; those up to there wait for their turn", () => {
	const reassembly = new Reassembly();
	for (let sequence = 1000; sequence >= 1; sequence--) give(reassembly, whole(11, sequence));
	equal(reassembly.bufferedBytes, 700);
	equal(reassembly.take(), undefined);
	give(reassembly, whole(2, 0));
	equal(takeAll(reassembly).length, 8);
	equal(reassembly.next, 8);
});

test("whatever comes, what is kept stays within its limits, and the next message gets through", () => {
	for (let seed = 1; seed <= 10 * patience; seed++) {
		const draw = seeded(seed);
		const limits = { messageBytes: 300, messages: 4, bufferedBytes: 600 };
		const reassembly = new Reassembly(limits);
		for (let count = 0; count < 150; count++) {
			const total = draw(330);
			const offset = draw(total + 1);
			const size = draw(total - offset + 2);
			give(reassembly, raw(draw(3), total, draw(6), offset, new Uint8Array(size), size), draw(2));
			ok(reassembly.bufferedBytes <= limits.bufferedBytes, `seed=${seed}`);
			ok(reassembly.bufferedMessages <= limits.messages + 3, `seed=${seed}`);
			if (draw(20) === 0 && reassembly.take() !== undefined) reassembly.refuse();
		}
		for (const fragment of cut(9, reassembly.next, 60)) give(reassembly, fragment, 1);
		deepEqual(takeAll(reassembly)[0], `9 0 ${toHex(body)}`, `seed=${seed}`);
	}
});

test("what is further ahead never pushes out what is needed sooner", () => {
	const reassembly = new Reassembly({ bufferedBytes: 149 });
	give(reassembly, raw(11, 100, 0, 0, body.subarray(0, 60)));
	give(reassembly, raw(11, 100, 1, 0, body.subarray(0, 50)));
	give(reassembly, raw(11, 100, 1, 50, body.subarray(50, 95)));
	equal(reassembly.bufferedBytes, 110, "no room for more of the second, and its first piece stays");
	for (let sequence = 2; sequence < 8; sequence++) give(reassembly, raw(11, 100, sequence, 0, body.subarray(0, 90)));
	equal(reassembly.bufferedBytes, 110);
	give(reassembly, raw(11, 100, 0, 60, body.subarray(60)));
	equal(reassembly.bufferedMessages, 1, "the second makes room");
	deepEqual(takeAll(reassembly), [`11 0 ${toHex(body)}`]);
});

test("there is an end to messages under way, and to pieces of one", () => {
	const reassembly = new Reassembly({ messages: 2 });
	for (let total = 20; total < 40; total++) {
		for (const sequence of [0, 1]) give(reassembly, raw(11, total, sequence, 0, [1]));
	}
	equal(reassembly.bufferedMessages, 5);
	reassembly.reset();
	for (let offset = 0; offset < 100; offset += 2) give(reassembly, raw(11, 100, 0, offset, [1]));
	equal(reassembly.bufferedBytes, 16);
});

test("rivals that were not taken are forgotten with the next message", () => {
	const reassembly = new Reassembly();
	give(reassembly, whole(2, 0));
	give(reassembly, whole(3, 0));
	// a piece of one that is complete does not bring it to the front
	give(reassembly, cut(2, 0, 42)[0]!);
	equal(reassembly.take()?.type, 3);
	equal(reassembly.take(), undefined);
	equal(reassembly.bufferedMessages, 0);
});

test("every bit flip of a record of two fragments leaves the message that is sent again", () => {
	const record = join([cut(2, 0, 62)[0]!, cut(2, 0, 62)[1]!]);
	for (let at = 0; at < record.length; at++) {
		for (let bit = 0; bit < 8; bit += patience === 10 ? 1 : 4) {
			const flipped = record.slice();
			flipped[at]! ^= 1 << bit;
			const reassembly = new Reassembly(DEFAULT_REASSEMBLY);
			give(reassembly, flipped);
			if (reassembly.take() !== undefined) reassembly.refuse();
			reassembly.drop(0);
			give(reassembly, record);
			deepEqual(reassembly.take()?.body, body, `byte ${at} bit ${bit}`);
		}
	}
});
