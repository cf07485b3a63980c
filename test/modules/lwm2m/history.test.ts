import { History } from "../../../modules/lwm2m/history.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { TEMPERATURE } from "../../../modules/objects/facts/temperature-3303.ts";
import { deepEqual, equal, seeded, test } from "../../harness.ts";
import { handClock } from "../objects/scene.ts";

const told = (history: History) => {
	const rows: (readonly [unknown, number])[] = [];
	for (let index = 0; index < history.size; index++) rows.push([history.valueAt(index), history.atMs(index)]);
	return rows;
};

test("a history keeps each value that is set, news or not, and drops the oldest", () => {
	const clock = handClock();
	const past = new History(3, clock);
	const it = new ObjectInstance(TEMPERATURE, { values: { sensorValue: 20 }, history: { sensorValue: past } });
	equal(it.historyOf("sensorValue"), past);
	equal(it.historyOf("sensorUnits"), undefined);
	equal(past.size, 0, "the first value has no time");
	for (const value of [21, 21, 22, 23]) {
		clock.atMs += 1000;
		it.set("sensorValue", value);
	}
	deepEqual(told(past), [
		[21, 2000],
		[22, 3000],
		[23, 4000],
	]);
	equal(past.dropped, 1);
	equal(past.valueAt(3), undefined);
});

test("what is forgotten is the oldest, at any fill and any turn of the ring", () => {
	const draw = seeded(7);
	const clock = handClock();
	for (let round = 0; round < 60; round++) {
		const capacity = draw(6);
		const past = new History(capacity, clock);
		let expected: number[] = [];
		for (let step = 0; step < 30; step++) {
			if (draw(4) === 0) {
				const count = draw(capacity + 2);
				past.forget(count);
				expected = expected.slice(count);
			} else {
				clock.atMs++;
				past.note(clock.atMs);
				expected = capacity === 0 ? [] : [...expected, clock.atMs].slice(-capacity);
			}
			const seen = told(past);
			deepEqual(
				seen.map(([value]) => value),
				expected,
			);
			deepEqual(
				seen.map(([, atMs]) => atMs),
				expected,
			);
		}
	}
});
