import { fromHex } from "../../modules/bytes.ts";
import { BootStore } from "../../modules/firmware/boot-store.ts";
import { BootedSlots } from "../../modules/firmware/booted-slots.ts";
import type { Crypto, Flash, ImageVerdict } from "../../modules/host.ts";
import type { BootRecord } from "./boot-record.ts";
import { ImageCheck, imageIn } from "./slot-image.ts";

export interface DesktopSlotsOptions {
	readonly boot: BootRecord;
	readonly a: Flash;
	readonly b: Flash;
	/** The boot loader's memory. */
	readonly state: Flash;
	/** With P-256. Made when an image is checked. */
	crypto(): Crypto;
}

/**
 * The Slots port beside a boot loader that decided before this process began (launcher/boot.ts runs
 * modules/firmware/boot-loader.ts on Node): both read and write the same three partitions, never at the same time.
 */
export class DesktopSlots extends BootedSlots {
	private readonly options: DesktopSlotsOptions;
	private check: ImageCheck | undefined;

	constructor(options: DesktopSlotsOptions) {
		const { boot, a, b, state } = options;
		const { running, bootReason } = boot;
		super({ store: new BootStore(state), a, b, running, bootReason, imageIn: (slot) => imageIn(options[slot]) });
		this.options = options;
	}

	verify(): ImageVerdict | undefined {
		this.check ??= this.newCheck();
		const verdict = this.check.step();
		if (verdict === undefined) return undefined;
		this.check = undefined;
		return this.found(verdict);
	}

	protected override release(): void {
		super.release();
		this.check = undefined;
	}

	private newCheck(): ImageCheck {
		const { boot, crypto: open } = this.options;
		const crypto = open();
		const point = fromHex(boot.trusted);
		return new ImageCheck({
			flash: this.options[this.other],
			hash: crypto.sha256(),
			isSigned: (hash, signature) => point !== undefined && crypto.p256?.verify(point, hash, signature) === true,
			securityCounter: this.counterMin,
			running: this.image(this.running),
		});
	}
}
