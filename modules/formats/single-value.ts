import { type Fault, fault } from "../bytes.ts";
import type { Entries, PayloadWriter } from "./entry.ts";
import { Output } from "./output.ts";
import type { Path, ResourceType, Value } from "./value.ts";

const notAResource = fault("formats.notAResource", 0x80, "LwM2M Core 1.2 §7.5.1-§7.5.3");

/** Writes a format of one value. */
export class SingleWriter implements PayloadWriter {
	readonly #out = new Output();
	readonly #write: (out: Output, type: ResourceType, value: Value) => void;

	constructor(write: (out: Output, type: ResourceType, value: Value) => void) {
		this.#write = write;
	}

	entry(_path: Path, type: ResourceType, value: Value): void {
		this.#write(this.#out, type, value);
	}

	empty(): void {}

	finish(): Uint8Array {
		return this.#out.take();
	}
}

/** Reads the one value of the payload: that of the Resource or Resource Instance which the request names. */
export function readSingle(
	read: (type: ResourceType | undefined, bytes: Uint8Array, at: number, end: number) => Value | undefined,
	bytes: Uint8Array,
	at: number,
	end: number,
	entries: Entries,
): Fault | undefined {
	if (entries.base.resourceId < 0) return notAResource;
	Object.assign(entries.path, entries.base);
	return entries.value(read(entries.type, bytes, at, end));
}
