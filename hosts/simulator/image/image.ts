import { createHash } from "node:crypto";
import { type Fault, fault, readUtf8, utf8 } from "../../../modules/bytes.ts";
import type { Program } from "../engine/compiler.ts";

/** firmware: what a boot loader starts. mod: what a running firmware loads beside itself. */
export type ImageKind = "firmware" | "mod";

/** Firmware of a simulated board, or a mod for one, as one run of bytes: FORMAT.md says every one of them. */
export interface Image {
	readonly bytes: Uint8Array;
	/** Of the product, for people: "0.1.0". At most 31 bytes of UTF-8. */
	readonly version: string;
	/** The product it is for. At most 31 bytes of UTF-8. */
	readonly name: string;
	/** Rises when older images must not run any more. */
	readonly kind: ImageKind;
	readonly securityCounter: number;
	/** Whether it is signed; by whom, only a check with a key tells (signature.ts). */
	readonly isSigned: boolean;
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
const formatVersion = 2;
/** The size of an image's header. */
export const headerBytes = 160;
/** Behind the code of a signed image. */
export const signatureBytes = 96;
const rowBytes = 12;
const textBytes = 32;
const at = {
	magic: 0,
	formatVersion: 8,
	headerSize: 10,
	totalSize: 12,
	hash: 16,
	hashEnd: 48,
	xs: 48,
	kind: 51,
	version: 52,
	versionEnd: 84,
	moduleCount: 84,
	entry: 86,
	symbolCount: 88,
	namesSize: 92,
	symbolsSize: 96,
	codeSize: 100,
	securityCounter: 104,
	signatureSize: 108,
	name: 112,
	nameEnd: 144,
	reserved: 144,
};

const see = "hosts/simulator/image/FORMAT.md";

/** Why bytes are no image. Constants, compared by identity or code. */
export const imageFaults = {
	truncated: fault("image.truncated", "silence", see),
	magic: fault("image.magic", "silence", see),
	formatVersion: fault("image.formatVersion", "silence", see),
	unsignedFormat: fault("image.unsignedFormat", "silence", see),
	trailing: fault("image.trailing", "silence", see),
	hash: fault("image.hash", "silence", see),
	layout: fault("image.layout", "silence", see),
	text: fault("image.text", "silence", see),
} as const;

/** What goes into an image's header. */
export interface ImageFacts {
	/** The module that runs at boot. */
	readonly entry: string;
	readonly version: string;
	readonly xsVersion: string;
	readonly name?: string;
	/** "firmware" when left out. */
	readonly kind?: ImageKind;
	readonly securityCounter?: number;
	/** Signs the image: gets its hash's preimage, in pieces, and the hash. @returns the block behind the code */
	readonly sign?: (pieces: readonly Uint8Array[], hash: Uint8Array) => Uint8Array;
}

/** Lays a linked program out as an image. @throws RangeError when a name or the version is longer than its field */
export function writeImage(program: Program, facts: ImageFacts): Image {
	const { modules, symbols } = program;
	const names = concat(modules.map(({ name }) => utf8(`${name}\0`)));
	const symbolTable = concat(symbols.map((symbol) => utf8(`${symbol}\0`)));
	const code = concat(modules.map((module) => module.code));
	const signatureSize = facts.sign === undefined ? 0 : signatureBytes;
	const bodySize = rowBytes * modules.length + names.length + symbolTable.length + code.length;
	const bytes = new Uint8Array(headerBytes + bodySize + signatureSize);
	const view = new DataView(bytes.buffer);
	bytes.set(utf8(magic), at.magic);
	view.setUint16(at.formatVersion, formatVersion, true);
	view.setUint16(at.headerSize, headerBytes, true);
	view.setUint32(at.totalSize, bytes.length, true);
	for (const [index, part] of facts.xsVersion.split(".").entries()) view.setUint8(at.xs + index, Number(part));
	view.setUint8(at.kind, facts.kind === "mod" ? 1 : 0);
	setText(bytes, at.version, facts.version, "version");
	setText(bytes, at.name, facts.name ?? "", "name");
	view.setUint32(at.securityCounter, facts.securityCounter ?? 0, true);
	view.setUint32(at.signatureSize, signatureSize, true);
	view.setUint16(at.moduleCount, modules.length, true);
	const entry = modules.findIndex(({ name }) => name === facts.entry);
	view.setUint16(at.entry, entry, true);
	view.setUint32(at.symbolCount, symbols.length, true);
	view.setUint32(at.namesSize, names.length, true);
	view.setUint32(at.symbolsSize, symbolTable.length, true);
	view.setUint32(at.codeSize, code.length, true);
	const row = writeRows(view, modules);
	bytes.set(names, row);
	bytes.set(symbolTable, row + names.length);
	bytes.set(code, row + names.length + symbolTable.length);
	const hash = digest(bytes);
	bytes.set(hash, at.hash);
	if (facts.sign !== undefined) bytes.set(facts.sign(hashed(bytes), hash), bytes.length - signatureBytes);
	const image = readImage(bytes);
	if ("code" in image) throw new RangeError(`the image written is not one: ${image.code}`);
	return image;
}

/** @returns where the rows end */
function writeRows(view: DataView, modules: Program["modules"]): number {
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
	return row;
}

function setText(bytes: Uint8Array, from: number, text: string, what: string): void {
	const encoded = utf8(text);
	if (encoded.length > textBytes - 1) throw new RangeError(`${what} "${text}" takes more than ${textBytes - 1} bytes`);
	bytes.set(encoded, from);
}

/** What the header of an image says; nothing of it is proved. */
export interface ImageHeader {
	readonly name: string;
	readonly version: string;
	readonly totalSize: number;
	readonly hash: string;
	readonly kind: ImageKind;
	readonly securityCounter: number;
	readonly xsVersion: string;
}

/** Reads the first bytes of an image. @param bytes headerBytes of them at least */
export function readHeader(bytes: Uint8Array): ImageHeader | Fault {
	if (bytes.length < headerBytes) return imageFaults.truncated;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	if (readUtf8(bytes, at.magic, at.formatVersion) !== magic) return imageFaults.magic;
	const format = view.getUint16(at.formatVersion, true);
	if (format !== formatVersion) return format === 1 ? imageFaults.unsignedFormat : imageFaults.formatVersion;
	const totalSize = view.getUint32(at.totalSize, true);
	if (totalSize < headerBytes || view.getUint16(at.headerSize, true) !== headerBytes) return imageFaults.layout;
	const version = readText(bytes, at.version);
	const name = readText(bytes, at.name);
	if (version === undefined || name === undefined) return imageFaults.text;
	if (bytes[at.kind]! > 1) return imageFaults.layout;
	const kind = bytes[at.kind] === 1 ? "mod" : "firmware";
	const hash = Buffer.from(bytes.subarray(at.hash, at.hashEnd)).toString("hex");
	const securityCounter = view.getUint32(at.securityCounter, true);
	const xsVersion = bytes.subarray(at.xs, at.xs + 3).join(".");
	return { name, version, kind, totalSize, hash, securityCounter, xsVersion };
}

/** A text of a fixed field, which ends with 0 before the field does. */
function readText(bytes: Uint8Array, from: number): string | undefined {
	const end = bytes.indexOf(0, from);
	return end < 0 || end >= from + textBytes ? undefined : readUtf8(bytes, from, end);
}

/**
 * Reads an image, and checks all of it: any other bit, and it is none.
 * @param bytes an image, and behind it nothing but erased flash (0xff): a slot is larger than its image. Kept by
 * the result
 */
export function readImage(bytes: Uint8Array): Image | Fault {
	const header = readHeader(bytes);
	if ("code" in header) return header;
	const { totalSize } = header;
	if (totalSize > bytes.length) return imageFaults.truncated;
	for (let index = totalSize; index < bytes.length; index++) if (bytes[index] !== 0xff) return imageFaults.trailing;
	const image = bytes.subarray(0, totalSize);
	const hash = digest(image);
	for (let index = 0; index < hash.length; index++) if (image[at.hash + index] !== hash[index]) return imageFaults.hash;
	return readContent(image, header);
}

/** The hash is right, so these bytes are what somebody wrote; what remains is whether that was an image. */
function readContent(bytes: Uint8Array, header: ImageHeader): Image | Fault {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const moduleCount = view.getUint16(at.moduleCount, true);
	const namesAt = headerBytes + moduleCount * rowBytes;
	const symbolsAt = namesAt + view.getUint32(at.namesSize, true);
	const symbolBytes = view.getUint32(at.symbolsSize, true);
	const codeAt = symbolsAt + symbolBytes;
	const codeEnd = codeAt + view.getUint32(at.codeSize, true);
	const signatureSize = view.getUint32(at.signatureSize, true);
	const isSigned = signatureSize === signatureBytes;
	if (codeEnd + signatureSize !== bytes.length || !(isSigned || signatureSize === 0)) return imageFaults.layout;
	for (let index = at.reserved; index < headerBytes; index++) if (bytes[index] !== 0) return imageFaults.layout;
	const names = readTexts(bytes, namesAt, symbolsAt);
	const symbols = readTexts(bytes, symbolsAt, codeAt);
	if (names === undefined || symbols === undefined) return imageFaults.text;
	if (names.length !== moduleCount || symbols.length !== view.getUint32(at.symbolCount, true))
		return imageFaults.layout;
	const modules = readModules(bytes.subarray(0, codeEnd), names, codeAt);
	const entry = names[view.getUint16(at.entry, true)];
	if (modules === undefined || entry === undefined) return imageFaults.layout;
	const { name, version, kind, hash, securityCounter, xsVersion } = header;
	return {
		bytes,
		name,
		version,
		kind,
		securityCounter,
		isSigned,
		hash,
		xsVersion,
		symbols,
		symbolBytes,
		modules,
		entry,
	};
}

/** Rows must lie end to end: no byte of the image belongs to nothing. */
function readModules(bytes: Uint8Array, names: readonly string[], codeAt: number): ImageModule[] | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
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

/** What the hash is over: everything but its own place and the signature. */
export function hashed(image: Uint8Array): Uint8Array[] {
	const signatureSize = new DataView(image.buffer, image.byteOffset, image.length).getUint32(at.signatureSize, true);
	const end = Math.max(at.hashEnd, image.length - (signatureSize === signatureBytes ? signatureBytes : 0));
	return [image.subarray(0, at.hash), image.subarray(at.hashEnd, end)];
}

function digest(bytes: Uint8Array): Uint8Array {
	const hash = createHash("sha256");
	for (const piece of hashed(bytes)) hash.update(piece);
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
