/** The serial line for real: a pseudo-terminal, the gateway on one end, the device's code on the other. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LineNetwork } from "../../../hosts/nrf52/line-network.ts";
import { openPty, whatIsMissing } from "./pty.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const missing = whatIsMissing();
const ends: (() => void)[] = [];
after(() => {
	for (const end of ends) end();
});

/** Answers every datagram with itself. */
async function echo(): Promise<Socket> {
	const socket = createSocket("udp4");
	socket.on("message", (bytes, { address, port }) => socket.send(new Uint8Array(bytes), port, address));
	socket.bind(0, "127.0.0.1");
	ends.push(() => socket.close());
	await once(socket, "listening");
	return socket;
}

test("datagrams and names go over a tty to a gateway and come back", {
	skip: missing ?? false,
	timeout: 30_000,
}, async () => {
	let network: LineNetwork | undefined;
	const { path, master } = await openPty((bytes) => network?.received(bytes));
	ends.push(() => master.stdin?.end());
	const modem = spawn(process.execPath, [join(root, "hosts/nrf52/tools/modem.mjs"), path], { stdio: "inherit" });
	ends.push(() => modem.kill());
	const online = await new Promise<boolean>((resolve) => {
		network = new LineNetwork({
			session: 4711,
			line: { write: (bytes) => master.stdin?.write(Buffer.from(bytes)) },
			after: (delayMs, run) => void setTimeout(run, delayMs).unref(),
			onNetwork: resolve,
		});
		network.writable(1_000_000);
	});
	assert.equal(online, true);
	const { port } = (await echo()).address();
	const sizes = [0, 1, 64, 1024, 1280];
	const heard: Uint8Array[] = [];
	const allHeard = new Promise<void>((resolve) => {
		const into = new Uint8Array(1500);
		const from = { host: "", port: 0 };
		const socket = network!.open({
			onReadable() {
				for (let size = socket.read(into, from); size >= 0; size = socket.read(into, from)) {
					assert.deepEqual(from, { host: "127.0.0.1", port });
					heard.push(into.slice(0, size));
				}
				if (heard.length === sizes.length) resolve();
			},
		});
		for (const size of sizes) {
			socket.write(
				Uint8Array.from({ length: size }, (_, index) => 0xc0 + (index % 64)),
				{ host: "127.0.0.1", port },
			);
		}
	});
	await allHeard;
	assert.deepEqual(
		heard.map((bytes) => bytes.length).sort((a, b) => a - b),
		sizes,
	);
	for (const bytes of heard) assert.ok(bytes.every((byte, index) => byte === 0xc0 + (index % 64)));
	const hosts = await new Promise<readonly string[]>((resolve) => network!.resolve("localhost", resolve));
	assert.ok(hosts.includes("127.0.0.1") || hosts.includes("::1"), String(hosts));
	assert.equal(network!.reader.broken, 0);
});
