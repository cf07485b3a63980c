// node scripts/sdk-bytecode.mjs FILE.xsb: makes what the SDK's xsc compiled smaller, as the simulator's compiler does with its own
// (hosts/simulator/engine/bytecode). $MODDABLE has the tables of that XS's operations.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./build.mjs";
import { atomsOf, symbolsOf } from "./xs-atoms.mjs";

const bytecode = join(root, "build/js/hosts/simulator/engine/bytecode");

function atom(type, bytes) {
	const head = Buffer.alloc(8);
	head.writeUInt32BE(bytes.length + 8);
	head.write(type, 4, "latin1");
	return Buffer.concat([head, bytes]);
}

function symbolBytes(symbols) {
	const count = Buffer.alloc(2);
	count.writeUInt16LE(symbols.length + 1);
	return Buffer.concat([count, Buffer.from(symbols.map((symbol) => `${symbol}\0`).join(""))]);
}

/** Natives: their number, and for each the count of its parameters, the number of its name, and its C name. */
function renamedHosts(bytes, before, after) {
	const hosts = Buffer.from(bytes);
	let at = 2;
	for (let left = hosts.readUInt16LE(0); left > 0; left--) {
		const old = hosts.readUInt16LE(at + 1);
		if (old !== 0 && old !== 0xffff) {
			const name = before[old - 1];
			if (!after.includes(name)) after.push(name);
			hosts.writeUInt16LE(after.indexOf(name) + 1, at + 1);
		}
		at = hosts.indexOf(0, at + 3) + 1;
	}
	return hosts;
}

/**
 * @param {Buffer} file a module that xsc compiled for release
 * @param {object} codes of that XS: readCodes()
 * @returns {Buffer} the same, smaller
 */
export function tightenedFile(file, codes, tightened) {
	const atoms = atomsOf(file);
	const of = (type) => atoms.find((each) => each.type === type)?.bytes;
	const before = symbolsOf(of("SYMB"));
	const { code, symbols } = tightened({ code: new Uint8Array(of("CODE")), symbols: before }, codes);
	const after = [...symbols];
	const hosts = of("HOST") === undefined ? undefined : renamedHosts(of("HOST"), before, after);
	const changed = {
		SYMB: symbolBytes(after),
		CODE: Buffer.from(code),
		...(hosts === undefined ? {} : { HOST: hosts }),
	};
	const body = Buffer.concat(atoms.map(({ type, bytes }) => atom(type, changed[type] ?? bytes)));
	return atom("XS_B", body);
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
	if (!existsSync(join(bytecode, "tightening.js"))) await build();
	const { tightened } = await import(join(bytecode, "tightening.js"));
	const { readCodes } = await import(join(bytecode, "codes.js"));
	const source = (name) => readFileSync(join(process.env.MODDABLE, "xs/sources", name), "utf8");
	const codes = readCodes(source("xsCommon.h"), source("xsCommon.c"));
	for (const path of process.argv.slice(2)) writeFileSync(path, tightenedFile(readFileSync(path), codes, tightened));
}
