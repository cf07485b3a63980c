// npm test [-- FILTER…]   everything but interop;   npm run test:interop [-- FILTER…]   the image against servers that we did not write.
// FILTER is part of a file name: `npm test -- coap`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./build.mjs";

const filters = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const interop = process.argv.includes("--interop");

await build();
const testRoot = join(root, "build/js/test");
// The sources say which tests there are: build/js may still hold one that was deleted.
const files = readdirSync(join(root, "test"), { recursive: true })
	.filter((path) => path.endsWith(".test.ts"))
	.map((path) => path.replace(/\.ts$/, ".js"))
	// test/modules and test/src run on both engines, through portable.test.ts
	.filter((path) => !/^(modules|src)\//.test(path) && path.startsWith("interop/") === interop)
	.filter((path) => filters.length === 0 || path === "portable.test.js" || filters.some((part) => path.includes(part)))
	.sort();

if (files.length === 0) {
	process.stderr.write(`No test file's name holds ${filters.join(" or ")}.\n`);
	process.exit(2);
}

const { status } = spawnSync(
	process.execPath,
	[
		"--test",
		"--disable-warning=ExperimentalWarning",
		`--test-reporter=${join(root, "scripts/test-reporter.mjs")}`,
		"--test-reporter-destination=stdout",
		...(interop ? ["--test-concurrency=1"] : []),
		...files.map((path) => join(testRoot, path)),
	],
	{ cwd: root, stdio: "inherit", env: { ...process.env, DORMOUSE_TEST_FILTER: filters.join(" ") } },
);
process.exitCode = status ?? 1;
