/**
 * Bad input to the device on XS over real UDP, from its server's own address. Invariants: the device never fails,
 * goes on answering, sends nothing that is no CoAP, and its memory is as large after many bad datagrams as after few.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../harness.ts";
import { type ScriptedBench, scripted, withScripted } from "./scripted-bench.ts";
import type { ScriptedServer } from "./scripted-server.ts";
import { encode, type Message, optionNumber, text, uint } from "./wire-message.ts";

/** Datagrams in a row before a pause: a small socket buffer must not lose what the test says it sent. */
const burst = 32;

/** Bodies in which a flipped bit can not restart the device: only the path of Reboot and of Disable does. */
const valid: readonly (readonly [what: string, message: Omit<Message, "id" | "type" | "token">])[] = [
	[
		"Read",
		{
			code: "0.01",
			options: path("3", "0", "0").concat([[optionNumber.accept, uint(11542)]]),
			payload: new Uint8Array(0),
		},
	],
	[
		"Observe",
		{
			code: "0.01",
			options: [[optionNumber.observe, uint(0)] as const, ...path("3303", "0", "5700")],
			payload: new Uint8Array(0),
		},
	],
	[
		"Write of TLV",
		{
			code: "0.02",
			options: path("1", "0").concat([[optionNumber.contentFormat, uint(11542)]]),
			payload: Uint8Array.of(0xc1, 0x05, 0x3c, 0xc1, 0x06, 0x01),
		},
	],
	[
		"Write of SenML CBOR",
		{
			code: "0.03",
			options: path("1", "0", "5").concat([[optionNumber.contentFormat, uint(112)]]),
			payload: Uint8Array.of(0x81, 0xa2, 0x21, 0x66, 0x2f, 0x31, 0x2f, 0x30, 0x2f, 0x35, 0x02, 0x18, 0x3c),
		},
	],
	[
		"Write of SenML JSON",
		{
			code: "0.03",
			options: path("1", "0", "5").concat([[optionNumber.contentFormat, uint(110)]]),
			payload: text('[{"bn":"/1/0/5","v":60}]'),
		},
	],
	[
		"Write-Attributes",
		{
			code: "0.03",
			options: path("3", "0").concat([
				[optionNumber.uriQuery, text("pmin=10")],
				[optionNumber.uriQuery, text("pmax=60")],
			]),
			payload: new Uint8Array(0),
		},
	],
];

function path(...parts: readonly string[]): (readonly [number, Uint8Array])[] {
	return parts.map((part) => [optionNumber.uriPath, text(part)] as const);
}

async function stillAnswers({ server, device }: ScriptedBench): Promise<void> {
	const answer = await server.request({ path: "/3/0/0", options: [[optionNumber.accept, uint(0)]] }, 20_000);
	equal(answer.code, "2.05");
	equal(new TextDecoder().decode(answer.payload), "Dormouse");
	equal(device.all("deviceFailed").length, 0);
	equal(device.all("booted").length, 1, "the device has restarted");
}

/** Sends datagrams in bursts, and lets the device keep up by a ping after each. */
async function sendAll({ server }: ScriptedBench, datagrams: Iterable<Uint8Array>): Promise<number> {
	let count = 0;
	for (const bytes of datagrams) {
		server.send(bytes);
		if (++count % burst === 0) await ping();
	}
	await ping();
	return count;

	async function ping(): Promise<void> {
		const id = server.freshId();
		const reset = server.next("Reset after a burst", (message) => message.type === "RST" && message.id === id, 20_000);
		server.send(
			encode({ type: "CON", code: "0.00", id, token: new Uint8Array(0), options: [], payload: new Uint8Array(0) }),
		);
		await reset;
	}
}

/** The bytes of each valid message, with a Message ID and token that were not used before. */
function fresh(server: ScriptedServer, message: Omit<Message, "id" | "type" | "token">): Uint8Array {
	const id = server.freshId();
	return encode({ ...message, type: "CON", id, token: Uint8Array.of(id >> 8, id & 255) });
}

function* truncations(server: ScriptedServer): Generator<Uint8Array> {
	for (const [, message] of valid) {
		const { length } = fresh(server, message);
		for (let end = 0; end < length; end++) yield fresh(server, message).slice(0, end);
	}
}

function* bitFlips(server: ScriptedServer): Generator<Uint8Array> {
	for (const [, message] of valid) {
		const { length } = fresh(server, message);
		for (let bit = 0; bit < length * 8; bit++) {
			const bytes = fresh(server, message);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			yield bytes;
		}
	}
}

/**
 * Random bytes of all sizes up to more than a datagram that the device takes; every second one has the header of a
 * request.
 */
function* garbage(server: ScriptedServer, count: number, seed: number): Generator<Uint8Array> {
	const below = seeded(seed);
	for (let index = 0; index < count; index++) {
		const bytes = Uint8Array.from({ length: below(index % 50 === 0 ? 1500 : 80) }, () => below(256));
		if (index % 2 === 0 && bytes.length > 4) {
			const id = server.freshId();
			bytes.set([0x40 | (below(2) << 4) | below(9), 1 + below(7), id >> 8, id & 255]);
		}
		yield bytes;
	}
}

for (const [what, message] of valid) {
	scripted(`what the bad datagrams are made of is good: ${what}`, {}, async ({ server, device }) => {
		const bytes = fresh(server, message);
		const answer = server.next("answer", ({ id }) => id === ((bytes[2]! << 8) | bytes[3]!));
		server.send(bytes);
		ok((await answer).code.startsWith("2."), `${what} answered ${(await answer).code}`);
		equal(device.all("deviceFailed").length, 0);
	});
}

scripted("every truncation of valid messages: the device goes on", {}, async (bench) => {
	const count = await sendAll(bench, truncations(bench.server));
	ok(count > 100, `only ${count} truncations`);
	await stillAnswers(bench);
});

scripted("every bit flip of valid messages: the device goes on", {}, async (bench) => {
	const count = await sendAll(bench, bitFlips(bench.server));
	ok(count > 1000, `only ${count} bit flips`);
	await stillAnswers(bench);
});

for (const seed of [1, 2, 3]) {
	scripted(`a flood of garbage, seed ${seed}: the device goes on`, {}, async (bench) => {
		await sendAll(bench, garbage(bench.server, 2000, seed));
		await stillAnswers(bench);
	});
}

/** The most memory that a device had in use while `count` bad datagrams of each kind came. */
function mostBytesAfter(count: number): Promise<number> {
	return withScripted({}, async (bench) => {
		for (let sent = 0; sent < count; ) sent += await sendAll(bench, bitFlips(bench.server));
		await sendAll(bench, garbage(bench.server, count, 4));
		await stillAnswers(bench);
		await bench.device.interrupt();
		const { heap } = (await bench.device.wait("report")) as unknown as {
			heap: { ramBytes: number; limitBytes: number };
		};
		ok(heap.ramBytes > 0 && heap.ramBytes < heap.limitBytes, `${heap.ramBytes} of ${heap.limitBytes} bytes`);
		return heap.ramBytes;
	});
}

test("xs › memory is as large after 6000 bad datagrams of each kind as after 1000", { timeout: 600_000 }, async () => {
	const before = await mostBytesAfter(1000);
	const after = await mostBytesAfter(6000);
	// The high-water mark moves by a step of the heap with the moment of a collection; one slot kept for each of the
	// 10,000 more
	// datagrams would be 160,000 bytes.
	ok(after - before < 4096, `${after} bytes, before ${before}`);
});
