/**
 * What the emulated chip runs for power.test.ts: one life after the other, each ended in another way. Its number stands
 * in the retained memory, and behind it what every life has to find there.
 */
import type { Natives } from "../../../hosts/simulator/device/natives.ts";
import { BoardPower } from "../../../hosts/simulator/device/power.ts";

declare const board: Natives;

const power = new BoardPower(board, JSON.parse(board.bootRecord()));
const { resetCause, wakeReason, clockWentOn } = power;
const retained = power.retained!;
const pattern = new Uint8Array(retained.sizeBytes - 1).map((_, index) => (index * 7 + 3) & 255);
const found = new Uint8Array(retained.sizeBytes);
retained.read(0, found);
const number = resetCause === "powerOn" ? 0 : found[0]!;
const isKept = pattern.every((byte, index) => byte === found[index + 1]);
const nowMs = board.nowMs();
const wallTimeS = board.wallTimeS();
board.log(JSON.stringify({ event: "life", number, resetCause, wakeReason, clockWentOn, isKept, nowMs, wallTimeS }));
retained.write(1, pattern);
retained.write(0, Uint8Array.of(number + 1));

const ends: readonly (() => void)[] = [
	() => {
		board.setWallTimeS(1_800_000_000);
		power.sleep(nowMs + 1500, "deep");
	},
	() => power.restart(),
	() => power.sleep(undefined, "deep"), // the pin ends it
	() => {
		throw new Error("as it is meant to");
	},
	() => {
		for (;;) board.nowMs(); // an empty loop does not survive the bundler
	},
	() => {
		// The alarm rings in light sleep as ever.
		board.listen((kind) => {
			board.log(JSON.stringify({ event: "rang", kind, nowMs: board.nowMs() }));
			power.off();
		});
		board.setAlarm(nowMs + 700);
		power.sleep(nowMs + 60_000, "light");
	},
];
ends[number]?.();
