import type { Program } from "./compiler.ts";
import { DeviceFailure, failureReasons } from "./failure.ts";
import { type Figures, type RomFigures, readFigures, readRomFigures } from "./figures.ts";
import type { MachineMemory } from "./memory.ts";
import type { BoardPorts } from "./ports.ts";
import { cryptoImports } from "./vm-crypto.ts";

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

/**
 * One instance of the engine: a device's whole memory and its way out to the board. Never used again after a
 * failure.
 */
export class Vm {
	readonly #exports: Exports;
	readonly #ports: BoardPorts;
	readonly #initial: ReadonlySet<number>;
	#rom: RomFigures | undefined;
	#turnComputrons = Number.POSITIVE_INFINITY;
	#explanation = "";
	#dead: unknown;

	/** @param from restores this state; absent: an engine that has yet to be prepared */
	constructor(engine: WebAssembly.Module, ports: BoardPorts, from?: Snapshot) {
		this.#ports = ports;
		const board = { ...this.#imports(), ...cryptoImports(ports, (at, size) => this.#bytes(at, size)) };
		const instance = new WebAssembly.Instance(engine, { board, wasi_snapshot_preview1: wasi });
		this.#exports = instance.exports as unknown as Exports;
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
		this.#guard(() => this.#exports.createRoot(2 * 1024 * 1024, 1024, 53, 3));
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
		try {
			return enter();
		} catch (error) {
			const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
			this.#dead = trapped ? new DeviceFailure("engineTrap", error.message, this.figures(), { cause: error }) : error;
			throw this.#dead;
		}
	}

	#placeText(text: string): number {
		return this.place(encoder.encode(`${text}\0`));
	}

	#bytes(at: number, size: number): Uint8Array {
		return new Uint8Array(this.#exports.memory.buffer, at, size);
	}

	#text(at: number, size: number): string {
		return decoder.decode(this.#bytes(at, size));
	}

