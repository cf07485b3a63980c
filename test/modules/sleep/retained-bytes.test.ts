import { seal, sizeIn, unseal } from "../../../modules/sleep/envelope.ts";
import { RetainedArea } from "../../../modules/sleep/retained-area.ts";
import { StateReader, StateWriter } from "../../../modules/sleep/state-codec.ts";
import { piecesMax, storedState, storeState } from "../../../modules/sleep/stored-state.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { Memory, Store } from "../lwm2m/retention-bench.ts";

const kind = 0x51;
const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 48, Number.MAX_SAFE_INTEGER];

test("numbers take a byte for seven bits, and come back; what is longer than need be, or too large, is wrong", () => {
	for (const number of numbers) {
		const out = new StateWriter();
		out.number(number);
		equal(out.size, Math.max(1, Math.ceil(Math.log2(number + 1) / 7)), String(number));
		const from = new StateReader(out.finish());
		equal(from.number(), number);
		ok(from.isGood && from.isAtEnd);
		const less = new StateReader(out.finish());
		equal(less.number(number - 1), 0);
		equal(less.isGood, false, `${number} is more than ${number - 1}`);
	}
	for (const bytes of [[0x80, 0], [0xff, 0x80, 0], [0x80], new Array(9).fill(0xff), new Array(8).fill(0xff)]) {
		const from = new StateReader(Uint8Array.from(bytes));
		equal(from.number(), 0, String(bytes));
		equal(from.isGood, false, String(bytes));
	}
});

test("what is written comes back; whatever is cut off is missed, and takes no memory", () => {
	const out = new StateWriter();
	out.u8(255);
	out.u32(-2);
	out.maybe(undefined);
	out.maybe(Infinity);
	out.maybe(0);
	out.double(-0.1);
	out.text("grün 🌡");
	const begun = out.begin();
	out.bytes(Uint8Array.of(1, 2, 3));
	out.end(begun);
	const bytes = out.finish();
	const read = (from: StateReader) => {
		const values = [from.u8(), from.u32() | 0, from.maybe(), from.maybe(), from.maybe(), from.double(), from.text(20)];
		const part = from.part();
		return [values, part.bytes(8), part.isGood && part.isAtEnd && from.isGood && from.isAtEnd];
	};
	deepEqual(read(new StateReader(bytes)), [
		[255, -2, undefined, undefined, 0, -0.1, "grün 🌡"],
		Uint8Array.of(1, 2, 3),
		true,
	]);
	for (let end = 0; end < bytes.length; end++) equal(read(new StateReader(bytes, 0, end))[2], false, `${end} bytes`);
	out.wipe();
	equal(out.finish().length, 0);
});

test("an envelope: every truncation, every single bit, other kinds and garbage are refused", () => {
	const content = Uint8Array.from({ length: 60 }, (_, index) => index * 7);
	const bytes = seal(kind, content);
	equal(sizeIn(bytes), bytes.length);
	deepEqual(unseal(kind, new Uint8Array([...bytes, 9, 9])), content, "what lies behind it does not matter");
	ok("code" in unseal(kind + 1, bytes));
	for (let size = 0; size < bytes.length; size++) ok("code" in unseal(kind, bytes.slice(0, size)), `${size} bytes`);
	for (let bit = 0; bit < 8 * bytes.length; bit++) {
		const changed = bytes.slice();
		changed[bit >> 3]! ^= 1 << (bit & 7);
		ok("code" in unseal(kind, changed), `bit ${bit}`);
	}
	const draw = seeded(4);
	for (let round = 0; round < 300; round++) {
		const garbage = Uint8Array.from({ length: draw(80) }, () => draw(256));
		ok("code" in unseal(kind, garbage));
	}
});

test("a retained area: torn at any byte it has what was there, what was to be, or nothing", () => {
	const old = Uint8Array.from({ length: 40 }, () => 1);
	const next = Uint8Array.from({ length: 30 }, () => 2);
	for (let size = 0; size <= 37; size++) {
		const memory = new Memory(64);
		const area = new RetainedArea(memory, 8, 56, kind);
		equal(area.load(), undefined, "what RAM has when power comes");
		ok(area.save(old));
		deepEqual(area.load(), old);
		memory.bytes.set(seal(kind, next).subarray(0, size), 8);
		const found = area.load();
		if (size === 37) deepEqual(found, next);
		else ok(found === undefined || size === 0 || (found.length === 40 && size <= 2), `${size} bytes`);
	}
	const area = new RetainedArea(new Memory(64), 8, 56, kind);
	equal(area.room, 49);
	equal(area.save(new Uint8Array(50)), false);
	ok(area.save(new Uint8Array(49)));
	area.forget();
	equal(area.load(), undefined);
	equal(new RetainedArea(new Memory(4), 0, 4, kind).save(new Uint8Array(0)), false);
});

test("state in the settings: in as many pieces as it takes, and none is left behind; one that is lost is all", () => {
	for (const size of [0, 10, 100, 500]) {
		const store = new Store(132); // of it 32 are for sealing
		store.values.set(1000, Uint8Array.of(9));
		const content = Uint8Array.from({ length: size }, (_, index) => index);
		equal(storeState(store, 5, kind, content), undefined);
		deepEqual(storedState(store, 5, kind), content);
		equal(store.values.size, 1 + Math.ceil((size + 7) / 100));
		for (const key of [...store.values.keys()].filter((key) => key !== 1000)) {
			const piece = store.values.get(key)!;
			store.values.delete(key);
			const found = storedState(store, 5, kind);
			ok(found === undefined || "code" in found);
			store.values.set(key, piece);
		}
		equal(storeState(store, 5, kind, content.subarray(0, 5)), undefined);
		equal(store.values.size, 2);
		equal(storeState(store, 5, kind, undefined), undefined);
		deepEqual([...store.values.keys()], [1000]);
	}
	const refused = storeState(new Store(132), 5, kind, new Uint8Array(100 * piecesMax));
	equal(refused?.code, "retained.tooLong");
});
