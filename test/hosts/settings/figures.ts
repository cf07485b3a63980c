/**
 * What settings cost on XS: bytecode, computrons, and RAM of an open store.
 * `npm run build && node build/js/test/hosts/settings/figures.js`
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileCached } from "../../../hosts/simulator/engine/bytecode-cache.ts";
import { loadEngine } from "../../../hosts/simulator/engine/engine.ts";
import { Firmware } from "../../../hosts/simulator/engine/machine.ts";
import type { MachineMemory } from "../../../hosts/simulator/engine/memory.ts";
import type { BoardPorts } from "../../../hosts/simulator/engine/ports.ts";
import { bundle, closure } from "../../../hosts/simulator/image/bundle.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const own = /^modules\/settings\//;
const ofStore = /\/(key-value-names|key-value-settings|migration|transaction)$/;

const memory: MachineMemory = {
	arenaBytes: 16 * 1024 * 1024,
	stackSlots: 8192,
	heapSlots: 16384,
	moreHeapSlots: 4096,
	chunkBytes: 512 * 1024,
	moreChunkBytes: 64 * 1024,
	keys: 2048,
	moreKeys: 1024,
	cHeapBytes: 1024 * 1024,
	turnComputrons: 4_000_000_000,
};

/** The settings partition of the nRF52840: 8 sectors of 4 KiB, words. 40 values of 24 bytes, and a session of 77. */
const program = `
import { FlashSettings } from "./modules/settings/flash-settings.js";
import { KeyValueSettings } from "./modules/settings/key-value-settings.js";
import { migrate } from "./modules/settings/migration.js";
class Chip {
	constructor() { this.bytes = new Uint8Array(32768).fill(255); }
	sizeBytes = 32768; sectorBytes = 4096; writeBytes = 4; erasedByte = 255;
	read(offset, into) { into.set(this.bytes.subarray(offset, offset + into.length)); }
	write(offset, bytes) { this.bytes.set(bytes, offset); }
	erase(offset, size) { this.bytes.fill(255, offset, offset + size); }
}
const blank = new Chip();
const flash = new Chip();
let store = new FlashSettings({ flash });
const tidy = () => { while (!store.isIdle) store.poll(); };
const value = new Uint8Array(24), session = new Uint8Array(77), long = new Uint8Array(1000);
for (let key = 1; key <= 40; key++) { store.set(key, value); tidy(); }
let turn = 0;
const kept = [];
const change = (bytes) => { turn++; bytes[0] = turn; bytes[1] = turn >> 8; return bytes; };
for (let hour = 0; hour < 300; hour++) { store.set(50, change(session)); tidy(); }
const works = {
	nothing: () => {},
	"open a blank partition": () => { new FlashSettings({ flash: blank }); },
	"open 41 values": () => { new FlashSettings({ flash }); },
	"open, and keep it": () => { kept.push(new FlashSettings({ flash })); },
	"get 24 bytes": () => { store.get(7); },
	"get 77 bytes": () => { store.get(50); },
	"set 24 bytes": () => { store.set(7, change(value)); },
	"set 77 bytes": () => { store.set(50, change(session)); },
	"set 1000 bytes": () => { store.set(60, change(long)); },
	"set what is there, 24 bytes": () => { store.set(8, value); },
	"commit 4 of 24 bytes": () => { store.commit([1, 2, 3, 4].map((key) => ({ key, value: change(value) }))); },
	"nextKey": () => { store.nextKey(20); },
	"poll, idle": () => { store.poll(); },
	"snapshot": () => { store.snapshot(0); },
	"restore": () => { store.restore(0); },
};
const names = Object.keys(works);
board.listen((count, index) => {
	if (index === 1000) { tidy(); return; }
	if (index === 1001) { board.log(String(works.steps ?? 0)); return; }
	const work = works[names[index]];
	for (let round = 0; round < count; round++) work();
});
board.log(JSON.stringify(names));
`;

const engine = await loadEngine(() => {});
const names = ["flash-settings", "key-value-settings", "migration"].map((name) => `modules/settings/${name}`);
const modules = await bundle({ entries: names.map((name) => join(root, `${name}.js`)), root, shake: false });
const needed = [...new Set(names.flatMap((name) => closure(modules, name)))];
const compiled = needed.map(({ name, source }) => compileCached(engine, name, source));
let total = 0;
let flashOnly = 0;
for (const { name, code } of compiled) {
	if (!own.test(name)) continue;
	total += code.length;
	if (!ofStore.test(name)) flashOnly += code.length;
	process.stdout.write(`${name}: ${code.length} bytes of bytecode\n`);
}
process.stdout.write(`all: ${total}; raw flash alone: ${flashOnly}\n`);
const link = engine.compiler.link([...compiled, engine.compiler.compile("run", program)]);
const firmware = new Firmware(engine, link, { entry: "run", preload: needed.map(({ name }) => name) });
const heard: string[] = [];
const ports = { log: (text: string) => heard.push(text), wallTimeS: () => undefined } as unknown as BoardPorts;
const machine = firmware.machine(memory, ports);
machine.boot();
let idle = 0;
const works = JSON.parse(heard.pop()!) as string[];
for (const [index, name] of works.entries()) {
	const rounds = name.includes("1000") ? 2 : 8;
	machine.vm.turn(1, index);
	machine.vm.turn(1, 1000);
	machine.collect();
	const before = machine.figures();
	machine.vm.turn(rounds, index);
	const after = machine.figures();
	machine.collect();
	const kept = machine.figures();
	const computrons = (after.computrons - before.computrons) / rounds;
	if (index === 0) idle = computrons;
	const round = (value: number) => Math.round(value / rounds);
	process.stdout.write(
		`${name}: ${Math.round(computrons - idle)} computrons, ${round(after.slots.used - before.slots.used)} bytes in ` +
			`slots and ${round(after.chunks.used - before.chunks.used)} in chunks until collected, ` +
			`${round(kept.slots.used - before.slots.used)} and ${round(kept.chunks.used - before.chunks.used)} kept\n`,
	);
}
