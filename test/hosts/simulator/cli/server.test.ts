import { equal, match } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { test } from "node:test";
import { Dormouse, dormouse } from "./dormouse.ts";

const timeout = 60_000;

test("the server alone answers over CoAP and HTTP until Ctrl-C", { timeout }, async () => {
	const server = new Dormouse(["server", "--port", "0", "--http", "0", "--host", "127.0.0.1"]);
	const [, url] = await server.says(/at (http:\/\/127\.0\.0\.1:\d+)/, "stderr");
	const answer = await fetch(`${url}/api/clients`);
	equal(answer.status, 200);
	equal(await answer.text(), "[]");
	const stream = await fetch(`${url}/api/event`); // an open event stream does not hold up the end
	equal(stream.status, 200);
	server.process.kill("SIGINT");
	equal((await server.ended).status, 0);
	await stream.body?.cancel().catch(() => {});
});

test("a UDP port in use is told with status 2", { timeout }, async () => {
	const taken = createSocket("udp4");
	await new Promise<void>((resolve) => taken.bind(0, "127.0.0.1", resolve));
	const { port } = taken.address();
	const { status, stderr } = await dormouse("server", "--port", `${port}`, "--http", "0", "--host", "127.0.0.1");
	equal(status, 2);
	match(stderr, new RegExp(`UDP port ${port} is in use by another program.*another one with --port`));
	taken.close();
});

test("an HTTP port in use is told with status 2", { timeout }, async () => {
	const taken = createServer();
	await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
	const { port } = taken.address() as { port: number };
	const { status, stderr } = await dormouse("server", "--port", "0", "--http", `${port}`, "--host", "127.0.0.1");
	equal(status, 2);
	match(stderr, new RegExp(`port ${port}: another program uses it.*another one with --http`));
	taken.close();
});

test("an address that is none of this machine's is told with status 2", { timeout }, async () => {
	for (const [host, message] of [
		["not-an-address", /is no address/],
		["192.0.2.1", /not one of this machine's/],
	] as const) {
		const { status, stderr } = await dormouse("server", "--port", "0", "--http", "0", "--host", host);
		equal(status, 2, stderr);
		match(stderr, message);
	}
});
