import { equalBytes } from "../bytes.ts";
import { Association } from "../dtls/association.ts";
import { CookieJar } from "../dtls/cookie.ts";
import { challenge, type OpeningHello, readOpeningHello } from "../dtls/hello-gate.ts";
import { RecordView, readRecord } from "../dtls/record.ts";
import type { AssociationListener, CloseReason, DtlsSettings, Established } from "../dtls/settings.ts";
import type { Crypto, Entropy } from "../host.ts";
import type { Credentials } from "./credentials.ts";

/** Who takes over from a handshake that the server began. */
export interface IncomingListener extends AssociationListener {
	/** It has come about, and is the session from now on. */
	promote(incoming: Incoming, session: Established): void;
	/** It has come to nothing. */
	retire(incoming: Incoming): void;
}

/** A handshake that the server began, beside the session that there was, until it has come about (RFC 6347 §4.2.8). */
export class Incoming implements AssociationListener {
	readonly association: Association;
	/** Its key is released by whoever takes over. */
	readonly credentials: Credentials;
	readonly #listener: IncomingListener;
	#isPromoted = false;

	constructor(settings: DtlsSettings, credentials: Credentials, listener: IncomingListener) {
		this.association = new Association("server", settings, this);
		this.credentials = credentials;
		this.#listener = listener;
	}

	established(session: Established): void {
		this.#isPromoted = true;
		this.#listener.promote(this, session);
	}

	received(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.#listener.received(bytes, at, end, nowMs);
	}

	closed(reason: CloseReason, nowMs: number): void {
		if (this.#isPromoted) this.#listener.closed(reason, nowMs);
		else this.#listener.retire(this);
	}
}

/**
 * Lets servers open the handshake, as one does that has lost its session and has something to say: DTLS's server role
 * is then ours. A client that is not given one has no server role in its image.
 */
export class DtlsListening {
	readonly #cookies: CookieJar;

	constructor(crypto: Crypto, entropy: Entropy) {
		this.#cookies = new CookieJar(crypto, entropy);
	}

	/** @returns the ClientHello that the datagram begins with, and undefined for any other one */
	read(bytes: Uint8Array, at: number, end: number): OpeningHello | undefined {
		const view = new RecordView();
		return readRecord(bytes, at, end, 0, view) === undefined ? readOpeningHello(bytes, view) : undefined;
	}

	/**
	 * Whether the server hears us (RFC 6347 §4.2.1); nothing is kept until it does.
	 * @param account tells accounts apart: the address is the account's own
	 * @returns the datagram to answer with; undefined when that is known
	 */
	challenge(opening: OpeningHello, account: number, nowMs: number): Uint8Array | undefined {
		return challenge(this.#cookies, addressOf(account), opening, nowMs);
	}

	/** A server that begins shows the identity that we would show it (LwM2M Transport 1.1 §5.2.8.1). */
	begin(settings: DtlsSettings, credentials: Credentials, account: number, listener: IncomingListener): Incoming {
		const { psk } = credentials.settings;
		const pskOf = (identity: Uint8Array) =>
			psk !== undefined && equalBytes(identity, psk.identity) ? psk.key : undefined;
		const server = {
			...settings,
			...(psk === undefined ? { requestPeerCertificate: true, requirePeerCertificate: true } : { pskOf }),
			cookies: this.#cookies,
			peerAddress: addressOf(account),
		};
		return new Incoming(server, credentials, listener);
	}
}

function addressOf(account: number): Uint8Array {
	return Uint8Array.of(account >> 8, account & 0xff);
}
