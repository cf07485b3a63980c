// npm run check: types of every room, format and lint. The rules of the tree itself (imports, names, sizes) are test/tidy.test.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./build.mjs";

const steps = [
	["tsc", "-p", "tsconfig.json"],
	["tsc", "-p", "tsconfig.node.json"],
	["tsc", "-p", "hosts/desktop/tsconfig.json"],
	["biome", "check", "--error-on-warnings", "."],
];

let failed = 0;
for (const [tool, ...words] of steps) {
	process.stdout.write(`\n$ ${tool} ${words.join(" ")}\n`);
	const { status } = spawnSync(join(root, "node_modules/.bin", tool), words, { cwd: root, stdio: "inherit" });
	if (status !== 0) failed++;
}
process.stdout.write(failed === 0 ? "\nall clean\n" : `\n${failed} of ${steps.length} checks failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
