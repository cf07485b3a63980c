import { Agenda } from "../../../modules/lwm2m/agenda.ts";
import type { Instance } from "../../../modules/lwm2m/instance.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";

/** Instances that note when they are sampled. */
function sampled(ids: readonly number[], note: (id: number) => void): Instance[] {
	return ids.map((id) => ({ facts: { id: 3303 }, id, sample: () => note(id) }) as unknown as Instance);
}

test("[CORE-Q-1] samplings are exported with their times, functions are not, and both say what they are", () => {
	const agenda = new Agenda(4);
	const [first, second] = sampled([0, 7], () => {});
	agenda.add(5000, 60_000, first!);
	agenda.add(900, 60_000, second!);
	ok(agenda.isPlain);
	agenda.add(2000, 0, () => {});
	ok(!agenda.isPlain);
	deepEqual(agenda.export(1000), [
		{ objectId: 3303, instanceId: 0, inMs: 4000 },
		{ objectId: 3303, instanceId: 7, inMs: -100 },
	]);
});

test("[CORE-Q-1] imported samplings stand where they stood; strangers are passed over, and nothing is put off", () => {
	const agenda = new Agenda(4);
	const [it] = sampled([0], () => {});
	agenda.add(60_000, 60_000, it!);
	agenda.import([{ objectId: 3303, instanceId: 9, inMs: 5 }], 0, 0);
	equal(agenda.deadlineMs, 60_000);
	agenda.import([{ objectId: 3303, instanceId: 0, inMs: 50_000 }], 20_000, 1000);
	equal(agenda.deadlineMs, 31_000);
	agenda.import([{ objectId: 3303, instanceId: 0, inMs: 9_000_000 }], 0, 1000);
	equal(agenda.deadlineMs, 31_000, "a period that is another one now");
});

test("[CORE-Q-1] what is sampled before it is told counts from there, and is not sampled twice", () => {
	const times: number[] = [];
	let nowMs = 0;
	const agenda = new Agenda(4);
	const [it, stranger] = sampled([0, 1], () => times.push(nowMs));
	agenda.add(60_000, 60_000, it!);
	for (nowMs of [30_000, 30_000, 59_999, 90_000, 119_999]) {
		agenda.poll(nowMs);
		if (nowMs === 30_000 || nowMs === 90_000) agenda.advance(it!, nowMs);
		agenda.advance(stranger!, nowMs);
	}
	deepEqual(times, [30_000, 90_000]);
	equal(agenda.deadlineMs, 150_000);
});

/** Invariant: whatever dies and boots in between, and however late, samplings stay at multiples of their period. */
test("[CORE-Q-1] drawn: 10,000 deep sleeps move no sampling from its phase", () => {
	const chance = seeded(11);
	const periods = [7000, 60_000, 90_000];
	let nowMs = 0;
	let agenda = new Agenda(4);
	const counts = [0, 0, 0];
	const instances = () => sampled([0, 1, 2], (id) => void counts[id]!++);
	instances().forEach((instance, index) => {
		agenda.add(periods[index]!, periods[index]!, instance);
	});
	for (let boots = 0; boots < 1000 * patience; boots++) {
		const kept = agenda.export(nowMs);
		const dueMs = Math.max(nowMs, agenda.deadlineMs);
		const sleptMs = dueMs - nowMs + (chance(20) === 0 ? chance(200_000) : chance(900));
		nowMs += sleptMs;
		agenda = new Agenda(4);
		instances().forEach((instance, index) => {
			agenda.add(nowMs + periods[index]!, periods[index]!, instance);
		});
		agenda.import(kept, sleptMs, nowMs);
		agenda.poll(nowMs);
		agenda.export(nowMs).forEach(({ inMs }, index) => {
			equal((nowMs + inMs) % periods[index]!, 0, `boot ${boots}, every ${periods[index]} ms`);
			ok(inMs > 0 && inMs <= periods[index]!, `boot ${boots}: ${inMs}`);
		});
	}
	ok(counts.every((count) => count > 30));
});
