import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { KeyValueSettings } from "../../../modules/settings/key-value-settings.ts";
import { settingsCases } from "./cases.ts";
import { MemoryKeyValue } from "./memory-key-value.ts";
import { type Geometry, NorFlash } from "./nor-flash.ts";

const geometries: readonly Geometry[] = [
	{ sectors: 4, sectorBytes: 4096, writeBytes: 1 },
	{ sectors: 2, sectorBytes: 2048, writeBytes: 4 },
	{ sectors: 3, sectorBytes: 2048, writeBytes: 8 },
	{ sectors: 3, sectorBytes: 4096, writeBytes: 16 },
	{ sectors: 2, sectorBytes: 32768, writeBytes: 32 },
	{ sectors: 8, sectorBytes: 1024, writeBytes: 4, erasedByte: 0 },
];

for (const geometry of geometries) {
	const { sectors, sectorBytes, writeBytes } = geometry;
	settingsCases(`${sectors} sectors of ${sectorBytes} in units of ${writeBytes}`, () => {
		const flash = new NorFlash(geometry);
		return { open: (options = {}) => new FlashSettings({ flash, ...options }), raw: () => flash.bytes };
	});
}

settingsCases("a platform's store", () => {
	const store = new MemoryKeyValue();
	return {
		open: (options = {}) => new KeyValueSettings({ store, ...options }),
		raw: () => {
			const all: number[] = [];
			for (const value of store.content.values()) all.push(...value);
			return Uint8Array.from(all);
		},
	};
});
