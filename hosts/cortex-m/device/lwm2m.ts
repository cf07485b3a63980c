import application from "../../../src/main.ts";
import { openPsaCrypto } from "../../psa/psa-crypto.ts";
import { SimulatedHost } from "../../simulator/device/host.ts";
import type { Natives } from "../../simulator/device/natives.ts";

/**
 * The entry of the reference device's image for the emulated Cortex-M4: the simulated board's ports, and hosts/psa's
 * cryptography where the firmware has it. Runs in RAM, at boot; all else is in ROM.
 */
declare const board: Natives;

const crypto = openPsaCrypto();
application(crypto === undefined ? new SimulatedHost(board) : Object.assign(new SimulatedHost(board), { crypto }));
