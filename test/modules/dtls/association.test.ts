/** Handshakes of a client and a server of ours, over a link that does as it is told. */
import { type Fault, fromHex, utf8 } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { Association } from "../../../modules/dtls/association.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { Ear, Pair } from "./association-pair.ts";

const pskCcm8 = 0xc0a8;

function entropyOf(seed: number) {
	const next = seeded(seed);
	return {
		fill(bytes: Uint8Array) {
			for (let index = 0; index < bytes.length; index++) bytes[index] = next(256);
		},
	};
}

interface Extra {
	client?: Partial<DtlsSettings>;
	server?: Partial<DtlsSettings>;
}

function pskPair(seed: number, { client = {}, server = {} }: Extra = {}): Pair {
	const entropy = entropyOf(seed);
	const crypto = new PortableCrypto({ entropy });
	const key = crypto.importSecret(utf8("secretPSK"));
	const base = { crypto, entropy, suites: [pskCcm8] };
	const cookies = new CookieJar(crypto, entropy);
	return new Pair(
		{ ...base, psk: { identity: utf8("dev1"), key }, ...client },
		{ ...base, pskOf: () => key, cookies, ...server },
	);
}

test("a PSK handshake takes six datagrams, and then data goes both ways", () => {
	const pair = pskPair(1).connect();
	ok(pair.isEstablished);
	equal(pair.flown.length, 6);
	const ping = utf8("ping");
	ok(pair.client.send(ping, 0, ping.length, pair.nowMs));
	ok(pair.server.send(ping, 0, ping.length, pair.nowMs));
	pair.settle();
	deepEqual(pair.clientEar.heard, [ping]);
	deepEqual(pair.serverEar.heard, [ping]);
	deepEqual(pair.server.peerIdentity, { psk: utf8("dev1") });
});

test("a PSK handshake with extended master secret and a Connection ID fits into 520 bytes", () => {
	const pair = pskPair(2, {
		client: { connectionId: new Uint8Array(0) },
		server: { connectionId: Uint8Array.of(1, 2, 3, 4, 5, 6) },
	}).connect();
	ok(pair.isEstablished);
	equal(pair.flown.length, 6);
	const size = pair.flown.reduce((sum, { bytes }) => sum + bytes.length, 0);
	ok(size <= 520, `${size} bytes: ${pair.flown.map(({ bytes }) => bytes.length)}`);
	equal(pair.clientEar.session?.extendedMasterSecret, true);
	equal(pair.clientEar.session?.peerConnectionId.length, 6);
	const ping = utf8("ping");
	ok(pair.client.send(ping, 0, ping.length, pair.nowMs));
	ok(pair.server.send(ping, 0, ping.length, pair.nowMs));
	pair.settle();
	equal(pair.serverEar.heard.length, 1);
	equal(pair.clientEar.heard.length, 1);
});

test("close_notify ends both sides", () => {
	const pair = pskPair(3).connect();
	pair.client.close(pair.nowMs);
	pair.settle();
	equal(pair.client.state, "closed");
	equal(pair.server.state, "closed");
	equal(pair.clientEar.reason?.code, "dtls.closed");
	equal(pair.serverEar.reason?.code, "dtls.closeNotify");
});

/** A ServerHello as a forger would write it: with the suite that was offered, and a random of its own. */
function forgedHello(genuine: Uint8Array, mark = 0x5a): Uint8Array {
	const forged = genuine.slice();
	for (let at = 27; at < 59; at++) forged[at]! ^= mark;
	return forged;
}

const isServerHello = (bytes: Uint8Array) => bytes[0] === 22 && bytes[4] === 0 && bytes[13] === 2;

test("a forged ServerHello in front of the genuine one costs one timeout, and no handshake", () => {
	const pair = pskPair(4);
	let forgeries = 0;
	pair.meddle = ({ bytes }) => {
		if (!isServerHello(bytes) || forgeries++ > 0) return [bytes];
		return [forgedHello(bytes), bytes];
	};
	pair.connect();
	equal(pair.client.state, "handshaking");
	ok(pair.wait());
	ok(pair.isEstablished, JSON.stringify(pair.clientEar.reason));
	ok(pair.nowMs <= 2000, `${pair.nowMs} ms`);
});

test("a forged ServerHello behind the genuine one is not even noticed", () => {
	const pair = pskPair(5);
	pair.meddle = ({ bytes }) => (isServerHello(bytes) ? [bytes, forgedHello(bytes)] : [bytes]);
	ok(pair.connect().isEstablished);
});

test("a forged ServerHello is refused when it comes again", () => {
	const pair = pskPair(6);
	pair.meddle = ({ bytes }) => (isServerHello(bytes) ? [forgedHello(bytes), bytes] : [bytes]);
	pair.connect();
	ok(pair.wait());
	ok(pair.isEstablished);
});

test("who forges ServerHellos before and behind the genuine one wins, and the client gives up in the end", () => {
	const pair = pskPair(6);
	let mark = 1;
	pair.meddle = ({ bytes }) => {
		return isServerHello(bytes) ? [forgedHello(bytes, mark++), bytes, forgedHello(bytes, mark++)] : [bytes];
	};
	pair.connect().finish();
	equal(pair.client.state, "closed");
	ok(pair.flown.length < 60, `${pair.flown.length} datagrams`);
});

