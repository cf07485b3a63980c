// node scripts/sdk-rom.mjs WORDS FOR XSL: the SDK's linker without the built-ins that nobody uses, and then the machine in ROM
// that it wrote as C made smaller (scripts/linked-rom). Says so and leaves the C as it is when the linker wrote what this
// does not know.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./build.mjs";
import { withoutNeeded } from "./built-ins-link.mjs";
import { tightened } from "./linked-rom/tightening.mjs";
import { atomOf, symbolsOf } from "./xs-atoms.mjs";

const bytecode = join(root, "build/js/hosts/simulator/engine/bytecode");

/** What of the SDK's XS the pass goes by: its operations, and which names its C has. */
export async function readXs(home) {
	if (!existsSync(join(bytecode, "codes.js"))) await build();
	const { readCodes } = await import(join(bytecode, "codes.js"));
	const folder = join(home, "xs/sources");
	const source = (name) => readFileSync(join(folder, name), "latin1");
	const common = source("xsCommon.c");
	const sources = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
	return { codes: readCodes(source("xsCommon.h"), common), common, sources: sources.map(source) };
}

/**
 * Rewrites what the linker wrote into a folder.
 * @param {string} folder with mc.xs.c and mc.xs.h
 * @param {Awaited<ReturnType<typeof readXs>>} xs
 * @param {ReadonlySet<string>} natives names that C asks for
 * @throws UnknownShape, RangeError: nothing is written then
 */
export function tightenFolder(folder, xs, natives) {
	const read = (name) => readFileSync(join(folder, name), "latin1");
	const before = { source: read("mc.xs.c"), header: read("mc.xs.h") };
	const after = tightened(before, xs, natives);
	writeFileSync(join(folder, "mc.xs.c"), after.source, "latin1");
	writeFileSync(join(folder, "mc.xs.h"), after.header, "latin1");
}

/** The SDK's xsid lists the names that a C source asks for, as an XS_I file. */
function nativeNames(words) {
	const paths = words.filter((word) => word.endsWith(".xsi"));
	return new Set(paths.flatMap((path) => symbolsOf(atomOf(readFileSync(path), "SYMB"))));
}

const headerOf = (folder) => {
	const path = join(folder, "mc.xs.h");
	return existsSync(path) ? { path, text: readFileSync(path, "latin1"), ...statSync(path) } : undefined;
};

async function main(words) {
	const folder = words[words.indexOf("-o") + 1];
	const header = headerOf(folder);
	const home = process.env.MODDABLE;
	const linked = spawnSync(join(home, "build/bin/lin/release/xsl"), withoutNeeded(words, home), { stdio: "inherit" });
	if (linked.status !== 0) return linked.status ?? 1;
	try {
		tightenFolder(folder, await readXs(home), nativeNames(words));
	} catch (error) {
		// A machine that is larger than it could be runs as well.
		process.stderr.write(`# warning: the machine in ROM stays as the linker made it: ${error.message}\n`);
	}
	// The linker keeps the time of a header that only grows; ours gives names other numbers when they come and go.
	const now = headerOf(folder);
	if (header !== undefined && header.text === now.text) utimesSync(now.path, header.atime, header.mtime);
	else utimesSync(now.path, new Date(), new Date());
	return 0;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
	process.exitCode = await main(process.argv.slice(2));
}
