import { join } from "node:path";
import { compileCached } from "../../simulator/engine/bytecode-cache.ts";
import { loadEngine } from "../../simulator/engine/engine.ts";
import { EngineFailure } from "../../simulator/engine/sources.ts";
import { buildImage, type ImageOptions, javaScriptRoot } from "../../simulator/image/builder.ts";
import { bundle } from "../../simulator/image/bundle.ts";
import { type Image, writeImage } from "../../simulator/image/image.ts";

const psaNatives = "hosts/psa/psa-natives";

/** JavaScript below build/js: the reference device, and the bench. */
export const deviceEntry = join(javaScriptRoot, "hosts/cortex-m/device/lwm2m.js");
const benchEntry = join(javaScriptRoot, "hosts/cortex-m/device/main.js");

/** The reference device of src/ for the chip, or another of its programs, signed. */
export function buildDeviceImage(options: Omit<ImageOptions, "engine" | "transform"> = {}): Promise<Image> {
	return buildImage({ entry: deviceEntry, ...options, transform: bound });
}

/**
 * A program for the bench and all it imports, as bytecode: without a signature, because nothing looks at it.
 * @param entryFile JavaScript below build/js; absent: the bench
 */
export async function buildBenchImage(entryFile = benchEntry): Promise<Image> {
	const engine = await loadEngine();
	const modules = await bundle({ entries: [entryFile], root: javaScriptRoot, shake: true });
	const compiled = modules.map(({ name, source }) => compileCached(engine, name, bound(source, name)));
	const entry = modules.at(-1)?.name ?? "";
	return writeImage(engine.compiler.link(compiled), { entry, version: "bench", xsVersion: engine.xsVersion });
}

/**
 * Binds TypeScript to C, which is the work of the SDK's compiler elsewhere: a function that is one native call becomes
 * the native itself, xs/crypto.c's functions of `board`; what is left calls it.
 */
function bound(source: string, name: string): string {
	if (name !== psaNatives) return source;
	const whole = /function (\w+)\([^)]*\)\s*\{\s*(?:return )?native\("(\w+)"\)\.call\(this[^)]*\);\s*\}/g;
	const functions = source.replace(whole, "const $1 = board.$2;");
	if (functions === source) throw new EngineFailure(`${psaNatives}: no function in it is one native call`);
	return functions.replace(/\b[nN]ative\("(\w+)"\)/g, "board.$1");
}
