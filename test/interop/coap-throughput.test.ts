/**
 * A 1 MiB download by blocks of 1024 bytes over the loopback interface: every client from every server that is here, in
 * one run. Figures of this machine and this moment, written to build/interop/coap-throughput.md; what must hold is only
 * that all of it arrives.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PeerMissing } from "./coap-artifacts.ts";
import { CoapEndpoint } from "./coap-endpoint.ts";
import { type ForeignServer, type PeerName, peerNames, startForeignClient, startForeignServer } from "./coap-peers.ts";
import { big, PlugtestServer } from "./coap-plugtest-server.ts";

/** coap-server turns what it holds into a string, which ends at a zero. */
const letters = big.map((byte) => 97 + (byte % 26));
const rounds = 3;
const rows: string[] = [];
const servers = new Map<PeerName, ForeignServer>();

async function timed(client: string, server: string, download: () => Promise<Uint8Array>): Promise<void> {
	const all: number[] = [];
	for (let round = 0; round < rounds; round++) {
		const startMs = performance.now();
		const body = await download();
		all.push(performance.now() - startMs);
		equal(body.length, big.length);
		deepEqual(body, server === "libcoap" ? letters : big);
	}
	const bestMs = Math.min(...all);
	const spread = all.map((ms) => Math.round(ms)).join(", ");
	rows.push(`| ${client} | ${server} | ${Math.round(bestMs)} | ${(1048.576 / bestMs).toFixed(1)} | ${spread} |`);
}

async function serverOf(name: PeerName): Promise<ForeignServer> {
	const known = servers.get(name);
	if (known !== undefined) return known;
	const server = await startForeignServer(name);
	servers.set(name, server);
	if (name === "libcoap") {
		const endpoint = await CoapEndpoint.open();
		const { code } = await endpoint.ask(server.port, { code: 3, path: ["big"], payload: letters, contentFormat: 0 });
		ok(code === 0x41 || code === 0x44, `coap-server takes the body: ${code}`);
		endpoint.close();
	}
	return server;
}

async function available(skip: (why: string) => void, run: () => Promise<void>): Promise<void> {
	try {
		await run();
	} catch (error) {
		if (!(error instanceof PeerMissing)) throw error;
		skip(error.message);
	}
}

for (const usesQBlock of [false, true]) {
	const kind = usesQBlock ? "ours, Q-Block" : "ours";
	test(`1 MiB from ${kind} to ${kind}`, { timeout: 60_000 }, async () => {
		const server = await PlugtestServer.open({ usesQBlock });
		await timed(kind, kind, async () => {
			const endpoint = await CoapEndpoint.open({ usesQBlock });
			const { payload } = await endpoint.ask(server.port, { code: 1, path: ["big"] });
			endpoint.close();
			return payload;
		});
		server.close();
	});
}

for (const name of peerNames) {
	test(`1 MiB from ${name} to ours`, { timeout: 90_000 }, async (t) => {
		await available(
			(why) => t.skip(why),
			async () => {
				const { port } = await serverOf(name);
				await timed("ours", name, async () => {
					const endpoint = await CoapEndpoint.open();
					const { payload } = await endpoint.ask(port, { code: 1, path: ["big"] });
					endpoint.close();
					return payload;
				});
			},
		);
	});

	test(`1 MiB from ours to ${name}`, { timeout: 90_000 }, async (t) => {
		await available(
			(why) => t.skip(why),
			async () => {
				const client = await startForeignClient(name);
				const server = await PlugtestServer.open();
				t.after(() => server.close());
				t.after(() => client.stop());
				await timed(name, "ours", async () => (await client.ask({ port: server.port, path: "big" })).payload);
			},
		);
	});

	test(`1 MiB from ${name} to ${name}`, { timeout: 90_000 }, async (t) => {
		await available(
			(why) => t.skip(why),
			async () => {
				const { port } = await serverOf(name);
				const client = await startForeignClient(name);
				t.after(() => client.stop());
				await timed(name, name, async () => (await client.ask({ port, path: "big" })).payload);
			},
		);
	});
}

after(async () => {
	for (const server of servers.values()) await server.stop();
	const folder = fileURLToPath(new URL("../../../interop", import.meta.url));
	mkdirSync(folder, { recursive: true });
	const head = `| Client | Server | best of ${rounds}, ms | MB/s | each, ms |\n|---|---|--:|--:|---|\n`;
	writeFileSync(join(folder, "coap-throughput.md"), `${head}${rows.join("\n")}\n`);
});
