import {
	BOOT_DECISION,
	type Bootable,
	type BootState,
	decideBoot,
	NEW_DEVICE,
	situationOf,
} from "../../../modules/firmware/boot-decision.ts";
import { BootStore } from "../../../modules/firmware/boot-store.ts";
import { HostFailure, type ResetCause } from "../../../modules/host.ts";
import { deepEqual, equal, ok, test, throws } from "../../harness.ts";
import { NorFlash } from "../settings/nor-flash.ts";
import { download, FakeBoard, fakeImage } from "./fake-slots.ts";

const old = fakeImage({ version: 1, securityCounter: 1 });
const next = fakeImage({ version: 2, securityCounter: 2 });
const isRefusal = (error: unknown) => error instanceof HostFailure;
const rules = { bootsMax: 3, trialMs: 60_000 };

/** A board that runs version 1 in slot a. */
const board = () => new FakeBoard().program("a", old);

/** … and has version 2 on trial in slot b. */
function onTrial(): FakeBoard {
	const it = board();
	const slots = it.boot("powerOn");
	equal(download(slots, next), "ok");
	slots.markPending();
	return it;
}

test("boot: a new device starts what lies in slot a, and nothing is written", () => {
	const it = board();
	const slots = it.boot("powerOn");
	deepEqual(
		[slots.start, slots.action, slots.condition, slots.bootReason.kind, slots.state("a"), slots.state("b")],
		["a", "keep", "blank", "normal", "confirmed", "empty"],
	);
	equal(it.state.operations, 0);
	equal(slots.image("a")?.version, "1.0.0");
});

test("boot: an update is tried, confirmed and kept", () => {
	const it = onTrial();
	const trial = it.boot();
	deepEqual([trial.start, trial.state("b"), trial.state("a")], ["b", "trial", "confirmed"]);
	deepEqual(trial.bootReason, { kind: "trial", bootsLeft: 2, leftMs: 60_000 });
	trial.confirm();
	deepEqual([trial.state("b"), trial.state("a")], ["confirmed", "confirmed"]);
	const after = it.boot("powerOn");
	deepEqual([after.start, after.bootReason.kind, after.bootState.securityCounter], ["b", "normal", 2]);
	const writes = it.state.operations;
	after.confirm();
	equal(it.state.operations, writes, "nothing to do, nothing is done");
});

test("boot: a trial that crashes is left when its boots are used up, and says so until it is noted", () => {
	const it = onTrial();
	for (let boot = 0; boot < 3; boot++) equal(it.boot(boot === 0 ? "restart" : "crash", 100).start, "b");
	const back = it.boot("crash", 100);
	deepEqual([back.start, back.action, back.state("b")], ["a", "revert", "bad"]);
	deepEqual(back.bootReason, { kind: "reverted", why: "crash" });
	deepEqual(it.boot("powerOn").bootReason, { kind: "reverted", why: "crash" });
	back.confirm();
	equal(it.boot("powerOn").bootReason.kind, "normal");
	equal(it.boot("powerOn").state("b"), "bad");
});

test("boot: why a trial was left", () => {
	const lefts: [ResetCause, number, string][] = [
		["crash", 1000, "crash"],
		["watchdog", 1000, "watchdog"],
		["restart", 1000, "boots"],
		["powerOn", 0, "boots"],
		["watchdog", 60_000, "deadline"],
	];
	for (const [cause, ranMs, why] of lefts) {
		const it = onTrial();
		for (let boot = 0; boot < 3; boot++) equal(it.boot().start, "b");
		deepEqual(it.boot(cause, ranMs).bootReason, { kind: "reverted", why });
	}
	const it = onTrial();
	it.boot();
	deepEqual(it.boot("restart", 59_999).bootReason, { kind: "trial", bootsLeft: 1, leftMs: 1 }, "time adds up");
	deepEqual(it.boot("restart", 1).bootReason, { kind: "reverted", why: "deadline" });
	const own = onTrial();
	own.boot().revert("refused");
	deepEqual(own.boot().bootReason, { kind: "reverted", why: "refused" });
});

test("boot: on trial, the way back can not be touched", () => {
	const it = onTrial();
	const trial = it.boot();
	throws(() => trial.erase(0, 512), isRefusal);
	throws(() => trial.write(0, new Uint8Array(4)), isRefusal);
	throws(() => trial.markPending(), isRefusal);
	equal(it.a.operations, 0);
});

