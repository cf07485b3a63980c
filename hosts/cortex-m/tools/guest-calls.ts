import type { Aead } from "../../../modules/host.ts";
import type { MachineMemory } from "../../simulator/engine/memory.ts";
import type { BoardPorts, ModPorts, SlotPorts } from "../../simulator/engine/ports.ts";

/** In the order of xs/guest.h. */
export const guestCalls = [
	...["next", "text", "error", "sender", "memory", "failed", "explain"],
	...["nowMs", "wallTimeS", "setWallTimeS", "setAlarm", "dice", "entropy", "print", "log", "temperature"],
	...["bootRecord", "restart", "off"],
	...["udpOpen", "udpRead", "udpWrite", "udpClose", "resolve"],
	...["flashGeometry", "flashRead", "flashWrite", "flashErase"],
	...["slotSize", "slotRecord", "slotRead", "slotWrite", "slotErase", "slotVerify", "slotMark"],
	...["modSize", "modRecord", "modRead", "modWrite", "modErase", "modVerify", "modLoad", "modCount", "modPart"],
	...["hasAccelerator", "isScalar", "drawScalar", "pointOf", "sharedX", "sign", "isSignature", "hmac", "prf"],
	...["seal", "open", "cbc"],
	...["sleep", "wakeReason", "retainedRead", "retainedWrite"],
] as const;

/** What the chip asks, and how much room it has for bytes that come back. */
export interface GuestCall {
	readonly numbers: readonly number[];
	readonly parts: readonly Uint8Array[];
	readonly capacity: number;
}

export interface GuestAnswer {
	readonly result: number;
	readonly bytes: Uint8Array;
}

export type GuestHandler = (call: GuestCall) => GuestAnswer;

const nothing = new Uint8Array(0);
const answer = (result: number, bytes: Uint8Array = nothing): GuestAnswer => ({ result, bytes });
const done = (_: unknown): GuestAnswer => answer(0);
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Text, as far as there is room. */
function said(text: string | undefined, capacity: number): GuestAnswer {
	return text === undefined ? answer(0) : answer(0, new TextEncoder().encode(text).subarray(0, capacity));
}

/** A machine that failed for a reason of its own; guest.ts makes a DeviceFailure of it. */
export class GuestFailed extends Error {
	readonly reason: number;
	readonly explanation: string;

	constructor(reason: number, explanation: string) {
		super(`${reason}: ${explanation}`);
		this.reason = reason;
		this.explanation = explanation;
	}
}

