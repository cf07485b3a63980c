import { equal, match } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("a Bootstrap-Server beside it, and what REST is told is there after a restart", { timeout }, async () => {
	const folder = mkdtempSync(join(tmpdir(), "dormouse-server-"));
	const store = join(folder, "server.db");
	const words = [
		"server",
		"--port",
		"0",
		"--http",
		"0",
		"--host",
		"127.0.0.1",
		"--bootstrap-port",
		"0",
		"--store",
		store,
	];
	const first = new Dormouse(words);
	const [, url] = await first.says(/at (http:\/\/127\.0\.0\.1:\d+)/, "stderr");
	const settings = { toDelete: ["/0"], pack: "notAllowed" };
	const put = { method: "PUT", body: JSON.stringify(settings) };
	equal((await fetch(`${url}/api/bootstrap/board`, put)).status, 200);
	const { status, stderr } = await dormouse(...words);
	equal(status, 2);
	match(stderr, /--store: .*server\.db is used by process \d+/);
	first.process.kill("SIGKILL");
	await first.ended;
	const second = new Dormouse(words);
	const [, again] = await second.says(/at (http:\/\/127\.0\.0\.1:\d+)/, "stderr");
	const configured = (await (await fetch(`${again}/api/bootstrap`)).json()) as { board: { pack: string } };
	equal(configured.board.pack, "notAllowed");
	second.process.kill("SIGINT");
	equal((await second.ended).status, 0);
	rmSync(folder, { recursive: true });
});

test("the Bootstrap-Server alone, with the REST interface of leshan-bsserver-demo", { timeout }, async () => {
	const server = new Dormouse(["bootstrap-server", "--port", "0", "--http", "0", "--host", "127.0.0.1"]);
	const [, url] = await server.says(/at (http:\/\/127\.0\.0\.1:\d+)/, "stderr");
	equal(await (await fetch(`${url}/api/bootstrap`)).text(), "{}");
	equal((await fetch(`${url}/api/security/clients`)).status, 200);
	server.process.kill("SIGINT");
	equal((await server.ended).status, 0);
});

test("versions that are none, or named twice, are told with status 2", { timeout }, async () => {
	for (const versions of ["1.3", "1.0,1.0"]) {
		const { status, stderr } = await dormouse("server", "--enablers", versions);
		equal(status, 2);
		match(stderr, /--enablers/);
	}
});
