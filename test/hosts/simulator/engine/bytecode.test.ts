import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { arranged } from "../../../../hosts/simulator/engine/bytecode/arrangement.ts";
import { readCodes } from "../../../../hosts/simulator/engine/bytecode/codes.ts";
import { assemble, disassemble, type Routine } from "../../../../hosts/simulator/engine/bytecode/routine.ts";
import { scopeNeeded } from "../../../../hosts/simulator/engine/bytecode/scope.ts";
import { tightened } from "../../../../hosts/simulator/engine/bytecode/tightening.ts";
import type { CompiledModule } from "../../../../hosts/simulator/engine/compiler.ts";
import { Firmware } from "../../../../hosts/simulator/engine/machine.ts";
import { findXsFolder } from "../../../../hosts/simulator/engine/sources.ts";
import { console, engine, small } from "./harness.ts";

const { compiler } = engine;
const { codes } = compiler;

/** Each is the body of a function that gets `say`; what it says must be what Node says. */
const programs: Readonly<Record<string, string>> = {
	"parameters assigned, captured, left out, with defaults, and the rest of them": `
		const f = (a, b = a + 1, ...more) => { a += 10; return [a, b, more.length, (() => b)()].join(); };
		function g(x, y) { return y === undefined ? x : g(y, x === 3 ? undefined : x); }
		function h(a) { const seen = []; for (let a = 0; a < 2; a++) seen.push(a); return seen.join() + a; }
		say(f(1), f(1, 2, 3, 4), f(), g(1, 3), g(2), h(7), f.length, g.length);`,
	"patterns: nested, with defaults, of parameters, of nothing": `
		for (const pairs of [[[1, 2]], [[3, 4]]]) say(pairs.map(([one, other]) => one + other).join());
		const f = ({ a, b = 2, c: { d } = { d: 3 } }) => [a, b, d].join();
		const { length } = "four", [x, , y = 9, ...z] = [1, 2, undefined, 4, 5];
		const captured = () => length + x;
		let message = "";
		try { const { q } = undefined; } catch (error) { message = error.constructor.name; }
		say(f({ a: 1 }), f({ a: 1, b: 0, c: { d: 4 } }), length, x, y, z.join(), captured(), message);
		let p, q; ({ p, q = p } = { p: 5 }); [p, q] = [q + 1, p]; say(p, q);`,
	"literals: nested, spread, computed, with methods, in conditions": `
		const f = (x) => ({ a: x, b: x ? { c: [x, [x]] } : 3, ...(x > 1 ? { d: { e: x } } : {}),
			["f" + x]: x, get g() { return this.a; }, h() { return super.toString === Object.prototype.toString; }
			});
		say(JSON.stringify(f(0)), JSON.stringify(f(1)), JSON.stringify(f(2)), f(3).h());
		say(JSON.stringify([1, ...[2, 3], [4, ...new Set([5])], , 6]), [, ,].length);
		const nested = { a: { b: { c: {} } }, d: [{ e: 1 }, { f: [{}] }] }; say(JSON.stringify(nested));`,
	"loops: closures of each turn, continue, labels, of and in, from inside": `
		const runs = [];
		for (let i = 0; i < 4; i++) { if (i === 1) continue; runs.push(() => i); }
		outer: for (const a of [1, 2, 3]) { for (const b of [1, 2, 3]) { if (b === 2) continue outer;
			if (a === 3) break outer; const c = a * b; runs.push(() => c); } }
		for (const key in { x: 1, y: 2 }) runs.push(() => key);
		let n = 0; while (true) { const m = n++; if (m > 3) break; if (m % 2) continue; runs.push(() => m); }
		do { let fresh; runs.push(() => fresh); fresh = n--; } while (n > 3);
		say(runs.map((run) => run()).join());
		const early = () => { for (const v of [1, 2]) { if (v === 2) return v; } }; say(early());
		let unset = 1; for (let i = 0; i < 2; i++) { let again; say(again); again = unset; }`,
	"try: catch, finally, returns through them, locals behind them": `
		const f = (n) => { let kept = n; try { if (n === 0) throw new Error("0"); if (n === 1) return "one";
			kept = 5; } catch ({ message }) { return "caught " + message + kept; } finally { kept++; say(kept);
			if (n === 3) return "late"; } return "end" + kept; };
		say(f(0), f(1), f(2), f(3));
		const g = () => { try { try { throw 1; } finally { say("inner"); } } catch (error) { return error + 1;
			} }; say(g());
		const h = (x) => { try { return x(); } catch { return "nothing"; } }; say(h(() => { throw 0; }),
			h(() => 4));`,
	"switch, chains, coalescing, and the same ends": `
		const f = (x) => { switch (x) { case 1: return "one"; case "a": case 2: { const y = x + "!"; return y;
			} default: return undefined; case 3: break; } return "three"; };
		say(f(1), f("a"), f(2), f(3), f(4));
		const g = (x) => x?.a?.[0]?.(x.b ?? "none") ?? "nobody"; say(g(), g({}), g({ a: [(v) => v] }), g({
			a: [(v) => v], b: 0 }));
		const same = (a, b) => { if (a) { if (b) return { v: a, w: b }; return undefined; } if (b) return {
			v: a, w: b }; return undefined; };
		say(JSON.stringify([same(1, 2), same(0, 2), same(1, 0), same(0, 0)]));
		const not = (a, b) => { if (!a) return 1; if (!(a && !b)) return 2; return 3; }; say(not(0), not(1, 1),
			not(1, 0));
		let a = null; a ??= 4; a ||= 5; a &&= 6; say(a, typeof nobody, typeof Math, Math.max(1, 2));`,
	"classes: fields, private ones, getters, extends, static, in functions": `
		class A { #x = 1; y; static made = 0; constructor(y) { this.y = y; A.made++; } get x() {
			return this.#x; } set x(v) { this.#x = v; } #f(q) { return q + this.#x; } g(q) { return this.#f(q); }
			static is(o) { return #x in o; } }
		class B extends A { z = this.y; constructor(...all) { super(all.length); } g(q) { return super.g(q) + 1; } }
		const b = new B(1, 2), a = new A(7); b.x = 4;
		say(a.g(1), b.g(1), b.z, b.x, A.made, A.is(a), A.is({}));
		const make = (n) => class { v = n; w() { return this.v + n; } }; say(new (make(3))().w());
		class Refused extends Error { get name() { return "Refused"; } }
			say(new Refused("no").message, String(new Refused("x")));
		try { A(); } catch (error) { say(error.constructor.name); }`,
	"arguments, recursion, tail calls, this, generators": `
		function f() { return arguments.length + arguments[0]; } say(f(5, 6));
		const sum = (n, to = 0) => (n === 0 ? to : sum(n - 1, to + n)); say(sum(50));
		const o = { v: 1, f() { return [1, 2].map((x) => x + this.v).join(); } }; say(o.f());
		function* g(n) { for (let i = 0; i < n; i++) { const got = yield i; if (got) n = got; } return "done"; }
		say([...g(3)].join()); const it = g(1); it.next(); say(it.next(2).value, it.next().value);
		const swap = (a, b) => [b, a]; const [p, q] = swap(1, 2); say(p, q, ((a) => a)());`,
};

