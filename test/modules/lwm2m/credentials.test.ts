import { type Fault, fault } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import type { PeerVerifier, ServerTrustSettings } from "../../../modules/crypto/trust.ts";
import type { Crypto, CryptoP256 } from "../../../modules/host.ts";
import { type PublicKeys, readCredentials } from "../../../modules/lwm2m/credentials.ts";
import { type SecurityOptions, security } from "../../../modules/objects/security-0.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";

const bytes = Uint8Array.of(1, 2, 3);
const rpk = { mode: "rpk", publicKey: bytes, privateKey: bytes, serverPublicKey: bytes } as const;
const x509 = { mode: "x509", certificate: bytes, privateKey: bytes, serverCertificate: bytes } as const;

/** A port that knows which keys it holds. */
function crypto() {
	const held: number[] = [];
	const port = new PortableCrypto({ entropy: { fill() {} } }) as Crypto;
	const p256 = {
		importPrivateKey: (scalar: Uint8Array) => (scalar[0] === 0 ? undefined : held.push(1)),
	} as unknown as CryptoP256;
	return { held, port: new Proxy(port, { get: (it, name) => (name === "p256" ? p256 : Reflect.get(it, name)) }) };
}

function keys({ scalar = new Uint8Array(32).fill(7), trust }: { scalar?: Uint8Array | Fault; trust?: Fault } = {}) {
	const asked: ServerTrustSettings[] = [];
	const publicKeys: PublicKeys = {
		readPrivateKey: () => scalar,
		serverTrust: (settings) => {
			asked.push(settings);
			return trust ?? ({} as PeerVerifier);
		},
	};
	return { asked, publicKeys, scalar };
}

function read(options: Partial<SecurityOptions>, { publicKeys, port }: { publicKeys?: PublicKeys; port?: Crypto }) {
	const account = { serverUri: "coaps://server.example", shortServerId: 1, credentials: rpk, ...options };
	return readCredentials(security(account), port ?? crypto().port, publicKeys);
}

test("[CORE-SEC] raw public keys: shown raw, expected raw; no name is sent that nobody asked for", () => {
	const { publicKeys, asked, scalar } = keys();
	const found = read({}, { publicKeys });
	ok(!("code" in found));
	const { identity, peerCertificateTypes, serverName, suites } = found.settings;
	deepEqual([identity!.rawPublicKey, identity!.chain], [bytes, undefined]);
	deepEqual([peerCertificateTypes, serverName, suites], [[2], undefined, [0xc0ae]]);
	deepEqual([asked[0]!.serverPublicKey, asked[0]!.usage, asked[0]!.matchingType], [bytes, undefined, undefined]);
	ok(
		(scalar as Uint8Array).every((byte) => byte === 0),
		"the private key lies about",
	);
});

test("[CORE-SEC] certificates: compared with 0/x/14 or the URI's host; an address literal is not sent", () => {
	for (const [options, serverName, sendServerName] of [
		[{}, "server.example", true],
		[{ serverUri: "coaps://192.0.2.1:5684" }, "192.0.2.1", false],
		[{ serverUri: "coaps://[2001:db8::1]" }, "2001:db8::1", false],
		[{ sni: "other.example" }, "other.example", undefined],
	] as const) {
		const { publicKeys, asked } = keys();
		const credentials = { ...x509, certificateUsage: 2, matchingType: 1 };
		const found = read({ credentials, ...options }, { publicKeys });
		ok(!("code" in found));
		deepEqual([found.settings.serverName, found.settings.sendServerName], [serverName, sendServerName]);
		deepEqual([found.settings.identity!.chain, found.settings.peerCertificateTypes], [[bytes], [0]]);
		deepEqual([asked[0]!.usage, asked[0]!.matchingType], [2, 1]);
	}
});

test("[CORE-SEC] 0/x/16: those that fit the mode, in their order", () => {
	const { publicKeys } = keys();
	const found = read({ ciphersuites: [0xc023, 0xc0a8, 0x1301, 0xc02b] }, { publicKeys });
	ok(!("code" in found));
	deepEqual(found.settings.suites, [0xc023, 0xc02b]);
});

test("[CORE-SEC] what is wrong is told by its Fault, and no key is left behind", () => {
	const bad = fault("key.bad", "silence", "nowhere");
	const none = new Uint8Array(0);
	for (const [options, given, code] of [
		[{}, keys({ scalar: bad }), "key.bad"],
		[{}, keys({ trust: bad }), "key.bad"],
		[{}, keys({ scalar: new Uint8Array(32) }), "credentials.secretKey"],
		[{ credentials: { ...rpk, serverPublicKey: none } }, keys(), "credentials.serverPublicKey"],
		[{ credentials: { ...rpk, publicKey: none } }, keys(), "credentials.identity"],
		[{ credentials: { ...x509, privateKey: none } }, keys(), "credentials.secretKey"],
		[{ ciphersuites: [0xc0a8] }, keys(), "credentials.ciphersuite"],
	] as const) {
		const { held, port } = crypto();
		const found = read(options, { publicKeys: given.publicKeys, port });
		equal("code" in found ? found.code : "nothing", code);
		equal(held.length, 0);
	}
	const without = read({}, {});
	equal("code" in without ? without.code : "nothing", "credentials.noP256");
});
