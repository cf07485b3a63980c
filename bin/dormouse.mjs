#!/usr/bin/env node
// The command line's first step: with the sources at hand, turn what is newer than build/js into JavaScript, then hand over.
import { existsSync } from "node:fs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 11)) {
	process.stderr.write(`dormouse needs Node 20.11 or newer; this is ${process.version}\n`);
	process.exit(2);
}

const at = (path) => new URL(path, import.meta.url);
const main = at("../build/js/hosts/simulator/cli/main.js");
if (existsSync(at("../scripts/build.mjs")) && existsSync(at("../hosts/simulator/cli/main.ts"))) {
	const { build } = await import(at("../scripts/build.mjs").href);
	try {
		await build();
	} catch (error) {
		// An installed package may be read-only; its JavaScript came with it.
		if (!existsSync(main)) throw error;
		process.stderr.write(`build/js is left as it is: ${error.message}\n`);
	}
}

const { main: run } = await import(main.href);
// The reader of a pipe may leave ("dormouse sim --json | head"): that ends the run, it is no failure.
for (const stream of [process.stdout, process.stderr]) {
	stream.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
}
const status = await run(process.argv.slice(2));
process.stdout.write("", () => process.stderr.write("", () => process.exit(status)));
