/**
 * As run.ts, on an emulated Cortex-M4 with its own Ethernet, IP, flash and boot loader:
 *   node build/js/test/conformance/device/run-qemu.js --server coap://127.0.0.1:5683 --endpoint NAME …
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildFirmware } from "../../../hosts/cortex-m/tools/firmware.ts";
import { buildDeviceImage } from "../../../hosts/cortex-m/tools/image.ts";
import { asSeenByTheDevice, QemuDevice } from "../../../hosts/cortex-m/tools/qemu.ts";
import { findToolchain } from "../../../hosts/cortex-m/tools/toolchain.ts";
import { Interrupt, within } from "../../../hosts/simulator/cli/interrupt.ts";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";

const { values } = parseArgs({
	options: {
		server: { type: "string" },
		endpoint: { type: "string", default: "conformance" },
		lifetime: { type: "string", default: "300" },
		enabler: { type: "string", default: "1.1" },
		plan: { type: "string", default: "{}" },
		json: { type: "boolean", default: true },
	},
});
const { server, endpoint: endpointName, lifetime, enabler, plan } = values;
const toolchain = findToolchain();
if (typeof toolchain === "string") throw new Error(toolchain);
if (server === undefined) throw new Error("--server says which server: coap://127.0.0.1:5683");

/** How long the device may take to say good-bye. */
const farewellMs = 5000;

const interrupt = new Interrupt();
const folder = mkdtempSync(join(tmpdir(), "dormouse-conformance-"));
const firmware = await buildFirmware(toolchain, "device");
const image = await buildDeviceImage({ entry: join(javaScriptRoot, "test/conformance/device/chip.js") });
const seen = asSeenByTheDevice(JSON.stringify({ enabler, ...JSON.parse(plan as string) }));
const serverUri = asSeenByTheDevice(server as string);
const factory = { endpointName: endpointName as string, serverUri, lifetimeS: Number(lifetime), serialNumber: seen };
const beganMs = performance.now();
const device = new QemuDevice({
	firmware,
	image,
	folder,
	factory,
	onEvent: (event) => {
		const t = Math.round(performance.now() - beganMs);
		process.stdout.write(`${JSON.stringify({ t, ...event })}\n`);
	},
	onText: (text) => void process.stderr.write(`device: ${text}\n`),
});
await Promise.race([interrupt.asked, device.ended]);
device.shutDown();
if (!(await within(farewellMs, device.ended))) device.kill();
process.exitCode = (await device.ended) === 0 ? 0 : 1;
rmSync(folder, { recursive: true, force: true });
interrupt.close();
