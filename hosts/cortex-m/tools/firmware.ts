import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { EngineFailure, findXsFolder, packageRoot } from "../../simulator/engine/sources.ts";
import { developmentKey } from "../../simulator/image/keys.ts";
import type { SigningKey } from "../../simulator/image/signature.ts";
import type { Toolchain } from "./toolchain.ts";

const run = promisify(execFile);

const products = join(packageRoot, "build/cortex-m");
const objects = join(products, "objects");

/**
 * What the firmware's main() is: the bench, the device, or the machine of a simulated board, with that board's
 * accelerator or, to be measured, with hosts/psa.
 */
export type FirmwareKind = "bench" | "device" | "guest" | "measured";

/** XS, the shim, the board and perhaps mbedTLS, linked for the emulated chip. */
export interface ChipFirmware {
	readonly path: string;
	/** Code and constants, in bytes: text and data. */
	readonly flashBytes: number;
	readonly textBytes: number;
	readonly dataBytes: number;
	readonly bssBytes: number;
	readonly nativeCrypto: boolean;
}

/** Not on a chip: the compiler, snapshots, what XS includes elsewhere. */
const xsLeftOut = [
	"xsCode.c",
	"xsLexical.c",
	"xsScope.c",
	"xsScript.c",
	"xsSourceMap.c",
	"xsSyntaxical.c",
	"xsTree.c",
	"xsSnapshot.c",
	"xsLockdown.c",
	"xsffi.c",
	"xsum.c",
];

/** Of the shim, what is not the simulator's own: port.c and crypto.c are the board's here. */
const shim = ["machine.c", "memory.c", "mods.c", "natives.c", "power.c", "program.c", "rom.c", "sha256.c"];

const mbedtlsFiles = [
	"aes ccm gcm cipher cipher_wrap md sha256 bignum ecp ecp_curves ecdh ecdsa asn1parse asn1write hmac_drbg",
	"constant_time platform platform_util psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client",
	"psa_crypto_driver_wrappers psa_crypto_ecp psa_crypto_hash psa_crypto_mac psa_crypto_rsa",
	"psa_crypto_slot_management psa_crypto_storage",
].flatMap((line) => line.split(" "));

const machine = ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"];
const codeFlags = ["-Os", "-ffunction-sections", "-fdata-sections", "-fno-common"];
const xsFlags = [
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	"-DmxRun=1",
	"-DmxNoConsole=1",
	"-DmxBoundsCheck=1",
	"-DmxMisalignedSettersCrash=1", // a DataView's numbers lie anywhere, and strd wants them on words
	"-fwrapv",
	"-fno-strict-aliasing",
	"-w",
];
/** What cryptography allocates is counted with what XS takes from the C heap. */
const countedHeap = ["-Dmalloc=shim_malloc", "-Dcalloc=shim_calloc", "-Dfree=shim_free"];

/** Functions of hosts/psa's core whose instructions xs/crypto.c counts. */
const counted = [
	"ImportSecret ImportAes ImportPrivate Generate Release Export PublicPoint Agree Sign Verify Hmac Prf Master",
	"Seal Open Cbc HashBegin HashUpdate HashDigest",
].flatMap((line) => line.split(" "));

const cortexRooms = ["cortex-m/xs", "cortex-m/chip", "cortex-m/net", "cortex-m/boot"];

/**
 * Builds the firmware, or finds it: build/cortex-m has one for each state of sources, flags and compiler, and the
 * objects of all.
 * @param trusted whose images it starts; the development key when left out
 * @throws EngineFailure when there are no XS sources, or with the compiler's first words
 */
export async function buildFirmware(
	{ compiler, mbedtls }: Toolchain,
	kind: FirmwareKind = "bench",
	trusted: readonly SigningKey[] = [developmentKey()],
): Promise<ChipFirmware> {
	const files = recipe(mbedtls, kind, trusted);
	const script = join(packageRoot, "hosts/cortex-m/chip/mps2-an386.ld");
	const steps = files.map((file) => stepOf(file, [compiler, ...machine, ...codeFlags]));
	const hash = createHash("sha256").update(JSON.stringify([counted, steps.map((step) => step.hash)]));
	hash.update(readFileSync(script, "utf8"));
	const path = join(products, hash.digest("hex").slice(0, 16), "firmware.elf");
	if (!existsSync(path)) await make(steps, script, path);
	return { path, ...sizesOf(path), nativeCrypto: mbedtls !== undefined };
}

/** Of cortex-m, what each kind has beside port.c and program.c. */
const own: { readonly [kind in FirmwareKind]: readonly string[] } = {
	bench: ["xs/board.c", "xs/crypto.c", "xs/main.c", "xs/natives.c", "xs/no-mods.c", "xs/no-slots.c"],
	device: [
		...["xs/crypto.c", "xs/device.c", "xs/life.c", "xs/no-mods.c", "xs/power.c", "xs/settings.c", "xs/slots.c"],
		...["chip/lan9118.c", "chip/nor-flash.c", "chip/reset.c", "chip/wait.c", "net/dns.c", "net/udp.c"],
		"xs/trust.c",
		...["boot-decision", "boot-loader", "boot-store", "ed25519", "field", "image-check", "p256", "sha512"].map(
			(name) => `boot/${name}.c`,
		),
	],
	guest: ["xs/guest.c", "xs/guest-flash.c", "xs/guest-crypto.c", "chip/reset.c", "chip/wait.c"],
	measured: ["xs/guest.c", "xs/guest-flash.c", "xs/guest-natives.c", "xs/crypto.c", "chip/reset.c", "chip/wait.c"],
};
const both = ["xs/port.c", "xs/program.c", "chip/semihosting.c", "chip/start.c"];

