import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeCrypto } from "../../../../hosts/simulator/board/accelerator.ts";
import { fromHex, toHex } from "../../../../modules/bytes.ts";
import { cryptoCases } from "../../../modules/crypto/conformance.ts";

const ascii = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));
const bytes = (hex: string) => fromHex(hex)!;
const sha256 = (text: string) => {
	const run = new NodeCrypto().sha256();
	run.update(ascii(text), 0, text.length);
	return run.digest();
};

const all = new NodeCrypto();
for (const { name, run } of cryptoCases(all)) {
	test(`node:crypto: ${name}`, () => {
		run();
		assert.equal(all.keyCount, 0, "keys that nobody released");
	});
}

test("SHA-256 goes on after a digest (FIPS 180-4)", () => {
	const run = new NodeCrypto().sha256();
	run.update(ascii("xabcx"), 1, 4);
	assert.equal(toHex(run.digest()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	run.update(ascii("dbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 0, 53);
	assert.deepEqual(run.digest(), sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
});

test("the PRF of TLS 1.2 with SHA-256 gives the value published with its first implementations", () => {
	const crypto = new NodeCrypto();
	const key = crypto.importSecret(bytes("9bbe436ba940f017b17652849a71db35"));
	const seed = new Uint8Array([...ascii("test label"), ...bytes("a0ba9f936cda311827a6f796ffd5198c")]);
	const into = new Uint8Array(100);
	crypto.prf(key, seed, into);
	assert.equal(toHex(into.subarray(0, 16)), "e3f229ba727be17b8d122620557cd453");
	const start = new Uint8Array(33);
	crypto.prf(key, seed, start);
	assert.deepEqual(start, into.subarray(0, 33));
});

test("signatures are those of RFC 6979 §A.2.5", () => {
	const crypto = new NodeCrypto();
	const key = crypto.p256.importPrivateKey(bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"))!;
	for (const [text, signature] of [
		[
			"sample",
			"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
				"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
		],
		[
			"test",
			"f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367" +
				"019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
		],
	] as const) {
		assert.equal(toHex(crypto.p256.sign(key, sha256(text))), signature);
		assert.ok(crypto.p256.verify(crypto.p256.publicPoint(key), sha256(text), bytes(signature)));
	}
});

test("P-256 keys agree and sign; what is no point, no scalar and no signature is refused", () => {
	const crypto = new NodeCrypto();
	const { p256 } = crypto;
	const [alice, bob] = [p256.generate(), p256.generate()];
	const point = p256.publicPoint(bob);
	const shared = p256.agree(alice, point)!;
	assert.deepEqual(crypto.exportSecret(shared), crypto.exportSecret(p256.agree(bob, p256.publicPoint(alice))!));
	assert.equal(crypto.exportSecret(alice), undefined);
	const off = Uint8Array.from(point);
	off[40]! ^= 1;
	const hybrid = Uint8Array.from(point);
	hybrid[0] = 6 + (point[64]! & 1);
	const compressed = Uint8Array.from([2 + (point[64]! & 1), ...point.subarray(1, 33)]);
	for (const wrong of [off, hybrid, compressed, point.subarray(0, 64), new Uint8Array(65), new Uint8Array(1)]) {
		assert.equal(p256.agree(alice, wrong), undefined);
		assert.equal(p256.verify(wrong, sha256("m"), p256.sign(bob, sha256("m"))), false);
	}
	const signature = p256.sign(bob, sha256("m"));
	assert.ok(p256.verify(point, sha256("m"), signature));
	for (const wrong of [
		new Uint8Array(64),
		new Uint8Array(64).fill(0xff),
		signature.subarray(0, 63),
		new Uint8Array(0),
	]) {
		assert.equal(p256.verify(point, sha256("m"), wrong), false);
	}
	assert.equal(p256.verify(point, sha256("n"), signature), false);
	for (const scalar of [
		"00".repeat(32),
		"ff".repeat(32),
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		"01",
	]) {
		assert.equal(p256.importPrivateKey(bytes(scalar)), undefined);
	}
	const last = p256.importPrivateKey(bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"));
	assert.notEqual(last, undefined);
});

test("sealing in place, opening in place, and a wrong byte leaves nothing behind", () => {
	const crypto = new NodeCrypto();
	const key = crypto.importAesKey(new Uint8Array(16).fill(7));
	const nonce = new Uint8Array(12).fill(3);
	for (const aead of ["ccm8", "gcm"] as const) {
		for (const size of [0, 1, 16, 33]) {
			const aad = ascii("aad".slice(0, size % 4));
			const buffer = new Uint8Array(64).fill(0xee);
			const written = crypto.seal(aead, key, nonce, aad, buffer, 5, 5 + size, buffer, 3);
			assert.equal(written, size + (aead === "gcm" ? 16 : 8));
			const sealed = buffer.slice(3, 3 + written);
			for (let index = 0; index < written; index++) {
				const into = new Uint8Array(64);
				sealed[index]! ^= 0x40;
				assert.equal(crypto.open(aead, key, nonce, aad, sealed, 0, written, into, 0), -1);
				assert.deepEqual(into, new Uint8Array(64));
				sealed[index]! ^= 0x40;
			}
			assert.equal(crypto.open(aead, key, nonce, ascii("other"), sealed, 0, written, buffer, 3), -1);
			assert.equal(crypto.open(aead, key, nonce, aad, buffer, 3, 3 + written, buffer, 3), size);
			assert.deepEqual(buffer.subarray(3, 3 + size), new Uint8Array(size).fill(0xee));
			assert.equal(crypto.open(aead, key, nonce, aad, sealed, 0, 7, buffer, 3), -1);
		}
	}
});

test("a full table refuses, a released key is gone, a key of one kind is no other", () => {
	const crypto = new NodeCrypto({ keysMax: 1 });
	const key = crypto.importSecret(new Uint8Array(3));
	assert.throws(() => crypto.importSecret(new Uint8Array(3)), { name: "HostFailure" });
	assert.throws(() => crypto.cbc("encrypt", key, new Uint8Array(16), new Uint8Array(16), 0, 16), {
		name: "AssertionFailed",
	});
	crypto.release(key);
	assert.equal(crypto.keyCount, 0);
	assert.throws(() => crypto.hmac(key, new Uint8Array(1), 0, 1), { name: "AssertionFailed" });
});

test("signatures of the hashes for which verification has to go another way", () => {
	const { p256 } = new NodeCrypto();
	const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
	const number = (part: Uint8Array) => BigInt(`0x${toHex(part)}`);
	const scalar = (value: bigint) => bytes((((value % order) + order) % order).toString(16).padStart(64, "0"));
	const power = (base: bigint, exponent: bigint): bigint => {
		if (exponent === 0n) return 1n;
		const half = power((base * base) % order, exponent >> 1n);
		return exponent & 1n ? (half * base) % order : half;
	};
	const [d, k] = [0x1234567890abcdefn, 0xfedcba0987654321n];
	const point = p256.publicPoint(p256.importPrivateKey(scalar(d))!);
	const r = number(p256.publicPoint(p256.importPrivateKey(scalar(k))!).subarray(1, 33)) % order;
	const own = number(sha256("\0")); // what the accelerator's own first message hashes to
	for (const hash of [own, own + r * d, own - r * d, own + r, own - r, 0n]) {
		const s = ((((hash % order) + r * d) % order) + order) * power(k, order - 2n);
		const signature = new Uint8Array([...scalar(r), ...scalar(s)]);
		assert.equal(p256.verify(point, scalar(hash), signature), s % order !== 0n);
		assert.equal(p256.verify(point, scalar(hash + 1n), signature), false);
		signature[63]! ^= 1;
		assert.equal(p256.verify(point, scalar(hash), signature), false);
	}
});
