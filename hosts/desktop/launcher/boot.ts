import { type KeyObject, randomFillSync } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../../modules/bytes.ts";
import { KeyStore } from "../../../modules/crypto/key-store.ts";
import { portableP256 } from "../../../modules/crypto/p256.ts";
import type { BootRules, BootState } from "../../../modules/firmware/boot-decision.ts";
import { BootLoader } from "../../../modules/firmware/boot-loader.ts";
import { BootStore } from "../../../modules/firmware/boot-store.ts";
import type { BootReason, ImageVerdict, ResetCause, SlotImage, SlotName } from "../../../modules/host.ts";
import { headerBytes, ImageCheck, imageIn } from "../slot-image.ts";
import { FileFlash, type PartitionShape } from "./file-flash.ts";
import { NodeHash, pointOf } from "./image-writer.ts";

/** Names and shapes are those of the manifest's config.flash. */
export interface DesktopBootOptions {
	/** $DORMOUSE_STATE of the device. */
	readonly state: string;
	readonly partitions: Readonly<Record<"boot" | "slotA" | "slotB" | "factory", PartitionShape>>;
	/** The key whose images are started; the public half serves. */
	readonly trusted: KeyObject;
	readonly rules: BootRules;
}

/** What a boot decided. */
export interface Started {
	/** The program, out of its slot, for the simulator. */
	readonly program: string;
	readonly running: SlotName;
	readonly bootReason: BootReason;
	readonly version: string;
}

/** Bytes of retained memory, as an ESP32 has in its slow RTC memory. */
export const retainedBytes = 8192;

/**
 * The boot loader of the desktop's device, and its power supply: modules/firmware/boot-loader.ts over the files of the
 * device's partitions. It runs between two processes of the device, never beside one.
 */
export class DesktopBoot {
	readonly #options: DesktopBootOptions;
	readonly #slots: Readonly<Record<SlotName, FileFlash>>;
	readonly #store: FileFlash;
	readonly #point: Uint8Array;
	/** As on a chip without cryptography of its own: it verifies, and makes no keys. */
	readonly #p256 = portableP256(new KeyStore(), { fill: (bytes) => randomFillSync(bytes) });

	constructor(options: DesktopBootOptions) {
		const { state, partitions } = options;
		const flash = (name: "boot" | "slotA" | "slotB") => new FileFlash(join(state, "flash", name), partitions[name]);
		this.#options = options;
		this.#point = pointOf(options.trusted);
		this.#slots = { a: flash("slotA"), b: flash("slotB") };
		this.#store = flash("boot");
	}

	/** The point of the trusted key in hexadecimal digits. */
	get trusted(): string {
		return toHex(this.#point, 0, this.#point.length);
	}

	get state(): BootState | undefined {
		return new BootStore(this.#store).state;
	}

	/** Whether what runs in `slot` is on trial still. */
	isOnTrial(slot: SlotName): boolean {
		const { state } = this;
		return state?.trial === "running" && state.kept !== slot;
	}

	/** The power comes: what is retained holds anything. */
	powerOn(): void {
		this.powerOff();
		mkdirSync(this.powered, { recursive: true });
		writeFileSync(join(this.powered, "retained"), randomFillSync(new Uint8Array(retainedBytes)));
	}

	/** The power goes: all is lost but flash. */
	powerOff(): void {
		rmSync(this.powered, { recursive: true, force: true });
	}

	/**
	 * Puts an image into slot A as a programmer does, and has the boot loader forget what was; unless one of the slots
	 * holds it already. @param both into slot B, too: for tests of what a boot loader does
	 * @returns whether it had to be written
	 */
	program(image: Uint8Array, { both = false }: { readonly both?: boolean } = {}): boolean {
		const { a, b } = this.#slots;
		if (image.length > a.sizeBytes) {
			throw new RangeError(`the image has ${image.length} bytes, a slot ${a.sizeBytes}: config.flash of the manifest`);
		}
		if (!both && (holds(a, image) || holds(b, image))) return false;
		for (const slot of both ? [a, b] : [a]) {
			slot.erase(0, slot.sizeBytes);
			slot.write(0, image);
		}
		this.#store.erase(0, this.#store.sizeBytes);
		return true;
	}

	/** Puts a factory record into its partition, in place of what was there. */
	provision(record: Uint8Array): void {
		const { state, partitions } = this.#options;
		const flash = new FileFlash(join(state, "flash", "factory"), partitions.factory);
		const bytes = new Uint8Array(Math.ceil(record.length / flash.writeBytes) * flash.writeBytes).fill(0xff);
		bytes.set(record);
		flash.erase(0, flash.sizeBytes);
		flash.write(0, bytes);
	}

	/**
	 * Decides, and takes the program out of its slot.
	 * @param ranMs how long the last trial ran until this reset
	 * @returns undefined when there is no image that may be started; then the verdicts say why
	 */
	start(cause: ResetCause, ranMs: number): Started | { readonly verdicts: BootLoader["verdicts"] } {
		const loader = new BootLoader(
			{
				state: this.#store,
				...this.#slots,
				rules: this.#options.rules,
				examine: (slot, securityCounter, running) => this.examine(slot, securityCounter, running),
				imageIn: (slot) => imageIn(this.#slots[slot]),
			},
			{ cause, ranMs },
		);
		const { start, bootReason, verdicts } = loader;
		if (start === undefined) return { verdicts };
		const image = imageIn(this.#slots[start])!;
		const bytes = new Uint8Array(image.programBytes);
		this.#slots[start].read(headerBytes, bytes);
		const program = join(this.powered, "mc.so");
		rmSync(program, { force: true }); // a new file: the process before may have the old one mapped still
		writeFileSync(program, bytes, { mode: 0o700 });
		return { program, running: start, bootReason, version: image.version };
	}

	/** When a deep sleep is to end, on the device's clock; undefined: not because of time. */
	get wakeAtMs(): number | undefined {
		const text = readFileSync(join(this.powered, "sleep"), "utf8");
		return text === "" ? undefined : Number(text);
	}

	private get powered(): string {
		return join(this.#options.state, "powered");
	}

	private examine(slot: SlotName, securityCounter: number, running: SlotImage | undefined): ImageVerdict {
		return new ImageCheck({
			flash: this.#slots[slot],
			hash: new NodeHash(),
			isSigned: (hash, signature) => this.#p256.verify(this.#point, hash, signature),
			securityCounter,
			running,
		}).run();
	}
}

function holds(flash: FileFlash, image: Uint8Array): boolean {
	const bytes = new Uint8Array(image.length);
	flash.read(0, bytes);
	return Buffer.compare(bytes, image) === 0;
}
