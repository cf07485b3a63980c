import { execFileSync } from "node:child_process";
import { packageRoot } from "../../simulator/engine/sources.ts";
import type { Image } from "../../simulator/image/image.ts";
import { emulate } from "./emulator.ts";
import { buildFirmware, type ChipFirmware } from "./firmware.ts";
import { buildBenchImage, buildDeviceImage } from "./image.ts";
import type { Toolchain } from "./toolchain.ts";

export type Scenario = "idle" | "ccm8" | "primitives" | "psk" | "rpk";
export type CryptoKind = "portable" | "native";

/** One piece of work: machine instructions, and how many of them were cryptography in C. */
export interface Work {
	readonly name: string;
	readonly instructions: number;
	readonly nativeCrypto: number;
}

/**
 * Memory of a machine whose heap grew only when a collection did not help. Bytes.
 */
export interface ChipRam {
	readonly slotBytes: number;
	readonly chunkBytes: number;
	/** The most of the JavaScript stack. */
	readonly stackBytes: number;
	readonly cStackBytes: number;
	/** XS's tables, and what cryptography in C allocated. */
	readonly cHeapBytes: number;
}

export interface ScenarioFigures {
	readonly scenario: Scenario;
	readonly crypto: CryptoKind;
	/** With ample memory: no collection is in it, or a handful. */
	readonly work: readonly Work[];
	readonly ram: ChipRam;
	/** The handshake again, in the least heap: what collections add. */
	readonly handshakeInLeastHeap: number | undefined;
	/** Slots and chunks that an established association keeps. */
	readonly associationBytes: number | undefined;
	readonly stateBytes: number | undefined;
}

export interface ChipFigures {
	readonly compiler: string;
	readonly emulator: string;
	readonly xsVersion: string;
	readonly commit: string;
	readonly firmwareBytes: number;
	readonly imageBytes: number;
	readonly scenarios: readonly ScenarioFigures[];
	/** The device's firmware, and the image in its slot. */
	readonly sizes: {
		readonly textBytes: number;
		readonly dataBytes: number;
		readonly bssBytes: number;
		readonly imageBytes: number;
		readonly bytecodeBytes: number;
	};
}

/** The firmware and the bench's image, built. */
export interface Chip {
	readonly firmware: ChipFirmware;
	readonly image: Image;
}

export async function prepareChip(toolchain: Toolchain): Promise<Chip> {
	return { firmware: await buildFirmware(toolchain), image: await buildBenchImage() };
}

/** Runs every scenario with each Crypto port that there is. @param onProgress called with what begins */
export async function measureChip(toolchain: Toolchain, onProgress: (what: string) => void): Promise<ChipFigures> {
	onProgress("building the firmware");
	const { firmware, image } = await prepareChip(toolchain);
	const scenarios: ScenarioFigures[] = [];
	for (const crypto of firmware.nativeCrypto ? (["portable", "native"] as const) : (["portable"] as const)) {
		for (const scenario of ["idle", "primitives", "psk", "rpk"] as const) {
			onProgress(`${scenario}, ${crypto}`);
			scenarios.push(await measureScenario({ firmware, image }, scenario, crypto));
		}
	}
	const { compiler, emulator } = toolchain;
	const { xsVersion, bytes } = image;
	const bench = { firmwareBytes: firmware.flashBytes, imageBytes: bytes.length, scenarios };
	return { compiler, emulator, xsVersion, commit: commit(), ...bench, sizes: await sizesOf(toolchain) };
}

async function sizesOf(toolchain: Toolchain): Promise<ChipFigures["sizes"]> {
	const { textBytes, dataBytes, bssBytes } = await buildFirmware(toolchain, "device");
	const { bytes, modules } = await buildDeviceImage();
	const bytecodeBytes = modules.reduce((sum, { codeBytes }) => sum + codeBytes, 0);
	return { textBytes, dataBytes, bssBytes, imageBytes: bytes.length, bytecodeBytes };
}

/** A line that the board printed: of work, of a machine that ended, or of a size. */
interface Line extends Partial<Work> {
	readonly pass?: number;
	readonly slots?: number;
	readonly chunkBytes?: number;
	readonly stackSlots?: number;
	readonly cStackBytes?: number;
	readonly cHeapBytes?: number;
	readonly associationBytes?: number;
	readonly stateBytes?: number;
}

const slotBytes = 16;

/** @throws EngineFailure when the board does not come to its end */
export async function measureScenario(chip: Chip, scenario: Scenario, crypto: CryptoKind): Promise<ScenarioFigures> {
	const lines = (await emulate(chip.firmware, chip.image, `${scenario} ${crypto}`)) as Line[];
	const ends = lines.flatMap(({ pass }, index) => (pass === undefined ? [] : [index]));
	const [rehearsed, counted, fitted] = ends;
	const last = lines[fitted ?? -1];
	if (rehearsed === undefined || counted === undefined || last === undefined) throw new Error("not all passes ended");
	const isWork = (line: Line): line is Line & Work => line.instructions !== undefined;
	const work = lines.slice(rehearsed, counted).filter(isWork);
	const again = lines.slice(counted).filter(isWork);
	return {
		scenario,
		crypto,
		work: work.map(({ name, instructions, nativeCrypto }) => ({ name, instructions, nativeCrypto })),
		ram: {
			slotBytes: last.slots! * slotBytes,
			chunkBytes: last.chunkBytes!,
			stackBytes: last.stackSlots! * slotBytes,
			cStackBytes: lines.slice(counted).find(({ cStackBytes }) => cStackBytes !== undefined)?.cStackBytes ?? 0,
			cHeapBytes: last.cHeapBytes!,
		},
		handshakeInLeastHeap: again.find(({ name }) => name === "handshake")?.instructions,
		associationBytes: lines.find(({ associationBytes }) => associationBytes !== undefined)?.associationBytes,
		stateBytes: lines.find(({ stateBytes }) => stateBytes !== undefined)?.stateBytes,
	};
}

/** Of the sources, so that a table can say where it comes from. */
function commit(): string {
	try {
		const git = (...words: string[]) => execFileSync("git", words, { cwd: packageRoot, encoding: "utf8" }).trim();
		const isChanged = git("status", "--porcelain", "--", "modules", "hosts/cortex-m", "hosts/psa") !== "";
		return git("rev-parse", "--short", "HEAD") + (isChanged ? ", changed" : "");
	} catch {
		return "unknown";
	}
}
