import { assert, fromHex } from "../../../modules/bytes.ts";
import { writeSpki } from "../../../modules/crypto/public-key.ts";
import { serverTrust } from "../../../modules/crypto/trust.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import type { Crypto, Entropy } from "../../../modules/host.ts";

/** Keys for the bench and nothing else: RFC 6979 §A.2.5 has the client's. */
export const clientScalar = bytesOf("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
const clientPoint = bytesOf(
	"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" +
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
);
const serverScalar = bytesOf("519b423d715f8b581f4fa8ee59f4771a5b44c8130b4e3eacca54a56dda72b464");
export const serverPoint = bytesOf(
	"041ccbe91c075fc7f4f033bfa248db8fccd3565de94bbfb12f3c59ff46c271bf83" +
		"ce4014c68811f9a21a1fdb2c0e6113e06db7ca93b7404e78dc7ccd5ca89a4ca9",
);
const psk = bytesOf("000102030405060708090a0b0c0d0e0f");
const identity = bytesOf("75726e3a6465763a6f733a303030312d30303031"); // urn:dev:os:0001-0001

const pskCcm8 = 0xc0a8;
const ecdheCcm8 = 0xc0ae;

/** The client of LwM2M: it puts the server's Connection ID on its records, and wants none; its state can be stored. */
export function clientSettings(crypto: Crypto, entropy: Entropy, auth: "psk" | "rpk"): DtlsSettings {
	const base = { crypto, entropy, connectionId: new Uint8Array(0), isExportable: true };
	if (auth === "psk") return { ...base, suites: [pskCcm8], psk: { identity, key: crypto.importSecret(psk) } };
	const trust = serverTrust({ crypto, serverPublicKey: writeSpki(serverPoint) });
	assert(!("code" in trust), "bench: trust");
	return { ...base, suites: [ecdheCcm8], identity: ownIdentity(crypto, clientScalar, clientPoint), trust };
}

export function serverSettings(crypto: Crypto, entropy: Entropy, auth: "psk" | "rpk"): DtlsSettings {
	const cookies = new CookieJar(crypto, entropy);
	const base = { crypto, entropy, cookies, connectionId: bytesOf("0102030405060708") };
	if (auth === "psk") {
		const key = crypto.importSecret(psk);
		return { ...base, suites: [pskCcm8], pskOf: () => key };
	}
	const trust = serverTrust({ crypto, serverPublicKey: writeSpki(clientPoint) });
	assert(!("code" in trust), "bench: trust");
	const identity = ownIdentity(crypto, serverScalar, serverPoint);
	return { ...base, suites: [ecdheCcm8], identity, trust, requestPeerCertificate: true };
}

function ownIdentity(crypto: Crypto, scalar: Uint8Array, point: Uint8Array) {
	const privateKey = crypto.p256?.importPrivateKey(scalar);
	assert(privateKey !== undefined, "bench: the key");
	return { privateKey, rawPublicKey: writeSpki(point) };
}

function bytesOf(hex: string): Uint8Array {
	const bytes = fromHex(hex);
	assert(bytes !== undefined, "bench: hex");
	return bytes;
}
