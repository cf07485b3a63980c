import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckedEntropy } from "../../../hosts/chips/checked-entropy.ts";
import { AreaFlash } from "../../../hosts/zephyr/flash.ts";
import { Link } from "../../../hosts/zephyr/link.ts";
import { ZephyrPower } from "../../../hosts/zephyr/power.ts";
import { WakingDatagrams } from "../../../hosts/zephyr/waking-datagrams.ts";
import { FakeZephyr } from "./fake-zephyr.ts";

const [software, powerOn, watchdog, wake, lockup] = [1 << 1, 1 << 3, 1 << 4, 1 << 7, 1 << 8];

function boot(chip: FakeZephyr, flags: number): ZephyrPower {
	chip.resetFlags = flags;
	return new ZephyrPower({ system: chip.system, nowMs: () => chip.upMs, wallTimeS: () => undefined });
}

test("why it boots: the chip's flags, and what was noted before", () => {
	const chip = new FakeZephyr();
	assert.equal(boot(chip, powerOn).resetCause, "powerOn");
	boot(chip, powerOn).restart();
	assert.equal(chip.reboots, 1);
	assert.equal(boot(chip, software).resetCause, "restart");
	assert.equal(boot(chip, software).resetCause, "crash", "software's own, and nobody noted it: the SDK's for an error");
	boot(chip, powerOn).restart();
	assert.equal(boot(chip, watchdog | software).resetCause, "watchdog");
	assert.equal(boot(chip, lockup).resetCause, "crash");
	const woken = boot(chip, wake);
	assert.deepEqual([woken.resetCause, woken.wakeReason], ["deepSleep", "pin"]);
	assert.equal(boot(chip, 0).resetCause, "powerOn");
	assert.equal(boot(chip, -88).resetCause, "powerOn", "a chip that does not say");
	chip.retained = new Uint8Array(0);
	const without = boot(chip, software);
	assert.deepEqual([without.resetCause, without.retained], ["restart", undefined]);
});

test("the application's retained memory lies beside the host's notes", () => {
	const chip = new FakeZephyr();
	const power = boot(chip, powerOn);
	power.retained!.write(0, Uint8Array.of(1, 2, 3));
	power.restart();
	const read = new Uint8Array(3);
	const after = boot(chip, software);
	after.retained!.read(0, read);
	assert.deepEqual([after.resetCause, read], ["restart", Uint8Array.of(1, 2, 3)]);
});

test("a light sleep rests the radio until its time, or until something is sent", () => {
	const chip = new FakeZephyr();
	const power = boot(chip, powerOn);
	power.sleep(60_000, "light");
	assert.equal(chip.restMs, 60_000);
	chip.upMs = 59_999;
	power.wake(false);
	assert.equal(chip.restMs, 60_000);
	chip.upMs = 60_000;
	power.wake(false);
	assert.deepEqual([chip.restMs, power.wakeReason], [0, "alarm"]);
	power.sleep(undefined, "light");
	assert.equal(chip.restMs, 2 ** 31 - 1);
	const written: number[] = [];
	const inner = { read: () => -1, write: (bytes: Uint8Array) => void written.push(bytes.length), close() {} };
	new WakingDatagrams(inner, power).write(new Uint8Array(4), { host: "::1", port: 1 });
	assert.deepEqual([chip.restMs, written], [0, [4]]);
	chip.restStatus = -134;
	assert.throws(() => power.sleep(90_000, "light"), { name: "HostFailure" });
	chip.restMs = undefined;
	power.wake(true);
	assert.equal(chip.restMs, undefined, "a sleep that was refused does not end");
});

test("off is system off where a pin ends it, and a restart where nothing would; deep there is not", () => {
	const chip = new FakeZephyr();
	const power = boot(chip, powerOn);
	assert.deepEqual(power.depths, ["light", "off"]);
	power.off();
	assert.equal(chip.isOff, true);
	assert.throws(() => power.sleep(1000, "deep"), { name: "HostFailure" });
	chip.canPowerOff = chip.isOff = false;
	const brick = boot(chip, powerOn);
	brick.off();
	assert.deepEqual([brick.depths, chip.isOff, chip.reboots], [["light"], false, 1]);
});

test("a flash area has the rules of NOR; a partition that is not there is the host's failure", () => {
	const chip = new FakeZephyr();
	const flash = new AreaFlash(chip.system, "settings");
	assert.deepEqual([flash.sizeBytes, flash.sectorBytes, flash.writeBytes, flash.erasedByte], [16_384, 4096, 4, 0xff]);
	const bytes = Uint8Array.from({ length: 200 }, (_, index) => index);
	flash.write(4096, bytes);
	const read = new Uint8Array(200);
	flash.read(4096, read);
	assert.deepEqual(read, bytes);
	const other = bytes.slice();
	other[199] = 0xff; // in the last of its pieces
	assert.throws(() => flash.write(4096, other), /not erased/);
	assert.throws(() => flash.write(2, new Uint8Array(4)), /misaligned/);
	assert.throws(() => flash.erase(0, 5), /whole sectors/);
	assert.throws(() => flash.read(16_384, new Uint8Array(1)), /outside/);
	flash.erase(4096, 4096);
	assert.equal(chip.settings[4100], 0xff);
	assert.throws(() => new AreaFlash(chip.system, "factory"), { name: "HostFailure" });
});

test("the network's first coming begins the application, once; each change is a record", () => {
	const chip = new FakeZephyr();
	const records: unknown[] = [];
	let begun = 0;
	const link = new Link(chip.system, { write: (record) => records.push({ ...record }) });
	link.begin(() => begun++);
	for (const online of [1, 0, 1]) {
		chip.online = online;
		chip.changed!();
	}
	assert.equal(begun, 1);
	assert.deepEqual(records, [
		{ event: "link", state: "online" },
		{ event: "link", state: "offline" },
		{ event: "link", state: "online" },
	]);
	const system = {
		...chip.system,
		startLink() {
			throw new Error("link: error -5");
		},
	};
	const failed: unknown[] = [];
	const failing = new Link(system, { write: (record) => failed.push({ ...record }) });
	failing.begin(() => begun++);
	assert.deepEqual(failed, [{ event: "link", state: "failed", why: "Error: link: error -5" }]);
});

test("the link: its changes are news while awake, and not in a rest of our own", () => {
	const chip = new FakeZephyr();
	const power = { isResting: false };
	const link = new Link(chip.system, { write: () => {} }, power);
	const heard: string[] = [];
	link.onChanged({ wake: () => heard.push(link.state) });
	link.begin(() => {});
	for (const isResting of [false, true]) {
		power.isResting = isResting;
		for (const online of [1, 0]) {
			chip.online = online;
			chip.changed!();
		}
	}
	assert.deepEqual(heard, ["up", "down"]);
	assert.equal(link.state, "resting");
	power.isResting = false;
	assert.equal(link.state, "down");
});

test("entropy that stands still is refused", () => {
	assert.throws(() => new CheckedEntropy((bytes) => new FakeZephyr().system.fillFromSystem(bytes)), /repeats itself/);
});
