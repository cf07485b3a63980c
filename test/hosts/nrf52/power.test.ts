import assert from "node:assert/strict";
import { test } from "node:test";
import { SettingsFlash } from "../../../hosts/nrf52/flash.ts";
import { Nrf52Power, sleepMaxMs } from "../../../hosts/nrf52/power.ts";
import type { Nrf52System } from "../../../hosts/nrf52/system.ts";
import { WordMemory } from "../../../hosts/nrf52/word-memory.ts";

/** A chip whose words, clock and flash outlive its resets as the real one's do. */
class Chip {
	readonly words = new Int32Array(32);
	upMs = 0;
	/** The SDK's time of day, which goes on through Sleep.deep(ms). */
	dayMs = 1_601_856_000_000;
	reason = 0;
	sleptMs: number | undefined;
	resets = 0;
	flash = new Uint8Array(0x8000).fill(0xff);

	get system(): Nrf52System {
		return {
			uptimeMs: () => this.upMs,
			timeOfDayS: () => Math.floor(this.dayMs / 1000),
			fillFromSystem: (bytes) => void bytes.fill(1),
			reboot: () => void this.resets++,
			resetReason: () => this.reason,
			flashFact: (what) => (what === 0 ? this.flash.length : 4096),
			flashRead: (offset, into) => {
				into.set(this.flash.subarray(offset, offset + into.length));
				return true;
			},
			flashWrite: (offset, bytes) => {
				this.flash.set(bytes, offset);
				return true;
			},
			flashErase: (offset, size) => {
				this.flash.fill(0xff, offset, offset + size);
				return true;
			},
			retainedWord: (index) => this.words[index]!,
			setRetainedWord: (index, word) => void (this.words[index] = word),
			sleepFor: (ms) => {
				this.sleptMs = ms;
				throw new Error("asleep");
			},
			sleepForEver: () => {
				throw new Error("off");
			},
		};
	}

	boot(wallTimeS?: number): Nrf52Power {
		this.upMs = 0;
		return new Nrf52Power({ system: this.system, wallTimeS: () => wallTimeS });
	}

	runs(ms: number): void {
		this.upMs += ms;
		this.dayMs += ms;
	}
}

test("a chain of sleeps reaches any time, and the clock goes on over it", () => {
	const chip = new Chip();
	let power = chip.boot();
	assert.deepEqual([power.resetCause, power.clockWentOn, power.wakeReason], ["powerOn", false, undefined]);
	chip.runs(5_300);
	const wallS = 1_800_000_000;
	const dueMs = 3 * 86_400_000;
	let boots = 0;
	let before = chip.boot(wallS).nowMs();
	chip.runs(5_300);
	for (power = chip.boot(wallS); power.nowMs() < dueMs - 1000; boots++) {
		assert.throws(() => power.sleep(dueMs, "deep"), /asleep/);
		assert.ok(chip.sleptMs! <= sleepMaxMs);
		chip.dayMs += chip.sleptMs! + 7;
		power = chip.boot(wallS + boots);
		assert.deepEqual([power.resetCause, power.clockWentOn, power.wakeReason], ["deepSleep", true, "alarm"]);
		assert.ok(power.nowMs() >= before);
		before = power.nowMs();
		chip.runs(120);
	}
	assert.equal(boots, Math.ceil(dueMs / sleepMaxMs));
	assert.ok(Math.abs(before - dueMs) < boots * 1100 + 1000, `${before} ms`);
});

test("wall time is carried over a deep sleep, and only over one", () => {
	const chip = new Chip();
	assert.throws(() => chip.boot(4_000_000_000).sleep(600_000, "deep"), /asleep/);
	chip.dayMs += 600_000;
	assert.equal(chip.boot().wallTimeS, 4_000_000_600);
	assert.equal(chip.boot().wallTimeS, undefined);
});

test("why it boots: noted restarts, the watchdog, a lock-up, a pin, nothing", () => {
	const chip = new Chip();
	const bootAfter = (reason: number, act: (power: Nrf52Power) => void): Nrf52Power => {
		try {
			act(chip.boot());
		} catch {}
		chip.reason = reason;
		const power = chip.boot();
		chip.reason = 0;
		return power;
	};
	assert.equal(bootAfter(4, (power) => power.restart()).resetCause, "restart");
	assert.equal(bootAfter(2, () => {}).resetCause, "watchdog");
	assert.equal(bootAfter(8, (power) => power.restart()).resetCause, "crash");
	const woken = bootAfter(1 << 16, (power) => power.sleep(3_600_000, "deep"));
	assert.deepEqual([woken.resetCause, woken.wakeReason], ["deepSleep", "pin"]);
	assert.equal(bootAfter(1 << 16, (power) => power.off()).resetCause, "deepSleep");
	assert.equal(bootAfter(0, () => {}).resetCause, "powerOn");
	assert.equal(chip.resets, 2);
});

test("too short a sleep is none, a light one is refused, a debug build that stays awake leaves no note", () => {
	const chip = new Chip();
	const power = chip.boot();
	power.sleep(999, "deep");
	assert.equal(chip.sleptMs, undefined);
	assert.throws(() => power.sleep(undefined, "light"), { name: "HostFailure" });
	const awake = new Nrf52Power({ system: { ...chip.system, sleepFor() {} }, wallTimeS: () => undefined });
	awake.sleep(60_000, "deep");
	assert.equal(chip.boot().resetCause, "powerOn");
});

test("the SDK's words as bytes, at any offset, beside the host's own", () => {
	const chip = new Chip();
	const own = chip.words.slice(0, 5);
	const retained = chip.boot().retained;
	assert.equal(retained.sizeBytes, 108);
	const all = Uint8Array.from({ length: 108 }, (_, index) => 255 - index);
	retained.write(0, all);
	for (const [offset, size] of [
		[0, 108],
		[1, 3],
		[5, 8],
		[107, 1],
	] as const) {
		const bytes = Uint8Array.from({ length: size }, (_, index) => index ^ 0x80);
		retained.write(offset, bytes);
		all.set(bytes, offset);
		const read = new Uint8Array(108);
		retained.read(0, read);
		assert.deepEqual(read, all);
	}
	assert.deepEqual(chip.words.slice(0, 5), own);
	assert.throws(() => retained.write(105, new Uint8Array(4)), RangeError);
	assert.equal(new WordMemory(chip.system, 0, 2).sizeBytes, 8);
});

test("the settings' flash has the rules of NOR", () => {
	const chip = new Chip();
	const flash = new SettingsFlash(chip.system);
	flash.write(8, Uint8Array.of(0xf0, 0, 0, 1));
	assert.throws(() => flash.write(8, Uint8Array.of(0xff, 0, 0, 1)), /not erased/);
	assert.throws(() => flash.write(2, new Uint8Array(4)), /misaligned/);
	assert.throws(() => flash.erase(0, 100), /whole sectors/);
	assert.throws(() => flash.read(0x7fff, new Uint8Array(2)), /outside/);
	flash.erase(0, 4096);
	assert.equal(chip.flash[8], 0xff);
	chip.flash = new Uint8Array(0);
	assert.throws(() => new SettingsFlash(chip.system), { name: "HostFailure" });
});
