import { selfTest } from "../../selftest/self-test.ts";
import type { Natives } from "../../simulator/device/natives.ts";
import { chipHost } from "./host.ts";

/** Qualifies the emulated chip. What it must know of its computer stands in the factory record, selfTest. */
export function testChip(natives: Natives): void {
	const { factory } = JSON.parse(natives.bootRecord()) as {
		readonly factory: {
			readonly selfTest: { readonly host: string; readonly port: number; readonly watchdogS: number };
		};
	};
	const { host, port, watchdogS } = factory.selfTest;
	// The chip's Ethernet hears nothing of what goes to itself.
	selfTest(chipHost(natives), { peer: { host, port }, hasLoopback: false, watchdogS, resetsOnCrash: true });
}
