// Reads what the SDK's linker made of an image: the machine in ROM, as C, and what each module gave to it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { slotsByKind } from "./rom-slots.mjs";
import { atomOf } from "./xs-atoms.mjs";

/** Of XS on a chip with 32 bits. */
const slotBytes = 16;
const pointerBytes = 4;
const colourBytes = 2;
/** A native's row: its C, the count of its parameters, the number of its name. */
const builderBytes = 12;

const isOurs = (name) => name === "program" || /^(modules|src|hosts)\//.test(name);

/** Bytes of the C string that begins behind the quote at `from`, its ending 0 included. */
function literalBytes(line, from) {
	let bytes = 1;
	let at = from;
	for (; at < line.length && line[at] !== '"'; bytes++) {
		if (line[at] !== "\\") at++;
		else if (line[at + 1] === "x") at += 4;
		else if (/[0-7]/.test(line[at + 1])) at += 4;
		else at += 2;
	}
	return { bytes, end: at };
}

/** The bytecode in a compiled module. */
function codeBytesOf(path) {
	if (!existsSync(path)) return 0; // a native module: all C
	return atomOf(readFileSync(path), "CODE")?.length ?? 0;
}

/**
 * Measures a linked image, in bytes of a chip with 32 bits.
 * @param {string} folder that mcconfig worked in, with mc.xs.c and modules/
 * @returns the ROM by what it is, and the bytecode by module. Code of XS itself and of native modules is not in it
 */
export function measureRom(folder) {
	const source = readFileSync(join(folder, "mc.xs.c"), "latin1");
	const count = (name) => Number(new RegExp(`#define mx${name}Count (\\d+)`).exec(source)?.[1] ?? 0);
	const rom = {
		heapBytes: count("Heap") * slotBytes,
		stackBytes: count("Stack") * slotBytes,
		keyBytes: count("Keys") * (pointerBytes + colourBytes) + (count("Names") + count("Symbols")) * pointerBytes,
		codeBytes: 0,
		stringBytes: 0,
		otherBytes: (count("BigInt") + count("RegExp")) * 4,
	};
	for (const [, size] of source.matchAll(/^static const txU1 gx(?:Code\d+|Texts)\[(\d+)\] = /gm))
		rom.codeBytes += Number(size);
	for (const [, size] of source.matchAll(/^static const xsHostBuilder gxBuilders\d*\[(\d+)\] = /gm))
		rom.otherBytes += Number(size) * builderBytes;
	const start = source.indexOf("static const txSlot gxHeap[mxHeapCount] = {");
	const end = source.indexOf("static const txSlot* const gxKeys[mxKeysCount] ", start);
	// The compiler keeps literals that are alike once.
	const seen = new Set();
	for (const line of source.slice(start, end < 0 ? undefined : end).split("\n")) {
		for (let at = line.indexOf('"'); at >= 0; ) {
			const { bytes, end: stop } = literalBytes(line, at + 1);
			const literal = line.slice(at + 1, stop);
			if (!seen.has(literal)) {
				if (line.slice(0, at).endsWith("(txByte*)")) rom.codeBytes += bytes;
				else rom.stringBytes += bytes;
			}
			seen.add(literal);
			at = line.indexOf('"', stop + 1);
		}
	}
	const names = [...source.matchAll(/, \d+, "([^"\n]+)", \{ XS_MAJOR_VERSION/g)].map(([, name]) => name);
	const modules = names.map((name) => ({
		name,
		codeBytes: codeBytesOf(join(folder, "modules", `${name.replace("embedded:", "~.embedded/")}.xsb`)),
	}));
	const sum = (list) => list.reduce((total, { codeBytes }) => total + codeBytes, 0);
	return {
		modules: modules.length,
		aliases: count("Alias"),
		slots: count("Heap"),
		bytecodeBytes: sum(modules),
		ownBytecodeBytes: sum(modules.filter(({ name }) => isOurs(name))),
		rom,
		slotsByKind: slotsByKind(source),
		romBytes: Object.values(rom).reduce((total, bytes) => total + bytes, 0),
		byModule: modules,
	};
}
