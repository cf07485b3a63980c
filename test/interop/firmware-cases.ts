import { equal } from "node:assert/strict";
import { brokenThermometer, kelvinThermometer } from "../../hosts/simulator/cli/scenario.ts";
import { buildImage } from "../../hosts/simulator/image/builder.ts";
import type { Bench, Registered } from "./bench.ts";
import { type Case, hasCode, valueIn } from "./case.ts";

const newVersion = "0.2.0";
/** For some four hundred blocks, each an exchange of its own. */
const pushTimeoutS = 60;

async function push({ device, remote }: Registered, replacements: Readonly<Record<string, string>>): Promise<void> {
	const { bytes } = await buildImage({ version: newVersion, replacements });
	const value = Buffer.from(bytes).toString("hex");
	const from = device.mark;
	const node = { kind: "singleResource", id: 0, type: "opaque", value } as const;
	hasCode(await remote.write("/5/0/0", node, { format: "OPAQUE", timeoutS: pushTimeoutS }), "2.04", "Write /5/0/0");
	await device.wait("firmware.state", { state: "downloaded" }, { from });
	await reads(remote, { "/5/0/3": "2", "/5/0/5": "0" });
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

/** New bytecode by push, and what becomes of it. */
export const firmwareCases: readonly Case[] = [
	{
		name: "[MaU-002] a firmware pushed by the server is tried, confirmed by its registration, and measures otherwise",
		run: async (bench) => {
			const one = await bench.start("dormouse-update", 300);
			await reads(one.remote, { "/3/0/3": "0.1.0", "/3303/0/5701": "Cel", "/5/0/3": "0" });
			await push(one, kelvinThermometer());
			const from = await update(bench, one);
			await one.device.wait("firmware.confirmed", {}, { from });
			await reads(one.remote, { "/3/0/3": newVersion, "/3303/0/5701": "K", "/5/0/3": "0", "/5/0/5": "1" });
			await one.device.interrupt();
		},
	},
	{
		name: "[MaU-002] a pushed firmware that crashes is left, and the old one tells the server so",
		run: async (bench) => {
			const one = await bench.start("dormouse-revert", 300);
			await push(one, brokenThermometer());
			const from = await update(bench, one);
			await one.device.wait("bootDecision", { action: "revert", slot: "a", why: "crash" }, { from });
			await reads(one.remote, { "/3/0/3": "0.1.0", "/3303/0/5701": "Cel", "/5/0/3": "0", "/5/0/5": "8" });
			await one.device.interrupt();
		},
	},
];
