/** What the simulated board's boot loader says of a slot (hosts/simulator/board/loader.ts), without a board. */
import { headerBytes, readHeader, readImage } from "../../../hosts/simulator/image/image.ts";
import { isSignedBy, type SigningKey } from "../../../hosts/simulator/image/signature.ts";
import type { ImageVerdict, SlotImage } from "../../../modules/host.ts";

export function examineBytes(
	slot: Uint8Array,
	{ trusted, xsVersion }: { readonly trusted: readonly SigningKey[]; readonly xsVersion: string },
): ImageVerdict {
	const header = readHeader(slot.subarray(0, headerBytes));
	if ("code" in header) return "image";
	if (header.totalSize > slot.length) return "size";
	const image = readImage(slot.slice(0, header.totalSize));
	if ("code" in image) return "image";
	if (!isSignedBy(image, trusted)) return "signature";
	return image.xsVersion === xsVersion && image.kind === "firmware" ? "ok" : "product";
}

export function headerOf(slot: Uint8Array): SlotImage | undefined {
	const header = readHeader(slot.slice(0, headerBytes));
	if ("code" in header) return undefined;
	const { name, version, totalSize: sizeBytes, hash, securityCounter } = header;
	return { name, version, sizeBytes, hash, securityCounter };
}
