import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { VirtualNetwork } from "../../../../hosts/simulator/network/virtual-network.ts";
import type { Node } from "../../../../hosts/simulator/server/node.ts";
import { OperationFailure } from "../../../../hosts/simulator/server/refusal.ts";
import { peerClient } from "./peer-client.ts";
import type { Heard, Reply, ScriptedClient } from "./scripted-client.ts";
import { Stage } from "./stage.ts";

const links = "</1/0>,</3/0>,</3303/0>";

function text(payload: string) {
	return { code: 0x45, contentFormat: 0, payload: new TextEncoder().encode(payload) };
}

async function registered(reply: (request: Heard) => Reply): Promise<{ stage: Stage; client: ScriptedClient }> {
	const stage = await Stage.open();
	const client = stage.client();
	client.reply = reply;
	await stage.outcome(client.register(["ep=a", "lwm2m=1.1", "lt=100000"], links));
	return { stage, client };
}

function because(reason: string) {
	return (error: unknown) => error instanceof OperationFailure && error.reason === reason;
}

test("a read that nobody answers fails after 5 s, and a late answer is not taken for another's", async () => {
	const { stage, client } = await registered(() => "silence");
	const beganMs = stage.time.nowMs();
	await rejects(stage.outcome(stage.server.operations.read("a", "/3/0/0")), because("timedOut"));
	equal(stage.time.nowMs() - beganMs, 5000);
	client.send(1, 77, client.heard[0]!.token, text("late"));
	client.reply = () => text("in time");
	const answer = await stage.outcome(stage.server.operations.read("a", "/3/0/0"));
	deepEqual(answer.content, { kind: "singleResource", id: 0, type: "string", value: "in time" });
});

test("timeoutS is the caller's; the client's CoAP gives up by itself after MAX_TRANSMIT_WAIT", async () => {
	const { stage, client } = await registered(() => "silence");
	const beganMs = stage.time.nowMs();
	await rejects(stage.outcome(stage.server.operations.read("a", "/3/0/0", { timeoutS: 1000 })), because("timedOut"));
	const tookMs = stage.time.nowMs() - beganMs;
	ok(tookMs > 45_000 && tookMs <= 93_000, `${tookMs} ms`);
	equal(client.received.filter((datagram) => datagram[1] === 1).length, 5);
});

test("a separate response counts", async () => {
	const { stage, client } = await registered(() => "silence");
	const answer = stage.server.operations.read("a", "/3/0/0");
	await stage.pass(100);
	client.send(0, 900, client.heard[0]!.token, text("separate"));
	equal((await stage.outcome(answer)).code, 0x45);
	equal(client.answers.at(-1)?.type, "ACK");
});

test("a Reset, an unknown client, a bad path and a wrong level say so", async () => {
	const { stage } = await registered(() => "reset");
	const { operations } = stage.server;
	await rejects(stage.outcome(operations.read("a", "/3/0/0")), because("rejected"));
	await rejects(operations.read("b", "/3/0/0"), because("notRegistered"));
	await rejects(operations.read("a", "/3/x"), because("invalidRequest"));
	await rejects(operations.read("a", "/"), because("invalidRequest"));
	await rejects(operations.execute("a", "/3/0"), because("invalidRequest"));
	await rejects(operations.discover("a", "/3/0/6/0"), because("invalidRequest"));
	await rejects(operations.delete("a", "/3"), because("invalidRequest"));
	const value: Node = { kind: "singleResource", id: 1, type: "string", value: "60" };
	await rejects(operations.write("a", "/1/0/1", value), because("invalidRequest"));
	await rejects(operations.cancel("a", "/1/0/1", "active"), because("notObserved"));
});

test("de-registering ends what waits for the client", async () => {
	const { stage, client } = await registered(() => "silence");
	const waiting = rejects(stage.server.operations.read("a", "/3/0/0"), because("cancelled"));
	const { id } = stage.server.client("a")!;
	await stage.outcome(client.request({ code: 4, path: ["rd", id] }));
	await stage.outcome(waiting);
});

test("an observation brings every notification, until it is cancelled and answered with a Reset", async () => {
	const { stage, client } = await registered(() => ({ ...text("20.5"), observe: 1 }));
	const answer = await stage.outcome(stage.server.operations.observe("a", "/3303/0/5700"));
	deepEqual(answer.content, { kind: "singleResource", id: 5700, type: "float", value: 20.5 });
	const observed = client.heard[0]!;
	for (const [sequence, value] of [
		[2, "21"],
		[3, "22"],
	] as const) {
		client.notify(observed, { ...text(value), observe: sequence });
		await stage.pass(1000);
	}
	const seen = stage.happenings.flatMap(({ name, event }) => (name === "notification" ? [event.node] : []));
	deepEqual(
		seen.map((node) => (node.kind === "singleResource" ? node.value : undefined)),
		[21, 22],
	);
	equal(client.answers.at(-1)?.type, "ACK");
	await stage.server.operations.cancel("a", "/3303/0/5700", "passive");
	client.notify(observed, { ...text("23"), observe: 4 });
	await stage.pass(1000);
	equal(client.answers.at(-1)?.type, "RST");
	equal(stage.names().filter((name) => name === "notification").length, 2);
});

