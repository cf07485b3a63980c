/**
 * Our C for Zephyr against the headers of the user's own Zephyr and SDK, with the autoconf.h and the devicetree that
 * Zephyr makes of our lines and overlays: the SDK's application is configured, Zephyr's headers are generated, and our
 * sources are read with the very flags that a build would give them (-fsyntax-only). Nothing is built. Skipped where
 * something is missing, with its name.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const { MODDABLE: sdk = "", ZEPHYR_BASE: base = "", ZEPHYR_MODULES: given = "" } = process.env;
const targets = join(root, "hosts/zephyr/targets");
const has = (program: string, ...words: string[]) => spawnSync(program, words).status === 0;
const parts = ["hal/nordic", "hal/cmsis", "hal/cmsis_6", "crypto/mbedtls", "crypto/tf-psa-crypto", "fs/littlefs"];

/** Of a west workspace, unless $ZEPHYR_MODULES names others (with semicolons). */
const modules =
	given !== ""
		? given.split(";")
		: [...parts.map((name) => `modules/${name}`), "bootloader/mcuboot"]
				.map((path) => join(base, "..", path))
				.filter((path) => existsSync(path));

/** @returns why nothing can be compiled here */
function whatIsMissing(): string | false {
	if (base === "") return "ZEPHYR_BASE is not set: no headers of Zephyr";
	if (sdk === "") return "$MODDABLE is not set: no headers of XS";
	if (!has("arm-none-eabi-gcc", "--version")) return "no arm-none-eabi-gcc (Debian: gcc-arm-none-eabi)";
	for (const tool of ["cmake", "ninja", "dtc"]) if (!has(tool, "--version")) return `no ${tool}`;
	if (!has("python3", "-c", "import elftools, yaml, pykwalify, packaging"))
		return "python3 lacks what Zephyr needs (its scripts/requirements-base.txt)";
	for (const name of ["cmsis", "mbedtls", "mcuboot"])
		if (!modules.some((path) => path.includes(name))) return `no module ${name} beside ZEPHYR_BASE ($ZEPHYR_MODULES)`;
	return false;
}

const version = (): number => {
	const text = readFileSync(join(base, "VERSION"), "utf8");
	const [, major = "0"] = /VERSION_MAJOR = (\d+)/.exec(text) ?? [];
	const [, minor = "0"] = /VERSION_MINOR = (\d+)/.exec(text) ?? [];
	return Number(major) * 100 + Number(minor);
};

/** What Zephyr 3.7 calls the options of 4.4, so that its headers are of use too. */
const olderNames: Readonly<Record<string, readonly string[]>> = {
	CONFIG_PSA_CRYPTO: ["CONFIG_MBEDTLS", "CONFIG_MBEDTLS_PSA_CRYPTO_C"],
	CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_MOVE: ["CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_WITHOUT_SCRATCH"],
	CONFIG_ZVFS_POLL: [],
	CONFIG_ZVFS_POLL_MAX: ["CONFIG_NET_SOCKETS_POLL_MAX"],
};

interface Manifest {
	readonly zephyrConfig?: Readonly<Record<string, string>>;
	readonly zephyrOverlay?: readonly string[];
}

interface Target {
	readonly name: string;
	readonly board: string;
	readonly manifests: readonly string[];
	/** Ours that the board can not have. */
	readonly without: readonly string[];
}

const boards: readonly Target[] = [
	{
		name: "nrf52840dk",
		board: "nrf52840dk/nrf52840",
		manifests: ["nrf52840dk/manifest.json", "nrf52840dk/manifest_ppp.json"],
		without: [],
	},
	{ name: "mps2-an385", board: "mps2/an385", manifests: ["mps2-an385/manifest.json"], without: ["POWEROFF"] },
];

const work = mkdtempSync(join(tmpdir(), "dormouse-zephyr-headers-"));
after(() => rmSync(work, { recursive: true, force: true }));
const skip = whatIsMissing();
const sources = ["zephyr", "sockets", "psa"].flatMap((part) =>
	readdirSync(join(root, "hosts", part))
		.filter((name) => name.endsWith(".c"))
		.map((name) => join(root, "hosts", part, name)),
);

/** The lines of our manifests, and the files that they lay over the board's devicetree. */
function linesFor({ manifests }: Target): { lines: string[]; overlays: string[] } {
	const lines = new Map<string, string>();
	let overlays: string[] = [];
	for (const path of [join(root, "hosts/zephyr/manifest.json"), ...manifests.map((name) => join(targets, name))]) {
		const { zephyrConfig = {}, zephyrOverlay } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
		for (const [name, value] of Object.entries(zephyrConfig)) {
			const older = version() < 404 ? olderNames[name] : undefined;
			for (const each of older ?? [name]) lines.set(each, value);
		}
		// By index, as the SDK does it: an array takes the place of what was there.
		const here = zephyrOverlay?.map((file) => join(dirname(path), file)) ?? [];
		overlays = [...here, ...overlays.slice(here.length)];
	}
	return { lines: [...lines].map(([name, value]) => `${name}=${value}`), overlays };
}

