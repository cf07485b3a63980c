import type { PeerVerifier } from "../crypto/trust.ts";
import { frozen } from "../frozen.ts";
import type { Crypto, Entropy, KeyHandle } from "../host.ts";
import type { CookieJar } from "./cookie.ts";
import type { ReassemblyLimits } from "./reassembly.ts";
import type { ReservationTuning } from "./reservation.ts";
import type { DtlsTuning } from "./retransmission.ts";
import type { PeerIdentity, ResumableSession } from "./session.ts";
import type { SessionCache } from "./session-cache.ts";
import type { TicketJar } from "./ticket.ts";

export type Role = "client" | "server";

/** A client's pre-shared key (RFC 4279). */
export interface PskCredentials {
	/** 0 to 65535 bytes; it travels in the clear. */
	readonly identity: Uint8Array;
	/** From importSecret() of the Crypto port. Stays the caller's to release. */
	readonly key: KeyHandle;
}

/** Our own P-256 key, and how we show its public half: at least one of the two. */
export interface Identity {
	readonly privateKey: KeyHandle;
	/** A SubjectPublicKeyInfo, DER (RFC 7250). */
	readonly rawPublicKey?: Uint8Array;
	/** X.509, DER, our own certificate first. */
	readonly chain?: readonly Uint8Array[];
}

/** What one association holds at most. */
export interface DtlsLimits {
	/** Of handshake messages, while there is a handshake. */
	readonly reassembly: Partial<ReassemblyLimits>;
	/** Protected records that overtook the handshake, kept until it is done; the oldest goes first. */
	readonly earlyRecords: number;
	readonly earlyBytes: number;
	/** Datagrams that wait for takeDatagram(); the oldest goes first, which is loss. */
	readonly outbox: number;
	/** The longest Connection ID of the peer that we put on our records. */
	readonly peerConnectionIdBytes: number;
	/** How often one handshake begins anew where forged messages spoiled it. */
	readonly restarts: number;
}

export const DEFAULT_DTLS_LIMITS: DtlsLimits = frozen({
	reassembly: {},
	earlyRecords: 4,
	earlyBytes: 2048,
	outbox: 32,
	peerConnectionIdBytes: 64,
	restarts: 3,
});

