// Everything of a build for Zephyr that needs neither Zephyr nor a tool chain: the SDK's mcconfig writes CMake lists, and
// CMake runs them against a stand-in for Zephyr's package, up to the machine in ROM (TypeScript, bytecode, link).
// The stand-in is written into the output; the lists are the SDK's own.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { eachLine, Missing, programOnPath } from "../../../scripts/sdk.mjs";
import { compileTypeScript } from "../../../scripts/sdk-typescript.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Newer than any that the SDK asks for. */
const version = (name) =>
	`set(PACKAGE_VERSION 99.0.0)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\nset(${name}_VERSION 99.0.0)\n`;

/** What the SDK's lists call of Zephyr: nothing happens, but what they say is noted for whoever wants to compile. */
const noted = (name) =>
	`function(${name})\n\tstring(REPLACE ";" "\\n" lines "\${ARGN}")\n\tfile(APPEND \${CMAKE_BINARY_DIR}/${name}.txt "\${lines}\\n")\nendfunction()\n`;
const zephyrPackage = [
	...["include_directories", "system_include_directories", "compile_definitions", "compile_options"].map(
		(what) => `function(zephyr_get_${what}_for_lang_as_string)\nendfunction()\n`,
	),
	...["include_directories", "compile_definitions", "compile_options", "sources"].map((what) =>
		noted(`zephyr_library_${what}`),
	),
	"function(zephyr_library_add_dependencies)\nendfunction()\n",
].join("");

/** What each of our boards has for mcdevicetree: pins and serial ports. What they are compatible with is in the stand-in. */
const devices = `/dts-v1/;

/ {
	#address-cells = < 0x1 >;
	#size-cells = < 0x1 >;
	model = "none";
	compatible = "none";
	chosen {
	};
	aliases {
	};
	soc {
		gpio0: gpio@0 {
			compatible = "none,gpio";
		};
		uart0: uart@1 {
			compatible = "none,serial";
		};
		uart1: uart@2 {
			compatible = "none,serial";
		};
	};
};
`;

function run(program, words, { cwd, env, onLine }) {
	const child = spawn(program, words, { cwd, env });
	for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine);
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", resolve);
	});
}

async function must(program, words, options) {
	const status = await run(program, words, options);
	if (status !== 0) throw new Error(`${program} ended with status ${status}.`);
}

function writeStandIn(folder) {
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "ZephyrConfig.cmake"), zephyrPackage);
	writeFileSync(join(folder, "ZephyrConfigVersion.cmake"), version("Zephyr"));
	writeFileSync(join(folder, "Zephyr-sdkConfig.cmake"), "");
	writeFileSync(join(folder, "Zephyr-sdkConfigVersion.cmake"), version("Zephyr-sdk"));
	for (const kind of ["gpio", "serial"]) {
		const bindings = join(folder, "dts/bindings", kind);
		mkdirSync(bindings, { recursive: true });
		writeFileSync(join(bindings, `none,${kind}.yaml`), "");
	}
}

