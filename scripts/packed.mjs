// A manifest as another one, with all of our modules packed into one: what an image that is released is made of. C stays
// what it is, and so do modules that have a name of their own (embedded:…). hosts/simulator/image/README.md says more.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { build, root } from "./build.mjs";
import { programWithSamples, usedBuiltIns } from "./built-ins.mjs";
import { hostFunctions, strippedWords } from "./built-ins-link.mjs";
import { asList, manifestsBelow, namedModules, reachedFrom, writeReduced } from "./reached.mjs";

/** What the packed module is called. */
const programName = "program";
const javaScript = join(root, "build/js");

/**
 * Writes a manifest that has `entry` and all that it imports as one module, preloaded, and a main that only hands it on.
 * @param {{ entry: string, manifest: string, folder: string, replacements?: Record<string, string>, isCalled?: boolean }}
 *   options as of reachedManifest; `replacements`: JavaScript in place of modules, by their files below build/js;
 *   `isCalled`: main calls it instead, where nobody calls what a main module exports
 * @returns {Promise<string>} its path. Rejects on a type error of the entry's host, or what is wrong with a source
 */
export async function packedManifest({ entry, manifest, folder, replacements = {}, isCalled = false }) {
	await build();
	const types = checkTypes(entry);
	const { pack } = await import(join(javaScript, "hosts/simulator/image/packer.js"));
	const given = Object.fromEntries(
		Object.entries(replacements).map(([file, source]) => [join(javaScript, file), source]),
	);
	const [program] = await pack({ entries: [join(javaScript, `${entry}.js`)], root: javaScript, given });
	const named = [...manifestsBelow(resolve(manifest)).values()].flatMap(namedModules);
	const apart = reachedFrom(named);
	for (const path of apart) {
		if (named.includes(path)) continue;
		throw new Error(`${relative(root, path)} would be in the image twice: a module that is not packed imports it`);
	}
	const packed = new Set(program.holds.map((name) => join(root, `${name}.ts`)));
	const path = writeReduced({ manifest, folder, reached: apart, packed });
	const content = JSON.parse(readFileSync(path, "utf8"));
	// XS runs a main module that is not preloaded, so that one is next to nothing.
	const main = `import main from "${programName}";\n${isCalled ? "main();" : "export default main;"}\n`;
	for (const [name, text] of [
		[programName, program.source],
		[entry, main],
	]) {
		const stem = resolve(folder, "packed", name);
		mkdirSync(dirname(stem), { recursive: true });
		if (!existsSync(`${stem}.js`) || readFileSync(`${stem}.js`, "utf8") !== text) writeFileSync(`${stem}.js`, text);
		content.modules = { ...content.modules, [name]: stem };
	}
	// The SDK's typings are modules of its manifests, and so are the settings that lie beside them.
	const settings = ["package", "tsconfig.es2024", "tsconfig.es2025"].map((name) => `$(MODDABLE)/typings/${name}`);
	content.modules["~"] = [...asList(content.modules["~"]), ...settings];
	content.preload = [...asList(content.preload), programName];
	if (process.env.MODDABLE) content.strip = stripOf(types, program.holds, replacements);
	writeFileSync(path, `${JSON.stringify(content, undefined, "\t")}\n`);
	return path;
}

/** With the settings of the entry's host: a packed module comes to mcconfig as JavaScript. @returns the program, as TypeScript has it */
function checkTypes(entry) {
	const own = join(root, ...entry.split("/").slice(0, 2), "tsconfig.json");
	const settings = existsSync(own) ? own : join(root, "tsconfig.json");
	const { config } = ts.readConfigFile(settings, ts.sys.readFile);
	const parsed = ts.parseJsonConfigFileContent(config, ts.sys, dirname(settings), { noEmit: true });
	const program = programWithSamples([...new Set([...parsed.fileNames, join(root, `${entry}.ts`)])], parsed.options);
	const wrong = [...parsed.errors, ...ts.getPreEmitDiagnostics(program)];
	if (wrong.length === 0) return program;
	const names = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => "\n" };
	throw new Error(`TypeScript:\n${ts.formatDiagnostics(wrong, names)}`);
}

/** What the linker leaves out of the language's own functions. */
function stripOf(types, holds, replacements) {
	const sources = holds
		.map((name) => join(root, `${name}.ts`))
		.filter((path) => types.getSourceFile(path) !== undefined);
	const used = usedBuiltIns(types, sources);
	if (used.loose.length > 0)
		throw new Error(`nobody can tell which built-in function this is:\n${used.loose.join("\n")}`);
	// Those are JavaScript: what they name is used.
	for (const text of Object.values(replacements)) for (const [name] of text.matchAll(/\w+/g)) used.names.add(name);
	return ["*", ...strippedWords(used, hostFunctions(process.env.MODDABLE))];
}

/**
 * The module that a manifest runs, on a platform.
 * @param {string} manifest path
 * @param {string} platform as mcconfig's -p takes it
 * @returns {string | undefined} "hosts/esp32/main"
 */
export function mainOf(manifest, platform) {
	const all = manifestsBelow(resolve(manifest));
	const find = (path) => {
		const content = all.get(path);
		if (content === undefined) return undefined;
		const own = placeOf(content.platforms, platform);
		for (const place of [own, content]) {
			if (place?.creation?.main !== undefined) return place.creation.main;
			for (const include of asList(place?.include).reverse()) {
				const found = find(include);
				if (found !== undefined) return found;
			}
		}
		return undefined;
	};
	return find(resolve(manifest));
}

/** What of `platforms` is for one: the most specific, as mcconfig takes it. */
function placeOf(platforms, platform) {
	const words = platform.split(/[/:]/); // "esp32/esp32c3", "zephyr:hosts/zephyr/targets/nrf9160"
	const [chip, board] = [words[0], words.length > 1 ? words.at(-1) : undefined];
	const names = board === undefined ? [chip] : [`${chip}/${board}`, `${chip}/*`, chip];
	return platforms?.[names.find((name) => platforms[name] !== undefined) ?? "..."];
}
