/**
 * Runs portable test files on XS: each in a machine of its own, the code under test in ROM as on a device, the
 * tests in RAM.
 */
import { compileCached } from "../../hosts/simulator/engine/bytecode-cache.ts";
import type { CompiledModule } from "../../hosts/simulator/engine/compiler.ts";
import type { Engine } from "../../hosts/simulator/engine/engine.ts";
import { DeviceFailure } from "../../hosts/simulator/engine/failure.ts";
import { Firmware } from "../../hosts/simulator/engine/machine.ts";
import type { MachineMemory } from "../../hosts/simulator/engine/memory.ts";
import type { BoardPorts } from "../../hosts/simulator/engine/ports.ts";
import { closure, type SourceModule } from "../../hosts/simulator/image/bundle.ts";

/** Ample: a portable test shows what the code does, not what it needs. */
const memory: MachineMemory = {
	arenaBytes: 16 * 1024 * 1024,
	stackSlots: 8192,
	heapSlots: 16384,
	moreHeapSlots: 4096,
	chunkBytes: 512 * 1024,
	moreChunkBytes: 64 * 1024,
	keys: 2048,
	moreKeys: 1024,
	cHeapBytes: 1024 * 1024,
	turnComputrons: 4_000_000_000,
};

export interface XsCase {
	readonly name: string;
	/** Runs it. @returns what went wrong, or undefined */
	run(): string | undefined;
}

/**
 * Loads one test file on XS.
 * @param modules everything bundled
 * @param file name of the test module: "test/modules/coap/message.test"
 * @throws DeviceFailure or CompileFailure when it does not even load
 */
export function loadXsCases(engine: Engine, modules: readonly SourceModule[], file: string): XsCase[] {
	const entry: CompiledModule = engine.compiler.compile("run", entrySource(file));
	const needed = closure(modules, file);
	if (!needed.some(({ name }) => name === "test/harness")) throw new Error(`${file} does not import test/harness.ts`);
	const compiled = needed.map(({ name, source }) => compileCached(engine, name, source));
	const preload = needed.map(({ name }) => name).filter((name) => !name.startsWith("test/"));
	const firmware = new Firmware(engine, engine.compiler.link([...compiled, entry]), { entry: "run", preload });
	const heard: string[] = [];
	const machine = firmware.machine(memory, ports(heard));
	machine.boot();
	const names: string[] = JSON.parse(heard.pop() ?? "[]");
	const booted = machine.snapshot();
	return names.map((name, index) => ({
		name,
		run() {
			try {
				if (machine.vm.dead !== undefined) machine.restore(booted);
				heard.length = 0;
				machine.vm.turn(1, index);
				return heard.length === 1 ? undefined : (heard[1] ?? "no answer from XS");
			} catch (error) {
				if (error instanceof DeviceFailure) return error.message;
				throw error;
			}
		},
	}));
}

/** Says its cases, then runs one per event: "done" and nothing more is a pass. */
function entrySource(file: string): string {
	return `
import { cases } from "./test/harness.js";
import "./${file}.js";
board.listen((kind, index) => {
	let failure;
	try {
		cases[index].run();
	} catch (error) {
		failure = error instanceof Error ? \`\${error.name}: \${error.message}\n\${error.stack}\` : String(error);
	}
	board.log("done");
	if (failure !== undefined) board.log(failure);
});
board.log(JSON.stringify(cases.map(({ name }) => name)));
`;
}

/** A board without anything: the code under test is portable. */
function ports(heard: string[]): BoardPorts {
	const given: Partial<BoardPorts> = {
		log: (text) => heard.push(text),
		print: (text) => process.stdout.write(`${text}\n`),
		wallTimeS: () => undefined,
	};
	return new Proxy(given as BoardPorts, {
		get: (target, port) => {
			const found = Reflect.get(target, port);
			if (found === undefined) throw new Error(`a portable test used board.${String(port)}`);
			return found;
		},
	});
}
