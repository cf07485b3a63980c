/** The reference device on the emulated chip and the embedded server: real UDP, the chip's own Ethernet and IP. */
import { equal, ok } from "node:assert/strict";
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
import type { FactorySecurity } from "../../../modules/host.ts";

const toolchain = findToolchain();
const skip = typeof toolchain === "string" ? toolchain : false;

const endpoint = "chip";
const security: FactorySecurity = {
	mode: "psk",
	publicKeyOrIdentity: Buffer.from("chip-identity").toString("hex"),
	secretKey: "000102030405060708090a0b0c0d0e0f",
};

test("[CORE-REG-1] a Cortex-M4 registers over DTLS, serves, outlives a reset, and says good-bye", {
	skip,
}, async (t) => {
	ok(typeof toolchain !== "string");
	const server = new Lwm2mServer({
		network: new UdpNetwork(),
		time: new RealTime(),
		host: "127.0.0.1",
		port: 0,
		securePort: 0,
	});
	await server.start();
	t.after(() => server.stop());
	server.security.add({
		endpoint,
		mode: "psk",
		identity: "chip-identity",
		key: Uint8Array.from(Buffer.from(security.secretKey, "hex")),
	});
	const folder = mkdtempSync(join(tmpdir(), "dormouse-chip-"));
	const events: DeviceEvent[] = [];
	const device = new QemuDevice({
		firmware: await buildFirmware({ ...toolchain, mbedtls: undefined }, "device"),
		image: await buildDeviceImage(),
		folder,
		factory: {
			endpointName: endpoint,
			serverUri: asSeenByTheDevice(`coaps://127.0.0.1:${server.securePort}`),
			security,
		},
		isCounted: true,
		onEvent: (event) => events.push(event),
	});
	t.after(() => {
		device.kill();
		rmSync(folder, { recursive: true, force: true });
	});
	await device.next("registered");
	const before = (await device.figures()).instructions;
	const answer = await server.operations.read(endpoint, "/3/0/0");
	equal(answer.content?.kind === "singleResource" ? answer.content.value : undefined, "Dormouse");
	const { instructions, slotBytes, chunkBytes } = await device.figures();
	const spent = instructions - before;
	ok(spent > 100_000 && spent < 50_000_000, `a read took ${spent} instructions`);
	ok(slotBytes + chunkBytes < 56 * 1024, `${slotBytes} bytes of slots, ${chunkBytes} of chunks`);

	const again = device.next("registered");
	device.reset();
	await again;
	equal(events.filter(({ event }) => event === "booted").length, 2);
	const [, booted] = events.filter(({ event }) => event === "booted");
	equal(booted?.resetCause, "restart");

	device.shutDown();
	equal(await device.ended, 0);
	equal(events.filter(({ event }) => event === "deregistered").length, 1);
});
