import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { WrongUsage } from "../../../../hosts/simulator/cli/arguments.ts";
import {
	authoritiesIn,
	type CredentialOptions,
	infoOf,
	readCredentials,
	readIdentity,
} from "../../../../hosts/simulator/cli/credentials.ts";
import { drawIdentity } from "../../../../hosts/simulator/server/server-identity.ts";
import { fromHex, toHex } from "../../../../modules/bytes.ts";
import { readPrivateKey, readSpki } from "../../../../modules/crypto/public-key.ts";
import { ecKeyPair } from "../../x509/key-pair.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-keys-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
}

const keys = () => ecKeyPair("P-256");
const board = keys();
const server = keys();
const pem = (key: KeyObject, type: "pkcs8" | "spki" | "sec1") => key.export({ format: "pem", type }) as string;
const der = (key: KeyObject, type: "pkcs8" | "spki" | "sec1") =>
	Uint8Array.from(key.export({ format: "der", type }) as Buffer);

const rsa = generateKeyPairSync("rsa", {
	modulusLength: 2048,
	publicKeyEncoding: { format: "pem", type: "spki" },
	privateKeyEncoding: { format: "pem", type: "pkcs8" },
});
const certified = drawIdentity("board", (bytes) => void randomFillSync(bytes));
const certifiedKey = createPrivateKey({
	key: {
		kty: "EC",
		crv: "P-256",
		d: Buffer.from(certified.privateKey).toString("base64url"),
		x: Buffer.from(certified.publicKey.subarray(27, 59)).toString("base64url"),
		y: Buffer.from(certified.publicKey.subarray(59)).toString("base64url"),
	},
	format: "jwk",
});
const certificatePem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(certified.chain[0]!)
	.toString("base64")
	.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

const paths = {
	private: file("board.pem", pem(board.privateKey, "pkcs8")),
	privateDer: file("board.der", der(board.privateKey, "pkcs8")),
	privateSec1: file("board.sec1.der", der(board.privateKey, "sec1")),
	privateSec1Pem: file("board.sec1.pem", pem(board.privateKey, "sec1")),
	public: file("board.pub", pem(board.publicKey, "spki")),
	server: file("server.pub", pem(server.publicKey, "spki")),
	serverDer: file("server.pub.der", der(server.publicKey, "spki")),
	certificate: file("cert.pem", certificatePem),
	certificateDer: file("cert.der", certified.chain[0]!),
	certificateKey: file("cert.key", pem(certifiedKey, "pkcs8")),
	garbage: file("garbage", "nothing of the kind"),
	p384: file("p384.pem", pem(ecKeyPair("P-384").privateKey, "pkcs8")),
	rsa: file("rsa.pem", rsa.publicKey),
	nowhere: join(folder, "nowhere"),
};

const refused = (options: CredentialOptions, message: RegExp) =>
	throws(
		() => readCredentials(options),
		(error) => {
			ok(error instanceof WrongUsage);
			match(error.message, message);
			return true;
		},
		JSON.stringify(options),
	);

test("a pre-shared key: text and digits become what the Security Object takes", () => {
	deepEqual(readCredentials({ pskIdentity: "Zoë", pskKey: "00FFab" }), {
		mode: "psk",
		publicKeyOrIdentity: "5a6fc3ab",
		secretKey: "00ffab",
	});
	const all = readCredentials({
		pskIdentity: "a",
		pskKey: "00",
		cid: false,
		sni: "s",
		ciphersuite: [0xa8],
		dtlsTimeout: 9000,
	});
	deepEqual([all?.connectionId, all?.sni, all?.ciphersuites, all?.flightTimeoutMs], [false, "s", [0xa8], 9000]);
	equal(readCredentials({}), undefined);
});

test("a pre-shared key that is none is told by its flag, and never repeated", () => {
	refused({ pskIdentity: "a" }, /^--psk-identity needs --psk-key$/);
	refused({ pskKey: "00" }, /^--psk-key needs --psk-identity$/);
	refused(
		{ pskIdentity: "a", pskKey: "c0ffee5" },
		/^--psk-key: 7 hexadecimal digits do not make whole bytes: one is missing$/,
	);
	refused({ pskIdentity: "a", pskKey: "secret" }, /^--psk-key: write it in hexadecimal digits, 0-9 and a-f$/);
	refused({ pskIdentity: "a", pskKey: "" }, /1 to 64 bytes/);
	refused({ pskIdentity: "a", pskKey: "00".repeat(65) }, /1 to 64 bytes, 16 as a rule, not 65/);
	refused({ pskIdentity: "", pskKey: "00" }, /1 to 128 bytes, not 0/);
	refused({ pskIdentity: "ä".repeat(65), pskKey: "00" }, /1 to 128 bytes, not 130/);
});

