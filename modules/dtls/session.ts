import { Reader, Writer } from "./vector.ts";

/** Whom an association speaks with: what was proven. All absent: nobody in particular. */
export interface PeerIdentity {
	/** The PSK identity; with it we proved to know the same key. */
	readonly psk?: Uint8Array;
	/** The point of a raw public key or certificate, 65 bytes. */
	readonly publicKey?: Uint8Array;
}

/** A session that can be taken up again without a full handshake (RFC 5246 §7.3). Holds a secret. */
export interface ResumableSession {
	/** The cipher suite. */
	readonly suite: number;
	/** 48 bytes. */
	readonly master: Uint8Array;
	readonly extendedMasterSecret: boolean;
	/** Empty where there is only a ticket. */
	readonly sessionId: Uint8Array;
	/** Client: what the server gave (RFC 5077); absent: none. */
	readonly ticket?: Uint8Array;
	readonly peer: PeerIdentity;
}

export const masterSecretSize = 48;
const version = 1;
const extendedFlag = 1;
const pskFlag = 2;
const publicKeyFlag = 4;

/**
 * What a client may resume a session by: the ticket, or the session id.
 * @param session with the session id of the ServerHello; its master secret is overwritten where there is neither
 * @param ticket empty: none. With one, the session id was our own, for this once (RFC 5077 §3.4)
 */
export function resumableBy(session: ResumableSession, ticket: Uint8Array): ResumableSession | undefined {
	if (ticket.length > 0) return { ...session, sessionId: new Uint8Array(0), ticket };
	if (session.sessionId.length > 0) return session;
	session.master.fill(0);
	return undefined;
}

/** The bytes of a session, for a store or a ticket. Their owner overwrites them after use. */
export function encodeSession(session: ResumableSession): Uint8Array {
	const { suite, master, extendedMasterSecret, sessionId, ticket, peer } = session;
	const flags =
		(extendedMasterSecret ? extendedFlag : 0) |
		(peer.psk === undefined ? 0 : pskFlag) |
		(peer.publicKey === undefined ? 0 : publicKeyFlag);
	const writer = new Writer().uint(version, 1).uint(flags, 1).uint(suite, 2).put(master);
	writer.opaque(sessionId, 1).opaque(ticket ?? new Uint8Array(0), 2);
	if (peer.psk !== undefined) writer.opaque(peer.psk, 2);
	if (peer.publicKey !== undefined) writer.opaque(peer.publicKey, 1);
	return writer.finish();
}

/** @returns undefined when these are no bytes of encodeSession(). Never throws */
export function decodeSession(bytes: Uint8Array, at = 0, end = bytes.length): ResumableSession | undefined {
	const reader = new Reader(bytes, at, end);
	if (reader.uint(1) !== version) return undefined;
	const flags = reader.uint(1);
	const suite = reader.uint(2);
	const master = reader.take(masterSecretSize);
	const sessionId = reader.opaque(1, 0, 32);
	const ticket = reader.opaque(2, 0, 0xffff);
	const psk = (flags & pskFlag) !== 0 ? reader.opaque(2, 0, 0xffff) : undefined;
	const publicKey = (flags & publicKeyFlag) !== 0 ? reader.opaque(1, 65, 65) : undefined;
	if (!reader.isDone) return undefined;
	const peer = { ...(psk === undefined ? {} : { psk }), ...(publicKey === undefined ? {} : { publicKey }) };
	const extendedMasterSecret = (flags & extendedFlag) !== 0;
	return { suite, master, extendedMasterSecret, sessionId, peer, ...(ticket.length > 0 ? { ticket } : {}) };
}
