import { type Flash, HostFailure } from "../../modules/host.ts";
import type { Nrf52System } from "./system.ts";

type FlashSystem = Pick<Nrf52System, "flashFact" | "flashRead" | "flashWrite" | "flashErase">;

/** The last 32 KiB of the flash that the SDK leaves to mods, as raw flash: what lies there outlives a new program. */
export class SettingsFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes = 4;
	readonly erasedByte = 0xff;
	private readonly system: FlashSystem;

	/** @throws HostFailure when the program leaves no room */
	constructor(system: FlashSystem) {
		this.system = system;
		this.sizeBytes = system.flashFact(0);
		this.sectorBytes = system.flashFact(1);
		if (this.sizeBytes === 0) throw new HostFailure("flash settings: no room behind the program");
	}

	read(offset: number, into: Uint8Array): void {
		this.within(offset, into.length);
		good("read", this.system.flashRead(offset, into));
	}

	write(offset: number, bytes: Uint8Array): void {
		this.within(offset, bytes.length);
		if (offset % 4 !== 0 || bytes.length % 4 !== 0) throw new HostFailure("flash write: misaligned");
		const before = new Uint8Array(bytes.length);
		this.read(offset, before);
		for (let index = 0; index < bytes.length; index++) {
			if ((before[index]! & bytes[index]!) !== bytes[index]) throw new HostFailure("flash write: not erased");
		}
		good("write", this.system.flashWrite(offset, bytes));
	}

	erase(offset: number, size: number): void {
		this.within(offset, size);
		if (offset % this.sectorBytes !== 0 || size % this.sectorBytes !== 0) {
			throw new HostFailure("flash erase: not whole sectors");
		}
		if (size > 0) good("erase", this.system.flashErase(offset, size));
	}

	private within(offset: number, size: number): void {
		if (offset < 0 || offset + size > this.sizeBytes) throw new HostFailure("flash: outside of the partition");
	}
}

function good(what: string, done: boolean): void {
	if (!done) throw new HostFailure(`flash ${what}: refused`);
}
