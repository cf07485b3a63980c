import { compact } from "../../../src/main-compact.ts";
import { SimulatedHost } from "./host.ts";
import type { Natives } from "./natives.ts";

/**
 * The entry of a compact image for the simulated board: the reference application on the board's ports. Runs in RAM,
 * at boot; all else is in ROM.
 */
declare const board: Natives;

compact(new SimulatedHost(board));
