// npm test [-- FILTER…]   everything but interop;   npm run test:interop [-- FILTER…]   the image against servers that we did not write.
// FILTER is part of a file's path: `npm test -- coap`, `npm test -- lwm2m/write server`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./build.mjs";

const filters = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const interop = process.argv.includes("--interop");

await build();
const testRoot = join(root, "build/js/test");
// The sources say which tests there are: build/js may still hold one that was deleted.
const isWanted = (path) => filters.length === 0 || filters.some((part) => path.includes(part));
const isPortable = (path) => /^(modules|src)\//.test(path); // runs on both engines, through portable.test.ts
const wanted = readdirSync(join(root, "test"), { recursive: true })
	.filter((path) => path.endsWith(".test.ts"))
	.filter((path) => isWanted(path) && path.startsWith("interop/") === interop);
const runners = new Set(wanted.map((path) => (isPortable(path) ? "portable.test.ts" : path)));
const files = [...runners].map((path) => path.replace(/\.ts$/, ".js")).sort();

if (files.length === 0) {
	process.stderr.write(`No test file's name holds ${filters.join(" or ")}.\n`);
	process.exit(2);
}

const { status } = spawnSync(
	process.execPath,
	[
		"--test",
		"--disable-warning=ExperimentalWarning",
		"--test-timeout=1200000", // a file that hangs fails, and does not hang all
		`--test-reporter=${join(root, "scripts/test-reporter.mjs")}`,
		"--test-reporter-destination=stdout",
		// Two files at once: most of them wait, for another program or for time to pass.
		"--test-concurrency=2",
		...files.map((path) => join(testRoot, path)),
	],
	{
		cwd: root,
		stdio: "inherit",
		env: { ...process.env, DORMOUSE_TESTS: filters.includes("portable") ? "" : filters.join(" ") },
	},
);
process.exitCode = status ?? 1;
