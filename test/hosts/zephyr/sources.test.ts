/**
 * The C of hosts/zephyr, hosts/nrf52 and, for Zephyr, hosts/sockets, read by arm-none-eabi-gcc with the SDK's own
 * headers. Zephyr's and Nordic's headers are not here: declared/declared.h stands in for them, and says so.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const { MODDABLE: sdk } = process.env;
const compiler = "arm-none-eabi-gcc";
const skip =
	sdk === undefined
		? "no Moddable SDK ($MODDABLE)"
		: spawnSync(compiler, ["--version"]).status === 0
			? false
			: "no arm-none-eabi-gcc (Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi)";
const folder = mkdtempSync(join(tmpdir(), "dormouse-zephyr-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const sourcesIn = (host: string): string[] =>
	readdirSync(join(root, "hosts", host))
		.filter((name) => name.endsWith(".c"))
		.map((name) => join(root, "hosts", host, name));

/** A folder where each of the headers that the sources name is the declared subset. */
function standIns(sources: readonly string[]): string {
	const include = join(folder, "include");
	const names = new Set<string>(["zephyr/net/net_ip.h", "zephyr/sys/timeutil.h"]);
	for (const path of [...sources, join(root, "hosts/sockets/sockets-zephyr.h")]) {
		const text = readFileSync(path, "utf8");
		for (const [, name] of text.matchAll(/#include <((?:zephyr|bootutil|modem|openthread)[^>]*)>/g)) names.add(name!);
	}
	const named = ["zephyr/kernel.h", "zephyr/sys/reboot.h", "zephyr/sys/printk.h"];
	const nordic = ["FreeRTOS.h", "task.h", "nrf_fstorage_sd.h", "nrf_crypto.h"];
	for (const name of [...named, ...nordic]) names.add(name);
	for (const name of names) {
		mkdirSync(dirname(join(include, name)), { recursive: true });
		writeFileSync(join(include, name), `#include "${join(root, "test/hosts/zephyr/declared/declared.h")}"\n`);
	}
	const ids = new Set(sources.flatMap((path) => readFileSync(path, "utf8").match(/xsID_\w+/g) ?? []));
	writeFileSync(join(include, "mc.xs.h"), [...ids].map((id, index) => `#define ${id} ${index + 1}\n`).join(""));
	writeFileSync(join(include, "mc.defines.h"), "");
	return include;
}

function compile(sources: readonly string[], platform: string, more: readonly string[]): string {
	const include = standIns(sources);
	const xs = ["includes", `platforms/${platform}`, "platforms/mc", "sources"].flatMap((part) => [
		"-isystem",
		join(sdk!, "xs", part),
	]);
	const flags = ["-mcpu=cortex-m4", "-mthumb", "-std=gnu11", "-fshort-enums", "-fsyntax-only"];
	const warnings = ["-Wall", "-Wextra", "-Wshadow", "-Werror", "-DMODGCC=1", "-DmxUseDefaultSharedChunks=1"];
	const words = [...flags, ...warnings, ...more, "-isystem", include, ...xs, ...sources];
	const { status, stderr } = spawnSync(compiler, words, { encoding: "utf8" });
	return status === 0 ? "" : stderr;
}

const zephyr = ["-D__ZEPHYR__=1"];
const mcuboot = ["-DCONFIG_BOOTLOADER_MCUBOOT=1", "-DCONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_MOVE=1"];
for (const [name, options] of [
	["Ethernet, PPP and the like, with MCUboot", ["-DCONFIG_POWEROFF=1", ...mcuboot]],
	["OpenThread, with MCUboot that swaps by offset", ["-DCONFIG_OPENTHREAD=1", "-DCONFIG_BOOTLOADER_MCUBOOT=1"]],
	["nRF91", ["-DCONFIG_LTE_LINK_CONTROL=1", "-DCONFIG_LTE_EDRX_REQ=1", "-DCONFIG_NET_SOCKETS_OFFLOAD=1", ...mcuboot]],
	["without boot loader and system off", []],
] as const) {
	test(`Zephyr's C compiles against the declared subset: ${name}`, { skip }, () => {
		const byOffset = name.includes("offset") ? ["-DCONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_OFFSET=1"] : [];
		assert.equal(
			compile([...sourcesIn("zephyr"), ...sourcesIn("sockets")], "zephyr", [...zephyr, ...options, ...byOffset]),
			"",
		);
	});
}

test("the nRF52's C compiles against the declared subset", { skip }, () => {
	assert.equal(compile(sourcesIn("nrf52"), "nrf52", []), "");
});

test("the check can fail", { skip }, () => {
	const wrong = join(folder, "wrong.c");
	writeFileSync(wrong, "#include <zephyr/kernel.h>\nint64_t at(void) { return k_uptime_get(1); }\n");
	assert.match(compile([wrong], "zephyr", zephyr), /too many arguments/);
});
