// Turns every TypeScript file into JavaScript under build/js, file by file, without type checks (`npm run check` has those).
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build/js");
const rooms = [
	"modules",
	"src",
	"hosts/simulator",
	"hosts/cortex-m",
	"hosts/psa",
	"hosts/sockets",
	"hosts/esp32",
	"hosts/chips",
	"hosts/nrf52",
	"hosts/zephyr",
	"hosts/desktop",
	"hosts/selftest",
	"test",
];

const modifiedMs = (path) => {
	try {
		return statSync(path).mtimeMs;
	} catch {
		return 0;
	}
};

function* filesBelow(folder) {
	let entries = [];
	try {
		entries = readdirSync(join(root, folder), { withFileTypes: true });
	} catch {
		return; // a published package carries no test folder
	}
	for (const entry of entries) {
		const path = `${folder}/${entry.name}`;
		if (entry.isDirectory()) yield* filesBelow(path);
		else if (/\.(ts|json)$/.test(entry.name) && !entry.name.endsWith(".d.ts")) yield path;
	}
}

/** @returns how many files were written. An installed copy of the package comes built, and without settings to build it anew. */
export async function build() {
	if (!existsSync(join(root, "tsconfig.json"))) return 0;
	const settingsMs = Math.max(modifiedMs(join(root, "tsconfig.json")), modifiedMs(fileURLToPath(import.meta.url)));
	const stale = [];
	for (const room of rooms) {
		for (const path of filesBelow(room)) {
			const target = join(out, path.replace(/\.ts$/, ".js"));
			const builtMs = modifiedMs(target);
			if (builtMs < modifiedMs(join(root, path)) || builtMs < settingsMs) stale.push([join(root, path), target]);
		}
	}
	if (stale.length === 0) return 0;
	const { default: ts } = await import("typescript");
	const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
	const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
	const compilerOptions = { ...options, noEmit: false, allowImportingTsExtensions: false, sourceMap: false };
	for (const [source, target] of stale) {
		const text = readFileSync(source, "utf8");
		const output = source.endsWith(".ts")
			? ts.transpileModule(text, { compilerOptions, fileName: source }).outputText
			: text;
		mkdirSync(dirname(target), { recursive: true });
		const draft = `${target}.${process.pid}`;
		writeFileSync(draft, output);
		renameSync(draft, target); // two builds at once leave whole files
	}
	return stale.length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	const written = await build();
	process.stderr.write(`build/js: ${written} files written\n`);
}
