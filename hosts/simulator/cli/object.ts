import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { BadDefinition, type Definition, readDefinitions } from "../objects/definition.ts";
import { fileNameOf, sourceOf } from "../objects/source.ts";
import { WrongUsage } from "./arguments.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";

export interface ObjectCommandOptions {
	readonly files: readonly string[];
	readonly out: string;
	readonly check?: boolean;
	readonly modules?: string;
}

/** Definitions are a few kilobytes; what is longer is something else. */
const maxBytes = 4 * 1024 * 1024;

/**
 * `dormouse object`: tables of facts out of OMA's object XML. With --check it writes nothing, and ends with 1 when a
 * file is missing or not what it would write.
 * @throws WrongUsage for files that can not be read, or are no definitions
 */
export async function run(options: ObjectCommandOptions, output: Output): Promise<ExitStatus> {
	const { files, out, check } = options;
	const modules = modulesFor(out, options.modules);
	const definitions = different(files.flatMap((file) => read(file, output)));
	let stale = 0;
	for (const definition of definitions) {
		const isOneOfMany = definitions.some((other) => other !== definition && other.facts.id === definition.facts.id);
		const path = join(out, fileNameOf(definition, isOneOfMany));
		const source = sourceOf(definition, modules);
		if (existing(path) === source) continue;
		stale++;
		if (check) output.out(`${path}: ${existsSync(path) ? "not as the XML has it" : "not there"}`);
		else write(path, source, output);
	}
	if (check && stale > 0) output.err("Run the same command without --check to write them.");
	else if (stale === 0) output.err(`${definitions.length} up to date`);
	return check && stale > 0 ? 1 : 0;
}

function read(file: string, output: Output): Definition[] {
	try {
		if (statSync(file).size > maxBytes) throw new WrongUsage(`${file}: too long for an object definition.`);
		const xml = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(readFileSync(file)));
		const definitions = readDefinitions(file, xml);
		for (const { leftOut } of definitions) for (const what of leftOut) output.err(`${file}: ${what} left out`);
		return definitions;
	} catch (error) {
		if (error instanceof WrongUsage) throw error;
		if (error instanceof BadDefinition) throw new WrongUsage(error.message, { cause: error });
		if (error instanceof TypeError) throw new WrongUsage(`${file}: not UTF-8; save it as UTF-8.`, { cause: error });
		throw new WrongUsage(`${file} can not be read: ${(error as Error).message}`, { cause: error });
	}
}

/** In order of ID and version; the same one given twice counts once. @throws WrongUsage when two contradict */
function different(definitions: readonly Definition[]): Definition[] {
	const found = new Map<string, Definition>();
	for (const definition of definitions) {
		const key = `${definition.facts.id} version ${definition.facts.version}`;
		const other = found.get(key);
		if (other !== undefined && sourceOf(other, "") !== sourceOf(definition, "")) {
			throw new WrongUsage(`Two files define object ${key}, and not alike: give one of them.`);
		}
		found.set(key, definition);
	}
	const [major, minor] = [0, 1].map((part) => (version: string) => Number(version.split(".")[part]));
	return [...found.values()].sort(
		({ facts: a }, { facts: b }) =>
			a.id - b.id || major!(a.version) - major!(b.version) || minor!(a.version) - minor!(b.version),
	);
}

/** How a file in `out` imports the library: in a copy of this tree, or from node_modules. @throws WrongUsage */
function modulesFor(out: string, given: string | undefined): string {
	const isLibrary = (folder: string) => existsSync(join(folder, "lwm2m/facts.ts"));
	const spelt = (folder: string) => {
		const path = relative(resolve(out), folder).split(sep).join("/");
		return path.startsWith(".") ? path : `./${path}`;
	};
	if (given !== undefined) {
		if (!isLibrary(given)) throw new WrongUsage(`--modules: ${given} is not Dormouse's modules folder.`);
		return spelt(resolve(given));
	}
	for (let folder = resolve(out); ; folder = dirname(folder)) {
		const found = [join(folder, "modules"), join(folder, "node_modules/dormouse-lwm2m/modules")].find(isLibrary);
		if (found !== undefined) return spelt(found);
		if (dirname(folder) === folder) break;
	}
	throw new WrongUsage(
		`Nothing above ${out} has Dormouse's modules, which the tables import: npm install dormouse-lwm2m there, or say ` +
			"--modules FOLDER.",
	);
}

function existing(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
}

function write(path: string, source: string, output: Output): void {
	try {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, source);
	} catch (error) {
		throw new WrongUsage(`--out: ${path} can not be written: ${(error as Error).message}`, { cause: error });
	}
	output.out(path);
}
