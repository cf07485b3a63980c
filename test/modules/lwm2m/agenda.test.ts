import { Agenda } from "../../../modules/lwm2m/agenda.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { TEMPERATURE } from "../../../modules/objects/facts/temperature-3303.ts";
import { deepEqual, equal, test, throws } from "../../harness.ts";

test("appointments are kept once at their time; regular ones again, and once for all that were missed", () => {
	const kept: string[] = [];
	const agenda = new Agenda(4);
	agenda.add(100, 0, () => kept.push("once"));
	const often = agenda.add(50, 100, () => kept.push("often"));
	equal(agenda.deadlineMs, 50);
	agenda.poll(49);
	deepEqual(kept, []);
	agenda.poll(50);
	agenda.poll(120);
	deepEqual(kept, ["often", "once"]);
	equal(agenda.deadlineMs, 150);
	agenda.poll(475);
	deepEqual(kept, ["often", "once", "often"]);
	equal(agenda.deadlineMs, 550, "the rhythm stays");
	agenda.drop(often);
	equal(agenda.deadlineMs, Infinity);
});

test("an appointment may cancel another that is due in the same moment", () => {
	const kept: string[] = [];
	const agenda = new Agenda(4);
	agenda.add(10, 0, () => {
		kept.push("first");
		agenda.drop(second);
	});
	const second = agenda.add(10, 0, () => kept.push("second"));
	agenda.poll(10);
	deepEqual(kept, ["first"]);
});

test("an Object Instance is sampled until it is forgotten", () => {
	const kept: number[] = [];
	const instance = new ObjectInstance(TEMPERATURE, { sample: { everyS: 1, take: () => kept.push(kept.length) } });
	const other = new ObjectInstance(TEMPERATURE, { id: 1, sample: { everyS: 1, take: () => kept.push(-1) } });
	const agenda = new Agenda(4);
	agenda.add(10, 10, instance);
	agenda.add(15, 0, other);
	agenda.poll(10);
	agenda.poll(20);
	deepEqual(kept, [0, 1, -1]);
	agenda.forget(instance);
	equal(agenda.deadlineMs, Infinity);
	agenda.poll(100);
	deepEqual(kept, [0, 1, -1]);
});

test("more appointments than the limit are our own bug", () => {
	const agenda = new Agenda(1);
	agenda.add(1, 0, () => {});
	throws(
		() => agenda.add(1, 0, () => {}),
		(error) => error instanceof Error && error.name === "AssertionFailed",
	);
});
