/** The self-test that qualifies boards, on a simulated one; and whether it tells what is broken on purpose. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip } from "../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";
import type { VirtualNetwork } from "../../../hosts/simulator/network/virtual-network.ts";
import { World } from "../../../hosts/simulator/world.ts";
import type { Address, LogRecord } from "../../../modules/host.ts";
import { brokenBy, faults } from "./faults.ts";

const entry = join(javaScriptRoot, "test/hosts/selftest/selftest-program.js");
const behaviourFile = "test/hosts/selftest/selftest-behaviour.js";
const preset = presets.esp32;
const peer: Address = { host: "192.0.2.77", port: 7 };

interface Report {
	readonly results: ReadonlyMap<string, LogRecord>;
	readonly end: LogRecord | undefined;
	readonly causes: readonly unknown[];
	named(part: RegExp): LogRecord;
}

/** Runs the self-test to its end, over all its boots. @param behaviour JavaScript: what is broken */
async function report(behaviour?: string, { hasOtherImage = true } = {}): Promise<Report> {
	const replacements = behaviour === undefined ? {} : { [behaviourFile]: behaviour };
	const device = await loadDevice({ entry, version: "1.0.0", name: "Thing", replacements });
	const results = new Map<string, LogRecord>();
	const causes: unknown[] = [];
	let end: LogRecord | undefined;
	const world = World.virtual<Machine>({
		seed: 5,
		device,
		onEvent: (record) => {
			if (record.event === "selfTest") results.set(String(record.check), record);
			else if (record.event === "selfTestBoot") causes.push(record.cause);
			else if (record.event === "selfTestEnded") end = record;
		},
	});
	const network = world.network as VirtualNetwork;
	network.name("echo.example", peer.host);
	const into = new Uint8Array(1500);
	const from: Address = { host: "", port: 0 };
	const echo = network.open({
		...peer,
		onReadable: () => {
			for (let size = echo.read(into, from); size >= 0; size = echo.read(into, from)) {
				echo.write(into.subarray(0, size), from);
			}
		},
	});
	const flash = new FlashChip(preset.flash);
	const board = world.addBoard({ preset, flash, afterFailure: "reset" });
	if (hasOtherImage) equal(flash.burn(preset.map.slotB.offset, device.image.bytes), undefined);
	board.powerOn();
	await world.run(600_000, { isOver: () => end !== undefined });
	world.close();
	const named = (part: RegExp) => {
		const found = [...results].find(([name]) => part.test(name));
		ok(found, `no check is called ${part}`);
		return found[1];
	};
	return { results, end, causes, named };
}

const failures = ({ results }: Report) => [...results.values()].filter(({ result }) => result === "failed");

test("a simulated board passes: what it has not is skipped, and why; the boots are those asked for", async () => {
	const whole = await report();
	deepEqual(failures(whole), []);
	const skips = [...whole.results.values()].filter(({ result }) => result === "skipped");
	for (const { check, why } of skips) ok(String(why).length > 10, `${check} says why`);
	equal(whole.end?.failed, 0);
	equal(whole.end?.skipped, skips.length);
	equal(Number(whole.end?.passed) + skips.length, whole.results.size);
	ok(Number(whole.end?.passed) > 35, `${whole.end?.passed} passed`);
	const resets = ["restart", "restart", "deepSleep", "crash", "watchdog", "restart", "restart", "restart"];
	deepEqual(whole.causes, ["powerOn", ...resets]);
});

test("without an image in the other slot its trials are skipped, and the slot is tested all the same", async () => {
	const whole = await report(undefined, { hasOtherImage: false });
	deepEqual(failures(whole), []);
	match(String(whole.named(/an image is tried/).why), /holds no image that verifies/);
	equal(whole.named(/the other one is erased/).result, "passed");
});

for (const { what, ports, check, why } of faults) {
	test(`broken on purpose, ${what}: told`, async () => {
		const whole = await report(brokenBy(ports));
		const told = failures(whole).find((record) => check.test(String(record.check)) && why.test(String(record.why)));
		ok(told, `told: ${JSON.stringify(failures(whole))}`);
		ok(whole.end === undefined || Number(whole.end.failed) > 0, "the last line counts it");
	});
}
