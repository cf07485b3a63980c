import { Code } from "../../../modules/coap/code.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { kinds, psk, Rig, secureAddress } from "./retention-bench.ts";

const hourMs = 3_600_000;
const watched = "/33000/0/1";

/** A device that is registered and observed. */
function settled(options: ConstructorParameters<typeof Rig>[0] = {}): Rig {
	const rig = new Rig(options).boot();
	if (options.hasSecure !== false) rig.observe(watched);
	rig.run(10_000);
	return rig;
}

const restored = (rig: Rig) =>
	rig.logged("restored").map(({ server, registration, session }) => [server, registration, session]);

test("after deep sleep: no handshake, no registration, no name; what has changed is told in the first datagram", () => {
	for (const retainedBytes of [4096, 128, 0]) {
		const rig = settled({ retainedBytes });
		const { handshakes } = rig;
		const requests = rig.requests.length;
		rig.sleep(hourMs, { whole: 8 });
		deepEqual(restored(rig), [[1, "kept", true]]);
		deepEqual([rig.sent.length, rig.names, rig.handshakes], [1, 0, handshakes], `${retainedBytes} bytes`);
		equal(rig.logged("notified").length, 1);
		equal(rig.responses.at(-1)!.observe !== undefined, true);
		equal(rig.requests.length, requests);
		rig.sleep(hourMs, { whole: 8 });
		equal(rig.sent.length, 0, "the same value is no news");
		rig.sleep(22 * hourMs - 60_000, { whole: 8 });
		deepEqual(kinds(rig.requests, requests), ["update"], "an Update at its time");
		equal(rig.handshakes, handshakes);
	}
});

test("after a reset, and from flash after a power cut, the same; the value is told once more", () => {
	for (const cause of ["watchdog", "crash", "restart", "powerOn"] as const) {
		const rig = settled();
		rig.wallTimeS = 1_800_000_000;
		rig.observe("/33000/0/3"); // something that matters is kept with the time
		const { handshakes } = rig;
		const requests = rig.requests.length;
		rig.boot({ cause, clockWentOn: cause !== "powerOn", afterMs: 5000 });
		deepEqual(restored(rig), [[1, "kept", true]], cause);
		deepEqual([rig.sent.length, rig.names, rig.handshakes, rig.requests.length], [2, 0, handshakes, requests], cause);
		equal(rig.logged("notified").length, 2);
	}
});

test("nobody knows how long it was: an Update asks first, and tells whether the registration stands", () => {
	for (const stands of [true, false]) {
		const rig = settled();
		const requests = rig.requests.length;
		if (!stands) rig.updateCode = Code.notFound;
		rig.boot({ afterMs: 5000 });
		deepEqual(restored(rig), [[1, "doubtful", true]]);
		rig.run(60_000);
		deepEqual(kinds(rig.requests, requests), stands ? ["update"] : ["update", "register"]);
		equal(rig.handshakes, 1);
		equal(rig.logged("notified").length, stands ? 1 : 0, "a Register voids observations");
		equal(rig.client.sessions[0]!.observationCount, stands ? 1 : 0);
	}
});

test("the ladder: a session that the server has forgotten; resumption; an Update; a Register", () => {
	const rig = settled();
	const requests = rig.requests.length;
	rig.serverForgets(); // its session to resume it has
	rig.updateCode = Code.notFound;
	rig.sleep(24 * hourMs - 90_000, { whole: 9 });
	equal(rig.handshakes, 1);
	rig.run(15_000);
	deepEqual([rig.handshakes, rig.isResumed], [2, true], "the session, then what resumes it");
	rig.run(60_000);
	deepEqual(kinds(rig.requests, requests), ["update", "register"], "the registration, then another one");
	equal(rig.client.sessions[0]!.state, "registered");
});

