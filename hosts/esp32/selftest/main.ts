import config from "mc/config";
import { networkOf } from "../../selftest/peer.ts";
import { selfTest } from "../../selftest/self-test.ts";
import { begin } from "../begin.ts";
import { openEsp32 } from "../host.ts";

/** CONFIG_ESP_TASK_WDT_TIMEOUT_S of sdkconfig.defaults. */
const watchdogS = 5;

/** Qualifies a board: `npm run selftest -- -p esp32 ssid=… password=…`. */
export default function main(): void {
	begin(openEsp32(), (board) =>
		selfTest(board, { ...networkOf(config), resetsOnCrash: true, watchdogS, withPortableP256: false }),
	);
}
