/** The Power port of the emulated chip: every way in which a life ends, and what the next one finds. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildFirmware } from "../../../hosts/cortex-m/tools/firmware.ts";
import { buildDeviceImage } from "../../../hosts/cortex-m/tools/image.ts";
import { type DeviceEvent, QemuDevice } from "../../../hosts/cortex-m/tools/qemu.ts";
import { findToolchain } from "../../../hosts/cortex-m/tools/toolchain.ts";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";

const toolchain = findToolchain();
const skip = typeof toolchain === "string" ? toolchain : false;

test("[LC] deep sleep, light sleep, restart, crash and watchdog on a Cortex-M4: retained memory, causes, clock", {
	skip,
	timeout: 120_000,
}, async (t) => {
	ok(typeof toolchain !== "string");
	const folder = mkdtempSync(join(tmpdir(), "dormouse-power-"));
	const events: DeviceEvent[] = [];
	const device = new QemuDevice({
		firmware: await buildFirmware({ ...toolchain, mbedtls: undefined }, "device"),
		image: await buildDeviceImage({ entry: join(javaScriptRoot, "test/hosts/cortex-m/power-board.js") }),
		folder,
		factory: {},
		watchdogMs: 400,
		isCounted: true, // so that a busy computer is no watchdog's matter
		onEvent: (event) => {
			events.push(event);
			// Asleep for ever: somebody presses the button.
			if (event.event === "life" && event.number === 2) setTimeout(() => device.pullPin(), 1000);
		},
	});
	t.after(() => {
		device.kill();
		rmSync(folder, { recursive: true, force: true });
	});
	equal(await device.ended, 0, JSON.stringify(events));
	const lives = events.filter(({ event }) => event === "life");
	deepEqual(
		lives.map(({ number, resetCause, wakeReason }) => [number, resetCause, wakeReason]),
		[
			[0, "powerOn", undefined],
			[1, "deepSleep", "alarm"],
			[2, "restart", undefined],
			[3, "deepSleep", "pin"],
			[4, "crash", undefined],
			[5, "watchdog", undefined],
		],
	);
	for (const { number, isKept, clockWentOn } of lives) {
		equal(isKept, number !== 0, `life ${number}: the retained memory`);
		equal(clockWentOn, number !== 0, `life ${number}: the clock`);
	}
	const times = lives.map(({ nowMs }) => Number(nowMs));
	for (const [index, nowMs] of times.entries()) if (index > 0) ok(nowMs > times[index - 1]!, times.join());
	ok(times[1]! >= times[0]! + 1500 && times[1]! < times[0]! + 15_000, `woken in time: ${times.join()}`);
	ok(times[5]! >= times[4]! + 400, `the watchdog took its time: ${times.join()}`);
	for (const { wallTimeS } of lives.slice(1)) ok(Number(wallTimeS) >= 1_800_000_000, "wall time");
	const [rang] = events.filter(({ event }) => event === "rang");
	ok(Number(rang?.nowMs) >= times[5]! + 700, "the alarm in light sleep");
	equal(events.filter(({ event }) => event === "deviceFailed").length, 1);
	deepEqual(
		events.filter(({ event }) => event === "watchdog").map(({ why }) => why),
		["turn"],
	);
});
