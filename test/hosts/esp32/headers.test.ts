/**
 * Our C for the ESP32s against the headers of the user's own ESP-IDF and SDK, with an sdkconfig.h that ESP-IDF's
 * kconfgen makes of our lines: with its compilers where they are there, else with Debian's for RISC-V and this
 * computer's own; they only read (-fsyntax-only). Skipped where something is missing, with its name.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const compat = join(root, "test/hosts/esp32/compat");
const { MODDABLE: sdk = "", IDF_PATH: idf = "" } = process.env;
const newlib = "/usr/include/newlib"; // Debian: libnewlib-dev
const has = (program: string, ...words: string[]) => spawnSync(program, words).status === 0;

/** @returns why nothing can be compiled here */
function whatIsMissing(): string | false {
	if (idf === "") return "IDF_PATH is not set: no headers of ESP-IDF";
	if (sdk === "") return "$MODDABLE is not set: no headers of XS";
	if (!has("python3", "-c", "import kconfgen"))
		return "ESP-IDF's kconfgen is missing (its export.sh; or pip: esp-idf-kconfig)";
	if (!existsSync(join(idf, "components/lwip/lwip/src"))) return "IDF_PATH lacks its submodules (lwip)";
	return false;
}

interface ChipBuild {
	readonly name: string;
	readonly number: number;
	readonly architecture: "riscv" | "xtensa";
}

const chips: readonly ChipBuild[] = [
	{ name: "esp32", number: 1, architecture: "xtensa" },
	{ name: "esp32s3", number: 3, architecture: "xtensa" },
	{ name: "esp32c3", number: 4, architecture: "riscv" },
	{ name: "esp32c6", number: 5, architecture: "riscv" },
];

/** The compiler of a chip, and how it is called; undefined: there is none. */
function compilerFor({ name, architecture }: ChipBuild): readonly string[] | undefined {
	const own = architecture === "riscv" ? "riscv32-esp-elf-gcc" : `xtensa-${name}-elf-gcc`;
	if (has(own, "--version")) return architecture === "riscv" ? [own, "-march=rv32imc"] : [own, "-mlongcalls"];
	if (!existsSync(newlib)) return undefined;
	// the features that ESP-IDF's own newlib is built with
	const features = ["-D_POSIX_THREADS", "-D_POSIX_TIMEOUTS", "-D_UNIX98_THREAD_MUTEX_ATTRIBUTES"];
	const headers = ["-isystem", compat, "-isystem", newlib, ...features];
	if (architecture === "riscv") {
		const program = "riscv64-unknown-elf-gcc";
		return has(program, "--version") ? [program, "-march=rv32imc", "-mabi=ilp32", ...headers] : undefined;
	}
	const foreign = ["-U__linux__", "-Ulinux", "-U__unix__", "-Uunix", "-D__XTENSA__"];
	return has("gcc", "--version") ? ["gcc", "-m32", ...foreign, ...headers] : undefined;
}

/** Folders of headers: those of the SDK's makefile, and those of our manifest. */
function foldersFor({ name, architecture }: ChipBuild): string[] {
	const makefile = readFileSync(join(sdk, "tools/mcconfig/make.esp32.mk"), "utf8");
	const ofSdk = makefile.match(/\$\(IDF_PATH\)\/components\S*/g) ?? [];
	const { build } = JSON.parse(readFileSync(join(root, "hosts/esp32/manifest.json"), "utf8")) as {
		build: Record<string, string>;
	};
	const ours = build.SDK_DIRS!.split("\t");
	const variables: Record<string, string> = {
		IDF_PATH: idf,
		IDF_PARTS: join(idf, "components"),
		ESP32_SUBCLASS: name,
		ESP32_BT_SUBCLASS: name,
		ESP_ARCH: architecture,
	};
	const all = [...ofSdk, ...ours].map((path) =>
		path.replaceAll(/\$\((\w+)\)/g, (_, key: string) => variables[key] ?? ""),
	);
	// Espressif's compilers for Xtensa have its core's headers; others find them in ESP-IDF.
	return [...new Set([...all, join(idf, "components/xtensa/include")])].filter((path) => existsSync(path));
}

