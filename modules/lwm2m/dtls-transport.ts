import { type Fault, toHex } from "../bytes.ts";
import { AlertDescription } from "../dtls/alert.ts";
import { ClientAssociation } from "../dtls/client-association.ts";
import type { ResumableSession } from "../dtls/session.ts";
import type { CloseReason, DtlsSettings, Established } from "../dtls/settings.ts";
import { suiteById } from "../dtls/suite.ts";
import { type Crypto, type Entropy, HostFailure } from "../host.ts";
import { type Credentials, type PublicKeys, readCredentials } from "./credentials.ts";
import type { DtlsListening, Incoming, IncomingListener } from "./dtls-incoming.ts";
import type { Instance } from "./instance.ts";
import type { SecureChannel, SecureListener, SecureTransport } from "./secure.ts";

export interface DtlsTransportOptions {
	readonly crypto: Crypto;
	readonly entropy: Entropy;
	/** For the validity of certificates; undefined while nobody has set the clock. */
	readonly wallTimeS?: () => number | undefined;
	/** Absent: pre-shared keys alone. */
	readonly publicKeys?: PublicKeys;
	/** Connection IDs (RFC 9146): offered, unless this is false. */
	readonly connectionId?: boolean;
	/** Lets servers open the handshake; they may not when left out. */
	readonly listening?: DtlsListening;
	/** The first timeout of a flight: 1000 when left out; 9000 suits cellular links (RFC 7925 §11). */
	readonly flightTimeoutMs?: number;
}

/** An empty one says that we put the server's on our records, and want none on those to us: it has one of us only. */
const noBytes = new Uint8Array(0);

/** DTLS 1.2 for the client's secure servers: one association for each Security Object Instance. */
export class DtlsTransport implements SecureTransport {
	protected readonly options: DtlsTransportOptions;

	constructor(options: DtlsTransportOptions) {
		this.options = options;
	}

	open(security: Instance, listener: SecureListener): SecureChannel | Fault {
		const { crypto, publicKeys } = this.options;
		const credentials = readCredentials(security, crypto, publicKeys);
		if ("code" in credentials) return credentials;
		crypto.release(credentials.key); // imported again for each handshake: a key lives as long as it is needed
		return this.channel(security, listener);
	}

	protected channel(security: Instance, listener: SecureListener): SecureChannel {
		return new DtlsChannel(security, listener, this.options);
	}
}

/** Plaintext of one datagram that waits to be told; more of it is told from where it comes up. */
interface Plaintext {
	readonly bytes: Uint8Array;
	readonly at: number;
	readonly end: number;
}

/**
 * The channel to one server, through one association after the other. What an association says is kept until its call
 * has come back, and told then: the stack of a board does not hold a handshake and a request one above the other.
 */
export class DtlsChannel implements SecureChannel, IncomingListener {
	protected readonly security: Instance;
	protected readonly listener: SecureListener;
	protected readonly options: DtlsTransportOptions;
	private incoming: Incoming | undefined;
	/** The answer to a ClientHello without a cookie, until it is taken. */
	private challenge: Uint8Array | undefined;
	/** One that is closed stays until its last alert is taken. */
	protected association: ClientAssociation | undefined;
	private credentials: Credentials | undefined;
	/** To go on with next time; its master secret is ours. */
	protected session: ResumableSession | undefined;
	private isLeaving = false;
	private beginning: Established | undefined;
	private plaintext: Plaintext | undefined;
	private ending: CloseReason | undefined;
	private nowMs = 0;

	constructor(security: Instance, listener: SecureListener, options: DtlsTransportOptions) {
		this.security = security;
		this.listener = listener;
		this.options = options;
	}

	get isSecured(): boolean {
		return this.association?.state === "established";
	}

	get deadlineMs(): number {
		const ownMs = this.association?.deadlineMs ?? Infinity;
		return Math.min(ownMs, this.incoming?.association.deadlineMs ?? Infinity);
	}

