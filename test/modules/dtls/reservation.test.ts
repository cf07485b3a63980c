import { AssertionFailed } from "../../../modules/bytes.ts";
import { ReplayWindow } from "../../../modules/dtls/replay.ts";
import { DEFAULT_RESERVATION, Reservation } from "../../../modules/dtls/reservation.ts";
import { decodeState, encodeState, stateReceived, stateSequence } from "../../../modules/dtls/session-state.ts";
import { type StateHome, TwoHomes } from "../../../modules/dtls/state-homes.ts";
import { HostFailure } from "../../../modules/host.ts";
import { deepEqual, equal, ok, test, throws } from "../../harness.ts";

const none = new Uint8Array(0);
const tuning = { sealedRecords: 10, openedRecords: 4 };
const isBug = (error: unknown) => error instanceof AssertionFailed;
const isFailure = (error: unknown) => error instanceof HostFailure;

function stateAt(sequence: number): Uint8Array {
	return encodeState({
		role: "client",
		suite: 0xc0a8,
		encryptThenMac: false,
		extendedMasterSecret: true,
		keyBlock: new Uint8Array(40).fill(7),
		ownCid: none,
		peerCid: none,
		peer: none,
		sequence,
		received: new ReplayWindow(),
		sealedBytes: 16384,
		openedBytes: 16384,
		resumption: none,
	});
}

/** Keeps what it was given, and can be told to fail. */
class Home implements StateHome {
	saves = 0;
	isBroken = false;
	bytes: Uint8Array | undefined;

	save(state: Uint8Array): void {
		if (this.isBroken) throw new HostFailure("broken");
		this.saves++;
		this.bytes = state.slice();
	}

	load(): Uint8Array | undefined {
		return this.bytes;
	}

	get sequence(): number {
		return stateSequence(this.bytes!);
	}

	get received(): number {
		return stateReceived(this.bytes!);
	}
}

function bench(sequence = 1, home: StateHome & Home = new Home(), chosen = tuning) {
	const window = new ReplayWindow();
	const reservation = new Reservation(stateAt(sequence), window, (state) => home.save(state), chosen);
	return { home, window, reservation };
}

test("a number is saved as used before it is given out", () => {
	const { home, reservation } = bench(1);
	equal(home.saves, 0);
	for (let sequence = 1; sequence <= 35; sequence++) {
		equal(reservation.take(), sequence);
		ok(home.sequence > sequence, `${sequence}`);
	}
	equal(home.saves, 4);
	equal(home.sequence, 41);
});

test("nothing is given out when saving fails, and trying again is safe", () => {
	const { home, reservation } = bench(1);
	home.isBroken = true;
	throws(() => reservation.take(), isFailure);
	throws(() => reservation.take(), isFailure);
	equal(reservation.next, 1);
	home.isBroken = false;
	equal(reservation.take(), 1);
	for (let more = 0; more < 9; more++) reservation.take();
	home.isBroken = true;
	throws(() => reservation.take(), isFailure);
	equal(home.sequence, 11);
});

test("a restored session begins where the saved one could have come to, and saves anew first", () => {
	const { home, reservation } = bench(1);
	for (let count = 0; count < 3; count++) reservation.take();
	const again = new Reservation(home.bytes!.slice(), new ReplayWindow(), (state) => home.save(state), tuning);
	equal(home.saves, 1);
	equal(again.take(), 11);
	equal(home.sequence, 21);
});

test("an exported state skips no number, and the session reserves anew behind it", () => {
	const { home, reservation } = bench(1);
	for (let count = 0; count < 3; count++) reservation.take();
	equal(stateSequence(reservation.export()), 4);
	equal(reservation.take(), 4);
	equal(home.sequence, 14);
	equal(home.saves, 2);
});

test("without a home the session ends with its export", () => {
	const reservation = new Reservation(stateAt(1), new ReplayWindow(), undefined, tuning);
	for (let sequence = 1; sequence <= 30; sequence++) equal(reservation.take(), sequence);
	reservation.cover(99);
	equal(stateSequence(reservation.export()), 31);
	throws(() => reservation.take(), isBug);
});

