/** Queue mode: Transport 1.2 §6.4.8, and leshan-demo-server's events. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { buildHttp } from "../../../../hosts/simulator/server/rest/http.ts";
import type { Heard, Reply, ScriptedClient } from "./scripted-client.ts";
import { Stage, type StageOptions } from "./stage.ts";

const post = 2;
const links = "</1/0>,</3/0>";
const awakeMs = 93_000;
const utf8 = (text: string) => new TextEncoder().encode(text);
const content = ({ path }: Heard): Reply => ({ code: 0x45, contentFormat: 0, payload: utf8(path) });

const queueing = [
	["1.0", "b=UQ"],
	["1.1", "Q"],
	["1.2", "Q"],
] as const;

/** A queue-mode client that has fallen asleep. */
async function asleep(version: (typeof queueing)[number] = queueing[1], options: StageOptions = {}) {
	const stage = await Stage.open(options);
	const client = stage.client();
	client.reply = content;
	const location = await stage.outcome(client.register(["ep=a", "lt=86400", `lwm2m=${version[0]}`, version[1]], links));
	await stage.pass(awakeMs + 1000);
	equal(stage.server.isAwake(stage.server.client("a")!), false);
	stage.happenings.length = 0;
	const update = () => stage.outcome(client.request({ code: post, path: ["rd", location] }));
	return { stage, client, location, update };
}

const paths = ({ heard }: ScriptedClient) => heard.map(({ path }) => path);
const read = (stage: Stage, path: string, tuning = {}) => stage.server.operations.read("a", path, tuning);

for (const version of queueing) {
	test(`[CORE-Q-1] requests to a sleeping client of ${version[0]} wait for its Update, and go in order`, async () => {
		const { stage, client, update } = await asleep(version);
		const answers = ["/3/0/0", "/3/0/1", "/3/0/2"].map((path) => read(stage, path));
		await stage.pass(3_600_000);
		deepEqual(paths(client), []);
		equal(stage.server.held(stage.server.client("a")!), 3);
		await update();
		const contents = await stage.outcome(Promise.all(answers));
		deepEqual(paths(client), ["/3/0/0", "/3/0/1", "/3/0/2"]);
		equal(contents[2]!.code, 0x45);
		deepEqual(stage.names(), ["updated", "awake"]);
		const [update2, first] = client.received.slice(-4);
		ok(update2![1] === 0x44 && first![1] === 1, "the Update is answered before anything is asked");
	});
}

test("[CORE-Q-1] one request at a time, the next when the last one is answered", async () => {
	const { stage, client, update } = await asleep();
	client.reply = () => "silence";
	const answers = Promise.allSettled([read(stage, "/3/0/0"), read(stage, "/3/0/1")]);
	await update();
	await stage.pass(4000);
	deepEqual(paths(client), ["/3/0/0"]);
	client.reply = content;
	await stage.pass(8000); // the first is given up after five seconds, and the client is taken to sleep
	deepEqual(paths(client), ["/3/0/0"]);
	deepEqual(stage.names(), ["updated", "awake", "sleeping"]);
	await update();
	const [first, second] = await stage.outcome(answers);
	equal(first!.status, "rejected");
	equal(second!.status, "fulfilled");
	deepEqual(paths(client), ["/3/0/0", "/3/0/1"]);
});

test("[CORE-Q-1] what is asked for while a request is under way waits for its end", async () => {
	const { stage, client, update } = await asleep();
	await update();
	client.reply = () => "silence";
	const first = rejects(stage.outcome(read(stage, "/3/0/0")), { reason: "timedOut" });
	const second = read(stage, "/3/0/1");
	await first;
	await stage.pass(20_000);
	equal(stage.server.held(stage.server.client("a")!), 1, "its time does not run while it is held");
	client.reply = content;
	await update();
	equal((await stage.outcome(second)).code, 0x45);
});

test("[CORE-Q-1] anything that a sleeping client sends shows that it is awake: a Send, a notification", async () => {
	const { stage, client } = await asleep();
	const answer = read(stage, "/3/0/0");
	const payload = utf8('[{"n":"/3/0/9","v":1}]');
	await stage.outcome(client.request({ code: post, path: ["dp"], contentFormat: 110, payload }));
	await stage.outcome(answer);
	deepEqual(stage.names(), ["sent", "awake"]);
	await stage.pass(awakeMs + 1000);
	deepEqual(stage.names(), ["sent", "awake", "sleeping"]);
});

