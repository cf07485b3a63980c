/**
 * The boot state alone, power cut at every operation while it goes round its sectors; and bits that rot, in it and in
 * the slots, at every stage of an update.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { type BootState, NEW_DEVICE } from "../../modules/firmware/boot-decision.ts";
import { BootStore } from "../../modules/firmware/boot-store.ts";
import { seeded } from "../harness.ts";
import { download, FakeBoard, fakeImage } from "../modules/firmware/fake-slots.ts";
import { NorFlash, PowerCut } from "../modules/settings/nor-flash.ts";
import { chips } from "./geometries.ts";

const stateOf = (number: number): BootState => ({
	...NEW_DEVICE,
	kept: number % 3 === 0 ? "a" : "b",
	trial: number % 2 === 0 ? "running" : "none",
	boots: number % 200,
	elapsedMs: number * 1000,
	securityCounter: number,
});

/** Writes states until power goes. @returns the last that was begun */
function live(flash: NorFlash, from: number, count: number): number {
	let number = from;
	try {
		const store = new BootStore(flash);
		for (; number < from + count; number++) store.write(stateOf(number));
		return number - 1;
	} catch (error) {
		if (error instanceof PowerCut) return number;
		throw error;
	}
}

for (const [name, { geometry }] of Object.entries(chips)) {
	const small = { ...geometry, sectorBytes: Math.min(geometry.sectorBytes, 512) };
	test(`[MaU-002] boot state, power cut at every operation, ${name}: old or new, and again`, (context) => {
		const counts = { first: 0, again: 0, old: 0, new: 0 };
		const whole = new NorFlash(small);
		const writes = Math.max(40, small.sectors * 10);
		live(whole, 1, writes);
		for (let cutAt = 0; cutAt < whole.operations; cutAt++) {
			const flash = new NorFlash(small);
			flash.cutAt = cutAt;
			flash.chance = seeded(cutAt + 77);
			const last = live(flash, 1, writes);
			counts.first++;
			const found = new BootStore(flash);
			ok(found.condition !== "damaged" && found.condition !== "lost", `cut at ${cutAt}: ${found.condition}`);
			const number = found.state?.securityCounter ?? 0;
			ok(number === last || number === last - 1, `cut at ${cutAt}: ${number}, not ${last} or the one before`);
			if (number > 0) deepEqual(found.state, stateOf(number));
			counts[number === last ? "new" : "old"]++;
			for (let second = 0; second < 6; second++) {
				const copy = new NorFlash(small).copyOf(flash);
				copy.cutAt = second;
				copy.chance = seeded(cutAt * 31 + second);
				const end = live(copy, number + 1, 5);
				counts.again++;
				const then = new BootStore(copy).state?.securityCounter ?? 0;
				ok(then === end || then === end - 1, `cut at ${cutAt} and ${second}: ${then}, not ${end}`);
				live(copy, end + 1, 5);
				deepEqual(new BootStore(copy).state, stateOf(end + 5));
			}
		}
		const { first, again, old } = counts;
		context.diagnostic(`${name}: ${first} cuts (${old} old, ${counts.new} new), ${again} again`);
		ok(old > 0 && counts.new > 0 && Math.min(...whole.erases) > 0, "the sweep proved nothing");
	});
}

const old = fakeImage({ version: 1, securityCounter: 1 });
const next = fakeImage({ version: 2, securityCounter: 2 });

/** Boards at every stage of an update. */
function stages(): Record<string, FakeBoard> {
	const blank = new FakeBoard().program("a", old);
	const marked = blank.copy();
	const slots = marked.boot();
	download(slots, next);
	slots.markPending();
	const trial = marked.copy();
	trial.boot();
	const kept = trial.copy();
	kept.boot().confirm();
	const left = trial.copy();
	left.boot().revert("refused");
	return { blank, marked, trial, kept, left };
}

test("[MaU-002] bits that rot: the board boots what is whole, or says that nothing is", (context) => {
	const counts = { state: 0, slots: 0, stopped: 0, fellBack: 0 };
	for (const [stage, board] of Object.entries(stages())) {
		const expected = board.copy().boot();
		const used = board.state.bytes.findLastIndex((byte) => byte !== 0xff) + 1;
		for (let bit = 0; bit < used * 8; bit++) {
			const rotten = board.copy();
			rotten.state.bytes[bit >> 3]! ^= 1 << (bit & 7);
			const slots = rotten.boot();
			counts.state++;
			deepEqual([slots.start, slots.bootState], [expected.start, expected.bootState], `${stage}, bit ${bit}`);
			ok(slots.condition !== "damaged" && slots.condition !== "lost", `${stage}, bit ${bit}: ${slots.condition}`);
		}
		for (const slot of ["a", "b"] as const) {
			for (let bit = 0; bit < old.length * 8; bit++) {
				const rotten = board.copy();
				rotten[slot].bytes[bit >> 3]! ^= 1 << (bit & 7);
				counts.slots++;
				const { start, verdicts, action } = rotten.boot();
				if (start === undefined) counts.stopped++;
				else if (start !== expected.start) counts.fellBack++;
				const hasOther = slot === "a" ? stage !== "blank" && stage !== "left" : true;
				// After the update the old image is below the counter: there is nothing to fall back on.
				const isLost = !isPadding(bit) && ((stage === "kept" && slot === "b") || !hasOther);
				ok((start === undefined) === isLost, `${stage}, ${slot}, bit ${bit}: ${action}`);
				ok(start === undefined || verdicts[start] === "ok");
				ok(start !== slot || isPadding(bit), `${stage}, ${slot}, bit ${bit}: the rotten one was started`);
			}
		}
	}
	context.diagnostic(`${counts.state} bits of the state, ${counts.slots} of slots: ${JSON.stringify(counts)}`);
});

/** Of a fake image: not in its hash. */
const isPadding = (bit: number) => bit >> 3 >= 20 && bit >> 3 < 32;
