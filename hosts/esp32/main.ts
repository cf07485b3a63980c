import application from "../../src/main.ts";
import { begin } from "./begin.ts";
import { openEsp32 } from "./host.ts";

/** Called by the SDK once the machine runs. */
export default function main(): void {
	begin(openEsp32(), application);
}
