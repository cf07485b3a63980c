import application from "../../../src/main.ts";
import { chipHost } from "./host.ts";
import type { ChipNatives } from "./power.ts";

/** The entry of the reference device's image for the emulated Cortex-M4. Runs in RAM, at boot; all else is in ROM. */
declare const board: ChipNatives;

application(chipHost(board));
