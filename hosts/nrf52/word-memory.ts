import type { RetainedMemory } from "../../modules/host.ts";
import type { Nrf52System } from "./system.ts";

type Words = Pick<Nrf52System, "retainedWord" | "setRetainedWord">;

/** Some of the SDK's 32 retained words as bytes, big-endian. */
export class WordMemory implements RetainedMemory {
	readonly sizeBytes: number;
	private readonly system: Words;
	private readonly first: number;

	constructor(system: Words, first: number, count: number) {
		this.system = system;
		this.first = first;
		this.sizeBytes = 4 * count;
	}

	read(offset: number, into: Uint8Array): void {
		this.check(offset, into.length);
		for (let index = 0; index < into.length; index++) {
			const at = offset + index;
			into[index] = (this.system.retainedWord(this.first + (at >>> 2)) >>> (24 - 8 * (at & 3))) & 0xff;
		}
	}

	write(offset: number, bytes: Uint8Array): void {
		this.check(offset, bytes.length);
		const end = offset + bytes.length;
		for (let at = offset & ~3; at < end; at += 4) {
			let word = this.system.retainedWord(this.first + (at >>> 2));
			for (let byte = 0; byte < 4; byte++) {
				const from = at + byte - offset;
				if (from < 0 || from >= bytes.length) continue;
				const shift = 24 - 8 * byte;
				word = (word & ~(0xff << shift)) | (bytes[from]! << shift);
			}
			this.system.setRetainedWord(this.first + (at >>> 2), word | 0);
		}
	}

	private check(offset: number, size: number): void {
		if (offset < 0 || offset + size > this.sizeBytes) throw new RangeError("outside of the retained memory");
	}
}
