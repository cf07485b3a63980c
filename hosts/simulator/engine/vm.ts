import type { Program } from "./compiler.ts";
import { DeviceFailure, failureReasons } from "./failure.ts";
import { type Figures, noRom, type RomFigures, readFigures, readRomFigures } from "./figures.ts";
import type { MachineMemory } from "./memory.ts";
import type { BoardPorts } from "./ports.ts";
import type { Stretch } from "./ram.ts";
import type { Caller } from "./vm-caller.ts";
import { boardImports } from "./vm-imports.ts";

/** What shim/*.c exports to us. Addresses and sizes are numbers of bytes. */
interface Exports {
	readonly memory: WebAssembly.Memory;
	readonly __stack_pointer: WebAssembly.Global;
	_initialize(): void;
	allocate(size: number): number;
	release(at: number): void;
	createRoot(arenaBytes: number, keys: number, nameModulo: number, symbolModulo: number): void;
	useSymbols(names: number, count: number): void;
	addModule(name: number, code: number, size: number): void;
	preload(name: number): void;
	burn(): number;
	changeable(): number;
	romRegions(): number;
	createDevice(
		arenaBytes: number,
		stackSlots: number,
		slots: number,
		moreSlots: number,
		chunkBytes: number,
		moreChunkBytes: number,
		keys: number,
		moreKeys: number,
		cHeapBytes: number,
		meterInterval: number,
	): void;
	modSymbols(names: number, count: number): void;
	modModule(name: number, code: number, size: number): void;
	boot(name: number): void;
	turn(kind: number, first: number, second: number, text: number): void;
	collect(): void;
	figures(): number;
}

/** A copy of all memory of a VM between two turns: its whole state. What is zero is left out. */
export interface Snapshot {
	readonly pages: number;
	/** Pieces that a new instance does not have zero: kept in every snapshot, zero or not. */
	readonly initial: ReadonlySet<number>;
	readonly pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[];
	readonly rom: RomFigures | undefined;
	readonly turnComputrons: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const pageBytes = 65536;
const pieceBytes = 4096;
const meterInterval = 100_000;
const leastStackSlots = 64;
const rootArenaBytes = 2 * 1024 * 1024;

/** A machine without its memory: see Vm.identity. */
export interface VmIdentity {
	readonly ports: BoardPorts;
	readonly turnComputrons: number;
	readonly explanation: string;
	readonly dead: unknown;
}

/**
 * One instance of the engine: a device's whole memory and its way out to the board. After a failure it is not used
 * again, unless it becomes another machine.
 */
export class Vm {
	readonly #exports: Exports;
	readonly #initial: ReadonlySet<number>;
	readonly #stackTop: number;
	#ports: BoardPorts;
	#rom: RomFigures | undefined;
	#turnComputrons = Number.POSITIVE_INFINITY;
	#explanation = "";
	#dead: unknown;
	#isRunning = false;