/** What a program says on a board. */
function said(module: (name: string, source: string) => CompiledModule, body: string): string[] {
	const program = module("program", `export function run(say) {${body}\n}`);
	const main = module(
		"main",
		'import { run } from "./program.js"; run((...all) => board.print(all.map(String).join(" ")));',
	);
	const ports = console();
	const firmware = new Firmware(engine, compiler.link([program, main]), { entry: "main" });
	firmware.machine({ ...small, arenaBytes: 96 * 1024 }, ports).boot();
	return ports.printed;
}

describe("bytecode", () => {
	for (const [name, body] of Object.entries(programs)) {
		test(name, () => {
			const expected: string[] = [];
			new Function("say", `"use strict";${body}`)((...all: unknown[]) => expected.push(all.map(String).join(" ")));
			assert.ok(expected.length > 0);
			assert.deepEqual(
				said((name, source) => compiler.compile(name, source), body),
				expected,
				"as we have it",
			);
			assert.deepEqual(
				said((name, source) => compiler.compileOnly(name, source), body),
				expected,
				"as XS has it",
			);
		});
	}

	test("taken apart and put together is the same, and what was tightened does not change any more", () => {
		for (const body of Object.values(programs)) {
			const compiled = compiler.compileOnly("program", `export function run(say) {${body}\n}`);
			const together = assemble(disassemble(compiled.code, codes), codes);
			assert.ok(together.length <= compiled.code.length);
			assert.deepEqual(assemble(disassemble(together, codes), codes), together);
			const tight = tightened(compiled, codes);
			assert.ok(tight.code.length < 0.93 * compiled.code.length, `${tight.code.length} of ${compiled.code.length}`);
			assert.ok(tight.symbols.length < compiled.symbols.length);
			assert.ok(new Set(tight.symbols).size === tight.symbols.length);
		}
	});

	test("a function's scope is what XS's compiler reserves for it, or a little less", () => {
		let exact = 0;
		let count = 0;
		const walk = (routine: Routine): void => {
			for (const { body } of routine) if (body !== undefined) walk(body);
			const reserved = routine.find(({ name }) => name === "RESERVE");
			if (reserved === undefined || routine.some(({ name }) => name.startsWith("START_"))) return;
			const needed = scopeNeeded(routine);
			assert.ok(needed <= reserved.slot! && needed >= reserved.slot! - 2, `${needed} of ${reserved.slot}`);
			count += 1;
			if (needed === reserved.slot) exact += 1;
		};
		for (const body of Object.values(programs)) {
			walk(disassemble(compiler.compileOnly("program", `export function run(say) {${body}\n}`).code, codes));
		}
		assert.ok(exact > 0.7 * count, `${exact} of ${count}`);
	});

	test("a constructor, a function, a parameter, and nothing else", () => {
		const { code } = compiler.compile("m", "export function first(one) { return one; }");
		const names: string[] = [];
		const walk = (routine: Routine): void => {
			for (const { name, body } of routine) {
				if (body === undefined) names.push(name);
				else walk(body);
			}
		};
		walk(disassemble(code, codes));
		const from = names.indexOf("ARGUMENT") - 1;
		assert.deepEqual(names.slice(from, from + 4), ["BEGIN_STRICT", "ARGUMENT", "SET_RESULT", "END"]);
	});

	test("functions of a module take along what they capture in the order of one row", () => {
		const { code } = compiler.compile(
			"m",
			`export let a = 1, b = 2, c = 3, d = 4;
			export const one = () => [a, b, c], other = () => [d, b], both = () => () => [c, a], all = () => [d, c, b, a];`,
		);
		const module = disassemble(code, codes).find(({ body }) => body?.some(({ name }) => name === "STORE"))!.body!;
		const taken: string[] = [];
		module.forEach(({ name }, index) => {
			if (name !== "ENVIRONMENT") return;
			const stores = module.slice(
				index + 1,
				module.findIndex((each, at) => at > index && each.name !== "STORE"),
			);
			taken.push(stores.map(({ slot }) => slot).join());
		});
		assert.deepEqual(taken.map((each) => each.split(",").length).sort(), [2, 2, 3, 4]);
		const longest = taken.find((each) => each.split(",").length === 4)!;
		for (const each of taken) assert.ok(longest.includes(each), `${each} in ${longest}`);
	});

	test("what is none is refused", () => {
		assert.throws(() => disassemble(Uint8Array.of(0xff), codes), RangeError);
		const branch = codes.number("BRANCH_1");
		assert.throws(() => disassemble(Uint8Array.of(branch, 1, branch, 0), codes), RangeError);
		assert.throws(() => disassemble(Uint8Array.of(branch), codes), RangeError);
		assert.throws(() => codes.number("NOBODY"), RangeError);
	});
});

