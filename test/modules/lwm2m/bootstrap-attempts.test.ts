import { utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import {
	BOOTSTRAP,
	type BootstrapEvent,
	BootstrapState,
	defaultBootstrapTuning,
} from "../../../modules/lwm2m/bootstrap-state.ts";
import { deepEqual, equal, ok, seeded, test, throws } from "../../harness.ts";
import { bootstrapBench, record, securityRecords, serverRecords } from "./bootstrap-bench.ts";

const account = [...securityRecords(0, 1), ...serverRecords(0, 1)];

test("the bootstrap's table: every state is reached, every other cell is ignored or an assertion", () => {
	const reached = new Set<string>(["idle"]);
	const machine = () => new BootstrapState({ below: () => 0 }, defaultBootstrapTuning);
	for (const state of Object.values(BOOTSTRAP)) {
		for (const cell of Object.values(state)) if (typeof cell !== "string") reached.add(cell[1]);
	}
	deepEqual([...reached].sort(), Object.keys(BOOTSTRAP).sort());
	throws(() => machine().take("accepted"));
	equal(machine().take("cancel"), undefined);
	const ways: BootstrapEvent[] = ["begin", "due", "resolved", "reached", "otherwise", "accepted", "finished"];
	const walked = machine();
	deepEqual(
		ways.map((event) => walked.take(event)),
		["hold", "resolve", "connect", "ask", "ask", "listen", "settle"],
	);
	equal(walked.state, "idle");
});

test("[A-54] waits double up to a cap, with chance on top, and are no shorter than the hold-off", () => {
	for (let seed = 1; seed <= 200; seed++) {
		const chance = seeded(seed);
		const machine = new BootstrapState({ below: (bound) => chance(bound) }, defaultBootstrapTuning);
		const holdOffMs = seed % 2 === 0 ? 0 : 100_000;
		let leastMs = Math.max(60_000, holdOffMs);
		for (let failures = 0; failures < 40; failures++) {
			const waitMs = machine.backOff(holdOffMs, 0);
			ok(waitMs >= leastMs && waitMs <= leastMs * 1.25, `seed=${seed} failures=${failures} ${waitMs}`);
			leastMs = Math.min(leastMs * 2, 3_600_000);
		}
	}
});

test("[A-54] Client Hold Off Time goes before the first request, and counts when an attempt has failed", () => {
	const it = bootstrapBench({ account: { clientHoldOffTime: 20 } });
	const { world } = it;
	world.start().run(19_999);
	deepEqual(it.asked(), []);
	world.run(1);
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112"]);
	world.run(247_000);
	const [failed] = world.logged("bootstrapFailed");
	equal(failed?.reason, "silence");
	const waitMs = Number(failed?.retryInMs);
	ok(waitMs >= 60_000 && waitMs <= 75_000);
	world.run(waitMs - 1);
	equal(it.asked().length, 1);
	world.run(1);
	equal(it.asked().length, 2);
});

test("[A-54] a name without address, and a server that is not there, are failures; several addresses are tried", () => {
	const nowhere = bootstrapBench({ names: {} }).world.start().run(0);
	equal(nowhere.logged("bootstrapFailed")[0]?.reason, "noAddress");
	const silent = bootstrapBench().world;
	silent.isSecondCut = true;
	silent.start().run(100_000);
	equal(silent.logged("bootstrapFailed")[0]?.reason, "timedOut");
	const second = bootstrapBench({ names: { "bs.example": ["192.0.2.77", "192.0.2.9"] } });
	second.world.isCut = true;
	second.world.start().run(93_000);
	deepEqual(second.asked(), ["POST /bs?ep=ep&pct=112"]);
	equal(second.world.logged("bootstrapFailed").length, 0);
});

test("[A-55] a refused request is not repeated at once; one refused for its format is asked as 1.0 does", () => {
	let code: number = Code.badRequest;
	const it = bootstrapBench({
		secondAnswering: (request) => ({ code: request.query.length > 1 ? code : Code.changed }),
	});
	it.world.start().run(0);
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112", "POST /bs?ep=ep"]);
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	equal(it.finish(), "2.04");
	code = Code.forbidden;
	const other = bootstrapBench({ secondAnswering: () => ({ code }) });
	other.world.start().run(59_000);
	deepEqual(other.asked(), ["POST /bs?ep=ep&pct=112"]);
	equal(other.world.logged("bootstrapFailed")[0]?.code, "4.03");
	other.world.run(20_000);
	equal(other.asked().length, 2);
});

test("as a 1.0 client it does not name a format", () => {
	const it = bootstrapBench({ enabler: "1.0" });
	it.world.start().run(0);
	deepEqual(it.asked(), ["POST /bs?ep=ep"]);
});

test("[A-56] EXCHANGE_LIFETIME counts from the last message of the server; then nothing is left of it", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	const before = it.registry();
	it.world.run(240_000);
	equal(it.write("/0", ...account.slice(0, 4)), "2.04");
	it.world.run(240_000);
	equal(it.write("/1", ...account.slice(4)), "2.04");
	it.world.run(246_999);
	equal(it.world.logged("bootstrapFailed").length, 0);
	it.world.run(1);
	equal(it.world.logged("bootstrapFailed")[0]?.reason, "silence");
	equal(it.registry(), before);
	equal(it.store.count, 0);
	it.world.run(80_000);
	equal(it.asked().length, 2);
	equal(it.finish(), "4.06"); // of a new session, which knows nothing of the old one
});

