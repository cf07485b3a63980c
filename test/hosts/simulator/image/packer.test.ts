/** What packing does to JavaScript: the same results, in shapes that take fewer slots of XS. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { namesOfProperties } from "../../../../hosts/simulator/image/packed-names.ts";
import { withFewerSlots } from "../../../../hosts/simulator/image/packed-program.ts";
import { variablesInTable } from "../../../../hosts/simulator/image/packed-table.ts";
import { pack } from "../../../../hosts/simulator/image/packer.ts";

/** What a text exports as `result`, when it is run. */
async function resultOf(text: string): Promise<unknown> {
	const url = `data:text/javascript,${encodeURIComponent(text)}`;
	return ((await import(url)) as { result: unknown }).result;
}

const frozen = "const frozen = (table) => Object.freeze(table);\n";

/** Programs that export what they compute, and what packing must have made of them. */
const programs: readonly { name: string; text: string; has?: RegExp; hasNot?: RegExp }[] = [
	{
		name: "private fields become properties, and those of a class and its base stay apart",
		text: `class Base { #state = "base"; get base() { return this.#state; } }
			class Derived extends Base { #state = "derived"; #count = 0; get own() { return this.#state + ++this.#count; } }
			class Apart { #state = 7; static is(it) { return #state in it; } }
			const one = new Derived();
			export const result = [one.base, one.own, one.own, Apart.is(new Apart()), Apart.is({}), Apart.is(one)]
				.slice(0, 5);`,
		hasNot: /#/,
	},
	{
		name: "a nested class sees the fields of the one around it",
		text: `class Outer { #secret = 5; inner() { const outer = this; return new (class { #secret = 6; #own = 1;
			sum() { return this.#secret + this.#own; } })().sum() + outer.#secret; } }
			export const result = new Outer().inner();`,
		hasNot: /#/,
	},
	{
		name: "a class with a private method keeps its private names",
		text: `class One { #a = 1; #b() { return this.#a; } c() { return this.#b(); } }
			export const result = new One().c();`,
		has: /#b\(\)/,
	},
	{
		name: "functions become arrows before everything else, as declarations are hoisted",
		text: `const table = made(3);
			function made(size) { return [size, other(size)]; }
			function other(n, by = 2) { return n * by; }
			export const result = table;`,
		hasNot: /function/,
	},
	{
		name: "functions that are more than arrows stay",
		text: `function Maker(n) { this.n = n; }
			function count() { return arguments.length; }
			function target() { return new.target === undefined; }
			function* three() { yield 3; }
			function bare() { return this === undefined; }
			export const result = [new Maker(2).n, count(1, 2), target(), [...three()], bare()];`,
		has: /function Maker[\s\S]*function count[\s\S]*function target[\s\S]*function\* ?three[\s\S]*function bare/,
	},
	{
		name: "numbers of frozen tables stand where they are used",
		text: `${frozen}const code = frozen({ created: 0x41, ok: true, less: -2, text: "long", list: [1] });
			export const result = [code.created + 1, code.ok, 3 - code.less, code.text, code.list[0]];`,
		hasNot: /code\.(created|ok|less)/,
		has: /code\.text/,
	},
	{
		name: "numbers of variables, and what is computed of them, stand where they are used",
		text: `${frozen}const size = 4;
			const bits = size * 8 - 1;
			const limits = frozen({ most: 2 ** bits, least: -size, isOpen: true });
			const half = size / 8, none = 1 / 0, minus = 0 * -1;
			let count = 3;
			count += size;
			const of = (size) => ({ size, bits, of });
			export const shown = 9;
			export const result = [limits.most, limits.least, limits.isOpen, of(7).size, half, none, count, shown,
				Object.is(minus, -0)];`,
		hasNot: /limits\.|[^.]bits[ ,]*[})]/,
		has: /\(\{ size: \$v\d+,[\s\S]*none, count/,
	},
	{
		name: "a table that another name hides, or that is spread into, is left alone",
		text: `${frozen}const a = frozen({ x: 1 });
			const b = frozen({ x: 1, ...{ x: 2 } });
			const of = (a) => a.x;
			export const result = [of({ x: 9 }), b.x, a.x];`,
		has: /=> \(?\$v\d+\.x[\s\S]*b\.x, \(1\)/,
	},
];

/** What functions use: enough of it that a table pays. */
const many = `const a0 = () => 0, a1 = () => a0() + 1, a2 = () => a1() + 1, a3 = () => a2() + 1, a4 = () => a3() + 1;
	const a5 = () => a4() + 1, a6 = () => a5() + 1, a7 = () => a6() + 1, a8 = () => a7() + 1;\n`;

/** Programs whose variables are put into a table. */
const tabled: readonly { name: string; text: string; has?: RegExp; hasNot?: RegExp }[] = [
	{
		name: "functions and classes that functions use are elements",
		text: `${many}class Base { one() { return a1(); } static make() { return new Derived(); } }
			class Derived extends Base { two() { return super.one() + a2(); } }
			export const result = [a8(), Base.make().two(), typeof Derived, new Base().one()];`,
		has: /\$\[\d+\]=class extends/,
		hasNot: /class Derived|\ba0\b/,
	},
	{
		name: "names that are hidden are left alone",
		text: `${many}const f = (a0, { a1, other: [a2] }) => {
				for (const a3 of a2) { let a4 = a3; a0 += a4; } return a0 + a1; };
			const g = () => { try { throw 5; } catch (a0) { return a0; } };
			const h = () => { switch (1) { case 1: let a0 = 6; default: return a0; } };
			const i = () => { a0: for (;;) { for (;;) break a0; } return { a0: 1, a1() { return 2; } }.a1(); };
			const j = () => { const k = function a0() { return typeof a0; }; return k(); };
			const l = () => f(1, { a1: 2, other: [[3]] }) + g() + h() + i() + j();
			export const result = [l(), a8()];`,
		has: /\(a0, ?\{ a1, other/,
	},
	{
		name: "what functions name in an object keeps its name",
		text: `${many}const of = () => ({ a0, a1, three: a2, [a3()]: a4 });
			export const result = [of().a0(), of().a1(), of().three(), of()[3]()];`,
		has: /a0:\$\[\d+\]/,
	},
	{
		name: "what is a function's `this`, is assigned, exported or a tag stays a variable",
		text: `${many}const bare = function () { return this === undefined; };
			let count = 0;
			const tag = (parts) => parts[0];
			export const shown = () => ++count + a0();
			const all = () => [bare(), shown(), tag\`x\`, count];
			const more = () => all();
			export const result = more();`,
		hasNot: /\$\[\d+\]=function|\$\[\d+\]=\(?parts/,
	},
	{
		name: "fields, static fields and computed names find what they need when they are made",
		text: `${many}const name = () => "called" + a0();
			class One { field = a1(); static kind = a2(); [name()]() { return new One().field + One.kind; } }
			class Two { static made = new Two(); static of() { return Two.made; } }
			const make = () => [new One().called0(), Two.of() instanceof Two];
			const more = () => make();
			export const result = more();`,
		has: /class Two/,
	},
	{
		name: "what the top level uses often stays a variable, beside the table",
		text: `${many}export const result = [a8(), a8(), a7(), a7(), (() => a8())()];`,
		has: /const a8=\$\[\d+\]=/,
	},
	{
		name: "a BigInt, which the SDK's linker loses in an array, stays a variable",
		text: `${many}const large = 1n << 70n, other = BigInt(7);
			const sum = () => large + other;
			const more = () => String(sum()) + a0();
			export const result = more();`,
		hasNot: /\$\[\d+\]=(1n|BigInt)/,
	},
];

describe("rewriting", () => {
	for (const { name, text, has, hasNot } of programs) {
		test(name, async () => {
			const rewritten = withFewerSlots(text);
			assert.deepEqual(await resultOf(rewritten), await resultOf(text), rewritten);
			if (has !== undefined) assert.match(rewritten, has);
			if (hasNot !== undefined) assert.doesNotMatch(rewritten, hasNot);
		});
	}
});

describe("a table of variables", () => {
	for (const { name, text, has, hasNot } of tabled) {
		test(name, async () => {
			const rewritten = variablesInTable(text);
			assert.match(rewritten, /^const \$=\[\];/);
			assert.deepEqual(await resultOf(rewritten), await resultOf(text), rewritten);
			if (has !== undefined) assert.match(rewritten, has);
			if (hasNot !== undefined) assert.doesNotMatch(rewritten, hasNot);
		});
	}

	test("is not made for a few variables", () => {
		const text = "const a = () => 1, b = () => a(); export const result = b();";
		assert.equal(variablesInTable(text), text);
	});

	test("is frozen, behind the last variable and before what is exported", () => {
		const rewritten = variablesInTable(`${many}const all = () => a8(); const more = () => all();\nexport { more };`);
		assert.match(rewritten, /;Object\.freeze\(\$\);export \{ more \};$/);
	});
});

describe("a packed program", () => {
	const root = "/program";
	const files = {
		[`${root}/main.js`]: `import { frozen } from "/program/frozen.js";
			import Timer from "timer";
export const codes = frozen({ nested: frozen({ inner: 1 }) });
export const unused = frozen({ nobody: 1 });
			export class Hash extends Native("xs_hash_destructor") {
				constructor() { super(); native("xs_hash").call(this); } }
			export function open(kind, bytes) { return native("xs_open").call(this, kind, bytes); }
			export const delay = Timer.delay;`,
		[`${root}/frozen.js`]: `export function frozen(value) {
				if (typeof value !== "object" || Object.isFrozen(value)) return value;
				Object.freeze(value);
				for (const key of Object.getOwnPropertyNames(value)) frozen(value[key]);
				return value;
			}`,
		[`${root}/entry.js`]: `export { codes, Hash, open, delay } from "/program/main.js";`,
	};
	const packed = () => pack({ entries: [`${root}/entry.js`], root, given: files });

	test("is one module that imports what is not ours", async () => {
		const modules = await packed();
		assert.deepEqual(
			modules.map(({ name, imports }) => ({ name, imports })),
			[{ name: "entry", imports: ["timer"] }],
		);
		assert.deepEqual([...modules[0]!.holds].sort(), ["entry", "frozen", "main"]);
	});

	test("is the same for the same sources, without what nobody uses", async () => {
		const [one] = await packed();
		const [other] = await packed();
		assert.equal(one!.source, other!.source);
		assert.ok(!one!.source.includes("nobody"), one!.source);
	});

	test("freezes as deep as its source, and spells natives as XS knows them", async () => {
		const source = (await packed())[0]!.source;
		assert.match(source, /extends Native\("xs_hash_destructor"\)/);
		assert.match(source, /super\(\)[;,]\s*native\("xs_hash"\)\.call\(this\)/);
		assert.match(source, /function \w+\((\w+),(\w+)\)\{return native\("xs_open"\)\.call\(this,\1,\2\)\}/);
		const natives = "const native = () => () => {}, Native = () => class {}, Timer = { delay() {} };\n";
		const runnable = natives + source.replace(/import (\w+) from ?"timer";?/, "const $1 = Timer;");
		const url = `data:text/javascript,${encodeURIComponent(runnable)}`;
		const { codes } = (await import(url)) as { codes: { nested: object } };
		assert.ok(Object.isFrozen(codes) && Object.isFrozen(codes.nested));
	});

	test("calls variables what properties are called, and nothing that means something", () => {
		const supply = namesOfProperties("const a = { one: 1, class: 2, native: 3, two() {} }; a.one.three; a.arguments;");
		assert.deepEqual([0, 1, 2, 3, 4].map(supply.get), ["one", "three", "two", "_0", "_1"]);
	});
});
