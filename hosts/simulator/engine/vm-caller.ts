import type { Program } from "./compiler.ts";
import type { BoardPorts } from "./ports.ts";

/** An instance of the engine, as those see it that it calls. */
export interface Caller {
	/** Of the machine that it is now: never to be kept. */
	readonly ports: BoardPorts;
	/** The watchdog's limit. */
	readonly turnComputrons: number;
	/** A view on its memory, good until it grows. */
	bytes(at: number, size: number): Uint8Array;
	/** It will fail for this reason. */
	explain(text: string): void;
	failed(reason: number): never;
	/** Puts a mod where a chip has its flash. @returns its entry */
	placeMod(mod: Program & { readonly entry: string }): string;
}
