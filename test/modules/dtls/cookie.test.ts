import { utf8 } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { CookieJar, cookieSize } from "../../../modules/dtls/cookie.ts";
import type { HelloBeginning } from "../../../modules/dtls/hello.ts";
import type { KeyHandle } from "../../../modules/host.ts";
import { equal, ok, seeded, test } from "../../harness.ts";

const address = utf8("192.0.2.1:5684");
const hello: HelloBeginning = {
	version: 0xfefd,
	random: new Uint8Array(32).fill(7),
	cookie: new Uint8Array(0),
};

/** Counts the secrets that are not given back. */
class CountingCrypto extends PortableCrypto {
	held = 0;

	override importSecret(bytes: Uint8Array): KeyHandle {
		this.held += 1;
		return super.importSecret(bytes);
	}

	override release(key: KeyHandle): void {
		this.held -= 1;
		super.release(key);
	}
}

function jarOf(seed: number): { jar: CookieJar; crypto: CountingCrypto } {
	const draw = seeded(seed);
	const entropy = { fill: (bytes: Uint8Array) => bytes.set(bytes.map(() => draw(256))) };
	const crypto = new CountingCrypto({ entropy });
	return { jar: new CookieJar(crypto, entropy, 1000), crypto };
}

test("a cookie is good for its address and its ClientHello alone (RFC 6347 §4.2.1)", () => {
	const { jar } = jarOf(1);
	const cookie = jar.make(address, hello, 0);
	equal(cookie.length, cookieSize);
	const second = { ...hello, cookie };
	ok(jar.check(address, second, 10));
	ok(!jar.check(utf8("192.0.2.1:5685"), second, 10), "port");
	ok(!jar.check(utf8("192.0.2.2:5684"), second, 10), "address");
	ok(!jar.check(address, { ...second, random: new Uint8Array(32) }, 10), "random");
	ok(!jar.check(address, { ...second, version: 0xfefc }, 10), "version");
	ok(!jarOf(2).jar.check(address, second, 10), "another server's secret");
});

test("a cookie of another length, or with any bit flipped, is none", () => {
	const { jar } = jarOf(1);
	const cookie = jar.make(address, hello, 0);
	for (const size of [0, 1, 15, 17, 32, 255]) {
		const other = new Uint8Array(size);
		other.set(cookie.subarray(0, size));
		ok(!jar.check(address, { ...hello, cookie: other }, 0), `${size} bytes`);
	}
	for (let bit = 0; bit < 8 * cookieSize; bit += 5) {
		const other = cookie.slice();
		other[bit >> 3]! ^= 1 << (bit & 7);
		ok(!jar.check(address, { ...hello, cookie: other }, 0), `bit ${bit}`);
	}
});

test("the secret changes with time: good for one lifetime, at most for two", () => {
	const { jar, crypto } = jarOf(1);
	const first = { ...hello, cookie: jar.make(address, hello, 100) };
	ok(jar.check(address, first, 1100), "just when the secret changes");
	const late = { ...hello, cookie: jar.make(address, hello, 1900) };
	ok(jar.check(address, first, 2099));
	ok(!jar.check(address, first, 2100));
	ok(jar.check(address, late, 2100));
	equal(crypto.held, 2);
	ok(!jar.check(address, late, 9000), "nobody asked for two lifetimes");
	equal(crypto.held, 1);
	jar.release();
	equal(crypto.held, 0);
	ok(!jar.check(address, late, 9000));
});
