/**
 * Our C for the nRF52840 against the headers of the user's own nRF5 SDK 17 ($NRF_SDK_DIR) and Moddable SDK, with the
 * folders and definitions of the latter's makefile and its sdk_config.h. Only read (-fsyntax-only). Skipped where
 * something is missing, with its name.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const { MODDABLE: sdk = "", NRF_SDK_DIR: nordic = "" } = process.env;
const compiler = "arm-none-eabi-gcc";

/** @returns why nothing can be compiled here */
function whatIsMissing(): string | false {
	if (nordic === "") return "NRF_SDK_DIR is not set: no headers of the nRF5 SDK";
	if (sdk === "") return "$MODDABLE is not set: no headers of XS";
	if (!existsSync(join(nordic, "components/libraries/crypto/nrf_crypto.h"))) return "NRF_SDK_DIR is no nRF5 SDK";
	return spawnSync(compiler, ["--version"]).status === 0 ? false : `no ${compiler} (Debian: gcc-arm-none-eabi)`;
}

const skip = whatIsMissing();
const folder = mkdtempSync(join(tmpdir(), "dormouse-nrf52-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The compiler's words, as the SDK's makefile has them. */
function words(): readonly string[] {
	const makefile = readFileSync(join(sdk, "tools/mcconfig/make.nrf52.mk"), "utf8");
	const variables: Readonly<Record<string, string>> = {
		NRF52_SDK_ROOT: nordic,
		SOFT_DEVICE: "s140",
		BUILD_DIR: join(sdk, "build"),
		PLATFORM_DIR: join(sdk, "build/devices/nrf52"),
		XS_DIR: join(sdk, "xs"),
	};
	const named = makefile.match(/\$\((?:NRF52_SDK_ROOT|PLATFORM_DIR|BUILD_DIR|XS_DIR)\)\/[\w$()/.-]*/g) ?? [];
	const paths = named.map((path) => path.replaceAll(/\$\((\w+)\)/g, (_, name: string) => variables[name] ?? ""));
	const folders = [...new Set([join(sdk, "build/devices/nrf52/config"), ...paths])].filter(
		(path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
	);
	const [, list = ""] = /^NRF_C_DEFINES=([\s\S]*?)\n\n/m.exec(makefile) ?? [];
	const defines = (list.match(/-D\S+/g) ?? [])
		.filter((word) => !word.includes("$("))
		.map((word) => word.replaceAll("\\", ""));
	return [
		...["-mcpu=cortex-m4", "-mthumb", "-mabi=aapcs", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-fshort-enums"],
		...["-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"],
		...[...defines, "-DBOARD_PCA10056", "-DmxUseDefaultSharedChunks=1", "-DMODGCC=1", "-I", folder],
		...["xs/includes", "xs/platforms/nrf52", "xs/platforms/mc", "xs/sources"].flatMap((path) => [
			"-isystem",
			join(sdk, path),
		]),
		...folders.flatMap((path) => ["-isystem", path]),
	];
}

test("nrf52: our C against the nRF5 SDK's and XS's headers, without a warning", { skip }, () => {
	const source = join(root, "hosts/nrf52/nrf52-system.c");
	const text = readFileSync(source, "utf8");
	writeFileSync(join(folder, "mc.xs.h"), "");
	writeFileSync(join(folder, "mc.defines.h"), "");
	const right = spawnSync(compiler, [...words(), source], { encoding: "utf8" });
	assert.equal(right.status, 0, right.stderr);
	const wrong = join(folder, "wrong.c");
	writeFileSync(wrong, text.replace("nrf_crypto_init()", "nrf_crypto_init(1)"));
	assert.match(spawnSync(compiler, [...words(), wrong], { encoding: "utf8" }).stderr, /too many arguments/);
});
