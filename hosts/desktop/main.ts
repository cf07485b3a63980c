import application from "../../src/main.ts";
import { openDesktop } from "./host.ts";

/** Called by the SDK once the machine runs. */
export default function main(): void {
	application(openDesktop());
}
