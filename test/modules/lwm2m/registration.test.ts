import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { HostFailure } from "../../../modules/host.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { TEMPERATURE } from "../../../modules/objects/facts/temperature-3303.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { furnished } from "./furniture.ts";
import { type Answering, welcoming } from "./world.ts";

/** The plain beginning of a second thermometer. */
const second = (id = 1) => new ObjectInstance(TEMPERATURE, { id, values: { sensorValue: 1 } });

const stateOf = ({ world }: ReturnType<typeof furnished>) => world.client.sessions[0]!.state;

test("[CORE-REG-1] registers at start, updates in time, de-registers when it stops", () => {
	const { world } = furnished();
	world.start();
	deepEqual(
		world.requests.map(({ code, path }) => [code, ...path]),
		[[Code.post, "rd"]],
	);
	world.run(206_999);
	equal(world.requests.length, 1);
	world.run(1);
	deepEqual([world.requests[1]!.code, ...world.requests[1]!.path], [Code.post, "rd", "5"]);
	world.run(207_000);
	equal(world.requests.length, 3);
	world.stop();
	deepEqual([world.requests[3]!.code, ...world.requests[3]!.path], [Code.delete, "rd", "5"]);
	ok(world.client.isEnded);
	world.run(1_000_000);
	equal(world.requests.length, 4, "silence after the end");
	equal(world.client.deadlineMs, Infinity);
});

test("[CORE-REG-2] a Register carries name, lifetime, version, and objects without Security; no binding is U", () => {
	const { world } = furnished();
	world.start();
	const [register] = world.requests;
	deepEqual(register!.query, ["ep=ep", "lt=300", "lwm2m=1.1"]);
	equal(register!.contentFormat, 40);
	equal(readUtf8(register!.payload), "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>");
});

test("[CORE-REG-2] as a client of 1.0 it says so, and tells every version but 1.0", () => {
	const { world } = furnished({ enabler: "1.0" });
	world.start();
	equal(world.requests[0]!.query[2], "lwm2m=1.0");
	equal(readUtf8(world.requests[0]!.payload), "</1>;ver=1.1,</1/0>,</3>;ver=1.1,</3/0>,</3303>;ver=1.1,</3303/0>");
});

test("[CORE-REG-2] an object without an instance is listed by itself", () => {
	const { world } = furnished({
		furnish: (client) => client.addObject({ id: 9000, version: "1.0", multiple: true, resources: {} }),
	});
	world.start();
	ok(readUtf8(world.requests[0]!.payload)!.endsWith(",</9000>"));
});

test("[CORE-REG-2] bytes on the wire: Register and its answer, Update and its answer, De-register", () => {
	const { world } = furnished();
	world.start();
	world.run(207_000);
	world.stop();
	const sizes = world.wire.map(({ from, bytes }) => `${from} ${bytes.length}`);
	deepEqual(sizes, ["client 74", "server 11", "client 11", "server 6", "client 11", "server 6"]);
});

test("[CORE-REG-2] the same 21 links as the best peer's demonstration fit in 235 bytes", () => {
	// Their list takes 175 bytes of the budget, whoever sends it: what stands before ours is what counts. Their name,
	// their lifetime.
	const { world } = furnished({
		endpointName: "urn:dev:os:0023C7-000001",
		account: { lifetimeS: 86_400 },
		furnish(client) {
			for (let id = 100; id < 118; id++) client.add(new ObjectInstance({ id, version: "1.0", resources: {} }));
		},
	});
	world.start();
	const payload = readUtf8(world.requests[0]!.payload)!;
	const [register] = world.wire;
	const overhead = register!.bytes.length - payload.length;
	equal(payload.split(",").filter((link) => !link.includes(";")).length, 21);
	ok(overhead + 175 <= 235, `${overhead} bytes before the list`);
});

test("[CORE-REG-4] an Update carries nothing but what changed, and the lifetime counts from there", () => {
	const { world } = furnished();
	world.start();
	world.ask({ code: Code.put, path: ["1", "0", "1"], contentFormat: 0, payload: utf8("60") });
	const update = world.requests[1]!;
	deepEqual(update.query, ["lt=60"]);
	equal(update.payload.length, 0);
	equal(update.contentFormat, undefined);
	world.run(29_999);
	equal(world.requests.length, 2);
	world.run(1);
	deepEqual(world.requests[2]!.query, []);
	deepEqual(
		world.logged("updated").map(({ lifetimeS }) => lifetimeS),
		[60, 60],
	);
});

test("[CORE-REG-4] writing the same lifetime again is no news", () => {
	const { world } = furnished();
	world.start();
	world.ask({ code: Code.put, path: ["1", "0", "1"], contentFormat: 0, payload: utf8("300") });
	equal(world.requests.length, 1);
});

