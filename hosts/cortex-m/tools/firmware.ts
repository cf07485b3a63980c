import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EngineFailure, findXsFolder, packageRoot } from "../../simulator/engine/sources.ts";
import { developmentKey } from "../../simulator/image/keys.ts";
import type { SigningKey } from "../../simulator/image/signature.ts";
import { linkProgram, type Program, type SourceFile } from "./compilation.ts";
import type { Toolchain } from "./toolchain.ts";

/**
 * What the firmware's main() is: the bench, the device, or the machine of a simulated board, with that board's
 * accelerator or, to be measured, with hosts/psa.
 */
export type FirmwareKind = "bench" | "device" | "guest" | "measured";

/** XS, the shim, the board and perhaps mbedTLS, linked for the emulated chip. */
export interface ChipFirmware extends Program {
	/** Code and constants, in bytes: text and data. */
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
const shim = [
	...["machine.c", "memory.c", "mods.c", "natives.c", "platform.c"],
	...["power.c", "program.c", "rom.c", "sha256.c"],
];

const mbedtlsFiles = [
	"aes ccm gcm cipher cipher_wrap md sha256 bignum ecp ecp_curves ecdh ecdsa asn1parse asn1write hmac_drbg",
	"constant_time platform platform_util psa_crypto psa_crypto_aead psa_crypto_cipher psa_crypto_client",
	"psa_crypto_driver_wrappers psa_crypto_ecp psa_crypto_hash psa_crypto_mac psa_crypto_rsa",
	"psa_crypto_slot_management psa_crypto_storage",
].flatMap((line) => line.split(" "));

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

/** For the linker: functions of hosts/psa's core whose instructions xs/crypto.c counts. */
export const wrapped = [
	"ImportSecret ImportAes ImportPrivate Generate Release Export PublicPoint Agree Sign Verify Hmac Prf Master",
	"Seal Open Cbc HashBegin HashUpdate HashDigest",
].flatMap((line) => line.split(" ").map((name) => `-Wl,--wrap=core${name}`));

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
	const xs = findXsFolder();
	if (xs === undefined) throw new EngineFailure("no sources of XS: run `npm install` with dev dependencies");
	const hasCore = mbedtls !== undefined && kind !== "guest";
	const names = [...shim.map((name) => `simulator/engine/shim/${name}`), ...own[kind], ...both];
	const native = kind === "guest" ? "simulator/engine/shim/crypto.c" : "psa/psa-natives.c";
	const files = [
		...xsFiles(xs, []),
		...oursWith(xs, [...names, native], { mbedtls, trusted }),
		...(hasCore ? cryptoFiles(mbedtls) : []),
	];
	const program = await linkProgram(compiler, files, hasCore ? wrapped : []);
	return { ...program, flashBytes: program.textBytes + program.dataBytes, nativeCrypto: mbedtls !== undefined };
}

/** The boot loader of both kinds of image. */
export const bootFiles = [
	...["chip/nor-flash", "chip/reset", "chip/wait", "xs/console", "xs/life", "xs/trust"],
	...["boot-decision", "boot-loader", "boot-store", "ed25519", "field", "image-check", "p256", "sha512"].map(
		(name) => `boot/${name}`,
	),
].map((name) => `cortex-m/${name}.c`);

/** The device over it, whoever makes its machine. */
export const deviceFiles = [
	...["xs/crypto", "xs/device", "xs/power", "xs/settings", "xs/slots", "chip/lan9118", "net/dns", "net/udp"],
].map((name) => `cortex-m/${name}.c`);

/** What each kind has beside `both`. */
const own: { readonly [kind in FirmwareKind]: readonly string[] } = {
	bench: ["board", "crypto", "main", "natives", "no-mods", "no-slots"].map((name) => `cortex-m/xs/${name}.c`),
	device: [...bootFiles, ...deviceFiles, "cortex-m/xs/no-mods.c", "cortex-m/xs/start-image.c"],
	guest: ["xs/guest", "xs/guest-flash", "xs/guest-crypto", "chip/reset", "chip/wait"].map(
		(name) => `cortex-m/${name}.c`,
	),
	measured: ["xs/guest", "xs/guest-flash", "xs/guest-natives", "xs/crypto", "chip/reset", "chip/wait"].map(
		(name) => `cortex-m/${name}.c`,
	),
};
const both = ["xs/port", "xs/program", "chip/semihosting", "chip/start"].map((name) => `cortex-m/${name}.c`);

const at = (path: string) => join(packageRoot, "hosts", path);

/**
 * The engine, from its own sources.
 * @param leftOut of its files, beside those that no chip has
 */
export function xsFiles(xs: string, leftOut: readonly string[]): SourceFile[] {
	const names = readdirSync(join(xs, "sources")).filter(
		(name) => name.endsWith(".c") && !xsLeftOut.includes(name) && !leftOut.includes(name),
	);
	const flags = flagsFor(xs);
	const seen = [at("cortex-m/xs/platform.h")];
	return names.sort().map((name) => ({ source: join(xs, "sources", name), flags, seen }));
}

/** What files that see XS are compiled with. */
export function flagsFor(xs: string): string[] {
	const rooms = [...cortexRooms, "simulator/engine/shim", "psa"].map((room) => `-I${at(room)}`);
	const includes = ["includes", "platforms", "sources"].map((room) => `-I${join(xs, room)}`);
	return [...rooms, ...includes, ...xsFlags];
}

/** Files of ours that see XS, by their names below hosts/. */
export function oursWith(
	xs: string,
	names: readonly string[],
	{ mbedtls, trusted }: { readonly mbedtls: string | undefined; readonly trusted: readonly SigningKey[] },
): SourceFile[] {
	const flags = [...flagsFor(xs), `-DDORMOUSE_HAS_PSA=${mbedtls === undefined ? 0 : 1}`];
	const seen = headers();
	return names.map((name) => ({ source: at(name), flags: [...flags, ...trustOf(name, trusted)], seen }));
}

/** mbedTLS, and the core of hosts/psa over it. */
export function cryptoFiles(mbedtls: string): SourceFile[] {
	const config = [`-I${at("cortex-m/mbedtls")}`, '-DMBEDTLS_CONFIG_FILE="mbedtls-config.h"'];
	const flags = [...config, `-I${join(mbedtls, "include")}`, ...countedHeap, "-w"];
	const names = [
		...mbedtlsFiles.map((name) => join(mbedtls, "library", `${name}.c`)),
		...["crypto-core.c", "crypto-cipher.c"].map((name) => at(`psa/${name}`)),
	];
	const seen = headers();
	return names.map((source) => ({ source, flags, seen }));
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
