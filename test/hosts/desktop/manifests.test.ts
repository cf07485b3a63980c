/**
 * mcconfig takes what a manifest names, and says nothing about what it does not name: a module without preload costs
 * RAM on every start, a module without an entry ends the device at run time. So manifests are compared with the tree.
 */
import { deepEqual, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const modulesRoot = join(root, "modules");

interface Manifest {
	readonly include?: string | readonly string[];
	readonly creation?: { readonly main?: string };
	readonly modules?: Readonly<Record<string, string | readonly string[]>>;
	readonly preload?: readonly string[];
	readonly platforms?: Readonly<Record<string, PlatformPart>>;
}

interface PlatformPart {
	readonly include?: string | readonly string[];
	readonly error?: string;
	readonly modules?: Manifest["modules"];
	readonly preload?: readonly string[];
}

/** Whatever stands in the tree is looked at: hosts come by having a folder. */
const hostsRoot = join(root, "hosts");
const hostFolders = readdirSync(hostsRoot, { withFileTypes: true })
	.filter((entry) => entry.isDirectory() && existsSync(join(hostsRoot, entry.name, "manifest.json")))
	.map(({ name }) => `hosts/${name}`);
const manifestsBelow = (folder: string): string[] =>
	readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((name) => /(^|\/)manifest(_[a-z0-9_]+)?\.json$/.test(name))
		.map((name) => join(folder, name));

const manifestPaths = [
	"manifest.json",
	"modules/manifest.json",
	...readdirSync(modulesRoot, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => `modules/${name}/manifest.json`),
	"modules/objects/manifest_all.json",
	"src/manifest.json",
	...hostFolders.flatMap(manifestsBelow),
];
/** Folders of hosts whose programs run on Node, and no image has. */
const onNode = /^hosts\/[a-z0-9]+\/(launcher|tools)\//;

const read = (path: string): Manifest => JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
const list = (value: string | readonly string[] | undefined): readonly string[] =>
	value === undefined ? [] : typeof value === "string" ? [value] : value;

/** The TypeScript of one folder, without what only the compiler reads, as paths from the root without the ending. */
function sourcesIn(folder: string): string[] {
	return readdirSync(join(root, folder))
		.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
		.map((name) => join(folder, name.slice(0, -3)));
}

/**
 * Specifier of each module of a manifest with the file it stands for, as paths from the root without the ending.
 * @param platform those that it has there alone, too; absent: on any
 */
function modulesOf(path: string, platform?: string): Map<string, string> {
	const found = new Map<string, string>();
	const { modules = {}, platforms = {} } = read(path);
	const parts = Object.entries(platforms).filter(([name]) => platform === undefined || name === platform);
	const all = [modules, ...parts.map(([, part]) => part.modules ?? {})].flatMap((each) => Object.entries(each));
	for (const [key, sources] of all) {
		for (const source of list(sources)) {
			if (source.startsWith("$")) continue; // the SDK's
			const stem = join(dirname(path), source);
			if (existsSync(join(root, `${stem}.js`))) continue; // in place of a module of the SDK's, under its name
			const stems = stem.endsWith("*") ? sourcesIn(dirname(stem)) : [stem];
			for (const file of stems) found.set(key.replace("*", file.slice(file.lastIndexOf("/") + 1)), file);
		}
	}
	return found;
}

/** Whether a module is C alone, which other C calls. */
const isC = (file: string): boolean => !existsSync(join(root, `${file}.ts`)) && existsSync(join(root, `${file}.c`));

/** A manifest and all of ours that it includes. */
function closure(path: string, platform: string): string[] {
	const { include, platforms } = read(path);
	const includes = [...list(include), ...list(platforms?.[platform]?.include)].filter((each) => each.startsWith("."));
	const below = includes.flatMap((each) => closure(normalize(join(dirname(path), each)), platform));
	return [...new Set([path, ...below])];
}

test("every folder of modules/, src/ and hosts/ has the manifests that mcconfig reads", () => {
	deepEqual(
		manifestPaths.filter((path) => !existsSync(join(root, path))),
		[],
	);
});

test("every source is a module of its folder's manifest, and every module has a source", () => {
	const carried = new Set(manifestPaths.flatMap((path) => [...modulesOf(path).values()]));
	const sources = ["modules", "src", ...hostFolders].flatMap((room) =>
		readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
			.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
			.map((name) => join(room, name.slice(0, -3)))
			.filter((source) => !onNode.test(source)),
	);
	ok(sources.length > 40, `${sources.length} sources found`);
	deepEqual(
		sources.filter((source) => !carried.has(source)),
		[],
		"sources that no manifest carries",
	);
	deepEqual(
		[...carried].filter((file) => !existsSync(join(root, `${file}.ts`)) && !isC(file)),
		[],
		"modules without a source",
	);
});

test("specifiers are the tree, so that one relative import means the same to tsc, Node and XS", () => {
	const broken: string[] = [];
	for (const path of manifestPaths) {
		for (const [specifier, file] of modulesOf(path)) {
			if (specifier !== file && !specifier.startsWith("embedded:") && !isC(file))
				broken.push(`${path}: ${specifier} is ${file}`);
		}
	}
	deepEqual(broken, []);
});

test("every module is preloaded but the entry, whose body runs at the start", () => {
	const broken: string[] = [];
	for (const path of manifestPaths) {
		const { preload: everywhere = [], creation, platforms = {} } = read(path);
		const preload = [...list(everywhere), ...Object.values(platforms).flatMap((part) => list(part.preload))];
		const modules = modulesOf(path);
		for (const [specifier, file] of modules) {
			if (isC(file)) continue;
			const isEntry = specifier === creation?.main;
			if (isEntry === preload.includes(specifier)) broken.push(`${path}: ${specifier}`);
		}
		for (const specifier of preload) if (!modules.has(specifier)) broken.push(`${path}: preloads ${specifier}`);
	}
	deepEqual(broken, []);
});

test("an image carries each module that its modules import", () => {
	for (const entry of ["manifest.json", "hosts/desktop/manifest_selftest.json"]) {
		const carried = new Map(closure(entry, "lin").flatMap((path) => [...modulesOf(path, "lin")]));
		const files = new Set(carried.values());
		const missing: string[] = [];
		for (const file of files) {
			if (isC(file)) continue;
			const text = readFileSync(join(root, `${file}.ts`), "utf8");
			for (const [, isType, specifier] of text.matchAll(/^(?:import|export) (type )?[^;]*?from "([^"]+)"/gms)) {
				if (isType !== undefined || specifier === undefined) continue;
				const isRelative = specifier.startsWith(".");
				const target = isRelative ? join(dirname(file), specifier).replace(/\.ts$/, "") : specifier;
				const known = isRelative
					? files.has(target)
					: carried.has(target) || /^(embedded:io|mc|timer|net)/.test(target);
				if (!known) missing.push(`${entry}: ${file} imports ${specifier}`);
			}
		}
		ok(files.size > 10, `${files.size} modules in ${entry}`);
		deepEqual(missing, []);
	}
});

test("a platform has a host's manifest, or says why it has none", () => {
	const { platforms = {} } = read("manifest.json");
	for (const name of ["mac", "win", "esp32", "esp32/*", "nrf52", "nrf52/*", "zephyr", "zephyr/*", "..."]) {
		const { error = "", include } = platforms[name] ?? {};
		ok(include !== undefined || /^dormouse: /.test(error), `${name}: ${error}`);
		for (const each of list(include)) ok(existsSync(join(root, each)), `${name} includes ${each}, which is not there`);
	}
});
