import { type Fault, fromHex, toHex } from "../../../modules/bytes.ts";
import { type Certificate, readCertificate } from "../../../modules/crypto/certificate.ts";
import { addressBytes, readEndpointName } from "../../../modules/crypto/certificate-name.ts";
import { portableP256 } from "../../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { readEcdsaSignature, readPrivateKey, readSpki, writeSpki } from "../../../modules/crypto/public-key.ts";
import { clientTrust, type PeerVerifier, serverTrust, type WithoutClock } from "../../../modules/crypto/trust.ts";
import type { Crypto, CryptoP256 } from "../../../modules/host.ts";
import { equal, ok, patience, seeded, test } from "../../harness.ts";
import vectors from "../../vectors/x509.json" with { type: "json" };

type Name = keyof typeof vectors.certificates;
type Point = keyof typeof vectors.points;
interface Row {
	readonly name: string;
	readonly role?: string;
	readonly usage?: number;
	readonly matchingType?: number;
	readonly pin?: string;
	readonly anchors?: readonly string[];
	readonly withoutClock?: string;
	readonly chain: readonly string[];
	readonly host?: string;
	readonly nowS: number | null;
	readonly key?: string;
	readonly fault?: string;
}

const bytesOf = (hex: string) => fromHex(hex)!;
const derOf = (name: string) => bytesOf(vectors.certificates[name as Name].hex);
const refuse = (): never => {
	throw new Error("not in this test");
};

/**
 * P-256 for the signatures of the vectors alone: valid is what OpenSSL made, and what has just its hash and its key.
 * So a whole chain costs XS no curve arithmetic; the real thing has a test of its own.
 */
class RecordedP256 implements CryptoP256 {
	readonly generate = refuse;
	readonly importPrivateKey = refuse;
	readonly publicPoint = refuse;
	readonly agree = refuse;
	readonly sign = refuse;
	calls = 0;

	verify(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean {
		this.calls += 1;
		const run = new PortableCrypto({ entropy: { fill: refuse } });
		for (const name of Object.keys(vectors.certificates)) {
			const certificate = readCertificate(derOf(name)) as Certificate;
			if (certificate.signature === undefined || toHex(certificate.signature) !== toHex(signature)) continue;
			const sha = run.sha256();
			sha.update(certificate.bytes, certificate.signedAt, certificate.signedEnd);
			const { signer } = vectors.certificates[name as Name];
			return toHex(sha.digest()) === toHex(hash) && vectors.points[signer as Point] === toHex(point);
		}
		return false;
	}
}

class RecordedCrypto extends PortableCrypto {
	override readonly p256 = new RecordedP256();

