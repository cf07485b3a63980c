/** The image for a chip as far as it goes without ESP-IDF (skipped without $MODDABLE), and what is left out of it. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { whatIsMissing } from "../desktop/desktop-device.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const load = (path: string) => import(pathToFileURL(join(root, path)).href);
const folder = mkdtempSync(join(tmpdir(), "dormouse-reached-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Reached {
	reachedManifest(options: { entry: string; manifest: string; folder: string }): string;
	reachedFrom(paths: readonly string[]): Set<string>;
}

interface DryBuild {
	dryBuild(options: object): Promise<{ sourceBytes: number; sdkconfig: string; partitions: string }>;
}

const { reachedManifest, reachedFrom } = (await load("scripts/reached.mjs")) as Reached;
const compact = { entry: "hosts/esp32/compact/main", manifest: join(root, "hosts/esp32/manifest_compact.json") };

test("esp32: manifest, TypeScript, bytecode and ROM of the compact application, without a warning", {
	skip: whatIsMissing() ?? false,
}, async () => {
	const { findSdk } = (await load("scripts/sdk.mjs")) as { findSdk(): object };
	const { dryBuild } = (await load("hosts/esp32/tools/dry-build.mjs")) as DryBuild;
	const said: string[] = [];
	const built = await dryBuild({
		sdk: findSdk(),
		platform: "esp32/esp32c3",
		manifest: reachedManifest({ ...compact, folder: join(folder, "compact") }),
		name: "dormouse",
		output: join(root, "build/esp32-dry"),
		onLine: (line: string) => said.push(line),
	});
	assert.ok(built.sourceBytes > 1_000_000, said.join("\n"));
	assert.equal(built.partitions, readFileSync(join(root, "hosts/esp32/partitions.csv"), "utf8"));
	const ours = readFileSync(join(root, "hosts/esp32/sdkconfig/sdkconfig.defaults"), "utf8").split("\n");
	const given = new Set(built.sdkconfig.split("\n"));
	for (const line of ours.filter((text) => text.startsWith("CONFIG_"))) {
		// mcconfig writes "=" for what the SDK has as y and we as n
		assert.ok(given.has(line) || given.has(line.replace(/=n$/, "=")), line);
	}
});

test("esp32: 4 and 8 MB have their own partitions and settings: what is included would go before them", () => {
	const read = (name: string) => JSON.parse(readFileSync(join(root, "hosts/esp32", name), "utf8"));
	const wanted = { "": "./sdkconfig", "-8mb": "./sdkconfig-8mb" };
	for (const [name, size] of [
		["compact", ""],
		["selftest", ""],
		["application", "-8mb"],
	] as const) {
		const { build, include } = read(`manifest_${name}.json`);
		assert.equal(build.SDKCONFIGPATH, wanted[size], name);
		assert.equal(build.PARTITIONS_FILE, `./partitions${size}.csv`, name);
		assert.ok(include.includes("./manifest.json"));
	}
	const { build } = read("manifest.json");
	assert.deepEqual(Object.keys(build), ["IDF_PARTS", "SDK_DIRS"]);
});

test("reached: what only the compiler needs is not reached, what is imported from afar is", () => {
	const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
	write(
		"one.ts",
		'import type { A } from "./types.ts";\nimport { two } from "./two.ts";\nexport const one: A = two;\n',
	);
	write("two.ts", 'export type { A } from "./types.ts";\nexport { three as two } from "./three.ts";\nimport "sdk";\n');
	write("three.ts", "export const three = 3;\n");
	write("types.ts", "export type A = number;\n");
	const reached = [...reachedFrom([join(folder, "one.ts")])].map((path) => path.slice(folder.length + 1)).sort();
	assert.deepEqual(reached, ["one.ts", "three.ts", "two.ts"]);
});

test("reached: the compact application has no certificates, JSON and software; its entry and its C are there", () => {
	const all = new Map<string, { modules?: Record<string, string[]>; preload?: string[] }>();
	const gather = (path: string) => {
		if (all.has(path)) return;
		const manifest = JSON.parse(readFileSync(path, "utf8"));
		all.set(path, manifest);
		for (const include of [manifest.include ?? []].flat()) if (include.startsWith("/")) gather(include);
	};
	gather(reachedManifest({ ...compact, folder: join(folder, "listed") }));
	const stems = [...all.values()].flatMap(({ modules }) => Object.values(modules ?? {}).flat());
	const preloads = [...all.values()].flatMap(({ preload }) => preload ?? []);
	for (const name of ["hosts/esp32/compact/main", "hosts/esp32/esp32-sleep", "src/application"]) {
		assert.ok(stems.includes(join(root, name)), name);
	}
	assert.ok(preloads.includes("src/application") && !preloads.includes("src/software"));
	assert.ok(!stems.includes(join(root, "src/software")) && !stems.includes(join(root, "src/main")));
});
