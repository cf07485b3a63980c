import { Attempts } from "../../../modules/lwm2m/attempts.ts";
import {
	defaultRegistrationTuning,
	Registration,
	type RegistrationEvent,
	type RegistrationState,
	registrationTable,
} from "../../../modules/lwm2m/registration.ts";
import { equal, ok, test, throws } from "../../harness.ts";
import { account } from "./furniture.ts";

/** A way from idle into each state. */
const ways: { readonly [S in RegistrationState]: readonly RegistrationEvent[] } = {
	idle: [],
	connecting: ["start", "retryDue"],
	registering: ["start", "retryDue", "connected"],
	registered: ["start", "retryDue", "connected", "accepted"],
	updating: ["start", "retryDue", "connected", "accepted", "changed"],
	disabling: ["start", "retryDue", "connected", "accepted", "disable"],
	waiting: ["start"],
	deregistering: ["start", "retryDue", "connected", "accepted", "stop"],
	ended: ["stop"],
};

const states = Object.keys(registrationTable) as RegistrationState[];
const events = Object.keys(registrationTable.idle) as RegistrationEvent[];

function inState(state: RegistrationState): Registration {
	const attempts = new Attempts(account(), { below: () => 0 }, defaultRegistrationTuning, true);
	const machine = new Registration(attempts, defaultRegistrationTuning);
	for (const event of ways[state]) machine.take(event);
	equal(machine.state, state, "the way there");
	return machine;
}

test("[CORE-REG-1] every state is reached from idle, by events that may happen", () => {
	const reached = new Set<RegistrationState>(["idle"]);
	for (const state of reached) {
		for (const event of events) {
			const cell = registrationTable[state][event];
			if (typeof cell !== "string") reached.add(cell[1]);
		}
	}
	equal(reached.size, states.length);
});

for (const state of states) {
	test(`[CORE-REG-1] every event while ${state} does what the table says`, () => {
		for (const event of events) {
			const machine = inState(state);
			const cell = registrationTable[state][event];
			if (cell === "impossible") {
				throws(
					() => machine.take(event),
					(error) => error instanceof Error && error.name === "AssertionFailed",
				);
				equal(machine.state, state, `${event} must not move`);
			} else if (cell === "ignore") {
				equal(machine.take(event), "none", event);
				equal(machine.state, state, event);
			} else {
				equal(machine.take(event), cell[0], event);
				equal(machine.state, cell[1], event);
			}
		}
	});
}

test("what may come from outside at any time is never impossible", () => {
	const outside: RegistrationEvent[] = [
		"start",
		"connected",
		"unreachable",
		"changed",
		"forgotten",
		"disable",
		"stop",
		"silence",
	];
	for (const state of states) {
		for (const event of outside) ok(registrationTable[state][event] !== "impossible", `${state} ${event}`);
	}
});

test("[CORE-REG-4] an Update is due MAX_TRANSMIT_WAIT before the lifetime ends, or at half time of a short one", () => {
	for (const [lifetimeS, updateS] of [
		[86_400, 86_400 - 93],
		[300, 207],
		[187, 94],
		[186, 93],
		[100, 50],
		[20, 10],
		[1, 0.5],
	] as const) {
		const machine = inState("registered");
		machine.settle(5000, lifetimeS);
		equal(machine.deadlineMs, 5000 + updateS * 1000, `lifetime ${lifetimeS}`);
		equal(machine.due(machine.deadlineMs - 1), undefined);
		equal(machine.due(machine.deadlineMs), "updateDue");
		equal(machine.due(5000 + lifetimeS * 1000), "lifetimeOver");
		machine.take("updateDue");
		equal(machine.deadlineMs, 5000 + lifetimeS * 1000, "then the end counts");
		equal(machine.due(machine.deadlineMs), "lifetimeOver");
	}
});

test("[CORE-REG-4] a lifetime of 0 lasts for ever", () => {
	const machine = inState("registered");
	machine.settle(5000, 0);
	equal(machine.deadlineMs, Infinity);
	equal(machine.due(Number.MAX_SAFE_INTEGER), undefined);
});

test("the server is served while it knows us, and only then", () => {
	for (const state of states) {
		const isKnown =
			state === "registered" || state === "updating" || state === "disabling" || state === "deregistering";
		equal(inState(state).isServing, isKnown, state);
	}
});
