/**
 * PortableCrypto against node:crypto (OpenSSL), which shares no code with it, on drawn keys, texts and sizes.
 * FAST_CHECK_SEED=n repeats a run; a failure prints its seed and path.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import {
	createCipheriv,
	createECDH,
	createHash,
	createHmac,
	createPrivateKey,
	createPublicKey,
	hkdfSync,
	type KeyObject,
	randomFillSync,
	sign,
	verify,
} from "node:crypto";
import { test } from "node:test";
import { fromHex } from "../../modules/bytes.ts";
import { Aes } from "../../modules/crypto/aes.ts";
import { Ccm } from "../../modules/crypto/ccm.ts";
import { equalSecret } from "../../modules/crypto/equal.ts";
import { portableP256 } from "../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../modules/crypto/portable.ts";
import { hkdfExpand, hkdfExtract } from "../../modules/crypto/prf.ts";
import type { CryptoP256 } from "../../modules/host.ts";
import { fc } from "../seed.ts";

fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20260), numRuns: 300 });

const crypto = new PortableCrypto({ entropy: { fill: (bytes) => void randomFillSync(bytes) }, p256: portableP256 });
const p256: CryptoP256 = crypto.p256!;

const bytesOf = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const upTo = (maxLength: number) => fc.uint8Array({ maxLength });
/** Buffers as plain bytes, one behind the other. */
const joined = (...parts: readonly ArrayLike<number>[]) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));

test("SHA-256, cut anywhere", () => {
	fc.assert(
		fc.property(upTo(300), fc.array(fc.nat(300), { maxLength: 5 }), (bytes, cuts) => {
			const run = crypto.sha256();
			let at = 0;
			for (const cut of cuts.filter((place) => place <= bytes.length).sort((a, b) => a - b)) {
				run.update(bytes, at, cut);
				deepEqual(run.digest(), joined(createHash("sha256").update(bytes.subarray(0, cut)).digest()));
				at = cut;
			}
			run.update(bytes, at, bytes.length);
			deepEqual(run.digest(), joined(createHash("sha256").update(bytes).digest()));
		}),
	);
});

test("HMAC and HKDF", () => {
	fc.assert(
		fc.property(upTo(64), upTo(200), upTo(100), fc.nat(300), (key, message, salt, size) => {
			const handle = crypto.importSecret(key);
			const mac = crypto.hmac(handle, message, 0, message.length);
			crypto.release(handle);
			deepEqual(mac, joined(createHmac("sha256", key).update(message).digest()));
			const secret = crypto.importSecret(hkdfExtract(crypto, salt, message));
			const output = hkdfExpand(crypto, secret, key, size);
			crypto.release(secret);
			deepEqual(output, new Uint8Array(hkdfSync("sha256", message, salt, key, size)));
		}),
	);
});

test("CCM with every nonce and tag, sealed by either and opened by ours", () => {
	const aes = new Aes();
	const ccm = new Ccm(aes);
	const tags = fc.constantFrom(4, 6, 8, 10, 12, 14, 16);
	fc.assert(
		fc.property(bytesOf(16), fc.integer({ min: 7, max: 13 }), upTo(300), upTo(70), tags, (key, iv, plain, aad, tag) => {
			fc.pre(plain.length > 0); // OpenSSL's empty texts need another call; the vectors have them
			const nonce = key.slice(0, iv);
			const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: tag });
			cipher.setAAD(aad, { plaintextLength: plain.length });
			const body = cipher.update(plain);
			cipher.final();
			const theirs = joined(body, cipher.getAuthTag());
			aes.setKey(key);
			const ours = new Uint8Array(theirs.length);
			ccm.seal(nonce, aad, plain, 0, plain.length, ours, 0, tag);
			deepEqual(ours, theirs);
			equal(ccm.open(nonce, aad, ours, 0, ours.length, ours, 0, tag), plain.length);
			deepEqual(ours.subarray(0, plain.length), plain);
		}),
	);
});

test("CCM with 70,000 bytes of additional data, whose length takes six bytes", () => {
	const key = new Uint8Array(16).fill(1);
	const nonce = new Uint8Array(12).fill(2);
	const aad = new Uint8Array(70_000).fill(3);
	const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
	cipher.setAAD(aad, { plaintextLength: 5 });
	const body = cipher.update(new Uint8Array(5));
	cipher.final();
	const handle = crypto.importAesKey(key);
	const ours = new Uint8Array(13);
	crypto.seal("ccm8", handle, nonce, aad, new Uint8Array(5), 0, 5, ours, 0);
	crypto.release(handle);
	deepEqual(ours, joined(body, cipher.getAuthTag()));
});

