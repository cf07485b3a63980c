import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfigFactory } from "../../../hosts/chips/config-factory.ts";
import { SeededDice } from "../../../hosts/chips/dice.ts";
import { JsonLog } from "../../../hosts/chips/json-log.ts";
import { NotedMemory } from "../../../hosts/chips/noted-memory.ts";

function memory(bytes: Uint8Array) {
	return {
		sizeBytes: bytes.length,
		read: (offset: number, into: Uint8Array) => into.set(bytes.subarray(offset, offset + into.length)),
		write: (offset: number, from: Uint8Array) => bytes.set(from, offset),
	};
}

test("a note is taken once; RAM of a cold start and a torn note are none", () => {
	const bytes = new Uint8Array(64).fill(0xa5);
	assert.equal(new NotedMemory(memory(bytes)).takeNote(), undefined);
	new NotedMemory(memory(bytes)).leaveNote({ kind: 18, wallTimeS: 4_000_000_000 });
	for (let index = 0; index < 16; index++) {
		const torn = bytes.slice();
		torn[index]! ^= 1;
		assert.equal(new NotedMemory(memory(torn)).takeNote(), undefined, `byte ${index}`);
	}
	const after = new NotedMemory(memory(bytes));
	assert.deepEqual(after.takeNote(), { kind: 18, wallTimeS: 4_000_000_000 });
	assert.equal(after.takeNote(), undefined);
});

test("the application's share begins behind the note, and ends where the memory does", () => {
	const bytes = new Uint8Array(64);
	const retained = new NotedMemory(memory(bytes));
	assert.equal(retained.sizeBytes, 48);
	retained.leaveNote({ kind: 1, wallTimeS: 0 });
	retained.write(0, new Uint8Array(48).fill(7));
	const read = new Uint8Array(48);
	retained.read(0, read);
	assert.deepEqual(read, new Uint8Array(48).fill(7));
	assert.deepEqual(new NotedMemory(memory(bytes)).takeNote(), { kind: 1, wallTimeS: 0 });
	assert.throws(() => retained.write(1, new Uint8Array(48)), RangeError);
	assert.throws(() => retained.read(-1, new Uint8Array(1)), RangeError);
});

test("what the C of a fault leaves is the note of a crash", () => {
	// zephyr-system.c, k_sys_fatal_error_handler
	const bytes = new Uint8Array(64);
	bytes.set([0x44, 0x6f, 0x52, 0x4d, 0, 0, 0, 2, 0, 0, 0, 0, 0x44, 0x6f, 0x52, 0x4d ^ 62]);
	assert.deepEqual(new NotedMemory(memory(bytes)).takeNote(), { kind: 2, wallTimeS: 0 });
});

test("the factory data of a build: only what was given, and no half of a key", () => {
	assert.deepEqual(readConfigFactory({}), {});
	const factory = readConfigFactory({
		server: "coaps://h:5684",
		lifetime: "60",
		identity: "oak",
		key: "00ff",
		board: "x",
	});
	assert.deepEqual(factory, {
		serverUri: "coaps://h:5684",
		lifetimeS: 60,
		security: { mode: "psk", publicKeyOrIdentity: "6f616b", secretKey: "00ff" },
	});
	assert.throws(() => readConfigFactory({ identity: "oak" }), /go together/);
	assert.throws(() => readConfigFactory({ lifetime: "0.5" }), /whole seconds/);
});

test("dice are fair enough and seeded; a log record is one line of JSON", () => {
	const seeded = (seed: number) => new SeededDice({ fill: (bytes) => bytes.fill(seed) });
	const dice = seeded(0); // the state that xorshift would never leave
	const counts = new Array(6).fill(0);
	for (let draw = 0; draw < 6000; draw++) counts[dice.below(6)]++;
	for (const count of counts) assert.ok(count > 800 && count < 1200, String(counts));
	const [one, other] = [seeded(1), seeded(1)];
	assert.equal(one.below(2 ** 31), other.below(2 ** 31));
	let line = "";
	new JsonLog({ nowMs: () => 5 }, (text) => {
		line += text;
	}).write({ event: "x", of: undefined, why: 'a"b' });
	assert.equal(line, '{"t":5,"event":"x","why":"a\\"b"}\n');
});
