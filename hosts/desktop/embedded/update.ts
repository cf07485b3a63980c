/**
 * `embedded:update` for Linux and Windows, in the shape of the SDK's module for macOS: writes an image into an open
 * partition of `embedded:storage/flash`, in order (mode "a") or anywhere (mode "w"), and looks at its first byte when
 * it is complete. As there, that is all: what is started next is the boot loader's, by modules/slots.ts.
 */
import config from "mc/config";

/** What an open partition has, by its shape: its class is private to embedded:storage/flash. */
interface Partition {
	eraseBlock(start: number, end: number): void;
	write(bytes: Uint8Array, byteOffset: number): void;
	read(into: Uint8Array, byteOffset: number): number;
	status(): { readonly size: number; readonly blockLength: number };
	readonly isWritable: boolean;
}

export interface UpdateOptions {
	/** Of embedded:storage/flash, open for writing. */
	readonly partition: object;
	/** "a": in order; "w": each write says where. */
	readonly mode?: "a" | "w";
	/** Size of the image where it is known; else all of the partition. */
	readonly byteLength?: number;
	readonly format?: "buffer";
}

/** What the SDK's module for macOS asks of an image's first byte. */
const usualFirstByte = 0xf9;

function firstByte(): number {
	return (config as { readonly update?: { readonly firstByte?: number } }).update?.firstByte ?? usualFirstByte;
}

function checkFormat(format: unknown): void {
	if (format !== "buffer") throw new RangeError("invalid format");
}

/** The bytes of a buffer or of a view of bytes. @throws TypeError for anything else */
function bytesOf(buffer: unknown): Uint8Array {
	if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
	const isBytes = buffer instanceof Uint8Array || buffer instanceof Int8Array || buffer instanceof DataView;
	if (!isBytes) throw new TypeError("not a buffer of bytes");
	return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** @throws SyntaxError as the SDK's host objects do, for what is no open partition */
function partitionOf(value: unknown): Partition {
	if (typeof value !== "object" || value === null || !("status" in value)) throw new SyntaxError("not a partition");
	const partition = value as Partition;
	partition.status(); // throws SyntaxError when it is closed
	if (!partition.isWritable) throw new Error("read-only partition");
	return partition;
}

function modeOf(mode: unknown): "a" | "w" {
	if (typeof mode === "symbol") throw new TypeError("a symbol is no mode");
	if (mode !== "a" && mode !== "w") throw new RangeError("invalid mode");
	return mode;
}

/** An update on its way. */
class Update {
	readonly #partition: Partition;
	readonly #mode: "a" | "w";
	readonly #sizeBytes: number;
	#offset = 0;
	#isComplete = false;
	#isOpen = true;

	constructor(options: UpdateOptions) {
		const { partition, mode = "a", format = "buffer" } = options;
		checkFormat(format);
		if (partition === undefined) throw new Error("no partition");
		this.#partition = partitionOf(partition);
		this.#mode = modeOf(mode);
		const { size, blockLength } = this.#partition.status();
		this.#sizeBytes = size;
		if ("byteLength" in options) {
			const byteLength = Number(options.byteLength);
			if (!(byteLength >= 0 && byteLength <= size)) throw new RangeError("invalid byteLength");
			this.#sizeBytes = Math.trunc(byteLength);
		}
		const blocks = Math.ceil(this.#sizeBytes / blockLength);
		if (blocks > 0) this.#partition.eraseBlock(0, blocks);
	}

	static #checked(it: unknown): Update {
		if (typeof it !== "object" || it === null || !(#isOpen in it) || !it.#isOpen) {
			throw new SyntaxError("not an open update");
		}
		return it;
	}

	/** Gives it up, unless it is complete. May be called again. */
	close(): void {
		if (this instanceof Update && !this.#isOpen) return;
		Update.#checked(this).#isOpen = false;
	}

	/** @param byteOffset in mode "w", and only there */
	write(buffer: ArrayBuffer | ArrayBufferView, byteOffset?: number): void {
		const update = Update.#checked(this);
		if (update.#isComplete) throw new Error("already complete");
		if (buffer === undefined) throw new SyntaxError("no bytes");
		let offset = update.#offset;
		if (update.#mode === "a") {
			if (byteOffset !== undefined) throw new Error("offset not allowed");
		} else {
			if (byteOffset === undefined) throw new SyntaxError("no offset");
			offset = Number(byteOffset);
			if (!(Number.isInteger(offset) && offset >= 0)) throw new RangeError("invalid offset");
		}
		const bytes = bytesOf(buffer);
		if (offset + bytes.length > update.#sizeBytes) throw new RangeError("invalid size");
		update.#partition.write(bytes, offset);
		update.#offset = offset + bytes.length;
	}

	/** @throws Error when it is not an image, or it was called before */
	complete(): void {
		const update = Update.#checked(this);
		if (update.#isComplete) throw new Error("already complete");
		update.#isComplete = true;
		const first = new Uint8Array(1);
		update.#partition.read(first, 0);
		if (first[0] !== firstByte()) throw new Error("invalid image");
	}

	get format(): "buffer" {
		Update.#checked(this);
		return "buffer";
	}

	set format(value: "buffer") {
		Update.#checked(this);
		checkFormat(value);
	}
}

const update = Object.freeze({
	open(options: UpdateOptions): Update {
		return new Update(options);
	},
});

// ECMA-419's module has a default export, so this one must.
export { update as default };
