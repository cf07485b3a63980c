import { type Host, HostFailure, type ImageVerdict, type Mods, type SlotImage } from "../../../modules/host.ts";
import type { Natives } from "./natives.ts";

/** The board's partition for mods as the Mods port. */
export class BoardMods implements Mods {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly #natives: Natives;
	readonly #host: Host;

	/** @param host what a mod is started with */
	constructor(natives: Natives, host: Host) {
		this.#natives = natives;
		this.#host = host;
		this.sizeBytes = natives.modSize();
		this.sectorBytes = natives.flashGeometry(1);
		this.writeBytes = natives.flashGeometry(2);
	}

	image(): SlotImage | undefined {
		return JSON.parse(this.#natives.modRecord()).image;
	}

	erase(offset: number, sizeBytes: number): void {
		orFail(this.#natives.modErase(offset, sizeBytes));
	}

	write(offset: number, bytes: Uint8Array): void {
		orFail(this.#natives.modWrite(offset, bytes));
	}

	read(offset: number, into: Uint8Array): void {
		orFail(this.#natives.modRead(offset, into));
	}

	/** The board checks it in one go. */
	verify(): ImageVerdict {
		return this.#natives.modVerify() as ImageVerdict;
	}

	load(): () => void {
		try {
			const start = this.#natives.modLoad() as (host: Host) => () => void;
			return start(this.#host);
		} catch (error) {
			throw new HostFailure(`the mod does not start: ${String(error)}`, { cause: error });
		}
	}
}

function orFail(error: string | undefined): void {
	if (error !== undefined) throw new HostFailure(error);
}
