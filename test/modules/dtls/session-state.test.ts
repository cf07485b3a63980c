import { AssertionFailed, fromHex, toHex } from "../../../modules/bytes.ts";
import { ReplayWindow } from "../../../modules/dtls/replay.ts";
import {
	decodeState,
	encodeState,
	furtherState,
	resumptionMaxBytes,
	type SessionState,
	sessionOf,
	sessionStateMaxBytes,
	stateReceived,
	stateSequence,
	updateState,
} from "../../../modules/dtls/session-state.ts";
import { deepEqual, equal, ok, patience, seeded, test, throws } from "../../harness.ts";

const none = new Uint8Array(0);
const filled = (size: number, from: number) => new Uint8Array(size).map((_, index) => from + index);

function windowAt(...sequences: number[]): ReplayWindow {
	const window = new ReplayWindow();
	for (const sequence of sequences) window.accept(sequence);
	return window;
}

const ccm: SessionState = {
	role: "client",
	suite: 0xc0a8,
	encryptThenMac: false,
	extendedMasterSecret: true,
	keyBlock: filled(40, 1),
	ownCid: none,
	peerCid: filled(6, 0xa0),
	peer: none,
	sequence: 0x0102030405,
	received: windowAt(0x10000, 0x10020, 0x10021),
	sealedBytes: 16384,
	openedBytes: 16384,
	resumption: none,
};
const cbc: SessionState = {
	...ccm,
	role: "server",
	suite: 0xc023,
	encryptThenMac: true,
	extendedMasterSecret: false,
	keyBlock: filled(96, 50),
	ownCid: filled(8, 0xc0),
	peer: filled(32, 3),
	sequence: 1,
	received: new ReplayWindow(),
	sealedBytes: 512,
	openedBytes: 16384,
	resumption: filled(83, 9),
};

function decoded(bytes: Uint8Array): SessionState {
	const state = decodeState(bytes);
	if ("code" in state) throw new Error(state.code);
	return state;
}

test("a state comes back as it was", () => {
	for (const state of [ccm, cbc]) deepEqual(decoded(encodeState(state)), state);
	const large = { ...cbc, ownCid: filled(255, 0), peerCid: filled(255, 1), peer: filled(64, 2) };
	deepEqual(decoded(encodeState(large)), large);
	const full = encodeState({ ...large, resumption: new Uint8Array(resumptionMaxBytes).fill(7) });
	equal(full.length, sessionStateMaxBytes);
	ok(!("code" in decodeState(full)));
});

test("a state is small enough for 128 bytes of retained RAM: 77 with AES-CCM_8 and a Connection ID of 6", () => {
	equal(encodeState(ccm).length, 77);
	equal(encodeState({ ...ccm, ownCid: filled(8, 1), peerCid: filled(8, 1), peer: filled(16, 1) }).length, 103);
	equal(encodeState({ ...ccm, suite: 0x00ae, keyBlock: filled(96, 1), peerCid: none }).length, 127);
});

/** The bytes are a format: an image that is updated reads what the last one saved. */
test("the bytes of version 1 stay what they are", () => {
	// written by hand; the checksum by Python's zlib.crc32
	const hex =
		"010cc0a8 000102030405 000000010021 00000003 00000002 00 06a0a1a2a3a4a5 00" +
		"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728" +
		"8f788c26";
	deepEqual(encodeState(ccm), fromHex(hex));
});

test("sequence number and window are written anew in place", () => {
	const bytes = encodeState(ccm);
	updateState(bytes, 0xfffffffffffe, windowAt(9));
	deepEqual(decoded(bytes), { ...ccm, sequence: 0xfffffffffffe, received: windowAt(9) });
	updateState(bytes, 7, new ReplayWindow());
	deepEqual(decoded(bytes), { ...ccm, sequence: 7, received: new ReplayWindow() });
	equal(stateSequence(bytes), 7);
	equal(stateReceived(bytes), -1);
});

test("a further state begins later, and refuses more", () => {
	const bytes = encodeState(ccm);
	const further = furtherState(bytes, 1000, 16);
	equal(stateSequence(further), ccm.sequence + 1000);
	equal(stateReceived(further), 0x10021 + 16);
	const { received } = decoded(further);
	for (let back = 0; back < 80; back++) ok(!received.isFresh(0x10021 + 16 - back));
	ok(received.isFresh(0x10021 + 17));
	equal(toHex(sessionOf(further)), toHex(sessionOf(bytes)));
	equal(stateSequence(bytes), ccm.sequence);
	equal(stateSequence(furtherState(further, 2 ** 48, 2 ** 48)), 2 ** 48 - 1);
});