test("raw public keys: PEM or DER, PKCS #8 or SEC 1; the public half is worked out", () => {
	const expected = {
		mode: "rpk",
		publicKeyOrIdentity: toHex(der(board.publicKey, "spki")),
		secretKey: toHex(der(board.privateKey, "pkcs8")),
		serverPublicKey: toHex(der(server.publicKey, "spki")),
	};
	for (const rpkPrivateKey of [paths.private, paths.privateDer, paths.privateSec1, paths.privateSec1Pem]) {
		for (const serverPublicKey of [paths.server, paths.serverDer]) {
			deepEqual(readCredentials({ rpkPrivateKey, serverPublicKey }), expected);
			deepEqual(readCredentials({ rpkPrivateKey, rpkPublicKey: paths.public, serverPublicKey }), expected);
		}
	}
	ok(!("code" in readPrivateKey(fromHex(expected.secretKey)!)), "the device reads it");
	ok(!("code" in readSpki(fromHex(expected.serverPublicKey)!)));
});

test("keys in files that are none, or others, are told by flag and file", () => {
	const rpkPrivateKey = paths.private;
	refused({ rpkPrivateKey }, /--rpk-private-key needs --server-public-key/);
	refused({ rpkPublicKey: paths.public, serverPublicKey: paths.server }, /need --rpk-private-key/);
	refused({ rpkPrivateKey, serverPublicKey: paths.nowhere }, /--server-public-key: .*nowhere: there is no such file/);
	refused({ rpkPrivateKey, serverPublicKey: folder }, /is a folder/);
	refused({ rpkPrivateKey, serverPublicKey: paths.garbage }, /garbage holds no public key in PEM or DER/);
	refused({ rpkPrivateKey, serverPublicKey: paths.private }, /holds a private key: give the public one/);
	refused({ rpkPrivateKey, serverPublicKey: paths.rsa }, /P-256 \(prime256v1\) is needed/);
	refused({ rpkPrivateKey, rpkPublicKey: paths.server, serverPublicKey: paths.server }, /not the other half/);
	refused({ rpkPrivateKey: paths.garbage, serverPublicKey: paths.server }, /holds no private key/);
	refused({ rpkPrivateKey: paths.p384, serverPublicKey: paths.server }, /P-256 \(prime256v1\) is needed/);
});

test("certificates: with an authority usage 2, with the server's own usage 3, unless told", () => {
	const { certificate: cert, certificateKey: key, certificateDer } = paths;
	const own = readCredentials({ cert, key, serverCert: certificateDer });
	deepEqual(own, {
		mode: "x509",
		publicKeyOrIdentity: toHex(certified.chain[0]!),
		secretKey: toHex(der(certifiedKey, "pkcs8")),
		serverPublicKey: toHex(certified.chain[0]!),
		certificateUsage: 3,
	});
	equal(readCredentials({ cert, key, ca: cert })?.certificateUsage, 2);
	equal(readCredentials({ cert, key, ca: cert, certificateUsage: 0 })?.certificateUsage, 0);
	refused({ cert, ca: cert }, /certificates need --key, too/);
	refused({ key, ca: cert }, /certificates need --cert, too/);
	refused({ cert, key }, /--cert needs --ca or --server-cert/);
	refused({ cert, key, ca: cert, serverCert: cert }, /choose one/);
	refused({ cert, key: paths.private, ca: cert }, /--key does not belong to the certificate of --cert/);
	refused({ cert: paths.garbage, key, ca: cert }, /--cert: .*garbage holds no certificate/);
});

test("ways and suites that do not go together", () => {
	refused(
		{ pskIdentity: "a", pskKey: "00", cert: paths.certificate },
		/--psk-identity and --cert belong to different ways/,
	);
	refused(
		{ pskIdentity: "a", pskKey: "00", ciphersuite: [0xc0ae] },
		/TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 does not go with/,
	);
	refused({ sni: "a" }, /--sni is about DTLS/);
	refused({ dtlsTimeout: 1 }, /--dtls-timeout is about DTLS/);
});

test("our own server learns what the board will show, and shows what it was given", () => {
	const serverKey = { publicKey: certified.publicKey, certificate: certified.chain[0]! };
	const rpk = readCredentials({ rpkPrivateKey: paths.private }, serverKey)!;
	equal(rpk.serverPublicKey, toHex(certified.publicKey));
	deepEqual(infoOf("e", rpk), { endpoint: "e", mode: "rpk", publicKey: der(board.publicKey, "spki") });
	const psk = readCredentials({ pskIdentity: "me", pskKey: "0102" })!;
	deepEqual(infoOf("e", psk), { endpoint: "e", mode: "psk", identity: "me", key: Uint8Array.of(1, 2) });
	deepEqual(readIdentity({ cert: paths.certificate, key: paths.certificateKey }), certified);
	const raw = readIdentity({ key: paths.private })!;
	equal(toHex(raw.publicKey), toHex(der(createPublicKey(board.privateKey), "spki")));
	deepEqual([raw.chain, raw.privateKey.length], [[], 32]);
	deepEqual(authoritiesIn("--cert", paths.certificate), [certified.chain[0]]);
});
