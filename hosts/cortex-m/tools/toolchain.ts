import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../simulator/engine/sources.ts";

/** What a bench on the emulated chip needs of its computer. */
export interface Toolchain {
	/** First line of the compiler's version. */
	readonly compiler: string;
	readonly emulator: string;
	/** Folder of mbedTLS's sources; undefined: cryptography in TypeScript alone. */
	readonly mbedtls: string | undefined;
}

/** What stands on a Debian's package list, by the program that is asked for. */
const packages: Readonly<Record<string, string>> = {
	"arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
	"qemu-system-arm": "qemu-system-arm",
};

/** How to come by mbedTLS's sources, for people. */
export const mbedtlsHint =
	"no native cryptography: DORMOUSE_MBEDTLS names no folder with mbedTLS 2.28's sources " +
	"(Debian: `apt-get source mbedtls`, then DORMOUSE_MBEDTLS=./mbedtls-2.28.3)";

/** @returns the tools, or a line for people that says what is missing and which Debian packages have it */
export function findToolchain(): Toolchain | string {
	const found = Object.keys(packages).map((program) => [program, versionOf(program)] as const);
	const missing = found.filter(([, version]) => version === undefined).map(([program]) => program);
	if (missing.length > 0) {
		const wanted = missing.map((program) => packages[program]).join(" ");
		return `no ${missing.join(", no ")} on this computer (Debian: apt-get install ${wanted})`;
	}
	const [compiler, emulator] = found.map(([, version]) => version!);
	return { compiler: compiler!, emulator: emulator!, mbedtls: findMbedtls() };
}

function versionOf(program: string): string | undefined {
	try {
		return execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split(
			"\n",
		)[0];
	} catch {
		return undefined;
	}
}

/** DORMOUSE_MBEDTLS, or a folder mbedtls-… in build/. */
function findMbedtls(): string | undefined {
	const build = join(packageRoot, "build");
	const unpacked = existsSync(build) ? readdirSync(build).filter((name) => name.startsWith("mbedtls-")) : [];
	const folders = [process.env.DORMOUSE_MBEDTLS ?? "", ...unpacked.sort().map((name) => join(build, name))];
	return folders.find((folder) => folder !== "" && isMbedtls228(folder));
}

function isMbedtls228(folder: string): boolean {
	const version = join(folder, "include/mbedtls/version.h");
	const isThere = existsSync(version) && existsSync(join(folder, "library/psa_crypto.c"));
	return isThere && /MBEDTLS_VERSION_STRING\s+"2\.28\./.test(readFileSync(version, "utf8"));
}
