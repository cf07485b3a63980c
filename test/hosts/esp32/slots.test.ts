/** The OTA slots against an ESP-IDF of this test: its boot loader's states, its NVS, its flash. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { headerBytes, readHeader } from "../../../hosts/esp32/image-header.ts";
import { OtaSlots } from "../../../hosts/esp32/slots.ts";
import { HostFailure, type ResetCause } from "../../../modules/host.ts";
import { type ImageOptions, image } from "./image.ts";
import { natives } from "./natives.ts";

const slotBytes = 16384;

/** ESP-IDF with two slots; `states` as esp_ota_get_state_partition says. */
class Board {
	running = 0;
	readonly states = [-2, -2];
	readonly flash = [new Uint8Array(slotBytes).fill(0xff), new Uint8Array(slotBytes).fill(0xff)];
	readonly notes = new Map<string, string>();
	verdict = 0;
	deadlineMs = 0;
	boot: number | undefined;

	constructor() {
		natives.now = {
			xs_dormouse_esp_slot_running: () => this.running,
			xs_dormouse_esp_slot_state: (slot: number) => this.states[slot],
			xs_dormouse_esp_slot_adopt: () => {
				this.states[this.running] = 2;
			},
			xs_dormouse_esp_slot_size: () => slotBytes,
			xs_dormouse_esp_slot_read: (slot: number, offset: number, into: Uint8Array) => {
				if (offset + into.length > slotBytes) throw new Error("flash");
				into.set(this.flash[slot]!.subarray(offset, offset + into.length));
			},
			xs_dormouse_esp_slot_erase: (offset: number, size: number) => {
				this.states[1 - this.running] = -2;
				this.flash[1 - this.running]!.fill(0xff, offset, offset + size);
			},
			xs_dormouse_esp_slot_write: (offset: number, bytes: Uint8Array) =>
				this.flash[1 - this.running]!.set(bytes, offset),
			xs_dormouse_esp_slot_verify: () => this.verdict,
			xs_dormouse_esp_slot_pend: () => {
				this.boot = 1 - this.running;
				this.states[1 - this.running] = 0;
			},
			xs_dormouse_esp_slot_confirm: () => {
				this.states[this.running] = 2;
			},
			xs_dormouse_esp_slot_refuse: () => {
				this.states[this.running] = 3;
			},
			xs_dormouse_esp_slot_deadline: (ms: number) => {
				this.deadlineMs = ms;
			},
			xs_dormouse_esp_note: (name: string) => this.notes.get(name),
			xs_dormouse_esp_set_note: (name: string, value: string) => {
				assert.ok(name.length <= 15 && value.length <= 71);
				this.notes.set(name, value);
			},
		};
	}

	put(slot: number, options: ImageOptions = {}): void {
		this.flash[slot]!.fill(0xff).set(image(options));
	}

	/** As ESP-IDF's boot loader does: a new image becomes one to be confirmed, and one that was not is left. */
	start(cause: ResetCause = "restart", wasDeadline = false): OtaSlots {
		if (this.states[this.running] === 1) this.states[this.running] = 4;
		if ((this.states[this.running] ?? 0) >= 3) this.running = 1 - this.running;
		if (this.boot !== undefined) this.running = this.boot;
		this.boot = undefined;
		if (this.states[this.running] === 0) this.states[this.running] = 1;
		return OtaSlots.open(cause, wasDeadline)!;
	}
}

function load(slots: OtaSlots, bytes: Uint8Array): void {
	slots.erase(0, slotBytes);
	const whole = new Uint8Array(Math.ceil(bytes.length / 16) * 16).fill(0xff);
	whole.set(bytes);
	slots.write(0, whole);
}

function verdict(slots: OtaSlots): string {
	for (let steps = 0; steps < 5; steps++) {
		const found = slots.verify();
		if (found !== undefined) return found;
	}
	return "no end";
}

test("slots: flashed by cable, nothing in the other one", () => {
	const board = new Board();
	board.put(0);
	const slots = board.start("powerOn");
	assert.equal(slots.running, "a");
	assert.deepEqual(slots.bootReason, { kind: "normal" });
	assert.equal(slots.state("a"), "confirmed");
	assert.deepEqual(board.states, [2, -2], "the boot loader has to know where to go back to");
	assert.equal(slots.state("b"), "empty");
	assert.equal(slots.image("b"), undefined);
	assert.equal(slots.image("a")?.version, "1.0.0");
	assert.equal(verdict(slots), "image");
	assert.throws(() => slots.markPending(), HostFailure);
});

test("slots: no OTA partitions, no port", () => {
	const board = new Board();
	board.running = -1;
	assert.equal(OtaSlots.open("powerOn", false), undefined);
});

