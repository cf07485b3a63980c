import { cardAt, factoryAt } from "../device/natives.ts";
import type { BoardPorts } from "../engine/ports.ts";
import { FactoryPartition, readCard } from "./factory-partition.ts";
import type { FlashChip } from "./flash.ts";
import type { FlashMap } from "./presets.ts";

type FlashPorts = Pick<
	BoardPorts,
	| "flashSizeBytes"
	| "flashSectorBytes"
	| "flashWriteBytes"
	| "flashRead"
	| "flashWrite"
	| "flashErase"
	| "factorySizeBytes"
	| "smartCardSizeBytes"
>;

/** Called before a write of so many bytes, or an erase of so many sectors. */
export type FlashWork = (bytes: number, erases: number) => void;

const outside = "flash: outside of the settings partition";

/** What a program sees of flash: its settings, the factory's partition, and the card that is in the reader. */
export function flashPorts(
	flash: FlashChip,
	{ settings, factory }: FlashMap,
	card: () => Uint8Array | undefined,
	before: FlashWork,
): FlashPorts {
	const { sectorBytes, writeBytes } = flash.geometry;
	const factoryPartition = new FactoryPartition(flash, factory);
	const within = (offset: number, size: number) => offset >= 0 && offset + size <= settings.sizeBytes;
	return {
		flashSizeBytes: settings.sizeBytes,
		flashSectorBytes: sectorBytes,
		flashWriteBytes: writeBytes,
		flashRead: (offset, into) => {
			if (offset >= cardAt) return readCard(card(), offset - cardAt, into);
			if (offset >= factoryAt) return factoryPartition.read(offset - factoryAt, into);
			return within(offset, into.length) ? flash.read(settings.offset + offset, into) : outside;
		},
		flashWrite: (offset, bytes) => {
			if (!within(offset, bytes.length)) return outside;
			before(bytes.length, 0);
			return flash.write(settings.offset + offset, bytes);
		},
		flashErase: (offset, size) => {
			if (!within(offset, size)) return outside;
			before(0, Math.ceil(size / sectorBytes));
			return flash.erase(settings.offset + offset, size);
		},
		factorySizeBytes: factory.sizeBytes,
		smartCardSizeBytes: () => card()?.length ?? -1,
	};
}
