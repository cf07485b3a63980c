import { utf8Size, writeUtf8 } from "../bytes.ts";
import type { Crypto, KeyHandle } from "../host.ts";

/** RFC 5246 §7.4.9: all our cipher suites leave it at the default. */
export const verifyDataSize = 12;

/** What a master secret is made of. */
export interface MasterSecretInput {
	/** The pre-shared key, or what the key agreement gave. Stays the caller's to release. */
	readonly secret: KeyHandle;
	readonly premaster: "psk" | "secret";
	readonly clientRandom: Uint8Array;
	readonly serverRandom: Uint8Array;
	/**
	 * With the extended master secret: the hash of all messages up to the ClientKeyExchange, that one included (RFC 7627
	 * §3). Absent without the extension.
	 */
	readonly sessionHash?: Uint8Array | undefined;
}

/** The master secret (RFC 7627 §4, RFC 5246 §8.1). @throws HostFailure when the port has no room for it */
export function masterSecret(crypto: Crypto, input: MasterSecretInput): KeyHandle {
	const { secret, premaster, clientRandom, serverRandom, sessionHash } = input;
	const labelAndSeed =
		sessionHash === undefined
			? seeded("master secret", clientRandom, serverRandom)
			: seeded("extended master secret", sessionHash);
	return crypto.masterSecret(secret, premaster, labelAndSeed);
}

/**
 * The key block (RFC 5246 §6.3): both sides' MAC keys, keys and IVs, client first.
 * @returns `size` bytes; the caller overwrites them when they are with the Crypto port
 */
export function keyBlock(
	crypto: Crypto,
	master: KeyHandle,
	{ clientRandom, serverRandom }: { readonly clientRandom: Uint8Array; readonly serverRandom: Uint8Array },
	size: number,
): Uint8Array {
	const block = new Uint8Array(size);
	crypto.prf(master, seeded("key expansion", serverRandom, clientRandom), block);
	return block;
}

/** What Finished carries (RFC 5246 §7.4.9). @param hash of all handshake messages before it */
export function verifyData(
	crypto: Crypto,
	master: KeyHandle,
	label: "client finished" | "server finished",
	hash: Uint8Array,
): Uint8Array {
	const data = new Uint8Array(verifyDataSize);
	crypto.prf(master, seeded(label, hash), data);
	return data;
}

function seeded(label: string, first: Uint8Array, second?: Uint8Array): Uint8Array {
	const at = utf8Size(label);
	const end = at + first.length;
	const bytes = new Uint8Array(end + (second === undefined ? 0 : second.length));
	writeUtf8(label, bytes, 0);
	bytes.set(first, at);
	if (second !== undefined) bytes.set(second, end);
	return bytes;
}
