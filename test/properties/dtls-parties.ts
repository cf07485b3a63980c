import { NodeCrypto } from "../../hosts/simulator/board/accelerator.ts";
import { fault } from "../../modules/bytes.ts";
import { readSpki, writeSpki } from "../../modules/crypto/public-key.ts";
import type { PeerVerifier } from "../../modules/crypto/trust.ts";
import { CookieJar } from "../../modules/dtls/cookie.ts";
import type { DtlsSettings, Identity } from "../../modules/dtls/settings.ts";
import { suiteById } from "../../modules/dtls/suite.ts";
import type { KeyHandle } from "../../modules/host.ts";

export type Auth = "psk" | "rpk" | "x509";

const untrusted = fault("trust.otherKey", "silence", "the test");

/** Believes one key, and a chain that is nothing but a number of bytes and that key. */
function believing(point: Uint8Array): PeerVerifier {
	const same = (found: Uint8Array) => Buffer.compare(found, point) === 0;
	return {
		verifyRawKey(spki) {
			const found = readSpki(spki);
			return "code" in found ? found : same(found) ? found : untrusted;
		},
		verifyChain(chain) {
			const found = chain[0]!.slice(-65);
			return same(found) ? found : untrusted;
		},
	};
}

/** Certificates of the size that certificates have, with nothing in them but the key. */
function mockCertificate(point: Uint8Array, size: number): Uint8Array {
	const certificate = new Uint8Array(size);
	certificate.set(point, size - point.length);
	return certificate;
}

/** The settings of two parties that know each other, from one source of chance. */
export function parties(
	suite: number,
	auth: Auth,
	random: (bound: number) => number,
	{ certificateBytes = 400, hasCookies = true } = {},
): { client: DtlsSettings; server: DtlsSettings; crypto: NodeCrypto } {
	const entropy = {
		fill(bytes: Uint8Array) {
			for (let index = 0; index < bytes.length; index++) bytes[index] = random(256);
		},
	};
	const crypto = new NodeCrypto({ fillEntropy: (bytes) => entropy.fill(bytes) });
	const base = { crypto, entropy, suites: [suite] };
	const cookies = hasCookies ? { cookies: new CookieJar(crypto, entropy) } : {};
	if (suiteById(suite)!.keyExchange === "psk") {
		const secret = new Uint8Array(16);
		entropy.fill(secret);
		const key: KeyHandle = crypto.importSecret(secret);
		const identity = Uint8Array.of(100, 101, 118, 49);
		const client = { ...base, psk: { identity, key } };
		const pskOf = (claimed: Uint8Array) => (Buffer.compare(claimed, identity) === 0 ? key : undefined);
		return { client, server: { ...base, pskOf, ...cookies }, crypto };
	}
	const party = (): { identity: Identity; point: Uint8Array } => {
		const privateKey = crypto.p256.generate();
		const point = crypto.p256.publicPoint(privateKey);
		const shown =
			auth === "rpk" ? { rawPublicKey: writeSpki(point) } : { chain: [mockCertificate(point, certificateBytes)] };
		return { identity: { privateKey, ...shown }, point };
	};
	const ours = party();
	const theirs = party();
	const client = { ...base, identity: ours.identity, trust: believing(theirs.point) };
	const server = { ...base, identity: theirs.identity, trust: believing(ours.point), ...cookies };
	return { client, server: { ...server, requestPeerCertificate: true }, crypto };
}
