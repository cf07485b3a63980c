import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildProgress } from "../engine/build.ts";
import { compileCached } from "../engine/bytecode-cache.ts";
import { type Engine, loadEngine } from "../engine/engine.ts";
import { packageRoot } from "../engine/sources.ts";
import { bundle } from "./bundle.ts";
import { type Image, writeImage } from "./image.ts";
import { developmentKey } from "./keys.ts";
import { pack } from "./packer.ts";
import { type SigningKey, signer } from "./signature.ts";

export interface ImageOptions {
	/** How far the engine is, when it has to be built first. */
	readonly onProgress?: (progress: BuildProgress) => void;
	readonly engine?: Engine;
	/** JavaScript file, below build/js, that the device runs at boot; absent: the reference application of src/. */
	readonly entry?: string;
	/** Of the product, in the header and in the program; absent: firmwareVersion of src/product.ts. */
	readonly version?: string;
	/** The product; absent: modelNumber of src/product.ts. */
	readonly name?: string;
	readonly securityCounter?: number;
	/** Signs it; absent: the development key. */
	readonly key?: SigningKey;
	/** JavaScript in place of modules, by their files below build/js: "src/thermometer.js". */
	readonly replacements?: Readonly<Record<string, string>>;
	/** Changes a module's JavaScript before it is compiled. @returns it as it is to be */
	readonly transform?: (source: string, name: string) => string;
	/** Keeps each source a module, with its names: larger, and exceptions name what people wrote. */
	readonly separate?: boolean;
}

/** What a packed image has beside its entry: everything. */
const programName = "program";

/** What scripts/build.mjs makes of the TypeScript: images are made of it. */
export const javaScriptRoot = join(packageRoot, "build/js");

/**
 * Builds an image out of build/js. Reproducible: the same sources and the same engine give the same bytes.
 * @throws CompileFailure, or Error with what is wrong with a source
 */
export async function buildImage(options: ImageOptions = {}): Promise<Image> {
	const engine = options.engine ?? (await loadEngine(options.onProgress));
	const entryFile = options.entry ?? join(javaScriptRoot, "hosts/simulator/device/main.js");
	const product = await productFacts();
	const version = options.version ?? product.firmwareVersion;
	const replacements = { ...options.replacements };
	if (version !== product.firmwareVersion) replacements[productFile] = productOf(product.firmwareVersion, version);
	const given = Object.fromEntries(
		Object.entries(replacements).map(([file, source]) => [join(javaScriptRoot, file), source]),
	);
	const modules = await modulesOf(entryFile, given, options);
	const compiled = modules.map(({ name, source }) => compileCached(engine, name, source));
	const entry = modules.at(-1)?.name ?? "";
	return writeImage(engine.compiler.link(compiled), {
		entry,
		version,
		xsVersion: engine.xsVersion,
		name: options.name ?? product.modelNumber,
		securityCounter: options.securityCounter ?? 0,
		sign: signer(options.key ?? developmentKey()),
	});
}

/** In order of execution. */
async function modulesOf(
	entry: string,
	given: Readonly<Record<string, string>>,
	{ separate = false, transform = (source) => source }: ImageOptions,
): Promise<{ name: string; source: string }[]> {
	if (separate) {
		const modules = await bundle({ entries: [entry], root: javaScriptRoot, shake: true, given });
		return modules.map(({ name, source }) => ({ name, source: transform(source, name) }));
	}
	const modules = await pack({ entries: [entry], root: javaScriptRoot, given, program: programName, transform });
	return modules.sort((one, other) => Number(one.name !== programName) - Number(other.name !== programName));
}

const productFile = "src/product.js";

interface ProductFacts {
	readonly firmwareVersion: string;
	readonly modelNumber: string;
}

async function productFacts(): Promise<ProductFacts> {
	return (await import(pathToFileURL(join(javaScriptRoot, productFile)).href)).product;
}

/** src/product.js of another version: the program says what its header says. */
function productOf(from: string, version: string): string {
	const source = readFileSync(join(javaScriptRoot, productFile), "utf8");
	const line = `firmwareVersion: ${JSON.stringify(from)}`;
	if (!source.includes(line))
		throw new Error(`${productFile} does not say \`${line}\`, so it can not be given another`);
	return source.replace(line, `firmwareVersion: ${JSON.stringify(version)}`);
}
