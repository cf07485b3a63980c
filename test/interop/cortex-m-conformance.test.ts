/**
 * The conformance device on the emulated Cortex-M4 with its own Ethernet, IP and flash, through the REST API of both
 * servers: `npm run conformance -- --qemu`.
 */
import { it } from "node:test";
import { findToolchain } from "../../hosts/cortex-m/tools/toolchain.ts";
import { conformanceCases } from "./conformance-cases.ts";
import { twoServerCases } from "./conformance-other-devices.ts";
import { startEmbedded } from "./embedded-server.ts";
import { startLeshan } from "./leshan-server.ts";
import { interopSuite } from "./suite.ts";

const toolchain = findToolchain();
const isAsked = process.env.DORMOUSE_MACHINE === "cortex-m";
const skip = typeof toolchain === "string" ? toolchain : "on demand: npm run conformance -- --qemu";

for (const [title, start] of [
	["cortex-m › Leshan › conformance", startLeshan],
	["cortex-m › embedded › conformance", startEmbedded],
] as const) {
	if (typeof toolchain === "string" || !isAsked) it(title, { skip }, () => {});
	else interopSuite(title, start, { cases: conformanceCases, more: twoServerCases(start), image: "conformance" });
}