/** Configures the SDK's application with our sources in it. @returns the folder, and what Kconfig complained of */
function configure(target: Target): { folder: string; text: string } {
	const folder = join(work, target.name);
	const lists = join(folder, "lists");
	mkdirSync(lists, { recursive: true });
	const { lines, overlays } = linesFor(target);
	writeFileSync(join(folder, "ours.conf"), `${lines.join("\n")}\n`);
	const xs = ["includes", "platforms/zephyr", "platforms/mc", "sources"].map((part) => join(sdk, "xs", part));
	const call = (what: string, items: readonly string[]) => `zephyr_library_${what}(\n${items.join("\n")}\n)\n`;
	const text = call("sources", sources) + call("include_directories", [lists, ...xs]);
	writeFileSync(join(lists, "CMakeLists.txt"), text);
	const ids = new Set(sources.flatMap((path) => readFileSync(path, "utf8").match(/xsID_\w+/g) ?? []));
	writeFileSync(join(lists, "mc.xs.h"), [...ids].map((id, index) => `#define ${id} ${index + 1}\n`).join(""));
	writeFileSync(join(lists, "mc.defines.h"), "");
	const words = [
		`-DBOARD=${target.board}`,
		`-DZEPHYR_MODULES=${modules.join(";")}`,
		`-DEXTRA_CONF_FILE=${join(folder, "ours.conf")}`,
		`-DEXTRA_DTC_OVERLAY_FILE=${overlays.join(";")}`,
		`-DMODDABLE_BUILD_DIR=${lists}`,
		`-DUSER_CACHE_DIR=${join(work, "cache")}`,
	];
	const app = join(sdk, "build/devices/zephyr/app");
	const env = { ...process.env, ZEPHYR_TOOLCHAIN_VARIANT: "gnuarmemb", GNUARMEMB_TOOLCHAIN_PATH: "/usr" };
	const options = { encoding: "utf8", env, timeout: 300_000 } as const;
	const made = spawnSync("cmake", ["-GNinja", "-S", app, "-B", join(folder, "build"), ...words], options);
	assert.equal(made.status, 0, `${made.stdout}${made.stderr}`.slice(-4000));
	const headers = ["--build", join(folder, "build"), "--target", "zephyr_generated_headers"];
	const generated = spawnSync("cmake", headers, options);
	assert.equal(generated.status, 0, `${generated.stdout}${generated.stderr}`.slice(-4000));
	return { folder, text: `${made.stdout}${made.stderr}`.replaceAll(/\s+/g, " ") };
}

/** What a build would call, but that it only reads, warns of more, and not about others' headers. */
function read(command: string): string {
	const left = command.split(" ").filter((word) => word !== "" && !/^-(W|g$|fdiagnostics-color)/.test(word));
	const [program = "", ...words] = left.map((word) => word.replace(/^-I/, "-isystem"));
	const warnings = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-Wno-sign-compare"];
	// By a shell, because the words are quoted for one.
	const line = [program, ...warnings, "-DmxUseDefaultSharedChunks=1", ...words].join(" ");
	const { status, stderr } = spawnSync("sh", ["-c", line], { encoding: "utf8", cwd: work });
	return status === 0 ? "" : stderr;
}

for (const target of boards) {
	test(`zephyr: our C against Zephyr's and XS's headers, without a warning: ${target.name}`, { skip }, () => {
		const { folder, text } = configure(target);
		const unmet = [...text.matchAll(/warning: (\w+) \(defined at/g)].map(([, name]) => name!);
		const ours = unmet.filter((name) => linesFor(target).lines.includes(`CONFIG_${name}=y`));
		assert.deepEqual(ours, target.without, text.slice(0, 4000));
		const commands = JSON.parse(readFileSync(join(folder, "build/compile_commands.json"), "utf8")) as {
			readonly file: string;
			readonly command: string;
		}[];
		for (const path of sources) {
			const { command = "" } = commands.find(({ file }) => file === path) ?? {};
			assert.notEqual(command, "", path);
			const reading = command.replace(/ -o \S+/, "");
			assert.equal(read(reading), "", path);
			if (!path.endsWith("zephyr-system.c")) continue;
			const wrong = join(folder, "wrong.c");
			writeFileSync(wrong, `${readFileSync(path, "utf8")}\nint64_t at(void) { return k_uptime_get(1); }\n`);
			assert.match(read(reading.replace(path, wrong)), /too many arguments/);
		}
	});
}