test("every cut, every bit and every foreign byte is refused", () => {
	for (const state of [ccm, cbc]) {
		const bytes = encodeState(state);
		for (let size = 0; size < bytes.length; size++) {
			const why = decodeState(bytes.slice(0, size));
			ok("code" in why, `${size} bytes`);
		}
		const longer = new Uint8Array(bytes.length + 1);
		longer.set(bytes);
		ok("code" in decodeState(longer));
		for (let bit = 0; bit < bytes.length * 8; bit += patience === 1 ? 7 : 1) {
			const bent = bytes.slice();
			bent[bit >> 3]! ^= 1 << (bit & 7);
			const why = decodeState(bent);
			ok("code" in why, `bit ${bit}`);
			equal(why.code, bit < 8 ? "dtls.state.version" : "dtls.state.checksum");
		}
	}
});

test("a torn save of another state over this one is refused", () => {
	const old = encodeState(ccm);
	const young = encodeState({ ...ccm, sequence: ccm.sequence + 1024, received: windowAt(0x10030) });
	for (let tornAt = 11; tornAt < old.length; tornAt++) {
		const torn = old.slice();
		torn.set(young.subarray(0, tornAt));
		const state = decodeState(torn);
		ok("code" in state || tornAt === old.length, `torn at ${tornAt}`);
	}
});

test("an erased or zeroed home, an unknown version and sizes beyond the bytes", () => {
	const codes: string[] = [];
	for (const bytes of [none, new Uint8Array(77), new Uint8Array(77).fill(0xff), new Uint8Array(5000)]) {
		const why = decodeState(bytes);
		codes.push("code" in why ? why.code : "none");
	}
	deepEqual(codes, ["dtls.state.truncated", "dtls.state.version", "dtls.state.version", "dtls.state.truncated"]);
});

/** Changes one byte and makes the checksum right again: what a newer or a faulty image might have saved. */
function bent(state: SessionState, at: number, value: number): string {
	const bytes = encodeState(state);
	bytes[at] = value;
	updateState(bytes, stateSequence(bytes), windowAt(1));
	const found = decodeState(bytes);
	return "code" in found ? found.code : "none";
}

test("what passes the checksum is still judged", () => {
	equal(bent(ccm, 2, 0x13), "dtls.state.malformed");
	equal(bent(ccm, 3, 0xae), "none"); // ECDHE_ECDSA with the same key block
	equal(bent(ccm, 3, 0x00), "dtls.state.malformed");
	equal(bent(ccm, 1, 0x44), "dtls.state.malformed");
	equal(bent(ccm, 1, 0x14), "dtls.state.malformed");
	equal(bent(ccm, 1, 0x24), "dtls.state.malformed");
	for (const size of [1, 5, 7, 49, 255]) equal(bent(ccm, 24, size), "dtls.state.malformed", `own CID ${size}`);
	for (const size of [0, 5, 7, 60, 255]) equal(bent(ccm, 25, size), "dtls.state.malformed", `peer CID ${size}`);
	for (const size of [1, 44, 65, 255]) equal(bent(ccm, 32, size), "dtls.state.malformed", `peer ${size}`);
	const limitsAt = 24 + 9 + 7 + 33 + 96;
	equal(bent(cbc, limitsAt, 0x02), "none");
	equal(bent(cbc, limitsAt, 0x00), "dtls.state.malformed");
	equal(bent(cbc, limitsAt + 2, 0x41), "dtls.state.malformed");
	equal(bent(cbc, limitsAt + 5, 84), "dtls.state.malformed");
	equal(bent(cbc, limitsAt + 5, 0), "dtls.state.malformed");
	equal(bent(cbc, limitsAt + 4, 0xff), "dtls.state.malformed");
});

test("bytes behind the last part are refused, with a right checksum, too", () => {
	for (const state of [ccm, cbc]) {
		const bytes = encodeState(state);
		for (const more of [1, 2, 60]) {
			const longer = new Uint8Array(bytes.length + more);
			longer.set(bytes);
			updateState(longer, 5, windowAt(1));
			const why = decodeState(longer);
			equal("code" in why ? why.code : "none", "dtls.state.malformed");
		}
	}
});

test("random bytes with a right checksum never throw", () => {
	for (let seed = 1; seed <= 50 * patience; seed++) {
		const below = seeded(seed);
		const bytes = new Uint8Array(31 + below(200)).map(() => below(256));
		bytes[0] = 1;
		bytes[2] = 0xc0;
		bytes[3] = 0xa8;
		if (below(2) === 0) bytes.fill(0, 24, 27);
		updateState(bytes, stateSequence(bytes), windowAt(1));
		decodeState(bytes);
	}
});

test("impossible parts are our own bug", () => {
	for (const part of [
		{ keyBlock: filled(39, 1) },
		{ suite: 0x1301 },
		{ ownCid: new Uint8Array(256) },
		{ peerCid: new Uint8Array(256) },
		{ peer: new Uint8Array(65) },
		{ resumption: new Uint8Array(resumptionMaxBytes + 1) },
	]) {
		throws(
			() => encodeState({ ...ccm, ...part }),
			(error) => error instanceof AssertionFailed,
		);
	}
});