/** What ESP-IDF's project generator does: all Kconfig files in one, the SDK's lines and ours over them. */
function makeSdkconfig(chip: string, folder: string): void {
	mkdirSync(folder, { recursive: true });
	const components = readdirSync(join(idf, "components")).map((name) => join(idf, "components", name));
	const lists = { Kconfig: join(folder, "kconfigs.in"), "Kconfig.projbuild": join(folder, "projbuild.in") };
	for (const [name, list] of Object.entries(lists)) {
		const files = components.map((path) => join(path, name)).filter((path) => existsSync(path));
		writeFileSync(list, files.map((path) => `source "${path}"\n`).join(""));
	}
	const base = readFileSync(join(sdk, `build/devices/esp32/xsProj-${chip}/sdkconfig.defaults`), "utf8");
	const ours = readFileSync(join(root, "hosts/esp32/sdkconfig/sdkconfig.defaults"), "utf8");
	writeFileSync(join(folder, "defaults"), `${base}\n${ours}`);
	const words = [
		"--kconfig",
		"Kconfig",
		"--sdkconfig-rename",
		"sdkconfig.rename",
		"--defaults",
		join(folder, "defaults"),
	];
	const outputs = ["--config", join(folder, "sdkconfig"), "--output", "header", join(folder, "sdkconfig.h")];
	const { status, stdout, stderr } = spawnSync(
		"python3",
		["-m", "kconfgen", ...words, ...outputs, "--env", `IDF_TARGET=${chip}`],
		{
			cwd: idf,
			encoding: "utf8",
			env: {
				...process.env,
				IDF_PATH: idf,
				IDF_TARGET: chip,
				IDF_VERSION: "6.0",
				IDF_INIT_VERSION: "6.0",
				IDF_TOOLCHAIN: "gcc",
				IDF_ENV_FPGA: "",
				COMPONENT_KCONFIGS_SOURCE_FILE: lists.Kconfig,
				COMPONENT_KCONFIGS_PROJBUILD_SOURCE_FILE: lists["Kconfig.projbuild"],
				COMPONENT_KCONFIGS_EXCLUDED_SOURCE_FILE: "/dev/null",
				COMPONENT_KCONFIGS_PROJBUILD_EXCLUDED_SOURCE_FILE: "/dev/null",
			},
		},
	);
	assert.equal(status, 0, stdout + stderr);
}

const work = mkdtempSync(join(tmpdir(), "dormouse-esp32-"));
after(() => rmSync(work, { recursive: true, force: true }));
const missing = whatIsMissing();

for (const chip of chips) {
	const compiler = missing === false ? compilerFor(chip) : undefined;
	const skip =
		missing !== false ? missing : compiler === undefined ? `no compiler that reads C for ${chip.name}` : false;
	test(`esp32: our C against ESP-IDF's and XS's headers, without a warning: ${chip.name}`, { skip }, () => {
		const folder = join(work, chip.name);
		makeSdkconfig(chip.name, folder);
		const settings = readFileSync(join(folder, "sdkconfig.h"), "utf8");
		for (const name of [
			"BOOTLOADER_APP_ROLLBACK_ENABLE",
			"ESP_TASK_WDT_EN",
			"ESP_CONSOLE_UART_DEFAULT",
			"VFS_SUPPORT_SELECT",
			"LWIP_IPV6",
		]) {
			assert.match(settings, new RegExp(`#define CONFIG_${name} 1\n`), name);
		}
		assert.doesNotMatch(settings, /CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS|CONFIG_ESP_CONSOLE_NONE/);
		const unwanted = /^#define CONFIG_(ESP_COREDUMP_ENABLE|ESP_WIFI_(SOFTAP|ENTERPRISE)_SUPPORT) .*/m.exec(settings);
		assert.equal(unwanted?.[0], undefined);
		writeFileSync(
			join(folder, "mc.xs.h"),
			"enum { xsID_happened = 1, xsID_host, xsID_id, xsID_port, xsID_turn, xsID_what, xsID_Uint8Array };\n",
		);
		writeFileSync(join(folder, "mc.defines.h"), "#define MODDEF_DORMOUSE_VERSION 1.2.3\n");
		const xs = ["includes", "sources", "platforms/esp", "platforms/mc"].flatMap((path) => [
			"-I",
			join(sdk, "xs", path),
		]);
		const headers = foldersFor(chip).flatMap((path) => ["-isystem", path]);
		const defines = [
			"-D__ets__",
			"-U__STRICT_ANSI__",
			`-DESP32=${chip.number}`,
			"-DmxUseDefaultSharedChunks=1",
			"-DESP_PLATFORM",
		];
		for (const part of ["esp32", "sockets", "psa", "tls"]) {
			for (const name of readdirSync(join(root, "hosts", part)).filter((path) => path.endsWith(".c"))) {
				const [program, ...words] = compiler!;
				const { status, stderr } = spawnSync(
					program!,
					[
						"-fsyntax-only",
						"-std=gnu17",
						"-Wall",
						"-Wextra",
						"-Werror",
						"-Wno-unused-parameter",
						...words,
						...defines,
						"-DWITH_POSIX",
						"-DHAVE_CONFIG_H",
						"-DBOOTLOADER_BUILD=1",
						"-I",
						folder,
						...headers,
						"-isystem",
						join(sdk, "xs/includes"),
						...xs,
						join(root, "hosts", part, name),
					],
					{ encoding: "utf8" },
				);
				assert.equal(status, 0, `${chip.name}: ${name}\n${stderr}`);
			}
		}
	});
}
