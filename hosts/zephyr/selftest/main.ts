import config from "mc/config";
import Timer from "timer";
import { networkOf } from "../../selftest/peer.ts";
import { selfTest } from "../../selftest/self-test.ts";
import { SocketStreams } from "../../sockets/streams.ts";
import { openZephyr, turnMaxMs } from "../host.ts";
import { patienceMs } from "../link.ts";

/** The self-test's entry: begins when there is a network, or without one when it takes too long. */
export default function main(): void {
	const { host, link } = openZephyr({ streams: (sockets) => new SocketStreams(sockets) });
	let hasBegun = false;
	const begin = (): void => {
		if (hasBegun) return;
		hasBegun = true;
		selfTest(host, { ...networkOf(config), watchdogS: turnMaxMs / 1000, resetsOnCrash: true });
	};
	Timer.set(begin, patienceMs);
	link.begin(begin);
}
