import application from "../../src/main.ts";
import { crashProcess } from "./desktop-system.ts";
import { openDesktop } from "./host.ts";

/** Called by the SDK once the machine runs. An error nobody catches restarts the device, as it does on a chip. */
export default function main(): void {
	(globalThis as { abort?: (why: string, error: unknown) => void }).abort = (why, error) => {
		trace(`XS abort: ${why}: ${String(error)}\n`);
		crashProcess();
	};
	application(openDesktop("lin"));
}