	/** @param from restores this state; absent: an engine that has yet to be prepared */
	constructor(engine: WebAssembly.Module, ports: BoardPorts, from?: Snapshot) {
		this.#ports = ports;
		const board = boardImports(this.#caller());
		const instance = new WebAssembly.Instance(engine, { board, wasi_snapshot_preview1: wasi });
		this.#exports = instance.exports as unknown as Exports;
		this.#stackTop = this.#exports.__stack_pointer.value;
		if (from === undefined) {
			this.#initial = new Set(piecesInUse(this.memory));
			this.#exports._initialize();
		} else {
			this.#initial = from.initial;
			this.#restore(from);
		}
	}

	/** Why this VM must not run any more, if so. */
	get dead(): unknown {
		return this.#dead;
	}

	get rom(): RomFigures | undefined {
		return this.#rom;
	}

	/** Begins the preparation of ROM. */
	createRoot(): void {
		this.#guard(() => this.#exports.createRoot(rootArenaBytes, 1024, 53, 3));
	}

	/** Puts bytes where a chip has its flash. @returns their address */
	place(bytes: Uint8Array): number {
		const at = this.#exports.allocate(bytes.length);
		new Uint8Array(this.#exports.memory.buffer, at, bytes.length).set(bytes);
		return at;
	}

	useSymbols(names: number, count: number): void {
		this.#guard(() => this.#exports.useSymbols(names, count));
	}

	addModule(name: string, code: number, size: number): void {
		this.#guard(() => this.#exports.addModule(this.#placeText(name), code, size));
	}

	/** @throws DeviceFailure with the module's name when it does not load */
	preload(name: string): void {
		this.#guard(() => this.#exports.preload(this.#placeText(name)));
	}

	burn(imageBytes: number): RomFigures {
		const at = this.#guard(() => this.#exports.burn());
		this.#rom = readRomFigures(this.#exports.memory.buffer, at, imageBytes);
		return this.#rom;
	}

	/** Variables and objects in ROM that a program may still change: "name: why", as often as something refers to it. */
	changeable(): string[] {
		const at = this.#exports.changeable();
		const bytes = new Uint8Array(this.#exports.memory.buffer, at);
		return decoder
			.decode(bytes.subarray(0, bytes.indexOf(0)))
			.split("\n")
			.slice(0, -1);
	}

	/**
	 * @throws RangeError when the stack is too small for XS to set itself up: it does not check there
	 * @throws DeviceFailure when the rest is
	 */
	createDevice(memory: MachineMemory): void {
		if (memory.stackSlots < leastStackSlots) throw new RangeError(`stackSlots must be at least ${leastStackSlots}`);
		this.#turnComputrons = memory.turnComputrons;
		this.#guard(() =>
			this.#exports.createDevice(
				memory.arenaBytes,
				memory.stackSlots,
				memory.heapSlots,
				memory.moreHeapSlots,
				memory.chunkBytes,
				memory.moreChunkBytes,
				memory.keys,
				memory.moreKeys,
				memory.cHeapBytes,
				meterInterval,
			),
		);
	}

	boot(entry: string): void {
		this.#guard(() => this.#exports.boot(this.#placeText(entry)));
	}

	turn(kind: number, first = 0, second = 0, text?: string): void {
		const at = text === undefined ? 0 : this.#placeText(text);
		this.#guard(() => this.#exports.turn(kind, first, second, at));
		if (at !== 0) this.#exports.release(at);
	}

	collect(): void {
		this.#guard(() => this.#exports.collect());
	}

	/** @returns undefined before there is a VM to speak of */
	figures(): Figures | undefined {
		const at = this.#exports.figures();
		return at === 0 ? undefined : readFigures(this.#exports.memory.buffer, at, this.#rom ?? noRom);
	}

	/** The bytes of ROM, piece by piece: they must never change. */
	*romBytes(): Generator<Uint8Array> {
		const { buffer } = this.#exports.memory;
		const regions = new Uint32Array(buffer, this.#exports.romRegions());
		for (let index = 0; regions[index + 1] !== 0; index += 2) {
			yield new Uint8Array(buffer, regions[index]!, regions[index + 1]!);
		}
	}

	/** All memory: for comparing two runs. */
	get memory(): Uint8Array {
		return new Uint8Array(this.#exports.memory.buffer);
	}

	snapshot(): Snapshot {
		if (this.#dead !== undefined) throw new Error("a device that failed has no state to keep", { cause: this.#dead });
		const { memory } = this;
		const wanted = new Set([...this.#initial, ...piecesInUse(memory)]);
		const pieces: { at: number; size: number }[] = [];
		for (const at of [...wanted].sort((a, b) => a - b)) {
			const last = pieces.at(-1);
			if (last !== undefined && last.at + last.size === at) last.size += pieceBytes;
			else pieces.push({ at, size: pieceBytes });
		}
		return {
			pages: memory.length / pageBytes,
			initial: this.#initial,
			pieces: pieces.map(({ at, size }) => ({ at, bytes: memory.slice(at, at + size) })),
			rom: this.#rom,
			turnComputrons: this.#turnComputrons,
		};
	}

	#restore(from: Snapshot): void {
		const { memory } = this.#exports;
		const missing = from.pages - memory.buffer.byteLength / pageBytes;
		if (missing > 0) memory.grow(missing);
		const bytes = new Uint8Array(memory.buffer);
		for (const piece of from.pieces) bytes.set(piece.bytes, piece.at);
		this.#rom = from.rom;
		this.#turnComputrons = from.turnComputrons;
	}

	/** Enters the VM; whatever comes out as an exception leaves a VM that must not run again. */
	#guard<T>(enter: () => T): T {
		if (this.#dead !== undefined) throw new Error("this device has failed and must be reset", { cause: this.#dead });
		this.#isRunning = true;
		try {
			return enter();
		} catch (error) {
			const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
			this.#dead = trapped ? new DeviceFailure("engineTrap", error.message, this.figures(), { cause: error }) : error;
			throw this.#dead;
		} finally {
			this.#isRunning = false;
		}
	}

	/**
	 * What is not memory of the machine that this instance is: with its RAM, all that is needed to have it go on in
	 * another instance of the same firmware.
	 */
	get identity(): VmIdentity {
		return {
			ports: this.#ports,
			turnComputrons: this.#turnComputrons,
			explanation: this.#explanation,
			dead: this.#dead,
		};
	}

	/** Becomes another machine. The caller puts its RAM into `memory`. */
	become({ ports, turnComputrons, explanation, dead }: VmIdentity): void {
		this.#ports = ports;
		this.#turnComputrons = turnComputrons;
		this.#explanation = explanation;
		this.#dead = dead;
		this.#exports.__stack_pointer.value = this.#stackTop; // whatever threw through the last one left it where it was
	}

	/** Whether one of its turns is under way: it can be no other machine now. */
	get isRunning(): boolean {
		return this.#isRunning;
	}

	/**
	 * What no machine changes: the block that ROM was made in, all of it. (The tables of names are outside of it, and
	 * too small to matter.)
	 */
	romBlock(): Stretch {
		const regions = [...this.romBytes()].slice(0, -3); // behind heap, chunks and stack: three tables
		const at = Math.min(...regions.map(({ byteOffset }) => byteOffset));
		const end = Math.max(...regions.map(({ byteOffset, length }) => byteOffset + length));
		if (end - at > rootArenaBytes) throw new Error("ROM does not lie in one block");
		return { at, size: end - at };
	}

	#caller(): Caller {
		const ports = () => this.#ports;
		const turnComputrons = () => this.#turnComputrons;
		return {
			get ports() {
				return ports();
			},
			get turnComputrons() {
				return turnComputrons();
			},
			bytes: (at, size) => new Uint8Array(this.#exports.memory.buffer, at, size),
			explain: (text) => {
				this.#explanation = text;
			},
			failed: (reason) => {
				throw new DeviceFailure(failureReasons[reason] ?? "fatalCheck", this.#explanation, this.figures());
			},
			placeMod: (mod) => this.#placeMod(mod),
		};
	}

	#placeText(text: string): number {
		return this.place(encoder.encode(`${text}\0`));
	}

	/** A mod's symbols and modules, where a chip has its flash. @returns its entry */
	#placeMod({ symbols, modules, entry }: Program & { readonly entry: string }): string {
		this.#exports.modSymbols(
			this.place(encoder.encode(symbols.map((symbol) => `${symbol}\0`).join(""))),
			symbols.length,
		);
		for (const { name, code } of modules) {
			this.#exports.modModule(this.#placeText(name), this.place(code), code.length);
		}
		return entry;
	}
}

/** Where memory is not zero, in pieces. */
function piecesInUse(memory: Uint8Array): number[] {
	const words = new BigUint64Array(memory.buffer);
	const perPiece = pieceBytes / 8;
	const found: number[] = [];
	for (let piece = 0; piece * pieceBytes < memory.length; piece++) {
		const end = (piece + 1) * perPiece;
		let index = piece * perPiece;
		while (index < end && words[index] === 0n) index++;
		if (index < end) found.push(piece * pieceBytes);
	}
	return found;
}

/** What is left of WASI in XS: its reports to stderr, which go nowhere. */
const wasi: WebAssembly.ModuleImports = { fd_close: () => 0, fd_seek: () => 0, fd_write: () => 0 };