/** Answers what the chip asks by the ports of a simulated board. */
export function guestHandlers(
	ports: BoardPorts,
	memory: MachineMemory,
	turnMs: number,
): Readonly<Record<string, GuestHandler>> {
	let explanation = "";
	let error = "";
	let sender = { host: "", port: 0 };
	/** Bytes that were read, or what to say when the chip asks why there are none. */
	const readBack = (read: (offset: number, into: Uint8Array) => string | undefined): GuestHandler => {
		return ({ numbers: [offset, size] }) => {
			const into = new Uint8Array(size!);
			const refusal = read(offset!, into);
			error = refusal ?? "";
			return refusal === undefined ? answer(0, into) : answer(1);
		};
	};
	return {
		error: ({ capacity }) => said(error, capacity),
		sender: ({ capacity }) => ({ ...said(sender.host, capacity), result: sender.port }),
		memory: () => answer(0, memoryOf(memory, turnMs)),
		explain: ({ parts }) => {
			explanation = textOf(parts[0]);
			return answer(0);
		},
		failed: ({ numbers }) => {
			throw new GuestFailed(numbers[0]!, explanation);
		},
		nowMs: () => answer(ports.nowMs()),
		wallTimeS: () => answer(ports.wallTimeS() ?? Number.NaN),
		setWallTimeS: ({ numbers }) => done(ports.setWallTimeS(numbers[0]!)),
		setAlarm: ({ numbers }) => done(ports.setAlarm(Number.isNaN(numbers[0]) ? undefined : numbers[0])),
		dice: ({ numbers }) => answer(ports.dice(numbers[0]!)),
		entropy: ({ numbers }) => {
			const bytes = new Uint8Array(numbers[0]!);
			ports.fillEntropy(bytes);
			return answer(0, bytes);
		},
		print: ({ parts }) => done(ports.print(textOf(parts[0]))),
		log: ({ parts }) => done(ports.log(textOf(parts[0]))),
		temperature: () => answer(ports.temperature()),
		bootRecord: ({ capacity }) => said(ports.bootRecordJson, capacity),
		restart: () => done(ports.restart()),
		off: () => done(ports.off()),
		udpOpen: ({ numbers }) => answer(ports.udpOpen(numbers[0]!)),
		udpRead: ({ numbers, capacity }) => {
			for (;;) {
				const datagram = ports.udpRead(numbers[0]!);
				if (datagram === undefined) return answer(-1);
				if (datagram.bytes.length > capacity) continue; // dropped, as modules/host.ts says
				sender = datagram;
				return answer(datagram.bytes.length, datagram.bytes);
			}
		},
		udpWrite: ({ numbers, parts }) =>
			answer(ports.udpWrite(numbers[0]!, parts[0]!, textOf(parts[1]), numbers[1]!) ? 1 : 0),
		udpClose: ({ numbers }) => done(ports.udpClose(numbers[0]!)),
		resolve: ({ parts }) => done(ports.resolve(textOf(parts[0]))),
		...flashHandlers(ports, readBack),
		sleep: ({ numbers: [untilMs, depth], capacity }) =>
			said(ports.sleep(Number.isNaN(untilMs) ? undefined : untilMs, depth!), capacity),
		wakeReason: () => answer(ports.wakeReason()),
		retainedRead: readBack(ports.retainedRead),
		retainedWrite: ({ numbers, parts, capacity }) => said(ports.retainedWrite(numbers[0]!, parts[0]!), capacity),
		...(ports.slots === undefined ? { slotSize: () => answer(0) } : slotHandlers(ports.slots, readBack)),
		...(ports.mods === undefined ? { modSize: () => answer(0) } : modHandlers(ports.mods, readBack)),
		...acceleratorHandlers(ports),
	};
}

function flashHandlers(ports: BoardPorts, readBack: ReadBack): Record<string, GuestHandler> {
	return {
		flashGeometry: ({ numbers: [which] }) => answer(geometryOf(ports, which!)),
		flashRead: readBack(ports.flashRead),
		flashWrite: ({ numbers, parts, capacity }) => said(ports.flashWrite(numbers[0]!, parts[0]!), capacity),
		flashErase: ({ numbers, capacity }) => said(ports.flashErase(numbers[0]!, numbers[1]!), capacity),
	};
}

type ReadBack = (read: (offset: number, into: Uint8Array) => string | undefined) => GuestHandler;

function memoryOf(memory: MachineMemory, turnMs: number): Uint8Array {
	const { arenaBytes, stackSlots, heapSlots, moreHeapSlots, chunkBytes, moreChunkBytes } = memory;
	const sizes = [arenaBytes, stackSlots, heapSlots, moreHeapSlots, chunkBytes, moreChunkBytes];
	const numbers = new Float64Array([...sizes, memory.keys, memory.moreKeys, memory.cHeapBytes, turnMs]);
	return new Uint8Array(numbers.buffer);
}

function geometryOf(ports: BoardPorts, which: number): number {
	const { flashSizeBytes, flashSectorBytes, flashWriteBytes, factorySizeBytes } = ports;
	if (which === 4) return ports.smartCardSizeBytes();
	if (which === 5) return ports.retainedSizeBytes;
	return [flashSizeBytes, flashSectorBytes, flashWriteBytes, factorySizeBytes][which] ?? Number.NaN;
}

function slotHandlers(slots: SlotPorts, readBack: ReadBack): Record<string, GuestHandler> {
	return {
		slotSize: () => answer(slots.sizeBytes),
		slotRecord: ({ numbers, capacity }) => said(slots.describe(numbers[0]!), capacity),
		slotRead: readBack((offset, into) => slots.read(offset, into)),
		slotWrite: ({ numbers, parts, capacity }) => said(slots.write(numbers[0]!, parts[0]!), capacity),
		slotErase: ({ numbers, capacity }) => said(slots.erase(numbers[0]!, numbers[1]!), capacity),
		slotVerify: ({ capacity }) => said(slots.verify(), capacity),
		slotMark: ({ numbers, parts, capacity }) => said(slots.mark(numbers[0]!, textOf(parts[0])), capacity),
	};
}

