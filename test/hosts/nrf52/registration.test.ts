/** The application behind a serial line, for real: DTLS, registration, a Read, over a tty and UDP. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readConfigFactory } from "../../../hosts/chips/config-factory.ts";
import { compact } from "../../../src/main-compact.ts";
import { Dormouse } from "../simulator/cli/dormouse.ts";
import { LineDevice } from "./device.ts";
import { openPty, whatIsMissing } from "./pty.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const ends: (() => void)[] = [];
after(() => {
	for (const end of ends) end();
});

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
	for (let tries = 0; tries < 200; tries++) {
		const found = await look();
		if (found !== undefined) return found;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error(`never: ${what}`);
}

const skip = whatIsMissing() ?? false;

test("a device behind a tty registers over DTLS, is read, and de-registers", { skip, timeout: 90_000 }, async () => {
	const server = new Dormouse(["server", "--port", "0", "--http", "0", "--host", "127.0.0.1"]);
	ends.push(() => server.process.kill("SIGINT"));
	const [, url] = await server.says(/at (http:\/\/127\.0\.0\.1:\d+)/, "stderr");
	const [, port] = /over DTLS on UDP port (\d+)/.exec(server.stderr)!;
	const [identity, key] = ["oak-line", "00112233445566778899aabbccddeeff"];
	const put = await fetch(`${url}/api/security/clients`, {
		method: "PUT",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ endpoint: "oak", tls: { mode: "psk", details: { identity, key } } }),
	});
	assert.ok(put.ok, await put.text());

	let device: LineDevice | undefined;
	const { path, master } = await openPty((bytes) => device?.network.received(bytes));
	ends.push(() => master.stdin?.end());
	const modem = spawn(process.execPath, [join(root, "hosts/nrf52/tools/modem.mjs"), path], { stdio: "inherit" });
	ends.push(() => modem.kill());
	ends.push(() => device?.host.power.off());
	const config = { server: `coaps://127.0.0.1:${port}`, endpoint: "oak", lifetime: 60, identity, key };
	const factory = readConfigFactory(config); // as mcconfig builds it in
	await new Promise<void>((resolve) => {
		device = new LineDevice(
			(bytes) => void master.stdin?.write(Buffer.from(bytes)),
			factory,
			() => resolve(),
		);
	});
	compact(device!.host);

	const client = await eventually("registered", async () => {
		const answer = await fetch(`${url}/api/clients/oak`);
		return answer.ok ? ((await answer.json()) as { secure: boolean }) : undefined;
	});
	assert.equal(client.secure, true);
	const read = await fetch(`${url}/api/clients/oak/3/0/16?timeout=20`);
	assert.match(await read.text(), /"value":"U/);
	device!.end();
	await eventually("de-registered", async () => {
		const { ok } = await fetch(`${url}/api/clients/oak`);
		return ok ? undefined : true;
	});
	assert.equal(device!.network.outbox.dropped, 0);
	assert.equal(device!.network.reader.broken, 0);
});
