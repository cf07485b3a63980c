import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import { UdpNetwork } from "../../../../hosts/simulator/network/udp-network.ts";
import { buildHttp, startHttp } from "../../../../hosts/simulator/server/rest/http.ts";
import { Lwm2mServer } from "../../../../hosts/simulator/server/server.ts";
import { RealTime } from "../../../../hosts/simulator/time.ts";
import { writeMessage } from "./scripted-client.ts";
import { Stage } from "./stage.ts";

const links = "</1/0>,</3/0>,</3303/0>";
const register = {
	code: 2,
	path: ["rd"],
	query: ["ep=fuzz", "lt=60", "lwm2m=1.1", "b=U"],
	contentFormat: 40,
	payload: new TextEncoder().encode(links),
};

test("every truncation and every bit flip of a Register is answered or not heard; nothing is left behind", async () => {
	const stage = await Stage.open();
	const valid = writeMessage(0, 0x4711, Uint8Array.of(1, 2), register);
	let port = 1000;
	const hostile: Uint8Array[] = [];
	for (let end = 0; end < valid.length; end++) hostile.push(valid.slice(0, end));
	for (let bit = 0; bit < valid.length * 8; bit++) {
		const flipped = Uint8Array.from(valid);
		flipped[bit >> 3]! ^= 1 << (bit & 7);
		hostile.push(flipped);
	}
	for (const bytes of hostile) stage.client({ host: "10.5.5.5", port: port++ }).raw(bytes);
	await stage.pass(1000);
	ok(stage.server.figures.clients > 0, "some flips leave a valid Register of another name");
	await stage.pass(86_400_000 + 300_000); // lifetimes end, addresses fall silent
	deepEqual(stage.server.figures, { clients: 0, addresses: 0 });
});

test("noise from strangers makes no peer, and noise within a registration does not end it", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const chance = new Chance(99);
	const noise = () => {
		const bytes = new Uint8Array(chance.below(60));
		chance.fill(bytes);
		if (bytes.length > 0) bytes[0] = bytes[0]! & 0x3f; // never version 1
		return bytes;
	};
	for (let count = 0; count < 200; count++) stage.client({ host: "10.6.6.6", port: 1000 + count }).raw(noise());
	await stage.pass(1000);
	equal(stage.server.figures.addresses, 0);
	await stage.outcome(client.register(["ep=a", "lwm2m=1.1"], links));
	for (let count = 0; count < 200; count++) {
		client.raw(noise());
		await stage.pass(5);
	}
	ok(stage.server.client("a"));
});

test("no room for another client: 5.03, while the ones that are there may register again", async () => {
	const stage = await Stage.open({ limits: { clients: 2 } });
	const client = stage.client();
	for (const ep of ["a", "b", "a", "b"]) {
		ok((await stage.outcome(client.register([`ep=${ep}`, "lwm2m=1.1"], links))) !== "");
	}
	const refused = await stage.outcome(client.request({ ...register, query: ["ep=c", "lwm2m=1.1"] }));
	equal(refused.code, 0xa3);
	equal(stage.server.figures.clients, 2);
});

test("no room for another address: the longest silent stranger goes, else the newcomer is not heard", async () => {
	const stage = await Stage.open({ limits: { peers: 2 } });
	const stranger = (port: number) => stage.client({ host: "10.5.5.5", port });
	for (const port of [1, 2, 3]) {
		await stage.outcome(stranger(port).request({ code: 1, path: ["x"] }));
		equal(stage.server.figures.addresses, Math.min(port, 2));
	}
	const clients = [stage.client(), stage.client()];
	for (const [index, client] of clients.entries()) {
		await stage.outcome(client.register([`ep=${index}`, "lwm2m=1.1"], links));
	}
	const late = stage.client();
	late.send(0, 1, Uint8Array.of(1), { code: 1, path: ["x"] });
	await stage.pass(5000);
	equal(late.received.length, 0);
	equal(stage.server.figures.clients, 2);
});

test("too many requests for one client are refused here", async () => {
	const stage = await Stage.open({ limits: { requests: 3 } });
	const client = stage.client();
	await stage.outcome(client.register(["ep=a", "lwm2m=1.1"], links));
	const outcomes = Promise.allSettled([0, 1, 2, 3].map((id) => stage.server.operations.read("a", `/3/0/${id}`)));
	const reasons = (await stage.outcome(outcomes)).map((outcome) =>
		outcome.status === "rejected" ? outcome.reason.reason : "answered",
	);
	deepEqual(reasons, ["timedOut", "timedOut", "timedOut", "invalidRequest"]);
});

