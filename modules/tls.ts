import type { Fault } from "./bytes.ts";

/** What TLS with one server takes, and how it ends. host.ts gives it to importers too, and has the port. */

/** Why a secured stream has ended, or never was one. */
export type TlsEnd =
	/** The other side said so (close_notify): there is nothing more. */
	| "closed"
	/** Its stream ended without that word: somebody on the way may have cut it. */
	| "truncated"
	/** It refuses us: an identity that it does not know, another key, no suite or version in common. */
	| "alerted"
	/** It is not the one it should be. */
	| "untrusted"
	/** What came is no TLS, or was changed on the way. */
	| "broken"
	/** The library: no memory, no random numbers. */
	| "failed";

/** Keys and names for one server. All bytes are copied; nothing is kept when the stream has ended. */
export interface TlsSettings {
	/** A pre-shared key; or the number of one that the platform keeps and nobody reads (PSA; TLS 1.2 alone). */
	readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array | { readonly psaId: number } };
	/** What we show: certificates in DER, our own first, and its key: 32 bytes of P-256, or PKCS #8, or SEC 1 in DER. */
	readonly identity?: { readonly chain: readonly Uint8Array[]; readonly privateKey: Uint8Array };
	/**
	 * Says whether the server is the one that we want: serverTrust() of crypto/trust.ts makes one of what a Security
	 * Object says. Without it, and without `psk`, no server is.
	 */
	readonly trust?: {
		verifyChain(
			chain: readonly Uint8Array[],
			serverName: string | undefined,
			nowS: number | undefined,
		): Uint8Array | Fault;
	};
	/** IANA's numbers, the preferred one first, 8 at most. Left out: CCM_8 and GCM, and those of TLS 1.3. */
	readonly suites?: readonly number[];
	/** Whom we want: compared with the certificate, and said to the server (SNI, RFC 6066 §3) unless the next says no. */
	readonly serverName?: string;
	/** Default true. An address literal is not to be said. */
	readonly sendServerName?: boolean;
	/** What is spoken, by ALPN (RFC 7301): "coap" (RFC 8323 §9.1), where the server is to hear of it. */
	readonly protocol?: string;
	/** Seconds since 1970, for the validity of certificates; left out: nobody has set the clock. */
	wallTimeS?(): number | undefined;
	/** The handshake is over. Called before onWritable. */
	secured?(what: TlsSession): void;
	/** Called once, before onClosed, and not after close(). @param why the library's own number, for people; 0: none */
	ended?(end: TlsEnd, why: number): void;
}

export interface TlsSession {
	readonly version: "1.2" | "1.3";
	/** IANA's number. */
	readonly suite: number;
	/** What the server chose by ALPN. */
	readonly protocol: string | undefined;
}
