/** The files of the desktop's device in C: on this system, and on Windows as Wine has it. */
import { deepEqual, equal } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { whatIsMissingForWindows, windowsCompiler } from "./desktop-device.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const host = join(root, "hosts/desktop");
const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", `-I${host}`];
const cases = ["ok files keep their bytes", "ok names", "ok removed"];

const folder = mkdtempSync(join(tmpdir(), "dormouse-files-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function build(compiler: string, system: string, more: readonly string[]): string {
	const program = join(folder, `${system}.exe`);
	const sources = [join(root, "test/hosts/desktop/files.c"), join(host, `files-${system}.c`)];
	execFileSync(compiler, [...flags, ...more, ...sources, "-o", program]);
	return program;
}

function passes(words: readonly string[], environment: Readonly<Record<string, string>>): void {
	const [program = "", ...rest] = words;
	const options = { encoding: "utf8", timeout: 120_000, env: { ...process.env, ...environment } } as const;
	const { stdout, stderr, status } = spawnSync(program, rest, options);
	deepEqual(stdout.trim().split(/\r?\n/), cases, stderr);
	equal(status, 0, stderr);
}

const noCompiler = spawnSync("gcc", ["--version"]).status === 0 ? false : "no gcc";

test("desktop files: kept, listed, removed, on this system", { skip: noCompiler }, () => {
	const program = build("gcc", "posix", ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
	passes([program], { DORMOUSE_STATE: join(folder, "posix") });
});

test("desktop files: the same on Windows, by Wine", { skip: whatIsMissingForWindows() ?? false }, () => {
	const program = build(windowsCompiler, "win", []);
	const prefix = join(root, "build/wine");
	const environment = { WINEPREFIX: prefix, WINEDEBUG: "-all", DISPLAY: "" };
	passes(["wine", program], { ...environment, DORMOUSE_STATE: `Z:${join(folder, "win")}` });
});
