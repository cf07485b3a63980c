import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildProgress, buildEngine, type EngineBytes, type Objects } from "./build.ts";
import { makeOnce } from "./once.ts";
import { clangVersion, type Recipe, recipe } from "./recipe.ts";
import { EngineFailure, findXsFolder, packageRoot, readShim, readXsSources } from "./sources.ts";

export interface CachedEngine extends EngineBytes {
	readonly key: string;
}

/** Written last: an engine without it is not complete. */
interface Record {
	readonly key: string;
	/** Which XS it was built from: of each, the newest build is kept. */
	readonly xs: string;
	readonly device: string;
	readonly compiler: string;
}

const folder = join(packageRoot, "build/engine");
const recordPath = (key: string) => join(folder, `engine-${key}.json`);
const wasmPath = (name: string, key: string) => join(folder, `${name}-${key}.wasm`);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/**
 * The engine's bytes: from build/engine, or built now.
 * @param check tries a new build, and throws when it must not be used; it is not kept then
 */
export async function engineBytes(
	onProgress: (progress: BuildProgress) => void,
	check: (built: CachedEngine) => void,
	xs?: string,
): Promise<CachedEngine> {
	const from = findXsFolder(xs);
	if (from === undefined) return shipped();
	const sources = readXsSources(from);
	const clang = clangVersion();
	if (clang === undefined) return shipped();
	const plan = recipe(sources, readShim(), clang);
	const find = () => read(plan.key);
	const found = find();
	if (found !== undefined) return found;
	mkdirSync(folder, { recursive: true });
	return makeOnce(join(folder, `engine-${plan.key}.lock`), find, () => make(plan, onProgress, check));
}

/** An installed copy of this package: a built engine, and nothing to build one from. */
function shipped(): CachedEngine {
	for (const key of keysThere()) {
		const found = read(key);
		if (found !== undefined) return found;
	}
	throw new EngineFailure(
		"there is no engine and nothing to build it from: run `npm install` with dev dependencies " +
			"(@agoric/xsnap, @yowasp/clang), or point DORMOUSE_XS at the Moddable SDK's xs folder",
	);
}

/** @returns undefined when it is not there, or not whole */
function read(key: string): CachedEngine | undefined {
	try {
		const record: Record = JSON.parse(readFileSync(recordPath(key), "utf8"));
		const device = new Uint8Array(readFileSync(wasmPath("device", key)));
		const compiler = new Uint8Array(readFileSync(wasmPath("compiler", key)));
		if (sha256(device) !== record.device || sha256(compiler) !== record.compiler) return undefined;
		return { key, device, compiler };
	} catch {
		return undefined;
	}
}

async function make(
	plan: Recipe,
	onProgress: (progress: BuildProgress) => void,
	check: (built: CachedEngine) => void,
): Promise<CachedEngine> {
	const { device, compiler } = await buildEngine(plan, new ObjectStore(join(folder, "objects")), onProgress);
	const built: CachedEngine = { key: plan.key, device, compiler };
	check(built);
	writeWhole(wasmPath("device", plan.key), device);
	writeWhole(wasmPath("compiler", plan.key), compiler);
	const record: Record = { key: plan.key, xs: plan.xs, device: sha256(device), compiler: sha256(compiler) };
	writeWhole(recordPath(plan.key), `${JSON.stringify(record, null, "\t")}\n`);
	removeOlder(record);
	return built;
}

/** Earlier builds of the same XS: nothing asks for them again, and they would travel in every package made here. */
function removeOlder({ key, xs }: Record): void {
	for (const other of keysThere()) {
		if (other === key) continue;
		try {
			const record: Record = JSON.parse(readFileSync(recordPath(other), "utf8"));
			if (record.xs !== undefined && record.xs !== xs) continue;
		} catch {
			continue; // another process removes it
		}
		for (const path of [recordPath(other), wasmPath("device", other), wasmPath("compiler", other)])
			rmSync(path, { force: true });
	}
}

/** The keys of all builds that are complete. */
function keysThere(): string[] {
	const names = existsSync(folder) ? readdirSync(folder) : [];
	return names.sort().flatMap((name) => /^engine-(\w+)\.json$/.exec(name)?.[1] ?? []);
}

/** Compiled objects by the hash of all that went into them, so that a change in the shim does not compile XS again. */
class ObjectStore implements Objects {
	readonly #folder: string;

	constructor(folder: string) {
		this.#folder = folder;
		mkdirSync(folder, { recursive: true });
	}

	find(hash: string): Uint8Array | undefined {
		const path = join(this.#folder, hash);
		return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
	}

	keep(hash: string, object: Uint8Array): void {
		writeWhole(join(this.#folder, hash), object);
	}
}

function writeWhole(path: string, content: Uint8Array | string): void {
	const draft = `${path}.${process.pid}`;
	writeFileSync(draft, content);
	renameSync(draft, path);
}
