/** A board with a boot loader, without a board: chips, images that are hardly more than a header, and resets. */
import { BootLoader } from "../../../modules/firmware/boot-loader.ts";
import type { Flash, ImageVerdict, ResetCause, SlotImage, SlotName } from "../../../modules/host.ts";
import { crc32 } from "../../../modules/settings/crc32.ts";
import { type Geometry, NorFlash } from "../settings/nor-flash.ts";

const headerBytes = 32;
const magic = 0x454b4146;

export interface FakeImage {
	readonly version: number;
	readonly securityCounter?: number;
	readonly sizeBytes?: number;
	readonly product?: number;
	/** Another key than the boot loader's. */
	readonly isForged?: boolean;
}

/** An image that FakeBoard takes: a header, and a body that depends on its version. A multiple of 32 bytes. */
export function fakeImage({
	version,
	securityCounter = 0,
	sizeBytes = 256,
	product = 1,
	isForged,
}: FakeImage): Uint8Array {
	const bytes = new Uint8Array(sizeBytes);
	const view = new DataView(bytes.buffer);
	for (let at = headerBytes; at < sizeBytes; at++) bytes[at] = at * 7 + version * 31;
	view.setUint32(0, magic, true);
	view.setUint32(4, sizeBytes, true);
	view.setUint32(8, securityCounter, true);
	view.setUint8(12, product);
	view.setUint8(13, version);
	view.setUint8(14, isForged ? 0 : 1);
	view.setInt32(16, crc32(bytes, headerBytes, sizeBytes, crc32(bytes, 0, 16, 0)), true);
	return bytes;
}

export interface FakeBoardOptions {
	/** Of the boot state. */
	readonly geometry?: Geometry;
	/** Of each slot. */
	readonly slotGeometry?: Geometry;
	readonly bootsMax?: number;
	readonly trialMs?: number;
}

const bytewise = { sectors: 2, sectorBytes: 512, writeBytes: 1 };

export class FakeBoard {
	readonly state: NorFlash;
	readonly a: NorFlash;
	readonly b: NorFlash;
	readonly rules: { readonly bootsMax: number; readonly trialMs: number };
	/** Called before each examination of a slot: for counting. */
	onExamine: (slot: SlotName) => void = () => {};

	constructor({ geometry = bytewise, slotGeometry = bytewise, bootsMax = 3, trialMs = 60_000 }: FakeBoardOptions = {}) {
		this.state = new NorFlash(geometry);
		this.a = new NorFlash(slotGeometry);
		this.b = new NorFlash(slotGeometry);
		this.rules = { bootsMax, trialMs };
	}

	/** Another one on copies of its chips. */
	copy(): FakeBoard {
		const { bootsMax, trialMs } = this.rules;
		const copy = new FakeBoard({
			geometry: geometryOf(this.state),
			slotGeometry: geometryOf(this.a),
			bootsMax,
			trialMs,
		});
		copy.state.copyOf(this.state);
		copy.a.copyOf(this.a);
		copy.b.copyOf(this.b);
		return copy;
	}

	/** Puts an image into a slot, as a programmer does. */
	program(slot: SlotName, image: Uint8Array): this {
		this[slot].bytes.fill(this[slot].erasedByte);
		this[slot].bytes.set(image);
		this[slot].written.fill(1);
		return this;
	}

	/** A reset: the boot loader decides. Its Slots port is what is returned. */
	boot(cause: ResetCause = "restart", ranMs = 0): BootLoader {
		const { state, a, b, rules } = this;
		const options = {
			state,
			a,
			b,
			rules,
			examine: (slot: SlotName, counter: number, running?: SlotImage) => {
				this.onExamine(slot);
				return examine(this[slot], counter, running);
			},
			imageIn: (slot: SlotName) => header(this[slot]),
		};
		return new BootLoader(options, { cause, ranMs });
	}
}

function geometryOf({ sizeBytes, sectorBytes, writeBytes, erasedByte }: Flash): Geometry {
	return { sectors: sizeBytes / sectorBytes, sectorBytes, writeBytes, erasedByte };
}

/** Writes an image into the other slot, as an updater does: sector by sector, then piece by piece. */
export function download(slots: BootLoader, image: Uint8Array): ImageVerdict {
	for (let offset = 0; offset < image.length; offset += slots.sectorBytes) slots.erase(offset, slots.sectorBytes);
	const piece = Math.max(64, slots.writeBytes);
	for (let offset = 0; offset < image.length; offset += piece)
		slots.write(offset, image.slice(offset, Math.min(offset + piece, image.length)));
	return slots.verify();
}

function header(flash: Flash): SlotImage | undefined {
	const bytes = new Uint8Array(headerBytes);
	flash.read(0, bytes);
	const view = new DataView(bytes.buffer);
	if (view.getUint32(0, true) !== magic) return undefined;
	const crc = view.getUint32(16, true).toString(16).padStart(8, "0");
	return {
		name: `product-${bytes[12]}`,
		version: `${bytes[13]}.0.0`,
		sizeBytes: view.getUint32(4, true),
		hash: crc.repeat(8),
		securityCounter: view.getUint32(8, true),
	};
}

function examine(flash: Flash, securityCounter: number, running?: SlotImage): ImageVerdict {
	const image = header(flash);
	if (image === undefined) return "image";
	if (image.sizeBytes > flash.sizeBytes) return "size";
	if (image.sizeBytes < headerBytes) return "image";
	const bytes = new Uint8Array(image.sizeBytes);
	flash.read(0, bytes);
	const crc = new DataView(bytes.buffer).getInt32(16, true);
	if (crc !== crc32(bytes, headerBytes, bytes.length, crc32(bytes, 0, 16, 0))) return "image";
	if (bytes[14] === 0) return "signature";
	if (running !== undefined && running.name !== image.name) return "product";
	return image.securityCounter < securityCounter ? "counter" : "ok";
}
