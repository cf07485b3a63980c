import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EngineFailure, packageRoot } from "../../simulator/engine/sources.ts";
import { type ImageOptions, javaScriptRoot } from "../../simulator/image/builder.ts";
import { type Image, writeImage } from "../../simulator/image/image.ts";
import { developmentKey } from "../../simulator/image/keys.ts";
import { type SigningKey, signer } from "../../simulator/image/signature.ts";
import { flashBytesOf, linkProgram, type Program, products, type SourceFile } from "./compilation.ts";
import {
	bootFiles,
	type ChipFirmware,
	cryptoFiles,
	deviceFiles,
	flagsFor,
	oursWith,
	wrapped,
	xsFiles,
} from "./firmware.ts";
import type { Toolchain } from "./toolchain.ts";

/** What this file uses of scripts/sdk.mjs. */
interface SdkScript {
	findSdk(): Sdk;
	makeImage(options: {
		readonly sdk: Sdk;
		readonly platform: string;
		readonly manifest: string;
		readonly name: string;
		readonly output: string;
		readonly target: string;
		onLine(line: string): void;
	}): Promise<string>;
}

interface Sdk {
	readonly home: string;
}

/** … and of scripts/packed.mjs. */
interface Packed {
	packedManifest(options: {
		readonly entry: string;
		readonly manifest: string;
		readonly folder: string;
		/** JavaScript in place of modules, by their files below build/js. */
		readonly replacements: Readonly<Record<string, string>>;
		/** Our board imports its main module, and calls nothing. */
		readonly isCalled: true;
	}): Promise<string>;
}

/** What mcconfig makes an image of, and what that calls itself there. */
const programs = {
	device: {
		manifest: "manifest_application.json",
		name: "dormouse-cortex-m",
		entry: "hosts/cortex-m/sdk/main",
	},
	selftest: {
		manifest: "manifest_selftest.json",
		name: "dormouse-selftest",
		entry: "hosts/cortex-m/sdk/selftest/main",
	},
} as const;
const manifests = join(packageRoot, "hosts/cortex-m/sdk");
const productFile = "src/product.js";

const script = async () =>
	(await import(pathToFileURL(join(packageRoot, "scripts/sdk.mjs")).href)) as unknown as SdkScript;

/** @returns the user's own Moddable SDK, or a line for people that says what is missing */
export async function findLinker(): Promise<Sdk | string> {
	try {
		return (await script()).findSdk();
	} catch (error) {
		if (error instanceof Error && error.name === "Missing") return error.message;
		throw error;
	}
}

/** The boot loader alone: what stays on the chip when images come and go. */
export async function buildLoader(
	{ home }: Sdk,
	{ compiler }: Toolchain,
	trusted: readonly SigningKey[] = [developmentKey()],
): Promise<ChipFirmware> {
	const names = [...bootFiles, ...alwaysFiles, "cortex-m/sdk/boot.c"];
	const files = oursWith(join(home, "xs"), names, { mbedtls: undefined, trusted });
	const program = await linkProgram(compiler, files, []);
	return { ...program, flashBytes: program.textBytes + program.dataBytes, nativeCrypto: true };
}

/** An image that the SDK linked: machine code with XS, the board and the reference device's modules in ROM. */
export interface LinkedImage extends Image {
	/** Sections of all of it. */
	readonly program: Program;
	/** What of it is the SDK's linker's: slots, bytecode, strings, keys. */
	readonly romBytes: number;
}

/** @param program the reference device when left out, or hosts/selftest */
export interface LinkedOptions
	extends Pick<ImageOptions, "version" | "name" | "key" | "replacements" | "securityCounter"> {
	readonly program?: keyof typeof programs;
}

const alwaysFiles = [
	"cortex-m/xs/port.c",
	"cortex-m/chip/semihosting.c",
	"cortex-m/chip/start.c",
	...["platform.c", "sha256.c"].map((name) => `simulator/engine/shim/${name}`),
];

/** XS's own defaults are for programs that are not linked: the linker writes those that are used. */
const leftOut = ["xsDefaults.c"];

/** Slots begin on words; so does the code behind the header, one row and this name. */
const moduleName = "machine-code";

/**
 * The reference device of src/, by the SDK's own tools: mcconfig, tsc, xsc and xsl, up to the machine in ROM (mc.xs.c);
 * then XS of that SDK and the board's C are compiled and linked with it, for where a boot loader puts it.
 * @throws EngineFailure with what did not build
 */
export async function buildLinkedImage(
	sdk: Sdk,
	{ compiler, mbedtls }: Toolchain,
	options: LinkedOptions = {},
): Promise<LinkedImage> {
	const { product } = (await import(
		pathToFileURL(join(javaScriptRoot, productFile)).href
	)) as typeof import("../../../src/product.ts");
	const key = options.key ?? developmentKey();
	const version = options.version ?? product.firmwareVersion;
	const changed = { ...options.replacements };
	if (version !== product.firmwareVersion) changed[productFile] = productOf(product.firmwareVersion, version);
	const folder = await linkedBySdk(sdk, options.program ?? "device", changed);
	const xs = join(sdk.home, "xs");
	const rom = { source: join(folder, "mc.xs.c"), flags: flagsFor(xs), seen: [join(folder, "mc.xs.h")] };
	const files = [...filesOf(xs, mbedtls, [key]), rom];
	const program = await linkProgram(compiler, files, [...(mbedtls === undefined ? [] : wrapped), slotAddress]);
	const code = codeOf(program.path);
	const image = writeImage(
		{ modules: [{ name: moduleName, code }], symbols: [] },
		{
			entry: moduleName,
			version,
			xsVersion: xsVersionIn(program.path, code),
			name: options.name ?? product.modelNumber,
			securityCounter: options.securityCounter ?? 0,
			sign: signer(key),
		},
	);
	return { ...image, program, romBytes: flashBytesOf(compiler, rom) };
}

