/** The simulated board's boot loader: real images on the real engine, replaced while the board lives. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip } from "../../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../../hosts/simulator/engine/machine.ts";
import { buildImage, type ImageOptions, javaScriptRoot } from "../../../../hosts/simulator/image/builder.ts";
import { generateKey } from "../../../../hosts/simulator/image/keys.ts";
import { readSigningKey } from "../../../../hosts/simulator/image/signature.ts";
import { type NewBoard, World, type WorldEvent } from "../../../../hosts/simulator/world.ts";

const entry = join(javaScriptRoot, "test/hosts/simulator/board/boot-program.js");
const behaviourFile = "test/hosts/simulator/board/boot-behaviour.js";
const device = await loadDevice({ entry, version: "1.0.0", name: "Thing", securityCounter: 1 });
const preset = presets.nrf52840;

const behaviour = (text: string) => ({ [behaviourFile]: `export const greeting = "new";\n${text}` });
const build = (options: ImageOptions) =>
	buildImage({ engine: device.engine, entry, name: "Thing", securityCounter: 1, ...options });
const confirms = "export function live(host) { host.slots.confirm(); }";

/** A board with an image that the running program puts into the other slot and marks, when there is one. */
function stage(image: Uint8Array, more: Partial<NewBoard> = {}) {
	const heard: WorldEvent[] = [];
	const world = World.virtual<Machine>({ seed: 3, device, onEvent: (event) => heard.push(event) });
	const flash = new FlashChip(preset.flash);
	const board = world.addBoard({ preset, flash, ...more });
	equal(flash.burn(preset.map.settings.offset, withSize(image.length)), undefined);
	const { slotB } = preset.map;
	const put = () => {
		equal(flash.clear(slotB.offset, slotB.sizeBytes), undefined);
		equal(flash.burn(slotB.offset, image), undefined);
	};
	const said = (name: string) => heard.filter(({ event }) => event === name);
	const greetings = () =>
		said("hello").map(({ greeting, version, running, kind }) => [greeting, version, running, kind]);
	return { world, board, heard, put, said, greetings, flash };
}

/** The program marks what lies in the other slot when its settings partition begins with a 1. */
function withSize(size: number): Uint8Array {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, size, true);
	return bytes;
}

const old = ["old", "1.0.0", "a", "normal"];

test("[MaU-002] an update replaces the running bytecode: tried, confirmed, kept over power cuts", async () => {
	const next = await build({ version: "2.0.0", replacements: behaviour(confirms) });
	const { world, board, put, greetings, said } = stage(next.bytes);
	put();
	board.powerOn();
	await world.run(10_000);
	deepEqual(greetings(), [old, ["new", "2.0.0", "b", "trial"]]);
	deepEqual(said("verified")[0]?.verdict, "ok");
	equal(said("bootDecision")[0]?.action, "try");
	equal(board.bootLoader?.bootState.kept, "b");
	board.cutPower();
	board.powerOn();
	await world.run(700_000);
	deepEqual(greetings().at(-1), ["new", "2.0.0", "b", "normal"]);
	equal(said("watchdog").length, 0, "the trial's watchdog ended with it");
});

const failures: [string, string, string, number][] = [
	["crashes", "export function live() { throw new Error('broken'); }", "crash", 3],
	["hangs", "export function live(host) { for (;;) host.clock.nowMs(); }", "watchdog", 3],
	["restarts again and again", "export function live(host) { host.power.restart(); }", "boots", 3],
	["never says that it is well", "export function live() {}", "deadline", 1],
	[
		"says so itself",
		"export function live(host) { host.slots.revert('refused'); host.power.restart(); }",
		"refused",
		1,
	],
];

for (const [what, source, why, boots] of failures) {
	test(`[MaU-002] an update that ${what} is left: ${why}`, async () => {
		const next = await build({ version: "2.0.0", replacements: behaviour(source) });
		const { world, board, put, greetings, said } = stage(next.bytes);
		put();
		board.powerOn();
		await world.run(900_000);
		equal(board.state, "running");
		const seen = greetings();
		deepEqual(seen[0], old);
		equal(seen.filter(([greeting]) => greeting === "new").length, boots);
		deepEqual(seen.at(-1), ["old", "1.0.0", "a", "reverted"]);
		equal(said("hello").at(-1)?.why, why);
		equal(said("hello").at(-1)?.other, "bad");
		if (why === "deadline") equal(said("watchdog").length, 1);
	});
}

test("[FW-003] what does not verify is neither marked nor started", async () => {
	const stranger = readSigningKey(generateKey("p256").privatePem);
	const cases: [ImageOptions | "torn" | "old", string | undefined][] = [
		[{ version: "2.0.0", key: stranger }, "signature"],
		[{ version: "2.0.0", name: "Other thing" }, "product"],
		[{ version: "2.0.0", securityCounter: 0 }, "counter"],
		["torn", "image"],
		["old", undefined],
	];
	for (const [options, verdict] of cases) {
		const good = await build({ version: "2.0.0", replacements: behaviour(confirms) });
		const bytes = (typeof options === "string" ? good : await build(options)).bytes.slice();
		if (options === "torn") bytes[bytes.length - 500]! ^= 16;
		if (options === "old") bytes[8] = 1;
		const { world, board, put, greetings, said } = stage(bytes);
		put();
		board.powerOn();
		await world.run(5000);
		deepEqual([greetings(), said("verified")[0]?.verdict], [[old], verdict], verdict);
		board.cutPower();
		board.powerOn();
		await world.run(9000);
		deepEqual(greetings().at(-1), old, verdict);
	}
});

test("[FW-003] an image below the device's security counter is not started, not even from the bench", async () => {
	const next = await build({ version: "2.0.0", securityCounter: 2, replacements: behaviour(confirms) });
	const { world, board, put, flash, heard } = stage(next.bytes);
	put();
	board.powerOn();
	await world.run(5000);
	equal(board.bootLoader?.bootState.securityCounter, 2);
	board.cutPower();
	flash.clear(preset.map.slotB.offset, preset.map.slotB.sizeBytes);
	board.powerOn();
	equal(board.state, "failed");
	match(String(heard.at(-1)?.explanation), /slot a: security counter 1, the device's is 2/);
});

test("an image of a trusted second key is started, P-256 too", async () => {
	const key = readSigningKey(generateKey("p256").privatePem);
	const own = await loadDevice({ entry, version: "1.0.0", name: "Thing", key, engine: device.engine });
	const heard: WorldEvent[] = [];
	const world = World.virtual<Machine>({ seed: 3, device: own, onEvent: (event) => heard.push(event) });
	const board = world.addBoard({ preset });
	board.powerOn();
	ok(heard.some(({ event }) => event === "hello"));
});

test("a board that resets after failures starts again by itself", async () => {
	const crashing = { entry, replacements: behaviour("export function live() { throw new Error('broken'); }") };
	const broken = await loadDevice({ ...crashing, engine: device.engine });
	const heard: WorldEvent[] = [];
	const world = World.virtual<Machine>({ seed: 3, device: broken, onEvent: (event) => heard.push(event) });
	const board = world.addBoard({ preset, afterFailure: "reset" });
	board.powerOn();
	await world.run(1000);
	const causes = heard.filter(({ event }) => event === "hello").map(({ cause }) => cause);
	deepEqual(causes.slice(0, 3), ["powerOn", "crash", "crash"]);
});
