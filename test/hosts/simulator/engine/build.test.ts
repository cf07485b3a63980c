import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { CompileFailure, Compiler } from "../../../../hosts/simulator/engine/compiler.ts";
import type { Engine } from "../../../../hosts/simulator/engine/engine.ts";
import { makeOnce } from "../../../../hosts/simulator/engine/once.ts";
import { patched } from "../../../../hosts/simulator/engine/patch.ts";
import { recipe } from "../../../../hosts/simulator/engine/recipe.ts";
import { selfTest } from "../../../../hosts/simulator/engine/self-test.ts";
import { findXsFolder, readShim, readXsSources } from "../../../../hosts/simulator/engine/sources.ts";
import { engine, firmware } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** An engine whose compiler reads other text than it is given: as if it had been miscompiled. */
function engineThatReads(change: (source: string) => string): Engine {
	const compiler = Object.create(Compiler.prototype, {
		compile: { value: (name: string, source: string) => engine.compiler.compile(name, change(source)) },
		link: { value: engine.compiler.link.bind(engine.compiler) },
	}) as Compiler;
	return { ...engine, compiler };
}

describe("the self-test", () => {
	test("passes the engine that is in use", () => selfTest(engine));

	const faults: readonly (readonly [what: string, change: (source: string) => string, says: RegExp])[] = [
		["0x80000000 read as 0x7fffffff", (text) => text.replaceAll("0x80000000,", "0x7fffffff,"), /arithmetic differs/],
		["a right shift that forgets the sign", (text) => text.replace("a >> 3,", "a >>> 3,"), /arithmetic differs/],
		["a wrong bit in SHA-256", (text) => text.replace("turn(e, 11)", "turn(e, 12)"), /SHA-256 differs/],
		["a finally that does not run", (text) => text.replace(/seen\.push\(`finally [^)]*\)/, ""), /control flow differs/],
		["a watchdog that sleeps", (text) => text.replace("else for (;;);", ""), /endless loop ended/],
	];
	for (const [what, change, says] of faults) {
		test(`refuses ${what}`, () => {
			assert.throws(() => selfTest(engineThatReads(change)), says);
		});
	}
});

describe("the sources of XS", () => {
	test("must be where they are said to be", () => {
		assert.throws(() => findXsFolder(folder), /no XS sources/);
	});

	test("must be ones the patch was tried with", () => {
		const xs = findXsFolder();
		assert.ok(xs !== undefined);
		const text = readFileSync(join(xs, "sources/xsRun.c"), "utf8");
		assert.match(patched("xsRun.c", text), /fxRunLoop/);
		assert.throws(
			() => patched("xsRun.c", text.replace("mxCheckCStack", "mxCheckCStacks")),
			/SHA-256 [0-9a-f]{64}.*patch\.ts/,
		);
		assert.throws(() => patched("xsre.c", text), /none that the engine's patch was tried with/);
	});

	test("name the build, together with shim, flags and compiler", () => {
		const xs = readXsSources(findXsFolder()!);
		const shim = readShim();
		const { key, products } = recipe(xs, shim, "1");
		assert.equal(recipe(xs, new Map(shim), "1").key, key);
		assert.notEqual(recipe(xs, shim, "2").key, key);
		assert.notEqual(recipe(xs, new Map([...shim, ["rom.c", "/* other */"]]), "1").key, key);
		const files = new Map([...xs.files, ["xsAll.h", "/* other */"]]);
		assert.notEqual(recipe({ files }, shim, "1").key, key);
		assert.ok(!products.device.includes("xsSyntaxical.o") && products.compiler.includes("xsSyntaxical.o"));
	});
});

describe("makeOnce", () => {
	const module = new URL("../../../../hosts/simulator/engine/once.js", import.meta.url).href;

	test("lets one of several processes do the work", async () => {
		const made = join(folder, "made");
		const script = `
			import { existsSync, appendFileSync, writeFileSync, mkdtempSync } from "node:fs";
			import { makeOnce } from "${module}";
			const made = ${JSON.stringify(made)};
			const find = () => existsSync(made) || undefined;
			await makeOnce(made + ".lock", find, async () => {
				writeFileSync(made + "." + process.pid, "");
				await new Promise((resolve) => setTimeout(resolve, 300));
				writeFileSync(made, "");
				return true;
			});
		`;
		const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
		await Promise.all([run(), run(), run()]);
		const makers = readdirSync(folder).filter((name) => /^made\.\d+$/.test(name));
		assert.equal(makers.length, 1);
		assert.ok(!readdirSync(folder).includes("made.lock"));
	});

	test("takes over from a process that died", async () => {
		const lock = join(folder, "abandoned.lock");
		writeFileSync(lock, "1");
		utimesSync(lock, new Date(0), new Date(0));
		assert.equal(
			await makeOnce(
				lock,
				() => undefined,
				async () => "made",
			),
			"made",
		);
	});

	test("gives the lock back when making fails", async () => {
		const lock = join(folder, "failing.lock");
		const make = async () => Promise.reject(new Error("no"));
		await assert.rejects(() => makeOnce(lock, () => undefined, make), /no/);
		assert.ok(!readdirSync(folder).includes("failing.lock"));
	});
});

describe("the compiler", () => {
	test("names file and line of the first error", () => {
		assert.throws(() => engine.compiler.compile("lib/wrong", "const a = 1;\nlet b = ;\n"), {
			name: "CompileFailure",
			message: /^lib\/wrong:2: /,
		});
		assert.throws(() => engine.compiler.compile("twice", "let a; let a;"), CompileFailure);
		assert.throws(() => engine.compiler.compile("open", "`"), CompileFailure);
		assert.ok(engine.compiler.compile("fine", "let a;").code.length > 0, "it goes on after an error");
	});

	test("gives the same bytes for the same text", () => {
		const source = `export const f = (x) => tag\`a \${x} b\`; export class A { #p = 1; get p() { return this.#p; } }`;
		assert.deepEqual(engine.compiler.compile("m", source), engine.compiler.compile("m", source));
	});

	test("gives modules one table of symbols, and imports that find each other", () => {
		const one = engine.compiler.compile("a/one", "export const shared = 1, own = 2;");
		const two = engine.compiler.compile("b/two", 'import { shared } from "../a/one.js"; export const other = shared;');
		const program = engine.compiler.link([one, two]);
		assert.equal(program.symbols.filter((symbol) => symbol === "shared").length, 1);
		assert.equal(new Set(program.symbols).size, program.symbols.length);
		const made = firmware({
			"a/one": "export const shared = 41;",
			"a/deep/three": 'import { shared } from "../one.js"; export const more = shared + 1;',
			"b/two":
				'import { more } from "../a/deep/three.js"; import { shared } from "a/one"; export const sum = more + shared;',
			main: 'import { sum } from "./b/two.js"; if (sum !== 83) throw new Error(String(sum));',
		});
		assert.deepEqual(made.changeable, []);
	});
});

describe("firmware", () => {
	test("tells what in ROM can still change, and gives each machine its own", () => {
		const made = firmware({
			"lib/state": `
				export const table = { a: 1 };
				export const deep = Object.freeze({ inner: [1] });
				let n = 0;
				export const count = () => ++n;
				export const fine = Object.freeze([Object.freeze({ b: 2 })]);
			`,
			main: "",
		});
		assert.deepEqual(made.changeable, ["inner: not frozen", "n: not const", "table: not frozen"]);
		assert.ok(made.rom.aliases >= firmware({ main: "" }).rom.aliases + 3);
	});
});
