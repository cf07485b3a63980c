import { ReplayWindow } from "../../../modules/dtls/replay.ts";
import { equal, ok, patience, seeded, test } from "../../harness.ts";

test("every number is fresh once", () => {
	const window = new ReplayWindow();
	ok(window.isFresh(0));
	window.accept(0);
	ok(!window.isFresh(0));
	ok(window.isFresh(1));
	window.accept(5);
	ok(window.isFresh(4));
	ok(!window.isFresh(5));
	ok(!window.isFresh(0));
	window.accept(4);
	ok(!window.isFresh(4));
});

test("a record 63 back may come, one 64 back is too late", () => {
	const window = new ReplayWindow();
	window.accept(1000);
	ok(window.isFresh(937));
	ok(!window.isFresh(936));
	ok(!window.isFresh(0));
	window.accept(937);
	ok(!window.isFresh(937));
	window.accept(1001);
	ok(!window.isFresh(937));
});

test("numbers beyond 32 bits", () => {
	const window = new ReplayWindow();
	window.accept(0xffffffff);
	window.accept(0x100000000);
	ok(!window.isFresh(0xffffffff));
	ok(window.isFresh(0xfffffffe));
	window.accept(0xffffffffffff);
	ok(!window.isFresh(0x100000000));
	ok(window.isFresh(0xfffffffffffe));
	equal(window.highest, 281474976710655);
});

test("refusing up to a number leaves only what is above it", () => {
	const window = new ReplayWindow();
	window.accept(10);
	window.refuseUpTo(20);
	for (let sequence = 0; sequence <= 20; sequence++) ok(!window.isFresh(sequence), `${sequence}`);
	ok(window.isFresh(21));
	window.refuseUpTo(15);
	ok(window.isFresh(21));
	ok(!window.isFresh(20));
	window.accept(90);
	ok(!window.isFresh(27 - 1));
	ok(window.isFresh(27));
});

/** The same, with a set of all that was ever accepted. */
class NaiveWindow {
	readonly accepted = new Set<number>();
	highest = -1;

	isFresh(sequence: number): boolean {
		return sequence > this.highest - 64 && !this.accepted.has(sequence);
	}

	accept(sequence: number): void {
		this.accepted.add(sequence);
		this.highest = Math.max(this.highest, sequence);
	}
}

test("answers as a set of all received numbers does", () => {
	for (let seed = 1; seed <= 4 * patience; seed++) {
		const below = seeded(seed);
		const window = new ReplayWindow();
		const naive = new NaiveWindow();
		const base = seed % 2 === 0 ? 0 : 0xffffffe0;
		let at = base;
		for (let step = 0; step < 300; step++) {
			const jump = below(8);
			if (jump === 0) at += below(100);
			else if (jump < 4) at += 1;
			const sequence = Math.max(base, at - (jump > 4 ? below(70) : 0));
			equal(window.isFresh(sequence), naive.isFresh(sequence), `seed ${seed}, step ${step}, ${sequence}`);
			if (!naive.isFresh(sequence)) continue;
			window.accept(sequence);
			naive.accept(sequence);
		}
	}
});
