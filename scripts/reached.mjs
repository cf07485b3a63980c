// A manifest as another one, without the modules that a program does not reach: manifests list what a folder has, mcconfig puts all of that
// into the image, and flash of chips is dear.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { root } from "./build.mjs";

/** What a source imports of ours, as paths; what is for the compiler alone is not counted: nothing of it is in the image. */
function importsOf(path) {
	const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022);
	const imported = [];
	for (const statement of source.statements) {
		const isImport = ts.isImportDeclaration(statement);
		if (!isImport && !ts.isExportDeclaration(statement)) continue;
		const isForCompiler = isImport ? statement.importClause?.isTypeOnly : statement.isTypeOnly;
		const from = statement.moduleSpecifier?.text;
		if (!isForCompiler && from?.startsWith(".")) imported.push(resolve(dirname(path), from));
	}
	return imported;
}

/** @returns {Set<string>} paths of the sources that these reach, themselves too */
export function reachedFrom(paths) {
	const reached = new Set();
	const open = [...paths];
	for (let path = open.pop(); path !== undefined; path = open.pop()) {
		if (reached.has(path) || !path.endsWith(".ts")) continue;
		reached.add(path);
		open.push(...importsOf(path));
	}
	return reached;
}

const isOurs = (path) => !relative(root, path).startsWith("..") && !path.includes("node_modules");
export const asList = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** Relative paths of a manifest as absolute ones. */
function absolute(value, folder) {
	if (typeof value === "string") return /^\.\.?\//.test(value) ? join(folder, value) : value;
	if (Array.isArray(value)) return value.map((item) => absolute(item, folder));
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, absolute(item, folder)]));
}

/** Stems (paths without an end) that a manifest's value means. */
function stemsOf(value) {
	return asList(value).flatMap((stem) => {
		if (!stem.endsWith("*")) return [stem];
		const found = readdirSync(dirname(stem)).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
		return found.map((name) => join(dirname(stem), name.replace(/\.ts$/, "")));
	});
}

/** All manifests of ours that one includes, by path. */
export function manifestsBelow(path, found = new Map()) {
	if (found.has(path)) return found;
	const manifest = absolute(JSON.parse(readFileSync(path, "utf8")), dirname(path));
	found.set(path, manifest);
	const platforms = Object.values(manifest.platforms ?? {});
	for (const place of [manifest, ...platforms]) {
		for (const include of asList(place.include))
			if (isOurs(include) && existsSync(include)) manifestsBelow(include, found);
	}
	return found;
}

/** Modules under names of their own (embedded:…): nobody imports those by a path, so they stay. */
export const namedModules = (manifest) =>
	Object.entries(manifest.modules ?? {})
		.filter(([name]) => !name.endsWith("/*"))
		.flatMap(([, value]) => stemsOf(value))
		.map((stem) => `${stem}.ts`)
		.filter(existsSync);

/** One manifest without what is not reached; C alone stays, the linker drops what nobody calls. */
function reduced(manifest, { reached, packed }, renamed) {
	const isKept = (stem) => !existsSync(`${stem}.ts`) || reached.has(`${stem}.ts`);
	// Of a module that is in the packed one, its C is left.
	const kept = (stem) => {
		if (isKept(stem)) return [stem];
		return packed.has(`${stem}.ts`) && existsSync(`${stem}.c`) ? [`${stem}.c`] : [];
	};
	const modules = Object.entries(manifest.modules ?? {}).map(([name, value]) => [name, stemsOf(value).flatMap(kept)]);
	const dropped = new Set(
		Object.entries(manifest.modules ?? {}).flatMap(([name, value]) =>
			stemsOf(value)
				.filter((stem) => !isKept(stem))
				.map((stem) => name.replace("*", basename(stem))),
		),
	);
	const place = (part) => ({
		...part,
		include: asList(part.include).map((include) => renamed.get(include) ?? include),
	});
	const platforms = Object.entries(manifest.platforms ?? {}).map(([name, part]) => [name, place(part)]);
	return {
		...place(manifest),
		modules: Object.fromEntries(modules.filter(([, stems]) => stems.length > 0)),
		preload: asList(manifest.preload).filter((name) => !dropped.has(name)),
		...(platforms.length === 0 ? {} : { platforms: Object.fromEntries(platforms) }),
	};
}

/**
 * Writes a manifest and all of ours that it includes, without what is not reached.
 * @param {{ manifest: string, folder: string, reached: Set<string>, packed?: Set<string> }} options `packed`: sources that are in the
 *   image as a part of another module
 * @returns {string} its path
 */
export function writeReduced({ manifest, folder, reached, packed = new Set() }) {
	const all = manifestsBelow(resolve(manifest));
	const nameOf = (path) =>
		join(
			folder,
			`${relative(root, path)
				.replace(/^(\.\.\/)+/, "")
				.replaceAll("/", "-")}`,
		);
	const renamed = new Map([...all.keys()].map((path) => [path, resolve(nameOf(path))]));
	mkdirSync(folder, { recursive: true });
	for (const [path, content] of all) {
		writeFileSync(
			renamed.get(path),
			`${JSON.stringify(reduced(content, { reached, packed }, renamed), undefined, "\t")}\n`,
		);
	}
	return renamed.get(resolve(manifest));
}

/**
 * Writes a manifest that differs from another one in what it leaves out.
 * @param {{ entry: string, manifest: string, folder: string }} options `entry`: the program's module, such as "hosts/esp32/main";
 *   `manifest`: path of the one to start from; `folder`: where to write
 * @returns {string} its path
 */
export function reachedManifest({ entry, manifest, folder }) {
	const all = manifestsBelow(resolve(manifest));
	const roots = [join(root, `${entry}.ts`), ...[...all.values()].flatMap(namedModules)];
	return writeReduced({ manifest, folder, reached: reachedFrom(roots) });
}
