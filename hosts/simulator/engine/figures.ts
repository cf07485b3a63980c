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

/** Of a machine whose ROM is not made yet. */
export const noRom: RomFigures = {
	slotBytes: 0,
	chunkBytes: 0,
	stackBytes: 0,
	keyBytes: 0,
	tableBytes: 0,
	imageBytes: 0,
	aliases: 0,
	totalBytes: 0,
};

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

/** Where each stands: in the order of device_figures in shim/machine.c. */
const places = {
	arenaBytes: 0,
	arenaChunkBytes: 1,
	arenaSlotBytes: 2,
	slotBytes: 3,
	slotsUsed: 4,
	slotsPeak: 5,
	slotsLimit: 6,
	chunksUsed: 7,
	chunksPeak: 8,
	chunksLimit: 9,
	stackUsed: 10,
	stackPeak: 11,
	stackLimit: 12,
	keysUsed: 13,
	keysLimit: 14,
	aliases: 15,
	cHeapUsed: 16,
	cHeapPeak: 17,
	cHeapLimit: 18,
	collections: 19,
	computrons: 20,
	end: 21,
} as const;

/** Reads the figures that the shim left at `at`. Called after every turn of every board. */
export function readFigures(memory: ArrayBuffer, at: number, rom: RomFigures): Figures {
	const numbers = new Float64Array(memory, at, places.end + 1);
	if (numbers[places.end] !== -1) throw new Error("figures.ts and shim/machine.c do not agree");
	const of = (name: keyof typeof places) => numbers[places[name]]!;
	const slotBytes = of("slotBytes");
	const slots = { used: of("slotsUsed"), peak: of("slotsPeak"), limit: of("slotsLimit") };
	const chunks = { used: of("chunksUsed"), peak: of("chunksPeak"), limit: of("chunksLimit") };
	const stack = { used: of("stackUsed"), peak: of("stackPeak"), limit: of("stackLimit") };
	const cHeap = { used: of("cHeapUsed"), peak: of("cHeapPeak"), limit: of("cHeapLimit") };
	const sizeBytes = of("arenaBytes");
	const chunkBytes = of("arenaChunkBytes");
	const arenaSlotBytes = of("arenaSlotBytes");
	const fixed = stack.limit * slotBytes;
	return {
		slotBytes,
		slots,
		chunks,
		stack,
		keys: { used: of("keysUsed"), limit: of("keysLimit") },
		cHeap,
		arena: {
			sizeBytes,
			chunkBytes,
			slotBytes: arenaSlotBytes,
			freeBytes: sizeBytes - chunkBytes - arenaSlotBytes,
		},
		ramBytes: {
			used: slots.used * slotBytes + chunks.used + fixed + cHeap.used,
			peak: slots.peak * slotBytes + chunks.peak + fixed + cHeap.peak,
			limit: sizeBytes + cHeap.limit,
		},
		rom,
		collections: of("collections"),
		computrons: Math.floor(of("computrons")),
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
