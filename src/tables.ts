import type { EnablerVersion } from "../modules/lwm2m/facts.ts";
import { DEVICE } from "../modules/objects/facts/device-3-v1-1.ts";
import { SERVER as SERVER_1_1 } from "../modules/objects/facts/server-1-v1-1.ts";
import { SERVER as SERVER_1_2 } from "../modules/objects/facts/server-1-v1-2.ts";

/**
 * The tables of Server and Device for an enabler version, because the factory may name any. Less than one table for
 * each: Device differs in ranges and units of what servers only read, and 1.0's Server is the beginning of 1.1's. A
 * product that has one version gives `server()` and `device()` that one's tables, and leaves this out.
 */
export function tablesOf(enabler: EnablerVersion) {
	if (enabler === "1.1") return { server: SERVER_1_1, device: DEVICE };
	const server = enabler === "1.2" ? SERVER_1_2 : { ...SERVER_1_1, version: enabler };
	return { server, device: { ...DEVICE, version: enabler } };
}
