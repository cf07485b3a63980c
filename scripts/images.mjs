// npm run images: every step of an image that needs no vendor's tool chain, for each platform: manifests, TypeScript,
// bytecode, the linked ROM. Fails on a type error and on a linker's warning about one of our modules.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.mjs";
import { makeForWindows } from "./desktop-windows.mjs";
import { mainOf, packedManifest } from "./packed.mjs";
import { measureRom } from "./rom.mjs";
import { findSdk, Missing, makeImage } from "./sdk.mjs";

const usage = `npm run images -- [OPTION…] [PLATFORM…]

Builds manifest.json for each platform with your Moddable SDK ($MODDABLE), as far as that goes without ESP-IDF, Zephyr and
their compilers: TypeScript, bytecode, the ROM that XS links. Says how large that is. Without PLATFORM: all of

  PLATFORMS

  --separate       each source a module, as mcconfig makes it of manifest.json; otherwise all of ours are packed into one
  --self-test      the self-test's image instead of the application's
  --manifest FILE  another manifest; with --name NAME, its build.NAME
  --output FOLDER  where the SDK builds (default build/images)
  --json           one line of JSON
  --verbose        every line that the tools say
  --help           this

Exit status: 0 all were built, 1 one was not, 2 something is missing or the words are wrong.
`;

const say = (text) => process.stderr.write(`${text}\n`);

/** Builders by the platform's first word; a host without one of its own is not there yet. */
async function builders() {
	const found = new Map(
		["lin", "mac", "win"].map((name) => [name, { platforms: [name], host: "desktop", dryBuild: linkForDesktop }]),
	);
	for (const [chip, fallback] of [
		["esp32", ["esp32"]],
		["zephyr", ["zephyr/nrf52840dk"]],
		["nrf52", ["nrf52/dk"]],
	]) {
		const path = join(root, "hosts", chip, "tools/dry-build.mjs");
		if (!existsSync(path)) continue;
		const { dryBuild, platforms = fallback } = await import(path);
		found.set(chip, { platforms, host: chip, dryBuild });
	}
	return found;
}

async function linkForDesktop(options) {
	const make = options.platform === "win" ? makeForWindows : makeImage;
	return { folder: await make({ ...options, target: "$TMP/mc.xs.c" }) };
}

/** Makes one image as far as it goes. @returns what the link made: measureRom() */
export async function linkImage({ sdk, platform, manifest, name, output, onLine }) {
	const chip = platform.split(/[/:]/)[0];
	const builder = (await builders()).get(chip);
	if (builder === undefined) throw new Missing(`There is no way to build for ${platform} without its tools.`);
	const { folder } = await builder.dryBuild({ sdk, platform, manifest, name, output, onLine });
	return { platform, name, ...measureRom(folder) };
}

/** The manifest that packs what another one runs on a platform; that one itself when it runs nothing of this project. */
async function packedFor({ platform, manifest, name, output }) {
	const entry = mainOf(manifest, platform);
	if (entry === undefined || !existsSync(join(root, `${entry}.ts`))) return manifest;
	return packedManifest({ entry, manifest, folder: join(output, "packed", platform.replace(/[/:]/g, "-"), name) });
}

/** The platforms that can be linked here. */
export async function linkablePlatforms() {
	return [...(await builders()).values()].flatMap(({ platforms }) => platforms);
}

async function main() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			separate: { type: "boolean", default: false },
			"self-test": { type: "boolean", default: false },
			manifest: { type: "string" },
			name: { type: "string" },
			output: { type: "string", default: join(root, "build/images") },
			json: { type: "boolean", default: false },
			verbose: { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	values.output = resolve(values.output);
	const all = await builders();
	const platforms = await linkablePlatforms();
	if (values.help) {
		process.stdout.write(usage.replace("PLATFORMS", platforms.join(", ")));
		return 0;
	}
	if ((values.manifest === undefined) !== (values.name === undefined))
		throw new TypeError("--manifest goes with --name");
	const sdk = findSdk();
	const built = [];
	let failed = 0;
	for (const platform of positionals.length > 0 ? positionals : platforms) {
		const host = all.get(platform.split(/[/:]/)[0])?.host;
		const selfTest = join(root, "hosts", host ?? platform, "manifest_selftest.json");
		const whole = values.manifest ?? (values["self-test"] ? selfTest : join(root, "manifest.json"));
		const name = values.name ?? (values["self-test"] ? "dormouse-selftest" : "dormouse");
		const lines = [];
		const onLine = (line) => {
			lines.push(line);
			if (values.verbose) say(line);
		};
		try {
			if (!existsSync(whole)) throw new Error(`${whole} is not there`);
			const manifest = values.separate
				? whole
				: await packedFor({ platform, manifest: whole, name, output: values.output });
			const image = await linkImage({ sdk, platform, manifest, name, output: values.output, onLine });
			built.push(image);
			if (!values.json) process.stdout.write(`${lineOf(image)}\n`);
		} catch (error) {
			if (error instanceof Missing) throw error;
			failed++;
			say(`${platform}: ${error.message}`);
			if (!values.verbose) say(lines.slice(-8).join("\n"));
		}
	}
	if (values.json) process.stdout.write(`${JSON.stringify(built)}\n`);
	return failed === 0 ? 0 : 1;
}

function lineOf({ platform, modules, bytecodeBytes, ownBytecodeBytes, romBytes }) {
	const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
	return (
		`${platform}: ${modules} modules, ${kib(bytecodeBytes)} of bytecode (${kib(ownBytecodeBytes)} ours), ` +
		`${kib(romBytes)} of ROM with the built-ins of XS`
	);
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
	try {
		process.exitCode = await main();
	} catch (error) {
		const isUsage =
			error instanceof TypeError && (error.code?.startsWith("ERR_PARSE_ARGS") || error.code === undefined);
		say(error.message);
		if (isUsage) say("See npm run images -- --help");
		process.exitCode = isUsage || error instanceof Missing ? 2 : 1;
	}
}