	/** Writes text where the VM has room for it. @returns its size in bytes, even when that is more than the room */
	#write(text: string, at: number, capacity: number): number {
		const bytes = encoder.encode(text);
		this.#bytes(at, capacity).set(bytes.subarray(0, capacity));
		return bytes.length;
	}

	#imports(): WebAssembly.ModuleImports {
		const ports = this.#ports;
		const error = (text: string | undefined, at: number, capacity: number) =>
			text === undefined ? 0 : Math.min(this.#write(text === "" ? "failed" : text, at, capacity), capacity);
		return {
			failed: (reason: number) => {
				throw new DeviceFailure(failureReasons[reason] ?? "fatalCheck", this.#explanation, this.figures());
			},
			explain: (at: number, size: number) => {
				this.#explanation = this.#text(at, size);
			},
			meter: (computrons: number) => (computrons > this.#turnComputrons ? 0 : 1),
			print: (at: number, size: number) => ports.print(this.#text(at, size)),
			log: (at: number, size: number) => ports.log(this.#text(at, size)),
			nowMs: () => ports.nowMs(),
			wallTimeS: () => ports.wallTimeS() ?? Number.NaN,
			wallTimeMs: () => (ports.wallTimeS() ?? 0) * 1000,
			setWallTimeS: (seconds: number) => ports.setWallTimeS(seconds),
			setAlarm: (atMs: number) => ports.setAlarm(Number.isNaN(atMs) ? undefined : atMs),
			dice: (bound: number) => ports.dice(bound >>> 0), // 2^31 comes as a negative int
			fillEntropy: (at: number, size: number) => ports.fillEntropy(this.#bytes(at, size)),
			udpOpen: (port: number) => ports.udpOpen(port),
			udpRead: (socket: number, into: number, capacity: number, sender: number) => {
				for (;;) {
					const datagram = ports.udpRead(socket);
					if (datagram === undefined) return -1;
					if (datagram.bytes.length > capacity) continue; // dropped, as modules/host.ts says
					this.#bytes(into, datagram.bytes.length).set(datagram.bytes);
					new DataView(this.#exports.memory.buffer).setUint32(sender, datagram.port, true);
					const size = Math.min(this.#write(datagram.host, sender + 4, 63), 63);
					this.#bytes(sender + 4 + size, 1)[0] = 0;
					return datagram.bytes.length;
				}
			},
			udpWrite: (socket: number, at: number, size: number, host: number, hostSize: number, port: number) =>
				ports.udpWrite(socket, this.#bytes(at, size), this.#text(host, hostSize), port) ? 1 : 0,
			udpClose: (socket: number) => ports.udpClose(socket),
			resolve: (at: number, size: number) => ports.resolve(this.#text(at, size)),
			flashGeometry: (which: number) =>
				which === 4
					? ports.smartCardSizeBytes()
					: ([ports.flashSizeBytes, ports.flashSectorBytes, ports.flashWriteBytes, ports.factorySizeBytes][which] ??
						Number.NaN),
			flashRead: (offset: number, into: number, size: number, text: number, capacity: number) =>
				error(ports.flashRead(offset, this.#bytes(into, size)), text, capacity),
			flashWrite: (offset: number, at: number, size: number, text: number, capacity: number) =>
				error(ports.flashWrite(offset, this.#bytes(at, size)), text, capacity),
			flashErase: (offset: number, size: number, text: number, capacity: number) =>
				error(ports.flashErase(offset, size), text, capacity),
			...this.#slotImports(error),
			...this.#modImports(error),
			restart: () => ports.restart(),
			off: () => ports.off(),
			temperature: () => ports.temperature(),
			bootRecord: (at: number, capacity: number) => this.#write(ports.bootRecordJson, at, capacity),
		};
	}

	#slotImports(error: (text: string | undefined, at: number, capacity: number) => number): WebAssembly.ModuleImports {
		const ports = this.#ports;
		const noSlots = "no boot loader";
		return {
			slotSize: () => ports.slots?.sizeBytes ?? 0,
			slotRecord: (slot: number, at: number, capacity: number) =>
				this.#write(ports.slots?.describe(slot) ?? "", at, capacity),
			slotRead: (offset: number, into: number, size: number, text: number, capacity: number) =>
				error(ports.slots === undefined ? noSlots : ports.slots.read(offset, this.#bytes(into, size)), text, capacity),
			slotWrite: (offset: number, at: number, size: number, text: number, capacity: number) =>
				error(ports.slots === undefined ? noSlots : ports.slots.write(offset, this.#bytes(at, size)), text, capacity),
			slotErase: (offset: number, size: number, text: number, capacity: number) =>
				error(ports.slots === undefined ? noSlots : ports.slots.erase(offset, size), text, capacity),
			slotVerify: (at: number, capacity: number) => this.#write(ports.slots?.verify() ?? "", at, capacity),
			slotMark: (what: number, at: number, size: number, text: number, capacity: number) =>
				error(ports.slots === undefined ? noSlots : ports.slots.mark(what, this.#text(at, size)), text, capacity),
		};
	}

	#modImports(error: (text: string | undefined, at: number, capacity: number) => number): WebAssembly.ModuleImports {
		const ports = this.#ports;
		const noMods = "no partition for mods";
		return {
			modSize: () => ports.mods?.sizeBytes ?? 0,
			modRecord: (at: number, capacity: number) => this.#write(ports.mods?.describe() ?? "{}", at, capacity),
			modRead: (offset: number, into: number, size: number, text: number, capacity: number) =>
				error(ports.mods === undefined ? noMods : ports.mods.read(offset, this.#bytes(into, size)), text, capacity),
			modWrite: (offset: number, at: number, size: number, text: number, capacity: number) =>
				error(ports.mods === undefined ? noMods : ports.mods.write(offset, this.#bytes(at, size)), text, capacity),
			modErase: (offset: number, size: number, text: number, capacity: number) =>
				error(ports.mods === undefined ? noMods : ports.mods.erase(offset, size), text, capacity),
			modVerify: (at: number, capacity: number) => this.#write(ports.mods?.verify() ?? "", at, capacity),
			modLoad: (at: number, capacity: number) => {
				const mod = ports.mods?.load() ?? noMods;
				return this.#write(typeof mod === "string" ? `!${mod}` : this.#placeMod(mod), at, capacity);
			},
		};
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

const noRom: RomFigures = {
	slotBytes: 0,
	chunkBytes: 0,
	stackBytes: 0,
	keyBytes: 0,
	tableBytes: 0,
	imageBytes: 0,
	aliases: 0,
	totalBytes: 0,
};

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
