import application from "../../../src/main.ts";
import type { Natives } from "../../simulator/device/natives.ts";
import { chipHost } from "./host.ts";

/**
 * The entry of the reference device's image for the emulated Cortex-M4, and for the guest that is measured. Runs in
 * RAM, at boot; all else is in ROM.
 */
declare const board: Natives;

application(chipHost(board));
