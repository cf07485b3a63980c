import { join } from "node:path";
import type { Fault } from "../../../modules/bytes.ts";
import type { SlotImage } from "../../../modules/host.ts";
import { type Engine, loadEngine } from "../engine/engine.ts";
import { Firmware, type Machine } from "../engine/machine.ts";
import { buildImage, type ImageOptions, javaScriptRoot } from "../image/builder.ts";
import { headerBytes, type Image, type ImageKind, imageFaults, readHeader, readImage } from "../image/image.ts";
import { developmentKey } from "../image/keys.ts";
import { isSignedBy, type SigningKey, signerOf } from "../image/signature.ts";
import type { MakeMachine } from "./board.ts";
import type { BoardPreset } from "./presets.ts";
import { type BootImages, type Finding, type Slot, SlotRefused } from "./slots.ts";

export interface DeviceOptions extends ImageOptions {
	/** Whose images boards start, beside those signed with `key`, or with the development key. */
	readonly trusted?: readonly SigningKey[];
}

const compactEntry = join(javaScriptRoot, "hosts/simulator/device/main-compact.js");

/** The engine, an image of this tree, and what boots it on any number of boards. */
export interface LoadedDevice {
	readonly engine: Engine;
	readonly image: Image;
	/** What a kind of board is programmed with: another one than `image` where its slots are small. */
	imageFor(preset: BoardPreset): Image;
	readonly makeMachine: MakeMachine<Machine>;
	readonly bootImages: BootImages;
}

/**
 * Builds what is not built yet: the engine once, the image when a source changed. @throws EngineFailure,
 * CompileFailure
 */
export async function loadDevice(options: DeviceOptions = {}): Promise<LoadedDevice> {
	const engine = options.engine ?? (await loadEngine(options.onProgress));
	const image = await buildImage({ ...options, engine });
	const compact = options.entry === undefined ? await buildImage({ ...options, engine, entry: compactEntry }) : image;
	const trusted = [options.key ?? developmentKey(), ...(options.trusted ?? [])];
	const reader = new ImageReader(engine, compact === image ? [image] : [image, compact], trusted);
	reader.prepare(image); // here, where nobody waits for a board in real time
	return {
		engine,
		image,
		imageFor: ({ isCompact = false }) => (isCompact ? compact : image),
		makeMachine: (slot, { memory }, ports) => reader.firmwareOf(slot).machine(memory, ports),
		bootImages: reader,
	};
}

/** Reads what slots hold, checks it and makes it ready to run; images that were seen before are not prepared again. */
class ImageReader implements BootImages {
	readonly #engine: Engine;
	/** What most boards hold: comparing bytes is cheaper than hashing them. */
	readonly #usual: readonly Image[];
	readonly #trusted: readonly SigningKey[];
	readonly #prepared = new Map<string, Firmware>();
	/** What their signatures came to: an image's bytes never change. */
	readonly #isSigned = new WeakMap<Image, boolean>();
	/** Others that were seen, by their hash. */
	readonly #seen = new Map<string, Image>();

	/** @param usual what boards are programmed with: of the kinds that there are */
	constructor(engine: Engine, usual: readonly Image[], trusted: readonly SigningKey[]) {
		this.#engine = engine;
		this.#usual = usual;
		this.#trusted = trusted;
	}

	header(slot: Slot): SlotImage | undefined {
		const header = readHeader(slot.read(headerBytes));
		if ("code" in header) return undefined;
		const { name, version, totalSize: sizeBytes, hash, securityCounter } = header;
		return { name, version, sizeBytes, hash, securityCounter };
	}

	/** @throws SlotRefused when it is no mod that may run here */
	modIn(place: Slot): Image {
		const { verdict, why } = this.examineMod(place);
		const image = this.#read(place);
		if (verdict === "ok" && !("code" in image)) return image;
		throw new SlotRefused(`no mod that can be loaded: ${why}`);
	}

	examineMod(place: Slot): Finding {
		return this.#examine(place, "mod");
	}

	examine(slot: Slot, securityCounter: number, running?: SlotImage): Finding {
		const finding = this.#examine(slot, "firmware");
		const image = this.header(slot);
		if (finding.verdict !== "ok" || image === undefined) return finding;
		if (running !== undefined && running.name !== image.name) {
			return { verdict: "product", why: `for "${image.name}", this is "${running.name}"` };
		}
		if (image.securityCounter < securityCounter) {
			return {
				verdict: "counter",
				why: `security counter ${image.securityCounter}, the device's is ${securityCounter}`,
			};
		}
		return finding;
	}

	#examine(slot: Slot, kind: ImageKind): Finding {
		const header = readHeader(slot.read(headerBytes));
		if (!("code" in header) && header.totalSize > slot.sizeBytes) {
			return { verdict: "size", why: `${header.totalSize} bytes, and the slot has ${slot.sizeBytes}` };
		}
		const image = this.#read(slot);
		if ("code" in image) return { verdict: "image", why: explained(image) };
		if (!this.#isTrusted(image)) {
			const by = signerOf(image);
			return { verdict: "signature", why: by === undefined ? "not signed" : `not signed by a trusted key (${by})` };
		}
		if (image.xsVersion !== this.#engine.xsVersion) {
			return { verdict: "product", why: `for XS ${image.xsVersion}, this engine is XS ${this.#engine.xsVersion}` };
		}
		if (image.kind !== kind) return { verdict: "product", why: `a ${image.kind}, not a ${kind}` };
		return { verdict: "ok" };
	}

	#isTrusted(image: Image): boolean {
		let isTrusted = this.#isSigned.get(image);
		if (isTrusted === undefined) {
			isTrusted = isSignedBy(image, this.#trusted);
			this.#isSigned.set(image, isTrusted);
		}
		return isTrusted;
	}

	/** @throws SlotRefused when there is no image; DeviceFailure when a module of it does not load */
	firmwareOf(slot: Slot): Firmware {
		const image = this.#read(slot);
		if ("code" in image) throw new SlotRefused(`the slot holds no image that can be started: ${explained(image)}`);
		return this.prepare(image);
	}

	/** @throws DeviceFailure when a module does not load */
	prepare(image: Image): Firmware {
		let firmware = this.#prepared.get(image.hash);
		if (firmware === undefined) {
			firmware = new Firmware(this.#engine, image, { entry: image.entry });
			this.#prepared.set(image.hash, firmware);
		}
		return firmware;
	}

	#read(slot: Slot): Image | Fault {
		for (const image of this.#usual) if (slot.holds(image.bytes)) return image;
		const header = readHeader(slot.read(headerBytes));
		if ("code" in header) return header;
		const known = this.#seen.get(header.hash);
		if (known !== undefined && slot.holds(known.bytes)) return known;
		const image = readImage(slot.read(header.totalSize));
		if (!("code" in image)) this.#seen.set(image.hash, image);
		return image;
	}
}

function explained({ code, see }: Fault): string {
	const old = code === imageFaults.unsignedFormat.code ? ": made before images were signed; build it again" : "";
	return `${code}${old} (${see})`;
}
