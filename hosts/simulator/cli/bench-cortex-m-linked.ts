import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFirmware, type ChipFirmware } from "../../cortex-m/tools/firmware.ts";
import { buildDeviceImage } from "../../cortex-m/tools/image.ts";
import { buildLinkedImage, buildLoader, findLinker } from "../../cortex-m/tools/linked.ts";
import { asSeenByTheDevice, QemuDevice, type QemuFigures } from "../../cortex-m/tools/qemu.ts";
import type { Toolchain } from "../../cortex-m/tools/toolchain.ts";
import type { Image } from "../image/image.ts";
import { UdpNetwork } from "../network/udp-network.ts";
import { Lwm2mServer } from "../server/server.ts";
import { RealTime } from "../time.ts";
import { endpoint } from "./measure.ts";

/** A life of the reference device with its own Ethernet and flash, by whose tools it was built. */
export interface BuiltFigures {
	readonly by: "npm" | "sdk";
	readonly xsVersion: string;
	/** Code, constants, bytecode and what is in ROM, the boot loader too; the npm-built one makes its ROM at reset. */
	readonly flashBytes: number;
	readonly romBytes: number;
	/** Data and bss of C, without what outlives a reset. */
	readonly staticBytes: number;
	readonly plain: LifeFigures;
	readonly psk: LifeFigures;
}

/** Instructions, and the most of its RAM when all of it is done. */
export interface LifeFigures {
	readonly register: number;
	readonly read: number;
	readonly observe: number;
	readonly notify: number;
	readonly ram: QemuFigures;
}

type Built = Omit<BuiltFigures, "plain" | "psk"> & { readonly firmware: ChipFirmware; readonly image: Image };

const retainedBytes = 8 * 1024;
const notifications = 5;
const key = new Uint8Array(16).fill(7);

/** Both builds, one life over CoAP and one over DTLS each. @returns undefined without a Moddable SDK */
export async function measureBuilds(
	toolchain: Toolchain,
	onProgress: (what: string) => void,
): Promise<BuiltFigures[] | undefined> {
	const sdk = await findLinker();
	if (typeof sdk === "string") return undefined;
	const loader = await buildLoader(sdk, toolchain);
	const linked = await buildLinkedImage(sdk, toolchain);
	const firmware = await buildFirmware(toolchain, "device");
	const image = await buildDeviceImage();
	const builds: Built[] = [
		{
			...{ by: "npm", xsVersion: image.xsVersion, firmware, image, romBytes: 0 },
			flashBytes: firmware.flashBytes + image.bytes.length,
			staticBytes: firmware.dataBytes + firmware.bssBytes - retainedBytes,
		},
		{
			...{ by: "sdk", xsVersion: linked.xsVersion, firmware: loader, image: linked, romBytes: linked.romBytes },
			flashBytes: loader.flashBytes + linked.bytes.length,
			staticBytes: linked.program.dataBytes + linked.program.bssBytes - retainedBytes,
		},
	];
	const figures: BuiltFigures[] = [];
	for (const { firmware: program, image: bytes, ...facts } of builds) {
		onProgress(`the device by ${facts.by}, coap`);
		const { life: plain, romBytes } = await live(program, bytes, false);
		onProgress(`the device by ${facts.by}, coaps`);
		const { life: psk } = await live(program, bytes, true);
		figures.push({ ...facts, romBytes: facts.romBytes || romBytes, plain, psk });
	}
	return figures;
}

async function live(
	firmware: ChipFirmware,
	image: Image,
	isSecure: boolean,
): Promise<{ life: LifeFigures; romBytes: number }> {
	const host = "127.0.0.1";
	const server = new Lwm2mServer({ network: new UdpNetwork(), time: new RealTime(), host, port: 0, securePort: 0 });
	await server.start();
	if (isSecure) server.security.add({ endpoint, mode: "psk", identity: endpoint, key });
	const folder = mkdtempSync(join(tmpdir(), "dormouse-bench-"));
	const security = {
		mode: "psk",
		publicKeyOrIdentity: Buffer.from(endpoint).toString("hex"),
		secretKey: Buffer.from(key).toString("hex"),
	} as const;
	const uri = isSecure ? `coaps://${host}:${server.securePort}` : `coap://${host}:${server.port}`;
	let romBytes = 0;
	const device = new QemuDevice({
		...{ firmware, image, folder, isCounted: true },
		factory: {
			endpointName: endpoint,
			serverUri: asSeenByTheDevice(uri),
			...(isSecure ? { security } : {}),
		},
		onEvent: ({ event, bytes }) => {
			if (event === "rom") romBytes = Number(bytes);
		},
	});
	try {
		return { life: await instructionsOf(device, server), romBytes };
	} finally {
		device.kill();
		await device.ended;
		server.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

async function instructionsOf(device: QemuDevice, server: Lwm2mServer): Promise<LifeFigures> {
	await device.next("registered");
	let last = await device.figures();
	const register = last.instructions;
	const since = async () => {
		const before = last;
		last = await device.figures();
		return last.instructions - before.instructions;
	};
	const text = { format: "TEXT" } as const;
	const path = "/3303/0/5700";
	await server.operations.read(endpoint, path, text);
	const read = await since();
	await server.operations.writeAttributes(endpoint, path, { pmin: 1, pmax: 1 });
	await since();
	await server.operations.observe(endpoint, path, text);
	const observe = await since();
	await device.next("notified");
	await since();
	for (let count = 0; count < notifications; count++) await device.next("notified");
	const notify = Math.round((await since()) / notifications);
	return { register, read, observe, notify, ram: last };
}
