import { readSignature } from "../../modules/dtls/signature.ts";
import type { CryptoP256, HashRun, ImageVerdict } from "../../modules/host.ts";
import { type ImageBytes, type McubootImage, readMcubootImage } from "./mcuboot-image.ts";

/** Whose images are taken. MCUboot checks with its own key at the boot; with this one a wrong one is found sooner. */
export interface Signer {
	readonly p256: CryptoP256;
	/** 65 bytes, uncompressed. */
	readonly point: Uint8Array;
}

export interface CheckOptions {
	readonly from: ImageBytes;
	/** The image that runs, where it can be read: its product and counter are asked of the new one. */
	readonly running: McubootImage | undefined;
	readonly sha256: () => HashRun;
	readonly signer?: Signer | undefined;
}

/** Bytes of the image that one step hashes: some 12 ms of a Cortex-M4 at 64 MHz, in C. */
export const stepBytes = 8192;
const pieceBytes = 512;

/** A check of an image in steps: first what can be said at once, then the hash, then the signature. */
export class ImageCheck {
	private readonly options: CheckOptions;
	private readonly image: McubootImage | undefined;
	private readonly hash: HashRun;
	private readonly piece = new Uint8Array(pieceBytes);
	private at = 0;

	constructor(options: CheckOptions) {
		this.options = options;
		this.image = readMcubootImage(options.from);
		this.hash = options.sha256();
	}

	/** @returns undefined while there is more to do, then the verdict */
	step(): ImageVerdict | undefined {
		const { image } = this;
		if (image === undefined || image.isVeiled || image.hashAt < 0) return "image";
		const early = this.at === 0 ? earlyVerdict(image, this.options.running) : undefined;
		if (early !== undefined) return early;
		const stop = Math.min(this.at + stepBytes, image.hashedBytes);
		while (this.at < stop) {
			const size = Math.min(pieceBytes, stop - this.at);
			const piece = size === pieceBytes ? this.piece : this.piece.subarray(0, size);
			this.options.from.read(this.at, piece);
			this.hash.update(piece, 0, size);
			this.at += size;
		}
		return this.at < image.hashedBytes ? undefined : this.finalVerdict(image);
	}

	private finalVerdict(image: McubootImage): ImageVerdict {
		const { from, signer } = this.options;
		const digest = this.hash.digest();
		const said = new Uint8Array(32);
		from.read(image.hashAt, said);
		for (let index = 0; index < said.length; index++) if (said[index] !== digest[index]) return "image";
		if (signer === undefined) return "ok";
		if (image.signatureAt < 0) return "signature";
		const der = new Uint8Array(image.signatureBytes);
		from.read(image.signatureAt, der);
		const signature = readSignature(der);
		return !("code" in signature) && signer.p256.verify(signer.point, digest, signature) ? "ok" : "signature";
	}
}

function earlyVerdict(image: McubootImage, running: McubootImage | undefined): ImageVerdict | undefined {
	if (running === undefined) return undefined;
	if (running.name !== "" && image.name !== running.name) return "product";
	return image.securityCounter < running.securityCounter ? "counter" : undefined;
}
