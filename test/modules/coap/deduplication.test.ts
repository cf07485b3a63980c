import { Deduplication } from "../../../modules/coap/deduplication.ts";
import { DEVICE_LIMITS } from "../../../modules/coap/tuning.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";

const limits = { ...DEVICE_LIMITS, remembered: 4, replyBytes: 100 };
const bytes = (size: number) => new Uint8Array(size);

test("what is remembered is known until its lifetime ends", () => {
	const seen = new Deduplication(limits);
	ok(seen.remember(7, true, 0, 100));
	ok(seen.knows(7, 99) && !seen.knows(7, 100) && !seen.knows(8, 0));
	equal(seen.reply(7, 50), undefined);
	const reply = new Uint8Array([1, 2, 3]);
	seen.answered(7, reply, 50);
	deepEqual([...(seen.reply(7, 99) ?? [])], [1, 2, 3]);
	seen.answered(9, reply, 50);
	equal(seen.reply(9, 60), undefined);
	seen.poll(99);
	equal(seen.size, 1);
	seen.poll(100);
	equal(seen.size + seen.replyBytes, 0);
	seen.remember(0, false, 0, 100);
	ok(seen.knows(0, 1), "Message ID 0 is one like others");
	seen.clear();
	ok(!seen.knows(0, 1));
});

test("full: the oldest that is not essential makes room; of essential ones none does", () => {
	const seen = new Deduplication(limits);
	seen.remember(1, true, 0, 100);
	seen.remember(2, false, 10, 110);
	seen.remember(3, false, 20, 120);
	seen.remember(4, true, 30, 130);
	ok(seen.remember(5, true, 40, 140));
	ok(!seen.knows(2, 40) && seen.knows(1, 40) && seen.knows(3, 40));
	ok(seen.remember(6, true, 40, 140));
	ok(!seen.hasRoom(40) && !seen.remember(7, true, 40, 140));
	equal(seen.roomAtMs, 100);
	ok(seen.hasRoom(100) && seen.remember(7, true, 100, 200));
	ok(!seen.knows(1, 100) && seen.knows(4, 100));
});

test("reply bytes: the oldest that is not essential goes whole, then essential ones lose their reply", () => {
	const seen = new Deduplication(limits);
	for (const [id, essential] of [
		[1, true],
		[2, false],
		[3, true],
		[4, true],
	] as const) {
		seen.remember(id, essential, id, id + 100);
		seen.answered(id, bytes(40), 5);
	}
	ok(!seen.knows(2, 5), "went whole");
	ok(seen.knows(1, 5) && seen.reply(1, 5) === undefined, "lost its reply");
	ok(seen.reply(3, 5) !== undefined && seen.reply(4, 5) !== undefined);
	equal(seen.replyBytes, 80);
	seen.answered(4, bytes(10), 5);
	equal(seen.replyBytes, 50, "a second answer takes the place of the first");
});

test("any sequence keeps the bounds, and no essential one is lost before its time", () => {
	for (let seed = 1; seed <= 20 * patience; seed++) {
		const random = seeded(seed * 7919);
		const seen = new Deduplication(limits);
		const promised = new Map<number, number>();
		let nowMs = 0;
		for (let step = 0; step < 60; step++) {
			nowMs += random(30);
			const id = random(40);
			if (seen.knows(id, nowMs)) {
				seen.answered(id, bytes(random(60)), nowMs);
			} else {
				const essential = random(2) === 1;
				if (seen.remember(id, essential, nowMs, nowMs + 100) && essential) promised.set(id, nowMs + 100);
			}
			ok(seen.size <= 4 && seen.replyBytes <= 100, `seed=${seed} step=${step}`);
			for (const [kept, untilMs] of promised)
				ok(untilMs <= nowMs || seen.knows(kept, nowMs), `seed=${seed} step=${step}`);
		}
		seen.poll(nowMs + 100);
		equal(seen.size + seen.replyBytes, 0, `seed=${seed}`);
	}
});
