import { deepEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../../../../hosts/simulator/image/bundle.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** What a bundle of these sources holds of DTLS and cryptography. */
async function security(...entries: readonly string[]): Promise<string[]> {
	const modules = await bundle({ entries: entries.map((entry) => join(root, entry)), root, shake: true });
	return modules.map(({ name }) => name).filter((name) => /^modules\/(dtls|crypto)\//.test(name));
}

test("a client that composes without DTLS has nothing of it in its image", async () => {
	const plain = ["modules/lwm2m/client.js", "modules/lwm2m/loop.js", "modules/objects/security-0.js"];
	deepEqual(await security(...plain), []);
	const withDtls = await security(...plain, "modules/lwm2m/dtls-transport.js");
	ok(withDtls.length > 10, "the check can fail");
	const unneeded = /(server-handshake|hello-gate|cookie|trust|trust-path|p256|portable|certificate)$/;
	deepEqual(
		withDtls.filter((name) => unneeded.test(name)),
		[],
		"server role, X.509 and portable cryptography come only where the product names them",
	);
});
