import config from "mc/config";
import Timer from "timer";
import { networkOf } from "../../selftest/peer.ts";
import { selfTest } from "../../selftest/self-test.ts";
import { openNrf52 } from "../host.ts";

/** How long the self-test waits for the modem on the line. */
const patienceMs = 30_000;

/** The self-test's entry. P-256 in JavaScript takes this chip many seconds, so it is left out. */
export default function main(): void {
	let hasBegun = false;
	const begin = (): void => {
		if (hasBegun) return;
		hasBegun = true;
		selfTest(host, { ...networkOf(config), withPortableP256: false });
	};
	const host = openNrf52((isOnline) => {
		if (isOnline) begin();
	});
	Timer.set(begin, patienceMs);
}
