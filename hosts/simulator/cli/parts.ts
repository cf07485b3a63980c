import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compileCached } from "../engine/bytecode-cache.ts";
import type { Engine } from "../engine/xs.ts";
import { javaScriptRoot } from "../image/builder.ts";
import { bundle } from "../image/bundle.ts";

/** One module of LwM2M or of an Object, whole, whether the image has it or not. */
export interface Part {
	/** "lwm2m/composite", "objects/device-3" */
	readonly name: string;
	readonly bytecodeBytes: number;
	/** Of the Object's tables of facts that it imports. */
	readonly tableBytes?: number;
}

const folders = ["lwm2m", "objects"] as const;
const tables = "modules/objects/facts/";

/** Compiles each module of modules/lwm2m and modules/objects as it is, nothing shaken off. Deterministic. */
export async function measureParts(engine: Engine): Promise<Part[]> {
	const files = folders.flatMap((folder) =>
		readdirSync(join(javaScriptRoot, "modules", folder))
			.filter((name) => name.endsWith(".js") && existsSync(sourceOf(folder, name)))
			.map((name) => join(javaScriptRoot, "modules", folder, name)),
	);
	const modules = await bundle({ entries: files, root: javaScriptRoot, shake: false });
	const { modules: linked } = engine.compiler.link(
		modules.map(({ name, source }) => compileCached(engine, name, source)),
	);
	const bytes = new Map(linked.map(({ name, code }) => [name.replace(/\.js$/, ""), code.length]));
	const sizeOf = (name: string) => bytes.get(name) ?? 0;
	return modules
		.filter(({ name }) => folders.some((folder) => name.startsWith(`modules/${folder}/`)) && !name.startsWith(tables))
		.map(({ name, imports }) => {
			const facts = imports.filter((each) => each.startsWith(tables));
			const part = { name: name.slice("modules/".length), bytecodeBytes: sizeOf(name) };
			return facts.length === 0 ? part : { ...part, tableBytes: facts.reduce((sum, each) => sum + sizeOf(each), 0) };
		})
		.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Its TypeScript, beside the build: what was deleted there may still stand in the build. */
function sourceOf(folder: string, name: string): string {
	return join(javaScriptRoot, "../../modules", folder, name.replace(/\.js$/, ".ts"));
}
