import { writeFileSync } from "node:fs";
import { loadEngine } from "../engine/engine.ts";
import { buildImage } from "../image/builder.ts";
import type { Image } from "../image/image.ts";
import { WrongUsage } from "./arguments.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

export interface ImageCommandOptions {
	readonly json?: boolean;
	readonly output?: string;
}

/**
 * `dormouse image`: builds the device image, says its size and hash. @throws WrongUsage when --output can not be
 * written
 */
export async function run({ json, output: file }: ImageCommandOptions, output: Output): Promise<ExitStatus> {
	const engine = await loadEngine(buildProgress(output));
	const image = await buildImage({ engine });
	if (file !== undefined) save(image, file);
	if (json) {
		const { version, xsVersion, hash, bytes, symbolBytes } = image;
		const modules = image.modules.map(({ name, codeBytes }) => ({ name, codeBytes }));
		output.out(JSON.stringify({ version, xsVersion, sha256: hash, bytes: bytes.length, symbolBytes, modules }));
		return 0;
	}
	for (const line of lines(image)) output.out(line);
	if (file !== undefined) output.err(`Written to ${file}`);
	return 0;
}

function save(image: Image, file: string): void {
	try {
		writeFileSync(file, image.bytes);
	} catch (error) {
		throw new WrongUsage(`--output: ${file} can not be written: ${(error as Error).message}`, { cause: error });
	}
}

function lines({ version, xsVersion, hash, bytes, symbols, symbolBytes, modules }: Image): string[] {
	const folders = new Map<string, { count: number; codeBytes: number }>();
	for (const { name, codeBytes } of modules) {
		const folder = name.slice(0, Math.max(name.lastIndexOf("/"), 0)) || name;
		const sum = folders.get(folder) ?? { count: 0, codeBytes: 0 };
		folders.set(folder, { count: sum.count + 1, codeBytes: sum.codeBytes + codeBytes });
	}
	const row = (name: string, size: number, what: string) =>
		`  ${name.padEnd(28)}${grouped(size).padStart(10)}  ${what}`;
	const code = modules.reduce((sum, { codeBytes }) => sum + codeBytes, 0);
	return [
		`Image of version ${version} for XS ${xsVersion}`,
		`  size    ${grouped(bytes.length)} bytes`,
		`  SHA-256 ${hash}`,
		"",
		...[...folders]
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([name, { count, codeBytes }]) => row(name, codeBytes, count === 1 ? "1 module" : `${count} modules`)),
		row("bytecode together", code, `${modules.length} modules`),
		row("names", symbolBytes, `${grouped(symbols.length)} names that modules share`),
	];
}
