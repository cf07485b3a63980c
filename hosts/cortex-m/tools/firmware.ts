import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { EngineFailure, findXsFolder, packageRoot } from "../../simulator/engine/sources.ts";
import type { Toolchain } from "./toolchain.ts";

const run = promisify(execFile);

/** What the firmware's main() is: the bench, or the device. */
export type FirmwareKind = "bench" | "device";

/** XS, the shim, the board and perhaps mbedTLS, linked for the emulated chip. */
export interface ChipFirmware {
	readonly path: string;
	/** Code and constants, in bytes. */
	readonly flashBytes: number;
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
const shim = ["machine.c", "memory.c", "mods.c", "natives.c", "program.c", "rom.c"];

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

const cortexRooms = ["cortex-m/xs", "cortex-m/chip", "cortex-m/net"];

interface Step {
	readonly source: string;
	readonly flags: readonly string[];
}

/**
 * Builds the firmware, or finds it: build/cortex-m has one for each state of sources, flags and compiler.
 * @throws EngineFailure when there are no XS sources, or with the compiler's first words
 */
export async function buildFirmware(
	{ compiler, mbedtls }: Toolchain,
	kind: FirmwareKind = "bench",
): Promise<ChipFirmware> {
	const steps = recipe(mbedtls, kind);
	const script = join(packageRoot, "hosts/cortex-m/chip/mps2-an386.ld");
	const hash = createHash("sha256").update(JSON.stringify([compiler, machine, codeFlags, counted, mbedtls]));
	for (const { source, flags } of steps) hash.update(JSON.stringify([flags, readFileSync(source, "utf8")]));
	for (const header of headers()) hash.update(readFileSync(header, "utf8"));
	hash.update(readFileSync(script, "utf8"));
	const folder = join(packageRoot, "build/cortex-m", hash.digest("hex").slice(0, 16));
	const path = join(folder, "firmware.elf");
	if (!existsSync(path)) await make(steps, script, folder, path);
	return { path, flashBytes: sizeOf(path), nativeCrypto: mbedtls !== undefined };
}

/** Of cortex-m, what each kind has beside crypto.c, port.c and program.c. */
const own: { readonly [kind in FirmwareKind]: readonly string[] } = {
	bench: ["xs/board.c", "xs/main.c", "xs/natives.c"],
	device: ["xs/device.c", "chip/lan9118.c", "chip/nor-flash.c", "chip/wait.c", "net/dns.c", "net/udp.c"],
};
const both = ["xs/crypto.c", "xs/no-slots.c", "xs/port.c", "xs/program.c", "chip/semihosting.c", "chip/start.c"];

function recipe(mbedtls: string | undefined, kind: FirmwareKind): Step[] {
	const xs = findXsFolder();
	if (xs === undefined) throw new EngineFailure("no sources of XS: run `npm install` with dev dependencies");
	const at = (path: string) => join(packageRoot, "hosts", path);
	const includes = ["includes", "platforms", "sources"].map((room) => `-I${join(xs, room)}`);
	const rooms = [...cortexRooms, "simulator/engine/shim", "psa"];
	const hasPsa = `-DDORMOUSE_HAS_PSA=${mbedtls === undefined ? 0 : 1}`;
	const flags = [...rooms.map((room) => `-I${at(room)}`), ...includes, ...xsFlags, hasPsa];
	const xsFiles = readdirSync(join(xs, "sources")).filter((name) => name.endsWith(".c") && !xsLeftOut.includes(name));
	const sources = [
		...xsFiles.sort().map((name) => join(xs, "sources", name)),
		...shim.map((name) => at(`simulator/engine/shim/${name}`)),
		...[...own[kind], ...both].map((name) => at(`cortex-m/${name}`)),
		at("psa/psa-natives.c"),
	];
	const steps: Step[] = sources.map((source) => ({ source, flags }));
	if (mbedtls === undefined) return steps;
	const config = [`-I${at("cortex-m/mbedtls")}`, '-DMBEDTLS_CONFIG_FILE="mbedtls-config.h"'];
	const cryptoFlags = [...config, `-I${join(mbedtls, "include")}`, ...countedHeap, "-w"];
	const cryptoFiles = [
		...mbedtlsFiles.map((name) => join(mbedtls, "library", `${name}.c`)),
		...["crypto-core.c", "crypto-cipher.c"].map((name) => at(`psa/${name}`)),
	];
	return [...steps, ...cryptoFiles.map((source) => ({ source, flags: cryptoFlags }))];
}

/** Ours: those of XS and mbedTLS change with their C files. */
function headers(): string[] {
	return [...cortexRooms, "cortex-m/mbedtls", "simulator/engine/shim", "psa"].flatMap((room) => {
		const folder = join(packageRoot, "hosts", room);
		const names = existsSync(folder) ? readdirSync(folder) : [];
		return names.filter((name) => name.endsWith(".h")).map((name) => join(folder, name));
	});
}

async function make(steps: readonly Step[], script: string, folder: string, path: string): Promise<void> {
	mkdirSync(folder, { recursive: true });
	const objects = steps.map((_, index) => join(folder, `${index}-${process.pid}.o`));
	let next = 0;
	const worker = async () => {
		while (next < steps.length) {
			const index = next++;
			const { source, flags } = steps[index]!;
			await compile([...machine, ...codeFlags, ...flags, "-c", source, "-o", objects[index]!], basename(source));
		}
	};
	await Promise.all([worker(), worker()]);
	const draft = `${path}.${process.pid}`;
	const wrapped = counted.map((name) => `-Wl,--wrap=core${name}`);
	const link = [
		"--specs=nano.specs",
		"-nostartfiles",
		"-Wl,--gc-sections",
		...wrapped,
		`-T${script}`,
		...objects,
		"-lm",
	];
	await compile([...machine, ...link, "-o", draft], "the firmware");
	renameSync(draft, path); // two builds at once leave whole files
	for (const object of objects) rmSync(object);
}

async function compile(words: readonly string[], what: string): Promise<void> {
	try {
		await run("arm-none-eabi-gcc", [...words], { timeout: 120_000 });
	} catch (error) {
		const said = (error as { stderr?: string }).stderr ?? String(error);
		throw new EngineFailure(`${what} does not build: ${said.split("\n").slice(0, 8).join("\n")}`, { cause: error });
	}
}

function sizeOf(path: string): number {
	const [, line] = execFileSync("arm-none-eabi-size", [path], { encoding: "utf8" }).split("\n");
	const [text, data] = (line ?? "").trim().split(/\s+/).map(Number);
	return text! + data!;
}
