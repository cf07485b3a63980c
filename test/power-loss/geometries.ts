import type { Geometry } from "../modules/settings/nor-flash.ts";

const kib = 1024;

/** Chips as they are, cut down in sectors so that a short workload goes round. */
export const geometries: Readonly<Record<string, Geometry>> = {
	"esp32: 4 KiB, bytes": { sectors: 4, sectorBytes: 4 * kib, writeBytes: 1 },
	"esp32 encrypted: 4 KiB, 16 bytes": { sectors: 3, sectorBytes: 4 * kib, writeBytes: 16 },
	"nRF52: 4 KiB, words of 4 bytes": { sectors: 3, sectorBytes: 4 * kib, writeBytes: 4 },
	"STM32L4: 2 KiB, 8 bytes": { sectors: 4, sectorBytes: 2 * kib, writeBytes: 8 },
	"STM32H7: 128 KiB, 32 bytes": { sectors: 2, sectorBytes: 128 * kib, writeBytes: 32 },
	"two sectors of 2 KiB, 4 bytes": { sectors: 2, sectorBytes: 2 * kib, writeBytes: 4 },
	"two sectors of 512 bytes, 8 bytes": { sectors: 2, sectorBytes: 512, writeBytes: 8 },
	"many small ones: 12 of 256 bytes, erased to 0x00": { sectors: 12, sectorBytes: 256, writeBytes: 4, erasedByte: 0 },
};