	connect(nowMs: number): void {
		this.nowMs = nowMs;
		const state = this.association?.state;
		if (state === "handshaking" || state === "established") return;
		try {
			const { crypto, publicKeys } = this.options;
			const credentials = readCredentials(this.security, crypto, publicKeys);
			if ("code" in credentials) {
				this.listener.unsecured({ reason: credentials.code }, nowMs);
				return;
			}
			this.credentials = credentials;
			const association = new ClientAssociation(this.settings(credentials), this);
			this.association = association;
			this.listener.handshaking(crypto.implementation);
			association.connect(nowMs);
			this.tell(nowMs);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.drop();
			this.listener.unsecured({ reason: "hostFailure" }, nowMs); // no entropy, or no room for keys
		}
	}

	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.nowMs = nowMs;
		if (!this.open(bytes, at, end, nowMs)) {
			// Whose record it is, the keys can tell; and one that they do not open is destroyed.
			if (this.incoming !== undefined) this.incoming.association.receive(bytes.slice(at, end), 0, end - at, nowMs);
			this.association?.receive(bytes, at, end, nowMs);
		}
		this.tell(nowMs);
	}

	send(bytes: Uint8Array, nowMs: number): void {
		this.nowMs = nowMs;
		this.association?.send(bytes, 0, bytes.length, nowMs);
		this.tell(nowMs); // it may be that no sequence numbers are left
	}

	poll(nowMs: number): void {
		this.nowMs = nowMs;
		this.incoming?.association.poll(nowMs);
		this.association?.poll(nowMs);
		this.tell(nowMs);
	}

	takeDatagram(): Uint8Array | undefined {
		const challenge = this.challenge;
		this.challenge = undefined;
		return challenge ?? this.incoming?.association.takeDatagram() ?? this.association?.takeDatagram();
	}

	close(nowMs: number): void {
		this.nowMs = nowMs;
		this.isLeaving = true;
		this.incoming?.association.close(nowMs);
		this.association?.close(nowMs);
		this.tell(nowMs);
		this.isLeaving = false;
	}

	drop(): void {
		this.close(this.nowMs);
		this.association = undefined; // and its good-bye with it
	}

	established(session: Established): void {
		this.beginning = session;
	}

	received(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.tell(nowMs); // two records in one datagram: the first one is told here
		this.plaintext = { bytes, at, end };
	}

	closed(reason: CloseReason): void {
		this.ending = reason;
	}

	/** Of Incoming. */
	promote({ association, credentials }: Incoming, session: Established): void {
		this.incoming = undefined;
		this.drop(); // what was there before is void
		this.credentials = credentials;
		this.association = association;
		this.beginning = session;
	}

	/** Of Incoming. */
	retire({ credentials }: Incoming): void {
		this.incoming = undefined;
		this.options.crypto.release(credentials.key);
	}

	/**
	 * Takes a ClientHello of the server's, where we are ready for one.
	 * @returns false when the datagram is something else
	 */
	private open(bytes: Uint8Array, at: number, end: number, nowMs: number): boolean {
		const { listening, crypto, publicKeys } = this.options;
		if (listening === undefined || this.incoming !== undefined) return false;
		if (this.association?.state === "handshaking") return false;
		const opening = listening.read(bytes, at, end);
		if (opening === undefined) return false;
		const account = this.security.id;
		this.challenge = listening.challenge(opening, account, nowMs);
		if (this.challenge !== undefined) return true;
		const credentials = readCredentials(this.security, crypto, publicKeys);
		if ("code" in credentials) return true;
		const incoming = listening.begin(this.settings(credentials), credentials, account, this);
		this.incoming = incoming;
		this.listener.handshaking(crypto.implementation);
		incoming.association.accept(opening, nowMs);
		incoming.association.receive(bytes, at, end, nowMs);
		return true;
	}

	/** Tells what the association has said, in its order. */
	private tell(nowMs: number): void {
		const { crypto } = this.options;
		const established = this.beginning;
		const received = this.plaintext;
		const closed = this.ending;
		this.beginning = this.plaintext = this.ending = undefined;
		if (established !== undefined || closed !== undefined) {
			// The handshake is over: its key goes back.
			if (this.credentials !== undefined) crypto.release(this.credentials.key);
			this.credentials = undefined;
		}
		if (established !== undefined) this.tellSecured(established, nowMs);
		if (received !== undefined) this.listener.decrypted(received.bytes, received.at, received.end, nowMs);
		if (closed !== undefined) this.tellClosed(closed, nowMs);
	}

	private tellSecured({ suite, isResumed, peerConnectionId, session }: Established, nowMs: number): void {
		this.keep(session);
		this.listener.secured(
			{
				suite: suiteById(suite)?.name ?? "",
				...(peerConnectionId.length === 0 ? {} : { cid: toHex(peerConnectionId) }),
				resumed: isResumed,
			},
			nowMs,
		);
	}

	private tellClosed({ code, alert }: CloseReason, nowMs: number): void {
		if (this.isLeaving) return;
		// A session that ended in anger is not resumed (RFC 5246 §7.2.2), nor offered again where a handshake failed.
		if (code !== "dtls.closeNotify") this.keep(undefined);
		this.listener.unsecured(alert === undefined ? { reason: code } : { reason: code, alert: nameOf(alert) }, nowMs);
	}

	protected settings({ settings }: Credentials): DtlsSettings {
		const { crypto, entropy, wallTimeS, connectionId, flightTimeoutMs } = this.options;
		return {
			crypto,
			entropy,
			...settings,
			...(wallTimeS === undefined ? {} : { wallTimeS }),
			...(connectionId === false ? {} : { connectionId: noBytes }),
			...(flightTimeoutMs === undefined ? {} : { tuning: { initialTimeoutMs: flightTimeoutMs } }),
			resumption: "id",
			...(this.session === undefined ? {} : { resume: this.session }),
		};
	}

	/** Keeps another session, or none. */
	protected keep(session: ResumableSession | undefined): void {
		if (this.session !== session) this.session?.master.fill(0);
		this.session = session;
	}
}

/** "unknownPskIdentity"; the number of one that we do not know. */
function nameOf(alert: number): string {
	const names: { readonly [name: string]: number } = AlertDescription;
	for (const name in names) if (names[name] === alert) return name;
	return String(alert);
}
