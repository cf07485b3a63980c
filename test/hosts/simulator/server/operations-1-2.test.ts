/** What LwM2M 1.2 adds to the operations on one path, and the formats, byte by byte after the examples of Core 1.2. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { attributeNames } from "../../../../hosts/simulator/server/attributes.ts";
import type { FormatName } from "../../../../hosts/simulator/server/formats/codec.ts";
import type { InstanceNode, Node, NodeValue, ResourceType } from "../../../../hosts/simulator/server/node.ts";
import { OperationFailure } from "../../../../hosts/simulator/server/refusal.ts";
import { fromHex } from "../../../../modules/bytes.ts";
import type { Heard, Reply, ScriptedClient } from "./scripted-client.ts";
import { Stage } from "./stage.ts";

const content = 0x45;
const changed = { code: 0x44 };

async function registered(reply: (request: Heard) => Reply): Promise<{ stage: Stage; client: ScriptedClient }> {
	const stage = await Stage.open();
	const client = stage.client();
	client.reply = reply;
	await stage.outcome(client.register(["ep=a", "lwm2m=1.2"], "</1/0>,</2/0>,</3/0>,</3303/0>,</3442/0>"));
	return { stage, client };
}

function because(reason: string, words = /./) {
	return (error: unknown) => error instanceof OperationFailure && error.reason === reason && words.test(error.message);
}

test("[CORE-SRV-1] [LWM2M-1.2-int-264] Discover with a depth", async () => {
	const payload = new TextEncoder().encode("</3>;pmin=1;pmax=10,</3/0>");
	const { stage, client } = await registered(() => ({ code: content, contentFormat: 40, payload }));
	const { links } = await stage.outcome(stage.server.operations.discover("a", "/3", { depth: 1 }));
	deepEqual(client.heard[0]!.query, ["depth=1"]);
	deepEqual(
		links?.map(({ target }) => target),
		["/3", "/3/0"],
	);
	await stage.outcome(stage.server.operations.discover("a", "/3"));
	deepEqual(client.heard[1]!.query, []);
	for (const depth of [-1, 4, 0.5, Number.NaN]) {
		await rejects(stage.server.operations.discover("a", "/3", { depth }), because("invalidRequest", /depth/));
	}
});

test("[CORE-SRV-1] [LWM2M-1.2-int-312] Observe with attributes, which an active cancel repeats", async () => {
	const payload = new TextEncoder().encode('[{"bn":"/3/0/7/","n":"0","v":3800},{"n":"1","v":5000}]');
	const reply = { code: content, contentFormat: 110, payload };
	const { stage, client } = await registered(({ observe }) => (observe === 0 ? { ...reply, observe: 1 } : reply));
	const { operations } = stage.server;
	await stage.outcome(operations.observe("a", "/3/0/7", { attributes: { pmin: 5, pmax: 15, edge: 1, con: 0 } }));
	await stage.outcome(operations.cancel("a", "/3/0/7", "active"));
	for (const { query } of client.heard) deepEqual(query, ["pmin=5", "pmax=15", "edge=1", "con=0"]);
	deepEqual(
		client.heard.map(({ observe }) => observe),
		[0, 1],
	);
	const wrong = operations.observe("a", "/3/0", { attributes: { gt: 1 } });
	await rejects(wrong, because("invalidRequest", /gt is for Resources/));
});

test("[CORE-SRV-1] Write-Attributes: every name of 1.2, on every level, set and removed", async () => {
	const { stage, client } = await registered(() => changed);
	const { operations } = stage.server;
	const write = (path: string, attributes: Record<string, number | null>) => {
		return stage.outcome(operations.writeAttributes("a", path, attributes));
	};
	const all = { pmin: 1, pmax: 2, gt: 3.5, lt: -4, st: 0.5, epmin: 6, epmax: 7, edge: 1, con: 0, hqmax: 10 };
	deepEqual(Object.keys(all), [...attributeNames]);
	for (const path of ["/3303/0/5700", "/3/0/7/0"]) {
		await write(path, all);
		deepEqual(
			client.heard.at(-1)!.query,
			Object.entries(all).map(([name, value]) => `${name}=${value}`),
		);
		await write(path, Object.fromEntries(attributeNames.map((name) => [name, null])));
		deepEqual(client.heard.at(-1)!.query, [...attributeNames]);
	}
	for (const path of ["/3303", "/3303/0"]) {
		await write(path, { pmin: 1, pmax: null, epmin: 2, epmax: 3, con: 1, hqmax: 4 });
		deepEqual(client.heard.at(-1)!.query, ["pmin=1", "pmax", "epmin=2", "epmax=3", "con=1", "hqmax=4"]);
		for (const name of ["gt", "lt", "st", "edge"]) await rejects(write(path, { [name]: 1 }), because("invalidRequest"));
	}
	for (const wrong of [{ edge: 2 }, { con: -1 }, { hqmax: 1.5 }, { gt: Number.POSITIVE_INFINITY }]) {
		await rejects(write("/3303/0/5700", wrong), because("invalidRequest", /can not be/));
	}
});

test("[CORE-SRV-1] Delete of a Resource Instance; of a Resource it does not exist", async () => {
	const { stage, client } = await registered(() => ({ code: 0x42 }));
	equal((await stage.outcome(stage.server.operations.delete("a", "/2/0/2/101"))).code, 0x42);
	deepEqual([client.heard[0]!.method, client.heard[0]!.path], [4, "/2/0/2/101"]);
	for (const path of ["/2", "/2/0/2"]) {
		await rejects(stage.server.operations.delete("a", path), because("invalidRequest", /Invalid path/));
	}
});

const owner: InstanceNode = {
	kind: "instance",
	resources: [
		{ kind: "singleResource", id: 0, type: "integer", value: 5n },
		{ kind: "singleResource", id: 1, type: "integer", value: 0n },
		{ kind: "multiResource", id: 2, type: "integer", values: new Map([[102, 0n]]) },
		{ kind: "singleResource", id: 3, type: "integer", value: 101n },
	],
};

test("[CORE-SRV-1] Create with an identifier and without, of one and of several Object Instances", async () => {
	const { stage, client } = await registered(() => ({ code: 0x41, locationPath: ["2", "5"] }));
	const create = (node: Node, format: FormatName) => {
		return stage.outcome(stage.server.operations.create("a", "/2", node, { format }));
	};
	const last = () => client.heard.at(-1)!;
	equal((await create({ ...owner, id: 5 }, "LWM2M_CBOR")).location, "2/5");
	deepEqual([last().path, last().contentFormat], ["/2", 11544]);
	equal(last().payload, "a1820205a40005010002a1186600031865"); // Core 1.2 §7.5.4.6, 2/102 as a map in a map
	await create(owner, "LWM2M_CBOR");
	equal(last().payload, "a1820219ffffa40005010002a1186600031865");
	const small = (id: number): InstanceNode => ({ kind: "instance", id, resources: [owner.resources[0]!] });
	const several: Node = { kind: "obj", id: 2, instances: [small(5), small(6)] };
	await create(several, "TLV");
	equal(last().payload, "0305c100050306c10005");
	await create(several, "LWM2M_CBOR");
	equal(last().payload, "a102a205a1000506a10005");
	await create(several, "SENML_JSON");
	equal(Buffer.from(last().payload, "hex").toString(), '[{"bn":"/2/","n":"5/0","v":5},{"n":"6/0","v":5}]');
	const heard = client.heard.length;
	for (const node of [
		{ ...several, id: 3 },
		{ ...several, instances: [] },
		{ ...several, instances: [small(5), small(5)] },
		{ ...several, instances: [small(5), owner] },
		owner.resources[0]!,
	] as Node[]) {
		await rejects(create(node, "TLV"), because("invalidRequest"));
	}
	await rejects(create(owner, "SENML_CBOR"), because("invalidRequest", /identifier/));
	await rejects(create(owner, "SENML_ETCH_CBOR"), because("invalidRequest"));
	equal(client.heard.length, heard);
});

// Object 3442 has one Resource of every type.
const limits: readonly [number, ResourceType, NodeValue, string, string][] = [
	[120, "integer", -(2n ** 63n), "a183190d720018783b7fffffffffffffff", '"v":-9223372036854775808'],
	[120, "integer", 2n ** 63n - 1n, "a183190d720018781b7fffffffffffffff", '"v":9223372036854775807'],
	[125, "unsigned_integer", 2n ** 64n - 1n, "a183190d7200187d1bffffffffffffffff", '"v":18446744073709551615'],
	[160, "time", 2n ** 40n, "a183190d720018a01b0000010000000000", '"v":1099511627776'],
	[160, "time", -1n, "a183190d720018a020", '"v":-1'],
	[130, "float", 0.1, "a183190d72001882fb3fb999999999999a", '"v":0.1'],
	[130, "float", 0.1234567890123456, "a183190d72001882fb3fbf9add3746f659", '"v":0.1234567890123456'],
	[140, "boolean", false, "a183190d7200188cf4", '"bv":false'],
	[150, "opaque", Uint8Array.of(0xfb, 0xff), "a183190d7200189642fbff", '"sv":"+/8="'],
	[110, "string", "€", "a183190d7200186e63e282ac", '"sv":"€"'],
	[
		170,
		"objlnk",
		{ objectId: 65535, objectInstanceId: 65535 },
		"a183190d720018aa6b36353533353a3635353335",
		'"ov":"65535:65535"',
	],
	[180, "corelink", "</3/0>", "a183190d720018b4663c2f332f303e", '"sv":"</3/0>"'],
];

test("[CORE-SRV-1] every type at its limits, written and read in LwM2M CBOR and LwM2M JSON", async () => {
	const { stage, client } = await registered(() => changed);
	const { operations } = stage.server;
	for (const [id, type, value, cbor, json] of limits) {
		const path = `/3442/0/${id}`;
		const node: Node = { kind: "singleResource", id, type, value };
		const text = `{"bn":"${path}","e":[{${json}}]}`;
		for (const [format, number, payload] of [
			["LWM2M_CBOR", 11544, fromHex(cbor)!],
			["JSON", 11543, new TextEncoder().encode(text)],
			["OLD_JSON", 1543, new TextEncoder().encode(text)],
		] as const) {
			client.reply = () => changed;
			await stage.outcome(operations.write("a", path, node, { format }));
			const { contentFormat, payload: written } = client.heard.at(-1)!;
			deepEqual([contentFormat, written], [number, Buffer.from(payload).toString("hex")]);
			client.reply = () => ({ code: content, contentFormat: number, payload });
			deepEqual((await stage.outcome(operations.read("a", path, { format }))).content, node);
			equal(client.heard.at(-1)!.accept, number);
		}
	}
});

test("[CORE-SRV-1] TLV by its former number, 1542", async () => {
	const { stage, client } = await registered(() => ({
		code: content,
		contentFormat: 1542,
		payload: fromHex("c10964")!,
	}));
	const { content: node } = await stage.outcome(stage.server.operations.read("a", "/3/0/9", { format: "OLD_TLV" }));
	deepEqual(node, { kind: "singleResource", id: 9, type: "integer", value: 100n });
	equal(client.heard[0]!.accept, 1542);
});

test("[CORE-SRV-1] answers that can not be understood", async () => {
	let reply: Reply = "silence";
	const { stage } = await registered(() => reply);
	const utf8 = (text: string) => new TextEncoder().encode(text);
	for (const [contentFormat, payload] of [
		[320, utf8('[{"n":"/3/0/9","v":100}]')],
		[11544, fromHex("a10181613064")!],
		[11544, fromHex("a1850300090000")!],
		[11543, utf8('{"bn":"/3/0/9"}')],
		[11543, utf8('{"bn":"/3/0/9","e":[{"v":1,"sv":"1"}]}')],
		[11543, utf8('{"bn":"/3/0/9","e":[{"v":{"$":"1"}}]}')],
		[110, utf8('[{"bn":"/3/0/9","v":1,"bv":5}]')],
	] as const) {
		reply = { code: content, contentFormat, payload };
		await rejects(stage.outcome(stage.server.operations.read("a", "/3/0/9")), because("invalidResponse"));
	}
});

test("[CORE-SRV-1] a raw request goes as it is made, and its response comes as it is", async () => {
	const { stage, client } = await registered(() => ({ code: 0x85 }));
	const raw = { code: 3, path: "/3/0/9/9/9", query: ["x=y"], contentFormat: 60_000, payload: Uint8Array.of(1, 2) };
	const response = await stage.outcome(stage.server.operations.request("a", raw));
	equal(response.code, 0x85);
	const { method, path, query, contentFormat, payload } = client.heard[0]!;
	deepEqual([method, path, query, contentFormat, payload], [3, "/3/0/9/9/9", ["x=y"], 60_000, "0102"]);
	ok(client.heard.length === 1);
});
