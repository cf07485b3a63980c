/** Mods on the simulated board: bytecode in a partition of its own, loaded beside the image in its slot. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip } from "../../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../../hosts/simulator/engine/machine.ts";
import { javaScriptRoot } from "../../../../hosts/simulator/image/builder.ts";
import { generateKey } from "../../../../hosts/simulator/image/keys.ts";
import { buildMod } from "../../../../hosts/simulator/image/mod-builder.ts";
import { readSigningKey } from "../../../../hosts/simulator/image/signature.ts";
import { World, type WorldEvent } from "../../../../hosts/simulator/world.ts";

const folder = join(javaScriptRoot, "test/hosts/simulator/board");
const device = await loadDevice({ entry: join(folder, "mod-program.js"), version: "1.0.0", name: "Thing" });
const { engine, image: firmware } = device;
const sample = { engine, firmware, entry: join(folder, "mod-sample.js"), name: "sample", version: "1.0" };
const mod = await buildMod(sample);

async function run(bytes: Uint8Array, name: "esp32" | "nrf52840" = "esp32") {
	const heard: WorldEvent[] = [];
	const preset = presets[name];
	const world = World.virtual<Machine>({ seed: 3, device, onEvent: (event) => heard.push(event) });
	const flash = new FlashChip(preset.flash);
	const board = world.addBoard({ preset, flash });
	if (preset.map.mods !== undefined) equal(flash.burn(preset.map.mods.offset, bytes), undefined);
	board.powerOn();
	await world.run(5000);
	equal(board.state, "running");
	return { heard, board, names: heard.map(({ event }) => event) };
}

test("[Sw-Mgmt-001] a mod is loaded beside the firmware, stopped and started again", async () => {
	ok(mod.bytes.length < 2000, `${mod.bytes.length} bytes`);
	const { heard, names, board } = await run(mod.bytes);
	deepEqual(names, ["found", "modStarted", "modStopped", "modStarted", "modRang"]);
	deepEqual([heard[0]!.verdict, heard[0]!.name, heard[0]!.version], ["ok", "sample", "1.0"]);
	equal(heard[1]!.quixoticZephyr, "cafe");
	const rom = board.machine!.romHash();
	equal((await run(new Uint8Array(0))).board.machine!.romHash(), rom, "ROM stays as it is");
});

test("[Sw-Mgmt-001] what is no mod, or not signed, or does not load, is refused, and the device goes on", async () => {
	const stranger = await buildMod({ ...sample, key: readSigningKey(generateKey("ed25519").privatePem) });
	const torn = mod.bytes.slice();
	torn[300]! ^= 1;
	const cases: [Uint8Array, string, RegExp][] = [
		[stranger.bytes, "signature", /not signed by a trusted key/],
		[torn, "image", /image\.hash/],
		[new Uint8Array(0), "image", /image\.magic/],
		[firmware.bytes, "product", /a firmware, not a mod/],
	];
	for (const [bytes, verdict, why] of cases) {
		const { heard, names } = await run(bytes);
		deepEqual(names, ["found", "notLoaded"], verdict);
		equal(heard[0]!.verdict, verdict);
		match(String(heard[1]!.why), why);
	}
});

test("a mod is no firmware, and a board without room for mods has none", async () => {
	const heard: WorldEvent[] = [];
	const asFirmware = { ...device, image: mod, imageFor: () => mod };
	const world = World.virtual<Machine>({ seed: 3, device: asFirmware, onEvent: (event) => heard.push(event) });
	const board = world.addBoard({ preset: presets.esp32 });
	board.powerOn();
	equal(board.state, "failed");
	match(String(heard[0]!.explanation), /slot a: a mod, not a firmware/);
	deepEqual((await run(mod.bytes, "nrf52840")).names, ["noMods"]);
});
