import { join } from "node:path";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";

/** The file that an image of the simulations' device begins with, for loadDevice. */
export const simulationEntry = join(javaScriptRoot, "test/simulation/device/simulator.js");
