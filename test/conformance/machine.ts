import { buildFirmware } from "../../hosts/cortex-m/tools/firmware.ts";
import { endGuests, GuestMachine } from "../../hosts/cortex-m/tools/guest.ts";
import { findToolchain } from "../../hosts/cortex-m/tools/toolchain.ts";
import type { BoardMachine } from "../../hosts/simulator/board/board.ts";
import { type DeviceOptions, loadDevice } from "../../hosts/simulator/board/loader.ts";
import type { Device } from "../../hosts/simulator/world.ts";

/** `npm run conformance -- --qemu`: boards whose XS runs on an emulated Cortex-M4. */
const isOnChip = process.env.DORMOUSE_MACHINE === "cortex-m";

/** What the boards of these tests run: XS as wasm, or on the chip. @throws Error without the tools for it */
export async function loadMachine(options: DeviceOptions = {}): Promise<Device<BoardMachine>> {
	if (!isOnChip) return loadDevice(options);
	const toolchain = findToolchain();
	if (typeof toolchain === "string") throw new Error(toolchain);
	const firmware = await buildFirmware(toolchain, "guest");
	return {
		...(await loadDevice(options)),
		makeMachine: (slot, { memory }, ports) =>
			new GuestMachine({ firmware, isCounted: false }, slot.read(), memory, ports),
	};
}

/** At the end of a world. */
export function endMachines(): void {
	if (isOnChip) endGuests();
}
