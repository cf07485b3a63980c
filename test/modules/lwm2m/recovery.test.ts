import { Code } from "../../../modules/coap/code.ts";
import { afterSeries } from "../../../modules/lwm2m/recovery.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { addAccount, recovering, refusing, states } from "./recovering.ts";

const never = 0xffff_ffff;

test("[BSR-003] [MaU-004] servers register in ascending order of 1/x/13, whatever the order of their Instances", () => {
	const { world } = recovering({ priorityOrder: 7 }, { recovery: { priorityOrder: 3, initialDelayS: 10 } });
	world.start();
	deepEqual(states(world), ["1 turn", "2 delay"]);
	equal(world.requests.length + world.secondRequests.length, 0);
	world.run(9999);
	equal(world.secondRequests.length, 0);
	world.run(1);
	deepEqual(states(world), ["1 registered", "2 registered"]);
	deepEqual(
		world.logged("registered").map(({ server }) => server),
		[2, 1],
	);
});

test("[MaU-004] the delay of one in the order begins when the one before is through", () => {
	const { world } = recovering(
		{ priorityOrder: 1, initialDelayS: 5 },
		{ recovery: { priorityOrder: 2, initialDelayS: 20 } },
	);
	world.start();
	world.run(5000);
	deepEqual(states(world), ["1 registered", "2 delay"]);
	world.run(19_999);
	deepEqual(states(world), ["1 registered", "2 delay"]);
	world.run(1);
	deepEqual(states(world), ["1 registered", "2 registered"]);
});

test("[BSR-003] without 1/x/13 a server waits for nobody, and nobody for it; equals go by their Instances", () => {
	const { world } = recovering({}, { recovery: { priorityOrder: 1 } });
	world.isCut = true;
	world.start();
	deepEqual(states(world), ["1 registering", "2 registered"]);
	const equals = recovering({ priorityOrder: 1, initialDelayS: 1 }, { recovery: { priorityOrder: 1 } });
	equals.world.start();
	deepEqual(states(equals.world), ["1 delay", "2 turn"]);
});

test("[BSR-004] Registration Failure Block: who does not block lets the next go on after one sequence", () => {
	const first = { priorityOrder: 1, failureBlock: false, retryCount: 2, retryTimerS: 10, sequenceRetryCount: 2 };
	const { world } = recovering(first, { recovery: { priorityOrder: 2 } }, { answering: refusing() });
	world.start();
	deepEqual(states(world), ["1 retry", "2 turn"]);
	world.run(9999);
	deepEqual(states(world), ["1 retry", "2 turn"]);
	world.run(1);
	deepEqual(states(world), ["1 sequence", "2 registered"], "the second attempt was the last of the sequence");
});

test("[BSR-004] … and who does keeps all behind it waiting, through all its sequences and after", () => {
	const first = {
		priorityOrder: 1,
		failureBlock: true,
		bootstrapOnFailure: false,
		retryCount: 1,
		sequenceDelayTimerS: 100,
		sequenceRetryCount: 2,
	};
	const { world, bootstrap } = recovering(first, { recovery: { priorityOrder: 2 } }, { answering: refusing() });
	bootstrap.isPossible = false;
	world.start();
	deepEqual(states(world), ["1 sequence", "2 turn"]);
	world.run(100_000);
	deepEqual(states(world), ["1 series", "2 turn"]);
	world.run(1_000_000);
	equal(world.secondRequests.length, 0);
	const server = world.client.registry.instance(1, 0)!;
	server.hold("registrationFailureBlock", false);
	world.settle();
	deepEqual(states(world), ["1 series", "2 registered"], "live: it blocks no more");
});

test("[BSR-001] the remedy for a series that failed, for everything that it depends on", () => {
	for (const isPossible of [true, false]) {
		for (const isWanted of [true, false]) {
			for (const hasOthers of [true, false]) {
				const { world, bootstrap } = recovering(
					{ retryCount: 1, bootstrapOnFailure: isWanted },
					hasOthers ? {} : undefined,
					{ answering: refusing() },
				);
				bootstrap.isPossible = isPossible;
				world.start();
				const expected =
					afterSeries[isPossible ? "possible" : "impossible"][isWanted ? "wanted" : "unwanted"][
						hasOthers ? "othersLeft" : "noneLeft"
					];
				const name = `${isPossible} ${isWanted} ${hasOthers}`;
				equal(states(world)[0], `1 ${expected}`, name);
				equal(expected, isPossible && (isWanted || !hasOthers) ? "bootstrap" : "series", name);
				deepEqual(bootstrap.asked, expected === "bootstrap" ? ["1 registrationFailed"] : [], name);
				deepEqual(
					world.logged("recovery").map(({ decision }) => decision),
					[expected],
				);
			}
		}
	}
});

test("[BSR-001] 1/x/16 is yes where it is absent, and a yes that comes later is in time", () => {
	const absent = recovering({ retryCount: 1 }, {}, { answering: refusing() });
	absent.world.start();
	deepEqual(absent.bootstrap.asked, ["1 registrationFailed"]);
	const later = recovering({ retryCount: 1, bootstrapOnFailure: false }, {}, { answering: refusing() });
	later.world.start();
	later.world.run(100_000);
	deepEqual(later.bootstrap.asked, []);
	later.world.client.registry.instance(1, 0)!.hold("bootstrapOnRegistrationFailure", true);
	later.world.settle();
	deepEqual(later.bootstrap.asked, ["101 registrationFailed"]);
});

