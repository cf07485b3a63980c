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
	/** What its slots are for, in bytes: scripts/rom-slots.mjs. */
	readonly slotsByKind: Readonly<Record<string, number>>;
	/** The same program when each source stays a module: its ROM, and bytecode by module before the link. */
	readonly separateRomBytes?: number;
	readonly byModule: readonly { readonly name: string; readonly codeBytes: number }[];
}

interface HostProgram {
	readonly platform: string;
	readonly featureSet: FeatureSetName;
	readonly entry: string;
	readonly manifest: string;
	/** JavaScript in place of modules, by their files below build/js. */
	readonly replacements?: Readonly<Record<string, string>>;
}

/** Compact programs of hosts with the least in place of it. */
const minimal = {
	featureSet: "minimal",
	replacements: { "src/main-compact.js": `export { minimal as compact } from "./main-minimal.js";` },
} as const;
const esp32Compact = { entry: "hosts/esp32/compact/main", manifest: "hosts/esp32/manifest_compact.json" };
const zephyr = { platform: "zephyr/nrf52840dk", entry: "hosts/zephyr/main", manifest: "manifest.json" };

const programs: readonly HostProgram[] = [
	{ platform: "lin", featureSet: "everything", entry: "hosts/desktop/main", manifest: "manifest.json" },
	{ platform: "esp32", featureSet: "everything", entry: "hosts/esp32/main", manifest: "manifest.json" },
	{ platform: "esp32/esp32c3", featureSet: "compact", ...esp32Compact },
	{ platform: "esp32/esp32c3", ...minimal, ...esp32Compact },
	{ ...zephyr, featureSet: "compact" },
	{ ...zephyr, ...minimal },
	{ platform: "nrf52/dk", featureSet: "compact", entry: "hosts/nrf52/main", manifest: "manifest.json" },
];

interface Scripts {
	findSdk(): unknown;
	linkImage(options: object): Promise<Omit<LinkedRom, "featureSet" | "separateRomBytes">>;
	packedManifest(options: object): Promise<string>;
	reachedManifest(options: object): string;
}

/** @returns why not, where there is no SDK */
export async function linkedRoms(output: Output): Promise<LinkedRom[] | { readonly skipped: string }> {
	const load = async (name: string) => import(pathToFileURL(join(packageRoot, "scripts", name)).href);
	const { findSdk }: Scripts = await load("sdk.mjs");
	const { linkImage }: Scripts = await load("images.mjs");
	const { packedManifest }: Scripts = await load("packed.mjs");
	const { reachedManifest }: Scripts = await load("reached.mjs");
	let sdk: unknown;
	try {
		sdk = findSdk();
	} catch (error) {
		return { skipped: (error as Error).message };
	}
	const linked: LinkedRom[] = [];
	for (const { platform, featureSet, entry, manifest, replacements = {} } of programs) {
		const from = join(packageRoot, manifest);
		if (!existsSync(from) || !existsSync(join(packageRoot, `${entry}.ts`))) continue;
		const folder = join(packageRoot, "build/size", `${platform.replace("/", "-")}-${featureSet}`);
		const name = (JSON.parse(readFileSync(from, "utf8")) as { build?: { NAME?: string } }).build?.NAME ?? "dormouse";
		const link = (manifest: string, kind: "packed" | "separate") => {
			output.err(`linking for ${platform}: ${featureSet}, ${kind}${kind === "packed" ? "" : " modules"}`);
			return linkImage({ sdk, platform, manifest, name, output: join(folder, kind), onLine: () => {} });
		};
		const what = { entry, manifest: from };
		const packed = await link(await packedManifest({ ...what, replacements, folder: join(folder, "p") }), "packed");
		const isWhole = Object.keys(replacements).length === 0; // only packing knows of replacements
		const separate = isWhole
			? await link(reachedManifest({ ...what, folder: join(folder, "s") }), "separate")
			: undefined;
		const { byModule } = separate ?? packed;
		linked.push({
			featureSet,
			...packed,
			byModule,
			...(separate === undefined ? {} : { separateRomBytes: separate.romBytes }),
		});
	}
	return linked;
}
