// Builds the application, or the self-test, for Zephyr or the nRF52 port, packed: each of modules/ by itself is more than
// such a chip's flash holds.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packedManifest } from "../../../scripts/packed.mjs";
import { measureRom } from "../../../scripts/rom.mjs";
import { findSdk, Missing } from "../../../scripts/sdk.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const target = (name) => `zephyr:${join(root, "hosts/zephyr/targets", name)}`;
/** By the name that a person says: what mcconfig's -p takes, and whose host it is. */
const boards = new Map([
	["nrf52840dk", { platform: "zephyr/nrf52840dk", host: "zephyr" }],
	["nrf52840-thread", { platform: target("nrf52840-thread"), host: "zephyr" }],
	["nrf9160", { platform: target("nrf9160"), host: "zephyr" }],
	["mps2-an385", { platform: target("mps2-an385"), host: "zephyr" }],
	["nrf52", { platform: "nrf52/dk", host: "nrf52" }],
]);
const usage = `node hosts/zephyr/tools/build.mjs [OPTION…] BOARD [WORD…]

BOARD is one of ${[...boards.keys()].join(", ")}; WORDs go to mcconfig (server=coaps://… endpoint=oak -d).

  --dry         what needs neither the vendor's SDK nor its compiler: TypeScript, bytecode, the linked ROM; and how large
  --self-test   the self-test's image instead of the application's
  --all         every module by itself, reached or not
  --output DIR  where the SDK builds (default build/boards)
`;

/** The manifest of an image, packed: what its entry reaches, as one module. */
export async function manifestFor({ host, isSelfTest, isAll, folder }) {
	const manifest = join(root, isSelfTest ? `hosts/${host}/manifest_selftest.json` : "manifest.json");
	const entry = `hosts/${host}/${isSelfTest ? "selftest/main" : "main"}`;
	return isAll ? manifest : packedManifest({ entry, manifest, folder });
}

/** @returns {Promise<object>} what the link made: measureRom() */
export async function dryBuildBoard({ board, sdk, output, isSelfTest, isAll, words, onLine = () => {} }) {
	const { platform, host } = boards.get(board);
	const { dryBuild } = await import(`../../${host}/tools/dry-build.mjs`);
	const manifest = await manifestFor({ host, isSelfTest, isAll, folder: join(output, "reached", board) });
	const name = isSelfTest ? "dormouse-selftest" : "dormouse";
	const { folder } = await dryBuild({ sdk, platform, manifest, name, output, words, onLine });
	return { folder, ...measureRom(folder) };
}

async function main() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			dry: { type: "boolean", default: false },
			"self-test": { type: "boolean", default: false },
			all: { type: "boolean", default: false },
			output: { type: "string", default: join(root, "build/boards") },
			verbose: { type: "boolean", default: false },
		},
	});
	const [board, ...words] = positionals;
	if (!boards.has(board)) {
		process.stderr.write(usage);
		return 2;
	}
	const sdk = findSdk();
	const { output, all: isAll, "self-test": isSelfTest } = values;
	const onLine = values.verbose ? (line) => process.stderr.write(`${line}\n`) : undefined;
	if (values.dry) {
		const figures = await dryBuildBoard({ board, sdk, output, isSelfTest, isAll, words, onLine });
		process.stdout.write(`${JSON.stringify({ board, ...figures, byModule: undefined })}\n`);
		return 0;
	}
	const { platform, host } = boards.get(board);
	const variable = host === "zephyr" ? "ZEPHYR_BASE" : "NRF_SDK_DIR";
	if (!process.env[variable])
		throw new Missing(`$${variable} is not set: hosts/${host}/README.md says what is needed.`);
	const manifest = await manifestFor({ host, isSelfTest, isAll, folder: join(output, "reached", board) });
	const order = ["-m", "-p", platform, "-t", "build", "-o", output, ...words, manifest];
	return (
		spawnSync(join(sdk.tools, "mcconfig"), order, { cwd: root, env: sdk.environment, stdio: "inherit" }).status ?? 1
	);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		process.exitCode = await main();
	} catch (error) {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = error instanceof Missing ? 2 : 1;
	}
}
