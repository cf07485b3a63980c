import { openPsaCrypto } from "../../psa/psa-crypto.ts";
import { SimulatedHost } from "../../simulator/device/host.ts";
import { type ChipNatives, ChipPower } from "./power.ts";

/** The ports of the emulated Cortex-M4: the simulated board's, its own Power, and hosts/psa where the firmware has it. */
export function chipHost(natives: ChipNatives): SimulatedHost & { readonly power: ChipPower } {
	const crypto = openPsaCrypto();
	const host = Object.assign(new SimulatedHost(natives), { power: new ChipPower(natives) });
	return crypto === undefined ? host : Object.assign(host, { crypto });
}