test("[CORE-REG-1] Registration Update Trigger: the answer first, then an Update without parameters", () => {
	const { world } = furnished();
	world.start();
	const before = world.wire.length;
	equal(world.ask({ code: Code.post, path: ["1", "0", "8"] }).code, Code.changed);
	const [, answer, update] = world.wire.slice(before);
	equal(answer!.bytes[1], Code.changed);
	equal(update!.bytes[1], Code.post);
	deepEqual(world.requests[1]!.query, []);
	equal(world.requests[1]!.payload.length, 0);
});

test("[CORE-REG-1] objects that come and go make an Update with the whole list", () => {
	const { world } = furnished();
	world.start();
	const more = second();
	world.client.add(more);
	world.settle();
	equal(readUtf8(world.requests[1]!.payload), "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>,</3303/1>");
	world.client.remove(more);
	world.settle();
	equal(readUtf8(world.requests[2]!.payload), "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>");
	equal(world.requests[2]!.contentFormat, 40);
	deepEqual(world.requests[2]!.query, []);
});

test("[CORE-REG-1] what changes during an Update is told by the next one", () => {
	const answers: Answering = (request, at) =>
		request.path.length === 2 && at.isCut ? undefined : welcoming(request, at);
	const { world } = furnished({ answering: answers });
	world.start();
	world.isCut = true;
	world.client.update(1);
	world.settle();
	equal(world.client.sessions[0]!.state, "updating");
	world.client.add(second());
	world.settle();
	equal(world.requestsOnWire().length, 2, "one Update at a time");
	world.isCut = false;
	world.run(4000);
	equal(world.client.sessions[0]!.state, "registered");
	equal(readUtf8(world.requests.at(-1)!.payload), "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>,</3303/1>");
});

test("[CORE-REG-1] Disable: answer, De-register, silence for Disable Timeout, Register", () => {
	const { world } = furnished({ account: { disableTimeoutS: 3600 } });
	world.start();
	const before = world.wire.length;
	equal(world.ask({ code: Code.post, path: ["1", "0", "4"] }).code, Code.changed);
	equal(world.wire[before + 1]!.bytes[1], Code.changed);
	equal(world.requests[1]!.code, Code.delete);
	equal(world.client.sessions[0]!.state, "waiting");
	const asleep = world.wire.length;
	world.run(3_599_999);
	equal(world.wire.length, asleep);
	world.run(1);
	equal(world.requests.length, 3);
	deepEqual(world.requests[2]!.path, ["rd"]);
});

test("[CORE-REG-1] Disable lasts a day when no timeout is set", () => {
	const { world } = furnished({ isQuiet: true });
	world.start();
	world.ask({ code: Code.post, path: ["1", "0", "4"] });
	world.run(86_399_999);
	equal(world.requests.length, 2);
	world.run(1);
	equal(world.requests.length, 3);
});

test("[CORE-REG-1] an Update refused with any error makes a new Register at once", () => {
	for (const code of [Code.badRequest, Code.notFound, Code.methodNotAllowed, Code.internalServerError]) {
		const refusing: Answering = (request, at) => {
			const isUpdate = request.code === Code.post && request.path.length === 2;
			return isUpdate ? { code } : welcoming(request, at);
		};
		const { world } = furnished({ answering: refusing });
		world.start();
		world.run(207_000);
		deepEqual(
			world.requests.map(({ path }) => path.join("/")),
			["rd", "rd/5", "rd"],
		);
		equal(world.client.sessions[0]!.state, "registered");
		equal(world.logged("registrationFailed")[0]!.retryInMs, 0);
	}
});

test("[CORE-REG-1] an Update without an answer makes a new Register, to the address the name has by then", () => {
	const names = { "server.example": "192.0.2.1" };
	const it = furnished({ names });
	const { world } = it;
	world.start();
	world.isCut = true;
	world.run(207_000);
	equal(stateOf(it), "updating");
	names["server.example"] = "192.0.2.9";
	world.run(93_000);
	equal(stateOf(it), "registering");
	world.isCut = false;
	world.serverAddress.host = "192.0.2.9";
	world.run(50_000);
	equal(stateOf(it), "registered");
	equal(world.client.sessions[0]!.address.host, "192.0.2.9");
});

test("[CORE-REG-4] when the lifetime passes during an Update, it registers instead", () => {
	const it = furnished({ account: { lifetimeS: 20 } });
	it.world.start();
	it.world.isCut = true;
	it.world.run(19_999);
	equal(stateOf(it), "updating");
	it.world.run(1);
	equal(stateOf(it), "registering");
});

