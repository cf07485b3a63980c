import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type Flash, HostFailure } from "../../../modules/host.ts";

/** As the manifest's config.flash has it. */
export interface PartitionShape {
	readonly blocks: number;
	readonly blockLength: number;
}

const writeBytes = 4;

/**
 * A partition of the device in its file, as embedded/flash-lin.ts has it: the boot loader's side of it. Made erased
 * where there is none, or one of another size.
 */
export class FileFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes = writeBytes;
	readonly erasedByte = 0xff;
	readonly #path: string;

	constructor(path: string, { blocks, blockLength }: PartitionShape) {
		this.#path = path;
		this.sizeBytes = blocks * blockLength;
		this.sectorBytes = blockLength;
		if (existsSync(path) && statSync(path).size === this.sizeBytes) return;
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, new Uint8Array(this.sizeBytes).fill(0xff), { mode: 0o600 });
	}

	read(offset: number, into: Uint8Array): void {
		this.within(offset, into.length);
		this.opened("r", (file) => {
			for (let done = 0; done < into.length; ) {
				const count = readSync(file, into, done, into.length - done, offset + done);
				if (count === 0) throw new HostFailure(`${this.#path} ends too early`);
				done += count;
			}
		});
	}

	write(offset: number, bytes: Uint8Array): void {
		this.within(offset, bytes.length);
		if (offset % writeBytes !== 0 || bytes.length % writeBytes !== 0) throw new HostFailure("flash write: misaligned");
		const result = new Uint8Array(bytes.length);
		this.read(offset, result);
		for (let index = 0; index < bytes.length; index++) {
			if ((result[index]! & bytes[index]!) !== bytes[index]) throw new HostFailure("flash write: not erased");
		}
		this.put(offset, bytes);
	}

	erase(offset: number, size: number): void {
		this.within(offset, size);
		if (offset % this.sectorBytes !== 0 || size % this.sectorBytes !== 0) {
			throw new HostFailure("flash erase: not whole sectors");
		}
		this.put(offset, new Uint8Array(size).fill(0xff));
	}

	private put(offset: number, bytes: Uint8Array): void {
		this.opened("r+", (file) => {
			for (let done = 0; done < bytes.length; ) {
				done += writeSync(file, bytes, done, bytes.length - done, offset + done);
			}
		});
	}

	private opened(flags: "r" | "r+", act: (file: number) => void): void {
		const file = openSync(this.#path, flags);
		try {
			act(file);
		} finally {
			closeSync(file);
		}
	}

	private within(offset: number, size: number): void {
		if (offset < 0 || size < 0 || offset + size > this.sizeBytes) throw new HostFailure("outside of the partition");
	}
}