test("[CORE-Q-1] the time awake counts from the last message, 93 s or what the server is told", async () => {
	const { stage, update } = await asleep();
	await update();
	await stage.pass(awakeMs - 1000);
	await stage.outcome(read(stage, "/3/0/0"));
	await stage.pass(awakeMs - 1000);
	deepEqual(stage.names(), ["updated", "awake"]);
	await stage.pass(2000);
	deepEqual(stage.names(), ["updated", "awake", "sleeping"]);
});

test("[CORE-Q-1] how long a request is held can be limited, and 0 is not at all, as Leshan", async () => {
	const { stage, client, update } = await asleep();
	const limited = read(stage, "/3/0/0", { holdS: 60 });
	await rejects(read(stage, "/3/0/1", { holdS: 0 }), { reason: "asleep" });
	await rejects(stage.outcome(limited), { reason: "timedOut" });
	await update();
	await stage.pass(1000);
	deepEqual(paths(client), []);
	equal((await stage.outcome(read(stage, "/3/0/1", { holdS: 0 }))).code, 0x45, "awake now");
});

test("[CORE-Q-1] more than the limit are refused; other clients are not concerned", async () => {
	const { stage, update } = await asleep(queueing[1], { limits: { requests: 3 } });
	const held = [read(stage, "/3/0/0"), read(stage, "/3/0/1"), read(stage, "/3/0/2")];
	await rejects(read(stage, "/3/0/3"), /too many requests/);
	const other = stage.client();
	other.reply = content;
	await stage.outcome(other.register(["ep=b", "lwm2m=1.1"], links));
	equal((await stage.outcome(stage.server.operations.read("b", "/3/0/0"))).code, 0x45);
	await update();
	await stage.outcome(Promise.all(held));
});

test("[CORE-Q-1] a registration that ends takes what was held along; one that is replaced does not", async () => {
	const { stage, client } = await asleep();
	const held = read(stage, "/3/0/0");
	await stage.outcome(client.register(["ep=a", "lwm2m=1.1", "Q", "lt=200"], links));
	equal((await stage.outcome(held)).code, 0x45, "it went to the new registration");
	await stage.pass(awakeMs + 1000);
	await rejects(stage.outcome(read(stage, "/3/0/1")), { reason: "cancelled" });
	deepEqual(stage.names().slice(-2), ["sleeping", "deregistered"]);
	deepEqual(paths(client), ["/3/0/0"]);
});

test("[CORE-Q-1] an Observe is held like everything, and an active cancel, too", async () => {
	const { stage, client, update } = await asleep();
	client.reply = ({ observe }) => ({
		code: 0x45,
		contentFormat: 0,
		payload: utf8("5"),
		...(observe === 0 ? { observe: 1 } : {}),
	});
	const observing = stage.server.operations.observe("a", "/3/0/9");
	await update();
	await stage.outcome(observing);
	await stage.pass(awakeMs + 1000);
	const cancelling = stage.server.operations.cancel("a", "/3/0/9", "active");
	await stage.pass(1000);
	stage.happenings.length = 0;
	client.notify(client.heard[0]!, { code: 0x45, observe: 2, contentFormat: 0, payload: utf8("6") });
	await stage.outcome(cancelling);
	deepEqual(stage.names(), ["notification", "awake"], "the notification is still one");
	deepEqual(
		client.heard.map(({ observe }) => observe),
		[0, 1],
	);
	await rejects(stage.server.operations.cancel("a", "/3/0/9", "active"), { reason: "notObserved" });
});

test("[CORE-Q-1] a client that leaves queue mode with an Update is sent what was held", async () => {
	const { stage, client, location } = await asleep(queueing[0]);
	const held = read(stage, "/3/0/0");
	await stage.outcome(client.request({ code: post, path: ["rd", location], query: ["b=U"] }));
	equal((await stage.outcome(held)).code, 0x45);
	await stage.pass(awakeMs * 2);
	equal((await stage.outcome(read(stage, "/3/0/0"))).code, 0x45);
});

test("[CORE-Q-1] REST: `hold` in seconds; `sleeping` in the client's JSON", async () => {
	const { stage } = await asleep();
	const http = buildHttp(stage.server);
	const answer = await http.inject("/api/clients/a/3/0/0?hold=0");
	equal(answer.statusCode, 400);
	equal(answer.body, "Invalid request: The destination client is sleeping, request cannot be sent.");
	const { queuemode, sleeping } = (await http.inject("/api/clients/a")).json();
	deepEqual([queuemode, sleeping], [true, true]);
	await http.close();
});
