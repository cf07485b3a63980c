import { openPsaCrypto } from "../../psa/psa-crypto.ts";
import { SimulatedHost } from "../../simulator/device/host.ts";
import type { Natives } from "../../simulator/device/natives.ts";

/** The ports of the emulated Cortex-M4: the simulated board's, by C of its own, and hosts/psa where it is there. */
export function chipHost(natives: Natives): SimulatedHost {
	const crypto = openPsaCrypto();
	const host = new SimulatedHost(natives);
	return crypto === undefined ? host : Object.assign(host, { crypto });
}
