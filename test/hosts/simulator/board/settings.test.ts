import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip } from "../../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../../hosts/simulator/engine/machine.ts";
import { javaScriptRoot } from "../../../../hosts/simulator/image/builder.ts";
import { World, type WorldEvent } from "../../../../hosts/simulator/world.ts";

test("[MaU-003] settings on a board, on XS, power cut at every flash operation: old or new, sealed", async () => {
	const device = await loadDevice({
		entry: join(javaScriptRoot, "test/hosts/simulator/board/settings-program.js"),
		version: "1",
	});
	for (const preset of [presets.nrf52840, presets.esp32]) {
		const outcomes = { old: 0, new: 0 };
		const heard: WorldEvent[] = [];
		const world = World.virtual<Machine>({ seed: 1, device, onEvent: (event) => heard.push(event) });
		const board = world.addBoard({ preset, flash: new FlashChip(preset.flash) });
		let counter = 0;
		for (let life = 0; life < 110; life++) {
			const operation = life % 27;
			board.flash.cutAt({ operation, bytes: (life * 13) % 70, tornBits: (life * 37) & 0xff });
			heard.length = 0;
			board.powerOn();
			const [found] = heard;
			const at = `life ${life}, counter ${counter}: ${JSON.stringify(heard)}`;
			equal(found!.event, "found", at);
			ok(found!.counter === counter || found!.counter === counter + 1, at);
			equal(found!.second, found!.counter, at);
			equal(found!.secret, found!.counter, at);
			if (life > 0) outcomes[found!.counter === counter ? "old" : "new"]++;
			counter = Number(found!.counter);
			const stored = heard.find(({ event }) => event === "stored");
			equal(stored?.refusal, undefined, at);
			if (stored !== undefined) counter++;
			ok(!heard.some(({ event }) => event === "settings.rot" || event === "settings.worn"), at);
			if (board.state === "running") board.cutPower();
			// What is found next is `counter`, or one more where the cut came right after the last write.
			if (stored !== undefined) counter--;
			if (stored !== undefined) {
				board.flash.cutAt(undefined);
				heard.length = 0;
				board.powerOn();
				equal(heard[0]!.counter, counter + 1, `${at}, then ${JSON.stringify(heard)}`);
				counter += 2;
				board.cutPower();
			}
		}
		ok(outcomes.old > 0 && outcomes.new > 0, JSON.stringify(outcomes));
		ok(board.flash.figures().erases > 8, "it never went round");
	}
});
