import application from "../../../src/main.ts";
import { openPsaCrypto } from "../../psa/psa-crypto.ts";
import { SimulatedHost } from "../../simulator/device/host.ts";
import type { Natives } from "../../simulator/device/natives.ts";

/** The reference device as a simulated board's machine that is measured: that board's ports, and cryptography on the chip. */
declare const board: Natives;

const crypto = openPsaCrypto();
const host = new SimulatedHost(board);
application(crypto === undefined ? host : Object.assign(host, { crypto }));
