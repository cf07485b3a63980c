import { frozen } from "../frozen.ts";

/** A cipher suite that we speak. */
export interface Suite {
	/** The number of the IANA registry. */
	readonly id: number;
	/** How the premaster secret comes about, and who proves what: RFC 4279 §2, RFC 8422 §2. */
	readonly keyExchange: "psk" | "ecdheEcdsa";
	/** How records are protected: RFC 6655, RFC 5288, RFC 5246 §6.2.3.2 with HMAC-SHA-256. */
	readonly cipher: "ccm8" | "gcm" | "cbcSha256";
	readonly name: string;
}

/** The suites of LwM2M (Transport §5.2.8): pre-shared keys, and ECDSA for raw public keys and certificates. */
export const suites: readonly Suite[] = frozen([
	{ id: 0xc0a8, keyExchange: "psk", cipher: "ccm8", name: "TLS_PSK_WITH_AES_128_CCM_8" },
	{ id: 0x00a8, keyExchange: "psk", cipher: "gcm", name: "TLS_PSK_WITH_AES_128_GCM_SHA256" },
	{ id: 0x00ae, keyExchange: "psk", cipher: "cbcSha256", name: "TLS_PSK_WITH_AES_128_CBC_SHA256" },
	{ id: 0xc0ae, keyExchange: "ecdheEcdsa", cipher: "ccm8", name: "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
	{ id: 0xc02b, keyExchange: "ecdheEcdsa", cipher: "gcm", name: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ id: 0xc023, keyExchange: "ecdheEcdsa", cipher: "cbcSha256", name: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
]);

/** @returns undefined for a suite that we do not speak */
export function suiteById(id: number): Suite | undefined {
	for (let index = 0; index < suites.length; index++) if (suites[index]!.id === id) return suites[index];
	return undefined;
}
