/** Queue mode on the emulated chip: it sleeps deeply between notifications, and registers once. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildFirmware } from "../../../hosts/cortex-m/tools/firmware.ts";
import { buildDeviceImage } from "../../../hosts/cortex-m/tools/image.ts";
import { asSeenByTheDevice, type DeviceEvent, QemuDevice } from "../../../hosts/cortex-m/tools/qemu.ts";
import { findToolchain } from "../../../hosts/cortex-m/tools/toolchain.ts";
import { UdpNetwork } from "../../../hosts/simulator/network/udp-network.ts";
import { Lwm2mServer } from "../../../hosts/simulator/server/server.ts";
import { RealTime } from "../../../hosts/simulator/time.ts";

const toolchain = findToolchain();
const skip = typeof toolchain === "string" ? toolchain : false;
const endpoint = "sleeper";

test("[CORE-Q-1] a Cortex-M4 sleeps deeply, wakes by its timer, and goes on with its registration", {
	skip,
	timeout: 240_000,
}, async (t) => {
	ok(typeof toolchain !== "string");
	const server = new Lwm2mServer({ network: new UdpNetwork(), time: new RealTime(), host: "127.0.0.1", port: 0 });
	await server.start();
	t.after(() => server.stop());
	const told: number[] = [];
	server.on("notification", () => told.push(performance.now()));
	const folder = mkdtempSync(join(tmpdir(), "dormouse-sleeping-"));
	const events: DeviceEvent[] = [];
	const device = new QemuDevice({
		firmware: await buildFirmware({ ...toolchain, mbedtls: undefined }, "device"),
		image: await buildDeviceImage(),
		folder,
		factory: {
			endpointName: endpoint,
			serverUri: asSeenByTheDevice(`coap://127.0.0.1:${server.port}`),
			sleep: { queueMode: true, awake: 2000, deepest: "deep", deepFromMs: 500 },
		},
		onEvent: (event) => events.push(event),
	});
	t.after(() => {
		device.kill();
		rmSync(folder, { recursive: true, force: true });
	});
	await device.next("registered");
	const { operations } = server;
	await operations.writeAttributes(endpoint, "/3303/0/5700", { pmin: 6, pmax: 6 });
	await operations.observe(endpoint, "/3303/0/5700");
	for (let sleeps = 0; sleeps < 3; sleeps++) equal((await device.next("sleeping")).depth, "deep");
	const count = (name: string) => events.filter(({ event }) => event === name).length;
	equal(count("registered"), 1);
	const restored = events.filter(({ event }) => event === "restored");
	deepEqual([restored.length >= 2, restored.every(({ registration }) => registration === "kept")], [true, true]);
	const causes = events.filter(({ event }) => event === "booted").map(({ resetCause }) => resetCause);
	deepEqual(causes.slice(0, 3), ["powerOn", "deepSleep", "deepSleep"]);
	ok(told.length >= 1, "notifications");
});
