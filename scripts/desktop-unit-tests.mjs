// Makes an image of test/modules and test/src, the tests that run on every engine, for the SDK's simulator.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, root } from "./build.mjs";

const testsIn = (room) =>
	readdirSync(join(root, "test", room), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".test.ts"))
		.map((name) => join(root, "build/js/test", room, name.replace(/\.ts$/, ".js")));

/** Runs a few cases per turn, so that the simulator stays alive, says which failed and how many passed, and ends. */
const entry = (files, tests) => `
${files.map((file) => `import ${JSON.stringify(file)};`).join("\n")}
import { cases, test } from ${JSON.stringify(join(tests, "harness.js"))};
import { cryptoCases } from ${JSON.stringify(join(tests, "modules/crypto/conformance.js"))};
import { endProcess } from "hosts/desktop/desktop-system";
import { openPsaCrypto } from "hosts/psa/psa-crypto";
import Timer from "timer";

const psa = openPsaCrypto();
if (psa === undefined) trace("SKIPPED the vectors of the Crypto port over PSA: this image was built without it\\n");
else for (const { name, run } of cryptoCases(psa)) test("PSA: " + name, run);

export default function main() {
	let index = 0;
	let failed = 0;
	const turn = () => {
		for (const end = Math.min(index + 10, cases.length); index < end; index++) {
			const { name, run } = cases[index];
			try {
				run();
			} catch (error) {
				failed++;
				trace("FAILED " + name + ": " + error + "\\n");
			}
		}
		if (index < cases.length) return;
		Timer.clear(timer);
		trace(cases.length - failed + " passed, " + failed + " failed on the XS of the SDK\\n");
		endProcess(0);
	};
	const timer = Timer.repeat(turn, 1);
}
`;

/** Tests keep everything they make, and nobody measures their memory. */
const manifest = {
	build: { NAME: "dormouse-unit-tests" },
	include: ["$(MODDABLE)/examples/manifest_base.json", join(root, "hosts/desktop/manifest.json")],
	creation: {
		static: 0,
		chunk: { initial: 4_000_000, incremental: 1_000_000 },
		heap: { initial: 200_000, incremental: 50_000 },
		stack: 4096,
		keys: { initial: 4096, incremental: 256 },
	},
	modules: { "*": "./main" },
};

/** @returns the image to build, and the line that says that all passed */
export async function writeUnitTests(folder) {
	await build();
	const { rollup } = await import("rollup");
	const { default: json } = await import("@rollup/plugin-json");
	mkdirSync(folder, { recursive: true });
	const files = ["modules", "src"].flatMap(testsIn).sort();
	const source = join(folder, "entry.js");
	writeFileSync(source, entry(files, join(root, "build/js/test")));
	// Without tree shaking: a test file's cases are side effects of its import.
	const external = ["timer", "hosts/desktop/desktop-system", "hosts/psa/psa-crypto"];
	const bundle = await rollup({ input: source, external, plugins: [json()], treeshake: false });
	await bundle.write({ file: join(folder, "main.js"), format: "es" });
	await bundle.close();
	writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest, null, "\t"));
	process.stderr.write(`${files.length} test files in ${relative(root, folder)}\n`);
	return {
		name: manifest.build.NAME,
		manifest: join(folder, "manifest.json"),
		passed: /^[1-9]\d* passed, 0 failed on the XS of the SDK$/,
	};
}
