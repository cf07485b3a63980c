import { join } from "node:path";
import { compileCached } from "../../simulator/engine/bytecode-cache.ts";
import { loadEngine } from "../../simulator/engine/engine.ts";
import { EngineFailure } from "../../simulator/engine/sources.ts";
import { javaScriptRoot } from "../../simulator/image/builder.ts";
import { bundle } from "../../simulator/image/bundle.ts";
import { type Image, writeImage } from "../../simulator/image/image.ts";

const psaNatives = "hosts/psa/psa-natives";

/** The reference device of src/ for the chip. */
export function buildDeviceImage(): Promise<Image> {
	return buildBenchImage(join(javaScriptRoot, "hosts/cortex-m/device/lwm2m.js"), "device");
}

/**
 * A program for the chip and all it imports, as bytecode.
 * @param entryFile JavaScript below build/js; absent: the bench
 */
export async function buildBenchImage(
	entryFile = join(javaScriptRoot, "hosts/cortex-m/device/main.js"),
	version = "bench",
): Promise<Image> {
	const engine = await loadEngine();
	const modules = await bundle({ entries: [entryFile], root: javaScriptRoot, shake: true });
	const compiled = modules.map(({ name, source }) =>
		compileCached(engine, name, name === psaNatives ? bound(source) : source),
	);
	const entry = modules.at(-1)?.name ?? "";
	return writeImage(engine.compiler.link(compiled), { entry, version, xsVersion: engine.xsVersion });
}

/**
 * Binds TypeScript to C, which is the work of the SDK's compiler elsewhere: a function that is one native call becomes
 * the native itself, xs/crypto.c's functions of `board`; what is left calls it.
 */
function bound(source: string): string {
	const whole = /function (\w+)\([^)]*\)\s*\{\s*(?:return )?native\("(\w+)"\)\.call\(this[^)]*\);\s*\}/g;
	const functions = source.replace(whole, "const $1 = board.$2;");
	if (functions === source) throw new EngineFailure(`${psaNatives}: no function in it is one native call`);
	return functions.replace(/\b[nN]ative\("(\w+)"\)/g, "board.$1");
}
