import { compact } from "../../../src/main-compact.ts";
import { begin } from "../begin.ts";
import { openEsp32 } from "../host.ts";

/** Called by the SDK once the machine runs: the device for 4 MB of flash. */
export default function main(): void {
	begin(openEsp32(), compact);
}