test("an active cancel asks with the observation's token and Observe 1", async () => {
	const { stage, client } = await registered(() => ({ ...text("20.5"), observe: 1 }));
	await stage.outcome(stage.server.operations.observe("a", "/3303/0/5700", { format: "TEXT" }));
	client.reply = () => text("21");
	const answer = await stage.outcome(stage.server.operations.cancel("a", "/3303/0/5700", "active"));
	equal(answer?.code, 0x45);
	const [observe, cancel] = client.heard as [Heard, Heard];
	deepEqual(cancel.token, observe.token);
	deepEqual([cancel.observe, cancel.accept, cancel.path], [1, 0, "/3303/0/5700"]);
	await rejects(stage.server.operations.cancel("a", "/3303/0/5700", "active"), because("notObserved"));
});

test("observing a path again takes the place of the observation before", async () => {
	const { stage, client } = await registered(() => ({ ...text("20.5"), observe: 1 }));
	const observe = () => stage.outcome(stage.server.operations.observe("a", "/3303/0/5700"));
	await observe();
	await observe();
	const [first, second] = client.heard as [Heard, Heard];
	client.notify(first, { ...text("1"), observe: 9 });
	await stage.pass(1000);
	equal(client.answers.at(-1)?.type, "RST");
	client.notify(second, { ...text("2"), observe: 9 });
	await stage.pass(1000);
	equal(client.answers.at(-1)?.type, "ACK");
	equal(stage.names().filter((name) => name === "notification").length, 1);
});

test("observations end with their registration", async () => {
	const { stage, client } = await registered(() => ({ ...text("20.5"), observe: 1 }));
	await stage.outcome(stage.server.operations.observe("a", "/3303/0/5700"));
	await stage.outcome(client.register(["ep=a", "lwm2m=1.1"], links));
	client.notify(client.heard[0]!, { ...text("21"), observe: 2 });
	await stage.pass(1000);
	equal(client.answers.at(-1)?.type, "RST");
	equal(stage.names().includes("notification"), false);
});

test("an observation goes on when the client's address changes with an Update", async () => {
	const { stage, client } = await registered(() => ({ ...text("20.5"), observe: 1 }));
	await stage.outcome(stage.server.operations.observe("a", "/3303/0/5700"));
	const back = stage.client({ host: "10.7.7.7", port: 7000 });
	await stage.outcome(back.request({ code: 2, path: ["rd", stage.server.client("a")!.id] }));
	back.notify(client.heard[0]!, { ...text("21"), observe: 2 });
	await stage.pass(1000);
	equal(back.answers.at(-1)?.type, "ACK");
	equal(stage.names().at(-1), "notification");
});

test("a notification with an error ends the observation, and says so", async () => {
	const { stage, client } = await registered(() => ({ ...text("20.5"), observe: 1 }));
	await stage.outcome(stage.server.operations.observe("a", "/3303/0/5700"));
	client.notify(client.heard[0]!, { code: 0x84 });
	await stage.pass(1000);
	const last = stage.happenings.at(-1)!;
	ok(last.name === "observationFailed" && last.event.code === 0x84);
	await rejects(stage.server.operations.cancel("a", "/3303/0/5700", "active"), because("notObserved"));
});

test("Write-Attributes speaks in Uri-Query, null removes", async () => {
	const { stage, client } = await registered(() => ({ code: 0x44 }));
	const attributes = { pmin: 10, pmax: null, gt: 21.5, st: -0.5 };
	equal((await stage.outcome(stage.server.operations.writeAttributes("a", "/3303/0/5700", attributes))).code, 0x44);
	deepEqual(client.heard[0]?.query, ["pmin=10", "pmax", "gt=21.5", "st=-0.5"]);
	for (const wrong of [{ gt: 1 }, { pmin: -1 }, { pmax: 1.5 }, {}]) {
		await rejects(stage.server.operations.writeAttributes("a", "/3303/0", wrong), because("invalidRequest"));
	}
});

test("object lists, values and writes larger than a message go by blocks", async () => {
	const stage = await Stage.open();
	ok(stage.network instanceof VirtualNetwork);
	const written: string[] = [];
	const big = "x".repeat(3000);
	const client = peerClient(stage, (peer, request, nowMs) => {
		if (request.code === 3) {
			written.push(new TextDecoder().decode(request.payload));
			peer.respond(request, { code: 0x44 }, nowMs);
		} else peer.respond(request, text(big), nowMs);
	});
	const list = Array.from({ length: 300 }, (_, instance) => `</3303/${instance}>`).join(",");
	const payload = new TextEncoder().encode(list);
	const query = ["ep=a", "lwm2m=1.1"];
	client.peer.request({ code: 2, path: ["rd"], query, contentFormat: 40, payload }, stage.time.nowMs());
	client.send();
	await stage.pass(10_000);
	deepEqual(client.codes, [0x41]);
	equal(stage.server.client("a")?.instances.get(3303)?.length, 300);
	const answer = await stage.outcome(stage.server.operations.read("a", "/3/0/0"));
	ok(answer.content?.kind === "singleResource" && answer.content.value === big);
	const node: Node = { kind: "singleResource", id: 15, type: "string", value: big };
	equal((await stage.outcome(stage.server.operations.write("a", "/3/0/15", node, { format: "TEXT" }))).code, 0x44);
	deepEqual(written, [big]);
});
