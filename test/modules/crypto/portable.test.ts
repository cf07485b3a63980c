import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import { KeyStore } from "../../../modules/crypto/key-store.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { hkdfExpand, hkdfExtract, prf } from "../../../modules/crypto/prf.ts";
import { HostFailure } from "../../../modules/host.ts";
import { equal, ok, test, throws } from "../../harness.ts";

const hex = (text: string) => fromHex(text)!;
const crypto = () => new PortableCrypto({ entropy: { fill: (bytes) => void bytes.fill(7) } });

test("SHA-256 of abc and of abcd (FIPS 180-4 examples)", () => {
	const run = crypto().sha256();
	run.update(utf8("abc"), 0, 3);
	equal(toHex(run.digest()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	run.update(utf8("d"), 0, 1);
	equal(toHex(run.digest()), "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589", "goes on");
});

test("AES-128 (FIPS 197 Appendix B), by CBC with a zero IV, both ways", () => {
	const port = crypto();
	const key = port.importAesKey(hex("2b7e151628aed2a6abf7158809cf4f3c"));
	const bytes = hex("3243f6a8885a308d313198a2e0370734");
	port.cbc("encrypt", key, new Uint8Array(16), bytes, 0, 16);
	equal(toHex(bytes), "3925841d02dc09fbdc118597196a0b32");
	port.cbc("decrypt", key, new Uint8Array(16), bytes, 0, 16);
	equal(toHex(bytes), "3243f6a8885a308d313198a2e0370734");
});

test("GCM, test case 4 of the GCM specification, in place; a broken tag leaves no plaintext", () => {
	const port = crypto();
	const key = port.importAesKey(hex("feffe9928665731c6d6a8f9467308308"));
	const nonce = hex("cafebabefacedbaddecaf888");
	const aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
	const plain =
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
	const bytes = new Uint8Array(76);
	bytes.set(hex(plain));
	equal(port.seal("gcm", key, nonce, aad, bytes, 0, 60, bytes, 0), 76);
	equal(
		toHex(bytes),
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e" +
			"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091" +
			"5bc94fbc3221a5db94fae95ae7121a47",
	);
	const broken = bytes.slice();
	broken[75]! ^= 1;
	const into = new Uint8Array(60);
	equal(port.open("gcm", key, nonce, aad, broken, 0, 76, into, 0), -1);
	ok(into.every((byte) => byte === 0));
	equal(port.open("gcm", key, nonce, aad, bytes, 0, 76, bytes, 0), 60);
	equal(toHex(bytes, 0, 60), plain);
});

test("HKDF (RFC 5869 A.1)", () => {
	const port = crypto();
	const prk = hkdfExtract(port, hex("000102030405060708090a0b0c"), new Uint8Array(22).fill(0x0b));
	equal(toHex(prk), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	const okm = hkdfExpand(port, port.importSecret(prk), hex("f0f1f2f3f4f5f6f7f8f9"), 42);
	equal(toHex(okm), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
});

test('PRF: 100 bytes of the well-known example (P_SHA256 with label "test label")', () => {
	const port = crypto();
	const secret = port.importSecret(hex("9bbe436ba940f017b17652849a71db35"));
	equal(
		toHex(prf(port, secret, "test label", hex("a0ba9f936cda311827a6f796ffd5198c"), 100)),
		"e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a" +
			"6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd" +
			"3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66",
	);
});

test("a released key is gone, for each use; the wrong use of one is our bug", () => {
	const port = crypto();
	const aes = port.importAesKey(new Uint8Array(16));
	const secret = port.importSecret(new Uint8Array(16));
	const block = new Uint8Array(32);
	throws(() => port.hmac(aes, block, 0, 16));
	throws(() => port.cbc("encrypt", secret, block, block, 0, 16));
	equal(port.seal("gcm", aes, block.subarray(0, 12), block, block, 0, 16, block, 0), 32);
	port.release(aes);
	throws(() => port.seal("gcm", aes, block.subarray(0, 12), block, block, 0, 16, block, 0));
	port.release(secret);
	throws(() => port.exportSecret(secret));
	const other = port.importAesKey(new Uint8Array(16).fill(1));
	const zeros = new Uint8Array(16);
	port.cbc("encrypt", other, new Uint8Array(16), zeros, 0, 16);
	ok(toHex(zeros) !== "66e94bd4ef8a2c3b884cfa59ca342b2e", "the schedule of a released key serves its successor");
});

test("the 65th key finds no room", () => {
	const port = crypto();
	const keys = Array.from({ length: 64 }, () => port.importSecret(new Uint8Array(1)));
	throws(
		() => port.importSecret(new Uint8Array(1)),
		(error) => error instanceof HostFailure,
	);
	port.release(keys[30]!);
	port.importSecret(new Uint8Array(1));
});

test("a released key is overwritten, and only that one", () => {
	const keys = new KeyStore();
	const one = new Uint8Array(16).fill(1);
	const two = new Uint8Array(16).fill(2);
	const handle = keys.add("secret", one);
	keys.add("aes", two);
	keys.release(handle);
	equal(toHex(one), "00".repeat(16));
	equal(toHex(two), "02".repeat(16));
	keys.release(handle);
	keys.release(99);
});
