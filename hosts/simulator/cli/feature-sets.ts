import { join } from "node:path";
import { loadDevice } from "../board/loader.ts";
import { type BoardName, presets } from "../board/presets.ts";
import { compileCached } from "../engine/bytecode-cache.ts";
import type { Engine } from "../engine/xs.ts";
import { javaScriptRoot } from "../image/builder.ts";
import { bundle, closure } from "../image/bundle.ts";
import { pack } from "../image/packer.ts";
import { MeasuredBoard, preSharedKey } from "./measure.ts";
import { boardSizes, type RamFigures } from "./ram.ts";

export type FeatureSetName = "minimal" | "compact" | "everything";

/** A program as a product would have it: what is in it, and what that takes. Bytes. */
export interface FeatureSet {
	readonly name: FeatureSetName;
	/** For people. */
	readonly holds: string;
	/** Bytecode of the packed program, the host's ports left out: they are the platform's. */
	readonly bytecodeBytes: number;
	/** Names in it. */
	readonly symbolBytes: number;
	/** Bytecode of the same program when each source stays a module, and of each. */
	readonly separateBytes: number;
	readonly modules: readonly { readonly name: string; readonly codeBytes: number }[];
	/** On a simulated board, over DTLS with a pre-shared key, registered, with ten observations. */
	readonly ram: readonly { readonly board: BoardName; readonly with10Observations: RamFigures }[];
}

/** JavaScript beside src/ that has `run`, which a host calls once after boot. */
const programs: Readonly<Record<FeatureSetName, { readonly holds: string; readonly source: string }>> = {
	minimal: {
		holds: "src/main-minimal.ts: LwM2M 1.1, a pre-shared key, Objects 0, 1, 3 and an own one, text, opaque, SenML CBOR",
		source: `import { minimal as run } from "./src/main-minimal.js";\n`,
	},
	compact: {
		holds:
			"src/main-compact.ts: that, settings, bootstrap, rights, firmware updates, TLV, LwM2M CBOR, kept observations",
		source: `import { compact as run } from "./src/main-compact.js";\n`,
	},
	everything: {
		holds: "src/main.ts: that, and certificates, composite operations, JSON, LwM2M 1.2, software, its own cryptography",
		source: `import run from "./src/main.js";\n`,
	},
};

const boards: readonly BoardName[] = ["esp32", "nrf52840"];

export const featureSetNames = Object.keys(programs) as readonly FeatureSetName[];

/** Compiles each, and registers it on simulated boards. Deterministic. @param names which; absent: all */
export async function measureFeatureSets(engine: Engine, names = featureSetNames): Promise<FeatureSet[]> {
	const measured: FeatureSet[] = [];
	for (const name of names) {
		const { holds, source } = programs[name];
		measured.push({ name, holds, ...(await bytecodeOf(engine, source)), ram: await ramOf(engine, name, source) });
	}
	return measured;
}

async function bytecodeOf(engine: Engine, source: string) {
	const path = `${javaScriptRoot}/feature-set.js`;
	const from = { entries: [path], root: javaScriptRoot, given: { [path]: `${source}export { run };\n` } };
	const compiled = (modules: readonly { name: string; source: string }[]) =>
		engine.compiler.link(modules.map(({ name, source }) => compileCached(engine, name, source)));
	const packed = compiled(await pack(from));
	const bundled = closure(await bundle({ ...from, shake: true }), "feature-set");
	const { modules } = compiled(bundled.filter(({ name }) => name !== "feature-set"));
	const bytesOf = (linked: readonly { code: Uint8Array }[]) => linked.reduce((sum, { code }) => sum + code.length, 0);
	return {
		bytecodeBytes: bytesOf(packed.modules),
		symbolBytes: packed.symbols.reduce((sum, symbol) => sum + new TextEncoder().encode(symbol).length + 1, 0),
		separateBytes: bytesOf(modules),
		modules: modules.map(({ name, code }) => ({ name, codeBytes: code.length })),
	};
}

/** The program on the board's ports, as hosts/simulator/device/main.ts has the reference one. */
async function ramOf(engine: Engine, name: FeatureSetName, source: string): Promise<FeatureSet["ram"]> {
	const program = `import { SimulatedHost } from "./hosts/simulator/device/host.js";
${source}run(new SimulatedHost(board));
`;
	const entry = join(javaScriptRoot, "feature-set-main.js");
	const device = await loadDevice({
		engine,
		entry,
		replacements: { "feature-set-main.js": program },
		name: `Dormouse ${name}`,
	});
	const ram: { board: BoardName; with10Observations: RamFigures }[] = [];
	for (const board of boards) {
		if (name === "everything" && presets[board].isCompact === true) continue; // it does not fit that board's slot
		const measured = await MeasuredBoard.prepare(device, presets[board], preSharedKey);
		const { with10Observations } = await boardSizes(measured, presets[board]);
		measured.close();
		ram.push({ board, with10Observations });
	}
	return ram;
}
