/**
 * Bodies of all sizes by blocks, both ways and in both roles, and what Q-Block (RFC 9177) does where nobody else knows
 * it: libcoap 4.3.1 takes `-L 5` and stays with plain blocks, aiocoap and Californium have none.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { PeerMissing } from "./coap-artifacts.ts";
import { CoapEndpoint } from "./coap-endpoint.ts";
import { blockOf, more } from "./coap-etsi-case.ts";
import { type PeerName, peerNames, startForeignClient, startForeignServer } from "./coap-peers.ts";
import { big, PlugtestServer } from "./coap-plugtest-server.ts";

const sizes = [0, 1, 15, 16, 17, 1023, 1024, 1025, 2048, 5000, 40_000];
const blockSizes = [16, 256, 1024];
/** Q-Block1 and Q-Block2. */
const qBlocks = [19, 31];

/** Letters only: coap-server turns what it holds into a string. */
const bodyOf = (size: number, seed: number) =>
	Uint8Array.from({ length: size }, (_, at) => 97 + ((at * 7 + seed) % 26));

async function available(skip: (why: string) => void, run: () => Promise<void>): Promise<void> {
	try {
		await run();
	} catch (error) {
		if (!(error instanceof PeerMissing)) throw error;
		skip(error.message);
	}
}

async function upAndDown(endpoint: CoapEndpoint, port: number, all: readonly number[]): Promise<void> {
	for (const [index, size] of all.entries()) {
		const payload = bodyOf(size, index);
		const path = ["large-update"];
		const { code } = await endpoint.ask(port, { code: 3, path, payload, contentFormat: 0 });
		ok(code === 0x44 || code === 0x41, `PUT of ${size} bytes: ${code}`);
		const response = await endpoint.ask(port, { code: 1, path });
		deepEqual(response.payload, payload, `${size} bytes came back`);
	}
}

function bodies(name: PeerName): void {
	test(`bodies of 0 to 40000 bytes to ${name} and back, in blocks of 16, 256, 1024`, { timeout: 40_000 }, async (t) => {
		await available(
			(why) => t.skip(why),
			async () => {
				const server = await startForeignServer(name);
				t.after(() => server.stop());
				for (const blockSizeBytes of blockSizes) {
					const endpoint = await CoapEndpoint.open({ limits: { blockSizeBytes } });
					t.after(() => endpoint.close());
					await upAndDown(endpoint, server.port, blockSizeBytes === 16 ? sizes.slice(0, -1) : sizes);
					const theirs = endpoint.wire(false).map((message) => blockOf(message, more.block2)?.size ?? 0);
					equal(Math.max(...theirs), blockSizeBytes, "their blocks are of the size we asked for");
				}
			},
		);
	});

	test(`Q-Block falls back to plain blocks with ${name}, and remembers`, { timeout: 25_000 }, async (t) => {
		await available(
			(why) => t.skip(why),
			async () => {
				const server = await startForeignServer(name, name === "libcoap" ? ["-L", "5"] : []);
				t.after(() => server.stop());
				const endpoint = await CoapEndpoint.open({ usesQBlock: true });
				t.after(() => endpoint.close());
				await upAndDown(endpoint, server.port, [1, 1024, 5000, 40_000]);
				equal(endpoint.knowsQBlock(server.port), false);
				// two small bodies there and back tell nothing: they fit in one message
				const asked = endpoint.wire(true).filter(({ options }) => options.some(([number]) => qBlocks.includes(number)));
				ok(asked.length >= 1 && asked.length <= 5, `${asked.length} messages went by Q-Block before it was given up`);
			},
		);
	});

	test(`${name} brings and fetches bodies of 0 to 40000 bytes`, { timeout: 40_000 }, async (t) => {
		await available(
			(why) => t.skip(why),
			async () => {
				const server = await PlugtestServer.open({ usesQBlock: true });
				t.after(() => server.close());
				const client = await startForeignClient(name);
				t.after(() => client.stop());
				for (const [index, size] of sizes.entries()) {
					if (size === 0) continue; // coap-client has no empty payload
					const order = { port: server.port, path: "large-update" };
					const payload = bodyOf(size, index);
					equal((await client.ask({ ...order, method: "PUT", payload })).code, "2.04", `PUT of ${size} bytes`);
					deepEqual(server.received.get("large-update"), payload);
					deepEqual((await client.ask(order)).payload, payload, `${size} bytes came back`);
				}
			},
		);
	});
}

describe("bodies", { concurrency: 3 }, () => {
	for (const name of peerNames) describe(name, { concurrency: 1 }, () => bodies(name));

	test("1 MiB goes by Q-Block between two of ours", { timeout: 30_000 }, async (t) => {
		const server = await PlugtestServer.open({ usesQBlock: true });
		t.after(() => server.close());
		const endpoint = await CoapEndpoint.open({ usesQBlock: true });
		t.after(() => endpoint.close());
		const { payload } = await endpoint.ask(server.port, { code: 1, path: ["big"] });
		deepEqual(payload, big);
		equal(endpoint.knowsQBlock(server.port), true);
		const requests = endpoint.log.filter(({ sent }) => sent).length;
		ok(requests < 1024 / 5, `${requests} requests for 1024 blocks`);
	});
});
