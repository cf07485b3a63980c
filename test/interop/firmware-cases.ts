import { equal } from "node:assert/strict";
import { PackageServer } from "../../hosts/simulator/cli/package-server.ts";
import { brokenThermometer, kelvinThermometer } from "../../hosts/simulator/cli/scenario.ts";
import { buildImage, type ImageOptions } from "../../hosts/simulator/image/builder.ts";
import type { Image } from "../../hosts/simulator/image/image.ts";
import { UdpNetwork } from "../../hosts/simulator/network/udp-network.ts";
import { systemDice, systemEntropy } from "../../hosts/simulator/server/system-chance.ts";
import { RealTime } from "../../hosts/simulator/time.ts";
import type { Bench, Registered } from "./bench.ts";
import { type Case, hasCode, valueIn } from "./case.ts";
import { freePorts } from "./free-ports.ts";

const newVersion = "0.2.0";
/** For some four hundred blocks, each an exchange of its own. */
const pushTimeoutS = 60;

/** What the devices of a suite are updated with, and where they see this computer. */
export interface Updates {
	build(options: ImageOptions): Promise<Image>;
	/** A URI on this computer, for the device. */
	seen(uri: string): string;
}

const simulated: Updates = { build: buildImage, seen: (uri) => uri };

async function push({ device, remote }: Registered, { bytes }: Image): Promise<void> {
	const value = Buffer.from(bytes).toString("hex");
	const from = device.mark;
	const node = { kind: "singleResource", id: 0, type: "opaque", value } as const;
	hasCode(await remote.write("/5/0/0", node, { format: "OPAQUE", timeoutS: pushTimeoutS }), "2.04", "Write /5/0/0");
	await device.wait("firmware.state", { state: "downloaded" }, { from });
	await reads(remote, { "/5/0/3": "2", "/5/0/5": "0" });
}

/** The device fetches it by itself. */
async function pull({ device, remote }: Registered, { bytes, hash }: Image, seen: Updates["seen"]): Promise<void> {
	const [port] = (await freePorts(1)) as [number];
	const network = new UdpNetwork();
	const chance = { dice: systemDice, entropy: systemEntropy };
	const etag = new Uint8Array(Buffer.from(hash.slice(0, 8), "hex"));
	const where = { network, time: new RealTime(), host: "127.0.0.1", port };
	const files = new PackageServer({ ...where, ...chance, file: bytes, etag });
	try {
		const from = device.mark;
		const node = { kind: "singleResource", id: 1, type: "string", value: seen(files.uri) } as const;
		hasCode(await remote.write("/5/0/1", node), "2.04", "Write /5/0/1");
		await device.wait("firmware.state", { state: "downloaded" }, { from, timeoutMs: pushTimeoutS * 1000 });
		await reads(remote, { "/5/0/3": "2", "/5/0/5": "0" });
	} finally {
		files.close();
	}
}

async function reads(remote: Registered["remote"], expected: Readonly<Record<string, string>>): Promise<void> {
	for (const [path, value] of Object.entries(expected))
		equal(String(valueIn(await remote.read(path), path)), value, path);
}

/** Update, until the device has registered anew. */
async function update(bench: Bench, { device, remote }: Registered): Promise<number> {
	const from = device.mark;
	const known = bench.events.mark;
	hasCode(await remote.execute("/5/0/2"), "2.04", "Execute /5/0/2");
	await device.wait("bootDecision", { action: "try", slot: "b" }, { from });
	await bench.event("REGISTRATION", device.endpoint, { from: known, timeoutMs: 30_000 });
	return from;
}

/** New bytecode by push and pull, and what becomes of it. */
export function firmwareCasesOf({ build, seen }: Updates): readonly Case[] {
	const kelvin = () => build({ version: newVersion, replacements: kelvinThermometer() });
	const isUpdated = { "/3/0/3": newVersion, "/3303/0/5701": "K", "/5/0/3": "0", "/5/0/5": "1" };
	return [
		{
			name: "[MaU-002] a firmware pushed by the server is tried, confirmed by its registration, and measures otherwise",
			run: async (bench) => {
				const one = await bench.start("dormouse-update", 300);
				await reads(one.remote, { "/3/0/3": "0.1.0", "/3303/0/5701": "Cel", "/5/0/3": "0" });
				await push(one, await kelvin());
				const from = await update(bench, one);
				await one.device.wait("firmware.confirmed", {}, { from });
				await reads(one.remote, isUpdated);
				await one.device.interrupt();
			},
		},
		{
			name: "[MaU-002] a firmware that the device pulls by blocks is tried and confirmed",
			run: async (bench) => {
				const one = await bench.start("dormouse-pull", 300);
				await pull(one, await kelvin(), seen);
				const from = await update(bench, one);
				await one.device.wait("firmware.confirmed", {}, { from });
				await reads(one.remote, isUpdated);
				await one.device.interrupt();
			},
		},
		{
			name: "[MaU-002] a pushed firmware that crashes is left, and the old one tells the server so",
			run: async (bench) => {
				const one = await bench.start("dormouse-revert", 300);
				await push(one, await build({ version: newVersion, replacements: brokenThermometer() }));
				const from = await update(bench, one);
				await one.device.wait("bootDecision", { action: "revert", slot: "a", why: "crash" }, { from });
				await reads(one.remote, { "/3/0/3": "0.1.0", "/3303/0/5701": "Cel", "/5/0/3": "0", "/5/0/5": "8" });
				await one.device.interrupt();
			},
		},
	];
}

/** For the simulated board. */
export const firmwareCases = firmwareCasesOf(simulated);
