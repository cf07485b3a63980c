/** hosts/psa's C against the vectors of every Crypto port, compiled here with the PSA Crypto API of this computer. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { NodeCrypto } from "../../../hosts/simulator/board/accelerator.ts";
import { toHex, utf8 } from "../../../modules/bytes.ts";
import { cryptoCases } from "../../modules/crypto/conformance.ts";
import { CoreProcess, whatIsMissing } from "./core-process.ts";

const missing = whatIsMissing();
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const core = missing === undefined ? new CoreProcess(sanitizers) : undefined;
after(() => core?.close());

if (core === undefined) test("the C core over PSA", { skip: missing ?? false }, () => {});
else {
	for (const { name, run } of cryptoCases(core)) {
		test(`PSA: ${name}`, () => {
			run();
			core.endHashes();
		});
	}

	test("PSA: a pre-shared key that nobody reads makes the master secret that a readable one makes", () => {
		const node = new NodeCrypto();
		for (const size of [1, 16, 32, 64]) {
			const psk = new Uint8Array(size).fill(size);
			const seed = utf8("extended master secret0123456789abcdef0123456789abcdef");
			const hidden = core.provisionPsk(psk);
			assert.equal(core.exportSecret(hidden), undefined);
			assert.throws(() => core.hmac(hidden, seed, 0, 3));
			assert.throws(() => core.masterSecret(hidden, "secret", seed));
			const master = core.masterSecret(hidden, "psk", seed);
			const expected = node.exportSecret(node.masterSecret(node.importSecret(psk), "psk", seed))!;
			assert.equal(toHex(core.exportSecret(master)!), toHex(expected));
			core.release(master);
			core.release(hidden);
		}
	});

	test("PSA: a key that ends, or is of another kind, serves nothing; handles are not used again soon", () => {
		const aes = core.importAesKey(new Uint8Array(16));
		assert.throws(() => core.hmac(aes, new Uint8Array(1), 0, 1));
		assert.throws(() => core.p256.publicPoint(aes));
		assert.equal(core.exportSecret(aes), undefined);
		core.release(aes);
		const next = core.importAesKey(new Uint8Array(16));
		assert.notEqual(next, aes);
		assert.throws(() => core.release(aes));
		for (const odd of [0, -1, 63, 0x7fffffff]) assert.throws(() => core.release(odd));
		core.release(next);
		assert.equal(core.call("u", 12345).number, -1, "no such key in PSA");
	});

	test("PSA: the 65th key has no room", () => {
		const keys = Array.from({ length: 64 }, () => core.importSecret(new Uint8Array(8)));
		assert.throws(() => core.importSecret(new Uint8Array(8)), { name: "HostFailure" });
		assert.throws(() => core.p256.generate(), { name: "HostFailure" });
		for (const key of keys) core.release(key);
	});
}
