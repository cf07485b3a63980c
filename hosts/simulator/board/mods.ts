import type { ModPorts } from "../engine/ports.ts";
import type { FlashChip } from "./flash.ts";
import type { Partition } from "./presets.ts";
import { type BootImages, PartitionFlash, refusalOf, Slot, SlotRefused } from "./slots.ts";

/** The partition for mods; undefined on a board whose images know none. */
export function modPorts(flash: FlashChip, place: Partition | undefined, images: BootImages): ModPorts | undefined {
	if (place === undefined || images.modIn === undefined || images.examineMod === undefined) return undefined;
	const partition = new PartitionFlash(flash, place);
	const slot = new Slot(flash, place);
	return {
		sizeBytes: place.sizeBytes,
		describe: () => JSON.stringify({ image: images.header(slot) }),
		read: (offset, into) => refusalOf(() => partition.read(offset, into)),
		write: (offset, bytes) => refusalOf(() => partition.write(offset, bytes)),
		erase: (offset, size) => refusalOf(() => partition.erase(offset, size)),
		verify: () => images.examineMod!(slot).verdict,
		load: () => {
			try {
				const { symbols, modules, entry, hash } = images.modIn!(slot);
				const told = (name: string) => `mods/${hash.slice(0, 16)}/${name}`;
				return { symbols, entry: told(entry), modules: modules.map(({ name, code }) => ({ name: told(name), code })) };
			} catch (error) {
				if (error instanceof SlotRefused) return error.message;
				throw error;
			}
		},
	};
}