/** What an association is made with. Several share one. */
export interface DtlsSettings {
	readonly crypto: Crypto;
	readonly entropy: Entropy;
	/** Of suite.ts, the preferred one first; those that there are no credentials for are passed over. */
	readonly suites: readonly number[];
	/** Client: our pre-shared key. */
	readonly psk?: PskCredentials;
	/** Server: the key of a client. */
	readonly pskOf?: (identity: Uint8Array) => KeyHandle | undefined;
	/**
	 * Server: what becomes of an identity without a key. "hidden" goes on with a random key, so that nobody learns which
	 * identities there are (RFC 4279 §2); "alert" says unknown_psk_identity.
	 */
	readonly unknownIdentity?: "hidden" | "alert";
	readonly identity?: Identity;
	/** Whose certificates and raw public keys we believe. Absent: nobody's. */
	readonly trust?: PeerVerifier;
	/**
	 * Of CertificateType: what we take from the peer, the preferred one first. Absent: raw public keys where our own
	 * identity is one, X.509 otherwise.
	 */
	readonly peerCertificateTypes?: readonly number[];
	/** Server: ask a client that came with a certificate suite for its certificate. */
	readonly requestPeerCertificate?: boolean;
	/** Server: refuse a client that has none. */
	readonly requirePeerCertificate?: boolean;
	/**
	 * RFC 9146: what the peer shall put on its records to us. Empty: it puts none, but we put on ours what it asks for.
	 * Absent: no Connection IDs.
	 */
	readonly connectionId?: Uint8Array;
	/** Client: the name of the server, to send (RFC 6066 §3) and to compare with its certificate. */
	readonly serverName?: string;
	/** Client: send it. Default: true. A name that is only compared is not. */
	readonly sendServerName?: boolean;
	/** Seconds since 1970, for the validity of certificates; undefined while nobody has set the clock. */
	readonly wallTimeS?: () => number | undefined;
	/** RFC 7627: "require" refuses a peer without it. Default: "prefer". */
	readonly extendedMasterSecret?: "require" | "prefer";
	/** RFC 6066 §4, client: 512, 1024, 2048 or 4096 bytes. */
	readonly maxFragmentLength?: number;
	/** RFC 8449: the most plaintext in a record to us, 64 to 16384 bytes. */
	readonly recordSizeLimit?: number;
	/** The largest datagram that a handshake sends. Default: 1152. */
	readonly datagramBytes?: number;
	/** Put the messages of a flight into as few records as possible, too; false: one record for each message. */
	readonly shareRecords?: boolean;
	readonly tuning?: Partial<DtlsTuning>;
	readonly limits?: Partial<DtlsLimits>;
	/** Keep what exportState() takes: the key block. A listener with reserve() has it kept, too. */
	readonly isExportable?: boolean;
	/** How far saved states run ahead. */
	readonly reservation?: Partial<ReservationTuning>;
	/** Put what resumes the session by a handshake into its state, too; false where 128 bytes are all. Default: true. */
	readonly statesResumption?: boolean;
	/** Client: the session to resume. */
	readonly resume?: ResumableSession;
	/**
	 * Client: whether Established gives a session to resume: where the server names one ("id"), or also by a ticket that
	 * we ask for (RFC 5077). Default: "none".
	 */
	readonly resumption?: "none" | "id" | "ticket";
	/** Server: sessions to resume by id. */
	readonly sessions?: SessionCache;
	/** Server: tickets that we give out, and take. */
	readonly tickets?: TicketJar;
	/** Server: verifies that a client hears us before anything is kept (RFC 6347 §4.2.1). Absent: it is believed. */
	readonly cookies?: CookieJar;
	/** Server: what the cookies are bound to. */
	readonly peerAddress?: Uint8Array;
}

/** What came of a handshake. */
export interface Established {
	/** Of suite.ts. */
	readonly suite: number;
	readonly isResumed: boolean;
	readonly extendedMasterSecret: boolean;
	readonly peer: PeerIdentity;
	/** The chain that the peer showed, its own certificate first; empty without X.509, and after a resumption. */
	readonly chain: readonly Uint8Array[];
	/** Server: the name that the client asked for. */
	readonly serverName: string | undefined;
	/** What the peer puts on its records to us, empty: none. */
	readonly connectionId: Uint8Array;
	/** What we put on ours. */
	readonly peerConnectionId: Uint8Array;
	/** Client: to be given as `resume` next time; undefined where the server offers none. Holds a secret. */
	readonly session: ResumableSession | undefined;
}

/** Why an association ended. */
export interface CloseReason {
	/** Dotted and greppable: "dtls.closed", "dtls.closeNotify", "dtls.alert", "dtls.timeout", or a Fault's. */
	readonly code: string;
	/** The alert, received or sent: one of AlertDescription. */
	readonly alert?: number;
}

/** The ends that are no Fault's and no alert's. */
export const closeReasons = frozen({
	/** The application wanted it. */
	closed: { code: "dtls.closed" },
	closeNotify: { code: "dtls.closeNotify" },
	/** Nobody answered. */
	timeout: { code: "dtls.timeout" },
	/** A port failed during the handshake. */
	hostFailure: { code: "dtls.hostFailure" },
	/** All sequence numbers are used up. */
	usedUp: { code: "dtls.sequencesUsedUp" },
});

/** Whom an association tells. Called from within receive(), poll(), connect(), close(); may call send() and close(). */
export interface AssociationListener {
	established(session: Established, nowMs: number): void;
	/** Plaintext bytes[at .. end), borrowed for the call. */
	received(bytes: Uint8Array, at: number, end: number, nowMs: number): void;
	/** The last call. */
	closed(reason: CloseReason, nowMs: number): void;
	/** Saves the state before more sequence numbers are used: see session-state.ts. */
	reserve?(state: Uint8Array): void;
}
