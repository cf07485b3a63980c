import { selfTest } from "../../selftest/self-test.ts";
import { readBootRecord } from "../boot-record.ts";
import { environmentVariable } from "../desktop-system.ts";
import { openDesktop } from "../host.ts";
import { desktopChecks } from "./checks.ts";

/** Qualifies this computer: `npm run selftest -- -p lin`. */
export default function main(): void {
	const boot = readBootRecord();
	const port = environmentVariable("DORMOUSE_PEER_PORT");
	selfTest(openDesktop(), {
		name: "localhost",
		resetsOnCrash: true,
		...(port === undefined ? {} : { peer: { host: "127.0.0.1", port: Number(port) } }),
		...(boot === undefined ? {} : { watchdogS: boot.watchdogS }),
		checks: desktopChecks(),
	});
}
