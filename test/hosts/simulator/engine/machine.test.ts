import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import type { Machine } from "../../../../hosts/simulator/engine/machine.ts";
import { console, firmware, small } from "./harness.ts";

const memoryHash = (machine: Machine) => createHash("sha256").update(machine.vm.memory).digest("hex");

/** Keeps some state, uses chance and time, and lets garbage behind. */
const busy = `
const log = [];
const table = new Map();
let last = "";
board.listen((kind, first, second, text) => {
	for (let i = 0; i < 50; i++) {
		table.set("key" + board.dice(100), { at: board.nowMs(), list: [i, Math.random(), text] });
		last = [...table.keys()].join();
	}
	log.push(kind + first);
	if (log.length > 10) log.shift();
	board.print(last.length + ":" + table.size + ":" + log.join());
});
`;

/** Chance from a seed, time from a counter. */
function seededBoard() {
	let state = 7;
	let now = 0;
	return console({
		dice: (bound) => {
			state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
			return state % bound;
		},
		nowMs: () => now++,
	});
}

describe("a machine", () => {
	const made = firmware({ main: busy });
	const big = { ...small, arenaBytes: 128 * 1024 };

	test("runs the same twice: all of its memory is the same", () => {
		const run = () => {
			const ports = seededBoard();
			const machine = made.machine(big, ports);
			machine.boot();
			for (let i = 0; i < 40; i++) machine.dispatch({ kind: "resolved", name: `n${i}`, hosts: ["10.0.0.1", "::1"] });
			return { hash: memoryHash(machine), printed: ports.printed, computrons: machine.figures().computrons };
		};
		assert.deepEqual(run(), run());
	});

	test("goes on from a snapshot as if nothing had been", () => {
		const ports = seededBoard();
		const machine = made.machine(big, ports);
		machine.boot();
		for (let i = 0; i < 10; i++) machine.dispatch({ kind: "alarm" });
		const snapshot = machine.snapshot();
		machine.restore(snapshot);
		for (let i = 0; i < 10; i++) machine.dispatch({ kind: "alarm" });

		const straight = seededBoard();
		const other = made.machine(big, straight);
		other.boot();
		for (let i = 0; i < 20; i++) other.dispatch({ kind: "alarm" });
		assert.deepEqual(ports.printed, straight.printed);
		assert.equal(memoryHash(machine), memoryHash(other));
		assert.deepEqual(machine.figures(), other.figures());
	});

	test("keeps a snapshot apart from what runs on", () => {
		const machine = made.machine(big, seededBoard());
		machine.boot();
		const snapshot = machine.snapshot();
		const before = memoryHash(machine);
		for (let i = 0; i < 10; i++) machine.dispatch({ kind: "alarm" });
		assert.notEqual(memoryHash(machine), before);
		machine.restore(snapshot);
		assert.equal(memoryHash(machine), before);
	});

	test("loses events while nobody listens", () => {
		const machine = firmware({ main: "" }).machine(small, console());
		machine.boot();
		machine.dispatch({ kind: "alarm" });
		assert.ok(machine.figures().slots.used > 0);
	});

	test("says what it uses: slots of 16 bytes, and a buffer's bytes as chunks", () => {
		const grows = `const kept = []; board.listen((kind, size) => { kept.push(new Uint8Array(size)); });`;
		const machine = firmware({ main: grows }).machine(small, console());
		machine.boot();
		machine.vm.turn(1, 0);
		machine.collect();
		const before = machine.figures();
		assert.equal(before.slotBytes, 16);
		machine.vm.turn(1, 2000);
		machine.collect();
		const after = machine.figures();
		const chunk = after.chunks.used - before.chunks.used;
		assert.ok(chunk >= 2000 && chunk < 2040, `${chunk} bytes for a buffer of 2000`);
		const slots = after.slots.used - before.slots.used;
		assert.ok(slots >= 5 && slots < 12, `${slots} slots for a Uint8Array`);
		assert.ok(after.ramBytes.used > before.ramBytes.used && after.ramBytes.peak >= after.ramBytes.used);
		assert.ok(after.collections > before.collections && after.computrons > before.computrons);
	});

	test("counts its own computrons, and not those that its ROM was made with", () => {
		const table =
			"const table = []; for (let i = 0; i < 10000; i++) table.push(i); export default Object.freeze(table);";
		const machine = firmware({ table, main: 'import table from "./table.js"; table.length;' }).machine(
			small,
			console(),
		);
		assert.equal(machine.figures().computrons, 0);
		machine.boot();
		assert.ok(machine.figures().computrons > 0 && machine.figures().computrons < 1000);
	});

	test("starts small: built-ins are in ROM", () => {
		const machine = firmware({ main: "" }).machine(small, console());
		machine.boot();
		machine.collect();
		const { slots, chunks, cHeap, rom } = machine.figures();
		assert.ok(slots.used * 16 + chunks.used + cHeap.used < 2500, "an empty VM without its stack");
		assert.ok(rom.slotBytes > 50_000 && rom.totalBytes < 100_000);
		assert.equal(rom.aliases, 3, "built-ins are frozen");
	});
});