test("boot: an image that does not verify is not marked, and not started if it rots later", () => {
	const it = board();
	const slots = it.boot();
	const torn = next.slice();
	torn[100]! ^= 1;
	const cases: [Uint8Array, string][] = [
		[torn, "image"],
		[fakeImage({ version: 2, isForged: true }), "signature"],
		[fakeImage({ version: 2, product: 2 }), "product"],
		[fakeImage({ version: 2, securityCounter: 0 }), "counter"],
	];
	for (const [image, verdict] of cases) {
		equal(download(slots, image), verdict);
		throws(() => slots.markPending(), isRefusal);
		equal(it.boot().start, "a");
	}
	equal(download(slots, next), "ok");
	slots.markPending();
	it.b.bytes[100]! ^= 1;
	const back = it.boot();
	deepEqual([back.start, back.bootReason], ["a", { kind: "reverted", why: "image" }]);
});

test("boot: after an update, no image below its security counter", () => {
	const it = onTrial();
	it.boot().confirm();
	const slots = it.boot();
	equal(slots.start, "b");
	equal(download(slots, fakeImage({ version: 3, securityCounter: 1 })), "counter");
	it.program("a", old);
	it.b.bytes[100]! ^= 1;
	deepEqual([it.boot().start, it.boot().action], [undefined, "stop"], "not even when there is nothing else");
});

test("boot: what is kept rots: the other one is started, if it has not failed; else the loader says so", () => {
	const equalCounters = fakeImage({ version: 2, securityCounter: 1 });
	const it = board();
	const slots = it.boot();
	equal(download(slots, equalCounters), "ok");
	it.a.bytes[200]! ^= 4;
	const fallen = it.boot();
	deepEqual([fallen.start, fallen.action, fallen.state("a")], ["b", "fallBack", "valid"]);
	deepEqual(fallen.bootReason, { kind: "reverted", why: "image" });

	const failed = onTrial();
	failed.boot().revert("refused");
	failed.a.bytes[200]! ^= 4;
	deepEqual([failed.boot().start, failed.boot().action], [undefined, "stop"]);
	const spent = onTrial();
	for (let boot = 0; boot < 3; boot++) spent.boot();
	spent.a.bytes[200]! ^= 4;
	deepEqual([spent.boot().start, spent.boot().action], ["b", "tryAgain"], "nothing to go back to: it starts over");
});

test("boot: a new download takes back the mark, and the memory of a failure", () => {
	const it = onTrial();
	const slots = it.boot("powerOn"); // the trial
	slots.revert("refused");
	const back = it.boot();
	equal(back.state("b"), "bad");
	back.erase(0, 512);
	equal(back.state("b"), "empty");
	equal(download(back, next), "ok");
	equal(back.state("b"), "valid");
	back.markPending();
	equal(back.state("b"), "trial");
	back.erase(0, 512);
	deepEqual([it.boot().start, it.boot().action], ["a", "keep"]);
});

test("boot: what can not be counted is not tried", () => {
	const it = onTrial();
	it.state.writeFails.add(0).add(1);
	it.state.eraseFails.add(0).add(1);
	deepEqual([it.boot().start, it.boot().action], ["a", "keep"]);
	it.state.writeFails.clear();
	equal(it.boot().start, "b");
});

test("boot: no more is examined than the decision needs", () => {
	const it = board();
	const seen: string[] = [];
	it.onExamine = (slot) => seen.push(slot);
	it.boot();
	deepEqual(seen, ["a"]);
	const trial = onTrial();
	trial.onExamine = (slot) => seen.push(slot);
	trial.boot();
	deepEqual(seen, ["a", "b"]);
});

test("boot: the decision is the table's, and every cell of it is reached", () => {
	const reached = new Set<string>();
	const states: BootState[] = [NEW_DEVICE];
	for (const trial of ["pending", "running"] as const)
		for (const boots of [0, 1, 3]) states.push({ ...NEW_DEVICE, trial, boots });
	states.push({ ...NEW_DEVICE, trial: "running", boots: 1, elapsedMs: 60_000 }, { ...NEW_DEVICE, kept: "b" });
	for (const state of states) {
		for (const bootable of ["both", "kept", "other", "neither"] as Bootable[]) {
			const situation = situationOf(state, rules);
			const decision = decideBoot(state, bootable, "watchdog", "", rules);
			equal(decision.action, BOOT_DECISION[situation][bootable]);
			reached.add(`${situation} ${bootable}`);
			const started = decision.start;
			if (bootable === "neither") equal(started, undefined);
			else ok(started !== undefined);
			if (bootable === "kept") equal(started, state.kept, "never what does not verify");
			if (bootable === "other") ok(started !== state.kept, "never what does not verify");
			equal(decision.reason.kind === "trial", started !== undefined && started !== decision.state.kept);
		}
	}
	equal(reached.size, 16);
});

