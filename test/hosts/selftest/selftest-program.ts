import { selfTest } from "../../../hosts/selftest/self-test.ts";
import { SimulatedHost } from "../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../hosts/simulator/device/natives.ts";
import { broken } from "./selftest-behaviour.ts";

const host = new SimulatedHost((globalThis as unknown as { board: Natives }).board);
selfTest(broken(host), {
	peer: { host: "192.0.2.77", port: 7 },
	hasLoopback: false,
	name: "echo.example",
	watchdogS: 5,
	resetsOnCrash: true,
});
