import { toHex } from "../../modules/bytes.ts";
import { frozen } from "../../modules/frozen.ts";
import type { SlotImage } from "../../modules/host.ts";

/**
 * The first bytes of an ESP-IDF application image (bootloader_support/include/esp_app_format.h, esp_app_desc.h), and
 * our own description behind ESP-IDF's (esp32-slots.c). All numbers are little-endian.
 */
const at = frozen({
	magic: 0,
	segmentCount: 1,
	chip: 12,
	firstSegment: 24,
	descriptionMagic: 32,
	secureVersion: 36,
	elfHash: 32 + 144,
	ownMagic: 288,
	ownCounter: 292,
	ownName: 296,
	ownVersion: 328,
});

const imageMagic = 0xe9;
const descriptionMagic = 0xabcd5432;
const ownMagic = 0x524d5244;
const segmentsMax = 16;
const textBytes = 32;

/** How many bytes readHeader() wants. */
export const headerBytes = 360;

/** What the header of an image says beyond SlotImage. */
export interface ImageHeader extends SlotImage {
	/** esp_chip_id_t. */
	readonly chip: number;
}

/**
 * @param head the first headerBytes of a slot
 * @param read reads the slot: the headers of the segments lie between the segments
 * @param slotBytes an image that claims to be larger has no known size
 * @returns undefined when it is no image of ours. Never throws: the bytes come from a server
 */
export function readHeader(
	head: Uint8Array,
	read: (offset: number, into: Uint8Array) => void,
	slotBytes: number,
): ImageHeader | undefined {
	const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
	if (head.length < headerBytes || head[at.magic] !== imageMagic) return undefined;
	if (view.getUint32(at.descriptionMagic, true) !== descriptionMagic) return undefined;
	if (view.getUint32(at.ownMagic, true) !== ownMagic) return undefined;
	const name = textAt(head, at.ownName);
	const version = textAt(head, at.ownVersion);
	if (name === undefined || version === undefined) return undefined;
	return {
		name,
		version,
		sizeBytes: sizeOf(head[at.segmentCount]!, view.getUint8(23) === 1, read, slotBytes),
		hash: toHex(head.subarray(at.elfHash, at.elfHash + 32)),
		// with CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK ESP-IDF has one, too: eFuses keep that
		securityCounter: Math.max(view.getUint32(at.ownCounter, true), view.getUint32(at.secureVersion, true)),
		chip: view.getUint16(at.chip, true),
	};
}

/** Follows the segments to the image's end: a checksum at the end of 16 bytes, the SHA-256. 0: not all is there. */
function sizeOf(
	segmentCount: number,
	hasHash: boolean,
	read: (offset: number, into: Uint8Array) => void,
	slotBytes: number,
): number {
	const header = new Uint8Array(8);
	const view = new DataView(header.buffer);
	let offset: number = at.firstSegment;
	if (segmentCount > segmentsMax) return 0;
	for (let segment = 0; segment < segmentCount; segment++) {
		if (offset + header.length > slotBytes) return 0;
		read(offset, header);
		const size = view.getUint32(4, true);
		if (size > slotBytes) return 0;
		offset += header.length + size;
	}
	const sizeBytes = offset + (16 - (offset % 16)) + (hasHash ? 32 : 0);
	return sizeBytes > slotBytes ? 0 : sizeBytes;
}

/** Printable ASCII up to a zero byte. */
function textAt(bytes: Uint8Array, offset: number): string | undefined {
	let text = "";
	for (let index = offset; index < offset + textBytes; index++) {
		const byte = bytes[index]!;
		if (byte === 0) return text === "" ? undefined : text;
		if (byte < 0x21 || byte > 0x7e) return undefined;
		text += String.fromCharCode(byte);
	}
	return undefined;
}
