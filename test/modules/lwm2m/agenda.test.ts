import { Agenda } from "../../../modules/lwm2m/agenda.ts";
import { deepEqual, equal, test, throws } from "../../harness.ts";

test("appointments are kept once at their time; regular ones again, and once for all that were missed", () => {
	const kept: string[] = [];
	const agenda = new Agenda(4);
	agenda.add(100, 0, () => kept.push("once"));
	const cancel = agenda.add(50, 100, () => kept.push("often"));
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
	cancel();
	equal(agenda.deadlineMs, Infinity);
});

test("an appointment may cancel another that is due in the same moment", () => {
	const kept: string[] = [];
	const agenda = new Agenda(4);
	agenda.add(10, 0, () => {
		kept.push("first");
		cancel();
	});
	const cancel = agenda.add(10, 0, () => kept.push("second"));
	agenda.poll(10);
	deepEqual(kept, ["first"]);
});

test("more appointments than the limit are our own bug", () => {
	const agenda = new Agenda(1);
	agenda.add(1, 0, () => {});
	throws(
		() => agenda.add(1, 0, () => {}),
		(error) => error instanceof Error && error.name === "AssertionFailed",
	);
});
