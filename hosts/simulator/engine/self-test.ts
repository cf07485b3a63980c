import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DeviceFailure } from "./failure.ts";
import { Firmware } from "./machine.ts";
import type { MachineMemory } from "./memory.ts";
import type { BoardPorts } from "./ports.ts";
import { arithmetic } from "./self-test/arithmetic.ts";
import { control } from "./self-test/control.ts";
import { EngineFailure } from "./sources.ts";
import type { Engine } from "./xs.ts";

const memory: MachineMemory = {
	arenaBytes: 4 * 1024 * 1024,
	stackSlots: 4096,
	heapSlots: 4096,
	moreHeapSlots: 1024,
	chunkBytes: 128 * 1024,
	moreChunkBytes: 16 * 1024,
	keys: 256,
	moreKeys: 256,
	cHeapBytes: 256 * 1024,
	turnComputrons: 200_000_000,
};

/** Two numbers lie exactly between two shortest decimal forms, and XS prints the other one. */
const otherForms: Readonly<Record<string, string>> = {
	"1801439850948198.3": "1801439850948198.2",
	"2097152.0004882813": "2097152.0004882812",
};

/** Lengths around the borders of a SHA-256 block, and one of many blocks. */
const messageSizes = [0, 1, 3, 55, 56, 63, 64, 65, 119, 1000];

/** Runs on XS: answers each event with lines of text. Event 1 counts, 2 hashes, 3 jumps, 4 never ends. */
const entry = `
import { arithmetic } from "./arithmetic.js";
import { control } from "./control.js";
import { sha256 } from "./sha256.js";
board.listen((kind, size) => {
	if (kind === 1) board.print(arithmetic().join("\\n"));
	else if (kind === 2) board.print(sha256(Uint8Array.from({ length: size }, (_, index) => (index * 7) & 0xff)));
	else if (kind === 3) board.print(control().join("\\n"));
	else for (;;);
});
`;

/**
 * Holds a newly built engine to what Node computes from the same program, and to SHA-256: a miscompiled XS does not
 * crash, it is wrong.
 * @throws EngineFailure with the first differences; such an engine must not be used
 */
export function selfTest(engine: Engine): void {
	const printed: string[] = [];
	const machine = testMachine(engine, printed);
	const answer = (kind: number, size = 0): string => {
		printed.length = 0;
		machine.vm.turn(kind, size);
		return printed.join("");
	};
	const sums = answer(1).replace(/1801439850948198\.3|2097152\.0004882813/g, (form) => otherForms[form]!);
	compare("arithmetic", sums.split("\n"), arithmetic());
	const digest = (size: number) => createHash("sha256").update(message(size)).digest("hex");
	compare(
		"SHA-256",
		messageSizes.map((size) => answer(2, size)),
		messageSizes.map(digest),
	);
	compare("control flow", answer(3).split("\n"), control());
	const rom = machine.romHash();
	machine.collect();
	if (machine.romHash() !== rom) throw new EngineFailure("self-test: ROM changed in use");
	try {
		answer(4);
	} catch (error) {
		if (error instanceof DeviceFailure && error.reason === "tooMuchComputation") return;
		throw error;
	}
	throw new EngineFailure("self-test: an endless loop ended");
}

const message = (size: number) => Uint8Array.from({ length: size }, (_, index) => (index * 7) & 0xff);

function testMachine(engine: Engine, printed: string[]) {
	const names = ["arithmetic", "control", "sha256"];
	const sources = names.map((name) => {
		const path = fileURLToPath(new URL(`./self-test/${name}.js`, import.meta.url));
		return engine.compiler.compile(name, readFileSync(path, "utf8"));
	});
	const program = engine.compiler.link([...sources, engine.compiler.compile("main", entry)]);
	const board: Partial<BoardPorts> = { print: (text) => printed.push(text), wallTimeS: () => 0, dice: () => 0 };
	const machine = new Firmware(engine, program, { entry: "main" }).machine(memory, board as BoardPorts);
	machine.boot();
	return machine;
}

function compare(what: string, found: readonly string[], expected: readonly string[]): void {
	const differences: string[] = [];
	for (let index = 0; index < Math.max(found.length, expected.length); index++) {
		if (found[index] !== expected[index]) differences.push(`  expected ${expected[index]}\n  found    ${found[index]}`);
	}
	if (differences.length === 0) return;
	throw new EngineFailure(
		`self-test of the engine: ${what} differs from Node's in ${differences.length} of ${expected.length} lines. ` +
			`The engine was miscompiled and will not be used.\n${differences.slice(0, 3).join("\n")}`,
	);
}
