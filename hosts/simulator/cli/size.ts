import { isSuccess } from "../../../modules/coap/code.ts";
import { loadDevice } from "../board/loader.ts";
import { type BoardPreset, boardNames, presets } from "../board/presets.ts";
import type { Figures, RomFigures } from "../engine/figures.ts";
import type { Image } from "../image/image.ts";
import { type Composition, measureCompositions } from "./compositions.ts";
import type { ExitStatus } from "./main.ts";
import { endpoint, MeasuredBoard, preSharedKey } from "./measure.ts";
import type { Output } from "./output.ts";
import { measureParts, type Part } from "./parts.ts";
import { buildProgress } from "./progress.ts";
import { grouped, kilobytes } from "./report.ts";

/** RAM that is alive after a collection, and the most there ever was until then. Bytes, but for slots and keys. */
interface RamFigures {
	readonly slots: number;
	readonly slotBytes: number;
	readonly chunkBytes: number;
	/** The whole stack: it is taken once, at boot. */
	readonly stackBytes: number;
	readonly stackPeakBytes: number;
	readonly cHeapBytes: number;
	readonly keys: number;
	readonly liveBytes: number;
	readonly highWaterBytes: number;
}

interface BoardSizes {
	readonly board: string;
	/** Over DTLS with a pre-shared key, or over plain UDP. */
	readonly security: "psk" | "none";
	readonly ramBytes: number;
	readonly booted: RamFigures;
	readonly registered: RamFigures;
	readonly with10Observations: RamFigures;
}

interface Sizes {
	readonly imageBytes: number;
	/** The image of boards with small slots. */
	readonly compactImageBytes: number;
	readonly symbolBytes: number;
	readonly bytecodeBytes: number;
	readonly modules: readonly { readonly name: string; readonly codeBytes: number }[];
	readonly compositions: readonly Composition[];
	readonly parts: readonly Part[];
	readonly rom: RomFigures;
	readonly boards: readonly BoardSizes[];
}

/** What the server of the measurement observes: whatever an ordinary server would look at first. */
const observed = [
	"/3303/0/5700",
	"/3303/0/5601",
	"/3303/0/5602",
	"/3303/0/5701",
	"/3303/0/5750",
	"/3303/0",
	"/3/0/0",
	"/3/0/3",
	"/3/0/13",
	"/1/0/1",
] as const;

/** `dormouse size`: bytecode by module, and RAM by state on every kind of board. */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
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
	const sizes: Sizes = {
		...imageSizes(device.image),
		compactImageBytes: device.imageFor(presets.nrf9160).bytes.length,
		compositions,
		parts,
		rom: rom!,
		boards,
	};
	if (json) output.out(JSON.stringify(sizes));
	else for (const line of lines(sizes)) output.out(line);
	return 0;
}

function imageSizes({ bytes, symbolBytes, modules }: Image) {
	return {
		imageBytes: bytes.length,
		symbolBytes,
		bytecodeBytes: modules.reduce((sum, { codeBytes }) => sum + codeBytes, 0),
		modules: modules.map(({ name, codeBytes }) => ({ name, codeBytes })),
	};
}

/** Boots it, registers it, and observes ten of its resources. */
export async function boardSizes(measured: MeasuredBoard, preset: BoardPreset): Promise<Omit<BoardSizes, "security">> {
	const registering = measured.event("registered");
	measured.board.powerOn();
	const booted = ram(measured);
	await measured.during(() => registering);
	const registered = ram(measured);
	await measured.during(async () => {
		for (const path of observed) {
			const { code, message } = await measured.operations.observe(endpoint, path);
			if (!isSuccess(code)) throw new Error(`the board does not let ${path} be observed: ${code} ${message ?? ""}`);
		}
	});
	const with10Observations = ram(measured);
	const { arenaBytes, cHeapBytes } = preset.memory;
	return { board: preset.name, ramBytes: arenaBytes + cHeapBytes, booted, registered, with10Observations };
}

function ram({ machine }: MeasuredBoard): RamFigures {
	const highWaterBytes = machine.figures().ramBytes.peak;
	machine.collect();
	const { slotBytes, slots, chunks, stack, cHeap, keys, ramBytes }: Figures = machine.figures();
	return {
		slots: slots.used,
		slotBytes: slots.used * slotBytes,
		chunkBytes: chunks.used,
		stackBytes: stack.limit * slotBytes,
		stackPeakBytes: stack.peak * slotBytes,
		cHeapBytes: cHeap.used,
		keys: keys.used,
		liveBytes: ramBytes.used,
		highWaterBytes,
	};
}

function lines({
	imageBytes,
	compactImageBytes,
	symbolBytes,
	bytecodeBytes,
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
		"Bytecode by module, bytes",
		...[...modules].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, codeBytes }) => row(name, codeBytes)),
		"",
		"Bytecode by folder, bytes",
		...[...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, size]) => row(name, size)),
		row("all bytecode", bytecodeBytes),
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
