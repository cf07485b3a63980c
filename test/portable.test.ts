/** Runs every case of test/modules and test/src twice: on Node, and on XS. Each is a test of its own in the report. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadEngine } from "../hosts/simulator/engine/engine.ts";
import { bundle } from "../hosts/simulator/image/bundle.ts";
import { cases } from "./harness.ts";
import { loadXsCases } from "./xs/runner.ts";

/** build/js: what runs is what scripts/build.mjs made. */
const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
/** Parts of paths, with blanks between them; none: all. */
const wanted = (process.env.DORMOUSE_TESTS ?? "").split(" ").filter((part) => part !== "");

const title = (path: string) =>
	relative(join(root, "test"), path)
		.replaceAll("\\", "/")
		.replace(/\.test\.js$/, "");

const files = ["test/modules", "test/src"]
	.flatMap((room) => {
		try {
			return readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((name) => join(root, room, name));
		} catch {
			return [];
		}
	})
	.filter((path) => path.endsWith(".test.js"))
	.filter((path) => wanted.length === 0 || wanted.some((part) => title(path).includes(part)))
	.sort();

async function onNode(path: string): Promise<void> {
	const before = cases.length;
	try {
		await import(pathToFileURL(path).href);
	} catch (error) {
		test(`node › ${title(path)} loads`, () => {
			throw error;
		});
		return;
	}
	for (const { name, run } of cases.slice(before)) test(`node › ${title(path)} › ${name}`, run);
}

const engine = await loadEngine((progress) => {
	process.stderr.write(`building XS: ${progress.done}/${progress.total} ${progress.what}\n`);
});

/** Bundles each file alone when all together fail, so that one broken file does not hide the others. */
async function modulesFor(path: string) {
	return bundle({ entries: [path], root, shake: false });
}

const all = await bundle({ entries: files, root, shake: false }).catch(() => undefined);

async function onXs(path: string): Promise<void> {
	try {
		const loaded = loadXsCases(engine, all ?? (await modulesFor(path)), `test/${title(path)}.test`);
		for (const { name, run } of loaded) {
			test(`xs › ${title(path)} › ${name}`, () => {
				const failure = run();
				if (failure !== undefined) assert.fail(failure);
			});
		}
	} catch (error) {
		test(`xs › ${title(path)} loads`, () => {
			throw error;
		});
	}
}

describe("portable", async () => {
	for (const path of files) await onNode(path);
	for (const path of files) await onXs(path);
	if (files.length === 0) test("there are portable tests", { skip: "none yet" }, () => {});
});
