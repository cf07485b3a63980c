import { loadDevice } from "../board/loader.ts";
import { boardNames, presets } from "../board/presets.ts";
import type { RomFigures } from "../engine/figures.ts";
import { buildImage } from "../image/builder.ts";
import type { Image } from "../image/image.ts";
import { type Budget, budgetsOf, romBudgetsOf } from "./budgets.ts";
import { type Composition, measureCompositions } from "./compositions.ts";
import { type FeatureSet, measureFeatureSets } from "./feature-sets.ts";
import type { ExitStatus } from "./main.ts";
import { MeasuredBoard, preSharedKey } from "./measure.ts";
import type { Output } from "./output.ts";
import { measureParts, type Part } from "./parts.ts";
import { type Peer, peers } from "./peers.ts";
import { buildProgress } from "./progress.ts";
import { type BoardSizes, boardSizes, type RamFigures } from "./ram.ts";
import { grouped, kilobytes } from "./report.ts";
import { type LinkedRom, linkedRoms } from "./rom-links.ts";

interface Sizes {
	readonly imageBytes: number;
	/** The image of boards with small slots. */
	readonly compactImageBytes: number;
	readonly symbolBytes: number;
	readonly bytecodeBytes: number;
	/** Bytecode of the same image when each source stays a module, and of each. */
	readonly separateBytes: number;
	readonly modules: readonly { readonly name: string; readonly codeBytes: number }[];
	readonly compositions: readonly Composition[];
	readonly parts: readonly Part[];
	readonly rom: RomFigures;
	readonly boards: readonly BoardSizes[];
	readonly featureSets: readonly FeatureSet[];
	/** As the SDK links it for each platform; or why not. */
	readonly linked: readonly LinkedRom[] | { readonly skipped: string };
	readonly budgets: readonly Budget[];
	readonly peers: readonly Peer[];
}

export interface SizeOptions {
	readonly json?: boolean;
	/** Link images with the SDK, too. */
	readonly images?: boolean;
}

/** `dormouse size`: bytecode by module, and RAM by state on every kind of board. */
export async function run({ json, images = false }: SizeOptions, output: Output): Promise<ExitStatus> {
	const device = await loadDevice({ onProgress: buildProgress(output) });
	const boards: BoardSizes[] = [];
	let rom: RomFigures | undefined;
	for (const name of boardNames) {
		for (const security of [undefined, preSharedKey]) {
			const measured = await MeasuredBoard.prepare(device, presets[name], security);
			const sizes = await boardSizes(measured, presets[name]);
			boards.push({ ...sizes, security: security === undefined ? "none" : "psk" });
			rom ??= measured.machine.figures().rom;
			measured.close();
		}
	}
	const compositions = await measureCompositions(device.engine);
	const parts = await measureParts(device.engine);
	const featureSets = await measureFeatureSets(device.engine);
	const linked = images
		? await linkedRoms(output)
		: { skipped: "dormouse size --images links them, with the Moddable SDK that $MODDABLE names" };
	const sizes: Sizes = {
		...imageSizes(device.image, await buildImage({ engine: device.engine, separate: true })),
		compactImageBytes: device.imageFor(presets.nrf9160).bytes.length,
		compositions,
		parts,
		rom: rom!,
		boards,
		featureSets,
		linked,
		budgets: [...budgetsOf(featureSets), ...romBudgetsOf("skipped" in linked ? [] : linked)],
		peers,
	};
	if (json) output.out(JSON.stringify(sizes));
	else for (const line of [...lines(sizes), "", ...comparison(sizes)]) output.out(line);
	return 0;
}

function imageSizes(packed: Image, separate: Image) {
	const codeBytes = ({ modules }: Image) => modules.reduce((sum, { codeBytes }) => sum + codeBytes, 0);
	return {
		imageBytes: packed.bytes.length,
		symbolBytes: packed.symbolBytes,
		bytecodeBytes: codeBytes(packed),
		separateBytes: codeBytes(separate),
		modules: separate.modules.map(({ name, codeBytes }) => ({ name, codeBytes })),
	};
}

