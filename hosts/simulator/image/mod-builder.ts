import { relative } from "node:path";
import { rollup } from "rollup";
import { compileCached } from "../engine/bytecode-cache.ts";
import { type Engine, loadEngine } from "../engine/engine.ts";
import { javaScriptRoot } from "./builder.ts";
import { type Image, writeImage } from "./image.ts";
import { developmentKey } from "./keys.ts";
import { type SigningKey, signer } from "./signature.ts";

export interface ModOptions {
	readonly engine?: Engine;
	/** JavaScript file, below build/js, whose default export the firmware calls with its host. */
	readonly entry: string;
	/** The firmware that it is for: what is a module there is imported from ROM. */
	readonly firmware: Pick<Image, "modules">;
	readonly name: string;
	readonly version: string;
	/** Signs it; absent: the development key. */
	readonly key?: SigningKey;
}

/**
 * Builds a mod: one module, with all that the firmware does not have, and imports of what it has by full names.
 * @throws CompileFailure, or Error with what is wrong with a source
 */
export async function buildMod({ entry, firmware, name, version, key, ...more }: ModOptions): Promise<Image> {
	const engine = more.engine ?? (await loadEngine());
	const inRom = new Set(firmware.modules.map((module) => module.name));
	const nameOf = (path: string) => relative(javaScriptRoot, path).replaceAll("\\", "/").replace(/\.js$/, "");
	const build = await rollup({
		input: entry,
		makeAbsoluteExternalsRelative: false,
		external: (id, _importer, isResolved) => isResolved && inRom.has(nameOf(id)),
		onLog(level, log) {
			if (level === "warn") throw new Error(`bundling a mod: ${log.message}`);
		},
	});
	try {
		const { output } = await build.generate({
			format: "es",
			generatedCode: "es2015",
			paths: (id) => nameOf(id),
		});
		const compiled = compileCached(engine, "main", output[0].code);
		const facts = { entry: "main", name, version, kind: "mod", xsVersion: engine.xsVersion } as const;
		return writeImage(engine.compiler.link([compiled]), { ...facts, sign: signer(key ?? developmentKey()) });
	} finally {
		await build.close();
	}
}
