import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Factory } from "../../../modules/host.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import { buildFirmware, type ChipFirmware } from "../../cortex-m/tools/firmware.ts";
import { buildDeviceImage } from "../../cortex-m/tools/image.ts";
import { buildLinkedImage, buildLoader, findLinker } from "../../cortex-m/tools/linked.ts";
import { asSeenByTheDevice, type DeviceEvent, QemuDevice } from "../../cortex-m/tools/qemu.ts";
import { findToolchain, mbedtlsHint, type Toolchain } from "../../cortex-m/tools/toolchain.ts";
import type { Image } from "../image/image.ts";
import { UdpNetwork } from "../network/udp-network.ts";
import { Lwm2mServer } from "../server/server.ts";
import { RealTime } from "../time.ts";
import { serversOf, WrongUsage } from "./arguments.ts";
import { careForBoards } from "./care.ts";
import {
	authoritiesIn,
	type CredentialOptions,
	hasCredentials,
	introduce,
	readCredentials,
	suggestion,
} from "./credentials.ts";
import { eventLine } from "./event-line.ts";
import { Interrupt, within } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { grouped } from "./report.ts";
import { checkSleep, type SleepOptions, sleepOf } from "./sleep-options.ts";

export interface QemuCommandOptions extends CredentialOptions, SleepOptions {
	readonly server?: string | readonly string[];
	readonly endpoint?: string;
	readonly lifetime?: number;
	readonly lwm2m?: EnablerVersion;
	/** A folder that keeps the flash. */
	readonly keep?: string;
	/** Milliseconds of the machine's time. */
	readonly for?: number;
	readonly count?: boolean;
	/** Linked by the user's Moddable SDK. */
	readonly sdk?: boolean;
	readonly json?: boolean;
}

/** How long the device may take to say good-bye. */
const farewellMs = 5000;
const loopback = "127.0.0.1";

/** `dormouse qemu`: the product on an emulated Cortex-M4, until its time is over or Ctrl-C. @throws WrongUsage */
export async function run(options: QemuCommandOptions, output: Output): Promise<ExitStatus> {
	const toolchain = findToolchain();
	if (typeof toolchain === "string") throw new WrongUsage(toolchain);
	checkSleep(options);
	if (toolchain.mbedtls === undefined) output.err(mbedtlsHint);
	const interrupt = new Interrupt();
	const server = serversOf(options.server).length === 0 ? ownServer(options, output) : undefined;
	const folder = options.keep ?? mkdtempSync(join(tmpdir(), "dormouse-qemu-"));
	mkdirSync(folder, { recursive: true });
	try {
		await server?.start();
		const factory = factoryOf(options, server);
		output.err("Building the firmware and the image …");
		const [firmware, image] = options.sdk ? await linked(toolchain) : await interpreted(toolchain);
		output.err(`${grouped(firmware.flashBytes)} bytes of machine code, ${grouped(image.bytes.length)} of image`);
		const began = performance.now();
		const hear = (event: DeviceEvent) => {
			const timed = { t: Math.round(performance.now() - began), ...event };
			output.out(options.json ? JSON.stringify(timed) : eventLine(timed as Parameters<typeof eventLine>[0], output));
		};
		const isCounted = options.count === true;
		const onText = (text: string) => output.err(`device: ${text}`);
		const device = new QemuDevice({ firmware, image, folder, factory, isCounted, onEvent: hear, onText });
		return await live(device, options, interrupt, output);
	} finally {
		server?.stop();
		interrupt.close();
		if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
	}
}

const interpreted = async (toolchain: Toolchain): Promise<[ChipFirmware, Image]> => [
	await buildFirmware(toolchain, "device"),
	await buildDeviceImage(),
];

/** @throws WrongUsage when there is no Moddable SDK */
async function linked(toolchain: Toolchain): Promise<[ChipFirmware, Image]> {
	const sdk = await findLinker();
	if (typeof sdk === "string") throw new WrongUsage(sdk);
	return [await buildLoader(sdk, toolchain), await buildLinkedImage(sdk, toolchain)];
}

/** @returns 1 when the device did not go off by itself */
async function live(
	device: QemuDevice,
	options: QemuCommandOptions,
	interrupt: Interrupt,
	output: Output,
): Promise<ExitStatus> {
	const isOver = Promise.race([interrupt.asked, device.ended]);
	if (options.for === undefined) await isOver;
	else await within(options.for, isOver);
	device.shutDown();
	if (!(await within(farewellMs, device.ended))) {
		output.err("The device did not say good-bye in time: it is switched off.");
		device.kill();
	}
	return (await device.ended) === 0 ? 0 : 1;
}

function ownServer(options: QemuCommandOptions, output: Output): Lwm2mServer {
	const secure = hasCredentials(options);
	const server = new Lwm2mServer({
		network: new UdpNetwork(),
		time: new RealTime(),
		host: loopback,
		port: 0,
		...(secure ? { securePort: 0, clientAuthorities: authoritiesIn("--cert", options.cert) } : {}),
	});
	careForBoards(server, (text) => output.err(text), options.notifyEvery);
	return server;
}

/** @throws WrongUsage */
function factoryOf(options: QemuCommandOptions, server: Lwm2mServer | undefined): Factory {
	const { endpoint: endpointName = "dormouse-qemu", lifetime, lwm2m } = options;
	const sleep = sleepOf(options);
	const more = {
		endpointName,
		...(sleep === undefined ? {} : { sleep }),
		...(lifetime === undefined ? {} : { lifetimeS: lifetime }),
		...(lwm2m === undefined ? {} : { enabler: lwm2m }),
	};
	if (server !== undefined) {
		const security = introduce(endpointName, options, server);
		const scheme = security === undefined ? "coap" : "coaps";
		const port = security === undefined ? server.port : server.securePort;
		const serverUri = asSeenByTheDevice(`${scheme}://${loopback}:${port}`);
		return security === undefined ? { ...more, serverUri } : { ...more, serverUri, security };
	}
	const [uri, second] = serversOf(options.server);
	if (second !== undefined) throw new WrongUsage("one --server is what this command takes");
	const security = readCredentials(options);
	const isSecure = uri!.startsWith("coaps:");
	if (isSecure !== (security !== undefined)) {
		throw new WrongUsage(isSecure ? `${uri} wants keys: give ${suggestion}` : "keys are for coaps:// servers");
	}
	const serverUri = asSeenByTheDevice(uri!);
	return security === undefined ? { ...more, serverUri } : { ...more, serverUri, security };
}
