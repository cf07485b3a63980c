/** Send (LwM2M Core 1.2 §6.4.6), and values with times wherever they come. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { decodeCbor } from "../../../../hosts/simulator/server/formats/cbor.ts";
import { readComposite } from "../../../../hosts/simulator/server/formats/codec.ts";
import { CodecFailure } from "../../../../hosts/simulator/server/formats/codec-failure.ts";
import { fromHex } from "../../../../modules/bytes.ts";
import { peerClient } from "./peer-client.ts";
import type { ScriptedClient } from "./scripted-client.ts";
import { Stage } from "./stage.ts";

const links = "</1/0>,</3/0>,</3303/0>";
const post = 2;

function utf8(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

async function registered(): Promise<{ stage: Stage; client: ScriptedClient }> {
	const stage = await Stage.open();
	const client = stage.client();
	await stage.outcome(client.register(["ep=a", "lwm2m=1.2", "lt=100000"], links));
	return { stage, client };
}

async function sent(stage: Stage, client: ScriptedClient, contentFormat: number | undefined, payload: Uint8Array) {
	const format = contentFormat === undefined ? {} : { contentFormat };
	const answer = await stage.outcome(client.request({ code: post, path: ["dp"], payload, ...format }));
	await stage.pass(0);
	const events = stage.happenings.flatMap(({ name, event }) => (name === "sent" ? [event] : []));
	return { code: answer.code, event: events.at(-1), count: events.length };
}

test("[CORE-SRV-1] [LWM2M-1.1-int-306] [LWM2M-1.1-int-311] a Send in each format is told", async () => {
	const { stage, client } = await registered();
	for (const [format, payload] of [
		[110, utf8('[{"bn":"/1/0/","n":"1","v":86400},{"bn":"/3/0/11/","n":"0","v":0}]')],
		[112, fromHex("82a321652f312f302f006131021a00015180a321682f332f302f31312f0061300200")!],
		[11544, fromHex("a2830100011a000151808403000b0000")!],
	] as const) {
		const { code, event } = await sent(stage, client, format, payload);
		equal(code, 0x44, `${format}`);
		equal(event?.registration.endpoint, "a");
		deepEqual(
			[...event.nodes],
			[
				["/1/0/1", { kind: "singleResource", id: 1, type: "integer", value: 86_400n }],
				["/3/0/11/0", { kind: "resourceInstance", id: 0, type: "integer", value: 0n }],
			],
		);
		equal(event.samples, undefined);
	}
});

test("[CORE-SRV-1] a Send of a history: the newest values, and all with their times", async () => {
	const { stage, client } = await registered();
	const records = [
		{ bn: "/3303/0/", bt: 1_767_225_600, n: "5700", v: 21 },
		{ n: "5700", v: 22, t: 10 },
		{ n: "5701", vs: "Cel", t: 5 },
		{ n: "5700", v: 20.5, t: -10.5 },
	];
	const { code, event } = await sent(stage, client, 110, utf8(JSON.stringify(records)));
	equal(code, 0x44);
	deepEqual(event?.nodes.get("/3303/0/5700"), { kind: "singleResource", id: 5700, type: "float", value: 22 });
	deepEqual(event.nodes.get("/3303/0/5701"), { kind: "singleResource", id: 5701, type: "string", value: "Cel" });
	deepEqual(
		event.samples?.map(({ path, timeS, value }) => [path.at(-1), timeS, value]),
		[
			[5700, 1_767_225_600, 21],
			[5700, 1_767_225_610, 22],
			[5701, 1_767_225_605, "Cel"],
			[5700, 1_767_225_589.5, 20.5],
		],
	);
});

test("[CORE-SRV-1] times below 2^28 count from now (RFC 8428 §4.5.3), no time is now", async () => {
	const { stage, client } = await registered();
	const records =
		'[{"n":"/3303/0/5700","v":20,"t":-60},{"n":"/3303/0/5700","v":21},{"n":"/3303/0/5700","v":19,"t":-90}]';
	const { event } = await sent(stage, client, 110, utf8(records));
	const nowS = stage.time.wallTimeMs() / 1000;
	const node = event?.nodes.get("/3303/0/5700");
	ok(node?.kind === "singleResource" && node.value === 21);
	const ages = event?.samples?.map(({ timeS }) => Math.round(nowS - timeS));
	deepEqual(ages, [60, 90]);
});

test("[CORE-SRV-1] a Send that is none is refused with the code that says why", async () => {
	const { stage, client } = await registered();
	const good = utf8('[{"n":"/3/0/9","v":100}]');
	const code = async (format: number | undefined, payload: Uint8Array) => {
		return (await sent(stage, client, format, payload)).code;
	};
	equal(await code(110, utf8("[{")), 0x80);
	equal(await code(112, fromHex("81a2")!), 0x80);
	equal(await code(11544, fromHex("a1830300")!), 0x80);
	equal(await code(undefined, good), 0x80);
	equal(await code(110, utf8("[]")), 0x80);
	equal(await code(110, new Uint8Array(0)), 0x80);
	equal(await code(110, utf8('[{"n":"/3/0/9"}]')), 0x80);
	equal(await code(110, utf8('[{"n":"/3/0","v":1}]')), 0x80);
	equal(await code(110, utf8('[{"n":"/3/0/9","vs":"full"}]')), 0x80);
	equal(await code(11542, fromHex("c10964")!), 0x8f);
	equal(await code(0, utf8("100")), 0x8f);
	equal(await code(110, utf8('[{"n":"/6/0/0","v":1.5}]')), 0x84);
	equal((await stage.outcome(client.request({ code: 1, path: ["dp"] }))).code, 0x85);
	const stranger = stage.client({ host: "10.8.8.8" });
	equal((await sent(stage, stranger, 110, good)).code, 0x84);
	equal(stage.names().includes("sent"), false);
	equal(await code(110, good), 0x44);
});

test("[CORE-SRV-1] notifications bring their histories, too", async () => {
	const { stage, client } = await registered();
	const records = (more: string) => utf8(`[{"n":"/3303/0/5700","v":20,"bt":1767225600}${more}]`);
	const reply = { code: 0x45, contentFormat: 110, observe: 1, payload: records("") };
	client.reply = () => reply;
	const answer = await stage.outcome(stage.server.operations.observe("a", "/3303/0/5700"));
	equal(answer.samples?.length, 1);
	client.notify(client.heard[0]!, { ...reply, observe: 2, payload: records(',{"n":"/3303/0/5700","v":21,"t":5}') });
	await stage.pass(1000);
	const last = stage.happenings.at(-1)!;
	ok(last.name === "notification" && last.event.node.kind === "singleResource");
	equal(last.event.node.value, 21);
	deepEqual(
		last.event.samples?.map(({ timeS, value }) => [timeS, value]),
		[
			[1_767_225_600, 20],
			[1_767_225_605, 21],
		],
	);
});

test("[CORE-SRV-1] a payload of more than 10,000 values is refused", async () => {
	const { stage } = await registered();
	const { models } = stage.server.client("a")!;
	const records = Array.from({ length: 10_001 }, () => '{"n":"/3/0/9","v":1}');
	const read = () => readComposite(110, utf8(`[${records.join(",")}]`), undefined, { models, rootPath: "/" });
	throws(read, /more than 10000 values/);
});

test("[CORE-SRV-1] Send, composite reads and composite writes larger than a message go by blocks", async () => {
	const stage = await Stage.open();
	const written: string[] = [];
	const asked: string[] = [];
	const big = "x".repeat(3000);
	const records = utf8(JSON.stringify([{ n: "/3/0/0", vs: big }]));
	const client = peerClient(stage, (peer, request, nowMs) => {
		const body = new TextDecoder().decode(request.payload);
		(request.code === 7 ? written : asked).push(body);
		const read = { code: 0x45, contentFormat: 110, payload: records };
		peer.respond(request, request.code === 7 ? { code: 0x44 } : read, nowMs);
	});
	const ask = async (options: { path: string[]; query?: string[]; contentFormat: number; payload: Uint8Array }) => {
		client.peer.request({ code: post, ...options }, stage.time.nowMs());
		client.send();
		await stage.pass(10_000);
	};
	const query = ["ep=a", "lwm2m=1.1"];
	await ask({ path: ["rd"], query, contentFormat: 40, payload: utf8("</3/0>,</3303>") });
	await ask({ path: ["dp"], contentFormat: 110, payload: records });
	deepEqual(client.codes, [0x41, 0x44]);
	const { operations } = stage.server;
	const paths = ["/3/0/0", ...Array.from({ length: 200 }, (_, id) => `/3303/${id}/5700`)];
	const { nodes } = await stage.outcome(operations.readComposite("a", paths, { pathFormat: "SENML_JSON" }));
	const node = nodes?.get("/3/0/0");
	ok(node?.kind === "singleResource" && node.value === big);
	equal(JSON.parse(asked[0]!).length, 201);
	const options = { format: "SENML_JSON" } as const;
	equal((await stage.outcome(operations.writeComposite("a", { "/3/0/0": node }, options))).code, 0x44);
	deepEqual(written, [`[{"n":"/3/0/0","vs":"${big}"}]`]);
});

test("[CORE-SRV-1] CBOR that claims more than it has, or is nested deep, is refused before memory is taken", () => {
	const refusal = (hex: string) => {
		try {
			decodeCbor(fromHex(hex)!);
		} catch (error) {
			return error instanceof CodecFailure ? error.message : String(error);
		}
		return "";
	};
	match(refusal("9a0001869f".repeat(10_000)), /cut/);
	match(refusal("9bffffffffffffffff00"), /cut/);
	match(refusal("5affffffff00"), /cut/);
	match(refusal(`${"81".repeat(10_000)}00`), /deeper than 8/);
	match(refusal(`${"c1".repeat(10_000)}00`), /deeper than 8/);
	match(refusal(`${"9f".repeat(10_000)}`), /deeper than 8/);
	match(refusal("9f00"), /cut/);
	match(refusal("1c"), /reserved/);
	match(refusal("0000"), /behind/);
	match(refusal(""), /cut/);
	equal(refusal("a1830300091864"), "");
	equal(refusal("bf03bf00bf091864ffffff"), "");
});
