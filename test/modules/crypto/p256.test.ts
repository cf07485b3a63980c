import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import { DeterministicNonce } from "../../../modules/crypto/deterministic-nonce.ts";
import { portableP256 } from "../../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { HostFailure } from "../../../modules/host.ts";
import { equal, ok, seeded, test, throws } from "../../harness.ts";

const hex = (text: string) => fromHex(text)!;

/** With dice for entropy. */
function port(seed = 1) {
	const below = seeded(seed);
	const fill = (bytes: Uint8Array) => {
		for (let index = 0; index < bytes.length; index++) bytes[index] = below(256);
	};
	const crypto = new PortableCrypto({ entropy: { fill }, p256: portableP256 });
	return { crypto, p256: crypto.p256! };
}

const scalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const point =
	"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29f" +
	"b67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

/** RFC 6979 A.2.5, with SHA-256. */
const signatures = [
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
] as const;

test("public point and signatures of RFC 6979 A.2.5, whatever the blinding", () => {
	for (const seed of [1, 2]) {
		const { crypto, p256 } = port(seed);
		const key = p256.importPrivateKey(hex(scalar))!;
		equal(toHex(p256.publicPoint(key)), point);
		for (const [message, signature] of signatures) {
			const run = crypto.sha256();
			run.update(utf8(message), 0, message.length);
			equal(toHex(p256.sign(key, run.digest())), signature, message);
			ok(p256.verify(hex(point), run.digest(), hex(signature)), message);
			const other = hex(signature);
			other[63]! ^= 1;
			ok(!p256.verify(hex(point), run.digest(), other), "another s");
		}
	}
});

test("both sides of an exchange agree", () => {
	const { crypto, p256 } = port(3);
	const ours = p256.generate();
	const theirs = p256.generate();
	const one = crypto.exportSecret(p256.agree(ours, p256.publicPoint(theirs))!)!;
	const two = crypto.exportSecret(p256.agree(theirs, p256.publicPoint(ours))!)!;
	equal(toHex(one), toHex(two));
	equal(one.length, 32);
});

/** By Python's hmac, after RFC 6979 §3.2; the very first is in A.2.5. */
const nonces = [
	[
		"af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf", // the hash of "sample"
		"a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60",
		"8e83dc490bc5fc4d5992bd63cd87f254adffcb930f8a8011702a88870f638fdb",
		"7b8dc9ad8ce159abca1b9915fc1470e91d5ad2443b3032557e78f47e180ab702",
	],
	[
		"ff".repeat(32), // above the order
		"a2d7ccca091233c3888120593a491e2281e641361334223e6e5c3c7a217b7c8d",
		"7b027d74b3153abb0b141f47bf9df4251b3db8e4097312e9e9790eb21ff4a62f",
	],
] as const;

test("nonces, the first of a hash and those after it", () => {
	for (const [hash, ...expected] of nonces) {
		const given = new DeterministicNonce(hex(scalar), hex(hash));
		for (const nonce of expected) equal(given.next().toString(16), nonce);
	}
});

test("a hash of another size is not verified", () => {
	const { p256 } = port();
	const key = p256.importPrivateKey(hex(scalar))!;
	const hash = new Uint8Array(33);
	const signature = p256.sign(key, hash.subarray(1));
	ok(p256.verify(hex(point), hash.subarray(1), signature));
	ok(!p256.verify(hex(point), hash, signature));
});

test("a source that gives no usable number is given up", () => {
	const broken = new PortableCrypto({ entropy: { fill: (bytes) => void bytes.fill(0xff) }, p256: portableP256 });
	throws(
		() => broken.p256!.generate(),
		(error) => error instanceof HostFailure,
	);
});