/** slotBegin of chip/mps2-an386.ld. */
const slotBegin = 0x21c00000;
const slotAddress = `-Wl,--defsym=codeBegin=${slotBegin}`;

function filesOf(xs: string, mbedtls: string | undefined, trusted: readonly SigningKey[]): SourceFile[] {
	const options = { mbedtls, trusted };
	const shim = join(packageRoot, "hosts/simulator/engine/shim");
	const included = readdirSync(shim).map((name) => join(shim, name));
	const names = [...bootFiles, ...deviceFiles, ...alwaysFiles, "simulator/engine/shim/memory.c", "psa/psa-natives.c"];
	const linked = ["board-natives", "linked-machine", "power-natives", "start-linked"];
	return [
		...xsFiles(xs, leftOut),
		...oursWith(xs, names, options),
		...oursWith(
			xs,
			linked.map((name) => `cortex-m/sdk/${name}.c`),
			options,
		).map((file) => ({ ...file, seen: [...file.seen, ...included] })),
		...(mbedtls === undefined ? [] : cryptoFiles(mbedtls)),
	];
}

/** What of this project goes into an image, or says what does. */
const sourceRooms = [
	...["modules", "src", "hosts/psa", "hosts/selftest", "hosts/simulator/device", "hosts/cortex-m/device"],
	...["hosts/cortex-m/sdk", "scripts"],
];

/**
 * Has the SDK's tools link, unless they did of the same sources before: a device that starts is not to wait for that.
 * @param changed JavaScript in place of modules, by files below build/js
 * @returns the folder with mc.xs.c and mc.xs.h
 */
async function linkedBySdk(
	sdk: Sdk,
	what: keyof typeof programs,
	changed: Readonly<Record<string, string>>,
): Promise<string> {
	const hash = createHash("sha256").update(JSON.stringify([what, Object.entries(changed).sort()]));
	const tool = statSync(join(sdk.home, "build/bin/lin/release/xsl"));
	hash.update(JSON.stringify([sdk.home, tool.size, tool.mtimeMs]));
	for (const file of sourceRooms.flatMap(filesBelow)) hash.update(file).update(readFileSync(file, "utf8"));
	const folder = join(products, "sdk", hash.digest("hex").slice(0, 16));
	if (existsSync(folder)) return folder;
	const draft = `${folder}.${process.pid}.${drafts++}`;
	const output = `${draft}.work`;
	mkdirSync(draft, { recursive: true });
	try {
		const made = await link(sdk, programs[what], changed, output);
		for (const name of ["mc.xs.c", "mc.xs.h"]) copyFileSync(join(made, name), join(draft, name));
		// Whoever linked the same meanwhile has the same.
		if (!existsSync(folder)) renameSync(draft, folder);
	} finally {
		rmSync(draft, { recursive: true, force: true });
		rmSync(output, { recursive: true, force: true });
	}
	return folder;
}

let drafts = 0;

const filesBelow = (room: string) =>
	readdirSync(join(packageRoot, room), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && /\.(ts|mjs|json|c|h)$/.test(entry.name))
		.map((entry) => join(entry.path, entry.name))
		.sort();

/** @returns mcconfig's folder. @throws EngineFailure with what was said */
async function link(
	sdk: Sdk,
	{ manifest, name, entry }: (typeof programs)[keyof typeof programs],
	changed: Readonly<Record<string, string>>,
	output: string,
): Promise<string> {
	mkdirSync(output, { recursive: true });
	const { packedManifest } = (await import(pathToFileURL(join(packageRoot, "scripts/packed.mjs")).href)) as Packed;
	const path = await packedManifest({
		entry,
		manifest: join(manifests, manifest),
		folder: join(output, "packed"),
		replacements: changed,
		isCalled: true,
	});
	const { makeImage } = await script();
	const lines: string[] = [];
	const onLine = (line: string) => lines.push(line);
	try {
		// XS and our C are compiled elsewhere, for the chip: what the platform would say of C is not asked for.
		const target = "$TMP/mc.xs.c";
		return await makeImage({ sdk, platform: "lin", manifest: path, name, output, target, onLine });
	} catch (cause) {
		const said = [(cause as Error).message, ...lines.slice(-8)].join("\n");
		throw new EngineFailure(`the SDK links no image: ${said}`, { cause });
	}
}

function productOf(from: string, version: string): string {
	const source = readFileSync(join(javaScriptRoot, productFile), "utf8");
	const line = `firmwareVersion: ${JSON.stringify(from)}`;
	if (!source.includes(line)) throw new EngineFailure(`${productFile} does not say \`${line}\``);
	return source.replace(line, `firmwareVersion: ${JSON.stringify(version)}`);
}

/** What lies in the slot: code, constants, and what RAM begins with. */
function codeOf(elf: string): Uint8Array {
	const draft = `${elf}.${process.pid}.bin`;
	execFileSync("arm-none-eabi-objcopy", ["-O", "binary", elf, draft]);
	const bytes = readFileSync(draft);
	rmSync(draft);
	return new Uint8Array(bytes);
}

/** ownXs of xs/trust.c, which the boot loader compares. */
function xsVersionIn(elf: string, code: Uint8Array): string {
	const symbols = execFileSync("arm-none-eabi-nm", [elf], { encoding: "utf8", maxBuffer: 1 << 26 });
	const address = /^([0-9a-f]+) \w ownXs$/m.exec(symbols)?.[1];
	if (address === undefined) throw new EngineFailure("the image does not say which XS it has");
	const from = Number.parseInt(address, 16) - slotBegin;
	return code.subarray(from, from + 3).join(".");
}