test("[CORE-REG-1] every error to a Register is survived, and tried again later", () => {
	for (let code = 0x80; code <= 0xa5; code++) {
		let refusals = 2;
		const it = furnished({ answering: (request, at) => (refusals-- > 0 ? { code } : welcoming(request, at)) });
		it.world.start();
		equal(stateOf(it), "waiting", `code ${code}`);
		it.world.run(75_000);
		equal(it.world.requests.length, 2);
		it.world.run(150_000);
		equal(stateOf(it), "registered", `code ${code}`);
		const waits = it.world.logged("registrationFailed").map(({ retryInMs }) => retryInMs as number);
		ok(waits[0]! >= 60_000 && waits[0]! <= 75_000 && waits[1]! >= 120_000 && waits[1]! <= 150_000);
	}
});

test("[CORE-REG-1] a 2.01 without a location, or with one too long to keep, is no registration", () => {
	const long = "x".repeat(65);
	for (const locationPath of [[], [long], ["a", "b", "c", "d", "e"]]) {
		const it = furnished({ answering: () => ({ code: Code.created, locationPath }) });
		it.world.start();
		equal(stateOf(it), "waiting");
		equal(it.world.logged("registrationFailed")[0]!.reason, "location");
	}
});

test("[CORE-REG-1] a silent server: five transmissions, then a pause with jitter, and so on", () => {
	const it = furnished();
	it.world.isCut = true;
	it.world.start();
	it.world.run(93_000);
	equal(it.world.requestsOnWire().length, 5);
	equal(stateOf(it), "waiting");
	equal(it.world.logged("registrationFailed")[0]!.reason, "timedOut");
	it.world.run(75_000);
	equal(stateOf(it), "registering");
	it.world.isCut = false;
	it.world.run(45_000);
	equal(stateOf(it), "registered");
});

test("[CORE-REG-1] a name without an address is looked up again later", () => {
	const names: { [name: string]: string } = {};
	const it = furnished({ names });
	it.world.start();
	equal(stateOf(it), "waiting");
	equal(it.world.logged("registrationFailed")[0]!.reason, "noAddress");
	names["server.example"] = "192.0.2.1";
	it.world.run(75_000);
	equal(stateOf(it), "registered");
});

test("[CORE-REG-1] an unanswered De-register ends within ten seconds, stopping unregistered at once", () => {
	const cut = furnished();
	cut.world.isCut = true;
	cut.world.start();
	cut.world.stop();
	ok(cut.world.client.isEnded, "registering");
	const silent = furnished();
	silent.world.start();
	silent.world.isCut = true;
	silent.world.stop();
	equal(stateOf(silent), "deregistering");
	silent.world.run(9_999);
	ok(!silent.world.client.isEnded);
	silent.world.run(1);
	ok(silent.world.client.isEnded);
	equal(silent.world.logged("deregistered")[0]!.reason, "timedOut");
});

test("[CORE-REG-1] stopping during an Update sends the De-register alone", () => {
	const it = furnished();
	it.world.start();
	it.world.isCut = true;
	it.world.client.update(1);
	it.world.settle();
	equal(stateOf(it), "updating");
	it.world.isCut = false;
	const before = it.world.wire.length;
	it.world.stop();
	ok(it.world.client.isEnded);
	const sent = it.world.requestsOnWire(before).map(({ bytes }) => bytes[1]);
	deepEqual(sent, [Code.delete]);
});

test("an account without a sensible address, or whose keys do not fit it, is left alone and said so", () => {
	for (const [uri, reason] of [
		["coaps://server.example", "credentials.noSec"],
		["http://server.example", "uri.scheme"],
		["coap://", "uri.malformed"],
		["coap://server.example:0", "uri.malformed"],
		["coap://server.example/path", "uri.malformed"],
	] as const) {
		const { world } = furnished({ uri });
		world.start();
		world.run(1_000_000);
		equal(world.requestsOnWire().length, 0, uri);
		const failed = { event: "registrationFailed", server: 1, reason, attempt: 1, sequence: 1 };
		deepEqual(world.logged("registrationFailed"), [failed]);
		world.stop();
		ok(world.client.isEnded);
	}
});

test("[CORE-REG-1] a host without entropy is logged, and tried again later", () => {
	let fails = true;
	const it = furnished({
		entropy: {
			fill(bytes) {
				if (fails) throw new HostFailure("no entropy");
				bytes.fill(7);
			},
		},
	});
	it.world.start();
	equal(stateOf(it), "waiting");
	deepEqual(it.world.logged("hostFailure"), [{ event: "hostFailure", server: 1, what: "no entropy" }]);
	fails = false;
	it.world.run(75_000);
	equal(stateOf(it), "registered");
});

test("[CORE-REG-1] an Update asked for before the Register is part of it", () => {
	const { world } = furnished();
	world.client.start(world.nowMs);
	world.client.update(1);
	world.settle();
	world.run(1000);
	deepEqual(
		world.requests.map(({ path }) => path.join("/")),
		["rd"],
	);
});
