import { chipHost } from "../../../hosts/cortex-m/device/host.ts";
import type { Natives } from "../../../hosts/simulator/device/natives.ts";
import main from "./main.ts";

/** The entry of the conformance image for the emulated Cortex-M4 with its own Ethernet and flash. */
declare const board: Natives;

main(chipHost(board));
