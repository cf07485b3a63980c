/** Functions that packing moves to where they are called: the same results, in the same order, or they stay. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withFewerSlots } from "../../../../hosts/simulator/image/packed-program.ts";

/** What a text exports as `result`, when it is run. */
async function resultOf(text: string): Promise<unknown> {
	const url = `data:text/javascript,${encodeURIComponent(text)}`;
	return ((await import(url)) as { result: unknown }).result;
}

/** A function that calls others, whose trace says in which order things happened. */
const traced = (functions: string, calling: string, calls = "host(1), host(2), host(0)") => `
	const trace = [];
	const say = (what) => { trace.push(what); trace.push(what); return what; };
	${functions}
	const host = (n) => { ${calling} };
	const all = [() => [${calls}]].map((run) => run());
	export const result = [trace, all];`;

const early = "const f = (a, b = 5) => { say(a); if (a === 1) return say(b); let c = a + b; c += 1; return c; };";
const silent = "const f = (a) => { say(a); if (a > 1) return; say(-a); };";

/** Programs with functions that are called once: which go where they are called, and which stay. */
const moving: readonly { name: string; text: string; stays?: boolean }[] = [
	{ name: "return", text: traced(early, "say(9); return f(n, 3);") },
	{ name: "return, without what it ends with", text: traced(silent, "if (n === 2) return f(n); return 4;") },
	{ name: "an arrow's value", text: traced(early, "const g = () => f(n + 1); return g();") },
	{ name: "statement", text: traced(silent, "f(n); return say(7);") },
	{ name: "statement of an if", text: traced(silent, "if (n === 1) f(n); else say(8); return 7;") },
	{ name: "constant", text: traced(early, "const x = f(n); return x + 1;") },
	{ name: "variable that is changed", text: traced(early, "let x = f(n); x += n; return x;") },
	{ name: "assignment", text: traced(early, "let x = n; x = f(x, 2); return x;") },
	{ name: "assignment of nothing", text: traced(silent, "let x = n; x = f(x); return x;") },
	{ name: "property", text: traced(early, "const o = { p: n }; o.p = f(o.p); return o;") },
	{ name: "condition", text: traced(early, "if (f(n) > 5) return 1; return 2;") },
	{
		name: "condition of a condition",
		text: traced(early, "if (n === 2) return 0; else if (!f(n)) return 1; return 2;"),
	},
	{ name: "switch", text: traced(early, "switch (f(n)) { case 5: return 1; default: { return 2; } }") },
	{ name: "case", text: traced(early, "switch (n) { case 1: const x = f(n); return x; default: return 2; }") },
	{
		name: "loop over what it gives",
		text: traced("const f = (a) => { say(a); return [a, 2]; };", "let s = 0; for (const x of f(n)) s += x; return s;"),
	},
	{
		name: "loop, with closures",
		text: traced(
			"const f = (a) => { const b = a * 2; return () => b + a; };",
			"const l = []; for (let i = 0; i < 3; i++) { const g = f(i); l.push(g); } return l.map((g) => g() + n);",
		),
	},
	{
		name: "loop, with what was there before",
		text: traced(
			"const f = (a) => { let u; if (a === 1) u = 1; say(a); return u; };",
			"const l = []; for (let i = 0; i < 3; i++) { const g = f(i); l.push(g); } return l;",
		),
	},
	{
		name: "loop's own end",
		text: traced(
			"const f = (a) => { for (const x of [1, 2, 3]) { try { if (x === a) return x; } finally { say(x); } } " +
				"return 0; };",
			"for (let i = 1; i < 3; i++) { const r = f(i); if (r === n) return say(r); } return -1;",
		),
	},
	{
		name: "throw",
		text: traced(
			"const f = (a) => { say(a); if (a === 1) return new Error(`one`); return new Error(`other`); };",
			"try { throw f(n); } catch (e) { return e.message; }",
		),
	},
	{
		name: "exceptions of its own",
		text: traced(
			"const f = (a) => { try { if (a === 1) throw a; return say(a); } catch { return say(-1); } finally { " +
				"say(0); } };",
			"const x = f(n); return x;",
		),
	},
	{ name: "first operand", text: traced(early, "return f(n) + say(1);") },
	{ name: "second operand, of a constant", text: traced(early, "const y = n; return y + f(n);") },
	{
		name: "method of what it gives",
		text: traced("const f = (a) => { say(a); return [a]; };", "return f(n).map((x) => x + 1);"),
	},
	{ name: "argument of a method", text: traced(early, "return say(f(n));") },
	{
		name: "patterns",
		text: traced(
			"const f = ({ a, b: [c] }, d) => { say(c); d += a; return d; };",
			"const x = f({ a: n, b: [3] }, n); return x;",
		),
	},
	{
		name: "parameters that are changed",
		text: traced("const f = (a) => { a += 1; say(a); return a; };", "const x = f(n); return x + n;"),
	},
	{
		name: "nothing given",
		text: traced("const f = (a, b) => { say(b); return a === undefined ? b : a; };", "const x = f(); return [x];"),
	},
	{
		name: "this of its host",
		text: `class A { p = 3; m() { const x = f(this, 1); return x; } }
		const f = (it, n) => { if (n > 5) return 0; const g = () => it.p; return g() + n; };
		export const result = new A().m();`,
	},
	{
		name: "names that its host has, too",
		text: traced(
			"const b = 7; const f = (a) => { say(b); const c = a; if (c === 1) return c; return b; };",
			"const b = 1, c = 2, a = 3; const x = f(n); return [a, b, c, x];",
		),
	},
	{
		name: "one in another",
		text: traced(
			"const h = (a) => { say(a); if (a > 1) return 1; return 2; }; const g = (a) => { const x = h(a + 1); " +
				"say(x); return x; }; const f = (a) => { if (a === 0) return 9; return g(a); };",
			"const x = f(n); return x;",
		),
	},
	{
		name: "an expression, at a place that is not always reached",
		text: traced("const f = (a) => a + 1;", "return n > 1 && f(n) > 2 ? say(1) : 0;"),
	},
	{
		name: "an expression, several times",
		text: traced(
			"const f = (a, b) => a * 2 + b;",
			"let m = 0; while (f(n, 1) > m) m += 1; return [f(n, 2), f(3, n), m];",
		),
	},
	{
		name: "an expression, of what something gives",
		text: traced("const f = (a, b) => a + b;", "return n === 3 || f(say(n), n) > 2;"),
	},
	{ name: "an order that would change", text: traced(early, "return say(6) + f(n);"), stays: true },
	{
		name: "arguments in another order",
		text: traced("const f = (a, b) => [b, a];", "return n > 0 && f(say(n), say(-n));"),
		stays: true,
	},
	{ name: "a place that is not always reached", text: traced(early, "return n > 1 && f(n);"), stays: true },
	{ name: "a condition of a loop", text: traced(early, "while (f(n) < 10) n += 2; return n;"), stays: true },
	{
		name: "one that calls itself",
		text: traced("const f = (a) => { if (a > 5) return a; return f(a + 1); };", "const x = f(n); return x;"),
		stays: true,
	},
	{ name: "one that is a value", text: traced(early, "return [n].map(f);"), stays: true },
	{
		name: "a default that may be needed",
		text: traced(early, "const x = f(n, n || undefined); return x;"),
		stays: true,
	},
	{
		name: "what may have been set meanwhile",
		text: traced("let y = 1; const f = (a) => { y += a; return a; };", "return y + f(n);"),
		stays: true,
	},
	{
		name: "a method that may have been set meanwhile",
		text: traced("const o = { m: (a) => [a] }; const f = (a) => { o.m = (b) => b; return a; };", "return o.m(f(n));"),
		stays: true,
	},
	{
		name: "one on the top level",
		text: `const f = (a) => { if (a > 1) return 1; return 2; }; export const result = f(1);`,
		stays: true,
	},
];

describe("functions where they are called", () => {
	for (const { name, text, stays = false } of moving) {
		test(stays ? `not: ${name}` : name, async () => {
			const rewritten = withFewerSlots(text);
			assert.deepEqual(await resultOf(rewritten), await resultOf(text), rewritten);
			assert.equal(/const f = /.test(rewritten), stays, rewritten);
		});
	}
});
