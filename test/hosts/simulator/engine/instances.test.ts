/** Machines share instances of the engine: none of them may be able to tell. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Machine } from "../../../../hosts/simulator/engine/machine.ts";
import type { Vm } from "../../../../hosts/simulator/engine/vm.ts";
import { console, firmware, small } from "./harness.ts";

const modules = {
	"lib/kept":
		"export const table = Object.freeze([1, 2, 3]); export class Kept { #n = 0; more() { return ++this.#n; } }",
	main: `
import { Kept, table } from "./lib/kept.js";
const kept = new Kept();
const texts = [];
let deep = () => 0;
board.listen((kind, first, second, text) => {
	for (let i = 0; i < 20; i++) texts[board.dice(40)] = text + kept.more() + table.join();
	if (kind === 4) deep = () => [1].map(deep);
	deep();
	board.print(texts.join());
});`,
};
const made = firmware(modules);
const memory = { ...small, arenaBytes: 64 * 1024 };

/** More than there are instances. */
const many = 40;

function seededBoard(seed: number) {
	let state = seed;
	return console({
		dice: (bound) => {
			state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
			return state % bound;
		},
	});
}

const isSameMemory = (one: Vm, other: Vm) => Buffer.compare(one.memory, other.memory) === 0;
const turnOf = (vm: Vm, round: number) => vm.turn(3, round, 0, `round ${round}`);

/** A machine with an instance of its own, made from the beginning. */
function alone(seed: number) {
	const ports = seededBoard(seed);
	const vm = made.vmFromTheBeginning(memory, ports);
	return { vm, ports };
}

describe("instances", () => {
	test("a boot that copies memory leaves what a real boot leaves: memory, figures, computrons", () => {
		const { vm, ports } = alone(5);
		made.machine(memory, seededBoard(6)).boot(); // somebody was there before
		const own = seededBoard(5);
		const machine = made.machine(memory, own);
		assert.ok(isSameMemory(machine.vm, vm), "before the first turn");
		machine.boot();
		vm.boot("main");
		assert.ok(isSameMemory(machine.vm, vm), "after boot");
		assert.deepEqual(machine.figures(), vm.figures());
		assert.ok(machine.figures().computrons > 0);
		for (let round = 0; round < 50; round++) {
			turnOf(machine.vm, round);
			turnOf(vm, round);
		}
		assert.deepEqual(own.printed, ports.printed);
		assert.deepEqual(machine.figures(), vm.figures());
		assert.ok(isSameMemory(machine.vm, vm), "after fifty turns");
	});

	test("more machines than instances, in turns: each is as if it were alone", () => {
		const machines = Array.from({ length: many }, (_, seed) => {
			const ports = seededBoard(seed + 1);
			const machine = made.machine(memory, ports);
			machine.boot();
			return { machine, ports };
		});
		for (let round = 0; round < 12; round++) {
			for (const { machine } of machines) {
				turnOf(machine.vm, round);
				if (round === 5) machine.collect();
			}
		}
		machines.forEach(({ machine, ports }, seed) => {
			const reference = alone(seed + 1);
			reference.vm.boot("main");
			for (let round = 0; round < 12; round++) {
				turnOf(reference.vm, round);
				if (round === 5) reference.vm.collect();
			}
			assert.deepEqual(ports.printed, reference.ports.printed);
			assert.ok(isSameMemory(machine.vm, reference.vm), `machine ${seed}`);
		});
		assert.equal(new Set(machines.map(({ machine }) => machine.romHash())).size, 1);
		for (const { machine } of machines) machine.release();
	});

	test("one that died leaves nothing to the next one, and stays dead itself wherever it is kept", () => {
		const lost: Machine[] = [];
		for (let count = 0; count < many; count++) {
			const machine = made.machine(memory, seededBoard(count));
			machine.boot();
			assert.throws(() => machine.dispatch({ kind: "shutDown" }), { reason: "stackOverflow" });
			lost.push(machine);
		}
		for (const machine of lost) {
			assert.throws(() => machine.dispatch({ kind: "alarm" }), /must be reset/);
			assert.ok(machine.figures().computrons > 0);
			machine.release();
		}
		assert.ok(isSameMemory(made.machine(memory, seededBoard(1)).vm, alone(1).vm));
	});

	test("one that was released is not used again", () => {
		const machine = made.machine(memory, seededBoard(1));
		machine.boot();
		machine.release();
		assert.throws(() => machine.dispatch({ kind: "alarm" }), /released/);
	});

	test("a machine whose port runs others meanwhile keeps its instance", () => {
		const main =
			'let n = 0; board.listen((kind) => { n++; board.print(kind === 2 ? n + ":" + board.nowMs() : "" + n); });';
		const both = firmware({ main });
		const others = Array.from({ length: many }, () => both.machine(memory, console()));
		for (const other of others) other.boot();
		const ports = console({
			nowMs: () => {
				for (const other of others) other.dispatch({ kind: "alarm" });
				return 7;
			},
		});
		const caller = both.machine(memory, ports);
		caller.boot();
		for (let round = 0; round < 3; round++) caller.dispatch({ kind: "readable", socket: 1, count: 1 });
		assert.deepEqual(ports.printed, ["1:7", "2:7", "3:7"]);
	});
});
