/** What a server chooses, refuses and demands; its public keys are of a P-256 that is quick and proves nothing. */
import { fault, utf8 } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import type { PeerVerifier } from "../../../modules/crypto/trust.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import { suites } from "../../../modules/dtls/suite.ts";
import type { CryptoP256, KeyHandle } from "../../../modules/host.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { Pair } from "./association-pair.ts";

const untrusted = fault("trust.otherKey", "silence", "the test");
const pskCcm8 = 0xc0a8;
const ecdheCcm8 = 0xc0ae;

/** Points are 65 times the number of their key; two of them agree on the sum. */
function quickP256(importSecret: (bytes: Uint8Array) => KeyHandle): CryptoP256 {
	let count = 0;
	const pointOf = (key: number) => new Uint8Array(65).fill(key).fill(4, 0, 1);
	const sumOf = (point: Uint8Array, hash: Uint8Array) => hash.map((byte) => (byte ^ point[1]!) | 1);
	return {
		generate: () => ++count,
		importPrivateKey: () => ++count,
		publicPoint: pointOf,
		agree: (key, point) => (point[1] === 0 ? undefined : importSecret(new Uint8Array(32).fill(key + point[1]!))),
		sign: (key, hash) => {
			const half = sumOf(pointOf(key), hash);
			const signature = new Uint8Array(64);
			signature.set(half);
			signature.set(half, 32);
			return signature;
		},
		verify: (point, hash, signature) => sumOf(point, hash).every((byte, index) => byte === signature[index]),
	};
}

interface Parties {
	readonly client: DtlsSettings;
	readonly server: DtlsSettings;
}

function parties(suite: number, seed = 1): Parties {
	const next = seeded(seed);
	const entropy = {
		fill(bytes: Uint8Array) {
			for (let index = 0; index < bytes.length; index++) bytes[index] = next(256);
		},
	};
	const crypto: PortableCrypto = new PortableCrypto({
		entropy,
		p256: () => quickP256((bytes) => crypto.importSecret(bytes)),
	});
	const key = crypto.importSecret(utf8("secretPSK"));
	const trust: PeerVerifier = {
		verifyRawKey: (spki) => spki.slice(0, 65),
		verifyChain: (chain) => (chain.length > 1 ? untrusted : chain[0]!.slice(0, 65)),
	};
	const p256 = crypto.p256!;
	const party = () => {
		const privateKey = p256.generate();
		return { privateKey, rawPublicKey: p256.publicPoint(privateKey), chain: [p256.publicPoint(privateKey)] };
	};
	const base = { crypto, entropy, suites: [suite], trust };
	const psk = { identity: utf8("dev1"), key };
	const client = { ...base, psk, identity: party() };
	const cookies = new CookieJar(crypto, entropy);
	const pskOf = () => key;
	return { client, server: { ...base, pskOf, cookies, identity: party() } };
}

const rawOnly = ({ identity }: DtlsSettings) => ({
	identity: { privateKey: identity!.privateKey, rawPublicKey: identity!.rawPublicKey! },
});

test("each suite, with raw keys and with certificates, and the client's shown where it is asked for", () => {
	for (const { id, keyExchange } of suites) {
		for (const isRaw of keyExchange === "psk" ? [false] : [false, true]) {
			for (const requestPeerCertificate of [false, true]) {
				const { client, server } = parties(id);
				const pair = new Pair(
					{ ...client, ...(isRaw ? rawOnly(client) : {}) },
					{ ...server, ...(isRaw ? rawOnly(server) : {}), requestPeerCertificate },
				).connect();
				const name = `${id.toString(16)} ${isRaw} ${requestPeerCertificate}`;
				ok(pair.isEstablished, `${name}: ${pair.clientEar.reason?.code} ${pair.serverEar.reason?.code}`);
				equal(pair.server.peerIdentity.publicKey !== undefined, keyExchange !== "psk" && requestPeerCertificate, name);
			}
		}
	}
});

