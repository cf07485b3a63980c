/**
 * What every implementation of the Crypto port must do: the published vectors, and what modules/host.ts promises.
 * For the portable one, the simulated board's and the native ones alike; runs on both engines.
 */
import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import { hkdfExpand, hkdfExtract, labelled, prf } from "../../../modules/crypto/prf.ts";
import type { Aead, Crypto, CryptoP256, KeyHandle } from "../../../modules/host.ts";
import { equal, ok, patience, throws } from "../../harness.ts";
import sizes from "../../vectors/aead-sizes.json" with { type: "json" };
import cavs from "../../vectors/ccm-rfc3610-cavs.json" with { type: "json" };
import tlsPrf from "../../vectors/tls12-prf.json" with { type: "json" };
import cbc from "../../vectors/wycheproof-aes-cbc.json" with { type: "json" };
import ccm from "../../vectors/wycheproof-aes-ccm.json" with { type: "json" };
import gcm from "../../vectors/wycheproof-aes-gcm.json" with { type: "json" };
import ecdh from "../../vectors/wycheproof-ecdh-p256.json" with { type: "json" };
import ecdsa from "../../vectors/wycheproof-ecdsa-p256.json" with { type: "json" };
import hkdf from "../../vectors/wycheproof-hkdf-sha256.json" with { type: "json" };
import hmac from "../../vectors/wycheproof-hmac-sha256.json" with { type: "json" };

export interface ConformanceCase {
	readonly name: string;
	/** @throws what the harness throws, naming the vector */
	run(): void;
}

export interface ConformanceOptions {
	/**
	 * Of the vectors that need a scalar multiplication, take each n-th (and all that are to be refused); 1: all. For
	 * slow engines.
	 */
	readonly p256Every?: number;
}

interface AeadVector {
	readonly name: string;
	readonly key: string;
	readonly nonce: string;
	readonly aad: string;
	readonly plain: string;
	readonly sealed: string;
	readonly valid?: boolean;
}

const hex = (text: string) => fromHex(text)!;

/** The cases for one implementation. Register each, or run them all in one. */
export function cryptoCases(crypto: Crypto, options: ConformanceOptions = {}): ConformanceCase[] {
	const ccm8 = [...ccm.cases, ...cavs.cases].filter(({ nonce, tagSize }) => nonce.length === 24 && tagSize === 8);
	const cases: ConformanceCase[] = [
		{ name: "SHA-256: the examples of FIPS 180-4, in parts of all sizes", run: () => hashes(crypto) },
		{ name: `HMAC-SHA-256: ${hmac.cases.length} of Wycheproof`, run: () => hmacs(crypto) },
		{ name: `PRF and master secrets: ${tlsPrf.cases.length} of OpenSSL`, run: () => prfs(crypto) },
		{ name: `HKDF: ${hkdf.cases.length} of Wycheproof`, run: () => hkdfs(crypto) },
		{ name: `AES-CCM_8: ${ccm8.length} of Wycheproof and CAVS`, run: () => aeads(crypto, "ccm8", ccm8) },
		{ name: `AES-GCM: ${gcm.cases.length} of Wycheproof`, run: () => aeads(crypto, "gcm", gcm.cases) },
		{ name: `CCM_8 and GCM: ${sizes.cases.length} sizes`, run: () => aeadSizes(crypto) },
		{ name: "open() takes no change of any byte, and leaves no plaintext", run: () => forgeries(crypto) },
		{ name: `AES-CBC: ${cbc.cases.length} of Wycheproof`, run: () => cbcs(crypto) },
		{ name: "64 keys at once, each itself, again and again", run: () => handles(crypto) },
	];
	const { p256 } = crypto;
	if (p256 === undefined) return cases;
	const every = options.p256Every ?? 1;
	cases.push(
		{ name: "P-256: private keys are 0 < d < n", run: () => privateKeys(p256, crypto) },
		{ name: `ECDH: 1/${every} of ${ecdh.cases.length} of Wycheproof`, run: () => agreements(p256, crypto, every) },
		{ name: "ECDH: points that are none", run: () => badPoints(p256, crypto) },
		{ name: `ECDSA: 1/${every} of ${ecdsa.cases.length} of Wycheproof`, run: () => verifications(p256, every) },
		{ name: "ECDSA: what is signed verifies, and nothing near it", run: () => signatures(p256, crypto) },
	);
	return cases;
}

