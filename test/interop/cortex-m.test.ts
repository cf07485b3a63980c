/** The product on an emulated Cortex-M4, with an Ethernet driver and IP of its own, and Leshan, over DTLS. */
import { it } from "node:test";
import { findToolchain } from "../../hosts/cortex-m/tools/toolchain.ts";
import { startLeshan } from "./leshan-server.ts";
import { pskCases } from "./secure-cases.ts";
import { interopSuite } from "./suite.ts";

const title = "cortex-m › Leshan over DTLS, pre-shared key";
const toolchain = findToolchain();

/** Handshakes that fail take their time, and are no other on the chip. */
const cases = pskCases.filter(({ name }) => !/a wrong key|nobody knows/.test(name));

if (typeof toolchain === "string") it(title, { skip: toolchain }, () => {});
else interopSuite(title, startLeshan, { mode: "psk", cases, image: "cortex-m" });
