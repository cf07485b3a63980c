/** The part of WebAssembly's JavaScript interface that the engine uses; Node's types leave it to the DOM's. */
declare namespace WebAssembly {
	class Module {
		constructor(bytes: Uint8Array);
	}
	type ModuleImports = Record<string, (...numbers: number[]) => unknown>;
	class Instance {
		constructor(module: Module, imports: Record<string, ModuleImports>);
		readonly exports: object;
	}
	class Memory {
		readonly buffer: ArrayBuffer;
		grow(pages: number): number;
	}
	class Global {
		value: number;
	}
	class RuntimeError extends Error {}
}
