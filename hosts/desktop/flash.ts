import flashStorage from "embedded:storage/flash";
import { type Flash, HostFailure } from "../../modules/host.ts";

/** What our client writes at once at least; the chips ask for 1 to 8, and a store that keeps to 4 runs on most. */
const writeBytes = 4;

/** The part of `embedded:storage/flash` that is used here. */
interface Partition {
	eraseBlock(start: number, end: number): void;
	read(into: Uint8Array, byteOffset: number): number;
	write(bytes: Uint8Array, byteOffset: number): void;
	status(): { readonly size: number; readonly blockLength: number };
}

/** One partition of `embedded:storage/flash`, with the rules of NOR flash made errors instead of surprises. */
export class PartitionFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes = writeBytes;
	readonly erasedByte = 0xff;
	readonly #partition: Partition;

	/** @param name of the partition in the manifest's `config.flash`. @throws HostFailure when it can not be opened */
	constructor(name: string) {
		this.#partition = attempt(`flash ${name}`, () => flashStorage.open({ path: name }) as unknown as Partition);
		const { size, blockLength } = this.#partition.status();
		this.sizeBytes = size;
		this.sectorBytes = blockLength;
	}

	read(offset: number, into: Uint8Array): void {
		attempt("flash read", () => this.#partition.read(into, offset));
	}

	write(offset: number, bytes: Uint8Array): void {
		if (offset % writeBytes !== 0 || bytes.length % writeBytes !== 0) throw new HostFailure("flash write: misaligned");
		attempt("flash write", () => {
			const before = new Uint8Array(bytes.length);
			this.#partition.read(before, offset);
			for (let index = 0; index < bytes.length; index++) {
				if ((before[index]! & bytes[index]!) !== bytes[index]) throw new HostFailure("flash write: not erased");
			}
			this.#partition.write(bytes, offset);
		});
	}

	erase(offset: number, size: number): void {
		if (offset % this.sectorBytes !== 0 || size % this.sectorBytes !== 0) {
			throw new HostFailure("flash erase: not whole sectors");
		}
		if (size === 0) return;
		attempt("flash erase", () =>
			this.#partition.eraseBlock(offset / this.sectorBytes, (offset + size) / this.sectorBytes),
		);
	}
}

/** Makes whatever the SDK throws a HostFailure. */
function attempt<T>(what: string, act: () => T): T {
	try {
		return act();
	} catch (cause) {
		throw cause instanceof HostFailure ? cause : new HostFailure(what, { cause });
	}
}
