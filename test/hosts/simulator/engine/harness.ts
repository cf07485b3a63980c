/** What the tests of the engine share. */
import { compileCached } from "../../../../hosts/simulator/engine/bytecode-cache.ts";
import { type Engine, loadEngine } from "../../../../hosts/simulator/engine/engine.ts";
import { Firmware } from "../../../../hosts/simulator/engine/machine.ts";
import type { MachineMemory } from "../../../../hosts/simulator/engine/memory.ts";
import type { BoardPorts } from "../../../../hosts/simulator/engine/ports.ts";

export const engine: Engine = await loadEngine();

/** A small board's VM. */
export const small: MachineMemory = {
	arenaBytes: 48 * 1024,
	stackSlots: 384,
	heapSlots: 64,
	moreHeapSlots: 64,
	chunkBytes: 1536,
	moreChunkBytes: 512,
	keys: 64,
	moreKeys: 32,
	cHeapBytes: 32 * 1024,
	turnComputrons: 50_000_000,
};

/** Modules by name, compiled and linked; "main" is the entry, all others go to ROM. */
export function firmware(modules: Readonly<Record<string, string>>): Firmware {
	const compiled = Object.entries(modules).map(([name, source]) => compileCached(engine, name, source));
	return new Firmware(engine, engine.compiler.link(compiled), { entry: "main" });
}

/** A board with nothing but a console; what it printed is in `printed`. */
export function console(given: Partial<BoardPorts> = {}): BoardPorts & { readonly printed: string[] } {
	const printed: string[] = [];
	const ports: Partial<BoardPorts> & { printed: string[] } = {
		printed,
		print: (text) => printed.push(text),
		nowMs: () => 0,
		wallTimeS: () => undefined,
		dice: (bound) => bound >> 1,
		...given,
	};
	return new Proxy(ports as BoardPorts & { printed: string[] }, {
		get(target, name) {
			const port = Reflect.get(target, name);
			if (port === undefined) throw new Error(`the test's board has no ${String(name)}`);
			return port;
		},
	});
}