const xs = findXsFolder();

test("the engine's operations are those of its sources", { skip: xs === undefined && "no sources of XS" }, () => {
	const read = (name: string) => readFileSync(join(xs!, "sources", name), "utf8");
	assert.ok(existsSync(join(xs!, "sources/xsCommon.h")));
	const fromSources = readCodes(read("xsCommon.h"), read("xsCommon.c"));
	assert.equal(fromSources.names.length, codes.names.length);
	assert.deepEqual(fromSources.sizes, codes.sizes);
	const differing = fromSources.names.filter((name, number) => name !== codes.names[number]);
	// XS prints a few of them otherwise than its sources name them; none of those is one that we look for.
	assert.deepEqual(
		differing,
		fromSources.names.filter((name) => differing.includes(name)),
	);
	assert.ok(differing.length <= 2, differing.join());
});

test("sets are arranged as runs of few things", () => {
	const below = (seed: number, bound: number) => (Math.imul(seed, 0x9e3779b1) >>> 8) % bound;
	for (let seed = 1; seed <= 50; seed++) {
		const sets = Array.from({ length: 1 + below(seed, 60) }, (_, index) => {
			const size = 1 + below(seed * 977 + index, 6);
			return new Set(Array.from({ length: size }, (_, at) => below(seed * 7919 + index * 31 + at * 7, 20)));
		});
		const runs = arranged(sets);
		assert.equal(runs.length, sets.length);
		runs.forEach((run, index) => {
			assert.equal(run.length, sets[index]!.size);
			assert.deepEqual(new Set(run), sets[index]);
		});
	}
	const [ab, bc, b, abc] = arranged(["ab", "bc", "b", "abc"].map((letters) => new Set(letters)));
	const row = abc!.join("");
	for (const each of [ab, bc, b]) assert.ok(row.includes(each!.join("")), `${each} in ${row}`);
	assert.deepEqual(arranged([]), []);
});
