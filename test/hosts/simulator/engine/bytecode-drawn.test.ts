import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompiledModule } from "../../../../hosts/simulator/engine/compiler.ts";
import { Firmware } from "../../../../hosts/simulator/engine/machine.ts";
import { ProgramDrawer } from "./drawn-program.ts";
import { console, engine, small } from "./harness.ts";

const { compiler } = engine;
const programs = Number(process.env.DORMOUSE_DRAWN_PROGRAMS ?? 24);

/** mulberry32 */
function below(seed: number): (bound: number) => number {
	let state = seed;
	return (bound) => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % bound;
	};
}

function said(body: string, isTight: boolean): string[] {
	const compile = (name: string, source: string) =>
		isTight ? compiler.compile(name, source) : compiler.compileOnly(name, source);
	return printed(body, compile);
}

/** The same with its functions on the top level of a module, where they capture each other. */
function saidOnTop(body: string): string[] {
	const compile = (name: string, source: string) => compiler.compile(name, source);
	const main = compile("main", `const say = (...all) => board.print(all.map(String).join(" "));\n${body}`);
	return booted([main]);
}

function printed(body: string, compile: (name: string, source: string) => CompiledModule): string[] {
	const program = compile("program", `export function run(say) {${body}\n}`);
	const main = compile(
		"main",
		'import { run } from "./program.js"; run((...all) => board.print(all.map(String).join(" ")));',
	);
	return booted([program, main]);
}

function booted(modules: readonly CompiledModule[]): string[] {
	const ports = console();
	const firmware = new Firmware(engine, compiler.link([...modules]), { entry: "main" });
	firmware.machine({ ...small, arenaBytes: 1024 * 1024, stackSlots: 4096, keys: 512 }, ports).boot();
	return ports.printed;
}

test(`${programs} drawn programs say the same as XS has them, as we have them, and in Node`, () => {
	let lines = 0;
	let smaller = 0;
	for (let seed = 0; seed < programs; seed++) {
		const body = new ProgramDrawer(below(seed)).program(6);
		const expected: string[] = [];
		new Function("say", `"use strict";${body}`)((...all: unknown[]) => expected.push(all.map(String).join(" ")));
		const source = `export function run(say) {${body}\n}`;
		assert.deepEqual(said(body, true), expected, `seed ${seed}, tightened`);
		assert.deepEqual(saidOnTop(body), expected, `seed ${seed}, tightened, on the top level`);
		assert.deepEqual(said(body, false), expected, `seed ${seed}, as XS has it`);
		lines += expected.length;
		smaller += compiler.compile("p", source).code.length / compiler.compileOnly("p", source).code.length;
	}
	assert.ok(lines > 10 * programs, `${lines} lines`);
	assert.ok(smaller < 0.95 * programs, `${smaller / programs}`);
});
