import assert from "node:assert/strict";
import { test } from "node:test";
import { console, firmware, small } from "./harness.ts";
import { entryModule, romModules } from "./rom-program.ts";

/** The same program on Node. */
async function onNode(): Promise<(count: number) => string> {
	const urls: Record<string, string> = {};
	const toUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
	for (const [name, source] of Object.entries(romModules)) {
		urls[name] = toUrl(source.replace(/from "\.\/(\w+)\.js"/g, (_, file) => `from "${urls[`lib/${file}`]}"`));
	}
	const { round } = await import(urls["lib/work"]!);
	const kept: object[] = [];
	let next = 0;
	let total = 0;
	return (count) => {
		for (let i = 0; i < count; i++) total = (total * 31 + round(next++, kept)) >>> 0;
		return String(total);
	};
}

test("modules in ROM survive thousands of collections, and compute what Node computes", async () => {
	const reference = await onNode();
	const ports = console();
	const machine = firmware({ ...romModules, main: entryModule }).machine(small, ports);
	machine.boot();
	const rom = machine.romHash();
	let turns = 0;
	while (machine.figures().collections < 3000) {
		machine.vm.turn(1, 20);
		assert.equal(ports.printed.pop(), reference(20), `after turn ${turns}`);
		if (turns++ % 10 === 0) machine.collect();
		assert.ok(turns < 2000, "the collector does not run");
	}
	assert.equal(machine.romHash(), rom, "ROM was written");
	machine.collect();
	const settled = machine.figures().ramBytes.used;
	for (let i = 0; i < 20; i++) machine.vm.turn(1, 20);
	machine.collect();
	assert.ok(Math.abs(machine.figures().ramBytes.used - settled) < 1024, "RAM is not flat");
});
