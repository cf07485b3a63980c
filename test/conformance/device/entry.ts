import { join } from "node:path";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";

/** The file that an image of the conformance device begins with, for loadDevice and buildImage. */
export const conformanceEntry = join(javaScriptRoot, "test/conformance/device/simulator.js");
