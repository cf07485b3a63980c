import { join } from "node:path";
import { type Engine, loadEngine } from "../engine/engine.ts";
import { Firmware, type Machine } from "../engine/machine.ts";
import { buildImage, type ImageOptions, javaScriptRoot } from "../image/builder.ts";
import { type Image, readImage } from "../image/image.ts";
import type { MakeMachine } from "./board.ts";
import type { BoardPreset } from "./presets.ts";
import { type Slot, SlotRefused } from "./slots.ts";

const compactEntry = join(javaScriptRoot, "hosts/simulator/device/main-compact.js");

/** The engine, an image of this tree, and what boots it on any number of boards. */
export interface LoadedDevice {
	readonly engine: Engine;
	readonly image: Image;
	/** What a kind of board is programmed with: another one than `image` where its slots are small. */
	imageFor(preset: BoardPreset): Image;
	readonly makeMachine: MakeMachine<Machine>;
}

/**
 * Builds what is not built yet: the engine once, the image when a source changed. @throws EngineFailure,
 * CompileFailure
 */
export async function loadDevice(options: ImageOptions = {}): Promise<LoadedDevice> {
	const engine = options.engine ?? (await loadEngine(options.onProgress));
	const image = await buildImage({ ...options, engine });
	const compact = options.entry === undefined ? await buildImage({ ...options, engine, entry: compactEntry }) : image;
	const loader = new BootLoader(engine, image);
	loader.prepare(image); // here, where nobody waits for a board in real time
	return {
		engine,
		image,
		imageFor: ({ isCompact = false }) => (isCompact ? compact : image),
		makeMachine: (slot, { memory }, ports) => loader.firmwareOf(slot).machine(memory, ports),
	};
}

/** Checks what a slot holds and makes it ready to run; images that were seen before are not prepared again. */
class BootLoader {
	readonly #engine: Engine;
	/** The image that most boards hold: comparing bytes is cheaper than hashing them. */
	readonly #usual: Image;
	readonly #prepared = new Map<string, Firmware>();

	constructor(engine: Engine, usual: Image) {
		this.#engine = engine;
		this.#usual = usual;
	}

	/** @throws SlotRefused when there is no image for this engine; DeviceFailure when a module of it does not load */
	firmwareOf(slot: Slot): Firmware {
		const image = slot.holds(this.#usual.bytes) ? this.#usual : readImage(slot.read());
		if ("code" in image)
			throw new SlotRefused(`the slot holds no image that can be started: ${image.code} (${image.see})`);
		if (image.xsVersion !== this.#engine.xsVersion) {
			throw new SlotRefused(`the image is for XS ${image.xsVersion}, this engine is XS ${this.#engine.xsVersion}`);
		}
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
}
