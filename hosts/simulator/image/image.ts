import { createHash } from "node:crypto";
import { type Fault, fault, readUtf8, utf8 } from "../../../modules/bytes.ts";
import type { Program } from "../engine/compiler.ts";

/** Firmware of a simulated board as one run of bytes: FORMAT.md says every one of them. */
export interface Image {
	readonly bytes: Uint8Array;
	/** Of the product, for people: "0.1.0". At most 31 bytes of UTF-8. */
	readonly version: string;
	/** SHA-256 of the image, 64 hexadecimal digits: the same sources give the same. */
	readonly hash: string;
	/** Version of XS whose bytecode this is: "13.3.0". */
	readonly xsVersion: string;
	/** Names of all modules share one table. */
	readonly symbols: readonly string[];
	readonly symbolBytes: number;
	/** In order of execution, imports first. */
	readonly modules: readonly ImageModule[];
	/** The module that runs at boot, in RAM; all others are executed in ROM. */
	readonly entry: string;
}

export interface ImageModule {
	readonly name: string;
	readonly codeBytes: number;
	/** Bytecode; a view on the image's bytes. */
	readonly code: Uint8Array;
}

const magic = "DORMOUSE";
const formatVersion = 1;
const headerBytes = 112;
const rowBytes = 12;
const at = {
	magic: 0,
	formatVersion: 8,
	headerSize: 10,
	totalSize: 12,
	hash: 16,
	hashEnd: 48,
	xs: 48,
	version: 52,
	versionEnd: 84,
	moduleCount: 84,
	entry: 86,
	symbolCount: 88,
	namesSize: 92,
	symbolsSize: 96,
	codeSize: 100,
	reserved: 104,
};

const see = "hosts/simulator/image/FORMAT.md";

/** Why bytes are no image. Constants, compared by identity or code. */
export const imageFaults = {
	truncated: fault("image.truncated", "silence", see),
	magic: fault("image.magic", "silence", see),
	formatVersion: fault("image.formatVersion", "silence", see),
	trailing: fault("image.trailing", "silence", see),
	hash: fault("image.hash", "silence", see),
	layout: fault("image.layout", "silence", see),
	text: fault("image.text", "silence", see),
} as const;

/** Lays a linked program out as an image. @throws RangeError when a name or the version is longer than its field */
export function writeImage(program: Program, options: { entry: string; version: string; xsVersion: string }): Image {
	const { modules, symbols } = program;
	const names = concat(modules.map(({ name }) => utf8(`${name}\0`)));
	const symbolTable = concat(symbols.map((symbol) => utf8(`${symbol}\0`)));
	const code = concat(modules.map((module) => module.code));
	const version = utf8(options.version);
	if (version.length > at.versionEnd - at.version - 1)
		throw new RangeError(`version "${options.version}" takes more than 31 bytes`);
	const totalSize = headerBytes + rowBytes * modules.length + names.length + symbolTable.length + code.length;
	const bytes = new Uint8Array(totalSize);
	const view = new DataView(bytes.buffer);
	bytes.set(utf8(magic), at.magic);
	view.setUint16(at.formatVersion, formatVersion, true);
	view.setUint16(at.headerSize, headerBytes, true);
	view.setUint32(at.totalSize, totalSize, true);
	for (const [index, part] of options.xsVersion.split(".").entries()) view.setUint8(at.xs + index, Number(part));
	bytes.set(version, at.version);
	view.setUint16(at.moduleCount, modules.length, true);
	view.setUint16(
		at.entry,
		modules.findIndex(({ name }) => name === options.entry),
		true,
	);
	view.setUint32(at.symbolCount, symbols.length, true);
	view.setUint32(at.namesSize, names.length, true);
	view.setUint32(at.symbolsSize, symbolTable.length, true);
	view.setUint32(at.codeSize, code.length, true);
	let row = headerBytes;
	let nameAt = 0;
	let codeAt = 0;
	for (const module of modules) {
		view.setUint32(row, nameAt, true);
		view.setUint32(row + 4, codeAt, true);
		view.setUint32(row + 8, module.code.length, true);
		row += rowBytes;
		nameAt += utf8(module.name).length + 1;
		codeAt += module.code.length;
	}
	bytes.set(names, row);
	bytes.set(symbolTable, row + names.length);
	bytes.set(code, row + names.length + symbolTable.length);
	bytes.set(digest(bytes), at.hash);
	const image = readImage(bytes);
	if ("code" in image) throw new RangeError(`the image written is not one: ${image.code}`);
	return image;
}

/**
 * Reads an image, and checks all of it: any other bit, and it is none.
 * @param bytes an image, and behind it nothing but erased flash (0xff): a slot is larger than its image. Kept by
 * the result
 */
