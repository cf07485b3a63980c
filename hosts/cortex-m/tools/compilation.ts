import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { EngineFailure, packageRoot } from "../../simulator/engine/sources.ts";

const run = promisify(execFile);

/** What is built here: a folder for each state of its sources, and the objects of all. */
export const products = join(packageRoot, "build/cortex-m");
const objects = join(products, "objects");
const linkerScript = join(packageRoot, "hosts/cortex-m/chip/mps2-an386.ld");

const machine = ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"];
const codeFlags = ["-Os", "-ffunction-sections", "-fdata-sections", "-fno-common"];

/** One C file, and what it is compiled with; `seen` are the headers of ours that it includes, perhaps. */
export interface SourceFile {
	readonly source: string;
	readonly flags: readonly string[];
	readonly seen: readonly string[];
}

/** A program that was linked, and its sections. */
export interface Program {
	readonly path: string;
	readonly textBytes: number;
	readonly dataBytes: number;
	readonly bssBytes: number;
}

/**
 * Compiles and links, or finds what was linked of the same sources, flags and compiler.
 * @param compiler what it calls itself
 * @param more words for the linker
 * @throws EngineFailure with the compiler's first words
 */
export async function linkProgram(
	compiler: string,
	files: readonly SourceFile[],
	more: readonly string[],
): Promise<Program> {
	const steps = files.map((file) => stepOf(file, [compiler, ...machine, ...codeFlags]));
	const hash = createHash("sha256").update(JSON.stringify([more, steps.map((step) => step.hash)]));
	hash.update(readFileSync(linkerScript, "utf8"));
	const path = join(products, hash.digest("hex").slice(0, 16), "firmware.elf");
	if (!existsSync(path)) await make(steps, more, path);
	return { path, ...sizesOf(path) };
}

/** A file to be compiled, by the hash of all that its object depends on. */
interface Step {
	readonly source: string;
	readonly flags: readonly string[];
	readonly hash: string;
}

/** What a file makes of flash, once it was linked. @param compiler as for linkProgram */
export function flashBytesOf(compiler: string, file: SourceFile): number {
	const { textBytes, dataBytes } = sizesOf(objectOf(stepOf(file, [compiler, ...machine, ...codeFlags])));
	return textBytes + dataBytes;
}

function stepOf({ source, flags, seen }: SourceFile, more: readonly string[]): Step {
	const hash = createHash("sha256").update(JSON.stringify([more, flags, readFileSync(source, "utf8")]));
	for (const header of seen) hash.update(readFileSync(header, "utf8"));
	return { source, flags, hash: hash.digest("hex").slice(0, 24) };
}

async function make(steps: readonly Step[], more: readonly string[], path: string): Promise<void> {
	mkdirSync(dirname(path), { recursive: true });
	mkdirSync(objects, { recursive: true });
	let next = 0;
	const worker = async () => {
		while (next < steps.length) await compileStep(steps[next++]!);
	};
	await Promise.all([worker(), worker()]);
	const link = [
		"--specs=nano.specs",
		"-nostartfiles",
		"-Wl,--gc-sections",
		...more,
		`-T${linkerScript}`,
		...steps.map(objectOf),
		"-lm",
	];
	await whole(path, (draft) => compile([...machine, ...link, "-o", draft], "the firmware"));
}

const objectOf = ({ hash }: Step) => join(objects, `${hash}.o`);

async function compileStep(step: Step): Promise<void> {
	const object = objectOf(step);
	if (existsSync(object)) return;
	const words = [...machine, ...codeFlags, ...step.flags, "-c", step.source];
	await whole(object, (draft) => compile([...words, "-o", draft], basename(step.source)));
}

/** Two builds at once leave whole files. */
async function whole(path: string, write: (draft: string) => Promise<void>): Promise<void> {
	const draft = `${path}.${process.pid}`;
	await write(draft);
	renameSync(draft, path);
}

async function compile(words: readonly string[], what: string): Promise<void> {
	try {
		await run("arm-none-eabi-gcc", [...words], { timeout: 120_000 });
	} catch (error) {
		const said = (error as { stderr?: string }).stderr ?? String(error);
		throw new EngineFailure(`${what} does not build: ${said.split("\n").slice(0, 8).join("\n")}`, { cause: error });
	}
}

function sizesOf(path: string): Omit<Program, "path"> {
	const [, line] = execFileSync("arm-none-eabi-size", [path], { encoding: "utf8" }).split("\n");
	const [text, data, bss] = (line ?? "").trim().split(/\s+/).map(Number);
	return { textBytes: text!, dataBytes: data!, bssBytes: bss! - cellsIn(path) };
}

/** The flash chip's cells, which are no RAM of the chip's. */
function cellsIn(path: string): number {
	const sections = execFileSync("arm-none-eabi-size", ["-A", path], { encoding: "utf8" });
	return Number(/^\.cells\s+(\d+)/m.exec(sections)?.[1] ?? 0);
}
