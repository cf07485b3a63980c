/** The desktop's boot loader on Node, and the Slots port that the device has beside it: the same three partitions. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { generateKeyPairSync, randomFillSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DesktopBoot, retainedBytes } from "../../../hosts/desktop/launcher/boot.ts";
import { FileFlash } from "../../../hosts/desktop/launcher/file-flash.ts";
import { NodeHash, pointOf, writeImage } from "../../../hosts/desktop/launcher/image-writer.ts";
import { headerBytes, ImageCheck, imageIn, readHeader, signatureBytes } from "../../../hosts/desktop/slot-image.ts";
import { DesktopSlots } from "../../../hosts/desktop/slots.ts";
import { toHex } from "../../../modules/bytes.ts";
import { portableP256 } from "../../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import type { ResetCause } from "../../../modules/host.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-desktop-boot-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const entropy = { fill: (bytes: Uint8Array) => void randomFillSync(bytes) };
const shape = { blocks: 16, blockLength: 4096 };
const partitions = { boot: { blocks: 2, blockLength: 4096 }, slotA: shape, slotB: shape, factory: shape };
const rules = { bootsMax: 2, trialMs: 60_000 };
const name = "desk";

const programOf = (what: number) => new Uint8Array(10_001).fill(what);
const imageOf = (version: string, what: number, more: { securityCounter?: number; name?: string } = {}) =>
	writeImage(programOf(what), { name, version, key, ...more });

let count = 0;
function newBoot() {
	const state = join(folder, `state-${++count}`);
	const boot = new DesktopBoot({ state, partitions, trusted: key, rules });
	boot.powerOn();
	const flash = (which: "boot" | "slotA" | "slotB") => new FileFlash(join(state, "flash", which), partitions[which]);
	/** A boot, and the Slots port of the program that it starts. */
	const start = (cause: ResetCause = "restart", ranMs = 0) => {
		const started = boot.start(cause, ranMs);
		ok("program" in started, JSON.stringify(started));
		const { running, bootReason, program, version } = started;
		const slots = new DesktopSlots({
			boot: { cause, poweredAtMs: 0, watchdogS: 60, running, bootReason, trusted: toHex(pointOf(key)) },
			a: flash("slotA"),
			b: flash("slotB"),
			state: flash("boot"),
			crypto: () => new PortableCrypto({ entropy, p256: portableP256 }),
		});
		return { slots, version, what: readFileSync(program)[0], reason: bootReason };
	};
	return { boot, start, flash, state };
}

/** Writes an image into the other slot as an update does, and checks it. */
function put(slots: DesktopSlots, image: Uint8Array) {
	slots.erase(0, slots.sizeBytes);
	const padded = new Uint8Array(Math.ceil(image.length / slots.writeBytes) * slots.writeBytes).fill(0xff);
	padded.set(image);
	for (let at = 0; at < padded.length; at += 4096) slots.write(at, padded.subarray(at, at + 4096));
	for (let step = 0; step < 10; step++) {
		const verdict = slots.verify();
		if (verdict !== undefined) return verdict;
	}
	throw new Error("verify() has no end");
}

const update = (slots: DesktopSlots, image: Uint8Array) => {
	equal(put(slots, image), "ok");
	slots.markPending();
};

test("a programmed device starts its slot a, and is not programmed again with what it has", () => {
	const { boot, start } = newBoot();
	const image = imageOf("1.0.0", 1);
	equal(boot.program(image), true);
	equal(boot.program(image), false);
	const { slots, version, what, reason } = start("powerOn");
	deepEqual([slots.running, version, what, reason.kind], ["a", "1.0.0", 1, "normal"]);
	deepEqual([slots.state("a"), slots.state("b")], ["confirmed", "empty"]);
	equal(slots.image("a")?.version, "1.0.0");
});

test("[MaU-002] an update is tried and confirmed, and the program of the other slot is what runs", () => {
	const { boot, start } = newBoot();
	boot.program(imageOf("1.0.0", 1));
	update(start("powerOn").slots, imageOf("2.0.0", 2));
	const tried = start();
	deepEqual([tried.slots.running, tried.version, tried.what, tried.reason.kind], ["b", "2.0.0", 2, "trial"]);
	equal(boot.isOnTrial("b"), true);
	throws(() => tried.slots.erase(0, 4096), /way back/);
	tried.slots.confirm();
	equal(boot.isOnTrial("b"), false);
	for (const cause of ["restart", "powerOn", "crash"] as const) {
		const kept = start(cause);
		deepEqual([kept.slots.running, kept.what, kept.reason.kind], ["b", 2, "normal"]);
	}
	update(start().slots, imageOf("3.0.0", 3));
	deepEqual([start().slots.running, start().what], ["a", 3]);
});

