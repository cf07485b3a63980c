import { selfTest } from "../../../hosts/selftest/self-test.ts";
import { SimulatedHost } from "../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../hosts/simulator/device/natives.ts";
import type { Host } from "../../../modules/host.ts";
import { EchoStreams } from "./echo-streams.ts";
import { broken } from "./selftest-behaviour.ts";

/** The simulated board has no TCP: one that echoes stands in for it. */
function hostWithTcp(): Host {
	const host = new SimulatedHost((globalThis as unknown as { board: Natives }).board);
	return { ...host, openDatagrams: (options) => host.openDatagrams(options), streams: new EchoStreams(host) };
}

selfTest(broken(hostWithTcp()), {
	peer: { host: "192.0.2.77", port: 7 },
	hasLoopback: false,
	name: "echo.example",
	watchdogS: 5,
	resetsOnCrash: true,
});