test("a client without a certificate is let in where one is asked for, and not where it is required", () => {
	for (const requirePeerCertificate of [false, true]) {
		const { client, server } = parties(ecdheCcm8);
		const { identity: _, ...anonymous } = client;
		const demands = { requestPeerCertificate: true, requirePeerCertificate };
		const pair = new Pair(anonymous, { ...server, ...demands }).connect();
		equal(pair.isEstablished, !requirePeerCertificate);
		if (!requirePeerCertificate) continue;
		pair.finish();
		deepEqual(pair.serverEar.reason, { code: "dtls.certificateMissing", alert: 40 });
		equal(pair.client.state, "closed");
	}
});

test("who is not trusted is refused, in seconds", () => {
	const { client, server } = parties(ecdheCcm8);
	const point = server.identity!.rawPublicKey!;
	const identity = { privateKey: server.identity!.privateKey, chain: [point, point] };
	const pair = new Pair(client, { ...server, identity }).connect();
	equal(pair.client.state, "handshaking");
	for (let turn = 0; turn < 60 && pair.client.state === "handshaking"; turn++) pair.wait();
	equal(pair.clientEar.reason?.code, "trust.otherKey");
	ok(pair.nowMs < 70_000, `${pair.nowMs} ms`);
});

test("the server's order of suites decides, among those that it has credentials for", () => {
	const { client, server } = parties(pskCcm8);
	const all = [0xc0ae, 0x00ae, 0xc0a8];
	const chosen = (own: Partial<DtlsSettings>) => {
		const pair = new Pair({ ...client, suites: [0xc0a8, 0x00ae, 0xc0ae] }, { ...server, suites: all, ...own });
		return pair.connect().clientEar.session?.suite;
	};
	equal(chosen({}), 0xc0ae);
	const { identity: _, ...withoutKey } = server;
	const pair = new Pair({ ...client, suites: [0xc0a8, 0x00ae, 0xc0ae] }, { ...withoutKey, suites: all }).connect();
	equal(pair.clientEar.session?.suite, 0x00ae);
});

test("extended master secret, where it is required of a peer that has none", () => {
	const { client, server } = parties(pskCcm8);
	const pair = new Pair(client, { ...server, extendedMasterSecret: "require" }).connect();
	equal(pair.clientEar.session?.extendedMasterSecret, true);
});

test("limits of records: max_fragment_length for all, record_size_limit each way", () => {
	for (const limit of [{ maxFragmentLength: 512 }, { recordSizeLimit: 100 }]) {
		const { client, server } = parties(pskCcm8);
		const pair = new Pair({ ...client, ...limit }, server).connect();
		ok(pair.isEstablished);
		const most = limit.maxFragmentLength ?? limit.recordSizeLimit!;
		equal(pair.server.plaintextBytes, most);
		const text = new Uint8Array(most + 1);
		ok(!pair.server.send(text, 0, text.length, pair.nowMs));
		ok(pair.server.send(text, 0, most, pair.nowMs));
		pair.settle();
		equal(pair.clientEar.heard[0]?.length, most);
	}
});

test("an unknown identity is told so where the settings want it", () => {
	const { client, server } = parties(pskCcm8);
	const pair = new Pair(client, { ...server, pskOf: () => undefined, unknownIdentity: "alert" }).connect().finish();
	deepEqual(pair.serverEar.reason, { code: "dtls.identityUnknown", alert: 115 });
	equal(pair.client.state, "closed");
});

test("a server without a suite in common says so at once, but only to who has shown to hear it", () => {
	const { client, server } = parties(pskCcm8);
	const pair = new Pair(client, { ...server, suites: [0x00a8] }).connect();
	deepEqual(pair.serverEar.reason, { code: "dtls.nothingShared", alert: 40 });
	deepEqual(
		pair.flown.map(({ bytes }) => bytes[0]),
		[22, 22, 22, 21],
	);
});
