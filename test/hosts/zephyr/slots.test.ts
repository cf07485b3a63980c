/** MCUboot as the Slots port: images that MCUboot's own imgtool has signed, and a fake of its boot decisions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeCrypto } from "../../../hosts/simulator/board/accelerator.ts";
import { ImageCheck } from "../../../hosts/zephyr/image-check.ts";
import { readMcubootImage } from "../../../hosts/zephyr/mcuboot-image.ts";
import { ZephyrPower } from "../../../hosts/zephyr/power.ts";
import { type McubootSlots, openMcubootSlots } from "../../../hosts/zephyr/slots.ts";
import { fromHex, toHex } from "../../../modules/bytes.ts";
import { Sha256 } from "../../../modules/crypto/sha256.ts";
import type { ImageVerdict } from "../../../modules/host.ts";
import vectors from "../../vectors/mcuboot.json" with { type: "json" };
import { FakeZephyr } from "./fake-zephyr.ts";

const crypto = new NodeCrypto();
const signer = { p256: crypto.p256, point: fromHex(vectors.publicPoint)! };
const image = (name: string): Uint8Array => fromHex(vectors.cases.find((each) => each.name === name)!.hex)!;
const good = image("signed, with counter and product");
const source = (bytes: Uint8Array, sizeBytes = 64 * 1024) => ({
	sizeBytes,
	read: (offset: number, into: Uint8Array) => {
		assert.ok(offset + into.length <= sizeBytes, "beyond the slot");
		into.fill(0xff);
		into.set(bytes.subarray(offset, offset + into.length));
	},
});

function verdictOf(bytes: Uint8Array, running: Uint8Array | "unknown" = good, isSigned = true): ImageVerdict {
	const own = running === "unknown" ? undefined : readMcubootImage(source(running));
	const check = new ImageCheck({
		from: source(bytes),
		running: own,
		sha256: () => new Sha256(),
		signer: isSigned ? signer : undefined,
	});
	for (let step = 0; step < 1000; step++) {
		const verdict = check.step();
		if (verdict !== undefined) return verdict;
	}
	throw new Error("no end");
}

for (const { name, version, product, counter, verdict } of vectors.cases) {
	test(`imgtool's image, ${name}: ${verdict}`, () => {
		const read = readMcubootImage(source(image(name)))!;
		assert.deepEqual([read.version, read.name, read.securityCounter], [version, product, counter]);
		assert.equal(read.sizeBytes, image(name).length);
		assert.equal(verdictOf(image(name)), verdict);
	});
}

test("without a signer of ours the signature is left to MCUboot, the hash is not", () => {
	assert.equal(verdictOf(image("signed by another key"), good, false), "ok");
	assert.equal(verdictOf(image("no product"), "unknown", false), "ok");
});

test("whatever byte of an image is another, it is found; a cut image is none", () => {
	let signatures = 0;
	for (let at = 0; at < good.length; at++) {
		const bytes = Uint8Array.from(good);
		bytes[at]! ^= 0x10;
		const verdict = verdictOf(bytes);
		assert.ok(verdict !== "ok" || isUnread(at), `byte ${at}: ${verdict}`);
		if (verdict === "signature") signatures++;
	}
	assert.ok(signatures > 60);
	for (let size = 0; size < good.length; size++) {
		assert.equal(readMcubootImage(source(good.subarray(0, size), size)), undefined, `${size} bytes`);
	}
});

/** The hash of the key, by which MCUboot finds its own: we have one key. */
function isUnread(at: number): boolean {
	const keyHash = toHex(good).lastIndexOf("01002000") / 2;
	return at >= keyHash && at < keyHash + 36;
}

/** A device: its chip, and what this host opens on it after a boot. */
function open(chip: FakeZephyr): { slots: McubootSlots; power: ZephyrPower } {
	const { system } = chip;
	const power = new ZephyrPower({ system, nowMs: () => chip.upMs, wallTimeS: () => undefined });
	const slots = openMcubootSlots({
		system,
		sha256: () => new Sha256(),
		resetCause: power.resetCause,
		noted: power.revertedWhy,
		note: (why) => power.noteRevert(why),
		signer,
	});
	return { slots: slots!, power };
}

function freshChip(): FakeZephyr {
	const chip = new FakeZephyr();
	chip.slots[0].set(image("an older counter"));
	return chip;
}

function download(slots: McubootSlots, bytes: Uint8Array): ImageVerdict {
	const size = Math.ceil(bytes.length / slots.sectorBytes) * slots.sectorBytes;
	slots.erase(0, size);
	const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4).fill(0xff);
	padded.set(bytes);
	slots.write(0, padded);
	let verdict = slots.verify();
	while (verdict === undefined) verdict = slots.verify();
	return verdict;
}

function leave(slots: McubootSlots, power: ZephyrPower, why: "refused" | "deadline"): void {
	slots.revert(why);
	power.restart();
}