test("the ladder: without anything to resume there is a whole handshake; the registration still stands", () => {
	const rig = settled({ resumes: false });
	const requests = rig.requests.length;
	rig.serverForgets();
	rig.sleep(24 * hourMs - 90_000, { whole: 9 });
	rig.run(75_000);
	deepEqual([rig.handshakes, rig.isResumed], [2, false]);
	deepEqual(kinds(rig.requests, requests), ["update"]);
	equal(rig.client.sessions[0]!.observationCount, 1);
	ok(rig.logged("notified").length > 0);
});

test("a Confirmable notification that nobody hears: the session goes, the observation stays", () => {
	const client = { enabler: "1.2" } as const;
	const rig = new Rig().boot({ client });
	rig.observe(watched, ["con=1"]);
	rig.run(10_000);
	rig.sessionIsLost();
	const requests = rig.requests.length;
	rig.sleep(hourMs, { whole: 9, client });
	rig.run(120_000);
	equal(rig.handshakes, 2);
	deepEqual(kinds(rig.requests, requests), ["update"]);
	equal(rig.client.sessions[0]!.observationCount, 1);
	equal(rig.responses.at(-1)!.observe !== undefined, true, "told once more");
});

test("an alert in the clear: nobody is believed, but an Update asks, once", () => {
	const rig = settled();
	const requests = rig.requests.length;
	rig.sleep(hourMs, { whole: 7 });
	equal(rig.sent.length, 0);
	const alert = Uint8Array.of(21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 10);
	for (let count = 0; count < 3; count++) {
		rig.client.receive(secureAddress, alert.slice(), 0, alert.length, rig.nowMs);
		rig.run(1000);
	}
	deepEqual([kinds(rig.requests, requests), rig.handshakes], [["update"], 1]);
	rig.serverForgets();
	rig.sleep(hourMs, { whole: 8 });
	rig.client.receive(secureAddress, alert.slice(), 0, alert.length, rig.nowMs);
	rig.settle();
	rig.run(15_000);
	deepEqual([rig.handshakes, rig.isResumed], [2, true]);
});

test("other keys, another name, another address of the server: all begins anew, and nothing old is said", () => {
	const other = psk.key.map((byte) => byte ^ 1);
	for (const life of [{ key: other }, { client: { endpointName: "other" } }]) {
		const rig = settled();
		const requests = rig.requests.length;
		rig.sleep(hourMs, life);
		deepEqual(restored(rig), []);
		rig.run(10_000);
		if (life.key === undefined) deepEqual(kinds(rig.requests, requests), ["register"]);
		equal(rig.logged("notified").length, 0);
	}
});

test("another list of Objects: an Update tells it", () => {
	const rig = settled();
	const requests = rig.requests.length;
	rig.sleep(hourMs, { isBare: true });
	deepEqual(kinds(rig.requests, requests), ["update"]);
	ok(rig.requests.at(-1)!.payload.length > 0, "the list is in it");
});

test("several servers, with DTLS and without: each goes on; Message IDs and tokens, too", () => {
	const rig = settled({ hasPlain: true });
	rig.plain.request({ code: Code.get, path: ["33000", "0", "1"], observe: 0 }, rig.nowMs);
	rig.settle();
	const idOf = (bytes: Uint8Array) => (bytes[2]! << 8) | bytes[3]!;
	const last = rig.everySent.filter(({ to, bytes }) => to === "plain" && (bytes[0]! & 0x30) !== 0x20).at(-1)!;
	const port = rig.retention.localPort;
	rig.sleep(hourMs, { whole: 3 });
	deepEqual(restored(rig), [
		[1, "kept", true],
		[2, "kept", undefined],
	]);
	deepEqual([rig.sent.length, rig.names], [2, 0]);
	equal(rig.retention.localPort, port);
	const first = rig.sent.find(({ to }) => to === "plain")!;
	equal(idOf(first.bytes), (idOf(last.bytes) + 1) & 0xffff);
	rig.run(23 * hourMs);
	deepEqual(
		[kinds(rig.requests), kinds(rig.plainRequests)],
		[
			["register", "update"],
			["register", "update"],
		],
	);
});

