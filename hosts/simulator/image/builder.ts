import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildProgress } from "../engine/build.ts";
import { compileCached } from "../engine/bytecode-cache.ts";
import { type Engine, loadEngine } from "../engine/engine.ts";
import { packageRoot } from "../engine/sources.ts";
import { bundle } from "./bundle.ts";
import { type Image, writeImage } from "./image.ts";

export interface ImageOptions {
	/** How far the engine is, when it has to be built first. */
	readonly onProgress?: (progress: BuildProgress) => void;
	readonly engine?: Engine;
	/** JavaScript file, below build/js, that the device runs at boot; absent: the reference application of src/. */
	readonly entry?: string;
	/** Absent: firmwareVersion of src/product.ts. */
	readonly version?: string;
}

/** What scripts/build.mjs makes of the TypeScript: images are made of it. */
export const javaScriptRoot = join(packageRoot, "build/js");

/**
 * Builds an image out of build/js. Reproducible: the same sources and the same engine give the same bytes.
 * @throws CompileFailure, or Error with what is wrong with a source
 */
export async function buildImage(options: ImageOptions = {}): Promise<Image> {
	const engine = options.engine ?? (await loadEngine(options.onProgress));
	const entryFile = options.entry ?? join(javaScriptRoot, "hosts/simulator/device/main.js");
	const modules = await bundle({ entries: [entryFile], root: javaScriptRoot, shake: true });
	const compiled = modules.map(({ name, source }) => compileCached(engine, name, source));
	const entry = modules.at(-1)?.name ?? "";
	const version = options.version ?? (await productVersion());
	return writeImage(engine.compiler.link(compiled), { entry, version, xsVersion: engine.xsVersion });
}

async function productVersion(): Promise<string> {
	const { product } = await import(pathToFileURL(join(javaScriptRoot, "src/product.js")).href);
	return product.firmwareVersion;
}
