import { frozen } from "../../modules/frozen.ts";
import type { Host, SleepDepth } from "../../modules/host.ts";
import { expect, Skipped, sameBytes } from "./check.ts";
import type { Bench, Stage } from "./stage.ts";

const sleepMs = 3000;
/** A boot of a slow board, behind the time that was asked for. */
const bootMaxMs = 60_000;

export const restartStage: Stage = frozen<Stage>({
	name: "restart: storage keeps its bytes, the port is free, entropy is another",
	expects: "restart",
	begin: ({ host }) => host.power.restart(),
	end({ host, memory, first }) {
		if (memory.port !== 0) host.openDatagrams({ port: memory.port, onReadable: () => {} }).close();
		expect(!sameBytes(first, memory.sample), "the first bytes of two boots are the same");
		looksAtClocks(host, memory, 0);
	},
});

export const deepSleepStage: Stage = frozen<Stage>({
	name: "sleep: deep, until its time",
	expects: "deepSleep",
	begin({ host }) {
		const { power, clock } = host;
		needs(host, "deep");
		const { retained } = power;
		if (retained !== undefined) retained.write(0, pattern(retained.sizeBytes));
		power.sleep!(clock.nowMs() + sleepMs, "deep");
	},
	end({ host, memory }) {
		const { wakeReason, retained } = host.power;
		expect(wakeReason === undefined || wakeReason === "alarm", `woken by ${wakeReason}`);
		looksAtClocks(host, memory, sleepMs);
		if (retained !== undefined) holdsPattern(retained);
	},
});

export const retainedStage: Stage = frozen<Stage>({
	name: "retained memory: outlives a restart",
	expects: "restart",
	begin({ host: { power } }) {
		if (power.retained === undefined) throw new Skipped("the host has none");
		power.retained.write(0, pattern(power.retained.sizeBytes));
		power.restart();
	},
	end({ host }) {
		holdsPattern(host.power.retained!);
	},
});

export const crashStage: Stage = frozen<Stage>({
	name: "an error that nobody catches resets the board",
	expects: "crash",
	begin({ host: { clock }, options }) {
		if (options.resetsOnCrash !== true) throw new Skipped("the host's entry does not say that it does");
		clock.setAlarm(clock.nowMs() + 10, () => {
			throw new Error("on purpose: the self-test looks what becomes of it");
		});
	},
});

export const watchdogStage: Stage = frozen<Stage>({
	name: "watchdog: a turn without end is ended",
	expects: "watchdog",
	begin({ host: { clock, log }, options }) {
		const { watchdogS } = options;
		if (watchdogS === undefined) throw new Skipped("the host's entry names none");
		log.write({ event: "selfTestHangs", seconds: watchdogS, note: "silence from here on: there is no watchdog" });
		clock.setAlarm(clock.nowMs() + 10, () => {
			const endMs = clock.nowMs() + watchdogS * 3000;
			while (clock.nowMs() < endMs);
			log.write({ event: "selfTestHung", note: "three times as long as the watchdog should take; now for ever" });
			for (;;);
		});
	},
});

function needs({ power: { depths, sleep } }: Host, depth: SleepDepth): void {
	if (sleep === undefined || depths?.includes(depth) !== true) throw new Skipped("Power.depths does not name it");
}

/** @param atLeastMs what must have passed since the memory was written */
function looksAtClocks({ clock, power }: Host, memory: Bench["memory"], atLeastMs: number): void {
	const passedMs = clock.nowMs() - memory.nowMs;
	if (power.clockWentOn === true) {
		expect(passedMs >= atLeastMs && passedMs < atLeastMs + bootMaxMs, `clockWentOn, and ${passedMs} ms have passed`);
	}
	const wallTimeS = clock.wallTimeS();
	if (wallTimeS === undefined || Number.isNaN(memory.wallTimeS)) return;
	const passedS = wallTimeS - memory.wallTimeS;
	expect(
		passedS >= Math.floor(atLeastMs / 1000) - 1 && passedS < bootMaxMs / 1000,
		`wall time went on by ${passedS} s`,
	);
}

function pattern(size: number): Uint8Array {
	const bytes = new Uint8Array(size);
	for (let index = 0; index < size; index++) bytes[index] = (index * 37 + 11) & 0xff;
	return bytes;
}

function holdsPattern(retained: NonNullable<Host["power"]["retained"]>): void {
	const bytes = new Uint8Array(retained.sizeBytes);
	retained.read(0, bytes);
	const wanted = pattern(bytes.length);
	for (let index = 0; index < bytes.length; index++) {
		expect(bytes[index] === wanted[index], `retained memory changed at ${index}: ${bytes[index]}`);
	}
}