test("[A-62] operations nobody asked for: refused over coap, unless they are wanted; Finish again is 2.04", () => {
	const it = bootstrapBench({ hasServer: true });
	it.world.start();
	it.world.client.requestBootstrap("application", "");
	it.world.run(0);
	equal(it.finish(), "2.04");
	it.world.run(0);
	const before = it.registry();
	equal(it.write("/1/0/1", record("/1/0/1", 5)), "4.00");
	equal(it.finish(), "4.00");
	equal(it.remove("/"), "4.00");
	equal(it.registry(), before);
	const open = bootstrapBench({ hasServer: true, bootstrapTuning: { unrequested: "always" } });
	open.world.start();
	open.world.client.requestBootstrap("application", "");
	open.world.run(0);
	equal(open.finish(), "2.04");
	open.world.run(100_000);
	equal(open.finish(), "2.04");
	equal(open.write("/1/0/1", record("/1/0/1", 50)), "2.04");
	equal(open.world.client.registry.instance(1, 0)?.read("lifetime"), 86400);
	equal(open.finish(), "2.04");
	equal(open.world.client.registry.instance(1, 0)?.read("lifetime"), 50);
	open.write("/1/0/1", record("/1/0/1", 51));
	open.world.run(300_000); // nobody waits for this session
	equal(open.world.logged("bootstrapFailed")[0]?.retryInMs, undefined);
	equal(open.asked().length, 1);
	equal(open.world.client.registry.instance(1, 0)?.read("lifetime"), 50);
});

test("[A-62] a server that begins by itself while the client holds off", () => {
	const it = bootstrapBench({ account: { clientHoldOffTime: 60 }, bootstrapTuning: { unrequested: "always" } });
	it.world.start().run(1000);
	equal(it.write("/0", ...account.slice(0, 4)), "2.04");
	equal(it.write("/1", ...account.slice(4)), "2.04");
	equal(it.finish(), "2.04");
	it.world.run(600_000);
	deepEqual(it.asked(), []);
	equal(it.world.client.sessions[0]?.state, "registered");
});

test("[A-64] the account of the Bootstrap-Server goes when it is too old; the trigger is 4.05 then", () => {
	const it = bootstrapBench({ account: { bootstrapServerAccountTimeout: 30 } });
	const { world } = it;
	world.start().run(0);
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	equal(it.finish(), "2.04");
	world.run(29_999);
	ok(world.client.registry.instance(0, 1) !== undefined);
	world.run(1);
	equal(world.client.registry.instance(0, 1), undefined);
	equal(world.logged("bootstrapAccountPurged").length, 1);
	equal(it.store.kept?.instances.length, 2);
	equal(codeText(world.ask({ code: Code.post, path: ["1", "0", "9"] }).code), "4.05");
});

test("[A-69] while the Bootstrap-Server writes, servers hear nothing and get no answer; then they go on", () => {
	const it = bootstrapBench({ hasServer: true });
	const { world } = it;
	world.start();
	world.client.requestBootstrap("application", "");
	world.run(0);
	const asked = world.requests.length;
	const id = world.send({ code: Code.get, path: ["3", "0", "0"], type: "nonConfirmable" });
	equal(world.responses.get(id), undefined);
	world.client.update(1);
	world.run(10_000);
	equal(world.requests.length, asked);
	equal(it.finish(), "2.04");
	world.run(0);
	ok(world.requests.length > asked);
	equal(codeText(world.ask({ code: Code.get, path: ["3", "0", "0"] }).code), "2.05");
});

