import { type Fault, fault } from "../bytes.ts";
import type { LineChannel } from "../firmware/own-line.ts";
import type { SessionHome } from "../sleep/session-home.ts";
import type { Instance } from "./instance.ts";
import type { ServerUri } from "./server-uri.ts";

/** Why there is no secure channel; fields for the log, never a secret. */
export interface Unsecured {
	/** "dtls" for a handshake or session that ended, "noAnswer", "entropy", or the code of a Fault. */
	readonly reason: string;
	/** Name of the alert that ended it (RFC 5246 §7.2), theirs or ours. */
	readonly alert?: string;
}

/** What a secure channel tells of itself; all of it is public. */
export interface Secured {
	/** "TLS_PSK_WITH_AES_128_CCM_8" */
	readonly suite: string;
	/** The connection ID that the server wants to be called by, hexadecimal; absent without (RFC 9146). */
	readonly cid?: string;
	/** Whether an earlier session went on. */
	readonly resumed: boolean;
}

/** Who is told of a secure channel. Calls come within connect(), receive() and poll(). */
export interface SecureListener {
	/** @param crypto what works: "node:crypto", "portable" */
	handshaking(crypto: string): void;
	secured(how: Secured, nowMs: number): void;
	/** A message of the server's, authentic: bytes[at .. end), borrowed. */
	decrypted(bytes: Uint8Array, at: number, end: number, nowMs: number): void;
	/** Somebody says that the server does not know the session; anybody could. */
	doubted?(): void;
	/** The handshake failed, or the session is over. connect() begins another one. */
	unsecured(why: Unsecured, nowMs: number): void;
}

/**
 * A secure channel to one LwM2M Server, without I/O of its own: DTLS, or something that behaves as it does. It is
 * kept as long as its account, and may be secured many times.
 */
export interface SecureChannel extends LineChannel {
	/**
	 * Has sessions outlive resets in `home` from now on, and takes up the one that is there. Absent: they do not.
	 * @returns whether messages reach the server now, as far as we know: nobody was asked
	 */
	liveIn?(home: SessionHome): boolean;
	/** Brings the session as it is to its home, for a sleep. @throws HostFailure */
	goHome?(): void;
	/** Forgets all without a word: the server is elsewhere, or does not know us any more. unsecured() is not called. */
	drop(): void;
}

/** Makes secure channels. A client without one speaks coap:// alone, and has no DTLS in its image. */
export interface SecureTransport {
	/**
	 * @param security an Instance of the Security Object (LwM2M Core 1.1 Appendix E.1): mode, identity, keys. Read anew
	 * for each handshake
	 * @returns the Fault, "credentials.…", of an account that can not be secured as it is
	 */
	open(security: Instance, listener: SecureListener): SecureChannel | Fault;
}

/** Security Mode (Security Object, Resource 2), and that of accounts without keys (LwM2M Core 1.1 Appendix E.1). */
const securityMode = 2;
const noSec = 3;

// Rather no connection than one without the protection that the account asks for.
const noDtls = fault("uri.noDtls", "silence", "LwM2M Transport 1.1 §6.4.1: this image is built without DTLS");
const withoutKeys = fault("credentials.noSec", "silence", "LwM2M Transport 1.1 §5.2: coaps:// and Security Mode NoSec");
const withoutDtls = fault(
	"uri.notSecure",
	"silence",
	"LwM2M Transport 1.1 §5.2: coap:// and a Security Mode with keys",
);

/** @returns what protects the account, undefined where it does without, or why it can not be used in this image */
export function protectionOf(
	security: Instance,
	scheme: ServerUri["scheme"],
	{ secure }: { readonly secure?: SecureTransport },
): SecureTransport | Fault | undefined {
	const hasKeys = (security.at(securityMode) ?? noSec) !== noSec;
	if (scheme === "coap") return hasKeys ? withoutDtls : undefined;
	if (!hasKeys) return withoutKeys;
	return secure ?? noDtls;
}
