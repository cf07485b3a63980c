import { PsaCrypto } from "../../psa/psa-crypto.ts";
import { type Check, check, expect, expectThrows, sameBytes } from "./check.ts";

/** All published vectors run with --unit-tests; these are what a port says about itself. */
export function cryptoChecks(): readonly Check[] {
	return [
		check("native cryptography, or none: then the device computes in JavaScript", ({ crypto, log }) => {
			log.write({ event: "crypto", implementation: crypto?.implementation ?? "none" });
			expect(crypto === undefined || crypto.p256 !== undefined, "a native port has P-256");
		}),
		check("two keys agree, sign and verify, and end", ({ crypto }) => {
			const p256 = crypto?.p256;
			if (crypto === undefined || p256 === undefined) return;
			const [mine, yours] = [p256.generate(), p256.generate()];
			const [one, other] = [p256.agree(mine, p256.publicPoint(yours)), p256.agree(yours, p256.publicPoint(mine))];
			expect(one !== undefined && other !== undefined, "no agreement");
			expect(sameBytes(crypto.exportSecret(one)!, crypto.exportSecret(other)!), "two secrets");
			const hash = new Uint8Array(32).fill(7);
			const signature = p256.sign(mine, hash);
			expect(p256.verify(p256.publicPoint(mine), hash, signature), "a good signature");
			expect(!p256.verify(p256.publicPoint(yours), hash, signature), "another's signature");
			expect(crypto.exportSecret(mine) === undefined, "a private key came out");
			for (const key of [mine, yours, one, other]) crypto.release(key);
			expectThrows("RangeError", () => crypto.release(mine), "a key released twice");
			expectThrows("RangeError", () => crypto.hmac(one, hash, 0, 32), "a released key");
		}),
		check("a table of 64 keys, a full one refuses, and hashes end with the garbage collector", ({ crypto }) => {
			if (crypto === undefined) return;
			const keys: number[] = [];
			for (let count = 0; count < 64; count++) keys.push(crypto.importSecret(new Uint8Array(16)));
			expectThrows("HostFailure", () => crypto.importSecret(new Uint8Array(16)), "the 65th key");
			for (const key of keys) crypto.release(key);
			for (let count = 0; count < 20_000; count++) crypto.sha256().update(new Uint8Array(1), 0, 1);
		}),
		check("a stretch of bytes that is not there is refused", ({ crypto }) => {
			if (crypto === undefined) return;
			const key = crypto.importAesKey(new Uint8Array(16));
			const nonce = new Uint8Array(12);
			const bytes = new Uint8Array(20);
			for (const [at, end] of [
				[-1, 4],
				[4, 3],
				[0, 21],
			] as const) {
				expectThrows(
					"RangeError",
					() => crypto.seal("ccm8", key, nonce, bytes, bytes, at, end, bytes, 0),
					`${at}, ${end}`,
				);
			}
			expectThrows("RangeError", () => crypto.sha256().update(bytes, 0, 21), "hash");
			crypto.release(key);
			if (crypto instanceof PsaCrypto) {
				const psa = crypto;
				expectThrows("HostFailure", () => psa.usePsk(0x1234), "a pre-shared key that PSA does not have");
			}
		}),
	];
}