const hashExamples = [
	["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
	["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
	[
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	],
	[
		"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
	],
] as const;

/** Of as many letters a: the second is FIPS 180-4's example, the first OpenSSL's. */
const tenThousand = "27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711";
const million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

function hashes(crypto: Crypto): void {
	for (const [text, digest] of hashExamples) {
		const bytes = utf8(text);
		for (let part = 1; part < 70; part++) {
			const run = crypto.sha256();
			for (let at = 0; at < bytes.length; at += part) run.update(bytes, at, Math.min(bytes.length, at + part));
			equal(toHex(run.digest()), digest, `${text} by ${part}`);
			equal(toHex(run.digest()), digest, `${text} by ${part}, asked again`);
		}
	}
	const long = crypto.sha256();
	const other = crypto.sha256();
	const block = new Uint8Array(1000).fill(0x61);
	for (let count = 0; count < 10 * patience ** 2; count++) {
		long.update(block, 0, 1000);
		if (count === 5) long.digest();
	}
	equal(toHex(long.digest()), patience === 1 ? tenThousand : million, "many a");
	equal(toHex(other.digest()), hashExamples[0][1], "another run beside it");
}

/** Runs `use` with a key of its own. */
function withSecret<T>(crypto: Crypto, secret: string, use: (key: KeyHandle) => T): T {
	const key = crypto.importSecret(hex(secret));
	const result = use(key);
	crypto.release(key);
	return result;
}

function hmacs(crypto: Crypto): void {
	for (const { name, key, message, tag, valid } of hmac.cases) {
		const bytes = hex(`00${message}ff`);
		const full = withSecret(crypto, key, (handle) => crypto.hmac(handle, bytes, 1, bytes.length - 1));
		equal(full.length, 32);
		equal(toHex(full).slice(0, tag.length) === tag, valid, name);
	}
	const empty = withSecret(crypto, "", (handle) => toHex(crypto.hmac(handle, new Uint8Array(0), 0, 0)));
	equal(empty, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", "no key, no message");
}

function prfs(crypto: Crypto): void {
	for (const given of tlsPrf.cases) {
		const { label, output } = given;
		const seed = hex(given.seed);
		if (given.psk !== undefined) {
			const key = crypto.importSecret(hex(given.psk));
			const master = crypto.masterSecret(key, "psk", labelled(label, seed));
			crypto.release(key);
			isSecret(crypto, master, output, `${label} of a PSK of ${given.psk.length / 2} bytes`);
			continue;
		}
		const key = crypto.importSecret(hex(given.secret));
		equal(toHex(prf(crypto, key, label, seed, output.length / 2)), output, label);
		if (output.length === 96) {
			isSecret(crypto, crypto.masterSecret(key, "secret", labelled(label, seed)), output, label);
		}
		crypto.release(key);
	}
}

/** Ends the key, too. A port that lets nobody read a secret shows it by what HMAC makes of it. */
function isSecret(crypto: Crypto, key: KeyHandle, expected: string, what: string): void {
	const read = crypto.exportSecret(key);
	if (read !== undefined) equal(toHex(read), expected, what);
	const message = utf8("known");
	const other = withSecret(crypto, expected, (twin) => crypto.hmac(twin, message, 0, 5));
	equal(toHex(crypto.hmac(key, message, 0, 5)), toHex(other), what);
	crypto.release(key);
}

function hkdfs(crypto: Crypto): void {
	for (const { name, material, salt, info, size, output, valid } of hkdf.cases) {
		const extracted = toHex(hkdfExtract(crypto, hex(salt), hex(material)));
		withSecret(crypto, extracted, (key) => {
			if (valid) equal(toHex(hkdfExpand(crypto, key, hex(info), size)), output, name);
			else throws(() => hkdfExpand(crypto, key, hex(info), size));
		});
	}
}

/** Seals and opens one vector, in place, and from one array to another. */
function aeadVector(crypto: Crypto, aead: Aead, vector: AeadVector): void {
	const { name } = vector;
	const key = crypto.importAesKey(hex(vector.key));
	const nonce = hex(vector.nonce);
	const aad = hex(vector.aad);
	const plain = hex(vector.plain);
	const sealed = hex(vector.sealed);
	const tagSize = aead === "gcm" ? 16 : 8;
	const into = new Uint8Array(sealed.length + 7).fill(0xee);
	if (vector.valid === false) {
		equal(crypto.open(aead, key, nonce, aad, sealed, 0, sealed.length, into, 3), -1, name);
	} else {
		equal(crypto.seal(aead, key, nonce, aad, plain, 0, plain.length, into, 3), sealed.length, name);
		equal(toHex(into), `eeeeee${vector.sealed}eeeeeeee`, `${name}, sealed`);
		equal(crypto.open(aead, key, nonce, aad, into, 3, 3 + sealed.length, into, 3), plain.length, name);
		equal(toHex(into, 3, 3 + plain.length), vector.plain, `${name}, opened in place`);
		equal(crypto.seal(aead, key, nonce, aad, into, 3, 3 + plain.length, into, 3), sealed.length, name);
		equal(toHex(into), `eeeeee${vector.sealed}eeeeeeee`, `${name}, sealed in place`);
		const opened = new Uint8Array(plain.length + 2).fill(0xdd);
		equal(crypto.open(aead, key, nonce, aad, sealed, 0, sealed.length, opened, 1), sealed.length - tagSize, name);
		equal(toHex(opened), `dd${vector.plain}dd`, `${name}, opened`);
	}
	crypto.release(key);
}

function aeads(crypto: Crypto, aead: Aead, vectors: readonly AeadVector[]): void {
	ok(vectors.length > 0, "no vectors");
	for (const vector of vectors) aeadVector(crypto, aead, vector);
}

function aeadSizes(crypto: Crypto): void {
	for (const vector of sizes.cases) aeadVector(crypto, vector.aead as Aead, vector);
}

function forgeries(crypto: Crypto): void {
	const key = crypto.importAesKey(new Uint8Array(16).fill(9));
	const nonce = new Uint8Array(12).fill(1);
	const aad = utf8("header");
	const plain = utf8("a text of more than one block");
	for (const aead of ["ccm8", "gcm"] as const) {
		const sealed = new Uint8Array(plain.length + 16);
		const size = crypto.seal(aead, key, nonce, aad, plain, 0, plain.length, sealed, 0);
		const isRefused = (what: string, bytes: Uint8Array, end: number, iv: Uint8Array, header: Uint8Array) => {
			const into = bytes.slice();
			equal(crypto.open(aead, key, iv, header, into, 0, end, into, 0), -1, `${aead}: ${what}`);
			for (let at = 0; at + 4 <= plain.length; at++) {
				ok(toHex(into).indexOf(toHex(plain, at, at + 4)) < 0, `${aead}: ${what} leaves plaintext`);
			}
		};
		for (let index = 0; index < size; index++) {
			const broken = sealed.slice();
			broken[index]! ^= 1 << (index & 7);
			isRefused(`byte ${index}`, broken, size, nonce, aad);
		}
		for (let end = 0; end < size; end++) isRefused(`cut to ${end}`, sealed, end, nonce, aad);
		isRefused("other nonce", sealed, size, new Uint8Array(12).fill(2), aad);
		isRefused("other header", sealed, size, nonce, utf8("headeR"));
		isRefused("no header", sealed, size, nonce, new Uint8Array(0));
	}
	crypto.release(key);
}

function cbcs(crypto: Crypto): void {
	for (const { name, key, iv, plain, sealed } of cbc.cases) {
		const handle = crypto.importAesKey(hex(key));
		const vector = hex(iv);
		const bytes = hex(`aa${plain}bb`);
		crypto.cbc("encrypt", handle, vector, bytes, 1, bytes.length - 1);
		equal(toHex(bytes), `aa${sealed}bb`, name);
		crypto.cbc("decrypt", handle, vector, bytes, 1, bytes.length - 1);
		equal(toHex(bytes), `aa${plain}bb`, name);
		equal(toHex(vector), iv, `${name}: the IV stays`);
		crypto.release(handle);
	}
}

function handles(crypto: Crypto): void {
	const message = utf8("x");
	for (let round = 0; round < 3; round++) {
		const keys: KeyHandle[] = [];
		const macs: string[] = [];
		for (let index = 0; index < 60; index++) {
			const secret = new Uint8Array(1 + index).fill(index);
			keys.push(crypto.importSecret(secret));
			macs.push(toHex(crypto.hmac(keys[index]!, message, 0, 1)));
			secret.fill(0xff); // it was copied
		}
		const aes = crypto.importAesKey(new Uint8Array(16));
		equal(new Set([...keys, aes]).size, 61, "handles differ");
		for (let index = 0; index < 60; index++) {
			equal(toHex(crypto.hmac(keys[index]!, message, 0, 1)), macs[index], `key ${index}`);
		}
		const block = new Uint8Array(16);
		crypto.cbc("encrypt", aes, new Uint8Array(16), block, 0, 16);
		equal(toHex(block), "66e94bd4ef8a2c3b884cfa59ca342b2e");
		for (const key of keys) crypto.release(key);
		crypto.release(aes);
	}
}

const orderHex = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const baseHex =
	"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

function privateKeys(p256: CryptoP256, crypto: Crypto): void {
	for (const bad of ["00".repeat(32), orderHex, "ff".repeat(32), `${orderHex.slice(0, 63)}2`]) {
		equal(p256.importPrivateKey(hex(bad)), undefined, bad);
	}
	const one = p256.importPrivateKey(hex("01".padStart(64, "0")))!;
	equal(toHex(p256.publicPoint(one)), baseHex);
	const last = p256.importPrivateKey(hex(`${orderHex.slice(0, 62)}50`))!;
	equal(toHex(p256.publicPoint(last), 0, 33), baseHex.slice(0, 66), "-1 times the base has the same x");
	ok(toHex(p256.publicPoint(last)) !== baseHex);
	const first = p256.generate();
	const second = p256.generate();
	ok(toHex(p256.publicPoint(first)) !== toHex(p256.publicPoint(second)), "two keys are two");
	for (const key of [one, last, first, second]) crypto.release(key);
}

function agreements(p256: CryptoP256, crypto: Crypto, every: number): void {
	ecdh.cases.forEach(({ name, private: scalar, public: point, shared }, index) => {
		if (shared !== "" && index % every !== 0) return;
		const key = p256.importPrivateKey(hex(scalar))!;
		const secret = p256.agree(key, hex(point));
		crypto.release(key);
		if (shared === "") equal(secret, undefined, name);
		else isSecret(crypto, secret!, shared, name);
	});
}

function badPoints(p256: CryptoP256, crypto: Crypto): void {
	const key = p256.importPrivateKey(hex("02".padStart(64, "0")))!;
	const prime = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	const rootOfCoefficient = "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";
	const bad = {
		nothing: "",
		infinity: "00",
		"infinity of 65 bytes": "00".repeat(65),
		"infinity as 0, 0": `04${"00".repeat(64)}`,
		compressed: `03${baseHex.slice(2, 66)}`,
		hybrid: `07${baseHex.slice(2)}`,
		"64 bytes": baseHex.slice(0, 128),
		"66 bytes": `${baseHex}00`,
		"off the curve": `${baseHex.slice(0, 128)}f6`,
		"x is the prime, 0 on the curve": `04${prime}${rootOfCoefficient}`,
		"y is not below the prime": `${baseHex.slice(0, 66)}${"ff".repeat(32)}`,
		"y is 5 and the prime, 5 on the curve":
			"04d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7" +
			"ffffffff00000001000000000000000000000001000000000000000000000004",
		"on the twist": `04${"00".repeat(31)}02${"00".repeat(31)}01`,
	};
	for (const [name, point] of Object.entries(bad)) {
		equal(p256.agree(key, hex(point)), undefined, name);
		equal(p256.verify(hex(point), new Uint8Array(32), new Uint8Array(64).fill(1)), false, name);
	}
	const good = p256.agree(key, hex(`04${"00".repeat(32)}${rootOfCoefficient}`));
	ok(good !== undefined, "x = 0 is a point");
	crypto.release(good);
	crypto.release(key);
}

function verifications(p256: CryptoP256, every: number): void {
	ecdsa.cases.forEach(({ name, point, hash, signature, valid }, index) => {
		if (signature.length === 128 && index % every !== 0) return;
		equal(p256.verify(hex(point), hex(hash), hex(signature)), valid, name);
	});
}

function signatures(p256: CryptoP256, crypto: Crypto): void {
	const key = p256.generate();
	const point = p256.publicPoint(key);
	for (const fill of [0, 0xff]) {
		const hash = new Uint8Array(32).fill(fill); // ff…ff is above the order
		const signature = p256.sign(key, hash);
		equal(signature.length, 64);
		ok(p256.verify(point, hash, signature), `signed ${fill}`);
		const other = hash.slice();
		other[31]! ^= 1;
		ok(!p256.verify(point, other, signature), "another hash");
		ok(!p256.verify(hex(baseHex), hash, signature), "another key");
		const swapped = new Uint8Array(64);
		swapped.set(signature.subarray(32));
		swapped.set(signature.subarray(0, 32), 32);
		ok(!p256.verify(point, hash, swapped), "r and s swapped");
		ok(!p256.verify(point, hash, new Uint8Array(64)), "zeros");
		const longer = new Uint8Array(65);
		longer.set(signature);
		ok(!p256.verify(point, hash, longer), "a byte more");
		ok(!p256.verify(point, hash, signature.subarray(0, 63)), "a byte less");
		ok(!p256.verify(point, hash, new Uint8Array(0)), "no signature");
	}
	crypto.release(key);
}
