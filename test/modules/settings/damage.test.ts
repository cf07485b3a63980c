/** Flash that rots, sticks, wears out and fills up: found, reported, survived, and nothing else lost. */
import type { Fault } from "../../../modules/bytes.ts";
import type { LogRecord } from "../../../modules/host.ts";
import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { liveKey } from "../../../modules/settings/key.ts";
import { FULL, ROT, WORN } from "../../../modules/settings/settings.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { type Geometry, NorFlash } from "./nor-flash.ts";

const words: Geometry = { sectors: 4, sectorBytes: 1024, writeBytes: 4 };
const two: Geometry = { sectors: 2, sectorBytes: 1024, writeBytes: 4 };
const headersBytes = 16 + 28;

class Bench {
	readonly flash: NorFlash;
	readonly reports: LogRecord[] = [];

	constructor(geometry: Geometry) {
		this.flash = new NorFlash(geometry);
	}

	open(): FlashSettings {
		return new FlashSettings({ flash: this.flash, log: { write: (record) => void this.reports.push(record) } });
	}

	heard(event: string): boolean {
		return this.reports.some((record) => record.event === event);
	}
}

const filled = (size: number, byte: number) => new Uint8Array(size).fill(byte);

function untilIdle(store: FlashSettings): number {
	let steps = 0;
	for (; !store.isIdle && steps < 1000; steps++) store.poll();
	return steps;
}

test("[MaU-001] one rotten bit of a value is found; the others are as they were, and it can be set again", () => {
	const bench = new Bench(words);
	let store = bench.open();
	for (const key of [1, 2, 3]) store.set(key, filled(20, key));
	bench.flash.bytes[headersBytes + 36 + 16 + 5]! ^= 0x10;
	store = bench.open();
	equal(store.get(2), ROT);
	ok(bench.heard("settings.rot"));
	deepEqual(store.get(1), filled(20, 1));
	deepEqual(store.get(3), filled(20, 3));
	equal(store.nextKey(1), 2, "it is known that there was something");
	equal(store.set(2, filled(20, 22)), undefined);
	deepEqual(bench.open().get(2), filled(20, 22));
});

test("[MaU-001] rot stays known when the sector is tidied up: never an older value, never none", () => {
	const bench = new Bench(two);
	let store = bench.open();
	store.set(1, filled(20, 1));
	store.set(1, filled(20, 2));
	store.snapshot(0);
	bench.flash.bytes[headersBytes + 36 + 16]! ^= 0x80;
	for (let turn = 0; turn < 100; turn++) {
		store.set(2, filled(60, turn));
		untilIdle(store);
		equal(store.get(1), ROT);
		if (turn % 10 === 0) store = bench.open();
	}
	equal(store.restore(0), undefined);
	equal(store.get(1), ROT);
	equal(store.remove(1), undefined);
	equal(bench.open().get(1), undefined);
});

test("[MaU-001] one rotten bit of any header is put right", () => {
	for (let bit = 0; bit < (headersBytes + 16) * 8; bit += patience === 1 ? 7 : 1) {
		const bench = new Bench(words);
		let store = bench.open();
		for (const key of [1, 2, 3]) store.set(key, filled(20, key));
		bench.flash.bytes[bit >> 3]! ^= 1 << (bit & 7);
		store = bench.open();
		for (const key of [1, 2, 3]) deepEqual(store.get(key), filled(20, key), `bit ${bit}`);
		const isMark = bit < 16 * 8;
		equal(bench.heard("settings.repaired"), !isMark, `bit ${bit}`);
		for (let turn = 0; turn < 40; turn++) store.set(4, filled(100, turn));
		for (const key of [1, 2, 3]) deepEqual(bench.open().get(key), filled(20, key), `bit ${bit}, moved`);
	}
});

test("[MaU-001] a header rotten beyond repair is reported, and live values before it are lost rather than old", () => {
	const bench = new Bench(words);
	const live = 5 | liveKey;
	let store = bench.open();
	store.set(live, filled(8, 1));
	store.set(1, filled(20, 1));
	const at = headersBytes + 24 + 36;
	store.set(2, filled(20, 2));
	store.set(3, filled(20, 3));
	for (let byte = 0; byte < 16; byte++) bench.flash.bytes[at + byte] = 0;
	store = bench.open();
	ok(bench.heard("settings.rot"));
	deepEqual(store.get(1), filled(20, 1));
	equal(store.get(2), undefined);
	deepEqual(store.get(3), filled(20, 3));
	equal(store.get(live), ROT);
	equal(store.set(live, filled(8, 2)), undefined);
	deepEqual(bench.open().get(live), filled(8, 2));
});

