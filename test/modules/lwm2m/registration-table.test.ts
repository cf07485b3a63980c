import {
	defaultRegistrationTuning,
	Registration,
	type RegistrationEvent,
	type RegistrationState,
	registrationTable,
} from "../../../modules/lwm2m/registration.ts";
import { equal, ok, seeded, test, throws } from "../../harness.ts";

/** A way from idle into each state. */
const ways: { readonly [S in RegistrationState]: readonly RegistrationEvent[] } = {
	idle: [],
	connecting: ["start"],
	registering: ["start", "connected"],
	registered: ["start", "connected", "accepted"],
	updating: ["start", "connected", "accepted", "changed"],
	disabling: ["start", "connected", "accepted", "disable"],
	waiting: ["start", "unreachable"],
	deregistering: ["start", "connected", "accepted", "stop"],
	ended: ["stop"],
};

const states = Object.keys(registrationTable) as RegistrationState[];
const events = Object.keys(registrationTable.idle) as RegistrationEvent[];

function registration(seed = 1): Registration {
	const chance = seeded(seed);
	return new Registration({ below: (bound) => chance(bound) }, defaultRegistrationTuning);
}

function inState(state: RegistrationState): Registration {
	const machine = registration();
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
	const outside: RegistrationEvent[] = ["start", "connected", "unreachable", "changed", "forgotten", "disable", "stop"];
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

test("attempts back off: doubled, with jitter, up to an hour and a quarter", () => {
	const sums = new Set<number>();
	for (let seed = 1; seed <= 50; seed++) {
		const machine = registration(seed);
		machine.take("start");
		let sum = 0;
		for (let attempt = 0; attempt < 12; attempt++) {
			machine.take("unreachable");
			const waitMs = machine.backOff(1000);
			const plainMs = Math.min(3_600_000, 60_000 * 2 ** attempt);
			ok(waitMs >= plainMs && waitMs <= plainMs * 1.25, `seed ${seed} attempt ${attempt}: ${waitMs}`);
			equal(machine.deadlineMs, 1000 + waitMs);
			equal(machine.due(1000 + waitMs - 1), undefined);
			equal(machine.due(1000 + waitMs), "retryDue");
			machine.take("retryDue");
			sum += waitMs;
		}
		sums.add(sum);
	}
	ok(sums.size > 45, "a fleet does not come back at once");
});

test("after a success, attempts count from the beginning again", () => {
	const machine = inState("connecting");
	for (let attempt = 0; attempt < 3; attempt++) {
		machine.take("unreachable");
		machine.backOff(0);
		machine.take("retryDue");
	}
	machine.take("connected");
	machine.take("accepted");
	machine.settle(0, 300);
	machine.take("lifetimeOver");
	machine.take("unreachable");
	ok(machine.backOff(0) <= 75_000);
});

test("the server is served while it knows us, and only then", () => {
	for (const state of states) {
		const isKnown =
			state === "registered" || state === "updating" || state === "disabling" || state === "deregistering";
		equal(inState(state).isServing, isKnown, state);
	}
});
