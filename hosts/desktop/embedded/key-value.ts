/**
 * `embedded:storage/key-value` for Linux and Windows, in the shape of the SDK's module for macOS. A domain is a folder,
 * a key a file in it: one byte that says what it holds, then the value. A write is all or nothing, come what may.
 */
import {
	exactFileName,
	fileSize,
	listFiles,
	nameText,
	readFileAt,
	removeFile,
	replaceFile,
} from "embedded:x-desktop-files";

type NumberFormat = "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "uint64" | "int64";
export type StorageFormat = "buffer" | "string" | NumberFormat;
export type StorageValue = ArrayBuffer | ArrayBufferView | string | number | bigint;

export interface StorageOptions {
	/** Name of the domain. */
	readonly path: string;
	readonly mode?: "r" | "r+";
	readonly format?: StorageFormat;
}

/** So that a key, each byte taking three characters at worst, is a file name on every file system. */
const keyBytesMax = 63;

const asBuffer = 0x62; // "b"
const asString = 0x73; // "s"
const asNumber = 0x6e; // "n": 8 bytes, little-endian, two's complement

const formats = Object.freeze([
	"buffer",
	"string",
	"uint8",
	"int8",
	"uint16",
	"int16",
	"uint32",
	"int32",
	"uint64",
	"int64",
] as const);

function checkedFormat(format: unknown): StorageFormat {
	for (const known of formats) if (known === format) return known;
	throw new RangeError("unsupported format");
}

/** @throws TypeError when `key` can not be text, or is too long */
function checkedKey(key: unknown): string {
	if (typeof key === "symbol") throw new TypeError("a symbol is no key");
	const text = String(key);
	const size = ArrayBuffer.fromString(text).byteLength;
	if (size < 1 || size > keyBytesMax) throw new TypeError(`a key has 1 to ${keyBytesMax} bytes`);
	return exactFileName(text);
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
	const result = new Uint8Array(1 + bytes.length);
	result[0] = tag;
	result.set(bytes, 1);
	return result;
}

function encode(format: StorageFormat, value: StorageValue): Uint8Array {
	if (value === undefined) throw new SyntaxError("no value");
	if (format === "buffer") {
		if (value instanceof ArrayBuffer) return tagged(asBuffer, new Uint8Array(value));
		if (!ArrayBuffer.isView(value)) throw new TypeError("not a buffer");
		return tagged(asBuffer, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
	}
	if (format === "string") return tagged(asString, new Uint8Array(ArrayBuffer.fromString(String(value))));
	const bytes = new Uint8Array(8);
	const isWide = format === "int64" || format === "uint64";
	const wide = isWide ? BigInt(value as bigint) : BigInt(Math.trunc(Number(value)));
	new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, wide), true);
	return tagged(asNumber, bytes);
}

/** @throws TypeError when the value was stored as something else */
function decode(format: StorageFormat, bytes: Uint8Array): ArrayBuffer | string | number | bigint {
	const tag = bytes[0];
	const expected = format === "buffer" ? asBuffer : format === "string" ? asString : asNumber;
	if (tag !== expected || (tag === asNumber && bytes.length !== 9)) throw new TypeError("mismatch");
	const content = bytes.slice(1).buffer;
	if (tag === asBuffer) return content;
	if (tag === asString) return String.fromArrayBuffer(content);
	const view = new DataView(content);
	switch (format) {
		case "uint8":
			return view.getUint8(0);
		case "int8":
			return view.getInt8(0);
		case "uint16":
			return view.getUint16(0, true);
		case "int16":
			return view.getInt16(0, true);
		case "uint32":
			return view.getUint32(0, true);
		case "int32":
			return view.getInt32(0, true);
		case "uint64":
			return view.getBigUint64(0, true);
		default:
			return view.getBigInt64(0, true);
	}
}

/** An open domain. */
class StorageDomain {
	readonly #folder: string;
	readonly #isReadOnly: boolean;
	#format: StorageFormat;
	#isOpen = true;

	constructor(options: StorageOptions) {
		const { path, mode = "r+", format = "buffer" } = options;
		if (path === undefined) throw new Error("no path");
		this.#folder = `key-value/${checkedKey(path)}`;
		if (mode !== "r" && mode !== "r+") throw new Error(`invalid mode ${String(mode)}`);
		this.#isReadOnly = mode === "r";
		this.#format = checkedFormat(format);
	}

	/** The receiver when it is an open domain. @throws SyntaxError as the SDK's host objects do */
	static #checked(it: unknown): StorageDomain {
		if (typeof it !== "object" || it === null || !(#isOpen in it) || !it.#isOpen) {
			throw new SyntaxError("not an open storage domain");
		}
		return it;
	}

	/** May be called again. */
	close(): void {
		if (this instanceof StorageDomain && !this.#isOpen) return;
		StorageDomain.#checked(this).#isOpen = false;
	}

	/** Also when there is no such key. */
	delete(key: string): void {
		const domain = StorageDomain.#checked(this);
		if (key === undefined) throw new SyntaxError("no key");
		if (domain.#isReadOnly) throw new Error("read only");
		removeFile(`${domain.#folder}/${checkedKey(key)}`);
	}

	/**
	 * @param into receives a value of format "buffer"
	 * @returns undefined when there is no such key; how many bytes came when `into` is given; else the value
	 */
	read(key: string, into?: ArrayBuffer | ArrayBufferView): ArrayBuffer | string | number | bigint | undefined {
		const domain = StorageDomain.#checked(this);
		if (key === undefined) throw new SyntaxError("no key");
		const file = `${domain.#folder}/${checkedKey(key)}`;
		const size = fileSize(file);
		if (size === undefined) return undefined;
		const bytes = new Uint8Array(size);
		readFileAt(file, 0, bytes);
		const value = decode(domain.#format, bytes);
		if (into === undefined || !(value instanceof ArrayBuffer)) return value;
		if (into.byteLength < value.byteLength) throw new RangeError("buffer too small");
		const target = into instanceof ArrayBuffer ? new Uint8Array(into) : new Uint8Array(into.buffer, into.byteOffset);
		target.set(new Uint8Array(value));
		return value.byteLength;
	}

	write(key: string, value: StorageValue): void {
		const domain = StorageDomain.#checked(this);
		if (key === undefined) throw new SyntaxError("no key");
		if (domain.#isReadOnly) throw new Error("read only");
		replaceFile(`${domain.#folder}/${checkedKey(key)}`, encode(domain.#format, value));
	}

	/** The keys, in no order. */
	[Symbol.iterator](): IterableIterator<string> {
		return listFiles(StorageDomain.#checked(this).#folder).map(nameText).values();
	}

	get format(): StorageFormat {
		return StorageDomain.#checked(this).#format;
	}

	set format(value: StorageFormat) {
		StorageDomain.#checked(this).#format = checkedFormat(value);
	}
}

const storage = Object.freeze({
	open(options: StorageOptions): StorageDomain {
		return new StorageDomain(options);
	},
});

// ECMA-419's module has a default export, so this one must.
export { storage as default };
