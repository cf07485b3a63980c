import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Factory } from "../../../modules/host.ts";
import { presets } from "../../simulator/board/presets.ts";
import { EngineFailure } from "../../simulator/engine/sources.ts";
import { javaScriptRoot } from "../../simulator/image/builder.ts";
import type { Image } from "../../simulator/image/image.ts";
import { buildFirmware, type ChipFirmware } from "./firmware.ts";
import { buildDeviceImage } from "./image.ts";
import { buildLinkedImage, buildLoader, findLinker } from "./linked.ts";
import { computerAddress, type DeviceEvent, QemuDevice } from "./qemu.ts";
import { findToolchain, type Toolchain } from "./toolchain.ts";

/** P-256 in JavaScript is one turn; an emulator on a busy computer is slow. */
const watchdogS = 20;
const patienceMs = 900_000;

/** Something that a person has to install first. */
export class SelfTestMissing extends Error {
	override name = "Missing";
}

/**
 * Runs hosts/selftest on the emulated chip, with its image in both slots, over all its boots.
 * @param isLinked by the Moddable SDK; else of bytecode
 * @param onEvent what the chip says, selfTest… among it
 * @returns the emulator's exit status: 0 when it went off by itself
 * @throws SelfTestMissing, and EngineFailure with what does not build
 */
export async function runSelfTest(isLinked: boolean, onEvent: (event: DeviceEvent) => void): Promise<number> {
	const toolchain = findToolchain();
	if (typeof toolchain === "string") throw new SelfTestMissing(toolchain);
	const [firmware, image] = isLinked ? await linked(toolchain) : await ofBytecode(toolchain);
	const folder = mkdtempSync(join(tmpdir(), "dormouse-selftest-"));
	const echo = await startEcho();
	const selfTest = { host: computerAddress, port: echo.port, watchdogS };
	writeFileSync(join(folder, "flash"), withBoth(image));
	const device = new QemuDevice({
		...{ firmware, folder, onEvent, watchdogMs: watchdogS * 1000 },
		factory: { selfTest } as Factory,
	});
	const timer = setTimeout(() => device.kill(), patienceMs);
	try {
		return await device.ended;
	} finally {
		clearTimeout(timer);
		echo.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

async function ofBytecode(toolchain: Toolchain): Promise<[ChipFirmware, Image]> {
	const entry = join(javaScriptRoot, "hosts/cortex-m/device/self-test-main.js");
	return [await buildFirmware(toolchain, "device"), await buildDeviceImage({ entry })];
}

async function linked(toolchain: Toolchain): Promise<[ChipFirmware, Image]> {
	const sdk = await findLinker();
	if (typeof sdk === "string") throw new SelfTestMissing(sdk);
	return [await buildLoader(sdk, toolchain), await buildLinkedImage(sdk, toolchain, { program: "selftest" })];
}

/** What a programmer leaves: the image in both slots, so that there is one to be tried. */
function withBoth({ bytes }: Image): Uint8Array {
	const { flash, map } = presets.esp32;
	if (bytes.length > map.slotB.sizeBytes) throw new EngineFailure(`the image has ${bytes.length} bytes, too many`);
	const cells = new Uint8Array(flash.sizeBytes).fill(0xff);
	cells.set(bytes, map.slotA.offset);
	cells.set(bytes, map.slotB.offset);
	return cells;
}

/** Sends every datagram back to where it came from (RFC 862). */
async function startEcho(): Promise<{ readonly port: number; close(): void }> {
	const socket = createSocket("udp4");
	socket.on("message", (bytes, { address, port }) => socket.send(new Uint8Array(bytes), port, address));
	await new Promise<void>((resolve, reject) => {
		socket.once("error", reject);
		socket.bind(0, "127.0.0.1", resolve);
	});
	return { port: socket.address().port, close: () => socket.close() };
}
