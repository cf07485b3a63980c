// Finds the user's own Moddable SDK by $MODDABLE, builds images with its mcconfig, and says clearly what is missing.
// Nothing of the SDK is in this project.
import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, rmSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "./build.mjs";
import { compileTypeScript } from "./sdk-typescript.mjs";

/** Something that a person has to install or set first. Programs end with status 2 on it. */
export class Missing extends Error {
	get name() {
		return "Missing";
	}
}

/** What stands before the SDK's tools. */
const ownTools = join(root, "scripts/sdk-tools");
const setUpUrl = "https://www.moddable.com/documentation/Moddable%20SDK%20-%20Getting%20Started";

/** What a person does where this project's programs around the SDK do not run: nobody has tried them there. */
const elsewhere = {
	darwin: `These programs run on Linux. On a Mac, with the SDK set up (${setUpUrl}), the SDK's own words build the device and start it
in the simulator, where nobody has tried it yet:
    export PATH="$PWD/node_modules/.bin:$PATH"
    mcconfig -m -p mac server=coap://127.0.0.1:5683 endpoint=hazel lifetime=60
There is no boot loader around it then: no updates, no deep sleep. hosts/desktop/README.md says more.`,
	win32: `These programs run on Linux. On Windows there are two ways:
  - WSL, with the SDK set up in it as on Linux (${setUpUrl}): there they run.
  - the SDK of Windows itself, in its "x64 Native Tools Command Prompt", where nobody has tried it yet:
        set PATH=%CD%\\node_modules\\.bin;%PATH%
        mcconfig -m -p win server=coap://127.0.0.1:5683 endpoint=hazel lifetime=60
    There is no boot loader around it then: no updates, no deep sleep. hosts/desktop/README.md says more.`,
};

const isExecutable = (path) => {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
};

/** @returns the first program of that name on the PATH, or undefined */
export function programOnPath(name) {
	const folders = (process.env.PATH ?? "").split(delimiter);
	return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * @returns {{ home: string, tools: string, simulator: string, simulators: string, environment: NodeJS.ProcessEnv }} where things are, and the environment its tools need
 * @throws Missing naming what to do
 */
export function findSdk() {
	const instead = elsewhere[process.platform];
	if (process.platform !== "linux") throw new Missing(instead ?? `The SDK has no tools for ${process.platform}.`);
	const home = process.env.MODDABLE;
	if (!home) {
		throw new Missing(
			`$MODDABLE is not set. Install the Moddable SDK (${setUpUrl}; or: npx xs-dev setup), then set it.`,
		);
	}
	const tools = join(home, "build/bin/lin/release");
	for (const tool of ["mcconfig", "xsc", "xsl", "mcrez", "mcsim"]) {
		if (isExecutable(join(tools, tool))) continue;
		throw new Missing(
			`${tool} is missing in $MODDABLE/build/bin/lin/release. Build the SDK's tools first: ${setUpUrl}`,
		);
	}
	const compilers = join(root, "node_modules/.bin");
	if (!isExecutable(join(compilers, "tsc"))) throw new Missing("node_modules/.bin/tsc is missing: run npm ci first.");
	// Ours first: the SDK asks for a TypeScript of release 6 or later, whichever the machine has.
	const path = [ownTools, compilers, tools, process.env.PATH].join(delimiter);
	return {
		home,
		tools,
		simulator: join(tools, "mcsim"),
		simulators: join(home, "build/simulators"),
		environment: { ...process.env, MODDABLE: home, PATH: path },
	};
}

/**
 * Warnings of the SDK's linker and compiler that are about our modules: each is shared mutable state or a slow native.
 * What is called embedded: is ours on Linux and Windows; elsewhere it is the SDK's.
 */
const isOurWarning = (line, home, platform) =>
	/^### warning: (modules\/|src\/|hosts\/|program:)/.test(line) ||
	((platform === "lin" || platform === "win") && /^### warning: (~\.embedded|embedded:)/.test(line)) ||
	(line.includes("cannot optimize native") && !line.startsWith(home));

/** Runs a program. @returns {Promise<number>} its status */
async function run(program, words, environment, onLine) {
	const child = spawn(program, words, { cwd: root, env: environment });
	for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine);
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", resolve);
	});
}

/**
 * Has mcconfig read a manifest, compiles its TypeScript, and has make do the rest up to `target`.
 * @param {{ sdk: ReturnType<typeof findSdk>, platform: string, manifest: string, name: string, output: string, target: string,
 *   words?: string[], environment?: NodeJS.ProcessEnv, onLine: (line: string) => void }} options
 *   `name` is the image's, from the manifest's build.NAME; `target` of the SDK's makefile, "$TMP" for the folder it works in;
 *   `words` go to mcconfig
 * @returns {Promise<string>} the folder it works in. Rejects with a message when a step fails, or our modules cause a warning
 */
export async function makeImage({ sdk, platform, manifest, name, output, target, words = [], environment, onLine }) {
	mkdirSync(output, { recursive: true });
	const warnings = [];
	const take = (line) => {
		if (isOurWarning(line, sdk.home, platform)) warnings.push(line);
		onLine(line);
	};
	const variables = { ...sdk.environment, ...environment };
	const status = await run(
		join(sdk.tools, "mcconfig"),
		["-p", platform, "-o", output, ...words, manifest],
		variables,
		take,
	);
	if (status !== 0) throw new Error(`mcconfig ended with status ${status}.`);
	const [chip, board = ""] = platform.split("/");
	const folder = join(output, "tmp", chip, ["lin", "mac", "win"].includes(chip) ? "mc" : board, "release", name);
	onLine(`# tsc: ${await compileTypeScript(folder)} modules at once`);
	const made = await run(
		"make",
		[
			...["-f", join(folder, "makefile")],
			...["xsc", "xsl"].map((tool) => `${tool.toUpperCase()}=${join(ownTools, tool)}`),
			target.replace("$TMP", folder),
		],
		variables,
		take,
	);
	if (made !== 0) throw new Error(`make ended with status ${made}.`);
	if (warnings.length > 0) {
		// Link again next time: make would otherwise call the image finished, and the warning would be seen once only.
		rmSync(join(folder, "mc.xs.c"), { force: true });
		throw new Error(`Our modules must link without a warning:\n${warnings.join("\n")}`);
	}
	return folder;
}

/**
 * Builds a manifest for the SDK's simulator.
 * @param {{ sdk: ReturnType<typeof findSdk>, manifest: string, name: string, output: string, words?: string[],
 *   onLine: (line: string) => void }} options as of makeImage
 * @returns {Promise<string>} path of the image
 */
export async function buildForSimulator({ name, output, ...options }) {
	await makeImage({ ...options, platform: "lin", name, output, target: "build" });
	const image = join(output, "bin/lin/mc/release", name, "mc.so");
	statSync(image);
	return image;
}

/** Calls `take` for each whole line of a stream, and for the rest at its end. */
export function eachLine(stream, take) {
	let rest = "";
	stream.setEncoding("utf8");
	stream.on("data", (text) => {
		const lines = (rest + text).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) take(line);
	});
	stream.on("end", () => {
		if (rest !== "") take(rest);
	});
}
