import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../hosts/simulator/engine/sources.ts";

interface Used {
	readonly members: ReadonlySet<string>;
	readonly names: ReadonlySet<string>;
	readonly loose: readonly string[];
}

interface Scripts {
	programWithSamples(files: readonly string[], options: object): unknown;
	usedBuiltIns(program: unknown, paths: readonly string[]): Used;
	strippedWords(used: Used, functions: ReadonlyMap<string, ReadonlySet<string>>): string[];
	withoutNeeded(words: readonly string[], home: string): string[];
	hostFunctions(home: string): Map<string, Set<string>>;
}

const load = async (name: string) => (await import(pathToFileURL(join(packageRoot, "scripts", name)).href)) as Scripts;
const { programWithSamples, usedBuiltIns } = await load("built-ins.mjs");
const { strippedWords, withoutNeeded, hostFunctions } = await load("built-ins-link.mjs");

const folder = mkdtempSync(join(tmpdir(), "dormouse-built-ins-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let programs = 0;

function used(source: string): Used {
	const path = join(folder, `program-${programs++}.ts`);
	writeFileSync(path, `export {};\n${source}`);
	const program = programWithSamples([path], { target: 9, strict: true, types: [], lib: ["lib.es2022.d.ts"] });
	return usedBuiltIns(program, [path]);
}

/** XS's functions as its sources have them. */
const functions = new Map(
	[
		["fx_Array_prototype_map", ["map"]],
		["fx_Array_prototype_find", ["find"]],
		["fx_Array_isArray", ["isArray"]],
		["fx_TypedArray_prototype_map", ["map"]],
		["fx_Iterator_prototype_map", ["map"]],
		["fx_IteratorHelper_prototype_next", ["next"]],
		["fx_RegExp_prototype_test", ["test"]],
		["fx_String_prototype_match", ["match"]],
		["fx_String_prototype_toLowerCase", ["toLowerCase", "toLocaleLowerCase"]],
		["fx_TypedArray_prototype_byteLength_get", ["byteLength"]],
		["fx_Map_prototype_delete", ["delete"]],
		["fx_Promise_all", ["all"]],
		["fx_isNaN", ["isNaN"]],
	].map(([name, properties]) => [name as string, new Set(properties as string[])] as const),
);

describe("built-in functions that a program uses", () => {
	const members = (source: string) => [...used(source).members].sort();

	test("are those of the type, not of the name", () => {
		const source = `
			class Own { test(): number { return 1; } match(): number { return 2; } map(): number { return 3; } }
			const own = new Own();
			own.test(); own.match(); own.map();
			export const doubled = [1, 2].map((each) => each * 2), size = new Uint8Array(2).length;
			declare const ages: ReadonlyMap<string, number>; ages.get("a");
			"A".toLocaleLowerCase(); Math.floor(1.5);`;
		assert.deepEqual(members(source), [
			"Array.prototype.map",
			"Map.prototype.get",
			"Math",
			"Math.floor",
			"String.prototype.toLocaleLowerCase",
			"TypedArray.prototype.length",
			"Uint8Array",
		]);
	});

	test("by patterns, names in brackets, literals, and chains", () => {
		assert.deepEqual(members("const { length, slice: part } = 'text'; part; length;"), [
			"String.prototype.length",
			"String.prototype.slice",
		]);
		assert.deepEqual(members("let at = 0; ({ length: at } = [1]); at;"), ["Array.prototype.length"]);
		assert.deepEqual(members("[1]['find'](() => true);"), ["Array.prototype.find"]);
		assert.deepEqual(members("const which: 'push' | 'pop' = Date.now() > 1 ? 'push' : 'pop'; [1][which];"), [
			"Array.prototype.pop",
			"Array.prototype.push",
			"Date",
			"Date.now",
		]);
		assert.deepEqual(members("/a/.test('a');"), ["RegExp", "RegExp.prototype.test"]);
		assert.deepEqual(members("declare const maybe: number[] | undefined; maybe?.at(-1);"), ["Array.prototype.at"]);
		assert.deepEqual(members("export class Own extends Map<string, number> {}"), ["Map"]);
		assert.deepEqual(members("declare const it: string | Int8Array; it.indexOf;"), [
			"String.prototype.indexOf",
			"TypedArray.prototype.indexOf",
		]);
	});

	test("through a shape of the program's own, which a built-in value fits", () => {
		const shape = "interface Shape { indexOf(what: number): number } declare const it: Shape; it.indexOf(1);";
		assert.ok(members(shape).includes("TypedArray.prototype.indexOf"));
		assert.ok(members(shape).includes("Array.prototype.indexOf"));
		assert.ok(!members(shape).includes("String.prototype.indexOf"));
		const other = "interface Shape { own: 1; indexOf(what: number): number } declare const it: Shape; it.indexOf(1);";
		assert.deepEqual(members(other), []);
	});

	test("of which nobody knows whose they are", () => {
		const any = used("declare const it: any; it.find(1);");
		assert.deepEqual([[...any.members], [...any.names], any.loose], [[], ["find"], []]);
		const computed = used(
			"declare const name: keyof typeof Math; declare const s: string; Math[name]; ({ a: 1 })[s as 'a'];",
		);
		assert.ok(computed.members.has("Math.floor"), "each of the names that it may be");
		const loose = used("declare const key: string; declare const it: unknown[]; (it as any)[key]; it[key as never];");
		assert.equal(loose.loose.length, 2, loose.loose.join());
	});

	test("values that something is called, made of or given", () => {
		assert.deepEqual(members("export const made = Map;"), ["Map"]);
		assert.deepEqual(members("export const table = { made: Set, Math };"), ["Math", "Set"]);
		assert.deepEqual(members("export class Own { readonly made = RegExp; }"), ["RegExp"]);
		assert.deepEqual(members("const Map = { get: 1 }; export const of = { Map };"), []);
	});

	test("types alone are none", () => {
		assert.deepEqual(
			members("export type Test = RegExp['test']; export interface Own extends Map<string, Set<number>> {}"),
			[],
		);
	});
});

describe("what the linker leaves out", () => {
	const nothing: Used = { members: new Set(), names: new Set(), loose: [] };

	test("is what is not used, of classes that are told apart", () => {
		const words = strippedWords(nothing, functions);
		assert.ok(words.includes("RegExp.prototype.test") && words.includes("TypedArray.prototype.byteLength_get"));
		assert.ok(!words.some((word) => /Promise|isNaN/.test(word)));
		const members = new Set(["Array.prototype.map", "String.prototype.toLocaleLowerCase", "Array.isArray"]);
		const left = words.filter((word) => !strippedWords({ ...nothing, members }, functions).includes(word));
		assert.deepEqual(left, ["Array.isArray", "Array.prototype.map", "String.prototype.toLowerCase"]);
	});

	test("is nothing that a name alone may mean; what objects have goes with who makes them", () => {
		const words = strippedWords({ ...nothing, names: new Set(["map"]) }, functions);
		for (const of of ["Array", "TypedArray", "Iterator"]) assert.ok(!words.includes(`${of}.prototype.map`), of);
		assert.ok(!words.includes("IteratorHelper.prototype.next"));
		const without = strippedWords({ ...nothing, names: new Set(["next"]) }, functions);
		assert.ok(without.includes("IteratorHelper.prototype.next"));
	});

	const home = process.env.MODDABLE;
	test("is nothing that a module beside the program, or C, names", {
		skip: home === undefined && "no $MODDABLE",
	}, () => {
		const all = hostFunctions(home!);
		assert.ok(all.size > 400 && all.get("fx_String_prototype_toLowerCase")?.has("toLocaleLowerCase"));
		const file = (name: string, names: string[]) => {
			const text = names.map((each) => `${each}\0`).join("");
			const bytes = Buffer.from(`....XS_B....SYMB..${text}`, "latin1");
			bytes.writeUInt32BE(bytes.length, 0);
			bytes.writeUInt32BE(bytes.length - 8, 8);
			writeFileSync(join(folder, name), new Uint8Array(bytes));
			return join(folder, name);
		};
		const other = file("other.xsb", ["map", "find"]);
		const program = file("program.xsb", ["test"]);
		file("native.c.xsi", ["delete"]);
		const stripped = ["*", "Array.prototype.map", "RegExp.prototype.test", "Map.prototype.delete", "Math.floor"];
		const words = ["-o", folder, ...stripped.flatMap((word) => ["-s", word]), other, program];
		assert.deepEqual(withoutNeeded(words, home!), [
			...["-o", folder, "-s", "*", "-s", "RegExp.prototype.test", "-s", "Math.floor"],
			...[other, program],
		]);
		assert.deepEqual(withoutNeeded(["-s", "*"], home!), ["-s", "*"]);
	});
});
