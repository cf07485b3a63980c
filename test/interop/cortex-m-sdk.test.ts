/**
 * The product on an emulated Cortex-M4, its modules linked into ROM by the user's Moddable SDK, with XS of that SDK:
 * with Leshan over DTLS, and updated by Leshan and by the embedded server to other images that the SDK linked.
 */
import { it } from "node:test";
import { buildLinkedImage, findLinker } from "../../hosts/cortex-m/tools/linked.ts";
import { asSeenByTheDevice } from "../../hosts/cortex-m/tools/qemu.ts";
import { findToolchain } from "../../hosts/cortex-m/tools/toolchain.ts";
import { brokenThermometer, kelvinThermometer } from "../../hosts/simulator/cli/scenario.ts";
import type { ImageOptions } from "../../hosts/simulator/image/builder.ts";
import type { Case } from "./case.ts";
import { startEmbedded } from "./embedded-server.ts";
import { firmwareCasesOf } from "./firmware-cases.ts";
import { startLeshan } from "./leshan-server.ts";
import { lifecycleCases } from "./lifecycle-cases.ts";
import { pskCases } from "./secure-cases.ts";
import { interopSuite } from "./suite.ts";

const titles = {
	secure: "cortex-m by the SDK › Leshan over DTLS, pre-shared key",
	leshan: "cortex-m by the SDK › Leshan › firmware",
	embedded: "cortex-m by the SDK › embedded › firmware",
} as const;
const toolchain = findToolchain();
const sdk = await findLinker();

/**
 * Handshakes that fail take their time, and are no other on the chip. Those that wait with devices of their own come
 * last: QEMU's NAT forgets a device, the suite's first one, that was silent for four minutes.
 */
const wanted = pskCases.filter(({ name }) => !/a wrong key|nobody knows/.test(name));
const waits = ({ name }: Case) => !/two devices/.test(name) && lifecycleCases.some((one) => one.name === name);
const cases = [...wanted.filter((one) => !waits(one)), ...wanted.filter(waits)];

if (typeof toolchain === "string" || typeof sdk === "string") {
	const skip = typeof toolchain === "string" ? toolchain : String(sdk);
	for (const title of Object.values(titles)) it(title, { skip }, () => {});
} else {
	const build = (options: ImageOptions) => buildLinkedImage(sdk, toolchain, options);
	const updates = firmwareCasesOf({ build, seen: asSeenByTheDevice });
	// Linked once, before a case counts the seconds; what the cases ask for is then found.
	it("cortex-m by the SDK › its images are linked", { timeout: 900_000 }, async () => {
		await build({});
		for (const replacements of [kelvinThermometer(), brokenThermometer()])
			await build({ version: "0.2.0", replacements });
	});
	interopSuite(titles.secure, startLeshan, { mode: "psk", cases, image: "cortex-m-sdk" });
	interopSuite(titles.leshan, startLeshan, { cases: updates, image: "cortex-m-sdk" });
	interopSuite(titles.embedded, startEmbedded, { cases: updates, image: "cortex-m-sdk" });
}
