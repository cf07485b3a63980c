import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { type Fault, utf8Size } from "../../../modules/bytes.ts";
import { type Engine, loadEngine } from "../engine/engine.ts";
import { packageRoot } from "../engine/sources.ts";
import { buildImage, javaScriptRoot } from "../image/builder.ts";
import { type Image, imageFaults, readImage } from "../image/image.ts";
import { developmentKey } from "../image/keys.ts";
import { buildMod } from "../image/mod-builder.ts";
import { isSignedBy, readSigningKey, type SigningKey, signerOf } from "../image/signature.ts";
import { WrongUsage } from "./arguments.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

export interface ImageCommandOptions {
	readonly json?: boolean;
	readonly output?: string;
	readonly version?: string;
	readonly name?: string;
	readonly counter?: number;
	/** File of a key. */
	readonly key?: string;
	/** Each source stays a module. */
	readonly separate?: boolean;
	/** A module of the project whose default export is to be a mod. */
	readonly mod?: string;
	/** File of an image to check, in place of building one. */
	readonly verify?: string;
}

/**
 * `dormouse image`: builds and signs the device image, or checks one; says its size and hash. @throws WrongUsage when
 * a file or a text can not be used
 */
export async function run(options: ImageCommandOptions, output: Output): Promise<ExitStatus> {
	const { json, output: file } = options;
	if (options.verify !== undefined) return check(options.verify, options, output);
	const key = readKey(options.key) ?? developmentKey();
	const engine = await loadEngine(buildProgress(output));
	const built = await build(options, key, engine);
	const image = options.mod === undefined ? built : await buildModOf(options.mod, options, { key, engine, built });
	if (file !== undefined) save(image, file);
	if (json) {
		const { version, name, securityCounter, xsVersion, hash, bytes, symbolBytes } = image;
		const modules = image.modules.map(({ name, codeBytes }) => ({ name, codeBytes }));
		const size = { bytes: bytes.length, symbolBytes, modules };
		output.out(JSON.stringify({ version, name, securityCounter, xsVersion, sha256: hash, signedBy: key.id, ...size }));
		return 0;
	}
	for (const line of lines(image)) output.out(line);
	if (file !== undefined) output.err(`Written to ${file}`);
	return 0;
}

async function build(options: ImageCommandOptions, key: SigningKey, engine: Engine): Promise<Image> {
	const { version, name, counter, mod, separate = false } = options;
	if (key.privateKey === undefined)
		throw new WrongUsage("--key: signing takes the private key; this is the public one");
	for (const [option, text] of Object.entries({ version, name })) {
		if (text !== undefined && (text === "" || utf8Size(text) > 31)) {
			throw new WrongUsage(`--${option}: give 1 to 31 bytes of text`);
		}
	}
	return buildImage({
		engine,
		key,
		separate,
		...(version === undefined || mod !== undefined ? {} : { version }),
		...(name === undefined || mod !== undefined ? {} : { name }),
		...(counter === undefined ? {} : { securityCounter: counter }),
	});
}

/** @param file as it is written: TypeScript, or what build/js has of it */
async function buildModOf(
	file: string,
	{ name, version }: ImageCommandOptions,
	{ key, engine, built }: { readonly key: SigningKey; readonly engine: Engine; readonly built: Image },
): Promise<Image> {
	const path = relative(packageRoot, resolve(file)).replaceAll("\\", "/");
	const entry = join(javaScriptRoot, path.replace(/^build\/js\//, "").replace(/\.ts$/, ".js"));
	if (path.startsWith("..") || !existsSync(entry)) throw new WrongUsage(`--mod: ${file} is no module of this project`);
	const stem = basename(entry, ".js");
	return buildMod({ engine, key, entry, firmware: built, name: name ?? stem, version: version ?? built.version });
}

function readKey(file: string | undefined): SigningKey | undefined {
	if (file === undefined) return undefined;
	try {
		return readSigningKey(readFileSync(file, "utf8"));
	} catch (error) {
		throw new WrongUsage(`--key: ${file}: ${(error as Error).message}`, { cause: error });
	}
}

/** Status 1 for what a boot loader would not start. */
function check(file: string, { key: keyFile, json }: ImageCommandOptions, output: Output): ExitStatus {
	const key = readKey(keyFile) ?? developmentKey();
	let bytes: Uint8Array;
	try {
		bytes = new Uint8Array(readFileSync(file));
	} catch (error) {
		throw new WrongUsage(`--verify: ${file} can not be read: ${(error as Error).message}`, { cause: error });
	}
	const image = readImage(bytes);
	const verdict = verdictOf(image, key);
	const facts = "code" in image ? { fault: image.code } : { ...headerOf(image), signedBy: signerOf(image) };
	if (json) output.out(JSON.stringify({ verdict, ...facts }));
	else {
		output.out(`${file}: ${words[verdict]}`);
		for (const [name, value] of Object.entries(facts)) output.out(`  ${name.padEnd(16)}${value ?? "nobody"}`);
	}
	return verdict === "ok" ? 0 : 1;
}

type Verdict = "ok" | "old" | "image" | "unsigned" | "signature";

const words: Readonly<Record<Verdict, string>> = {
	ok: "an image, whole, and signed with this key",
	old: "an image from before images were signed: build it again with `dormouse image`",
	image: "no image, or a damaged one",
	unsigned: "an image that nobody signed: no boot loader starts it",
	signature: "an image, whole, and not signed with this key",
};

function verdictOf(image: Image | Fault, key: SigningKey): Verdict {
	if ("code" in image) return image === imageFaults.unsignedFormat ? "old" : "image";
	if (!image.isSigned) return "unsigned";
	return isSignedBy(image, [key]) ? "ok" : "signature";
}

function headerOf({ name, version, securityCounter, xsVersion, hash, bytes }: Image) {
	return { name, version, securityCounter, xsVersion, sha256: hash, bytes: bytes.length };
}

function save(image: Image, file: string): void {
	try {
		writeFileSync(file, image.bytes);
	} catch (error) {
		throw new WrongUsage(`--output: ${file} can not be written: ${(error as Error).message}`, { cause: error });
	}
}

function lines(image: Image): string[] {
	const { name: product, version, securityCounter, xsVersion, hash, bytes, symbols, symbolBytes, modules } = image;
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
		`${image.kind === "mod" ? "Mod" : "Image of"} ${product}, version ${version}, for XS ${xsVersion}`,
		`  counter ${securityCounter}`,
		`  signed  ${signerOf(image)}`,
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
