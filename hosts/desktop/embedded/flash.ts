/**
 * `embedded:storage/flash` for Linux and Windows, in the shape of the SDK's module for macOS: partitions are those of
 * `config.flash` in the manifest ({ name: { blocks, blockLength } }), writing clears bits only, erasing sets them.
 * Unlike there a new partition begins erased (0xff), as a chip comes from the factory.
 */
import { fileName, fileSize, readFileAt, replaceFile, writeFileAt } from "embedded:x-desktop-files";
import config from "mc/config";

interface Partition {
	readonly blocks: number;
	readonly blockLength: number;
	/** What a new partition begins with; erased behind it. */
	readonly bytes?: readonly number[];
}

export interface FlashOptions {
	/** Name of the partition. */
	readonly path: string;
	readonly mode?: "r" | "r+";
	readonly format?: "buffer";
}

/** What ECMA-419's readers and writers of bytes accept. */
type Bytes = ArrayBuffer | ArrayBufferView;

function partitions(): Record<string, Partition> {
	return (config as { readonly flash?: Record<string, Partition> }).flash ?? {};
}

function viewOf(buffer: Bytes): Uint8Array {
	if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
	if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
	throw new TypeError("not a buffer");
}

function checkFormat(format: unknown): void {
	if (format !== "buffer") throw new RangeError("invalid format");
}

/** An open partition. Offsets and lengths in bytes, blocks counted from 0. */
class FlashPartition {
	readonly #file: string;
	readonly #blocks: number;
	readonly #blockLength: number;
	readonly #isReadOnly: boolean;
	#isOpen = true;

	constructor(options: FlashOptions) {
		const { path, mode = "r+", format = "buffer" } = options;
		checkFormat(format);
		if (path === undefined) throw new Error("no path");
		const partition = partitions()[`${path}`];
		if (partition === undefined) throw new Error("partition not found");
		if (mode !== "r" && mode !== "r+") throw new Error(`invalid mode ${mode}`);
		this.#file = `flash/${fileName(path)}`;
		this.#blocks = partition.blocks;
		this.#blockLength = partition.blockLength;
		this.#isReadOnly = mode === "r";
		if (fileSize(this.#file) !== this.#blocks * this.#blockLength) this.#create(partition.bytes ?? []);
	}

	/** A new partition, or one of another size than the manifest now says: whatever was there is of no use. */
	#create(bytes: readonly number[]): void {
		replaceFile(this.#file, new Uint8Array(0));
		// Block by block: the size is right only after the last one, so a start that ends in between does no harm.
		this.#erase(0, this.#blocks);
		if (bytes.length > 0) writeFileAt(this.#file, 0, Uint8Array.from(bytes));
	}

	#erase(from: number, to: number): void {
		const erased = new Uint8Array(this.#blockLength).fill(0xff);
		for (let block = from; block < to; block++) writeFileAt(this.#file, block * this.#blockLength, erased);
	}

	/** The receiver when it is an open partition. @throws SyntaxError as the SDK's host objects do */
	static #checked(it: unknown): FlashPartition {
		if (typeof it !== "object" || it === null || !(#isOpen in it) || !it.#isOpen) {
			throw new SyntaxError("not an open flash partition");
		}
		return it;
	}

	/** May be called again. */
	close(): void {
		if (this instanceof FlashPartition && !this.#isOpen) return;
		FlashPartition.#checked(this).#isOpen = false;
	}

	/** Erases the blocks start .. end, without `end`; one block when that is left out. */
	eraseBlock(start: number, end: number = Number(start) + 1): void {
		const flash = FlashPartition.#checked(this);
		if (flash.#isReadOnly) throw new Error("read-only");
		if (start === undefined) throw new SyntaxError("no block");
		if (typeof start === "bigint" || typeof end === "bigint") throw new TypeError("not a number");
		const from = Number(start);
		const to = Number(end);
		if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= flash.#blocks)) {
			throw new RangeError("invalid range");
		}
		flash.#erase(from, to);
	}

	/** @returns the bytes when a length is given, else how many bytes were read into the buffer */
	read(into: number, byteOffset: number): ArrayBuffer;
	read(into: Bytes, byteOffset: number): number;
	read(into: number | Bytes, byteOffset: number): ArrayBuffer | number {
		const flash = FlashPartition.#checked(this);
		const isCount = typeof into === "number";
		const bytes = isCount ? new Uint8Array(into) : viewOf(into);
		flash.#checkRange(byteOffset, bytes.length);
		readFileAt(flash.#file, byteOffset, bytes);
		return isCount ? (bytes.buffer as ArrayBuffer) : bytes.length;
	}

	/** Clears those bits that are 0 in `buffer`; a bit that is already 0 stays 0 until its block is erased. */
	write(buffer: Bytes, byteOffset: number): void {
		const flash = FlashPartition.#checked(this);
		if (flash.#isReadOnly) throw new Error("read-only");
		const bytes = viewOf(buffer);
		flash.#checkRange(byteOffset, bytes.length);
		const result = new Uint8Array(bytes.length);
		readFileAt(flash.#file, byteOffset, result);
		for (let index = 0; index < result.length; index++) result[index]! &= bytes[index]!;
		writeFileAt(flash.#file, byteOffset, result);
	}

	status(): { size: number; blocks: number; blockLength: number; writeAlign: number; eraseValue: number } {
		const flash = FlashPartition.#checked(this);
		const blocks = flash.#blocks;
		const blockLength = flash.#blockLength;
		return { size: blocks * blockLength, blocks, blockLength, writeAlign: 1, eraseValue: 0xff };
	}

	/** For embedded:update. */
	get isWritable(): boolean {
		return !FlashPartition.#checked(this).#isReadOnly;
	}

	get format(): "buffer" {
		FlashPartition.#checked(this);
		return "buffer";
	}

	set format(value: "buffer") {
		FlashPartition.#checked(this);
		checkFormat(value);
	}

	#checkRange(byteOffset: number, size: number): void {
		const end = this.#blocks * this.#blockLength;
		if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset + size > end) {
			throw new RangeError("out of the partition");
		}
	}
}

const flash = Object.freeze({
	open(options: FlashOptions): FlashPartition {
		return new FlashPartition(options);
	},
	/** The names of the partitions. */
	[Symbol.iterator](): IterableIterator<string> {
		return Object.keys(partitions()).values();
	},
});

// ECMA-419's module has a default export, so this one must.
export { flash as default };
