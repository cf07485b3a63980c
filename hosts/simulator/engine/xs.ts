import type { Compiler } from "./compiler.ts";

/** XS as wasm, ready to make devices and to compile for them. */
export interface Engine {
	/** Names the build: XS sources, shim, flags and clang. */
	readonly key: string;
	/** "13.3.0" */
	readonly xsVersion: string;
	readonly device: WebAssembly.Module;
	readonly deviceBytes: number;
	readonly compiler: Compiler;
	readonly compilerBytes: number;
}
