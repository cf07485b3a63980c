import type { Program } from "./compiler.ts";
import type { BoardPorts } from "./ports.ts";
import { cryptoImports } from "./vm-crypto.ts";

/** An instance of the engine, as those see it that it calls. */
export interface Caller {
	/** Of the machine that it is now: never to be kept. */
	readonly ports: BoardPorts;
	/** The watchdog's limit. */
	readonly turnComputrons: number;
	/** A view on its memory, good until it grows. */
	bytes(at: number, size: number): Uint8Array;
	/** It will fail for this reason. */
	explain(text: string): void;
	failed(reason: number): never;
	/** Puts a mod where a chip has its flash. @returns its entry */
	placeMod(mod: Program & { readonly entry: string }): string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What shim/*.c asks of the board: addresses and sizes in, numbers out. */
export function boardImports(it: Caller): WebAssembly.ModuleImports {
	const text = (at: number, size: number) => decoder.decode(it.bytes(at, size));
	return {
		failed: (reason: number) => it.failed(reason),
		explain: (at: number, size: number) => it.explain(text(at, size)),
		meter: (computrons: number) => (computrons > it.turnComputrons ? 0 : 1),
		print: (at: number, size: number) => it.ports.print(text(at, size)),
		log: (at: number, size: number) => it.ports.log(text(at, size)),
		nowMs: () => it.ports.nowMs(),
		wallTimeS: () => it.ports.wallTimeS() ?? Number.NaN,
		wallTimeMs: () => (it.ports.wallTimeS() ?? 0) * 1000,
		setWallTimeS: (seconds: number) => it.ports.setWallTimeS(seconds),
		setAlarm: (atMs: number) => it.ports.setAlarm(Number.isNaN(atMs) ? undefined : atMs),
		dice: (bound: number) => it.ports.dice(bound >>> 0), // 2^31 comes as a negative int
		fillEntropy: (at: number, size: number) => it.ports.fillEntropy(it.bytes(at, size)),
		...networkImports(it, text),
		...flashImports(it),
		...slotImports(it, text),
		...modImports(it),
		...cryptoImports(it),
		...powerImports(it),
		restart: () => it.ports.restart(),
		off: () => it.ports.off(),
		temperature: () => it.ports.temperature(),
		bootRecord: (at: number, capacity: number) => write(it, it.ports.bootRecordJson, at, capacity),
	};
}

/** Writes text where the VM has room for it. @returns its size in bytes, even when that is more than the room */
function write(it: Caller, text: string, at: number, capacity: number): number {
	const bytes = encoder.encode(text);
	it.bytes(at, capacity).set(bytes.subarray(0, capacity));
	return bytes.length;
}

/** An error for people, where the VM has room for it. @returns its size; 0: there is none */
function refusal(it: Caller, text: string | undefined, at: number, capacity: number): number {
	return text === undefined ? 0 : Math.min(write(it, text === "" ? "failed" : text, at, capacity), capacity);
}

function networkImports(it: Caller, text: (at: number, size: number) => string): WebAssembly.ModuleImports {
	return {
		udpOpen: (port: number) => it.ports.udpOpen(port),
		udpRead: (socket: number, into: number, capacity: number, sender: number) => {
			for (;;) {
				const datagram = it.ports.udpRead(socket);
				if (datagram === undefined) return -1;
				if (datagram.bytes.length > capacity) continue; // dropped, as modules/host.ts says
				it.bytes(into, datagram.bytes.length).set(datagram.bytes);
				const { buffer, byteOffset } = it.bytes(sender, 4);
				new DataView(buffer).setUint32(byteOffset, datagram.port, true);
				const size = Math.min(write(it, datagram.host, sender + 4, 63), 63);
				it.bytes(sender + 4 + size, 1)[0] = 0;
				return datagram.bytes.length;
			}
		},
		udpWrite: (socket: number, at: number, size: number, host: number, hostSize: number, port: number) =>
			it.ports.udpWrite(socket, it.bytes(at, size), text(host, hostSize), port) ? 1 : 0,
		udpClose: (socket: number) => it.ports.udpClose(socket),
		resolve: (at: number, size: number) => it.ports.resolve(text(at, size)),
	};
}

function flashImports(it: Caller): WebAssembly.ModuleImports {
	return {
		flashGeometry: (which: number) => {
			const { ports } = it;
			if (which === 4) return ports.smartCardSizeBytes();
			if (which === 5) return ports.retainedSizeBytes;
			const { flashSizeBytes, flashSectorBytes, flashWriteBytes, factorySizeBytes } = ports;
			return [flashSizeBytes, flashSectorBytes, flashWriteBytes, factorySizeBytes][which] ?? Number.NaN;
		},
		flashRead: (offset: number, into: number, size: number, text: number, capacity: number) =>
			refusal(it, it.ports.flashRead(offset, it.bytes(into, size)), text, capacity),
		flashWrite: (offset: number, at: number, size: number, text: number, capacity: number) =>
			refusal(it, it.ports.flashWrite(offset, it.bytes(at, size)), text, capacity),
		flashErase: (offset: number, size: number, text: number, capacity: number) =>
			refusal(it, it.ports.flashErase(offset, size), text, capacity),
	};
}

function powerImports(it: Caller): WebAssembly.ModuleImports {
	return {
		sleep: (untilMs: number, depth: number, text: number, capacity: number) =>
			refusal(it, it.ports.sleep(Number.isNaN(untilMs) ? undefined : untilMs, depth), text, capacity),
		wakeReason: () => it.ports.wakeReason(),
		retainedRead: (offset: number, into: number, size: number, text: number, capacity: number) =>
			refusal(it, it.ports.retainedRead(offset, it.bytes(into, size)), text, capacity),
		retainedWrite: (offset: number, at: number, size: number, text: number, capacity: number) =>
			refusal(it, it.ports.retainedWrite(offset, it.bytes(at, size)), text, capacity),
	};
}

function slotImports(it: Caller, text: (at: number, size: number) => string): WebAssembly.ModuleImports {
	const noSlots = "no boot loader";
	return {
		slotSize: () => it.ports.slots?.sizeBytes ?? 0,
		slotRecord: (slot: number, at: number, capacity: number) =>
			write(it, it.ports.slots?.describe(slot) ?? "", at, capacity),
		slotRead: (offset: number, into: number, size: number, text: number, capacity: number) => {
			const { slots } = it.ports;
			return refusal(it, slots === undefined ? noSlots : slots.read(offset, it.bytes(into, size)), text, capacity);
		},
		slotWrite: (offset: number, at: number, size: number, text: number, capacity: number) => {
			const { slots } = it.ports;
			return refusal(it, slots === undefined ? noSlots : slots.write(offset, it.bytes(at, size)), text, capacity);
		},
		slotErase: (offset: number, size: number, text: number, capacity: number) => {
			const { slots } = it.ports;
			return refusal(it, slots === undefined ? noSlots : slots.erase(offset, size), text, capacity);
		},
		slotVerify: (at: number, capacity: number) => write(it, it.ports.slots?.verify() ?? "", at, capacity),
		slotMark: (what: number, at: number, size: number, into: number, capacity: number) => {
			const { slots } = it.ports;
			return refusal(it, slots === undefined ? noSlots : slots.mark(what, text(at, size)), into, capacity);
		},
	};
}

function modImports(it: Caller): WebAssembly.ModuleImports {
	const noMods = "no partition for mods";
	return {
		modSize: () => it.ports.mods?.sizeBytes ?? 0,
		modRecord: (at: number, capacity: number) => write(it, it.ports.mods?.describe() ?? "{}", at, capacity),
		modRead: (offset: number, into: number, size: number, text: number, capacity: number) => {
			const { mods } = it.ports;
			return refusal(it, mods === undefined ? noMods : mods.read(offset, it.bytes(into, size)), text, capacity);
		},
		modWrite: (offset: number, at: number, size: number, text: number, capacity: number) => {
			const { mods } = it.ports;
			return refusal(it, mods === undefined ? noMods : mods.write(offset, it.bytes(at, size)), text, capacity);
		},
		modErase: (offset: number, size: number, text: number, capacity: number) => {
			const { mods } = it.ports;
			return refusal(it, mods === undefined ? noMods : mods.erase(offset, size), text, capacity);
		},
		modVerify: (at: number, capacity: number) => write(it, it.ports.mods?.verify() ?? "", at, capacity),
		modLoad: (at: number, capacity: number) => {
			const mod = it.ports.mods?.load() ?? noMods;
			return write(it, typeof mod === "string" ? `!${mod}` : it.placeMod(mod), at, capacity);
		},
	};
}
