import config from "mc/config";
import { networkOf } from "../../selftest/peer.ts";
import { selfTest } from "../../selftest/self-test.ts";
import { begin } from "../begin.ts";
import { openEsp32 } from "../host.ts";

/** Of sdkconfig: how long a turn may take. */
const watchdogS = 5;

/** Qualifies a board: `npm run selftest -- -p esp32`. */
export default function main(): void {
	begin(openEsp32(), (host) => selfTest(host, { ...networkOf(config), watchdogS, resetsOnCrash: true }));
}