test("lost one by one, each datagram of a handshake is said again", () => {
	for (let lost = 0; lost < 6; lost++) {
		const pair = pskPair(10 + lost);
		let count = 0;
		pair.meddle = ({ bytes }) => (count++ === lost ? [] : [bytes]);
		pair.connect();
		if (!pair.isEstablished) pair.wait();
		ok(pair.isEstablished, `datagram ${lost}`);
		ok(pair.nowMs <= 2000);
	}
});

test("the last flight is said again when the client repeats its own, but not at every datagram", () => {
	const pair = pskPair(20);
	let last: Uint8Array = new Uint8Array(0);
	pair.meddle = ({ from, bytes }) => {
		if (from === "client") last = bytes;
		return pair.flown.length === 6 ? [] : [bytes];
	};
	pair.connect();
	equal(pair.server.state, "established");
	equal(pair.client.state, "handshaking");
	const before = pair.flown.length;
	for (let turn = 0; turn < 10; turn++) {
		const copy = last.slice();
		pair.server.receive(copy, 0, copy.length, pair.nowMs);
	}
	pair.settle();
	equal(pair.flown.length, before);
	ok(pair.wait());
	ok(pair.isEstablished);
});

test("alerts and records that anybody may have sent end nothing", () => {
	for (const forged of [
		"15fefd00000000000000090002022800",
		"15fefd0000000000000009000202",
		"14fefd000000000000000900020101",
	]) {
		const pair = pskPair(30);
		pair.meddle = ({ from, bytes }) => (from === "server" ? [fromHex(forged)!, bytes] : [bytes]);
		ok(pair.connect().isEstablished, forged);
		const bytes = fromHex("15fefd00000000000000090002022800")!;
		pair.client.receive(bytes, 0, bytes.length, pair.nowMs);
		equal(pair.client.state, "established");
	}
});

test("a server that refuses is believed, when nothing else comes", () => {
	const pair = pskPair(31, { server: { suites: [0x00a8] } });
	pair.connect();
	equal(pair.client.state, "handshaking");
	equal(pair.serverEar.reason?.code, "dtls.nothingShared");
	pair.meddle = ({ from }) => (from === "client" ? [] : []);
	const alert = fromHex("15fefd00000000000000090002022800")!;
	for (let turn = 0; turn < 20 && pair.client.state === "handshaking"; turn++) {
		const copy = alert.slice(0, 15);
		pair.client.receive(copy, 0, copy.length, pair.nowMs);
		pair.wait();
	}
	deepEqual(pair.clientEar.reason, { code: "dtls.alert", alert: 40 });
});

test("an identity without a key, and a key that is another, look the same", () => {
	const shapes: string[] = [];
	for (const pskOf of [() => undefined, undefined]) {
		const pair = pskPair(32, pskOf === undefined ? {} : { server: { pskOf } });
		if (pskOf === undefined) {
			const crypto = new PortableCrypto({ entropy: entropyOf(1) });
			const other = pskPair(32, {
				server: { crypto, entropy: entropyOf(2), pskOf: () => crypto.importSecret(utf8("x")) },
			});
			other.connect().finish();
			shapes.push(other.flown.map(({ from, bytes }) => `${from} ${bytes.length}`).join());
			equal(other.client.state, "closed");
			continue;
		}
		pair.connect().finish();
		shapes.push(pair.flown.map(({ from, bytes }) => `${from} ${bytes.length}`).join());
		equal(pair.client.state, "closed");
	}
	equal(shapes[0], shapes[1]);
});

test("a session is taken up where its state left off, without a datagram, and numbers are not used again", () => {
	const crypto = new PortableCrypto({ entropy: entropyOf(40) });
	const pair = pskPair(40, {
		client: { connectionId: new Uint8Array(0), isExportable: true },
		server: { connectionId: Uint8Array.of(9) },
	});
	pair.connect();
	const ping = utf8("ping");
	ok(pair.client.send(ping, 0, ping.length, pair.nowMs));
	pair.settle();
	const state = pair.client.exportState()!.slice();
	ok(state.length < 120, `${state.length} bytes`);
	const entropy = entropyOf(41);
	const psk = { identity: utf8("dev1"), key: crypto.importSecret(utf8("secretPSK")) };
	const settings = { crypto, entropy, suites: [pskCcm8], psk, isExportable: true };
	const saved: Uint8Array[] = [];
	const ear = new Ear();
	equal((Association.resumeFrom(state, settings, ear) as Fault).code, "dtls.stateUnreserved");
	ear.reserve = (next) => void saved.push(next.slice());
	const woken = Association.resumeFrom(state, settings, ear);
	ok(woken instanceof Association);
	equal(woken.state, "established");
	deepEqual(woken.peerIdentity, { psk: utf8("dev1") });
	ok(woken.send(ping, 0, ping.length, pair.nowMs));
	equal(saved.length, 1);
	const datagram = woken.takeDatagram()!;
	pair.server.receive(datagram, 0, datagram.length, pair.nowMs);
	equal(pair.serverEar.heard.length, 2);
	ok("code" in Association.resumeFrom(state, { ...settings, psk: { ...psk, identity: utf8("dev2") } }, ear));
	ok("code" in Association.resumeFrom(state, settings, ear, "server"));
	ok("code" in Association.resumeFrom(state.slice(1), settings, ear));
});

test("what comes after the end is not heard, and renegotiation is refused now and then", () => {
	const pair = pskPair(50).connect();
	pair.client.close(pair.nowMs);
	const ping = utf8("ping");
	ok(pair.server.send(ping, 0, ping.length, pair.nowMs));
	pair.settle();
	deepEqual(pair.clientEar.heard, []);
	ok(!pair.client.send(ping, 0, ping.length, pair.nowMs));
});