test("[MaU-001] a sector that became unreadable is reported, the others are read", () => {
	const bench = new Bench({ sectors: 6, sectorBytes: 1024, writeBytes: 4 });
	let store = bench.open();
	for (let key = 1; key <= 60; key++) store.set(key, filled(20, key));
	bench.flash.bytes.fill(0, 1024, 2048);
	store = bench.open();
	ok(bench.heard("settings.rot"));
	let left = 0;
	for (let key = 1; key <= 60; key++) {
		const value = store.get(key);
		if (value === undefined) continue;
		deepEqual(value, filled(20, key));
		left++;
	}
	ok(left > 20 && left < 60, `${left} left`);
	equal(store.set(100, filled(5, 5)), undefined);
	untilIdle(store);
	deepEqual(bench.open().get(100), filled(5, 5));
});

test("[MaU-001] whatever garbage lies on flash, the store opens, and can be written", () => {
	for (let seed = 1; seed <= 20 * patience; seed++) {
		const draw = seeded(seed);
		const bench = new Bench(seed % 2 === 0 ? words : two);
		const { flash } = bench;
		let store = bench.open();
		if (seed % 3 !== 0) for (let key = 1; key < 30; key++) store.set(1 + (key % 9), filled(draw(60), key));
		const from = draw(flash.sizeBytes);
		const size = seed % 3 === 0 ? flash.sizeBytes : draw(1500);
		for (let at = from; at < from + size; at++) flash.bytes[at % flash.sizeBytes] = draw(4) === 0 ? 0xff : draw(256);
		flash.written.fill(1);
		store = bench.open();
		for (let key = store.nextKey(0); key !== undefined; key = store.nextKey(key)) store.get(key);
		const refusal = store.set(3, filled(9, seed));
		equal(refusal, undefined, `seed ${seed}: ${refusal?.code}`);
		untilIdle(store);
		deepEqual(bench.open().get(3), filled(9, seed), `seed ${seed}`);
	}
});

test("[MaU-001] sectors that fail to erase or to write are given up and reported, while two are left", () => {
	const bench = new Bench({ sectors: 5, sectorBytes: 1024, writeBytes: 4 });
	const { flash } = bench;
	let store = bench.open();
	for (let turn = 0; turn < 200; turn++) {
		if (turn === 20) flash.eraseFails.add(2);
		if (turn === 60) flash.writeFails.add(4);
		if (turn === 100) flash.stuckBytes.add(1024 + 500);
		if (turn % 30 === 29) store = bench.open();
		const refusal = store.set(1 + (turn % 7), filled(50, turn));
		equal(refusal, undefined, `turn ${turn}: ${refusal?.code}`);
		if (turn % 2 === 0) store.poll();
		for (let back = 0; back < Math.min(7, turn + 1); back++) {
			deepEqual(store.get(1 + ((turn - back) % 7)), filled(50, turn - back), `turn ${turn}, ${back} back`);
		}
	}
	ok(bench.heard("settings.badSector"));
	untilIdle(store);
	equal(store.figures().badSectors, 3);
	deepEqual(bench.open().get(1 + (199 % 7)), filled(50, 199));
});

test("[MaU-001] writes that are refused, or go wrong unnoticed, now and then: nothing is lost, and it goes on", () => {
	for (const geometry of [two, words]) {
		for (const fate of ["refused", "wrong"] as const) {
			const draw = seeded(77);
			const bench = new Bench(geometry);
			const { flash } = bench;
			let well = 0;
			flash.writeFate = () => {
				if (well++ < 5 || draw(9) > 0) return undefined;
				well = 0;
				return fate;
			};
			let store = bench.open();
			const expected: number[] = [];
			for (let turn = 0; turn < 150 * patience; turn++) {
				const changes = [1 + (turn % 5), 1 + draw(5)].map((key) => ({ key, value: filled(20 + draw(25), turn) }));
				const refusal = store.commit(changes);
				equal(refusal, undefined, `${fate}, turn ${turn}: ${refusal?.code}`);
				for (const { key } of changes) expected[key] = turn;
				if (turn % 3 === 0) store.poll();
				if (turn % 8 === 0) store = bench.open();
				for (const [key, value] of expected.entries()) {
					const found = store.get(key);
					if (value !== undefined) ok(found instanceof Uint8Array && found[0] === (value & 0xff), `turn ${turn}`);
				}
			}
			ok(bench.heard("settings.writeFailed") && !bench.heard("settings.rot"));
		}
	}
});

test("[MaU-003] a snapshot does not hold on to live values", () => {
	const bench = new Bench(words);
	let store = bench.open();
	for (const key of [1, 2 | liveKey]) store.set(key, filled(20, 1));
	store.snapshot(0);
	for (const key of [1, 2 | liveKey]) store.set(key, filled(20, 2));
	equal(store.figures().entries, 3);
	store = bench.open();
	equal(store.figures().entries, 3);
	store.forget(0);
	equal(store.figures().entries, 2);
	equal(bench.open().figures().entries, 2);
});

