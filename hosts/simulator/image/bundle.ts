import { relative } from "node:path";
import json from "@rollup/plugin-json";
import { type OutputChunk, type Plugin, rollup } from "rollup";

/** One module as the device will know it. */
export interface SourceModule {
	/** Path from the root without its extension: "modules/coap/peer". */
	readonly name: string;
	readonly source: string;
	/** Names of the modules it imports. */
	readonly imports: readonly string[];
}

export interface BundleOptions {
	/** JavaScript files to begin with; everything they import comes along. */
	readonly entries: readonly string[];
	/** Folder that names are relative to. */
	readonly root: string;
	/** Leave out what nobody imports. Tests keep all, so that a module's text does not depend on who tests it. */
	readonly shake: boolean;
	/** Entries that are no files: their text by the path where they would be. */
	readonly given?: Readonly<Record<string, string>>;
}

/**
 * Gathers modules for a device. Each source module stays one module: an error names the file it is in, and sizes
 * can be told apart.
 * @returns in order of execution, imports first
 * @throws Error when an import is missing, or leads out of `root`
 */
export async function bundle(options: BundleOptions): Promise<SourceModule[]> {
	const build = await rollup({
		input: [...options.entries],
		treeshake: options.shake,
		plugins: [givenFiles(options.given ?? {}), json({ preferConst: true, namedExports: false, compact: true })],
		onLog(level, log) {
			if (level === "warn") throw new Error(`bundling for XS: ${log.message}`);
		},
	});
	try {
		const { output } = await build.generate({
			format: "es",
			preserveModules: true,
			preserveModulesRoot: options.root,
			entryFileNames: ({ facadeModuleId }) => `${nameOf(facadeModuleId ?? "", options.root)}.js`,
			generatedCode: "es2015",
			hoistTransitiveImports: false,
		});
		const chunks = output.filter((item): item is OutputChunk => item.type === "chunk");
		return inOrder(
			chunks.map((chunk) => ({ name: stem(chunk.fileName), source: chunk.code, imports: chunk.imports.map(stem) })),
		);
	} finally {
		await build.close();
	}
}

function givenFiles(given: Readonly<Record<string, string>>): Plugin {
	return { name: "given", resolveId: (id) => (id in given ? id : null), load: (id) => given[id] ?? null };
}

const stem = (fileName: string) => fileName.replace(/\.js$/, "");

function nameOf(path: string, root: string): string {
	const name = relative(root, path).replaceAll("\\", "/");
	if (name.startsWith("..")) throw new Error(`${path} lies outside ${root}`);
	return name.replace(/\.(js|json)$/, (extension) => (extension === ".json" ? "-json" : ""));
}

function inOrder(modules: readonly SourceModule[]): SourceModule[] {
	const byName = new Map(modules.map((module) => [module.name, module]));
	const ordered = new Set<SourceModule>();
	const visiting = new Set<string>();
	const visit = (name: string) => {
		const module = byName.get(name);
		if (module === undefined) throw new Error(`module ${name} is imported and was not bundled`);
		if (ordered.has(module) || visiting.has(name)) return;
		visiting.add(name);
		for (const imported of module.imports) visit(imported);
		ordered.add(module);
	};
	for (const { name } of [...modules].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(name);
	return [...ordered];
}

/** @returns `name` and all it needs, in order of execution */
export function closure(modules: readonly SourceModule[], name: string): SourceModule[] {
	const needed = new Set<string>();
	const byName = new Map(modules.map((module) => [module.name, module]));
	const visit = (current: string) => {
		if (needed.has(current)) return;
		needed.add(current);
		for (const imported of byName.get(current)?.imports ?? []) visit(imported);
	};
	visit(name);
	return modules.filter((module) => needed.has(module.name));
}