const leavings: readonly (readonly [why: string, leave: (start: ReturnType<typeof newBoot>["start"]) => void])[] = [
	["crash", (start) => [start(), start("crash")]],
	["watchdog", (start) => [start(), start("watchdog")]],
	["boots", (start) => [start(), start("powerOn")]],
	["refused", (start) => start().slots.revert("refused")],
];

for (const [why, leave] of leavings) {
	test(`[MaU-002] a trial that ends by ${why} is left for the image before it, which knows why`, () => {
		const { boot, start } = newBoot();
		boot.program(imageOf("1.0.0", 1));
		update(start("powerOn").slots, imageOf("2.0.0", 2));
		leave(start);
		const back = start(why === "crash" || why === "watchdog" ? why : "restart");
		deepEqual([back.slots.running, back.what], ["a", 1]);
		deepEqual(back.reason, { kind: "reverted", why });
		equal(back.slots.state("b"), "bad");
		back.slots.confirm();
		equal(start().reason.kind, "normal");
	});
}

test("a trial that takes too long is over at the next reset, whatever that was", () => {
	const { boot, start } = newBoot();
	boot.program(imageOf("1.0.0", 1));
	update(start("powerOn").slots, imageOf("2.0.0", 2));
	start();
	deepEqual(start("watchdog", rules.trialMs).reason, { kind: "reverted", why: "deadline" });
});

test("what is damaged, another's, older or of another product is refused by device and boot loader alike", () => {
	const { boot, start } = newBoot();
	boot.program(imageOf("1.0.0", 1, { securityCounter: 5 }));
	const { slots } = start("powerOn");
	const good = imageOf("2.0.0", 2, { securityCounter: 5 });
	const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
	const bent = (at: number) => good.map((byte, index) => (index === at ? byte ^ 1 : byte));
	const cases: readonly (readonly [Uint8Array, string])[] = [
		[new Uint8Array(8), "image"],
		[good.subarray(0, good.length - signatureBytes - 4), "image"],
		[bent(0), "image"],
		[bent(headerBytes + 77), "image"],
		[bent(100), "image"],
		[bent(good.length - 1), "signature"],
		[writeImage(programOf(2), { name, version: "2.0.0", key: other, securityCounter: 5 }), "signature"],
		[imageOf("2.0.0", 2, { securityCounter: 5, name: "table" }), "product"],
		[imageOf("2.0.0", 2, { securityCounter: 4 }), "counter"],
	];
	for (const [index, [bytes, verdict]] of cases.entries()) {
		equal(put(slots, bytes), verdict, `case ${index}`);
		throws(() => slots.markPending(), /verified/);
	}
	equal(put(slots, good), "ok");
	slots.markPending();
	equal(start().what, 2);
});

test("every truncation and every bit of a header is an image or none, and nothing throws", () => {
	const image = imageOf("1.0.0", 1);
	for (let size = 0; size < headerBytes; size++) ok("code" in readHeader(image.subarray(0, size)));
	let none = 0;
	for (let bit = 0; bit < headerBytes * 8; bit++) {
		const bytes = image.slice(0, headerBytes);
		bytes[bit >> 3]! ^= 1 << (bit & 7);
		if ("code" in readHeader(bytes)) none++;
	}
	ok(none >= 8 * 12, `${none} of ${headerBytes * 8}`);
});

test("a header that claims more than the slot has is refused by its size, before anything is read", () => {
	const { flash } = newBoot();
	const slot = flash("slotB");
	const image = imageOf("1.0.0", 1).slice();
	new DataView(image.buffer).setUint32(12, 0x7fffffff, true);
	slot.write(0, image.subarray(0, headerBytes));
	const check = new ImageCheck({ flash: slot, hash: new NodeHash(), isSigned: () => true, securityCounter: 0 });
	equal(check.step(), "size");
	equal(imageIn(slot)?.programBytes, 0x7fffffff);
});

test("with both slots gone there is nothing to start, and that is said", () => {
	const { boot, flash } = newBoot();
	boot.program(imageOf("1.0.0", 1));
	flash("slotA").erase(0, 4096);
	const started = boot.start("powerOn", 0);
	deepEqual(started, { verdicts: { a: "image", b: "image" } });
});

test("the power takes what is retained with it, and brings bytes that are none of ours", () => {
	const { boot, state } = newBoot();
	const retained = join(state, "powered/retained");
	const first = readFileSync(retained);
	equal(first.length, retainedBytes);
	boot.powerOff();
	throws(() => readFileSync(retained));
	boot.powerOn();
	ok(first.toString("hex") !== readFileSync(retained, "hex"));
});
