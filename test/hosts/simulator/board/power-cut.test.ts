import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip } from "../../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../../hosts/simulator/engine/machine.ts";
import { javaScriptRoot } from "../../../../hosts/simulator/image/builder.ts";
import { World, type WorldEvent } from "../../../../hosts/simulator/world.ts";

test("power cut at every flash operation of a program on XS, at every byte: old or new, never else", async () => {
	const device = await loadDevice({
		entry: join(javaScriptRoot, "test/hosts/simulator/board/flash-program.js"),
		version: "1",
	});
	const outcomes = { old: 0, new: 0 };
	for (let operation = 0; operation < 3; operation++) {
		for (let bytes = 0; bytes <= 4; bytes++) {
			const heard: WorldEvent[] = [];
			const world = World.virtual<Machine>({ seed: 1, device, onEvent: (event) => heard.push(event) });
			const preset = presets.nrf52840;
			const board = world.addBoard({ preset, flash: new FlashChip(preset.flash) });
			board.powerOn();
			board.cutPower();
			deepEqual(
				heard.map(({ event, counter }) => `${event} ${counter}`),
				["found 0", "stored 1", "powerCut undefined"],
			);
			board.flash.cutAt({ operation, bytes, tornBits: 0x0f });
			board.powerOn();
			equal(board.state, "off", "the cut took the power");
			heard.length = 0;
			board.powerOn();
			equal(board.state, "running", JSON.stringify(heard));
			const [found] = heard;
			ok(found!.counter === 1 || found!.counter === 2, `operation ${operation}, byte ${bytes}: ${found!.counter}`);
			outcomes[found!.counter === 1 ? "old" : "new"]++;
			equal(heard[1]!.counter, Number(found!.counter) + 1, "still writable");
		}
	}
	ok(outcomes.old > 0 && outcomes.new > 0, "the sweep proved nothing");
});