test("GCM and CBC, keys alternating", () => {
	fc.assert(
		fc.property(bytesOf(16), bytesOf(16), upTo(300), upTo(70), (key, iv, plain, aad) => {
			const nonce = iv.subarray(0, 12);
			const one = crypto.importAesKey(key);
			const two = crypto.importAesKey(iv);
			const gcm = createCipheriv("aes-128-gcm", key, nonce).setAAD(aad);
			const theirs = joined(gcm.update(plain), gcm.final(), gcm.getAuthTag());
			const ours = new Uint8Array(theirs.length);
			crypto.seal("gcm", one, nonce, aad, plain, 0, plain.length, ours, 0);
			deepEqual(ours, theirs);
			const whole = plain.slice(0, plain.length & ~15);
			const blocks = whole.slice();
			crypto.cbc("encrypt", two, key, blocks, 0, blocks.length);
			const cbc = createCipheriv("aes-128-cbc", iv, key).setAutoPadding(false);
			deepEqual(blocks, joined(cbc.update(whole), cbc.final()));
			equal(crypto.open("gcm", one, nonce, aad, ours, 0, ours.length, ours, 0), plain.length);
			deepEqual(ours.subarray(0, plain.length), plain);
			crypto.cbc("decrypt", two, key, blocks, 0, blocks.length);
			deepEqual(blocks, whole);
			crypto.release(one);
			crypto.release(two);
		}),
	);
});

test("a forged record does not open, whatever bit is turned", () => {
	fc.assert(
		fc.property(
			bytesOf(16),
			upTo(100),
			fc.nat(),
			fc.constantFrom("ccm8" as const, "gcm" as const),
			(key, plain, bit, aead) => {
				const handle = crypto.importAesKey(key);
				const nonce = new Uint8Array(12);
				const bytes = new Uint8Array(plain.length + 16);
				const size = crypto.seal(aead, handle, nonce, nonce, plain, 0, plain.length, bytes, 0);
				bytes[(bit >> 3) % size]! ^= 1 << (bit & 7);
				equal(crypto.open(aead, handle, nonce, nonce, bytes, 0, size, bytes, 0), -1);
				crypto.release(handle);
			},
		),
	);
});

/** Node's idea of a private key, from the scalar. */
function theirKey(scalar: Uint8Array): KeyObject {
	const ecdh = createECDH("prime256v1");
	ecdh.setPrivateKey(scalar);
	const point = ecdh.getPublicKey();
	const url = (bytes: ArrayLike<number>) => Buffer.from(Array.from(bytes)).toString("base64url");
	const jwk = { kty: "EC", crv: "P-256", d: url(scalar), x: url(point.subarray(1, 33)), y: url(point.subarray(33)) };
	return createPrivateKey({ key: jwk, format: "jwk" });
}

/** Scalars of all sizes, and those next to the order, where shortcuts break. */
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const scalars = fc
	.oneof(
		fc.bigInt({ min: 1n, max: n - 1n }),
		fc.bigInt({ min: 1n, max: 40n }),
		fc.bigInt({ min: n - 40n, max: n - 1n }),
		fc.tuple(fc.nat(255), fc.nat(2)).map(([bits, step]) => (1n << BigInt(bits)) + BigInt(step)),
	)
	.filter((scalar) => scalar > 0n && scalar < n)
	.map((scalar) => fromHex(scalar.toString(16).padStart(64, "0"))!);

test("P-256: public points, agreements, signatures of each verified by the other", () => {
	fc.assert(
		fc.property(scalars, scalars, upTo(100), (ourScalar, theirScalar, message) => {
			const ours = p256.importPrivateKey(ourScalar)!;
			const theirs = createECDH("prime256v1");
			theirs.setPrivateKey(theirScalar);
			const point = p256.publicPoint(ours);
			const mine = createECDH("prime256v1");
			mine.setPrivateKey(ourScalar);
			deepEqual(point, joined(mine.getPublicKey()));
			const secret = p256.agree(ours, joined(theirs.getPublicKey()))!;
			deepEqual(crypto.exportSecret(secret), joined(theirs.computeSecret(point)));
			const hash = joined(createHash("sha256").update(message).digest());
			const signature = p256.sign(ours, hash);
			const key = theirKey(ourScalar);
			const asText = { dsaEncoding: "ieee-p1363" as const };
			ok(verify("sha256", message, { key: createPublicKey(key), ...asText }, signature));
			ok(p256.verify(point, hash, joined(sign("sha256", message, { key, ...asText }))));
			signature[(message[0] ?? 0) & 63]! ^= 1;
			ok(!p256.verify(point, hash, signature));
			crypto.release(secret);
			crypto.release(ours);
		}),
		{ numRuns: 60 },
	);
});

test("equalSecret sees every difference, and only those between its borders", () => {
	fc.assert(
		fc.property(upTo(40), upTo(5), upTo(5), fc.nat(), (secret, before, after, bit) => {
			const framed = joined(before, secret, after);
			ok(equalSecret(secret, 0, framed, before.length, secret.length));
			if (secret.length === 0) return;
			framed[before.length + ((bit >> 3) % secret.length)]! ^= 1 << (bit & 7);
			ok(!equalSecret(secret, 0, framed, before.length, secret.length));
		}),
	);
});