function lines({
	imageBytes,
	compactImageBytes,
	symbolBytes,
	bytecodeBytes,
	separateBytes,
	modules,
	compositions,
	parts,
	rom,
	boards,
}: Sizes): string[] {
	const row = (name: string, size: number) => `  ${name.padEnd(44)}${grouped(size).padStart(9)}`;
	const folders = new Map<string, number>();
	for (const { name, codeBytes } of modules) {
		const folder = name.slice(0, Math.max(name.lastIndexOf("/"), 0)) || name;
		folders.set(folder, (folders.get(folder) ?? 0) + codeBytes);
	}
	const columns = (name: string, cells: readonly string[]) =>
		`    ${name.padEnd(22)}${cells.map((cell) => cell.padStart(11)).join("")}`;
	const state = (name: string, ram: RamFigures) =>
		columns(name, [
			kilobytes(ram.liveBytes),
			kilobytes(ram.highWaterBytes),
			grouped(ram.slots),
			kilobytes(ram.chunkBytes),
			kilobytes(ram.stackBytes),
			kilobytes(ram.cHeapBytes),
			grouped(ram.keys),
		]);
	return [
		"Bytecode by module, bytes, when each source stays one",
		...[...modules].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, codeBytes }) => row(name, codeBytes)),
		"",
		"Bytecode by folder, bytes",
		...[...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, size]) => row(name, size)),
		row("all bytecode", separateBytes),
		row("packed, as images have it", bytecodeBytes),
		row("names, shared by all modules", symbolBytes),
		row("the image, with its header", imageBytes),
		row("that of boards with small slots", compactImageBytes),
		"",
		"Bytecode by what an application uses, bytes",
		...compositions.map(({ name, bytecodeBytes }) => `  ${name.padEnd(54)}${grouped(bytecodeBytes).padStart(9)}`),
		"",
		"Bytecode of each module of LwM2M and of each Object, whole, and its tables, bytes",
		...parts.map(({ name, bytecodeBytes, tableBytes }) =>
			tableBytes === undefined ? row(name, bytecodeBytes) : `${row(name, bytecodeBytes)} +${grouped(tableBytes)}`,
		),
		"",
		"ROM when the image is linked, bytes (built-ins of XS included)",
		row("objects and names", rom.slotBytes),
		row("strings and arrays", rom.chunkBytes),
		row("tables", rom.stackBytes + rom.keyBytes + rom.tableBytes),
		row("the image, executed in place", rom.imageBytes),
		row("together", rom.totalBytes),
		row("aliases (each a pointer in RAM)", rom.aliases),
		"",
		"RAM of the VM: live after a collection; the most so far; slots of 16 bytes, and the parts",
		columns("", ["live", "high-water", "slots", "chunks", "stack", "C heap", "keys"]),
		...boards.flatMap(({ board, security, ramBytes, booted, registered, with10Observations }) => [
			`  ${board}, ${kilobytes(ramBytes)} there, over ${security === "psk" ? "DTLS with a pre-shared key" : "UDP"}`,
			state("booted", booted),
			state("registered", registered),
			state("with 10 observations", with10Observations),
		]),
	];
}

/** What a product takes, on what, against what was promised and what others take. */
function comparison({ featureSets, linked, budgets, peers }: Sizes): string[] {
	const row = (name: string, ...cells: readonly string[]) =>
		`  ${name.padEnd(62)}${cells.map((cell) => cell.padStart(12)).join("")}`;
	const bytes = (size: number | undefined) => (size === undefined ? "-" : grouped(size));
	return [
		"Bytecode and RAM by what a product has: bytecode; RAM of the VM with 10 observations over DTLS, by board",
		...featureSets.flatMap(({ name, holds, bytecodeBytes, ram }) => [
			row(name, bytes(bytecodeBytes), ...ram.map(({ with10Observations }) => kilobytes(with10Observations.liveBytes))),
			`    ${holds} (${ram.map(({ board }) => board).join(", ")})`,
		]),
		"",
		"Linked by the SDK, bytes: bytecode of ours, ROM with XS's built-ins (no native code), ROM of separate modules",
		...("skipped" in linked
			? [`  ${linked.skipped}`]
			: linked.flatMap(({ platform, featureSet, ownBytecodeBytes, romBytes, separateRomBytes, rom, slotsByKind }) => [
					row(`${platform}, ${featureSet}`, bytes(ownBytecodeBytes), bytes(romBytes), bytes(separateRomBytes)),
					`    code ${bytes(rom.codeBytes)}, strings ${bytes(rom.stringBytes)}, tables of names ${bytes(rom.keyBytes)}`,
					`    slots: ${Object.entries(slotsByKind)
						.map(([kind, size]) => `${kind} ${bytes(size)}`)
						.join(", ")}`,
				])),
		"",
		"Budgets, bytes: measured, budget",
		...budgets.flatMap(({ what, measuredBytes, budgetBytes, isMet, reason }) => [
			row(what, bytes(measuredBytes), bytes(budgetBytes), isMet ? "met" : "MISSED"),
			...(reason === undefined ? [] : [`    ${reason}`]),
		]),
		"",
		"Others, bytes: flash, RAM",
		...peers.map(({ name, what, flashBytes, ramBytes }) => row(`${name}: ${what}`, bytes(flashBytes), bytes(ramBytes))),
	];
}
