import { ReplayWindow } from "../../../modules/dtls/replay.ts";
import { encodeState, stateReceived, stateSequence, updateState } from "../../../modules/dtls/session-state.ts";
import { sessionKind } from "../../../modules/sleep/envelope.ts";
import { RetainedArea } from "../../../modules/sleep/retained-area.ts";
import { ownerIn, SessionPlace } from "../../../modules/sleep/session-home.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { Memory, Store } from "../lwm2m/retention-bench.ts";

const owner = { shortServerId: 7, fingerprint: -5 };

/** A state of the session `which`, with our next number and the server's highest. */
function stateAt(which: number, sequence: number, received: number): Uint8Array {
	const window = new ReplayWindow();
	for (let number = 0; number <= received; number++) window.accept(number);
	const state = encodeState({
		role: "client",
		suite: 0xc0a8,
		encryptThenMac: false,
		extendedMasterSecret: true,
		keyBlock: new Uint8Array(40).fill(which),
		ownCid: new Uint8Array(0),
		peerCid: new Uint8Array(6),
		peer: new Uint8Array(9),
		sequence,
		received: window,
		sealedBytes: 16_384,
		openedBytes: 16_384,
		resumption: new Uint8Array(0),
	});
	updateState(state, sequence, window);
	return state;
}

const areaOf = (memory: Memory) => new RetainedArea(memory, 0, memory.sizeBytes, sessionKind);
const place = (memory: Memory | undefined, store: Store | undefined, whose = owner) =>
	new SessionPlace(whose, { area: memory && areaOf(memory), store, stateKey: 100, resumptionKey: 200 });

test("retained memory before flash: flash is written ahead, seldom, and what it gives was never used", () => {
	const memory = new Memory(128);
	const store = new Store();
	const home = place(memory, store);
	for (let number = 1; number <= 60; number++) {
		home.save(stateAt(1, number, number));
		equal(stateSequence(place(memory, undefined).load()!), number, "retained memory has it as it is");
		const far = place(undefined, store).load()!;
		ok(stateSequence(far) >= number && stateReceived(far) >= number, "flash is ahead of it");
	}
	equal(store.commits, 20, "a write for three records of the server's");
	equal(ownerIn(areaOf(memory).load()), 7);
	memory.bytes.fill(1); // the power fails
	const found = place(memory, store).load()!;
	ok(stateSequence(found) > 60 && stateReceived(found) >= 60 && stateReceived(found) <= 62);
});

test("another session takes the place of the one before it in both homes; forgotten, it is in neither", () => {
	const memory = new Memory(128);
	const store = new Store();
	const home = place(memory, store);
	home.save(stateAt(1, 1000, 1000));
	home.save(stateAt(2, 5, 0));
	deepEqual(place(memory, store).load()!.subarray(42, 44), Uint8Array.of(2, 2));
	deepEqual(place(undefined, store).load()!.subarray(42, 44), Uint8Array.of(2, 2));
	home.forget();
	equal(place(memory, store).load(), undefined);
	equal(store.values.size, 0);
	ok(
		memory.bytes.every((byte) => byte === 0),
		"keys are overwritten",
	);
});

test("what was kept for another server, or under other keys, is not found; a state that is too long is in flash", () => {
	const memory = new Memory(128);
	const store = new Store();
	place(memory, store).save(stateAt(1, 1, 1));
	equal(place(memory, store, { shortServerId: 7, fingerprint: -6 }).load(), undefined);
	equal(place(memory, store, { shortServerId: 8, fingerprint: -5 }).load(), undefined);
	const small = new Memory(64);
	place(small, store).save(stateAt(3, 50, 1));
	equal(areaOf(small).load(), undefined);
	ok(stateSequence(place(small, store).load()!) > 50);
});

test("before a sleep flash alone is written where something was received; retained memory always, flash then not", () => {
	const store = new Store();
	const home = place(undefined, store);
	home.save(stateAt(1, 1024, 5));
	home.rest(stateAt(1, 3, 5));
	equal(store.commits, 1, "numbers that are skipped cost nothing");
	equal(stateSequence(home.load()!), 1024);
	home.rest(stateAt(1, 3, 6));
	equal(store.commits, 2);
	equal(stateReceived(home.load()!), 6);
	const memory = new Memory(128);
	const both = place(memory, new Store());
	both.save(stateAt(1, 1024, 5));
	both.rest(stateAt(1, 3, 5));
	equal(stateSequence(both.load()!), 3);
});

test("what resumes a session has a place of its own, in flash alone", () => {
	const store = new Store();
	const home = place(new Memory(128), store);
	home.saveResumption(Uint8Array.of(1, 2, 3));
	home.forget();
	deepEqual(home.loadResumption(), Uint8Array.of(1, 2, 3));
	equal(place(undefined, store, { ...owner, fingerprint: 0 }).loadResumption(), undefined);
	home.saveResumption(undefined);
	equal(home.loadResumption(), undefined);
});
