import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Image, readImage, signatureBytes, writeImage } from "../../../../hosts/simulator/image/image.ts";
import { developmentKey, generateKey } from "../../../../hosts/simulator/image/keys.ts";
import {
	isSignedBy,
	KeyRefused,
	readSigningKey,
	type SignatureAlgorithm,
	signer,
	signerOf,
} from "../../../../hosts/simulator/image/signature.ts";
import { engine } from "../engine/harness.ts";

const tiny = engine.compiler.link([engine.compiler.compile("main", "let a = 1;")]);
const facts = { entry: "main", version: "1.2.3", xsVersion: engine.xsVersion, name: "Thing", securityCounter: 7 };
const newKey = (algorithm: SignatureAlgorithm) => {
	const { privatePem, publicPem } = generateKey(algorithm);
	return { own: readSigningKey(privatePem), shared: readSigningKey(publicPem) };
};

for (const algorithm of ["ed25519", "p256"] as const) {
	test(`[FW-003] ${algorithm}: whoever signed it, and nobody else; any changed bit is noticed`, () => {
		const { own, shared } = newKey(algorithm);
		const image = writeImage(tiny, { ...facts, sign: signer(own) });
		deepEqual([image.name, image.version, image.securityCounter, image.isSigned], ["Thing", "1.2.3", 7, true]);
		equal(signerOf(image), shared.id);
		ok(isSignedBy(image, [shared]));
		ok(isSignedBy(image, [newKey("ed25519").shared, shared]));
		ok(!isSignedBy(image, []));
		ok(!isSignedBy(image, [newKey(algorithm).shared]));
		const unsigned = writeImage(tiny, facts);
		ok(!isSignedBy(unsigned, [shared]));
		const bytes = image.bytes.slice();
		for (let bit = 0; bit < bytes.length * 8; bit += bit < (bytes.length - signatureBytes) * 8 ? 7 : 1) {
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			const read = readImage(bytes);
			ok("code" in read || !isSignedBy(read, [shared]), `bit ${bit}`);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
		}
		ok(isSignedBy(readImage(bytes) as Image, [shared]));
	});
}

test("[FW-003] a signature can not be moved to another image, nor be said to be another key's", () => {
	const one = newKey("ed25519");
	const two = newKey("ed25519");
	const image = writeImage(tiny, { ...facts, sign: signer(one.own) });
	const other = writeImage(tiny, { ...facts, securityCounter: 8, sign: signer(one.own) });
	const moved = other.bytes.slice();
	moved.set(image.bytes.subarray(-signatureBytes), moved.length - signatureBytes);
	ok(!isSignedBy(readImage(moved) as Image, [one.shared]));
	const renamed = image.bytes.slice();
	renamed.set(Buffer.from(two.shared.id, "hex"), renamed.length - signatureBytes + 8);
	ok(!isSignedBy(readImage(renamed) as Image, [one.shared, two.shared]));
});

test("keys of other kinds, and what is no key, are refused; a public key does not sign", () => {
	throws(() => readSigningKey("no key"), KeyRefused);
	throws(() => signer(newKey("p256").shared), KeyRefused);
});

test("the development key is made once, and only its owner may read it", () => {
	const folder = mkdtempSync(join(tmpdir(), "dormouse-keys-"));
	try {
		const path = join(folder, "keys/development.pem");
		const first = developmentKey(path);
		equal(developmentKey(path).id, first.id);
		equal(statSync(path).mode & 0o777, 0o600);
		ok(developmentKey("/dev/null/nowhere.pem").privateKey, "a key for this run where none can be kept");
	} finally {
		rmSync(folder, { recursive: true });
	}
});
