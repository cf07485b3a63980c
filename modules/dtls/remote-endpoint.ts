import type { Address } from "../host.ts";
import { Association } from "./association.ts";
import type { RecordView } from "./record.ts";
import type { AssociationListener, CloseReason, DtlsSettings, Established, Role } from "./settings.ts";

/** Plaintext that waits for a handshake, for one endpoint. */
const heldMax = 4;

/** What an endpoint tells of its associations. */
export interface EndpointListener {
	established(endpoint: RemoteEndpoint, session: Established, nowMs: number): void;
	received(endpoint: RemoteEndpoint, bytes: Uint8Array, at: number, end: number): void;
	/** Its last association has ended. */
	ended(endpoint: RemoteEndpoint, reason: CloseReason, nowMs: number): void;
	/** The peer does not want the Connection ID any more that records to it had. */
	forgot(endpoint: RemoteEndpoint, connectionId: Uint8Array): void;
	reserve: ((endpoint: RemoteEndpoint, state: Uint8Array) => void) | undefined;
}

/**
 * One remote endpoint: its association, and beside it for a while the one that a new ClientHello began, until that one
 * has proven that it is the same endpoint (RFC 6347 §4.2.8).
 */
export class RemoteEndpoint {
	address: Address;
	association: Association | undefined;
	candidate: Association | undefined;
	/** When something authentic came last. */
	heardMs: number;
	private readonly listener: EndpointListener;
	private readonly view: RecordView;
	private held: Uint8Array[] = [];

	constructor(address: Address, listener: EndpointListener, view: RecordView, nowMs: number) {
		this.address = address;
		this.listener = listener;
		this.view = view;
		this.heardMs = nowMs;
	}

	get deadlineMs(): number {
		const ownMs = this.association?.deadlineMs ?? Number.POSITIVE_INFINITY;
		return Math.min(ownMs, this.candidate?.deadlineMs ?? Number.POSITIVE_INFINITY);
	}

	get isEstablished(): boolean {
		return this.association?.state === "established";
	}

	/** Makes an association, in the place that it takes. */
	begin(role: Role, settings: DtlsSettings): Association {
		const link = new Link(this, this.listener, settings.connectionId);
		const association = new Association(role, settings, link, this.view);
		link.association = association;
		this.place(association);
		return association;
	}

	/** Takes up a session where its state left off. @returns false when the state can not be taken */
	restore(role: Role, settings: DtlsSettings, state: Uint8Array): boolean {
		const link = new Link(this, this.listener, undefined);
		const association = Association.resumeFrom(state, settings, link, role, this.view);
		if ("code" in association) return false;
		link.association = association;
		link.connectionId = association.records.ownCid;
		this.association = association;
		return true;
	}

	/** @returns whether a record was authentic, and newer than all before it */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): boolean {
		let isNewest = false;
		if (this.candidate !== undefined && this.association !== undefined) {
			// Whose it is, only the keys can tell; and a record that does not verify is destroyed.
			const copy = bytes.slice(at, end);
			this.candidate.receive(copy, 0, copy.length, nowMs);
			isNewest = this.candidate?.records.isNewest === true;
			if (isNewest || this.association === undefined) return isNewest;
		}
		const { association } = this;
		association?.receive(bytes, at, end, nowMs);
		isNewest = association?.records.isNewest === true;
		if (isNewest) this.heardMs = nowMs;
		return isNewest;
	}

	/** @returns false when it was not taken; while there is a handshake, some is held */
	send(bytes: Uint8Array, nowMs: number): boolean {
		const { association } = this;
		if (association?.state === "established") return association.send(bytes, 0, bytes.length, nowMs);
		if (association === undefined || this.held.length >= heldMax) return false;
		this.held.push(bytes.slice());
		return true;
	}

	poll(nowMs: number): void {
		if (this.association !== undefined && this.association.deadlineMs <= nowMs) this.association.poll(nowMs);
		if (this.candidate !== undefined && this.candidate.deadlineMs <= nowMs) this.candidate.poll(nowMs);
	}

	/** Sends what waits of both. */
	flush(write: (datagram: Uint8Array, to: Address) => void, last?: Association): void {
		const all = [last, this.association, this.candidate];
		for (let index = 0; index < all.length; index++) {
			const association = all[index];
			if (association === undefined) continue;
			for (let bytes = association.takeDatagram(); bytes !== undefined; bytes = association.takeDatagram()) {
				write(bytes, this.address);
			}
		}
	}

	close(nowMs: number): void {
		this.candidate?.close(nowMs);
		this.association?.close(nowMs);
	}

	/** Of Link: an association is there. */
	established(association: Association, session: Established, nowMs: number): void {
		this.heardMs = nowMs;
		if (association === this.candidate) {
			const old = this.association;
			this.association = association;
			this.candidate = undefined;
			old?.close(nowMs); // says close_notify to somebody who has forgotten: nobody takes the datagram
		}
		this.listener.established(this, session, nowMs);
		const { held } = this;
		this.held = [];
		for (let index = 0; index < held.length; index++) association.send(held[index]!, 0, held[index]!.length, nowMs);
	}

	/** Of Link: an association is over. */
	closed(association: Association, reason: CloseReason, nowMs: number): void {
		if (association === this.candidate) {
			this.candidate = undefined;
			return;
		}
		if (association !== this.association) return;
		this.association = undefined;
		this.held = [];
		this.listener.ended(this, reason, nowMs);
	}

	private place(association: Association): void {
		if (this.association === undefined) this.association = association;
		else this.candidate = association;
	}
}

/** What one association tells: that it is this one. */
class Link implements AssociationListener {
	association: Association | undefined;
	/** What was drawn for it, agreed on or not. */
	connectionId: Uint8Array | undefined;
	readonly reserve?: (state: Uint8Array) => void;
	private readonly endpoint: RemoteEndpoint;
	private readonly listener: EndpointListener;

	constructor(endpoint: RemoteEndpoint, listener: EndpointListener, connectionId: Uint8Array | undefined) {
		this.endpoint = endpoint;
		this.connectionId = connectionId;
		this.listener = listener;
		const { reserve } = listener;
		if (reserve !== undefined) this.reserve = (state) => reserve(endpoint, state);
	}

	established(session: Established, nowMs: number): void {
		this.endpoint.established(this.association!, session, nowMs);
	}

	received(bytes: Uint8Array, at: number, end: number): void {
		this.listener.received(this.endpoint, bytes, at, end);
	}

	closed(reason: CloseReason, nowMs: number): void {
		if (this.connectionId !== undefined) this.listener.forgot(this.endpoint, this.connectionId);
		this.endpoint.closed(this.association!, reason, nowMs);
	}
}
