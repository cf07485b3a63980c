import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DeviceFailure, type FailureReason } from "../../../../hosts/simulator/engine/failure.ts";
import type { MachineMemory } from "../../../../hosts/simulator/engine/memory.ts";
import { console, firmware, small } from "./harness.ts";

interface Doom {
	readonly what: string;
	readonly program: string;
	readonly reason: FailureReason;
	readonly memory?: Partial<MachineMemory>;
	readonly says?: RegExp;
}

const dooms: readonly Doom[] = [
	{ what: "objects without end", program: "const a = []; for (;;) a.push({ x: 1 });", reason: "outOfMemory" },
	{ what: "a string without end", program: 'let s = "x"; for (;;) s += s;', reason: "outOfMemory" },
	{
		what: "buffers without end",
		program: "const a = []; for (;;) a.push(new Uint8Array(4096));",
		reason: "outOfMemory",
	},
	{
		what: "memory that a program tries to catch",
		program: "try { const a = []; for (;;) a.push(new Uint8Array(4096)); } catch { board.print('caught'); }",
		reason: "outOfMemory",
	},
	{
		what: "a heap that must not grow",
		program: "const a = []; for (;;) a.push({ x: 1 });",
		reason: "outOfMemory",
		memory: { heapSlots: 1024, moreHeapSlots: 0, chunkBytes: 8192, moreChunkBytes: 0 },
	},
	{ what: "one array larger than all memory", program: "new Uint8Array(0x7fff0000);", reason: "outOfMemory" },
	{
		what: "a C heap that is too small",
		program: "function f(n) { try { return f(n + 1); } finally { n++; } } f(0);",
		reason: "outOfMemory",
		memory: { cHeapBytes: 2000 },
	},
	{ what: "recursion", program: "function f(n) { return f(n + 1) + 1; } f(0);", reason: "stackOverflow" },
	{
		what: "recursion through a native",
		program: "function f() { [1].map(f); } f();",
		reason: "stackOverflow",
		memory: { arenaBytes: 2_000_000, stackSlots: 60_000 },
	},
	{
		what: "deep nesting for JSON",
		program: "let x = []; for (let i = 0; i < 3000; i++) x = [x]; JSON.stringify(x);",
		reason: "stackOverflow",
		memory: { arenaBytes: 2_000_000, stackSlots: 60_000 },
	},
	{
		what: "more names than there is room for",
		program: "const o = {}; for (let i = 0; ; i++) o['k' + i] = 1;",
		reason: "outOfKeys",
		memory: { moreKeys: 0 },
	},
	{ what: "an endless loop", program: "for (;;);", reason: "tooMuchComputation" },
	{
		what: "an endless pattern",
		program: "/^(a+)+$/.test('a'.repeat(40) + 'b');",
		reason: "tooMuchComputation",
		memory: { arenaBytes: 500_000, stackSlots: 4000 },
	},
	{
		what: "an exception that nobody catches",
		program: "function inner() { throw new RangeError('boom'); } inner();",
		reason: "unhandledException",
		says: /RangeError: boom\s+at inner/,
	},
	{ what: "a thrown string", program: "throw 'text';", reason: "unhandledException", says: /text/ },
	{
		what: "an exception whose text throws",
		program: "throw { toString() { throw new Error('twice'); } };",
		reason: "unhandledException",
	},
	{
		what: "a rejection that nobody handles",
		program: "Promise.reject(new Error('alone'));",
		reason: "unhandledRejection",
		says: /Error: alone/,
	},
	{ what: "source text at run time", program: "(0, eval)('1');", reason: "unhandledException", says: /no parser/ },
];

describe("a device fails", () => {
	for (const { what, program, reason, memory, says } of dooms) {
		test(`of ${what}: ${reason}, with figures`, () => {
			const ports = console();
			const machine = firmware({ main: program }).machine({ ...small, ...memory }, ports);
			let failure: unknown;
			try {
				machine.boot();
			} catch (error) {
				failure = error;
			}
			assert.ok(failure instanceof DeviceFailure, String(failure));
			assert.equal(failure.reason, reason, failure.message);
			assert.deepEqual(ports.printed, []);
			if (says !== undefined) assert.match(failure.explanation, says);
			const { figures } = failure;
			assert.ok(figures !== undefined && figures.computrons > 0 && figures.slots.used > 0);
			assert.ok(figures.arena.freeBytes >= 0 && figures.stack.used <= figures.stack.limit);
			assert.throws(() => machine.dispatch({ kind: "alarm" }), /must be reset/);
			assert.throws(() => machine.snapshot(), /no state to keep/);
		});
	}

	test("in a later turn, and lives again from a snapshot; its neighbour does not notice", () => {
		const made = firmware({
			main: "let n = 0; board.listen((kind) => { board.print(String(++n)); if (kind === 4) for (;;); });",
		});
		const ports = console();
		const machine = made.machine(small, ports);
		const other = console();
		const neighbour = made.machine(small, other);
		machine.boot();
		neighbour.boot();
		machine.dispatch({ kind: "alarm" });
		const snapshot = machine.snapshot();
		assert.throws(() => machine.dispatch({ kind: "shutDown" }), { reason: "tooMuchComputation" });
		neighbour.dispatch({ kind: "alarm" });
		machine.restore(snapshot);
		machine.dispatch({ kind: "alarm" });
		assert.deepEqual(ports.printed, ["1", "2", "2"]);
		assert.deepEqual(other.printed, ["1"]);
	});

	test("when a port throws: the port's error comes through, the device is dead", () => {
		const cut = new Error("power cut");
		const ports = console({
			flashWrite: () => {
				throw cut;
			},
		});
		const machine = firmware({
			main: "try { board.flashWrite(0, Uint8Array.of(1)); } finally { board.print('ran on'); }",
		}).machine(small, ports);
		assert.throws(
			() => machine.boot(),
			(error) => error === cut,
		);
		assert.deepEqual(ports.printed, []);
		assert.equal(machine.vm.dead, cut);
	});

	test("before it is one: a module that does not load is named", () => {
		const bad = { "lib/bad": "null.x;", main: 'import "./lib/bad.js";' };
		assert.throws(() => firmware(bad), { reason: "unhandledException", explanation: /TypeError/ });
		assert.throws(() => firmware({ "lib/lost": 'import "./nowhere.js";', main: "" }), { explanation: /nowhere/ });
		assert.throws(
			() => firmware({ "lib/eager": "export const t = board.nowMs();", main: "" }),
			/board\.nowMs at import/,
		);
	});

	test("at a board that is too small for a VM", () => {
		const made = firmware({ main: "" });
		assert.throws(() => made.machine({ ...small, arenaBytes: 4096 }, console()), { reason: "outOfMemory" });
		assert.throws(() => made.machine({ ...small, cHeapBytes: 300 }, console()), { reason: "outOfMemory" });
		assert.throws(() => made.machine({ ...small, stackSlots: 63 }, console()), RangeError);
		made.machine({ ...small, stackSlots: 64 }, console()).boot();
	});
});
