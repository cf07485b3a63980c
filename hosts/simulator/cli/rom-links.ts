import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../engine/sources.ts";
import type { FeatureSetName } from "./feature-sets.ts";
import type { Output } from "./output.ts";

/** An image that the user's SDK linked for a platform: scripts/rom.mjs says what is counted. */
export interface LinkedRom {
	readonly platform: string;
	readonly featureSet: FeatureSetName;
	readonly modules: number;
	readonly bytecodeBytes: number;
	readonly ownBytecodeBytes: number;
	/** Of a chip with 32 bits; the native code of XS and of the platform is not in it. */
	readonly romBytes: number;
	readonly rom: Readonly<Record<string, number>>;
	readonly byModule: readonly { readonly name: string; readonly codeBytes: number }[];
}

/** Programs of the hosts, each with only what it reaches. */
const programs = [
	{ platform: "lin", featureSet: "everything", entry: "hosts/desktop/main", manifest: "manifest.json" },
	{ platform: "esp32", featureSet: "everything", entry: "hosts/esp32/main", manifest: "manifest.json" },
	{
		platform: "esp32/esp32c3",
		featureSet: "compact",
		entry: "hosts/esp32/compact/main",
		manifest: "hosts/esp32/manifest_compact.json",
	},
	{ platform: "zephyr/nrf52840dk", featureSet: "compact", entry: "hosts/zephyr/main", manifest: "manifest.json" },
] as const;

interface Scripts {
	findSdk(): unknown;
	linkImage(options: object): Promise<Omit<LinkedRom, "featureSet">>;
	reachedManifest(options: object): string;
}

/** @returns why not, where there is no SDK */
export async function linkedRoms(output: Output): Promise<LinkedRom[] | { readonly skipped: string }> {
	const load = async (name: string) => import(pathToFileURL(join(packageRoot, "scripts", name)).href);
	const { findSdk }: Scripts = await load("sdk.mjs");
	const { linkImage }: Scripts = await load("images.mjs");
	const { reachedManifest }: Scripts = await load("reached.mjs");
	let sdk: unknown;
	try {
		sdk = findSdk();
	} catch (error) {
		return { skipped: (error as Error).message };
	}
	const linked: LinkedRom[] = [];
	for (const { platform, featureSet, entry, manifest: file } of programs) {
		const from = join(packageRoot, file);
		if (!existsSync(from) || !existsSync(join(packageRoot, `${entry}.ts`))) continue;
		const folder = join(packageRoot, "build/size", platform.replace("/", "-"));
		const manifest = reachedManifest({ entry, manifest: from, folder });
		const name = (JSON.parse(readFileSync(from, "utf8")) as { build?: { NAME?: string } }).build?.NAME ?? "dormouse";
		output.err(`linking for ${platform}`);
		const options = { sdk, platform, manifest, name, output: join(packageRoot, "build/size/out"), onLine: () => {} };
		linked.push({ featureSet, ...(await linkImage(options)) });
	}
	return linked;
}
