import { equal } from "node:assert/strict";
import { join } from "node:path";
import { buildImage, javaScriptRoot } from "../../hosts/simulator/image/builder.ts";
import { buildMod } from "../../hosts/simulator/image/mod-builder.ts";
import { conformanceEntry } from "./device/entry.ts";
import { type Served, served } from "./served.ts";

const { bytes } = await buildMod({
	entry: join(javaScriptRoot, "test/conformance/device/mod-sample.js"),
	firmware: await buildImage({ entry: conformanceEntry }),
	name: "sample",
	version: "1.5",
});

/** Update State, Update Result, Activation State, name and version. */
async function standing(it: Served): Promise<string> {
	const { values } = await it.read("/9/0", "TLV");
	return ["7", "9", "12", "0", "1"].map((at) => String(values[`/9/0/${at}`])).join(" ");
}

const execute = (it: Served, id: number) => it.code("post", `/9/0/${id}`);

served(
	"[Sw-Mgmt-001] a mod pushed, installed, activated, deactivated, removed, with nothing restarted",
	{ configuration: "C.8" },
	async (it) => {
		equal((await it.read("/9/0/7")).values["/9/0/7"], 0);
		equal(await it.code("put", "/9/0/2", { contentFormat: 42, payload: bytes }), "2.04");
		await it.stage.pass(2);
		equal(await standing(it), "3 3 false sample 1.5");
		equal(await execute(it, 4), "2.04");
		await it.stage.pass(2);
		equal(await standing(it), "4 2 false sample 1.5");
		equal(await execute(it, 10), "2.04");
		await it.stage.pass(1);
		equal(await standing(it), "4 2 true sample 1.5");
		equal(it.stage.heard("modStarted").length, 1);
		it.stage.board.cutPower();
		it.stage.board.powerOn();
		await it.stage.pass(20);
		equal(await standing(it), "4 2 true sample 1.5");
		equal(it.stage.heard("modStarted").length, 2, "active again after a power cut");
		equal(await execute(it, 11), "2.04");
		equal(it.stage.heard("modStopped").length, 1);
		equal(await execute(it, 6), "2.04");
		equal((await it.read("/9/0/7")).values["/9/0/7"], 0);
		equal(it.stage.heard("booted").length, 2);
	},
);
