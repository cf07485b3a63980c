import { type Fault, fault, readUtf8, toHex } from "../../modules/bytes.ts";
import { frozen } from "../../modules/frozen.ts";
import type { Flash, HashRun, ImageVerdict, SlotImage } from "../../modules/host.ts";

/**
 * The image of a desktop's slot: a header, the simulator's library (mc.so) as it is, and a signature. README.md has
 * every byte. Read by the device, and by its boot loader on Node.
 */
export const headerBytes = 128;
export const signatureBytes = 64;
/** What the hash covers of the header. */
export const hashedBytes = 96;
export const textBytes = 32;
export const magic = "DORMDESK";
export const formatVersion = 1;

/** Where the fields are. */
export const at = frozen({
	formatVersion: 8,
	headerSize: 10,
	programSize: 12,
	securityCounter: 16,
	name: 20,
	version: 52,
	hash: hashedBytes,
});

/** One step of a check reads so much. */
const stepBytes = 0x10000;

/** What the first bytes say. */
export interface DesktopImage extends SlotImage {
	/** Of the program, behind the header. */
	readonly programBytes: number;
}

const notAnImage: Fault = fault("desktop.noImage", "silence", "hosts/desktop/README.md");

/** Reads a header. @param bytes headerBytes of them */
export function readHeader(bytes: Uint8Array): DesktopImage | Fault {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	if (bytes.length < headerBytes || readUtf8(bytes, 0, magic.length) !== magic) return notAnImage;
	if (view.getUint16(at.formatVersion, true) !== formatVersion) return notAnImage;
	if (view.getUint16(at.headerSize, true) !== headerBytes) return notAnImage;
	const name = readText(bytes, at.name);
	const version = readText(bytes, at.version);
	if (name === undefined || version === undefined) return notAnImage;
	const programBytes = view.getUint32(at.programSize, true);
	return {
		name,
		version,
		programBytes,
		sizeBytes: headerBytes + programBytes + signatureBytes,
		hash: toHex(bytes, at.hash, at.hash + 32),
		securityCounter: view.getUint32(at.securityCounter, true),
	};
}

function readText(bytes: Uint8Array, from: number): string | undefined {
	for (let end = from; end < from + textBytes; end++) if (bytes[end] === 0) return readUtf8(bytes, from, end);
	return undefined;
}

/** The header of what stands at the beginning of `flash`, unchecked; undefined when it is none. */
export function imageIn(flash: Flash): DesktopImage | undefined {
	const header = new Uint8Array(headerBytes);
	flash.read(0, header);
	const image = readHeader(header);
	return "code" in image ? undefined : image;
}

export interface ImageCheckOptions {
	readonly flash: Flash;
	readonly hash: HashRun;
	/** Whether it is the trusted key's. @param signature r and s, 64 bytes */
	isSigned(hash: Uint8Array, signature: Uint8Array): boolean;
	/** No image below it is good. */
	readonly securityCounter: number;
	/** What runs: an image of another product is none for it. */
	readonly running?: SlotImage | undefined;
}

/** A check of an image, in steps, as modules/slots.ts has it. */
export class ImageCheck {
	readonly #options: ImageCheckOptions;
	readonly #image: DesktopImage | undefined;
	#offset = headerBytes;

	constructor(options: ImageCheckOptions) {
		this.#options = options;
		this.#image = imageIn(options.flash);
		const covered = new Uint8Array(hashedBytes);
		options.flash.read(0, covered);
		options.hash.update(covered, 0, covered.length);
	}

	/** @returns undefined while there is more to do, then the verdict */
	step(): ImageVerdict | undefined {
		const { flash, hash, securityCounter, running } = this.#options;
		const image = this.#image;
		if (image === undefined) return "image";
		if (image.sizeBytes > flash.sizeBytes) return "size";
		const end = headerBytes + image.programBytes;
		if (this.#offset < end) {
			const piece = new Uint8Array(Math.min(stepBytes, end - this.#offset));
			flash.read(this.#offset, piece);
			hash.update(piece, 0, piece.length);
			this.#offset += piece.length;
			return undefined;
		}
		const digest = hash.digest();
		if (toHex(digest, 0, digest.length) !== image.hash) return "image";
		const signature = new Uint8Array(signatureBytes);
		flash.read(end, signature);
		if (!this.#options.isSigned(digest, signature)) return "signature";
		if (running !== undefined && running.name !== image.name) return "product";
		return image.securityCounter < securityCounter ? "counter" : "ok";
	}

	/** All of it at once. */
	run(): ImageVerdict {
		for (;;) {
			const verdict = this.step();
			if (verdict !== undefined) return verdict;
		}
	}
}
