import { assert, equalBytes } from "../../../modules/bytes.ts";
import type { Crypto } from "../../../modules/host.ts";
import type { Meter } from "./meter.ts";
import { clientScalar, serverPoint } from "./parties.ts";

const recordBytes = 100;
const tagBytes = 8;

/** The operations of the Crypto port, one by one. @param isAll false: CCM_8 alone */
export function measurePrimitives(crypto: Crypto, meter: Meter, isAll: boolean): void {
	measureCcm8(crypto, meter);
	if (!isAll) return;
	measureHashes(crypto, meter);
	measureP256(crypto, meter);
}

/** One record of 100 bytes with the 13 bytes that RFC 5246 §6.2.3.3 adds to it. */
function measureCcm8(crypto: Crypto, meter: Meter): void {
	const key = crypto.importAesKey(filled(16, 0x40));
	const nonce = filled(12, 0x10);
	const aad = filled(13, 0);
	const record = filled(recordBytes + tagBytes, 0x20);
	const expected = record.slice(0, recordBytes);
	meter.count("ccm8.seal", () => crypto.seal("ccm8", key, nonce, aad, record, 0, recordBytes, record, 0));
	const size = meter.count("ccm8.open", () =>
		crypto.open("ccm8", key, nonce, aad, record, 0, record.length, record, 0),
	);
	assert(size === recordBytes && equalBytes(record.slice(0, recordBytes), expected), "bench: CCM_8");
	crypto.release(key);
}

function measureHashes(crypto: Crypto, meter: Meter): void {
	const kilobyte = filled(1024, 0);
	const digest = meter.count("sha256.1KB", () => {
		const run = crypto.sha256();
		run.update(kilobyte, 0, kilobyte.length);
		return run.digest();
	});
	assert(digest[0] === 0x78 && digest[31] === 0xc9, "bench: SHA-256");
	const psk = crypto.importSecret(filled(16, 0));
	meter.count("hmac.32", () => crypto.hmac(psk, kilobyte, 0, 32));
	const seed = filled(13 + 64, 0x30);
	const master = meter.count("prf.masterSecret", () => crypto.masterSecret(psk, "psk", seed));
	const keyBlock = new Uint8Array(40);
	meter.count("prf.keyBlock", () => crypto.prf(master, seed, keyBlock));
	crypto.release(master);
	crypto.release(psk);
}

function measureP256(crypto: Crypto, meter: Meter): void {
	const { p256 } = crypto;
	assert(p256 !== undefined, "bench: no P-256");
	const own = p256.importPrivateKey(clientScalar);
	assert(own !== undefined, "bench: the key");
	const hash = filled(32, 0x50);
	meter.count("p256.generate", () => crypto.release(p256.generate()));
	const point = meter.count("p256.publicPoint", () => p256.publicPoint(own));
	const shared = meter.count("p256.agree", () => p256.agree(own, serverPoint));
	assert(shared !== undefined, "bench: ECDH");
	crypto.release(shared);
	const signature = meter.count("p256.sign", () => p256.sign(own, hash));
	const isRight = meter.count("p256.verify", () => p256.verify(point, hash, signature));
	assert(isRight, "bench: ECDSA");
	crypto.release(own);
}

/** Bytes that count up from `first`. */
function filled(size: number, first: number): Uint8Array {
	const bytes = new Uint8Array(size);
	for (let index = 0; index < size; index++) bytes[index] = first + index;
	return bytes;
}
