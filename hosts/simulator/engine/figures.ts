/** Used now, and the most since boot. `limit` is what there is, at the present size of the heap. */
export interface Use {
	readonly used: number;
	readonly peak: number;
	readonly limit: number;
}

/** What a ROM is made of, in bytes. On a chip all of it is flash. */
export interface RomFigures {
	/** Objects of the built-ins and of our preloaded modules, and the names of all properties. */
	readonly slotBytes: number;
	/** Strings, arrays and buffers of those objects. */
	readonly chunkBytes: number;
	/** The table of intrinsics. */
	readonly stackBytes: number;
	/** Tables that find a name. */
	readonly keyBytes: number;
	readonly tableBytes: number;
	/** Bytecode and symbols: the image, executed in place. */
	readonly imageBytes: number;
	/** Objects and variables in ROM that a program may still change: each costs a pointer of RAM in every machine. */
	readonly aliases: number;
	readonly totalBytes: number;
}

/** What a machine uses. Slots, stack and keys are counted, all else is bytes. */
export interface Figures {
	readonly slotBytes: number;
	readonly slots: Use;
	readonly chunks: Use;
	readonly stack: Use;
	readonly keys: { readonly used: number; readonly limit: number };
	/** Machine, key tables and aliases. limit 0: none. */
	readonly cHeap: Use;
	/** The static block: what chunks and slots have taken from it, and the gap between them. */
	readonly arena: {
		readonly sizeBytes: number;
		readonly chunkBytes: number;
		readonly slotBytes: number;
		readonly freeBytes: number;
	};
	/** Slots, chunks, stack and C heap together. `limit` is arena and C heap. */
	readonly ramBytes: Use;
	readonly rom: RomFigures;
	/** Runs of the garbage collector. */
	readonly collections: number;
	/** Steps of the interpreter since the machine was created. */
	readonly computrons: number;
}

/** In the order of device_figures in shim/machine.c. */
const figureNames = [
	"arenaBytes",
	"arenaChunkBytes",
	"arenaSlotBytes",
	"slotBytes",
	"slotsUsed",
	"slotsPeak",
	"slotsLimit",
	"chunksUsed",
	"chunksPeak",
	"chunksLimit",
	"stackUsed",
	"stackPeak",
	"stackLimit",
	"keysUsed",
	"keysLimit",
	"aliases",
	"cHeapUsed",
	"cHeapPeak",
	"cHeapLimit",
	"collections",
	"computrons",
] as const;

type Raw = Record<(typeof figureNames)[number], number>;

/** Reads the figures that the shim left at `at`. */
export function readFigures(memory: ArrayBuffer, at: number, rom: RomFigures): Figures {
	const numbers = new Float64Array(memory, at, figureNames.length + 1);
	if (numbers[figureNames.length] !== -1) throw new Error("figures.ts and shim/machine.c do not agree");
	const raw = Object.fromEntries(figureNames.map((name, index) => [name, numbers[index]])) as Raw;
	const fixed = raw.stackLimit * raw.slotBytes;
	return {
		slotBytes: raw.slotBytes,
		slots: { used: raw.slotsUsed, peak: raw.slotsPeak, limit: raw.slotsLimit },
		chunks: { used: raw.chunksUsed, peak: raw.chunksPeak, limit: raw.chunksLimit },
		stack: { used: raw.stackUsed, peak: raw.stackPeak, limit: raw.stackLimit },
		keys: { used: raw.keysUsed, limit: raw.keysLimit },
		cHeap: { used: raw.cHeapUsed, peak: raw.cHeapPeak, limit: raw.cHeapLimit },
		arena: {
			sizeBytes: raw.arenaBytes,
			chunkBytes: raw.arenaChunkBytes,
			slotBytes: raw.arenaSlotBytes,
			freeBytes: raw.arenaBytes - raw.arenaChunkBytes - raw.arenaSlotBytes,
		},
		ramBytes: {
			used: raw.slotsUsed * raw.slotBytes + raw.chunksUsed + fixed + raw.cHeapUsed,
			peak: raw.slotsPeak * raw.slotBytes + raw.chunksPeak + fixed + raw.cHeapPeak,
			limit: raw.arenaBytes + raw.cHeapLimit,
		},
		rom,
		collections: raw.collections,
		computrons: Math.floor(raw.computrons),
	};
}

/** Reads the sizes that shim_burn left at `at`. */
export function readRomFigures(memory: ArrayBuffer, at: number, imageBytes: number): RomFigures {
	const [slotBytes, chunkBytes, stackBytes, keyBytes, tableBytes, aliases] = new Uint32Array(memory, at, 6);
	const parts = {
		slotBytes: slotBytes!,
		chunkBytes: chunkBytes!,
		stackBytes: stackBytes!,
		keyBytes: keyBytes!,
		tableBytes: tableBytes!,
		imageBytes,
	};
	const totalBytes = Object.values(parts).reduce((sum, size) => sum + size, 0);
	return { ...parts, aliases: aliases!, totalBytes };
}

/** One line for people: what was used of what. */
export function describeFigures(figures: Figures): string {
	const of = ({ used, limit }: { used: number; limit: number }) => `${used}/${limit}`;
	const { arena } = figures;
	return (
		`slots ${of(figures.slots)}, chunks ${of(figures.chunks)} B, stack ${of(figures.stack)}, ` +
		`keys ${of(figures.keys)}, C heap ${of(figures.cHeap)} B, ` +
		`arena ${arena.sizeBytes - arena.freeBytes}/${arena.sizeBytes} B, computrons ${figures.computrons}`
	);
}
