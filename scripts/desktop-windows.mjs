// The device for Windows, built on Linux with mingw-w64 and run by Wine, without a screen. On Windows itself the SDK's own
// mcconfig and simulator do that.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";
import { eachLine, Missing, makeImage, programOnPath } from "./sdk.mjs";

const compiler = "x86_64-w64-mingw32-gcc";

/** What the SDK's makefile for Windows gives its compiler, in the words of this one. */
const flags = "-c -D_CONSOLE -DWIN32 -DHAVE_MEMMOVE=1";
const libraries = "-lws2_32 -lbcrypt -lwinmm -lgdi32 -luser32 -lole32 -ladvapi32";

/** Replaces what must be there. */
function replaced(text, pattern, by) {
	if (!pattern.test(text)) throw new Error(`The SDK's make.lin.mk has no ${pattern}: this SDK is another one.`);
	return text.replace(pattern, by);
}

/**
 * The SDK has no makefile that builds for Windows on another system: its one for Linux, with the names changed, is one.
 * @returns the manifest's part that has mcconfig take it
 */
function writeFragment(sdk, output) {
	const folder = join(output, "windows");
	mkdirSync(folder, { recursive: true });
	const platforms = writePlatforms(sdk, folder);
	let text = readFileSync(join(sdk.home, "tools/mcconfig/make.lin.mk"), "utf8");
	text = replaced(text, /lin_xs/g, "win_xs");
	text = replaced(text, /mc\.so/g, "mc.dll");
	text = replaced(text, /^C_FLAGS \+= -fPIC.*$/m, `C_FLAGS += ${flags}`);
	text = replaced(text, /^LINK_LIBRARIES = .*$/m, `LINK_LIBRARIES = ${libraries}`);
	text = replaced(text, /^LINK_OPTIONS = .*$/m, "LINK_OPTIONS = -shared -static-libgcc");
	const rule = `$(LIB_DIR)/xsPlatforms.c.o: ${platforms}\n\t$(CC) $(C_DEFINES) $(C_INCLUDES) $(C_FLAGS) $< -o $@\n`;
	const path = join(folder, "make.win.mk");
	writeFileSync(path, `CC = ${compiler}\n${text}\n${rule}`);
	return path;
}

/**
 * XS on Windows looks for modules under names with "\\", as its linker writes them there; the one of Linux, which links
 * here, writes "/". So the part that looks for them is told so. @returns the path of that part
 */
function writePlatforms(sdk, folder) {
	let text = readFileSync(join(sdk.home, "xs/sources/xsPlatforms.c"), "utf8");
	text = replaced(text, /\*slash = '\\\\';/g, "*slash = '/';");
	text = replaced(text, /\bmxSeparator\b/g, "'/'");
	// For old compilers of Microsoft's, this file has a function that is a macro elsewhere.
	text = replaced(text, /_MSC_VER < 1800/, "0");
	const path = join(folder, "xsPlatforms.c");
	writeFileSync(path, text);
	return path;
}

/** Does what makeImage does, for -p win. @param options as of makeImage, without `platform` */
export async function makeForWindows({ manifest, name, output, ...options }) {
	const MAKE_FRAGMENT = writeFragment(options.sdk, output);
	const path = join(output, "windows", `${name}.json`);
	writeFileSync(path, JSON.stringify({ build: { MAKE_FRAGMENT }, include: manifest }, null, "\t"));
	return makeImage({ ...options, platform: "win", manifest: path, name, output });
}

/**
 * Builds a manifest for the SDK's simulator on Windows.
 * @param options as of buildForSimulator
 * @returns {Promise<string>} path of the image
 */
export async function buildForWindows({ name, output, ...options }) {
	if (programOnPath(compiler) === undefined) {
		throw new Missing(`${compiler} is missing (Debian, Ubuntu: apt-get install gcc-mingw-w64-x86-64).`);
	}
	await makeForWindows({ ...options, name, output, target: "build" });
	const image = join(output, "bin/win/mc/release", name, "mc.dll");
	statSync(image);
	return image;
}

/** A path of this computer as Wine has it. */
export const windowsPath = (path) => `Z:${path}`;

/**
 * The simulator without its window, under Wine, in the place of the SDK's for Linux.
 * @param {ReturnType<import("./sdk.mjs").findSdk>} sdk
 * @param {string} output folder to build in
 * @returns the SDK to run images with
 */
export async function windowsSdk(sdk, output) {
	const wine = programOnPath("wine");
	if (wine === undefined) throw new Missing("wine is missing (Debian, Ubuntu: apt-get install wine).");
	const program = join(output, "windows/headless.exe");
	mkdirSync(join(output, "windows"), { recursive: true });
	const source = join(root, "hosts/desktop/launcher/headless-win.c");
	const include = join(sdk.home, "build/simulators/modules");
	execFileSync(compiler, ["-O2", "-Wall", "-Wextra", `-I${include}`, source, "-o", program]);
	const environment = {
		...sdk.environment,
		WINEPREFIX: join(root, "build/wine"), // made when it is first used
		WINEDEBUG: "-all",
		DISPLAY: "",
	};
	const run = { wine, program, environment };
	await uptimeOf(run); // the first run makes the prefix, and takes its time
	return {
		...sdk,
		environment,
		simulator: wine,
		simulatorWords: [program, sdk.simulators],
		path: windowsPath,
		endsByStdin: true,
		upOffsetMs: await uptimeOf(run),
	};
}

/** By how much the clock of Windows, as Wine has it, is ahead of this computer's. */
async function uptimeOf({ wine, program, environment }) {
	const upMs = () => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
	const child = spawn(wine, [program, "--uptime"], { env: environment, stdio: ["ignore", "pipe", "ignore"] });
	const text = await new Promise((done, failed) => {
		child.on("error", failed);
		child.on("close", () => failed(new Error("Wine does not run a program for Windows.")));
		eachLine(child.stdout, done);
	});
	return Math.round(Number(text) - upMs());
}
