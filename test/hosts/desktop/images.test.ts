/** npm run images: what must fail a build does, with the user's own Moddable SDK. */
import { equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { whatIsMissing } from "./desktop-device.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dormouse-images-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = whatIsMissing() ?? false;
const timeout = 120_000;

/** Links a program of one module of "ours" beside an empty main. */
function link(name: string, source: string) {
	const at = join(folder, name);
	mkdirSync(at, { recursive: true });
	writeFileSync(join(at, "thing.ts"), source);
	writeFileSync(join(at, "main.js"), "export default function main() {}\n");
	const manifest = {
		build: { NAME: name },
		include: ["$(MODDABLE)/examples/manifest_base.json", join(root, "modules/manifest.json")],
		modules: { "*": "./main", "modules/thing": "./thing" },
		preload: ["modules/thing"],
	};
	writeFileSync(join(at, "manifest.json"), JSON.stringify(manifest));
	const words = [
		"lin",
		"--manifest",
		join(at, "manifest.json"),
		"--name",
		name,
		"--output",
		join(folder, "out"),
		"--json",
	];
	const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/images.mjs"), ...words], {
		encoding: "utf8",
	});
	return { status, stdout, stderr };
}

test("a module that lies in ROM as it should is linked, and measured", { skip, timeout }, () => {
	const { status, stdout, stderr } = link("good", "export function twice(n: number): number {\n\treturn n * 2;\n}\n");
	equal(status, 0, stderr);
	const [image] = JSON.parse(stdout) as { romBytes: number; byModule: { name: string; codeBytes: number }[] }[];
	const code = image?.byModule.find(({ name }) => name === "modules/thing")?.codeBytes ?? 0;
	equal(code > 20 && code < 400, true, `${code} bytes`);
	equal((image?.romBytes ?? 0) > 30_000, true, `${image?.romBytes} bytes of ROM with what is left of the built-ins`);
});

test("shared mutable state fails the build: no const, not frozen", { skip, timeout }, () => {
	const loose = link("loose", "export let count = 0;\nexport function add(): void {\n\tcount++;\n}\n");
	equal(loose.status, 1, loose.stdout);
	match(loose.stderr, /must link without a warning:\n### warning: modules\/thing.*count: no const/s);
	const soft = link("soft", "export const table = { a: 1 };\n");
	equal(soft.status, 1, soft.stdout);
	match(soft.stderr, /modules\/thing.*not frozen/);
});

test("a type error fails the build, and again the second time (noEmitOnError)", { skip, timeout }, () => {
	for (let time = 1; time <= 2; time++) {
		const { status, stderr } = link("wrong", 'export const size: number = "ten";\n');
		equal(status, 1, `time ${time}`);
		match(stderr, /thing\.ts.*TS2322|TS2322/);
	}
});

test("a platform that nobody can build without its tools is missing, status 2", { skip, timeout }, () => {
	const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/images.mjs"), "pico"], {
		encoding: "utf8",
	});
	equal(status, 2);
	match(stderr, /no way to build for pico/);
});
