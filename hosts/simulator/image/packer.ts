import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import json from "@rollup/plugin-json";
import { type OutputChunk, rollup } from "rollup";
import { minify } from "terser";
import { packageRoot } from "../engine/sources.ts";
import { namesOfProperties } from "./packed-names.ts";
import { withFewerSlots } from "./packed-program.ts";
import { variablesInTable } from "./packed-table.ts";

export interface PackedModule {
	/** Path of the entry from the root, without its extension: "hosts/esp32/main". */
	readonly name: string;
	readonly source: string;
	/** Names of the modules that it imports. */
	readonly imports: readonly string[];
	/** Names of the modules that are in it. */
	readonly holds: readonly string[];
}

export interface PackOptions {
	/** JavaScript files to begin with; everything they import comes along. */
	readonly entries: readonly string[];
	/** Folder that names are relative to. */
	readonly root: string;
	/** Entries that are no files: their text by the path where they would be. */
	readonly given?: Readonly<Record<string, string>>;
	/** Keeps the entries apart from all that they import, which becomes a module of this name: one that is preloaded. */
	readonly program?: string;
	/** Changes a module's JavaScript before it is packed. @returns it as it is to be */
	readonly transform?: (source: string, name: string) => string;
}

/** Tables of constants, as TypeScript prints them: what nobody uses of those is left out. */
const tables = /^((?:export )?const \w+ = )(?=(?:frozen|fault)\()/gm;

/**
 * Packs a program into one module (with several entries: one for each, and what they share): for images that are
 * released. What nobody uses is left out, constants stand where they are used, names of variables are gone, and
 * functions and fields take the shapes that cost the fewest slots of XS. Names of properties stay: C and the host's own
 * modules look for them.
 * @returns in no particular order
 * @throws Error with what is wrong with a source
 */
export async function pack(options: PackOptions): Promise<PackedModule[]> {
	const { entries, root, given = {}, program, transform = (source) => source } = options;
	const nameOf = (path: string) => relative(root, path).replaceAll("\\", "/").replace(/\.js$/, "");
	const build = await rollup({
		input: [...entries],
		external: (id) => !/^[./]/.test(id) && !(id in given),
		treeshake: {
			moduleSideEffects: (_id, isExternal) => isExternal,
			propertyReadSideEffects: false,
		},
		plugins: [
			{
				name: "given",
				resolveId: (id) => (id in given ? id : null),
				load: (id) => given[id] ?? null,
				transform: (text, id) => ({ code: transform(text, nameOf(id)).replace(tables, "$1/*#__PURE__*/ "), map: null }),
			},
			json({ preferConst: true, namedExports: false, compact: true }),
		],
		onLog(level, log) {
			if (level === "warn") throw new Error(`packing for XS: ${log.message}`);
		},
	});
	try {
		const { output } = await build.generate({
			format: "es",
			generatedCode: "es2015",
			entryFileNames: ({ facadeModuleId }) => `${nameOf(facadeModuleId ?? "")}.js`,
			chunkFileNames: "[name].js",
			...(program === undefined ? {} : { manualChunks: (id: string) => (entries.includes(id) ? undefined : program) }),
			minifyInternalExports: false,
		});
		const chunks = output.filter((item): item is OutputChunk => item.type === "chunk");
		return Promise.all(
			chunks.map(async ({ fileName, code, imports, moduleIds }) => ({
				name: fileName.replace(/\.js$/, ""),
				source: await packed(code),
				imports: imports.map((each) => each.replace(/\.js$/, "")),
				holds: moduleIds.map(nameOf),
			})),
		);
	} finally {
		await build.close();
	}
}

/** Deterministic: what was packed before is kept in build/packed. */
async function packed(text: string): Promise<string> {
	const path = join(folder, createHash("sha256").update(packing()).update(text).digest("hex").slice(0, 32));
	if (existsSync(path)) return readFileSync(path, "utf8");
	const rewritten = withFewerSlots(text);
	const { code = "" } = await minify(rewritten, {
		ecma: 2020,
		module: true,
		// No function is moved into another one: there it would be made anew, in RAM, whenever that is called.
		compress: { passes: 3, reduce_funcs: false, sequences: false },
		mangle: { module: true, nth_identifier: namesOfProperties(rewritten) },
		format: { comments: false },
	});
	// XS knows natives by their spelling.
	const result = variablesInTable(code).replace(/extends\(Native\(("[^"]*")\)\)/g, "extends Native($1)");
	mkdirSync(folder, { recursive: true });
	const draft = `${path}.${process.pid}`;
	writeFileSync(draft, result);
	renameSync(draft, path);
	return result;
}

const folder = join(packageRoot, "build/packed");
let ownText: string | undefined;

/** What packs: another one packs anew. */
function packing(): string {
	const own = fileURLToPath(new URL(".", import.meta.url));
	ownText ??= readdirSync(own)
		.filter((name) => name.startsWith("pack"))
		.map((name) => readFileSync(join(own, name), "utf8"))
		.join("\0");
	return ownText;
}
