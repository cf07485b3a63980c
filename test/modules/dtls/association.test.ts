/** Handshakes of a client and a server of ours, over a link that does as it is told. */
import { utf8 } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { Pair } from "./association-pair.ts";

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