function modHandlers(mods: ModPorts, readBack: ReadBack): Record<string, GuestHandler> {
	let parts: Uint8Array[] = [];
	let counts: readonly [number, number] = [0, 0];
	const utf8 = (text: string) => new TextEncoder().encode(text);
	return {
		modSize: () => answer(mods.sizeBytes),
		modRecord: ({ capacity }) => said(mods.describe(), capacity),
		modRead: readBack((offset, into) => mods.read(offset, into)),
		modWrite: ({ numbers, parts: [bytes], capacity }) => said(mods.write(numbers[0]!, bytes!), capacity),
		modErase: ({ numbers, capacity }) => said(mods.erase(numbers[0]!, numbers[1]!), capacity),
		modVerify: ({ capacity }) => said(mods.verify(), capacity),
		modLoad: ({ capacity }) => {
			const mod = mods.load();
			if (typeof mod === "string") return said(`!${mod}`, capacity);
			const symbols = utf8(mod.symbols.map((symbol) => `${symbol}\0`).join(""));
			parts = [symbols, ...mod.modules.flatMap(({ name, code }) => [utf8(`${name}\0`), code])];
			counts = [mod.modules.length, mod.symbols.length];
			return said(mod.entry, capacity);
		},
		modCount: ({ numbers }) => answer(counts[numbers[0] === 0 ? 0 : 1]),
		// First the size, then, by the number below zero, the bytes.
		modPart: ({ numbers: [index] }) =>
			index! >= 0 ? answer(parts[index!]!.length) : answer(0, parts[-1 - index!] ?? nothing),
	};
}

function acceleratorHandlers(ports: BoardPorts): Record<string, GuestHandler> {
	const unit = ports.accelerator;
	if (unit === undefined) return { hasAccelerator: () => answer(0) };
	const aeadOf = (number: number | undefined): Aead => (number === 1 ? "gcm" : "ccm8");
	const found = (bytes: Uint8Array | undefined) => (bytes === undefined ? answer(0) : answer(1, bytes));
	const filled = (size: number, fill: (into: Uint8Array) => void) => {
		const into = new Uint8Array(size);
		fill(into);
		return answer(1, into);
	};
	return {
		hasAccelerator: () => answer(1),
		isScalar: ({ parts }) => answer(unit.isScalar(parts[0]!) ? 1 : 0),
		drawScalar: () => found(unit.drawScalar(ports.fillEntropy)),
		pointOf: ({ parts }) => found(unit.pointOf(parts[0]!)),
		sharedX: ({ parts }) => found(unit.sharedX(parts[0]!, parts[1]!)),
		sign: ({ parts }) => found(unit.sign(parts[0]!, parts[1]!)),
		isSignature: ({ parts }) => answer(unit.isSignature(parts[0]!, parts[1]!, parts[2]!) ? 1 : 0),
		hmac: ({ parts }) => found(unit.hmac(parts[0]!, parts[1]!)),
		prf: ({ parts, capacity }) => filled(capacity, (into) => unit.prf(parts[0]!, parts[1]!, into)),
		seal: ({ numbers, parts: [key, nonce, aad, bytes] }) =>
			found(unit.seal(aeadOf(numbers[0]), key!, nonce!, aad!, bytes!)),
		open: ({ numbers, parts: [key, nonce, aad, bytes] }) =>
			bytes!.length < (numbers[0] === 1 ? 16 : 8)
				? answer(0)
				: found(unit.open(aeadOf(numbers[0]), key!, nonce!, aad!, bytes!)),
		cbc: ({ numbers, parts: [key, iv, bytes] }) =>
			filled(bytes!.length, (into) => {
				into.set(bytes!);
				unit.cbc(numbers[0] === 0 ? "encrypt" : "decrypt", key!, iv!, into);
			}),
	};
}