test("[A-69] the server's account is gone after the bootstrap: so is its session", () => {
	const it = bootstrapBench({ hasServer: true });
	const { world } = it;
	world.start();
	world.client.requestBootstrap("application", "");
	world.run(0);
	it.remove("/0/0");
	it.remove("/1/0");
	equal(it.finish(), "4.06");
	it.write("/0", ...securityRecords(3, 9, "coap://other.example"));
	it.write("/1", ...serverRecords(3, 9));
	equal(it.finish(), "2.04");
	world.run(0);
	deepEqual(
		world.client.sessions.map(({ shortServerId }) => shortServerId),
		[9],
	);
});

test("a second Finish after the first, a Write behind it: too late", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	equal(it.finish(), "2.04");
	equal(it.write("/1/0/1", record("/1/0/1", 5)), "4.00");
	equal(it.world.client.registry.instance(1, 0)?.read("lifetime"), 86400);
});

test("several accounts of Bootstrap-Servers are said to be one too many, and nobody is asked", () => {
	const it = bootstrapBench({
		furnish: (client) => {
			const second = client.registry.object(0)!.options.provide!(5);
			second.hold("serverUri", "coap://bs.example");
			second.hold("bootstrapServer", true);
			client.add(second);
		},
	});
	it.world.start().run(600_000);
	deepEqual(it.asked(), []);
	equal(it.world.logged("bootstrapFailed")[0]?.reason, "configuration.bootstrapServers");
});

test("a configuration that can not be kept is 5.00, and the session goes on", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	it.store.isFull = true;
	const before = it.registry();
	equal(it.finish(), "5.00");
	equal(it.registry(), before);
	it.store.isFull = false;
	equal(it.finish(), "2.04");
	ok(it.registry() !== before);
});

test("limits of a session: bytes 4.13, Instances 5.00", () => {
	const it = bootstrapBench({ limits: { stagedBytes: 400, stagedInstances: 4 } });
	it.world.start().run(0);
	equal(it.write("/0", ...account.slice(0, 4)), "2.04");
	equal(it.write("/1", ...account.slice(4)), "2.04");
	const left = utf8("x".repeat(300));
	equal(codeText(it.ask(Code.put, "/33100/1/0", { contentFormat: 0, payload: left }).code), "4.13");
	equal(codeText(it.ask(Code.put, "/33100/1/0", { contentFormat: 0, payload: utf8("x") }).code), "2.04");
	equal(codeText(it.ask(Code.put, "/33100/2/0", { contentFormat: 0, payload: utf8("x") }).code), "5.00");
	equal(it.finish(), "2.04");
});

test("a client that is stopped in the midst of a session applies nothing, and ends", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	const before = it.registry();
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	it.world.stop();
	equal(it.registry(), before);
	equal(it.world.client.isEnded, true);
	it.world.run(1_000_000);
	deepEqual(it.asked().length, 1);
	equal(it.store.count, 0);
});

test("what one bootstrap made, another one takes away; what the application has it keeps unless it lets it go", () => {
	const it = bootstrapBench();
	const { registry } = it.world.client;
	it.world.start().run(0);
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	it.write("/33100", record("/33100/1/0", "hall"), record("/33100/2/0", "stairs"));
	equal(it.finish(), "2.04");
	it.world.run(0);
	it.world.client.requestBootstrap("application", "");
	it.world.run(0);
	equal(it.remove("/33100/1"), "2.02");
	equal(it.write("/33100/2/1", record("/33100/2/1", 9)), "2.04");
	equal(it.finish(), "2.04");
	equal(registry.instance(33100, 1), undefined);
	equal(registry.instance(33100, 2)?.read("name"), "stairs");
	equal(registry.instance(33100, 2)?.read("level"), 9);
	equal(it.store.kept?.instances.filter(({ objectId }) => objectId === 33100).length, 1);
	deepEqual(it.lamps, ["removed 1"]);
});

test("an answer that comes twice, and one to nothing we asked, change nothing", () => {
	const it = bootstrapBench({ secondAnswering: () => undefined });
	it.world.start().run(0);
	it.write("/0", ...account.slice(0, 4)); // before the request is answered: the answer is lost, the session is not
	it.write("/1", ...account.slice(4));
	equal(it.finish(), "2.04");
	it.world.run(200_000);
	equal(it.world.client.sessions[0]?.state, "registered");
	equal(it.world.logged("bootstrapFailed").length, 0);
});