test("a request that must not be executed twice is not, also when a reset lies between its copies", () => {
	const rig = settled();
	const executed = rig.seen.executed.length;
	equal(rig.ask({ code: Code.post, path: ["33000", "0", "12"] }).code, Code.changed);
	equal(rig.seen.executed.length, executed + 1);
	const request = rig.said.filter((bytes) => (bytes[0]! & 0x30) === 0).at(-1)!;
	for (const cause of ["deepSleep", "restart"] as const) {
		if (cause === "deepSleep") rig.sleep(3000);
		else rig.boot({ cause, clockWentOn: true, afterMs: 3000 });
		const before = rig.sent.length;
		rig.association.send(request, 0, request.length, rig.nowMs);
		rig.settle();
		equal(rig.seen.executed.length, executed + 1, cause);
		equal(rig.sent.length, before + 1, "it is answered once more");
	}
});

test("nothing is written to flash for a sleep where retained memory takes it; little without", () => {
	const rig = settled();
	const { commits } = rig.store!;
	for (let count = 1; count <= 20; count++) rig.sleep(600_000, { whole: count });
	equal(rig.store!.commits, commits);
	const bare = settled({ retainedBytes: 0 });
	const before = bare.store!.commits;
	for (let count = 1; count <= 20; count++) bare.sleep(600_000, { whole: count });
	ok(bare.store!.commits - before <= 3 * 20, `${bare.store!.commits - before} commits`);
});

test("a registration that was not, and why it waits: after deep sleep it waits on", () => {
	const rig = new Rig({ hasSecure: false, hasPlain: true });
	rig.isCut = true;
	rig.boot().run(100_000);
	const { attempts } = rig.client.sessions[0]!;
	equal(attempts.wait, "retry");
	const dueMs = rig.client.deadlineMs;
	rig.sleep(1000);
	equal(rig.client.deadlineMs, dueMs);
	rig.isCut = false;
	rig.run(dueMs - rig.nowMs + 1);
	deepEqual(kinds(rig.plainRequests), ["register"]);
});

test("[CORE-SEC] an account that is replaced by an equal one: a handshake, and nothing in the clear", () => {
	const rig = settled();
	const requests = rig.requests.length;
	rig.sent = [];
	rig.client.remove(rig.client.registry.instance(0, 0)!);
	rig.client.add(security({ serverUri: "coaps://secure.example", shortServerId: 1, credentials: psk }));
	rig.run(1000);
	rig.client.update(1);
	rig.run(1000);
	equal(rig.handshakes, 2);
	ok(kinds(rig.requests, requests).every((kind) => kind === "update"));
	ok(rig.requests.length > requests);
	ok(rig.sent.every(({ bytes }) => bytes[0]! >= 20 && bytes[0]! <= 25 && bytes[1] === 0xfe));
});

test("an account that is replaced by another one: no byte of its sessions is left", () => {
	const rig = settled();
	rig.client.remove(rig.client.registry.instance(0, 0)!);
	const credentials = { ...psk, key: psk.key.map((byte) => byte ^ 1) };
	rig.client.add(security({ serverUri: "coaps://secure.example", shortServerId: 1, credentials }));
	rig.run(1000);
	const stateKey = 5 + 0x10_0000 + 16;
	equal(rig.store!.values.has(stateKey), false);
	equal(rig.store!.values.has(stateKey + 0x10_0000), false);
	ok(rig.memory!.bytes.subarray(0, 192).every((byte) => byte === 0));
});

test("a factory reset forgets all of it", () => {
	const rig = settled({ hasPlain: true });
	rig.retention.forget();
	rig.settle();
	equal(rig.store!.values.size, 0);
	ok(rig.memory!.bytes.every((byte) => byte === 0 || byte === 0xa5));
	const requests = rig.requests.length;
	rig.serverForgets();
	rig.boot({ cause: "restart", clockWentOn: true });
	deepEqual(restored(rig), []);
	equal(rig.handshakes, 2);
	equal(rig.isResumed, false);
	deepEqual(kinds(rig.requests, requests), ["register"]);
});
