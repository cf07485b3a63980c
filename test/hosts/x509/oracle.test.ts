/**
 * The certificate reader next to node:crypto's X509Certificate, and chains with real signatures. Drawn certificates
 * come from certificate-writer.ts; each run draws the same forms and new keys.
 */
import { deepEqual, equal, fail, ok } from "node:assert/strict";
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { NodeCrypto } from "../../../hosts/simulator/board/accelerator.ts";
import { type Certificate, readCertificate } from "../../../modules/crypto/certificate.ts";
import { isNamed, readEndpointName } from "../../../modules/crypto/certificate-name.ts";
import { readPrivateKey, readSpki } from "../../../modules/crypto/public-key.ts";
import { type PeerVerifier, serverTrust } from "../../../modules/crypto/trust.ts";
import vectors from "../../vectors/x509.json" with { type: "json" };
import * as w from "./certificate-writer.ts";

const crypto = new NodeCrypto();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const seed = 20260810;

function read(bytes: Uint8Array): Certificate {
	const certificate = readCertificate(bytes);
	if ("code" in certificate) fail(certificate.code);
	return certificate;
}

function compare(bytes: Uint8Array): void {
	const ours = read(bytes);
	const oracle = new X509Certificate(bytes);
	const serial = hex(bytes.subarray(ours.serialAt, ours.serialEnd)).replace(/^(00)+/, "");
	equal(serial, oracle.serialNumber.toLowerCase());
	equal(ours.notBeforeS, Date.parse(oracle.validFrom) / 1000);
	equal(ours.notAfterS, Date.parse(oracle.validTo) / 1000);
	// OpenSSL also asks for keyCertSign where there is a keyUsage; here trust-path.ts does.
	equal(ours.isCa && (ours.keyUsage < 0 || (ours.keyUsage & 0x04) !== 0), oracle.ca);
	const spki = new Uint8Array(oracle.publicKey.export({ format: "der", type: "spki" }));
	equal(hex(bytes.subarray(ours.spkiAt, ours.spkiEnd)), hex(spki));
	equal(hex(ours.point!), hex(readSpki(spki) as Uint8Array));
	const usages = [
		[1, "1.3.6.1.5.5.7.3.1"],
		[2, "1.3.6.1.5.5.7.3.2"],
		[4, "2.5.29.37.0"],
	] as const;
	const oracleUsages = oracle.keyUsage as string[] | undefined; // node: extendedKeyUsage
	if (oracleUsages === undefined) equal(ours.purposes, -1);
	else for (const [bit, id] of usages) equal((ours.purposes & bit) !== 0, oracleUsages.includes(id));
}

test("the vectors' certificates read as node:crypto reads them, and verify there and here", () => {
	const points = Object.values(vectors.points).map(bytesOf);
	for (const [name, { hex: text, signer }] of Object.entries(vectors.certificates)) {
		const bytes = bytesOf(text);
		compare(bytes);
		const ours = read(bytes);
		const oracle = new X509Certificate(bytes);
		if (ours.signature === undefined) continue;
		const hash = createHash("sha256").update(bytes.subarray(ours.signedAt, ours.signedEnd)).digest();
		const verifying = points.filter((point) => crypto.p256.verify(point, new Uint8Array(hash), ours.signature!));
		deepEqual(verifying.map(hex), [vectors.points[signer as keyof typeof vectors.points]], name);
		for (const point of points) {
			const spki = Buffer.concat([bytesOf("3059301306072a8648ce3d020106082a8648ce3d030107034200"), point]);
			const key = createPublicKey({ key: spki, format: "der", type: "spki" });
			equal(oracle.verify(key), point === verifying[0], name);
		}
	}
});

