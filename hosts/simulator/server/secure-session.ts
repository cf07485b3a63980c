import { Association } from "../../../modules/dtls/association.ts";
import type { CloseReason, DtlsSettings, Established } from "../../../modules/dtls/settings.ts";
import type { Address } from "../../../modules/host.ts";
import type { Timekeeper } from "../time.ts";
import { Alarm } from "./alarm.ts";

/** What a session asks of the port that it is at. */
export interface SessionHolder {
	readonly time: Timekeeper;
	/** Settings of a new association with this address: with a connection ID of its own. */
	settingsFor(address: Readonly<Address>): DtlsSettings;
	send(bytes: Uint8Array, to: Readonly<Address>): void;
	established(session: SecureSession, established: Established): void;
	received(session: SecureSession, bytes: Uint8Array): void;
	/** Authentic, and the newest so far, from another address (RFC 9146 §6). */
	moved(session: SecureSession, to: Readonly<Address>): void;
	/** Nothing is left of it. */
	ended(session: SecureSession): void;
	/** A connection ID belongs to this session from now on, or to nobody. */
	named(session: SecureSession, connectionId: Uint8Array): void;
	unnamed(connectionId: Uint8Array): void;
}

/**
 * What there is with one client: its session, and beside it the handshake of its next one, which replaces it only when
 * it has succeeded (RFC 6347 §4.2.8).
 */
export class SecureSession {
	address: Readonly<Address>;
	readonly #holder: SessionHolder;
	readonly #alarm: Alarm;
	#current: Association | undefined;
	#next: Association | undefined;
	/** Where the datagram at hand came from. */
	#from: Readonly<Address>;

	constructor(address: Readonly<Address>, holder: SessionHolder) {
		this.address = this.#from = { host: address.host, port: address.port };
		this.#holder = holder;
		this.#alarm = new Alarm(holder.time, () => this.#ring());
	}

	get isEstablished(): boolean {
		return this.#current !== undefined;
	}

	/** Takes one datagram: of the session, of its next handshake, or of either. */
	receive(bytes: Uint8Array, from: Readonly<Address>, nowMs: number): void {
		this.#from = from;
		// Records are deciphered in place, and one may be for both.
		if (isHello(bytes)) this.#opening().receive(bytes.slice(), 0, bytes.length, nowMs);
		else {
			this.#next?.receive(bytes.slice(), 0, bytes.length, nowMs);
			this.#current?.receive(bytes.slice(), 0, bytes.length, nowMs);
		}
		this.#from = this.address;
		this.settle(nowMs);
	}

	/** @returns false when there is no session */
	send(bytes: Uint8Array, nowMs: number): boolean {
		const isTaken = this.#current?.send(bytes, 0, bytes.length, nowMs) ?? false;
		this.settle(nowMs);
		return isTaken;
	}

	/** Ends it with a word to the client. */
	close(nowMs: number): void {
		this.#next?.close(nowMs);
		this.#current?.close(nowMs);
		this.settle(nowMs);
	}

	/** Sends what there is, and sets the alarm. */
	settle(nowMs: number): void {
		for (const association of [this.#next, this.#current]) this.#drain(association);
		this.#retire();
		if (this.#next === undefined && this.#current === undefined) {
			this.#alarm.stop();
			this.#holder.ended(this);
			return;
		}
		this.#alarm.set(Math.max(nowMs, this.#next?.deadlineMs ?? Infinity));
	}

	/** Forgets what is over, and what never began: a client that has not shown its cookie leaves nothing. */
	#retire(): void {
		const next = this.#next;
		if (next !== undefined && (next.state === "closed" || next.state === "idle")) this.#forget(next);
		if (this.#current?.state === "closed") this.#forget(this.#current);
	}

	#forget(association: Association): void {
		if (this.#next === association) this.#next = undefined;
		if (this.#current === association) this.#current = undefined;
		this.#holder.unnamed(association.records.ownCid);
	}

	#drain(association: Association | undefined): void {
		for (let out = association?.takeDatagram(); out !== undefined; out = association?.takeDatagram()) {
			this.#holder.send(out, this.address);
		}
	}

	#opening(): Association {
		if (this.#next !== undefined) return this.#next;
		const settings = this.#holder.settingsFor(this.address);
		const association: Association = new Association("server", settings, {
			established: (session, nowMs) => this.#established(association, session, nowMs),
			received: (bytes, at, end) => this.#received(association, bytes.slice(at, end)),
			closed: (reason) => this.#closed(association, reason),
		});
		this.#next = association;
		return association;
	}

	#established(association: Association, session: Established, nowMs: number): void {
		const before = this.#current;
		this.#current = association;
		this.#next = undefined;
		if (before !== undefined) {
			// RFC 6347 §4.2.8: the client has let go of the old one; no word to it.
			before.close(nowMs);
			while (before.takeDatagram() !== undefined);
			this.#holder.unnamed(before.records.ownCid);
		}
		this.#holder.named(this, session.connectionId);
		this.#holder.established(this, session);
	}

	#received(association: Association, bytes: Uint8Array): void {
		const from = this.#from;
		const isElsewhere = from.host !== this.address.host || from.port !== this.address.port;
		if (isElsewhere && association.records.isNewest) {
			const to = { host: from.host, port: from.port };
			this.#holder.moved(this, to);
			this.address = to;
		}
		this.#holder.received(this, bytes);
	}

	#closed(association: Association, _reason: CloseReason): void {
		this.#drain(association); // its alert
	}

	#ring(): void {
		const nowMs = this.#holder.time.nowMs();
		this.#next?.poll(nowMs);
		this.settle(nowMs);
	}
}

/** Whether a datagram begins with a ClientHello in the clear: content type 22, epoch 0, handshake type 1. */
export function isHello(bytes: Uint8Array): boolean {
	return bytes[0] === 22 && bytes[3] === 0 && bytes[4] === 0 && bytes[13] === 1;
}