test("slots: an update on trial, confirmed: its counter is the device's from then on", () => {
	const board = new Board();
	board.put(0);
	let slots = board.start("powerOn");
	load(slots, image({ version: "2.0.0", counter: 3 }));
	assert.equal(slots.state("b"), "valid");
	assert.equal(verdict(slots), "ok");
	slots.markPending();
	assert.equal(slots.state("b"), "trial");
	slots = board.start("restart");
	assert.equal(slots.running, "b");
	assert.deepEqual(slots.bootReason, { kind: "trial", bootsLeft: 0, leftMs: 360_000 });
	assert.equal(board.deadlineMs, 360_000);
	slots.confirm();
	assert.equal(board.deadlineMs, 0);
	assert.equal(slots.state("b"), "confirmed");
	assert.equal(board.notes.get("counter"), "3");
	slots = board.start("powerOn");
	assert.deepEqual(slots.bootReason, { kind: "normal" });
	load(slots, image({ version: "3.0.0", counter: 2 }));
	assert.equal(verdict(slots), "counter");
	load(slots, image({ version: "3.0.0", counter: 3 }));
	assert.equal(verdict(slots), "ok");
});

const ends: readonly [string, ResetCause, boolean][] = [
	["crash", "crash", false],
	["watchdog", "watchdog", false],
	["deadline", "watchdog", true],
	["boots", "powerOn", false],
	["boots", "restart", false],
];
for (const [why, cause, wasDeadline] of ends) {
	test(`slots: left for ${why} (${cause}), said at each boot until confirm()`, () => {
		const board = new Board();
		board.put(0);
		let slots = board.start("powerOn");
		load(slots, image({ version: "2.0.0" }));
		assert.equal(verdict(slots), "ok");
		slots.markPending();
		board.start("restart");
		slots = board.start(cause, wasDeadline);
		assert.equal(slots.running, "a");
		assert.deepEqual(slots.bootReason, { kind: "reverted", why });
		assert.equal(slots.state("b"), "bad");
		slots = board.start("powerOn");
		assert.deepEqual(slots.bootReason, { kind: "reverted", why }, "the next reset has another cause");
		slots.confirm();
		assert.deepEqual(board.start("restart").bootReason, { kind: "normal" });
	});
}

test("slots: refused by the program, with its reason; another update settles it", () => {
	const board = new Board();
	board.put(0);
	let slots = board.start("powerOn");
	load(slots, image({ version: "2.0.0" }));
	verdict(slots);
	slots.markPending();
	slots = board.start("restart");
	slots.revert("deadline");
	slots = board.start("restart");
	assert.deepEqual(slots.bootReason, { kind: "reverted", why: "deadline" });
	load(slots, image({ version: "3.0.0" }));
	assert.equal(slots.state("b"), "valid");
	assert.deepEqual(board.start("restart").bootReason, { kind: "normal" });
});

test("slots: what the check refuses", () => {
	const board = new Board();
	board.put(0);
	const slots = board.start("powerOn");
	load(slots, image({ name: "other" }));
	assert.equal(verdict(slots), "product");
	load(slots, image({ chip: 9 }));
	assert.equal(verdict(slots), "product");
	load(slots, image({ segments: [1000, 20000] }).subarray(0, 8192));
	assert.equal(verdict(slots), "size");
	load(slots, image());
	board.verdict = 2;
	assert.equal(verdict(slots), "signature");
	board.verdict = 1;
	assert.equal(verdict(slots), "image");
	board.verdict = 0;
	assert.equal(verdict(slots), "ok");
	slots.erase(0, 4096);
	assert.throws(() => slots.markPending(), HostFailure, "erased after the check");
});

test("slots: outside, misaligned, and flash that fails are HostFailures", () => {
	const board = new Board();
	board.put(0);
	const slots = board.start("powerOn");
	assert.throws(() => slots.erase(0, 100), HostFailure);
	assert.throws(() => slots.erase(0, slotBytes + 4096), HostFailure);
	assert.throws(() => slots.write(8, new Uint8Array(16)), HostFailure);
	assert.throws(() => slots.write(0, new Uint8Array(8)), HostFailure);
	assert.throws(() => slots.read(slotBytes, new Uint8Array(1)), HostFailure);
	natives.now.xs_dormouse_esp_slot_write = () => {
		throw new Error("worn out");
	};
	assert.throws(() => slots.write(0, new Uint8Array(16)), HostFailure);
});

test("image header: no bytes make it throw, or claim more than a slot", () => {
	const good = image();
	const read = (bytes: Uint8Array) => (offset: number, into: Uint8Array) =>
		into.set(bytes.subarray(offset, offset + into.length));
	assert.equal(readHeader(good.subarray(0, headerBytes), read(good), slotBytes)?.sizeBytes, good.length);
	for (let size = 0; size < headerBytes; size++)
		assert.equal(readHeader(good.subarray(0, size), read(good), slotBytes), undefined);
	const changes = fc.array(fc.tuple(fc.nat(headerBytes - 1), fc.nat(255)), { maxLength: 8 });
	fc.assert(
		fc.property(changes, (list) => {
			const bytes = good.slice();
			for (const [at, value] of list) bytes[at] = value;
			const found = readHeader(bytes.subarray(0, headerBytes), read(bytes), slotBytes);
			if (found !== undefined) assert.ok(found.sizeBytes >= 0 && found.sizeBytes <= slotBytes);
		}),
		{ numRuns: 2000 },
	);
});
