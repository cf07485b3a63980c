import type { Geometry } from "../modules/settings/nor-flash.ts";

const kib = 1024;

export interface Chip {
	readonly geometry: Geometry;
	/** How long a workload has to be to go round, with values up to this size. */
	readonly steps: number;
	readonly valueMaxBytes: number;
	/** In `npm test`, every how manyth operation is cut; and of the recovery. */
	readonly stride: number;
	readonly recoveryStride: number;
}

/** Chips as they are, cut down in sectors so that a workload goes round. */
export const chips: Readonly<Record<string, Chip>> = {
	"esp32: 4 KiB, bytes": {
		geometry: { sectors: 4, sectorBytes: 4 * kib, writeBytes: 1 },
		steps: 140,
		valueMaxBytes: 220,
		stride: 3,
		recoveryStride: 5,
	},
	"esp32 encrypted: 4 KiB, 16 bytes": {
		geometry: { sectors: 3, sectorBytes: 4 * kib, writeBytes: 16 },
		steps: 140,
		valueMaxBytes: 220,
		stride: 3,
		recoveryStride: 5,
	},
	"nRF52: 4 KiB, words of 4 bytes": {
		geometry: { sectors: 3, sectorBytes: 4 * kib, writeBytes: 4 },
		steps: 140,
		valueMaxBytes: 220,
		stride: 3,
		recoveryStride: 5,
	},
	"STM32L4: 2 KiB, 8 bytes": {
		geometry: { sectors: 4, sectorBytes: 2 * kib, writeBytes: 8 },
		steps: 90,
		valueMaxBytes: 120,
		stride: 1,
		recoveryStride: 4,
	},
	"STM32H7: 128 KiB, 32 bytes": {
		geometry: { sectors: 2, sectorBytes: 128 * kib, writeBytes: 32 },
		steps: 80,
		valueMaxBytes: 6000,
		stride: 331,
		recoveryStride: 53,
	},
	"two sectors of 2 KiB, 4 bytes": {
		geometry: { sectors: 2, sectorBytes: 2 * kib, writeBytes: 4 },
		steps: 60,
		valueMaxBytes: 90,
		stride: 1,
		recoveryStride: 5,
	},
	"two sectors of 512 bytes, 8 bytes": {
		geometry: { sectors: 2, sectorBytes: 512, writeBytes: 8 },
		steps: 40,
		valueMaxBytes: 24,
		stride: 1,
		recoveryStride: 5,
	},
	"many small ones: 12 of 256 bytes, erased to 0x00": {
		geometry: { sectors: 12, sectorBytes: 256, writeBytes: 4, erasedByte: 0 },
		steps: 70,
		valueMaxBytes: 20,
		stride: 1,
		recoveryStride: 4,
	},
};
