// What the SDK's linker is told of built-in functions: those that nobody in an image uses are not linked. built-ins.mjs knows what our
// program uses; the SDK's own modules and C are known by the names in them, when the image is linked.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { atomOf, symbolsOf } from "./xs-atoms.mjs";

/** Functions of objects that nobody but other built-in functions makes, and which of them do. */
const makers = [
	[/^Iterator(Helper|Wrapper)\./, /^Iterator\.(from|prototype\.(drop|filter|flatMap|map|take))$/],
	[/^RegExp\.prototype\.matchAll_next$/, /^String\.prototype\.matchAll$/],
	[/^Array\.fromAsync_items_next$/, /^Array\.fromAsync$/],
];

/** Classes whose functions are told apart. Of the others the linker knows by itself, or by name, what is needed. */
const known =
	/^fx_(Array|ArrayBuffer|BigInt|DataView|Date|Function|Iterator|IteratorHelper|IteratorWrapper|JSON|Map|Math|ModuleSource|Number|Object|Reflect|RegExp|Set|String|Symbol|TypedArray|Uint8Array)_(prototype_)?\w+$/;

/**
 * @param {string} home $MODDABLE
 * @returns {Map<string, Set<string>>} the names of properties by the function of XS's that they have: "fx_Array_prototype_map"
 */
export function hostFunctions(home) {
	const folder = join(home, "xs/sources");
	const found = new Map();
	for (const file of readdirSync(folder).filter((name) => /^xs\w*\.c$/.test(name))) {
		const source = readFileSync(join(folder, file), "utf8");
		for (const [line] of source.matchAll(/mxCallback\(fx_\w+\).*mxID\(_\w+\)/g)) {
			const name = /.*mxID\(_(\w+)\)/.exec(line)[1];
			for (const [, callback] of line.matchAll(/mxCallback\((fx_\w+)\)/g)) {
				found.set(callback, (found.get(callback) ?? new Set()).add(name));
			}
		}
	}
	return found;
}

/**
 * @param {{ members: ReadonlySet<string>, names: ReadonlySet<string> }} used as of usedBuiltIns
 * @param {ReturnType<typeof hostFunctions>} functions
 * @returns {string[]} words for xsl's -s: "RegExp.prototype.exec"
 */
export function strippedWords({ members, names }, functions) {
	const used = usedWords(
		functions,
		(of, isPrototype, name) => names.has(name) || members.has(memberOf(of, isPrototype, name)),
	);
	return [...functions.keys()]
		.filter((each) => known.test(each))
		.map(wordOf)
		.filter((word) => !used.has(word))
		.sort();
}

/** @param isUsed whether a member is, by its class, whether it is the prototype's, and its name */
function usedWords(functions, isUsed) {
	const used = new Set();
	for (const [callback, properties] of functions) {
		const [, of, prototype] = known.exec(callback) ?? [];
		if (of !== undefined && [...properties].some((name) => isUsed(of, prototype !== undefined, name)))
			used.add(wordOf(callback));
	}
	for (const [made, maker] of makers) {
		const isMade = [...used].some((word) => maker.test(word));
		for (const callback of functions.keys()) {
			if (!known.test(callback) || !made.test(wordOf(callback))) continue;
			if (isMade) used.add(wordOf(callback));
			else used.delete(wordOf(callback));
		}
	}
	return used;
}

const memberOf = (of, isPrototype, name) =>
	`${of === "Uint8Array" ? "TypedArray" : of}${isPrototype ? ".prototype" : ""}.${name}`;

const wordOf = (callback) => {
	const [, of, prototype = ""] = known.exec(callback);
	const start = `fx_${of}_${prototype}`;
	return `${of}.${prototype === "" ? "" : "prototype."}${callback.slice(start.length)}`;
};

/**
 * @param {readonly string[]} words of xsl's command line
 * @param {string} home $MODDABLE
 * @returns {string[]} the same without -s of what a module beside the packed program, or C, needs by its name
 */
export function withoutNeeded(words, home) {
	const isExact = (index) => words[index] === "-s" && words[index + 1]?.includes(".");
	if (!words.some((_, index) => isExact(index))) return [...words];
	const modules = words.filter((word) => word.endsWith(".xsb") && basename(word) !== "program.xsb" && existsSync(word));
	const output = words[words.indexOf("-o") + 1] ?? ".";
	const sources = readdirSync(output).filter((name) => name.endsWith(".c.xsi"));
	const paths = [...modules, ...sources.map((name) => join(output, name))];
	const needed = new Set(paths.flatMap((path) => symbolsOf(atomOf(readFileSync(path), "SYMB"))));
	const used = usedWords(hostFunctions(home), (_of, _isPrototype, name) => needed.has(name));
	return words.filter((_, index) => {
		const at = isExact(index) ? index : index - 1;
		return !(at >= 0 && isExact(at) && used.has(words[at + 1]));
	});
}
