/** Object 9 on the reference device: a mod comes by push, and runs beside the firmware until it is told to stop. */
import { equal } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";
import { buildMod } from "../../../hosts/simulator/image/mod-builder.ts";
import { World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import { codeText } from "../../../modules/coap/code.ts";

const device = await loadDevice();
const entry = join(javaScriptRoot, "test/hosts/simulator/board/mod-sample.js");
const mod = await buildMod({ engine: device.engine, firmware: device.image, entry, name: "sample", version: "1.0" });

test("[Sw-Mgmt-001] a mod is pushed, installed, activated, survives a reset, is deactivated and removed", async () => {
	const heard: WorldEvent[] = [];
	const world = World.virtual<Machine>({ seed: 9, device, onEvent: (event) => heard.push(event) });
	const serverUri = await world.startServer();
	const board = world.addBoard({ preset: presets.esp32, factory: { serverUri, endpointName: "modded" } });
	const { operations } = world.server!;
	const count = (name: string) => heard.filter(({ event }) => event === name).length;
	async function settled<T>(asked: Promise<T>): Promise<T> {
		let isOver = false;
		const answer = asked.finally(() => {
			isOver = true;
		});
		await world.run(world.time.nowMs() + 60_000, { isOver: () => isOver });
		const result = await answer;
		await world.run(world.time.nowMs() + 1000);
		return result;
	}
	const execute = async (path: string) => codeText((await settled(operations.execute("modded", path))).code);
	async function states(): Promise<string> {
		const values: unknown[] = [];
		for (const resource of [7, 9, 12]) {
			const { content } = await settled(operations.read("modded", `/9/0/${resource}`));
			values.push(content?.kind === "singleResource" ? content.value : undefined);
		}
		return values.join(" ");
	}
	board.powerOn();
	await world.run(3000);
	equal(await states(), "0 0 false");
	const node = { kind: "singleResource", id: 2, type: "opaque", value: mod.bytes } as const;
	equal(codeText((await settled(operations.write("modded", "/9/0/2", node, { format: "OPAQUE" }))).code), "2.04");
	equal(await states(), "3 3 false");
	equal(await execute("/9/0/4"), "2.04");
	equal(await execute("/9/0/10"), "2.04");
	equal(await states(), "4 2 true");
	equal(count("modStarted"), 1);
	board.reset("watchdog");
	await world.run(world.time.nowMs() + 10_000);
	equal(count("modStarted"), 2, "active again after a reset");
	equal(await states(), "4 2 true");
	equal(await execute("/9/0/11"), "2.04");
	equal(count("modStopped"), 1);
	equal(await execute("/9/0/6"), "2.04");
	equal(await states(), "0 0 false");
	equal(board.ledger.boots, 2, "nothing else was restarted");
});