test("two servers with one seed send the same bytes", async () => {
	const play = async (seed: number) => {
		const stage = await Stage.open({ seed });
		const client = stage.client();
		client.reply = () => ({ code: 0x45, contentFormat: 0, payload: new TextEncoder().encode("x") });
		await stage.outcome(client.register(["ep=a", "lwm2m=1.1"], links));
		await stage.outcome(stage.server.operations.read("a", "/3/0/0"));
		return client.received.map((bytes) => Buffer.from(bytes).toString("hex"));
	};
	deepEqual(await play(7), await play(7));
	ok(JSON.stringify(await play(7)) !== JSON.stringify(await play(8)));
});

test("1,000 clients register, answer a read, update and leave", async (context) => {
	const stage = await Stage.open();
	const begun = process.hrtime.bigint();
	const clients = Array.from({ length: 1000 }, () => stage.client());
	const locations = await stage.outcome(
		Promise.all(clients.map((client, index) => client.register([`ep=c${index}`, "lwm2m=1.1", "lt=60"], links))),
	);
	equal(new Set(locations).size, 1000);
	equal(stage.server.figures.clients, 1000);
	for (const client of clients) {
		client.reply = () => ({ code: 0x45, contentFormat: 0, payload: new TextEncoder().encode("1") });
	}
	const reads = clients.map((_, index) => stage.server.operations.read(`c${index}`, "/3/0/9"));
	ok((await stage.outcome(Promise.all(reads))).every(({ code }) => code === 0x45));
	for (let round = 0; round < 3; round++) {
		await stage.pass(50_000);
		const updates = clients.map((client, index) => client.request({ code: 2, path: ["rd", locations[index]!] }));
		ok((await stage.outcome(Promise.all(updates))).every(({ code }) => code === 0x44));
	}
	await stage.pass(60_000 + 300_000);
	deepEqual(stage.server.figures, { clients: 0, addresses: 0 });
	context.diagnostic(`${Number((process.hrtime.bigint() - begun) / 1_000_000n)} ms for 5,000 exchanges`);
});

test("a UDP port in use is an error that names the port", async () => {
	const open = (port: number) =>
		new Lwm2mServer({ network: new UdpNetwork(), time: new RealTime(), host: "127.0.0.1", port });
	const first = open(0);
	await first.start();
	const second = open(first.port);
	await rejects(second.start(), new RegExp(`UDP port ${first.port}.*in use`));
	second.stop();
	first.stop();
});

test("an HTTP port in use is an error that names the port", async () => {
	const { server } = await Stage.open();
	const first = await startHttp({ server, port: 0 });
	await rejects(startHttp({ server, port: first.port }), new RegExp(`port ${first.port}: another program`));
	await first.stop();
});

test("HTTP: what is not there, what is not yet there, and what is too large", async () => {
	const { server } = await Stage.open({ limits: { httpBodyBytes: 100, eventStreams: 0 } });
	const http = buildHttp(server);
	const status = async (method: "GET" | "POST" | "PUT" | "DELETE", url: string, payload?: string) => {
		const headers = { "content-type": "application/json" };
		const answer = await http.inject({ method, url, ...(payload === undefined ? {} : { payload, headers }) });
		return answer.statusCode;
	};
	equal(await status("GET", "/"), 200);
	equal(await status("GET", "/api/elsewhere"), 404);
	equal(await status("GET", "/api/clients/a%2Fb/3"), 400);
	equal(await status("GET", "/api/security/clients"), 200);
	equal(await status("POST", "/api/bootstrap/a"), 501);
	equal(await status("PUT", "/api/clients/a/3/0/15", `"${"x".repeat(200)}"`), 413);
	equal(await status("GET", "/api/event"), 503);
	await http.close();
});

test("HTTP: bootstrap answers 501 with a word why; an odd endpoint name survives the URL", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	await stage.outcome(client.register(["ep=urn:dev:a/b c", "lwm2m=1.1"], links));
	const http = buildHttp(stage.server);
	const url = `/api/clients/${encodeURIComponent("urn:dev:a/b c")}`;
	equal((await http.inject(url)).json().endpoint, "urn:dev:a/b c");
	const bootstrap = await http.inject("/api/bootstrap");
	equal(bootstrap.statusCode, 501);
	ok(bootstrap.body.includes("no Bootstrap-Server"));
	const specs = await http.inject(`/api/objectspecs/${encodeURIComponent("urn:dev:a/b c")}`);
	deepEqual(
		specs.json().map((object: { id: number; version: string }) => [object.id, object.version]),
		[
			[1, "1.1"],
			[3, "1.1"],
			[3303, "1.1"],
		],
	);
	await http.close();
});
