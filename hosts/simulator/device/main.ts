import application from "../../../src/main.ts";
import { SimulatedHost } from "./host.ts";
import type { Natives } from "./natives.ts";

/**
 * The entry of an image for the simulated board: the reference application on the board's ports. Runs in RAM, at
 * boot; all else is in ROM.
 */
declare const board: Natives;

application(new SimulatedHost(board));
