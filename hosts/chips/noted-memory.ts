import type { RetainedMemory } from "../../modules/host.ts";

/**
 * Retained RAM in two: the first bytes for notes of the host to itself, the rest for the application. RAM of a cold
 * start holds anything: notes are true only when their magic and their sum are.
 */
export class NotedMemory implements RetainedMemory {
	readonly sizeBytes: number;
	private readonly memory: RetainedMemory;

	/** @param memory more than 16 bytes of it */
	constructor(memory: RetainedMemory) {
		this.memory = memory;
		this.sizeBytes = memory.sizeBytes - noteBytes;
	}

	read(offset: number, into: Uint8Array): void {
		this.memory.read(noteBytes + this.within(offset, into.length), into);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.memory.write(noteBytes + this.within(offset, bytes.length), bytes);
	}

	/** Takes the note that was left before this boot, once. @returns undefined: there is none */
	takeNote(): Note | undefined {
		const bytes = new Uint8Array(noteBytes);
		this.memory.read(0, bytes);
		this.memory.write(0, new Uint8Array(noteBytes));
		const view = new DataView(bytes.buffer);
		const isWhole = view.getUint32(0) === magic && view.getUint32(12) === sumOf(view);
		return isWhole ? { kind: view.getUint32(4), wallTimeS: view.getUint32(8) } : undefined;
	}

	leaveNote({ kind, wallTimeS }: Note): void {
		const bytes = new Uint8Array(noteBytes);
		const view = new DataView(bytes.buffer);
		view.setUint32(0, magic);
		view.setUint32(4, kind);
		view.setUint32(8, wallTimeS);
		view.setUint32(12, sumOf(view));
		this.memory.write(0, bytes);
	}

	private within(offset: number, size: number): number {
		if (offset < 0 || offset + size > this.sizeBytes) throw new RangeError("outside of the retained memory");
		return offset;
	}
}

/** What a host tells itself over a reset. */
export interface Note {
	/** Why there is a reset: the host's own numbers, not 0. */
	readonly kind: number;
	/** Seconds since 1970 when it was left; 0: not known. */
	readonly wallTimeS: number;
}

const noteBytes = 16;
const magic = 0x446f524d; // "DoRM"

function sumOf(view: DataView): number {
	return (view.getUint32(0) ^ Math.imul(view.getUint32(4), 31) ^ Math.imul(view.getUint32(8), 17)) >>> 0;
}
