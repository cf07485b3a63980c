import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Chance } from "../../../hosts/simulator/chance.ts";
import { VirtualTime } from "../../../hosts/simulator/time.ts";

test("appointments are kept in the order of their times, equal times in the order in which they were made", () => {
	const time = new VirtualTime();
	const chance = new Chance(1);
	const made: { atMs: number; order: number }[] = [];
	const kept: { atMs: number; order: number }[] = [];
	for (let order = 0; order < 500; order++) {
		const appointment = { atMs: chance.below(100), order };
		made.push(appointment);
		time.at(appointment.atMs, () => {
			equal(time.nowMs(), appointment.atMs);
			kept.push(appointment);
		});
	}
	time.run(1000);
	deepEqual(
		kept,
		made.sort((a, b) => a.atMs - b.atMs || a.order - b.order),
	);
	equal(time.nowMs(), 1000);
});

test("what is cancelled is not kept, also when thousands are, and cancelling twice or late changes nothing", () => {
	const time = new VirtualTime();
	const kept: number[] = [];
	const cancels: (() => void)[] = [];
	for (let index = 0; index < 5000; index++) cancels.push(time.at(1000 + (index % 7), () => kept.push(index)));
	for (let index = 0; index < 5000; index++) {
		if (index % 100 === 0) continue;
		cancels[index]!();
		cancels[index]!();
	}
	time.run(1003);
	for (const cancel of cancels) cancel();
	time.run(2000);
	const expected = Array.from({ length: 50 }, (_, index) => index * 100).filter((index) => index % 7 <= 3);
	deepEqual(
		kept.toSorted((a, b) => a - b),
		expected,
	);
	equal(time.nextMs(), undefined);
});

test("an appointment may make others, also for now; none is made in the past", () => {
	const time = new VirtualTime();
	const kept: string[] = [];
	time.at(10, () => {
		kept.push(`first ${time.nowMs()}`);
		time.at(5, () => kept.push(`late ${time.nowMs()}`));
		time.at(10.2, () => kept.push(`next ${time.nowMs()}`));
	});
	time.run(10);
	deepEqual(kept, ["first 10", "late 10"]);
	time.run(11);
	deepEqual(kept, ["first 10", "late 10", "next 11"]);
	ok(time.wallTimeMs() === VirtualTime.beginningMs + 11);
});