test("[BSR-001] [A-13] 4.03 is an explicit rejection: a bootstrap at once, where there can be one", () => {
	const { world, bootstrap } = recovering({}, {}, { answering: refusing(Code.forbidden) });
	world.start();
	deepEqual(bootstrap.asked, ["1 registrationFailed"]);
	for (const recovery of [{ bootstrapOnFailure: false }, {}]) {
		const without = recovering(recovery, {}, { answering: refusing(Code.forbidden) });
		without.bootstrap.isPossible = recovery.bootstrapOnFailure === false;
		without.world.start();
		deepEqual(states(without.world), ["1 retry", "2 registered"]);
	}
});

test("[BSR-001] connect errors are registration failures: no address, and an account that can not be used", () => {
	const nameless = recovering({ retryCount: 1 }, {}, { names: { "second.example": "192.0.2.2" } });
	nameless.world.start();
	deepEqual(nameless.bootstrap.asked, ["1 registrationFailed"]);
	const unusable = recovering({}, {}, { uri: "coaps://server.example" });
	unusable.world.start();
	deepEqual(unusable.bootstrap.asked, ["1 registrationFailed"]);
	equal(unusable.world.logged("registrationFailed")[0]!.reason, "credentials.noSec");
});

test("[BSR-001] a disabled server has not failed: it comes back by itself", () => {
	const first = { retryCount: 1, bootstrapOnFailure: false, initialDelayS: 10 };
	const { world, bootstrap } = recovering(first, { disableTimeoutS: 50 }, { answering: refusing() });
	world.start();
	world.client.disable(2);
	world.settle();
	world.run(10_000);
	deepEqual(states(world), ["1 series", "2 disabled"]);
	world.run(40_000);
	deepEqual(states(world), ["1 series", "2 registered"]);
	deepEqual(bootstrap.asked, []);
});

test("[BSR-001] without any account there is a bootstrap, again and again, less and less often", () => {
	const { world, bootstrap } = recovering({}, undefined);
	for (const objectId of [0, 1]) world.client.remove(world.client.registry.instance(objectId, 0)!);
	world.start();
	deepEqual(bootstrap.asked, ["1 noAccounts"]);
	for (const seconds of [60, 120, 240]) {
		bootstrap.finish(world);
		world.run(seconds * 1000 - 1);
		const before = bootstrap.asked.length;
		world.run(1);
		equal(bootstrap.asked.length, before + 1);
	}
	bootstrap.finish(world, () => void addAccount(world.client, 1));
	deepEqual(states(world), ["2 registered"]);
});

test("[BSR-001] a bootstrap that helps nobody is not repeated at once: a minute, two, four, at most an hour", () => {
	const { world, bootstrap } = recovering({ retryCount: 1 }, undefined, { answering: refusing() });
	world.start();
	const gaps: number[] = [];
	for (let count = 0; count < 9; count++) {
		bootstrap.open(world);
		bootstrap.finish(world);
		const fromMs = world.nowMs;
		while (!bootstrap.isWanted) world.run(1000);
		gaps.push((world.nowMs - fromMs) / 1000);
	}
	deepEqual(gaps, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
	world.answering = () => ({ code: Code.created, locationPath: ["rd", "5"] });
	bootstrap.finish(world);
	deepEqual(states(world), ["1 registered"]);
});

test("[BSR-001] after a failed bootstrap those who failed try again at once; a success of theirs calls it off", () => {
	const { world, bootstrap } = recovering({ retryCount: 1 }, {}, { answering: refusing() });
	world.start();
	bootstrap.fail(world);
	equal(world.requests.length, 2);
	deepEqual(states(world), ["1 bootstrap", "2 registered"]);
	ok(bootstrap.isWanted, "the other one's registration does not undo the wish of this one");
	world.answering = () => ({ code: Code.created, locationPath: ["rd", "5"] });
	bootstrap.fail(world);
	deepEqual(states(world), ["1 registered", "2 registered"]);
	deepEqual(bootstrap.asked, ["1 registrationFailed", "1 cancel"]);
});

test("[BSR-002] MAX_VALUE as sequence delay, and no bootstrap: it is not tried again until somebody says so", () => {
	const { world, bootstrap } = recovering({ retryCount: 1, sequenceDelayTimerS: never }, {}, { answering: refusing() });
	bootstrap.isPossible = false;
	world.start();
	deepEqual(
		world.logged("recovery").map(({ decision }) => decision),
		["parked"],
	);
	world.run(1_000_000_000);
	equal(world.requests.length, 1);
	world.client.online(world.nowMs);
	world.settle();
	equal(world.requests.length, 2);
});

test("[Core-001] Bootstrap-Request Trigger: a bootstrap with its argument; 4.05 where there can be none", () => {
	const { world, bootstrap } = recovering({}, undefined);
	world.start();
	const payload = new Uint8Array([0x30]);
	equal(world.ask({ code: Code.post, path: ["1", "0", "9"], contentFormat: 0, payload }).code, Code.changed);
	deepEqual(bootstrap.asked, ["1 trigger 0"]);
	bootstrap.finish(world);
	bootstrap.isPossible = false;
	equal(world.ask({ code: Code.post, path: ["1", "0", "9"] }).code, Code.methodNotAllowed);
	equal(world.client.requestBootstrap(), false);
});