const [software, watchdog, powerOn, lockup] = [1 << 1, 1 << 4, 1 << 3, 1 << 8];

test("a new device: the slot that runs is confirmed, the other one empty", () => {
	const { slots, power } = open(freshChip());
	assert.deepEqual(slots.bootReason, { kind: "normal" });
	assert.deepEqual([slots.state("a"), slots.state("b")], ["confirmed", "empty"]);
	assert.equal(slots.image("a")!.version, "1.2.3+4");
	assert.equal(slots.image("b"), undefined);
	assert.equal(power.resetCause, "powerOn");
});

test("update, trial, confirm", () => {
	const chip = freshChip();
	const { slots } = open(chip);
	assert.throws(() => slots.markPending(), { name: "HostFailure" });
	assert.equal(download(slots, good), "ok");
	assert.equal(slots.state("b"), "valid");
	slots.markPending();
	assert.equal(slots.state("b"), "trial");

	chip.boot(software);
	const tried = open(chip).slots;
	assert.deepEqual(tried.bootReason, { kind: "trial", bootsLeft: 0, leftMs: 600_000 });
	assert.equal(chip.deadlineMs, 600_000);
	assert.deepEqual([tried.state("a"), tried.state("b")], ["trial", "confirmed"]);
	assert.equal(tried.image("a")!.securityCounter, 3);
	assert.throws(() => tried.erase(0, 4096), /way back/);
	tried.confirm();
	assert.equal(chip.deadlineMs, 0);
	assert.equal(tried.state("a"), "confirmed");

	chip.boot(powerOn);
	const after = open(chip).slots;
	assert.deepEqual(after.bootReason, { kind: "normal" });
	assert.equal(after.image("a")!.securityCounter, 3);
	assert.equal(download(after, image("an older counter")), "counter");
});

for (const [why, end, flags] of [
	["watchdog", () => {}, watchdog],
	["crash", () => {}, lockup],
	["boots", () => {}, powerOn],
	["refused", ({ slots, power }: ReturnType<typeof open>) => leave(slots, power, "refused"), software],
	["deadline", ({ slots, power }: ReturnType<typeof open>) => leave(slots, power, "deadline"), software],
] as const) {
	test(`an image on trial is left, and the old one says why: ${why}`, () => {
		const chip = freshChip();
		const { slots } = open(chip);
		download(slots, good);
		slots.markPending();
		chip.boot(software);
		end(open(chip));
		chip.boot(flags);
		const back = open(chip).slots;
		assert.deepEqual(back.bootReason, { kind: "reverted", why });
		assert.deepEqual([back.state("a"), back.state("b")], ["confirmed", "bad"]);
		assert.equal(back.image("a")!.securityCounter, 1);
		chip.boot(powerOn);
		assert.equal(open(chip).slots.bootReason.kind, "reverted", "said until somebody takes note");
		open(chip).slots.confirm();
		chip.boot(powerOn);
		const settled = open(chip).slots;
		assert.deepEqual(settled.bootReason, { kind: "normal" });
		assert.equal(settled.state("b"), "empty");
		assert.equal(download(settled, good), "ok");
	});
}

test("an image that MCUboot refuses is gone at the next boot, and nothing was tried", () => {
	const chip = freshChip();
	const { slots } = open(chip);
	download(slots, good);
	slots.markPending();
	chip.isValid = () => false;
	chip.boot(software);
	const back = open(chip).slots;
	assert.deepEqual(back.bootReason, { kind: "normal" });
	assert.deepEqual([back.state("a"), back.state("b")], ["confirmed", "empty"]);
});

test("a new download takes back a mark: the trailer goes with the first sector", () => {
	const chip = freshChip();
	const { slots } = open(chip);
	download(slots, good);
	slots.markPending();
	slots.erase(0, 4096);
	chip.boot(software);
	assert.deepEqual(open(chip).slots.bootReason, { kind: "normal" });
});

test("the largest image ends before MCUboot's trailer, and begins where the mode has it", () => {
	const chip = freshChip();
	const { slots } = open(chip);
	assert.equal(slots.sizeBytes, 60 * 1024);
	assert.throws(() => slots.write(60 * 1024 - 4, new Uint8Array(8)), /beyond/);
	assert.throws(() => slots.erase(60 * 1024, 4096), /beyond/);
	const offset = freshChip();
	offset.imageAt = 4096;
	const byOffset = open(offset).slots;
	assert.equal(byOffset.sizeBytes, 56 * 1024);
	assert.equal(download(byOffset, good), "ok");
	assert.equal(offset.slots[1][0], 0xff);
	assert.deepEqual(offset.slots[1].subarray(4096, 4096 + 64), new Uint8Array(good.subarray(0, 64)));
});

test("without MCUboot, or in a mode that does not swap, there are no slots", () => {
	const chip = freshChip();
	chip.isSwapping = 0;
	assert.equal(open(chip).slots, undefined);
});
