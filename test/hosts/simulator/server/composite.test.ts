/**
 * Composite operations on the wire: every byte that the server sends and every answer is written by hand here, after
 * the examples of LwM2M Core 1.2.
 */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../../../hosts/simulator/server/node.ts";
import { OperationFailure } from "../../../../hosts/simulator/server/refusal.ts";
import { fromHex } from "../../../../modules/bytes.ts";
import type { Heard, Reply, ScriptedClient } from "./scripted-client.ts";
import { Stage } from "./stage.ts";

const links = "</1/0>,</2/0>,</3/0>,</16/0>,</3303/0>";
const fetch = 5;
const ipatch = 7;
const content = 0x45;
const changed = 0x44;

function hex(text: string): Uint8Array {
	return fromHex(text)!;
}

function utf8(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

function textOf(payload: string): string {
	return new TextDecoder().decode(hex(payload));
}

async function registered(reply: (request: Heard) => Reply): Promise<{ stage: Stage; client: ScriptedClient }> {
	const stage = await Stage.open();
	const client = stage.client();
	client.reply = reply;
	await stage.outcome(client.register(["ep=a", "lwm2m=1.2", "lt=100000"], links));
	return { stage, client };
}

function because(reason: string, words = /./) {
	return (error: unknown) => error instanceof OperationFailure && error.reason === reason && words.test(error.message);
}

const manufacturer: Node = { kind: "singleResource", id: 0, type: "string", value: "Open Mobile Alliance" };
const battery: Node = { kind: "singleResource", id: 9, type: "integer", value: 100n };
const lifetime: Node = { kind: "singleResource", id: 1, type: "integer", value: 86_400n };

test("[CORE-SRV-1] [LWM2M-1.1-int-280] Read-Composite as in Core 1.2 Table 7.5.6-6 and §7.5.4.5", async () => {
	const answer = "a2820300a200744f70656e204d6f62696c6520416c6c69616e6365091864830100011a00015180";
	const { stage, client } = await registered(() => ({ code: content, contentFormat: 11544, payload: hex(answer) }));
	const paths = ["/3/0/0", "/3/0/9", "/1/0/1"];
	const options = { pathFormat: "SENML_ETCH_JSON", format: "LWM2M_CBOR" } as const;
	const { code, nodes } = await stage.outcome(stage.server.operations.readComposite("a", paths, options));
	equal(code, content);
	deepEqual(
		[...nodes!],
		[
			["/3/0/0", manufacturer],
			["/3/0/9", battery],
			["/1/0/1", lifetime],
		],
	);
	const [asked] = client.heard as [Heard];
	deepEqual([asked.method, asked.path, asked.contentFormat, asked.accept], [fetch, "/", 320, 11544]);
	equal(textOf(asked.payload), '[{"n":"/3/0/0"},{"n":"/3/0/9"},{"n":"/1/0/1"}]');
	for (const [pathFormat, number, bytes] of [
		["SENML_CBOR", 112, "83a100662f332f302f30a100662f332f302f39a100662f312f302f31"],
		["SENML_ETCH_CBOR", 322, "83a100662f332f302f30a100662f332f302f39a100662f312f302f31"],
	] as const) {
		await stage.outcome(stage.server.operations.readComposite("a", paths, { pathFormat }));
		const { contentFormat, accept, payload } = client.heard.at(-1)!;
		deepEqual([contentFormat, accept, payload], [number, undefined, bytes]);
	}
});

test("[CORE-SRV-1] [LWM2M-1.1-int-235] Read-Composite of the root is everything that came", async () => {
	const records = utf8('[{"bn":"/3/0/","n":"9","v":100},{"bn":"/1/0/","n":"1","v":86400}]');
	const { stage, client } = await registered(() => ({ code: content, contentFormat: 110, payload: records }));
	const { nodes } = await stage.outcome(
		stage.server.operations.readComposite("a", ["/"], { pathFormat: "SENML_JSON" }),
	);
	equal(textOf(client.heard[0]!.payload), '[{"n":"/"}]');
	const root = nodes?.get("/");
	ok(root?.kind === "root");
	deepEqual(
		root.objects.map(({ id }) => id),
		[1, 3],
	);
});

test("[CORE-SRV-1] Read-Composite: what did not come is undefined; what nobody asked for is an error", async () => {
	let records = '[{"n":"/3/0/9","v":100}]';
	const { stage } = await registered(() => ({ code: content, contentFormat: 110, payload: utf8(records) }));
	const read = (...paths: string[]) => stage.outcome(stage.server.operations.readComposite("a", paths));
	deepEqual(
		[...(await read("/3/0/9", "/5/0")).nodes!],
		[
			["/3/0/9", battery],
			["/5/0", undefined],
		],
	);
	await rejects(read("/3/0/0"), because("invalidResponse", /\/3\/0\/9 was not asked for/));
	records = '[{"n":"/3/0/9","v":100},{"n":"/3/0/9","v":99}]';
	await rejects(read("/3/0/9"), because("invalidResponse", /twice/));
	records = '[{"n":"/3/0/9","v":100,"must_":1}]';
	await rejects(read("/3/0/9"), because("invalidResponse", /must_/));
});

test("[CORE-SRV-1] composite operations refuse what can not be asked, with words", async () => {
	const { stage, client } = await registered(() => "silence");
	const { operations } = stage.server;
	const before = client.heard.length;
	const many = Array.from({ length: 257 }, (_, id) => `/3303/${id}`);
	await rejects(operations.readComposite("b", ["/3"]), because("notRegistered"));
	await rejects(operations.readComposite("a", []), because("invalidRequest", /at least one path/));
	await rejects(operations.readComposite("a", many), because("invalidRequest", /256 paths at most/));
	await rejects(operations.readComposite("a", ["/3/x"]), because("invalidRequest", /Invalid path/));
	await rejects(operations.readComposite("a", ["/3", "/3/"]), because("invalidRequest", /twice/));
	await rejects(operations.readComposite("a", ["/3"], { pathFormat: "TLV" }), because("invalidRequest", /SENML_CBOR/));
	await rejects(operations.writeComposite("a", { "/1/0/1": battery }), because("invalidRequest", /says it is 9/));
	await rejects(operations.writeComposite("a", { "/1/0": lifetime }), because("invalidRequest", /do not match/));
	const wrong: Node = { kind: "singleResource", id: 1, type: "string", value: "60" };
	await rejects(operations.writeComposite("a", { "/1/0/1": wrong }), because("invalidRequest", /expected integer/));
	await rejects(operations.writeComposite("a", { "/2/0/2/1": null }), because("invalidRequest", /SENML_ETCH/));
	const etch = { format: "SENML_ETCH_CBOR" } as const;
	await rejects(operations.writeComposite("a", { "/2/0/2": null }, etch), because("invalidRequest", /Instance/));
	await rejects(operations.writeComposite("a", { "/1/0/1": lifetime }, { format: "TLV" }), because("invalidRequest"));
	await rejects(operations.cancelComposite("a", ["/3"], "active"), because("notObserved"));
	equal(client.heard.length, before);
});

test("[CORE-SRV-1] [LWM2M-1.1-int-230] Write-Composite is one iPATCH, in every format that it may have", async () => {
	const { stage, client } = await registered(() => ({ code: changed }));
	const identity: Node = { kind: "resourceInstance", id: 0, type: "string", value: "x" };
	const stored: Node = { kind: "singleResource", id: 6, type: "boolean", value: true };
	const writes = { "/1/0/1": lifetime, "/1/0/6": stored, "/16/0/0/0": identity };
	const json = '[{"n":"/1/0/1","v":86400},{"n":"/1/0/6","vb":true},{"n":"/16/0/0/0","vs":"x"}]';
	const cbor = "83a200662f312f302f31021a00015180a200662f312f302f3604f5a200692f31362f302f302f30036178";
	const expected = [
		["SENML_JSON", 110, Buffer.from(json).toString("hex")],
		["SENML_CBOR", 112, cbor],
		["SENML_ETCH_JSON", 320, Buffer.from(json).toString("hex")],
		["SENML_ETCH_CBOR", 322, cbor],
		["LWM2M_CBOR", 11544, "a2820100a2011a0001518006f584100000006178"],
	] as const;
	for (const [format, number, payload] of expected) {
		equal((await stage.outcome(stage.server.operations.writeComposite("a", writes, { format }))).code, changed);
		const asked = client.heard.at(-1)!;
		deepEqual([asked.method, asked.path, asked.contentFormat, asked.payload], [ipatch, "/", number, payload]);
	}
});

test("[CORE-SRV-1] a removal and a value in one Patch Pack (RFC 8790 §3.2)", async () => {
	const { stage, client } = await registered(() => ({ code: changed }));
	const right: Node = { kind: "resourceInstance", id: 102, type: "integer", value: 15n };
	const writes = { "/2/0/2/101": null, "/2/0/2/102": right };
	await stage.outcome(stage.server.operations.writeComposite("a", writes, { format: "SENML_ETCH_JSON" }));
	await stage.outcome(stage.server.operations.writeComposite("a", writes, { format: "SENML_ETCH_CBOR" }));
	equal(textOf(client.heard[0]!.payload), '[{"n":"/2/0/2/101","v":null},{"n":"/2/0/2/102","v":15}]');
	equal(client.heard[1]!.payload, "82a2006a2f322f302f322f31303102f6a2006a2f322f302f322f313032020f");
});

test("[CORE-SRV-1] [LWM2M-1.1-int-304] [LWM2M-1.1-int-305] Observe-Composite, notified, ended", async () => {
	const records = (value: number) => utf8(`[{"n":"/3/0/9","v":${value}},{"n":"/1/0/1","v":86400}]`);
	const reply = () => ({ code: content, contentFormat: 110, observe: 1, payload: records(100) });
	const { stage, client } = await registered(reply);
	const paths = ["/3/0/9", "/1/0/1"];
	const { operations } = stage.server;
	await stage.outcome(
		operations.observeComposite("a", paths, { format: "SENML_JSON", attributes: { pmin: 30, pmax: 45 } }),
	);
	const asked = client.heard[0]!;
	deepEqual([asked.method, asked.observe, asked.accept, asked.query], [fetch, 0, 110, ["pmin=30", "pmax=45"]]);
	client.notify(asked, { ...reply(), observe: 2, payload: records(99) });
	await stage.pass(1000);
	const happened = stage.happenings.at(-1)!;
	ok(happened.name === "compositeNotification");
	deepEqual(happened.event.paths, [
		[3, 0, 9],
		[1, 0, 1],
	]);
	deepEqual(happened.event.nodes.get("/3/0/9"), { ...battery, value: 99n });
	client.reply = () => ({ code: content, contentFormat: 110, payload: records(98) });
	await rejects(operations.cancelComposite("a", [...paths].reverse(), "active"), because("notObserved"));
	const answer = await stage.outcome(operations.cancelComposite("a", paths, "active"));
	deepEqual(answer?.nodes?.get("/3/0/9"), { ...battery, value: 98n });
	const cancel = client.heard.at(-1)!;
	deepEqual([cancel.method, cancel.observe, cancel.token], [fetch, 1, asked.token]);
	deepEqual([cancel.payload, cancel.query, cancel.accept], [asked.payload, asked.query, asked.accept]);
	client.notify(asked, { ...reply(), observe: 3 });
	await stage.pass(1000);
	equal(client.answers.at(-1)?.type, "RST");
});

test("[CORE-SRV-1] a passive cancel of an Observe-Composite leaves the Observe of one of its paths", async () => {
	const records = utf8('[{"n":"/3/0/9","v":100}]');
	const reply = { code: content, contentFormat: 110, observe: 1, payload: records };
	const { stage, client } = await registered(() => reply);
	const { operations } = stage.server;
	await stage.outcome(operations.observe("a", "/3/0/9"));
	await stage.outcome(operations.observeComposite("a", ["/3/0/9"]));
	await operations.cancelComposite("a", ["/3/0/9"], "passive");
	const [single, composite] = client.heard as [Heard, Heard];
	client.notify(composite, { ...reply, observe: 2 });
	await stage.pass(1000);
	equal(client.answers.at(-1)?.type, "RST");
	client.notify(single, { ...reply, observe: 2 });
	await stage.pass(1000);
	equal(client.answers.at(-1)?.type, "ACK");
	equal(stage.names().at(-1), "notification");
});

test("[CORE-SRV-1] a composite notification that ends it, or that nobody can read, says so", async () => {
	const records = utf8('[{"n":"/3/0/9","v":100}]');
	const reply = { code: content, contentFormat: 110, observe: 1, payload: records };
	const { stage, client } = await registered(() => reply);
	await stage.outcome(stage.server.operations.observeComposite("a", ["/3/0/9"]));
	client.notify(client.heard[0]!, { ...reply, observe: 2, payload: utf8("[{") });
	await stage.pass(1000);
	client.notify(client.heard[0]!, { code: 0x84 });
	await stage.pass(1000);
	const failures = stage.happenings.flatMap(({ name, event }) => (name === "observationFailed" ? [event] : []));
	deepEqual(
		failures.map(({ isComposite, paths, code }) => [isComposite, paths, code]),
		[
			[true, [[3, 0, 9]], undefined],
			[true, [[3, 0, 9]], 0x84],
		],
	);
});

test("[CORE-SRV-1] an alternate path stands before the names of composite operations", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const records = utf8('[{"n":"/lwm2m/3/0/9","v":100}]');
	client.reply = () => ({ code: content, contentFormat: 110, payload: records });
	await stage.outcome(client.register(["ep=a", "lwm2m=1.2"], '</lwm2m>;rt="oma.lwm2m",</lwm2m/3/0>'));
	const options = { pathFormat: "SENML_JSON" } as const;
	const { nodes } = await stage.outcome(stage.server.operations.readComposite("a", ["/3/0/9"], options));
	deepEqual(nodes?.get("/3/0/9"), battery);
	deepEqual([client.heard[0]!.path, textOf(client.heard[0]!.payload)], ["/lwm2m", '[{"n":"/lwm2m/3/0/9"}]']);
});
