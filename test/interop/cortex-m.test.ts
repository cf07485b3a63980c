/**
 * The product on an emulated Cortex-M4, with an Ethernet driver, IP and a boot loader of its own, and Leshan over DTLS
 * and the embedded server: the same cases as the simulator's.
 */
import { it } from "node:test";
import { buildDeviceImage } from "../../hosts/cortex-m/tools/image.ts";
import { asSeenByTheDevice } from "../../hosts/cortex-m/tools/qemu.ts";
import { findToolchain } from "../../hosts/cortex-m/tools/toolchain.ts";
import type { Case } from "./case.ts";
import { startEmbedded } from "./embedded-server.ts";
import { firmwareCasesOf } from "./firmware-cases.ts";
import { startLeshan } from "./leshan-server.ts";
import { lifecycleCases } from "./lifecycle-cases.ts";
import { pskCases } from "./secure-cases.ts";
import { interopSuite } from "./suite.ts";

const titles = {
	secure: "cortex-m › Leshan over DTLS, pre-shared key",
	leshan: "cortex-m › Leshan › firmware",
	embedded: "cortex-m › embedded › firmware",
} as const;
const toolchain = findToolchain();

/**
 * Handshakes that fail take their time, and are no other on the chip. Those that wait with devices of their own come
 * last: QEMU's NAT forgets a device, the suite's first one, that was silent for four minutes.
 */
const wanted = pskCases.filter(({ name }) => !/a wrong key|nobody knows/.test(name));
const waits = ({ name }: Case) => !/two devices/.test(name) && lifecycleCases.some((one) => one.name === name);
const cases = [...wanted.filter((one) => !waits(one)), ...wanted.filter(waits)];
const updates = firmwareCasesOf({ build: buildDeviceImage, seen: asSeenByTheDevice });

if (typeof toolchain === "string") {
	for (const title of Object.values(titles)) it(title, { skip: toolchain }, () => {});
} else {
	interopSuite(titles.secure, startLeshan, { mode: "psk", cases, image: "cortex-m" });
	interopSuite(titles.leshan, startLeshan, { cases: updates, image: "cortex-m" });
	interopSuite(titles.embedded, startEmbedded, { cases: updates, image: "cortex-m" });
}
