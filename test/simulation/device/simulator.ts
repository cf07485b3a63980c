import { SimulatedHost } from "../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../hosts/simulator/device/natives.ts";
import main from "./main.ts";

/** The entry of the simulations' image for the simulated board. */
declare const board: Natives;

main(new SimulatedHost(board));
