import { type Flash, HostFailure } from "../../modules/host.ts";
import type { ZephyrSystem } from "./system.ts";

type FlashSystem = Pick<ZephyrSystem, "flashFact" | "flashRead" | "flashWrite" | "flashErase">;

/** The partitions that the devicetree of a target has to have; zephyr-flash.c has the same numbers. */
export type AreaName = "settings" | "factory" | "slot0" | "slot1";

/** One fixed partition of the devicetree (flash_area), with the rules of NOR flash made errors instead of surprises. */
export class AreaFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly erasedByte: number;
	private readonly system: FlashSystem;
	private readonly area: number;

	/** @throws HostFailure when the board has no such partition, or its driver is not ready */
	constructor(system: FlashSystem, name: AreaName) {
		this.system = system;
		this.area = numberOf(name);
		const size = system.flashFact(this.area, 0);
		if (size <= 0) throw new HostFailure(`flash ${name}: error ${size}`);
		this.sizeBytes = size;
		this.sectorBytes = system.flashFact(this.area, 1);
		this.writeBytes = system.flashFact(this.area, 2);
		this.erasedByte = system.flashFact(this.area, 3);
	}

	read(offset: number, into: Uint8Array): void {
		this.within(offset, into.length);
		good("read", this.system.flashRead(this.area, offset, into));
	}

	write(offset: number, bytes: Uint8Array): void {
		this.within(offset, bytes.length);
		if (offset % this.writeBytes !== 0 || bytes.length % this.writeBytes !== 0) {
			throw new HostFailure("flash write: misaligned");
		}
		const before = new Uint8Array(Math.min(bytes.length, 64));
		for (let at = 0; at < bytes.length; at += before.length) {
			const size = Math.min(before.length, bytes.length - at);
			this.read(offset + at, size === before.length ? before : before.subarray(0, size));
			for (let index = 0; index < size; index++) {
				const byte = bytes[at + index]!;
				if ((before[index]! & byte) !== byte) throw new HostFailure("flash write: not erased");
			}
		}
		good("write", this.system.flashWrite(this.area, offset, bytes));
	}

	erase(offset: number, size: number): void {
		this.within(offset, size);
		if (offset % this.sectorBytes !== 0 || size % this.sectorBytes !== 0) {
			throw new HostFailure("flash erase: not whole sectors");
		}
		if (size > 0) good("erase", this.system.flashErase(this.area, offset, size));
	}

	private within(offset: number, size: number): void {
		if (offset < 0 || offset + size > this.sizeBytes) throw new HostFailure("flash: outside of the partition");
	}
}

function numberOf(name: AreaName): number {
	switch (name) {
		case "settings":
			return 0;
		case "factory":
			return 1;
		case "slot0":
			return 2;
		case "slot1":
			return 3;
	}
}

function good(what: string, status: number): void {
	if (status < 0) throw new HostFailure(`flash ${what}: error ${status}`);
}