export function readImage(bytes: Uint8Array): Image | Fault {
	if (bytes.length < headerBytes) return imageFaults.truncated;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	if (readUtf8(bytes, at.magic, at.formatVersion) !== magic) return imageFaults.magic;
	if (view.getUint16(at.formatVersion, true) !== formatVersion) return imageFaults.formatVersion;
	const totalSize = view.getUint32(at.totalSize, true);
	if (totalSize < headerBytes || view.getUint16(at.headerSize, true) !== headerBytes) return imageFaults.layout;
	if (totalSize > bytes.length) return imageFaults.truncated;
	for (let index = totalSize; index < bytes.length; index++) if (bytes[index] !== 0xff) return imageFaults.trailing;
	const image = bytes.subarray(0, totalSize);
	const hash = digest(image);
	for (let index = 0; index < hash.length; index++) if (image[at.hash + index] !== hash[index]) return imageFaults.hash;
	return readContent(image, view);
}

/** The hash is right, so these bytes are what somebody wrote; what remains is whether that was an image. */
function readContent(bytes: Uint8Array, view: DataView): Image | Fault {
	const moduleCount = view.getUint16(at.moduleCount, true);
	const namesAt = headerBytes + moduleCount * rowBytes;
	const symbolsAt = namesAt + view.getUint32(at.namesSize, true);
	const symbolBytes = view.getUint32(at.symbolsSize, true);
	const codeAt = symbolsAt + symbolBytes;
	if (codeAt + view.getUint32(at.codeSize, true) !== bytes.length) return imageFaults.layout;
	for (let index = at.reserved; index < headerBytes; index++) if (bytes[index] !== 0) return imageFaults.layout;
	const versionEnd = bytes.indexOf(0, at.version);
	if (versionEnd < 0 || versionEnd >= at.versionEnd) return imageFaults.text;
	const version = readUtf8(bytes, at.version, versionEnd);
	const names = readTexts(bytes, namesAt, symbolsAt);
	const symbols = readTexts(bytes, symbolsAt, codeAt);
	if (version === undefined || names === undefined || symbols === undefined) return imageFaults.text;
	if (names.length !== moduleCount || symbols.length !== view.getUint32(at.symbolCount, true))
		return imageFaults.layout;
	const modules = readModules(bytes, view, names, codeAt);
	const entry = names[view.getUint16(at.entry, true)];
	if (modules === undefined || entry === undefined) return imageFaults.layout;
	const hash = Buffer.from(bytes.subarray(at.hash, at.hashEnd)).toString("hex");
	const xsVersion = bytes.subarray(at.xs, at.xs + 3).join(".");
	return { bytes, version, hash, xsVersion, symbols, symbolBytes, modules, entry };
}

/** Rows must lie end to end: no byte of the image belongs to nothing. */
function readModules(
	bytes: Uint8Array,
	view: DataView,
	names: readonly string[],
	codeAt: number,
): ImageModule[] | undefined {
	const modules: ImageModule[] = [];
	let nameOffset = 0;
	let codeOffset = 0;
	for (const [index, name] of names.entries()) {
		const row = headerBytes + index * rowBytes;
		const codeBytes = view.getUint32(row + 8, true);
		if (view.getUint32(row, true) !== nameOffset || view.getUint32(row + 4, true) !== codeOffset) return undefined;
		const from = codeAt + codeOffset;
		if (from + codeBytes > bytes.length) return undefined;
		modules.push({ name, codeBytes, code: bytes.subarray(from, from + codeBytes) });
		nameOffset += utf8(name).length + 1;
		codeOffset += codeBytes;
	}
	return codeAt + codeOffset === bytes.length ? modules : undefined;
}

/** @returns strings that end with 0 each, or undefined */
function readTexts(bytes: Uint8Array, from: number, end: number): string[] | undefined {
	const texts: string[] = [];
	let start = from;
	while (start < end) {
		const stop = bytes.indexOf(0, start);
		const text = stop < 0 || stop >= end ? undefined : readUtf8(bytes, start, stop);
		if (text === undefined) return undefined;
		texts.push(text);
		start = stop + 1;
	}
	return texts;
}

/** SHA-256 over everything but the place of the hash itself. */
function digest(bytes: Uint8Array): Uint8Array {
	const hash = createHash("sha256");
	hash.update(bytes.subarray(0, at.hash));
	hash.update(bytes.subarray(at.hashEnd));
	return new Uint8Array(hash.digest());
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
	let to = 0;
	for (const part of parts) {
		whole.set(part, to);
		to += part.length;
	}
	return whole;
}
