import { SimulatedHost } from "../../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../../hosts/simulator/device/natives.ts";
import { toHex } from "../../../../modules/bytes.ts";
import type { Mods } from "../../../../modules/host.ts";

/** Loads the mod that lies in its partition, ends it, and loads it again. */
const host = new SimulatedHost((globalThis as unknown as { board: Natives }).board);
const { log } = host;

function tryMod(mods: Mods): void {
	log.write({ event: "found", verdict: mods.verify(), name: mods.image()?.name, version: mods.image()?.version });
	try {
		const stop = mods.load();
		stop();
		mods.load();
	} catch (error) {
		log.write({ event: "notLoaded", why: String(error), hex: toHex(Uint8Array.of(1)) });
	}
}

if (host.mods === undefined) log.write({ event: "noMods" });
else tryMod(host.mods);
