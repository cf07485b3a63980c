import { fromHex, utf8 } from "../../modules/bytes.ts";
import { portableP256 } from "../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../modules/crypto/portable.ts";
import type { Aead, Crypto, CryptoP256, Host, KeyHandle } from "../../modules/host.ts";
import { type Check, check, expect, expectThrows, Skipped, sameBytes } from "./check.ts";
import { AEADS, CBCS, ECDHS, ECDSAS, HMACS, PRFS, SHAS } from "./vectors.ts";

const hex = (text: string) => fromHex(text)!;

/** @param withP256 whether the portable cryptography, where the board has none, is to have P-256: it is slow */
export function cryptoChecks(withP256 = true): readonly Check[] {
	let opened: Crypto | undefined;
	const cryptoOf = ({ crypto, entropy }: Host): Crypto => {
		opened ??= crypto ?? new PortableCrypto(withP256 ? { entropy, p256: portableP256 } : { entropy });
		return opened;
	};
	const p256Of = (host: Host): CryptoP256 => {
		const { p256 } = cryptoOf(host);
		if (p256 === undefined) throw new Skipped("the port has no P-256: pre-shared keys alone");
		return p256;
	};
	return [
		check("crypto: SHA-256", (host) => hashes(cryptoOf(host))),
		check("crypto: HMAC-SHA-256 and the PRF of TLS 1.2", (host) => macs(cryptoOf(host))),
		check("crypto: AES-128-CCM_8 and GCM", (host) => aeads(cryptoOf(host))),
		check("crypto: AES-128-CBC", (host) => cbcs(cryptoOf(host))),
		check("crypto: ECDH on P-256", (host) => agreements(cryptoOf(host), p256Of(host))),
		check("crypto: ECDSA on P-256", (host) => signatures(cryptoOf(host), p256Of(host))),
		check("crypto: 64 keys at once, the device's own among them, each itself", (host) =>
			manyKeys(cryptoOf(host), host.deviceKey === undefined ? 64 : 63),
		),
	];
}

function hashes(crypto: Crypto): void {
	for (const { message, digest } of SHAS) {
		const bytes = hex(message);
		const run = crypto.sha256();
		for (let at = 0; at < bytes.length; at += 7) run.update(bytes, at, Math.min(at + 7, bytes.length));
		expect(sameBytes(run.digest(), hex(digest)), `SHA-256 of ${bytes.length} bytes`);
	}
}

function macs(crypto: Crypto): void {
	for (const { key, message, tag } of HMACS) {
		const handle = crypto.importSecret(hex(key));
		const bytes = hex(message);
		expect(sameBytes(crypto.hmac(handle, bytes, 0, bytes.length), hex(tag)), `HMAC of ${bytes.length} bytes`);
		crypto.release(handle);
	}
	for (const { label, secret, seed, output } of PRFS) {
		const handle = crypto.importSecret(hex(secret));
		const text = utf8(label);
		const random = hex(seed);
		const labelAndSeed = new Uint8Array(text.length + random.length);
		labelAndSeed.set(text);
		labelAndSeed.set(random, text.length);
		const wanted = hex(output);
		const into = new Uint8Array(wanted.length);
		crypto.prf(handle, labelAndSeed, into);
		expect(sameBytes(into, wanted), `PRF "${label}"`);
		crypto.release(handle);
	}
}

function aeads(crypto: Crypto): void {
	for (const { aead, key, nonce, aad, plain, sealed } of AEADS) {
		const kind = aead as Aead;
		const handle = crypto.importAesKey(hex(key));
		const bytes = hex(plain);
		const into = new Uint8Array(bytes.length + 16);
		const size = crypto.seal(kind, handle, hex(nonce), hex(aad), bytes, 0, bytes.length, into, 0);
		expect(sameBytes(into.subarray(0, size), hex(sealed)), `${aead} of ${bytes.length} bytes`);
		const back = new Uint8Array(bytes.length);
		const opened = crypto.open(kind, handle, hex(nonce), hex(aad), into, 0, size, back, 0);
		expect(opened === bytes.length && sameBytes(back, bytes), `${aead} of ${bytes.length} bytes does not open`);
		into[size - 1]! ^= 1;
		const forged = crypto.open(kind, handle, hex(nonce), hex(aad), into, 0, size, back, 0);
		expect(forged === -1, `${aead}: a forged tag opens`);
		crypto.release(handle);
	}
}

function cbcs(crypto: Crypto): void {
	for (const { key, iv, plain, sealed } of CBCS) {
		const handle = crypto.importAesKey(hex(key));
		const bytes = hex(sealed);
		crypto.cbc("decrypt", handle, hex(iv), bytes, 0, bytes.length);
		const text = hex(plain);
		expect(sameBytes(bytes.subarray(0, text.length), text), `CBC decrypts ${bytes.length} bytes`);
		crypto.cbc("encrypt", handle, hex(iv), bytes, 0, bytes.length);
		expect(sameBytes(bytes, hex(sealed)), `CBC encrypts ${bytes.length} bytes`);
		crypto.release(handle);
	}
}

function agreements(crypto: Crypto, p256: CryptoP256): void {
	for (const { private: scalar, public: point, shared } of ECDHS) {
		const key = p256.importPrivateKey(hex(scalar));
		expect(key !== undefined, "a private key is refused");
		const secret = p256.agree(key, hex(point));
		expect((secret === undefined) === (shared === ""), "a point off the curve is taken, or one on it is not");
		if (secret !== undefined) {
			expect(sameBytes(crypto.exportSecret(secret)!, hex(shared)), "another secret");
			crypto.release(secret);
		}
		expect(isSecret(crypto, key), "a private key came out");
		crypto.release(key);
	}
}

/** Whether a private key stays in: the port says that it is not to be read, or that it is no secret. */
function isSecret(crypto: Crypto, privateKey: KeyHandle): boolean {
	try {
		return crypto.exportSecret(privateKey) === undefined;
	} catch {
		return true;
	}
}

function signatures(crypto: Crypto, p256: CryptoP256): void {
	for (const { point, hash, signature, valid } of ECDSAS) {
		expect(
			p256.verify(hex(point), hex(hash), hex(signature)) === valid,
			`a signature that is ${valid ? "" : "not "}good`,
		);
	}
	const key = p256.generate();
	const hash = new Uint8Array(32).fill(7);
	const signature = p256.sign(key, hash);
	expect(p256.verify(p256.publicPoint(key), hash, signature), "its own signature is not good");
	hash[0] = 8;
	expect(!p256.verify(p256.publicPoint(key), hash, signature), "its signature is good for another hash");
	crypto.release(key);
}

/** @param count what the port promises, but for the key of the device */
function manyKeys(crypto: Crypto, count: number): void {
	const keys: number[] = [];
	const message = utf8("which one?");
	for (let n = 0; n < count; n++) keys.push(crypto.importSecret(new Uint8Array(16).fill(n)));
	const first = crypto.hmac(keys[0]!, message, 0, message.length);
	const last = crypto.hmac(keys[count - 1]!, message, 0, message.length);
	expect(!sameBytes(first, last), "two keys, one MAC");
	for (const key of keys) crypto.release(key);
	const again = crypto.importSecret(new Uint8Array(16));
	expect(sameBytes(crypto.hmac(again, message, 0, message.length), first), "the same key, another MAC");
	crypto.release(again);
	expectThrows("Error", () => expect(false, "this check can fail"), "expect");
}
