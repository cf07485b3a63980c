import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

/**
 * Draws a key pair, by way of its bytes. Node 20 can wait for itself for ever where a KeyObject is used that came out
 * of generateKeyPairSync: export() holds the key's lock while it allocates, and the garbage collection that this may
 * begin wants the same lock to destroy what had generated the key.
 */
export function ecKeyPair(namedCurve: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
	const { privateKey } = generateKeyPairSync("ec", {
		namedCurve,
		publicKeyEncoding: { format: "der", type: "spki" },
		privateKeyEncoding: { format: "der", type: "pkcs8" },
	});
	const key = createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
	return { privateKey: key, publicKey: createPublicKey(key) };
}