	constructor() {
		super({ entropy: { fill: refuse } });
	}
}

function pinOf(pin: string): Uint8Array {
	if (pin === "spki") return bytesOf(vectors.spki);
	if (!pin.startsWith("hash:")) return derOf(pin);
	return bytesOf(vectors.hashes[pin.slice(5) as keyof typeof vectors.hashes]);
}

function verifierFor(row: Row, crypto: Crypto): PeerVerifier | Fault {
	const anchors = row.anchors === undefined ? {} : { anchors: row.anchors.map(derOf) };
	if (row.role === "client") return clientTrust({ crypto, ...anchors });
	return serverTrust({
		crypto,
		...anchors,
		serverPublicKey: pinOf(row.pin ?? "root"),
		...(row.usage === undefined ? {} : { usage: row.usage }),
		...(row.matchingType === undefined ? {} : { matchingType: row.matchingType }),
		...(row.withoutClock === undefined ? {} : { withoutClock: row.withoutClock as WithoutClock }),
	});
}

function outcome(row: Row, crypto: Crypto, chain = row.chain.map(derOf)): string {
	const verifier = verifierFor(row, crypto);
	if ("code" in verifier) return verifier.code;
	const host = row.host === "" ? undefined : (row.host ?? "lwm2m.example.com");
	const answer = verifier.verifyChain(chain, host, row.nowS ?? undefined);
	return "code" in answer ? answer.code : toHex(answer);
}

const expected = (row: Row) => row.fault ?? vectors.points[row.key as Point];
const rows: readonly Row[] = vectors.chains;

for (const row of rows) {
	test(`X.509 chain: ${row.name}`, () => {
		const crypto = new RecordedCrypto();
		equal(outcome(row, crypto), expected(row));
		ok(crypto.p256.calls <= 8, "no chain costs more than 8 signatures");
	});
}

test("X.509: the table of chains has both ends", () => {
	ok(rows.filter(({ key }) => key !== undefined).length > 30);
	ok(rows.filter(({ fault }) => fault !== undefined).length > 50);
});

function read(of: string, bytes: Uint8Array): unknown {
	if (of === "spki") return readSpki(bytes);
	if (of === "privateKey") return readPrivateKey(bytes);
	return of === "signature" ? readEcdsaSignature(bytes, 0, bytes.length) : readCertificate(bytes);
}

for (const { name, of, hex, ...more } of vectors.reader as {
	name: string;
	of: string;
	hex: string;
	fault?: string;
}[]) {
	test(`X.509 reader: ${of}: ${name}`, () => {
		const answer = read(of, bytesOf(hex)) as Fault;
		equal(answer.code, more.fault as string);
		if (more.fault === undefined && of === "privateKey") {
			equal(toHex(answer as unknown as Uint8Array), vectors.privateKey.scalar);
		}
	});
}

test("X.509: a public key goes out as it came in", () => {
	const point = readSpki(bytesOf(vectors.spki)) as Uint8Array;
	equal(toHex(point), vectors.points.device);
	equal(toHex(writeSpki(point)), vectors.spki);
});

test("X.509: raw public keys", () => {
	const crypto = new RecordedCrypto();
	const spki = bytesOf(vectors.spki);
	const other = writeSpki(bytesOf(vectors.points.stranger));
	const rows = [
		{ pin: "spki", usage: 3, matchingType: 0, code: undefined },
		{ pin: "hash:deviceKey", usage: 3, matchingType: 1, code: undefined },
		{ pin: "hash:server", usage: 3, matchingType: 1, code: "trust.otherKey" },
		{ pin: "server", usage: 3, matchingType: 0, code: "trust.noRawKey" },
		{ pin: "spki", usage: 2, matchingType: 0, code: "trust.noRawKey" },
	];
	for (const { pin, usage, matchingType, code } of rows) {
		const trust = serverTrust({ crypto, serverPublicKey: pinOf(pin), usage, matchingType }) as PeerVerifier;
		equal((trust.verifyRawKey(spki) as Fault).code, code as string);
		ok("code" in trust.verifyRawKey(other), "another key");
		ok("code" in trust.verifyRawKey(derOf("server")), "a certificate");
	}
	const knowsRawKey = (key: Uint8Array) => toHex(key) === vectors.spki;
	const clients = clientTrust({ crypto, knowsRawKey }) as PeerVerifier;
	equal(toHex(clients.verifyRawKey(spki) as Uint8Array), vectors.points.device);
	equal((clients.verifyRawKey(other) as Fault).code, "trust.otherKey");
	equal(((clientTrust({ crypto }) as PeerVerifier).verifyRawKey(spki) as Fault).code, "trust.otherKey");
});

test("X.509: the key comes as bytes of the caller's own", () => {
	const chain = [derOf("server")];
	const trust = serverTrust({ crypto: new RecordedCrypto(), serverPublicKey: derOf("server") }) as PeerVerifier;
	const point = trust.verifyChain(chain, undefined, undefined) as Uint8Array;
	chain[0]!.fill(0);
	equal(toHex(point), vectors.points.device);
});

test("X.509: a platform without P-256 is told so", () => {
	const crypto = new PortableCrypto({ entropy: { fill: refuse } });
	equal((serverTrust({ crypto, serverPublicKey: derOf("server") }) as Fault).code, "trust.noP256");
	equal((clientTrust({ crypto }) as Fault).code, "trust.noP256");
});

test("X.509: what a client is called", () => {
	equal(readEndpointName(derOf("client")), "urn:dev:ops:1");
	equal(readEndpointName(derOf("openssl-client")), "höyry-1");
	equal(readEndpointName(derOf("server-empty")), "lwm2m.example.com");
	equal((readEndpointName(new Uint8Array(2)) as Fault).code, "der.tag");
});

test("X.509: address literals", () => {
	const rows: [string, string][] = [
		["192.0.2.7", "c0000207"],
		["::", "00000000000000000000000000000000"],
		["::1", "00000000000000000000000000000001"],
		["fe80::", "fe800000000000000000000000000000"],
		["2001:db8::192.0.2.7", "20010db80000000000000000c0000207"],
		["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
	];
	for (const [text, hex] of rows) equal(toHex(addressBytes(text) ?? new Uint8Array(0)), hex, text);
	const bad = [
		"",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.256",
		"01.2.3.4",
		"1.2.3.-4",
		":",
		":::",
		"1::2::3",
		"1:2:3:4:5:6:7:8:9",
	];
	const worse = [
		"12345::",
		"g::",
		"1:2:3:4:5:6:7:8::",
		"1:2:3:4:5:6:7",
		"::1.2.3.4:1",
		"fe80::1%eth0",
		":1:2:3:4:5:6:7",
	];
	for (const text of [...bad, ...worse]) equal(addressBytes(text), undefined, text);
});

test("X.509: a chain with the portable P-256", () => {
	const crypto = new PortableCrypto({ entropy: { fill: refuse }, p256: portableP256 });
	const row = rows.find(({ name }) => name === "signed by the anchor")!;
	equal(outcome(row, crypto), expected(row));
	const bent = derOf("server-direct");
	bent[bent.length - 1]! ^= 1;
	equal(outcome(row, crypto, [bent]), "trust.signature");
});

test("X.509: cut and bent certificates never throw and never pass for another's key", () => {
	const crypto = new RecordedCrypto();
	const next = seeded(5280);
	const row = rows.find(({ name }) => name === "leaf, intermediate, anchor")!;
	const chain = row.chain.map(derOf);
	for (let round = 0; round < 60 * patience; round++) {
		const index = next(2);
		const bytes = chain[index]!.slice(0, next(8) === 0 ? next(chain[index]!.length) : undefined);
		for (let flips = next(3); flips >= 0 && bytes.length > 0; flips--) bytes[next(bytes.length)]! ^= 1 << next(8);
		const bent = chain.slice();
		bent[index] = bytes;
		const answer = outcome(row, crypto, bent);
		ok(answer.length < 130 || toHex(bytes) === toHex(chain[index]!), `round ${round} gave ${answer}`);
	}
});