test("[MaU-001] when too few sectors take writes, that is said, and all can be read", () => {
	for (const fails of ["eraseFails", "writeFails"] as const) {
		const bench = new Bench(two);
		const { flash } = bench;
		let store = bench.open();
		store.set(1, filled(30, 1));
		for (let turn = 0; turn < 30; turn++) store.set(2, filled(30, turn));
		flash[fails].add(0);
		flash[fails].add(1);
		let refusal: Fault | undefined;
		let isThrown = false;
		let last = store.get(2);
		for (let turn = 30; turn < 60 && refusal === undefined && !isThrown; turn++) {
			try {
				refusal = store.set(2, filled(30, turn));
				if (refusal === undefined) last = filled(30, turn);
			} catch {
				isThrown = true;
			}
			untilIdle(store);
		}
		ok(refusal === WORN || isThrown, `${fails}: ${refusal?.code}`);
		for (const each of [store, bench.open()]) {
			deepEqual(each.get(1), filled(30, 1));
			deepEqual(each.get(2), last);
		}
		flash[fails].clear();
		store = bench.open();
		equal(store.set(2, filled(30, 99)), undefined, "and goes on when they do again");
	}
});

test("[MaU-001] a full store says so, loses nothing, wears nothing out, and something can be removed from it", () => {
	for (const geometry of [words, two, { sectors: 12, sectorBytes: 256, writeBytes: 8 }]) {
		const bench = new Bench(geometry);
		let store = bench.open();
		let key = 0;
		let refusal: Fault | undefined;
		while (refusal === undefined) refusal = store.set(++key, filled(24, key));
		equal(refusal, FULL);
		const { liveBytes, usableBytes } = store.figures();
		ok(liveBytes <= usableBytes && liveBytes > usableBytes - 100, `${liveBytes} of ${usableBytes}`);
		const erases = Math.max(...bench.flash.erases);
		for (let turn = 0; turn < 50; turn++) equal(store.set(key, filled(24, turn)), FULL);
		ok(Math.max(...bench.flash.erases) <= erases + 1, "refusing erases nothing");
		equal(store.snapshot(0), undefined);
		store = bench.open();
		for (let each = 1; each < key; each++) deepEqual(store.get(each), filled(24, each));
		for (let turn = 0; turn < 60; turn++) {
			equal(store.snapshot(0), undefined, `turn ${turn}`);
			equal(store.restore(0), undefined, `turn ${turn}`);
			if (turn % 20 === 0) store = bench.open();
		}
		equal(store.forget(0), undefined);
		for (let each = 1; each < key; each += 2) equal(store.remove(each), undefined);
		untilIdle(store);
		for (let turn = 0; turn < 50; turn++) equal(store.set(key, filled(24, turn)), undefined);
		for (let each = 2; each < key; each += 2) deepEqual(bench.open().get(each), filled(24, each));
	}
});

test("[MaU-001] all sectors are erased as often, and know how often", () => {
	const bench = new Bench({ sectors: 6, sectorBytes: 1024, writeBytes: 4 });
	let store = bench.open();
	for (let key = 1; key <= 20; key++) store.set(key, filled(30, key));
	for (let turn = 0; turn < 3000; turn++) {
		store.set(21, filled(16, turn));
		store.poll();
		if (turn % 100 === 99) store = bench.open();
	}
	untilIdle(store);
	const { erases } = bench.flash;
	ok(Math.min(...erases) > 20, `${erases}`);
	ok(Math.max(...erases) - Math.min(...erases) <= 1, `${erases}`);
	deepEqual(store.erases(), [...erases]);
});

test("[MaU-001] a step is never long: one sector erased, or one record copied", () => {
	const bench = new Bench({ sectors: 8, sectorBytes: 1024, writeBytes: 4 });
	const { flash } = bench;
	const store = bench.open();
	untilIdle(store);
	for (let turn = 0; turn < 2000; turn++) {
		const waits = flash.operations;
		let total = flash.erases.reduce((sum, count) => sum + count, 0);
		store.set(1 + (turn % 11), filled(40, turn));
		ok(flash.operations - waits <= 3, `turn ${turn}: a set took ${flash.operations - waits} operations`);
		equal(
			flash.erases.reduce((sum, count) => sum + count, 0),
			total,
			`turn ${turn}: a set waited for an erase`,
		);
		while (!store.isIdle) {
			const before = flash.operations;
			store.poll();
			ok(flash.operations - before <= 3, `turn ${turn}: a step of ${flash.operations - before} operations`);
			const now = flash.erases.reduce((sum, count) => sum + count, 0);
			ok(now - total <= 1, "two erases in a step");
			total = now;
		}
	}
});