test("a record is saved as received before it is believed, three others are with it", () => {
	const { home, window, reservation } = bench();
	for (const sequence of [5, 6, 8, 7, 9]) {
		reservation.cover(sequence);
		ok(home.received >= sequence, `${sequence}`);
		window.accept(sequence);
	}
	equal(home.saves, 2);
	equal(home.received, 12);
	const state = decodeState(home.bytes!);
	ok(!("code" in state));
	for (let sequence = 0; sequence <= 12; sequence++) ok(!state.received.isFresh(sequence), `${sequence}`);
	ok(state.received.isFresh(13));
});

test("a record that came late is saved as received, too", () => {
	const { home, window, reservation } = bench();
	reservation.cover(50);
	window.accept(50);
	reservation.export(); // exact: 49 has not come
	const savesBefore = home.saves;
	reservation.cover(49);
	equal(home.saves, savesBefore + 1);
	equal(home.received, 53);
});

test("a record that could not be saved is not believed", () => {
	const { home, reservation } = bench();
	home.isBroken = true;
	throws(() => reservation.cover(3), isFailure);
	throws(() => reservation.cover(3), isFailure);
	home.isBroken = false;
	reservation.cover(3);
	equal(home.received, 6);
});

test("an export holds the exact window, a save for our own numbers the reserved one", () => {
	const { home, window, reservation } = bench();
	reservation.cover(5);
	window.accept(5);
	reservation.take();
	equal(home.received, 8);
	equal(home.sequence, 11);
	const state = decodeState(reservation.export());
	ok(!("code" in state));
	equal(state.received.highest, 5);
	ok(state.received.isFresh(4) && state.received.isFresh(6));
});

test("without a receive reservation, records cause no save", () => {
	const { home, window, reservation } = bench(1, new Home(), { sealedRecords: 10, openedRecords: 0 });
	for (let sequence = 0; sequence < 20; sequence++) {
		reservation.cover(sequence);
		window.accept(sequence);
	}
	equal(home.saves, 0);
	reservation.take();
	equal(home.received, 19);
});

test("the last numbers", () => {
	const { home, reservation } = bench(2 ** 48 - 4);
	equal(reservation.take(), 2 ** 48 - 4);
	equal(reservation.take(), 2 ** 48 - 3);
	equal(reservation.take(), 2 ** 48 - 2);
	ok(reservation.isUsedUp);
	equal(home.sequence, 2 ** 48 - 1);
	throws(() => reservation.take(), isBug);
});

test("the keys are overwritten at the end", () => {
	const state = stateAt(1);
	const reservation = new Reservation(state, new ReplayWindow(), undefined);
	reservation.release();
	deepEqual(state, new Uint8Array(state.length));
	throws(() => reservation.take(), isBug);
	equal(DEFAULT_RESERVATION.openedRecords, 4);
	throws(
		() => new Reservation(stateAt(1), new ReplayWindow(), undefined, { sealedRecords: 0, openedRecords: 1 }),
		isBug,
	);
});

test("the far home is written seldom, and is always ahead", () => {
	const near = new Home();
	const far = new Home();
	const homes = new TwoHomes(near, far, { sealedRecords: 100, openedRecords: 20 });
	const window = new ReplayWindow();
	const reservation = new Reservation(stateAt(1), window, (state) => homes.save(state), tuning);
	for (let sequence = 1; sequence <= 300; sequence++) {
		reservation.take();
		if (sequence % 10 === 0) {
			reservation.cover(sequence / 10);
			window.accept(sequence / 10);
		}
		ok(far.sequence >= near.sequence && far.sequence > sequence);
		ok(far.received >= near.received);
	}
	ok(near.saves > 30 && far.saves <= 4, `${near.saves}, ${far.saves}`);
	equal(homes.load(), near.bytes);
	near.bytes = new Uint8Array(77);
	equal(homes.load(), far.bytes);
	far.bytes = none;
	equal(homes.load(), undefined);
});

test("another session's state in the far home does not count", () => {
	const near = new Home();
	const far = new Home();
	const homes = new TwoHomes(near, far);
	far.bytes = encodeState({ ...decodeOf(stateAt(1_000_000)), keyBlock: new Uint8Array(40).fill(8) });
	homes.save(stateAt(11));
	equal(far.saves, 1);
	equal(far.sequence, 11 + 65536);
	far.isBroken = true;
	throws(() => homes.save(stateAt(1_000_000)), isFailure);
	equal(near.sequence, 11);
});

function decodeOf(bytes: Uint8Array) {
	const state = decodeState(bytes);
	if ("code" in state) throw new Error(state.code);
	return state;
}
