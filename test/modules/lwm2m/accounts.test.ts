import { utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import type { Instance } from "../../../modules/lwm2m/instance.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { addAccount, recovering, refusing, states } from "./recovering.ts";
import { type World, welcoming } from "./world.ts";

const instanceOf = (world: World, objectId: number, id: number) => world.client.registry.instance(objectId, id)!;

function removeAccount(world: World, id: number): Instance[] {
	const gone = [0, 1].map((objectId) => instanceOf(world, objectId, id));
	for (const instance of gone) world.client.remove(instance);
	return gone;
}

test("[REG-001] [CORE-REG-3] an account that the application adds while we run is registered with", () => {
	const { world } = recovering({}, undefined);
	world.start();
	addAccount(world.client, 1);
	world.settle();
	deepEqual(states(world), ["1 registered", "2 registered"]);
});

test("[REG-002] [CORE-REG-1] an account that is taken away: De-register, and the session is gone", () => {
	const { world } = recovering({}, {});
	world.start();
	removeAccount(world, 1);
	world.settle();
	deepEqual(states(world), ["1 registered"]);
	deepEqual(
		world.secondRequests.map(({ code }) => code),
		[Code.post, Code.delete],
	);
});

test("[REG-003] an account whose address changes: De-register there, Register here", () => {
	const { world } = recovering({}, {});
	world.start();
	instanceOf(world, 0, 0).hold("serverUri", "coap://second.example:5683");
	removeAccount(world, 1);
	world.settle();
	world.run(1);
	deepEqual(states(world), ["1 registered"]);
	equal(world.requests.at(-1)!.code, Code.delete);
	deepEqual(
		world.secondRequests.map(({ code }) => code),
		[Code.post, Code.delete, Code.post],
	);
});

test("[REG-003] half an account is none, until the other half comes", () => {
	const { world } = recovering({}, undefined);
	world.start();
	const [security, server] = removeAccount(world, 0);
	world.settle();
	deepEqual(states(world), []);
	world.client.add(server!);
	world.settle();
	deepEqual(states(world), []);
	world.client.add(security!);
	world.settle();
	deepEqual(states(world), ["1 registered"]);
});

test("[REG-003] what a server writes to its own Server Instance is followed at once", () => {
	const { world } = recovering({ retryTimerS: 60 }, undefined, { answering: refusing() });
	world.start();
	equal(world.client.deadlineMs, 61_000);
	instanceOf(world, 1, 0).hold("communicationRetryTimer", 5);
	world.settle();
	equal(world.client.deadlineMs, 6000);
});

test("[A-69] while a bootstrap session is open nobody hears of us, and we hear nobody", () => {
	const { world, bootstrap } = recovering({}, { disableTimeoutS: 5 });
	world.start();
	const before = world.wire.length;
	const beforeSecond = world.secondRequests.length;
	bootstrap.isWanted = true;
	bootstrap.open(world);
	world.client.update(1);
	world.client.disable(2);
	world.client.offline(world.nowMs);
	world.client.online(world.nowMs);
	addAccount(world.client, 2, { uri: "coap://server.example" });
	removeAccount(world, 1);
	world.send({ code: Code.get, path: ["3", "0", "0"], type: "nonConfirmable" });
	world.run(20_000_000); // lifetimes end, too
	ok(world.wire.slice(before).every(({ from }) => from === "server"));
	equal(world.secondRequests.length, beforeSecond);
	bootstrap.finish(world);
	deepEqual(states(world).slice(0, 1), ["1 registered"]);
	equal(world.secondRequests.length, beforeSecond, "its account is gone, and it was told by the Bootstrap-Server");
});

test("[A-69] … and what was under way when it opened is done again when it is over", () => {
	const { world, bootstrap } = recovering({}, {});
	world.isCut = true;
	world.start();
	deepEqual(states(world), ["1 registering", "2 registered"]);
	bootstrap.isWanted = true;
	bootstrap.open(world);
	deepEqual(states(world), ["1 again", "2 registered"]);
	world.isCut = false;
	bootstrap.fail(world);
	deepEqual(states(world), ["1 registered", "2 registered"]);
	equal(world.logged("registrationFailed").length, 0);
});

test("[BSR-001] after a bootstrap: the same ones send an Update, new ones register, the rest is gone", () => {
	const { world, bootstrap } = recovering({}, {});
	world.start();
	bootstrap.isWanted = true;
	bootstrap.open(world);
	bootstrap.finish(world, () => {
		removeAccount(world, 1);
		addAccount(world.client, 2);
	});
	deepEqual(states(world), ["1 registered", "3 registered"]);
	deepEqual(
		world.requests.map(({ path }) => path.join("/")),
		["rd", "rd/5"],
	);
	deepEqual(
		world.secondRequests.map(({ code, path }) => [code, path.length]),
		[
			[Code.post, 1],
			[Code.post, 1],
		],
		"no De-register: the Bootstrap-Server has told it",
	);
});

test("[BSR-001] after a bootstrap: the same account in other Instances goes on, a moved one registers", () => {
	const { world, bootstrap } = recovering({}, {});
	world.start();
	const [session] = world.client.sessions;
	bootstrap.isWanted = true;
	bootstrap.open(world);
	bootstrap.finish(world, () => {
		removeAccount(world, 0);
		removeAccount(world, 1);
		addAccount(world.client, 0, { uri: "coap://server.example", lifetimeS: 500 });
		addAccount(world.client, 1, { uri: "coap://second.example:5683/" });
	});
	ok(world.client.sessions.includes(session!), "the registration goes on");
	equal(session!.account.server, instanceOf(world, 1, 0));
	deepEqual(world.requests.at(-1)!.query, ["lt=500"]);
	deepEqual(
		world.secondRequests.map(({ code, path }) => [code, path.length]),
		[
			[Code.post, 1],
			[Code.post, 1],
		],
	);
});

test("[MaU-005] after a bootstrap the initial delay holds for the unregistered; a restart asks", () => {
	const { world, bootstrap } = recovering({ initialDelayS: 10 }, undefined);
	world.start();
	world.run(10_000);
	deepEqual(states(world), ["1 registered"]);
	bootstrap.isWanted = true;
	bootstrap.finish(world, () => void addAccount(world.client, 1, { recovery: { initialDelayS: 20 } }));
	deepEqual(states(world), ["1 registered", "2 delay"]);
	world.run(20_000);
	deepEqual(states(world), ["1 registered", "2 registered"]);
	const again = recovering({ initialDelayS: 10 }, undefined, { hasRegistered: (shortServerId) => shortServerId === 1 });
	again.world.start();
	deepEqual(states(again.world), ["1 registered"]);
});

test("offline: nothing goes out and nothing is heard; online: what was cut off is new, what stands stays", () => {
	const { world } = recovering({}, {});
	world.isCut = true;
	world.start();
	const before = world.requestsOnWire().length;
	world.client.offline(world.nowMs);
	world.run(1_000_000);
	equal(world.requestsOnWire().length, before, "no copy of the Register");
	world.isCut = false;
	world.client.online(world.nowMs);
	world.settle();
	deepEqual(states(world), ["1 registered", "2 registered"]);
	equal(world.requestsOnWire().length, before + 1);
	equal(world.secondRequests.length, 1, "who was registered hears nothing");
});

test("offline: the lifetime goes on; changed ones are told by one Update, ended ones by a Register", () => {
	const { world } = recovering({}, undefined, { account: { lifetimeS: 300 } });
	world.start();
	world.client.offline(world.nowMs);
	instanceOf(world, 1, 0).hold("lifetime", 400);
	world.run(100_000);
	world.client.online(world.nowMs);
	world.settle();
	deepEqual(world.requests.at(-1)!.query, ["lt=400"]);
	world.client.offline(world.nowMs);
	world.run(400_000);
	world.client.online(world.nowMs);
	world.settle();
	deepEqual(world.requests.at(-1)!.path, ["rd"]);
	equal(world.requests.length, 3);
});

test("offline: an Update that was under way goes out again, as another message", () => {
	const { world } = recovering({}, undefined);
	world.start();
	world.isCut = true;
	world.client.update(1);
	world.settle();
	deepEqual(states(world), ["1 updating"]);
	world.client.offline(world.nowMs);
	world.isCut = false;
	const index = world.wire.length;
	world.run(1000);
	world.client.online(world.nowMs);
	world.settle();
	equal(world.requestsOnWire(index).length, 1);
	deepEqual(states(world), ["1 registered"]);
});

test("offline from one server: the other ones go on, and the order does not wait for it", () => {
	const { world } = recovering({ priorityOrder: 1, failureBlock: true }, { recovery: { priorityOrder: 2 } });
	world.isCut = true;
	world.start();
	deepEqual(states(world), ["1 registering", "2 turn"]);
	world.client.offline(world.nowMs, 1);
	world.settle();
	deepEqual(states(world), ["1 again", "2 registered"]);
	world.isCut = false;
	world.client.online(world.nowMs, 1);
	world.settle();
	deepEqual(states(world), ["1 registered", "2 registered"]);
});

test("offline, then the end: no good-bye, and it is the end", () => {
	const { world } = recovering({}, {});
	world.start();
	world.client.offline(world.nowMs);
	world.stop();
	ok(world.client.isEnded);
	equal(world.requests.length, 1);
});

test("[A-68] everything down, then a network: servers first, and no bootstrap", () => {
	const { world, bootstrap } = recovering({ retryCount: 1 }, undefined);
	world.isCut = true;
	world.start();
	world.run(100_000);
	deepEqual(states(world), ["1 bootstrap"]);
	world.client.offline(world.nowMs);
	world.isCut = false;
	world.client.online(world.nowMs);
	world.settle();
	deepEqual(states(world), ["1 registered"]);
	equal(bootstrap.asked.at(-1)!.endsWith("cancel"), true);
});

test("[CORE-REG-1] a disabled server stays alone for its time, online or not", () => {
	const { world } = recovering({}, undefined, { account: { disableTimeoutS: 100 } });
	world.start();
	world.client.disable(1);
	world.settle();
	world.client.offline(world.nowMs);
	world.client.online(world.nowMs);
	world.run(99_999);
	deepEqual(states(world), ["1 disabled"]);
	world.run(1);
	deepEqual(states(world), ["1 registered"]);
});

test("[CORE-REG-4] a registration that the server discarded: 4.04 to the Update, a Register at once", () => {
	const { world } = recovering(
		{},
		{},
		{
			answering: (request, at) =>
				request.path.length === 2 && at.requests.length === 2 ? { code: Code.notFound } : welcoming(request, at),
		},
	);
	world.start();
	world.ask({ code: Code.put, path: ["1", "0", "1"], contentFormat: 0, payload: utf8("50000") });
	deepEqual(
		world.requests.map(({ path }) => path.join("/")),
		["rd", "rd/5", "rd"],
	);
	deepEqual(states(world), ["1 registered", "2 registered"]);
	equal(world.secondRequests.length, 1);
});
