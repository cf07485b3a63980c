import { readUtf8, toHex } from "../../modules/bytes.ts";
import { frozen } from "../../modules/frozen.ts";
import type { SlotImage } from "../../modules/host.ts";

/** Bytes of a slot, from the image's first one on. */
export interface ImageBytes {
	readonly sizeBytes: number;
	read(offset: number, into: Uint8Array): void;
}

/** An image of MCUboot (its design.md, "Image format"): its header and what its trailer of TLVs says, unchecked. */
export interface McubootImage extends SlotImage {
	/** So many bytes from the start are hashed: header, program, protected TLVs. */
	readonly hashedBytes: number;
	/** Whether it is encrypted or compressed: then nobody but the boot loader can check it. */
	readonly isVeiled: boolean;
	/** Where the TLV of the hash has its 32 bytes; -1: there is none. */
	readonly hashAt: number;
	/** Where the ECDSA signature of the hash lies (DER), and its size; -1: there is none. */
	readonly signatureAt: number;
	readonly signatureBytes: number;
}

const headerBytes = 32;
const headerMagic = 0x96f3b83d;
const infoBytes = 4;
const infoMagic = 0x6907;
const protectedMagic = 0x6908;
const tlv = frozen({ sha256: 0x10, ecdsa: 0x22, securityCounter: 0x50, product: 0xd0 });
/** IMAGE_F_ENCRYPTED_AES128, …AES256, and the three of compression. */
const veilingFlags = 0x04 | 0x08 | 0x200 | 0x400 | 0x800;
/** More than imgtool writes; a list that goes on is no image. */
const tlvMax = 32;
const productMaxBytes = 64;
const signatureMaxBytes = 72;

/** The TLV with the product's name: one of the vendor's own, protected (imgtool sign --custom-tlv 0x00d0 NAME). */
export const productTlv: number = tlv.product;

/** What the walk over the TLVs finds. */
interface Found {
	product: string;
	securityCounter: number;
	hash: string;
	hashAt: number;
	signatureAt: number;
	signatureBytes: number;
}

/** @returns undefined when it is no image, or a torn one whose TLVs are not there */
export function readMcubootImage(from: ImageBytes): McubootImage | undefined {
	if (from.sizeBytes < headerBytes) return undefined;
	const header = viewOf(from, 0, headerBytes);
	if (header.getUint32(0, true) !== headerMagic) return undefined;
	const headerSize = header.getUint16(8, true);
	const protectedBytes = header.getUint16(10, true);
	const bodyEnd = headerSize + header.getUint32(12, true);
	const hashedBytes = bodyEnd + protectedBytes;
	if (headerSize < headerBytes || hashedBytes + infoBytes > from.sizeBytes) return undefined;

	const found: Found = { product: "", securityCounter: 0, hash: "", hashAt: -1, signatureAt: -1, signatureBytes: 0 };
	if (protectedBytes > 0 && walk(from, bodyEnd, protectedMagic, found) !== hashedBytes) return undefined;
	const end = walk(from, hashedBytes, infoMagic, found);
	if (end === undefined) return undefined;
	const build = header.getUint32(24, true);
	const version = `${header.getUint8(20)}.${header.getUint8(21)}.${header.getUint16(22, true)}`;
	return {
		name: found.product,
		version: build === 0 ? version : `${version}+${build}`,
		sizeBytes: end,
		hash: found.hash,
		securityCounter: found.securityCounter,
		hashedBytes,
		isVeiled: (header.getUint32(16, true) & veilingFlags) !== 0,
		hashAt: found.hashAt,
		signatureAt: found.signatureAt,
		signatureBytes: found.signatureBytes,
	};
}

/** Reads one area of TLVs. @returns where it ends, or undefined when it is none */
function walk(from: ImageBytes, at: number, magic: number, found: Found): number | undefined {
	if (at + infoBytes > from.sizeBytes) return undefined;
	const info = viewOf(from, at, infoBytes);
	const end = at + info.getUint16(2, true);
	if (info.getUint16(0, true) !== magic || end > from.sizeBytes) return undefined;
	let next = at + infoBytes;
	for (let count = 0; next + infoBytes <= end && count < tlvMax; count++) {
		const entry = viewOf(from, next, infoBytes);
		const contentAt = next + infoBytes;
		const size = entry.getUint16(2, true);
		next = contentAt + size;
		if (next > end) return undefined;
		take(from, entry.getUint16(0, true), contentAt, size, magic === protectedMagic, found);
	}
	return next === end ? end : undefined;
}

function take(from: ImageBytes, type: number, at: number, size: number, isProtected: boolean, found: Found): void {
	if (type === tlv.sha256 && size === 32 && !isProtected) {
		found.hashAt = at;
		found.hash = toHex(bytesOf(from, at, size));
	} else if (type === tlv.ecdsa && size <= signatureMaxBytes && !isProtected) {
		found.signatureAt = at;
		found.signatureBytes = size;
	} else if (type === tlv.securityCounter && size === 4 && isProtected) {
		found.securityCounter = viewOf(from, at, size).getUint32(0, true);
	} else if (type === tlv.product && size <= productMaxBytes && isProtected) {
		found.product = readUtf8(bytesOf(from, at, size)) ?? "";
	}
}

function bytesOf(from: ImageBytes, at: number, size: number): Uint8Array {
	const bytes = new Uint8Array(size);
	from.read(at, bytes);
	return bytes;
}

function viewOf(from: ImageBytes, at: number, size: number): DataView {
	return new DataView(bytesOf(from, at, size).buffer);
}