/** One C file, and what it is compiled with; `seen` are the headers of ours that it includes, perhaps. */
interface SourceFile {
	readonly source: string;
	readonly flags: readonly string[];
	readonly seen: readonly string[];
}

const at = (path: string) => join(packageRoot, "hosts", path);

function recipe(mbedtls: string | undefined, kind: FirmwareKind, trusted: readonly SigningKey[]): SourceFile[] {
	const xs = findXsFolder();
	if (xs === undefined) throw new EngineFailure("no sources of XS: run `npm install` with dev dependencies");
	const includes = ["includes", "platforms", "sources"].map((room) => `-I${join(xs, room)}`);
	const rooms = [...cortexRooms, "simulator/engine/shim", "psa"];
	const flags = [...rooms.map((room) => `-I${at(room)}`), ...includes, ...xsFlags];
	const hasPsa = `-DDORMOUSE_HAS_PSA=${mbedtls === undefined ? 0 : 1}`;
	const xsFiles = readdirSync(join(xs, "sources")).filter((name) => name.endsWith(".c") && !xsLeftOut.includes(name));
	const ours = [
		...shim.map((name) => `simulator/engine/shim/${name}`),
		...[...own[kind], ...both].map((name) => `cortex-m/${name}`),
		kind === "guest" ? "simulator/engine/shim/crypto.c" : "psa/psa-natives.c",
	];
	const seen = headers();
	const files: SourceFile[] = [
		...xsFiles.sort().map((name) => ({
			source: join(xs, "sources", name),
			flags,
			seen: [at("cortex-m/xs/platform.h")],
		})),
		...ours.map((name) => ({ source: at(name), flags: [...flags, hasPsa, ...trustOf(name, trusted)], seen })),
	];
	if (mbedtls === undefined || kind === "guest") return files;
	const config = [`-I${at("cortex-m/mbedtls")}`, '-DMBEDTLS_CONFIG_FILE="mbedtls-config.h"'];
	const cryptoFlags = [...config, `-I${join(mbedtls, "include")}`, ...countedHeap, "-w"];
	const cryptoFiles = [
		...mbedtlsFiles.map((name) => join(mbedtls, "library", `${name}.c`)),
		...["crypto-core.c", "crypto-cipher.c"].map((name) => at(`psa/${name}`)),
	];
	return [...files, ...cryptoFiles.map((source) => ({ source, flags: cryptoFlags, seen }))];
}

/** The keys as C has them, for the file that holds them. */
export function trustOf(name: string, trusted: readonly SigningKey[]): string[] {
	if (!name.endsWith("/trust.c")) return [];
	const rows = trusted.map(({ id, algorithm, publicKey }) => {
		const { x = "", y = "" } = publicKey.export({ format: "jwk" });
		const bytes = [...Buffer.from(x, "base64url"), ...Buffer.from(y, "base64url")];
		return `{{${[...Buffer.from(id, "hex")]}},${algorithm === "ed25519" ? 1 : 2},{${bytes}}},`;
	});
	return [`-DDORMOUSE_TRUSTED=${rows.join("")}`];
}

/** Ours: those of XS and mbedTLS change with their C files. */
function headers(): string[] {
	return [...cortexRooms, "cortex-m/mbedtls", "simulator/engine/shim", "psa"].flatMap((room) => {
		const folder = join(packageRoot, "hosts", room);
		const names = existsSync(folder) ? readdirSync(folder) : [];
		return names.filter((name) => name.endsWith(".h")).map((name) => join(folder, name));
	});
}

/** A file to be compiled, by the hash of all that its object depends on. */
interface Step {
	readonly source: string;
	readonly flags: readonly string[];
	readonly hash: string;
}

function stepOf({ source, flags, seen }: SourceFile, more: readonly string[]): Step {
	const hash = createHash("sha256").update(JSON.stringify([more, flags, readFileSync(source, "utf8")]));
	for (const header of seen) hash.update(readFileSync(header, "utf8"));
	return { source, flags, hash: hash.digest("hex").slice(0, 24) };
}

async function make(steps: readonly Step[], script: string, path: string): Promise<void> {
	mkdirSync(dirname(path), { recursive: true });
	mkdirSync(objects, { recursive: true });
	let next = 0;
	const worker = async () => {
		while (next < steps.length) await compileStep(steps[next++]!);
	};
	await Promise.all([worker(), worker()]);
	const isWrapped = steps.some(({ source }) => source.endsWith("/crypto-core.c"));
	const wrapped = (isWrapped ? counted : []).map((name) => `-Wl,--wrap=core${name}`);
	const link = [
		"--specs=nano.specs",
		"-nostartfiles",
		"-Wl,--gc-sections",
		...wrapped,
		`-T${script}`,
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

function sizesOf(path: string): Pick<ChipFirmware, "flashBytes" | "textBytes" | "dataBytes" | "bssBytes"> {
	const [, line] = execFileSync("arm-none-eabi-size", [path], { encoding: "utf8" }).split("\n");
	const [text, data, bss] = (line ?? "").trim().split(/\s+/).map(Number);
	return { flashBytes: text! + data!, textBytes: text!, dataBytes: data!, bssBytes: bss! - cellsIn(path) };
}

/** The flash chip's cells, which are no RAM of the chip's. */
function cellsIn(path: string): number {
	const sections = execFileSync("arm-none-eabi-size", ["-A", path], { encoding: "utf8" });
	return Number(/^\.cells\s+(\d+)/m.exec(sections)?.[1] ?? 0);
}