test("drawn certificates read as node:crypto reads them", () => {
	const key = w.keyPair();
	const dates = fc.date({ min: new Date("1950-01-01"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });
	const form = fc.record({
		serial: fc.uint8Array({ minLength: 1, maxLength: 18 }),
		from: dates,
		to: dates,
		isCa: fc.boolean(),
		purposes: fc.subarray([w.serverAuth, w.clientAuth, "551d2500", "2b06010505070304"], { minLength: 1 }),
		subject: fc.stringMatching(/^[a-zA-Z0-9 .-]{1,30}$/),
	});
	fc.assert(
		fc.property(form, ({ serial, from, to, isCa, purposes, subject }) => {
			const bytes = w.writeCertificate(key, {
				serial: w.integer(0x01, ...serial),
				notBefore: timeOf(from),
				notAfter: timeOf(to),
				subject: w.name(subject),
				extensions: [w.basicConstraints(isCa), w.extendedKeyUsage(...purposes)],
			});
			compare(bytes);
			equal(readEndpointName(bytes), subject);
		}),
		{ numRuns: 200, seed },
	);
});

/** As RFC 5280 §4.1.2.5 asks: UTCTime until 2049. */
function timeOf(date: Date): Uint8Array {
	const digits = date.toISOString().replace(/[-:T]|\..*/g, "");
	return w.time(`${date.getUTCFullYear() < 2050 ? digits.slice(2) : digits}Z`);
}

test("names match as node:crypto's checkHost and checkIP say", () => {
	const key = w.keyPair();
	const label = fc.constantFrom("a", "*", "com", "A", "xn--hyry-jua");
	const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
	let same = 0;
	fc.assert(
		fc.property(fc.array(host, { minLength: 1, maxLength: 3 }), host, (presented, wanted) => {
			if (wanted.includes("*") || presented.some((name) => name.indexOf("*", 1) > 0)) return;
			const bytes = w.writeCertificate(key, { extensions: [w.altNames(...presented.map(w.dns))] });
			const ours = isNamed(read(bytes), wanted);
			equal(ours, new X509Certificate(bytes).checkHost(wanted, { partialWildcards: false }) !== undefined);
			if (ours) same++;
		}),
		{ numRuns: 2000, seed },
	);
	ok(same > 20, `${same} matched: the draw proved nothing`);
	const server = bytesOf(vectors.certificates["openssl-server"].hex);
	for (const ip of ["192.0.2.7", "2001:db8::1", "192.0.2.8", "::1"]) {
		equal(isNamed(read(server), ip), new X509Certificate(server).checkIP(ip) !== undefined, ip);
	}
});

/** Every bit of every byte, and every length: whatever is trusted has the key of the one whose certificate it is. */
test("each flip of each bit and each cut of a chain is refused, with real signatures", { timeout: 120_000 }, () => {
	const chain = ["server", "middle"].map((name) => bytesOf(vectors.certificates[name as "server"].hex));
	const root = bytesOf(vectors.certificates.root.hex);
	const nowS = 1_810_000_000;
	const anchored = serverTrust({ crypto, serverPublicKey: root, usage: 2 }) as PeerVerifier;
	const pinned = serverTrust({ crypto, serverPublicKey: chain[0]! }) as PeerVerifier;
	ok(!("code" in anchored.verifyChain(chain, "lwm2m.example.com", nowS)));
	ok(!("code" in pinned.verifyChain(chain, undefined, undefined)));
	const codes = new Set<string>();
	for (const index of [0, 1]) {
		const good = chain[index]!;
		const attempt = (bytes: Uint8Array, what: string) => {
			const bent = index === 0 ? [bytes, chain[1]!] : [chain[0]!, bytes];
			const answer = anchored.verifyChain(bent, "lwm2m.example.com", nowS);
			if (!("code" in answer)) fail(`trusted: ${what}`);
			codes.add(answer.code);
			if (index === 0 && !("code" in pinned.verifyChain(bent, undefined, undefined))) fail(`pinned: ${what}`);
		};
		for (let at = 0; at < good.length; at++) {
			attempt(good.slice(0, at), `${index} cut at ${at}`);
			for (let bit = 0; bit < 8; bit++) {
				const bytes = good.slice();
				bytes[at]! ^= 1 << bit;
				attempt(bytes, `${index} bit ${bit} of byte ${at}`);
			}
		}
	}
	ok(codes.has("trust.signature") && codes.has("der.truncated") && codes.size > 15, [...codes].join(" "));
});

test("noise never makes a reader throw", () => {
	const good = bytesOf(vectors.certificates["openssl-server"].hex);
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(good.length), (noise, at) => {
			for (const bytes of [noise, w.joined(good.slice(0, at), noise)]) {
				const certificate = readCertificate(bytes);
				ok("code" in certificate || certificate.bytes === bytes);
				readSpki(bytes);
				readPrivateKey(bytes);
				readEndpointName(bytes);
			}
		}),
		{ numRuns: 2000, seed },
	);
});

test("private keys read as node:crypto wrote them, leading zeros too", () => {
	for (let count = 0; count < 300; count++) {
		const { pkcs8, sec1, scalar } = w.privateForms(w.keyPair().privateKey);
		equal(hex(readPrivateKey(pkcs8) as Uint8Array), hex(scalar));
		equal(hex(readPrivateKey(sec1) as Uint8Array), hex(scalar));
	}
});
