import { setFlagsFromString } from "node:v8";
import type { BuildProgress } from "./build.ts";
import { type CachedEngine, engineBytes } from "./cache.ts";
import { Compiler } from "./compiler.ts";
import { selfTest } from "./self-test.ts";
import type { Engine } from "./xs.ts";

export type { Engine } from "./xs.ts";

export interface EngineOptions {
	/** Folder of the XS sources; absent: DORMOUSE_XS, else the npm package's. */
	readonly xs?: string;
}

const loaded = new Map<string, Promise<Engine>>();

/**
 * Loads the engine, and builds it first when it has not been built on this machine: some 30 s, once.
 * @throws EngineFailure when it can not be built, or does not pass its self-test
 */
export function loadEngine(
	onProgress?: (progress: BuildProgress) => void,
	options: EngineOptions = {},
): Promise<Engine> {
	const which = options.xs ?? "";
	let engine = loaded.get(which);
	if (engine === undefined) {
		engine = load(onProgress ?? (() => {}), options.xs);
		loaded.set(which, engine);
		engine.catch(() => loaded.delete(which));
	}
	return engine;
}

async function load(onProgress: (progress: BuildProgress) => void, xs: string | undefined): Promise<Engine> {
	return assemble(await engineBytes(onProgress, (built) => selfTest(assemble(built)), xs));
}

function assemble({ key, device, compiler: compilerBytes }: CachedEngine): Engine {
	// V8's first tier stays for the whole of a long activation, and a device's turn is one: several times slower.
	setFlagsFromString("--no-liftoff");
	const compiler = new Compiler(new WebAssembly.Module(compilerBytes));
	return {
		key,
		xsVersion: compiler.xsVersion,
		device: new WebAssembly.Module(device),
		deviceBytes: device.length,
		compiler,
		compilerBytes: compilerBytes.length,
	};
}