const state = (boots: number): BootState => ({ ...NEW_DEVICE, boots, otherIs: "failed", otherId: "0123456789abcdef" });

test("boot state: is read as it was written, over many sectors' worth", () => {
	const flash = new NorFlash({ sectors: 3, sectorBytes: 512, writeBytes: 8 });
	for (let boots = 0; boots < 60; boots++) {
		new BootStore(flash).write(state(boots));
		const found = new BootStore(flash);
		deepEqual([found.state, found.condition], [state(boots), "good"]);
	}
	const most = flash.erases.reduce((a, b) => Math.max(a, b), 0);
	ok(most - flash.erases.reduce((a, b) => Math.min(a, b), most) <= 1, "all sectors alike");
	const { operations } = flash;
	new BootStore(flash).write(state(59));
	equal(flash.operations, operations, "the same is not written");
});

test("boot state: any rotten bit of the newest state is survived, two copies of it are noticed", () => {
	const flash = new NorFlash({ sectors: 2, sectorBytes: 512, writeBytes: 4 });
	const store = new BootStore(flash);
	store.write(state(1));
	store.write(state(2));
	for (let bit = 0; bit < 64 * 8; bit++) {
		const at = 64 + (bit >> 3);
		flash.bytes[at]! ^= 1 << (bit & 7);
		const found = new BootStore(flash);
		deepEqual([found.state, found.condition], [state(2), "repaired"]);
		flash.bytes[64 + (((bit + 256) % 512) >> 3)]! ^= 2;
		const worse = new BootStore(flash);
		deepEqual([worse.state, worse.condition], [state(1), "damaged"]);
		worse.write(state(3));
		deepEqual(new BootStore(flash).state, state(3));
		flash.bytes.fill(0xff, 128, 192); // as before
		flash.written.fill(0, 128 / 4, 192 / 4);
		flash.bytes[64 + (((bit + 256) % 512) >> 3)]! ^= 2;
		flash.bytes[at]! ^= 1 << (bit & 7);
	}
});

test("boot state: lost: the image that the other can not replace has to prove itself anew", () => {
	const it = onTrial();
	it.boot().confirm();
	it.state.bytes.fill(0x5a);
	const slots = it.boot();
	deepEqual([slots.condition, slots.start, slots.bootReason.kind], ["lost", "b", "trial"]);
	slots.confirm();
	deepEqual([it.boot().condition, it.boot().start, it.boot().bootState.securityCounter], ["good", "b", 2]);
	const one = board();
	one.state.bytes.fill(0x5a);
	deepEqual([one.boot().start, one.boot().bootReason.kind, one.boot().bootState.securityCounter], ["a", "normal", 1]);
});

test("boot state: a sector that fails is passed by", () => {
	const flash = new NorFlash({ sectors: 2, sectorBytes: 512, writeBytes: 4 });
	flash.eraseFails.add(1);
	const store = new BootStore(flash);
	for (let boots = 0; boots < 8; boots++) store.write(state(boots));
	throws(() => store.write(state(9)), isRefusal);
	deepEqual(new BootStore(flash).state, state(7), "the state before is in force");
	flash.eraseFails.clear();
	store.write(state(9));
	deepEqual(new BootStore(flash).state, state(9));
	const wrong = new NorFlash({ sectors: 2, sectorBytes: 512, writeBytes: 4 });
	let writes = 0;
	wrong.writeFate = () => (writes++ % 3 === 0 ? "wrong" : writes % 5 === 0 ? "refused" : undefined);
	for (let boots = 0; boots < 30; boots++) {
		new BootStore(wrong).write(state(boots));
		deepEqual(new BootStore(wrong).state, state(boots));
	}
	const twice = new NorFlash({ sectors: 2, sectorBytes: 512, writeBytes: 4 });
	writes = 0;
	twice.writeFate = () => (writes++ % 5 < 2 ? "wrong" : undefined);
	for (let boots = 0; boots < 30; boots++) {
		new BootStore(twice).write(state(boots));
		deepEqual(new BootStore(twice).state, state(boots), "both copies wrong: said again");
	}
});