const isOurWarning = (line, home) =>
	(/^### warning: (modules|src|hosts)\//.test(line) && /not frozen|no const|not extensible/.test(line)) ||
	(line.includes("cannot optimize native") && !line.startsWith(home));

/**
 * @param {{ sdk: { home: string, tools: string, environment: NodeJS.ProcessEnv }, platform: string, manifest: string,
 *   name: string, output: string, words?: readonly string[], onLine?: (line: string) => void }} options `platform` as
 *   mcconfig's -p takes it, `words` for its command line
 * @returns {Promise<{ folder: string, build: string, lines: readonly string[] }>} mcconfig's folder (mc.xs.c is there),
 *   CMake's (sources.txt is there), and all that was said. Rejects when a step fails, or one of our modules causes a
 *   warning of the linker
 * @throws Missing when there is no cmake
 */
export async function dryBuild({ sdk, platform, manifest, name, output, words = [], onLine = () => {} }) {
	for (const tool of ["cmake", "make"]) if (programOnPath(tool) === undefined) throw new Missing(`${tool} is missing.`);
	mkdirSync(output, { recursive: true });
	const standIn = join(output, "stand-in");
	writeStandIn(standIn);
	const env = { ...sdk.environment, ZEPHYR_BASE: standIn };
	const lines = [];
	const take = (line) => {
		lines.push(line);
		onLine(line);
	};
	const options = { cwd: root, env, onLine: take };
	await must(join(sdk.tools, "mcconfig"), ["-p", platform, "-o", output, ...words, manifest], options);
	const lists = lines.map((line) => /\S+\/CMakeLists\.txt/.exec(line)?.[0]).find((path) => path !== undefined);
	const folder = lists === undefined ? folderOf(output, platform, name) : dirname(lists);
	const path = join(folder, "CMakeLists.txt");
	// A debugger is started by the lists of every build; not by this one.
	writeFileSync(path, readFileSync(path, "utf8").replace(/execute_process\(\n\s*COMMAND env XSBUG[^)]*\)/g, ""));
	const build = join(folder, "dry");
	rmSync(build, { recursive: true, force: true });
	mkdirSync(join(build, "zephyr"), { recursive: true });
	// As the SDK's own application for Zephyr does: finds Zephyr, then takes the lists in.
	const top = join(standIn, "top");
	mkdirSync(top, { recursive: true });
	writeFileSync(
		join(top, "CMakeLists.txt"),
		`cmake_minimum_required(VERSION 3.20.0)\nfind_package(Zephyr REQUIRED)\nproject(dry C)\nadd_subdirectory("${folder}" lists)\n`,
	);
	writeFileSync(join(build, "zephyr/zephyr.dts"), devices);
	rmSync(join(folder, "mc.xs.c"), { force: true }); // linked anew, or a warning would be seen once only
	const where = [`-DZephyr_DIR=${standIn}`, `-DZephyr-sdk_DIR=${standIn}`];
	await must("cmake", ["-S", top, "-B", build, "-G", "Unix Makefiles", ...where], options);
	await compileAtOnce({ sdk, folder, build, options });
	// All TypeScript is compiled: whoever starts the compiler once more, for each module, would do so for minutes.
	writeFileSync(join(standIn, "tsc"), '#!/bin/sh\necho "the lists compile TypeScript again: $*" >&2\nexit 1\n', {
		mode: 0o755,
	});
	const guarded = { ...options, env: { ...env, PATH: `${standIn}:${env.PATH}` } };
	await must("cmake", ["--build", build, "--target", "generated_files"], guarded);
	const warnings = lines.filter((line) => isOurWarning(line, sdk.home));
	if (warnings.length > 0) throw new Error(`Our modules must link without a warning:\n${warnings.join("\n")}`);
	if (!existsSync(join(folder, "mc.xs.c"))) throw new Error(`no mc.xs.c in ${folder}`);
	return { folder, build, lines };
}

/** Declarations of the devices, then all TypeScript in one go: CMake finds both done. */
async function compileAtOnce({ sdk, folder, build, options }) {
	const lists = readFileSync(join(folder, "CMakeLists.txt"), "utf8");
	const rules = [...lists.matchAll(/^\t\$\{TMP_DIR\}(\/tsc\/\S+\.js)$/gm)].map(([, path]) => `$(TMP_DIR)${path} :\n`);
	writeFileSync(join(folder, "makefile"), [...new Set(rules)].join("")); // what compileTypeScript() looks into
	const words = [join(build, "zephyr/zephyr.dts"), "-o", folder, "-p", "zephyr", "-c", join(folder, "zephyr.conf")];
	await must(join(sdk.tools, "mcdevicetree"), [...words, "-d", join(folder, "mc.defines.h")], options);
	rmSync(join(folder, "tsc"), { recursive: true, force: true }); // all of it has to be newer than the declarations
	await compileTypeScript(folder);
}

/** As mcconfig lays it out: a platform given by a folder is called by that folder's name. */
function folderOf(output, platform, name) {
	const [, sub] = /^zephyr[:/](.*)$/.exec(platform) ?? [];
	const last = sub === undefined ? "" : sub.replace(/\/+$/, "").split("/").at(-1);
	return join(output, "tmp/zephyr", last ?? "", "release", name);
}
