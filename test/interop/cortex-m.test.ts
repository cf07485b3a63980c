/** The product on an emulated Cortex-M4, with an Ethernet driver and IP of its own, and Leshan, over DTLS. */
import { it } from "node:test";
import { findToolchain } from "../../hosts/cortex-m/tools/toolchain.ts";
import { startLeshan } from "./leshan-server.ts";
import { pskCases } from "./secure-cases.ts";
import { interopSuite } from "./suite.ts";

const title = "cortex-m › Leshan over DTLS, pre-shared key";
const toolchain = findToolchain();

if (typeof toolchain === "string") it(title, { skip: toolchain }, () => {});
else interopSuite(title, startLeshan, { mode: "psk", cases: pskCases, image: "cortex-m" });
