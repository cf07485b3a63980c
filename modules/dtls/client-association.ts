import { assert, type Fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { HostFailure } from "../host.ts";
import { AlertDescription, AlertLevel, readAlert } from "./alert.ts";
import {
	type AssociationAction,
	type AssociationEvent,
	type AssociationState,
	associationTable,
} from "./association-table.ts";
import { ClientHandshake } from "./client-handshake.ts";
import { ContentType } from "./content-type.ts";
import { EarlyRecords } from "./early-records.ts";
import type { Flight } from "./flight.ts";
import { FragmentView } from "./fragment.ts";
import type { Carrier, Completion, Handshake } from "./handshake.ts";
import { HandshakeType } from "./handshake-type.ts";
import { LastFlight } from "./last-flight.ts";
import { Outgoing } from "./outgoing.ts";
import { RecordView, readRecord } from "./record.ts";
import { RecordLayer } from "./record-layer.ts";
import { DEFAULT_DTLS_TUNING } from "./retransmission.ts";
import type { PeerIdentity } from "./session.ts";
import { decodeState } from "./session-state.ts";
import {
	type AssociationListener,
	type CloseReason,
	closeReasons,
	DEFAULT_DTLS_LIMITS,
	type DtlsSettings,
	type Role,
} from "./settings.ts";
import { encodeSessionState, identityOf, isOwnState, STATE_UNRESERVED } from "./state-keeping.ts";

/** no_renegotiation is said so seldom at most, whatever is asked. */
const refuseIntervalMs = 10_000;

const nobody: PeerIdentity = frozen({});

/**
 * One DTLS association with one remote endpoint, without I/O: datagrams, plaintext and the time come in; datagrams and
 * calls to the listener come out. Knows no addresses, and nothing of the server's role, which Association adds: an
 * image of a client that is never called has no use for it.
 */
export class ClientAssociation implements Carrier {
	readonly role: Role;
	readonly records = new RecordLayer();
	protected readonly outgoing: Outgoing;
	protected readonly settings: DtlsSettings;
	private readonly listener: AssociationListener;
	protected readonly view: RecordView;
	private machine: AssociationState = "idle";
	/** While handshaking. */
	private handshake: Handshake | undefined;
	private early: EarlyRecords | undefined;
	private lastFlight: LastFlight | undefined;
	private refusedAtMs = -Infinity;
	private sessionId: Uint8Array | undefined;
	private peer = nobody;

	/** @param view to share, where many associations take turns */
	constructor(settings: DtlsSettings, listener: AssociationListener, view = new RecordView(), role: Role = "client") {
		this.role = role;
		this.settings = settings;
		this.outgoing = new Outgoing(this.records, settings);
		this.listener = listener;
		this.view = view;
	}

	/**
	 * Takes up an established session where its state left off: no handshake, no datagram.
	 * @param state of exportState(), or what `reserve` was given last
	 * @returns undefined: it is established; or why not: torn bytes, another role, other credentials, or a listener that
	 * reserves nothing, so that the same state, resumed twice, would use its numbers twice
	 * @throws HostFailure when the port has no room for the keys
	 */
	resume(state: Uint8Array): Fault | undefined {
		assert(this.machine === "idle", "dtls: a session is resumed at the beginning");
		const { listener, settings } = this;
		if (listener.reserve === undefined) return STATE_UNRESERVED;
		const decoded = decodeState(state);
		if ("code" in decoded) return decoded;
		const refused = isOwnState(decoded, settings, this.role);
		if (refused !== undefined) return refused;
		this.records.restore(decoded, state.slice(), settings, (reserved) => listener.reserve?.(reserved));
		this.peer = identityOf(decoded);
		this.machine = "established";
		return undefined;
	}

	get state(): AssociationState {
		return this.machine;
	}

	/** What the peer proved to be; {} before it did. */
	get peerIdentity(): PeerIdentity {
		return this.peer;
	}

	/** When to call poll(); Infinity: when something happens. */
	get deadlineMs(): number {
		return this.handshake?.deadlineMs ?? Number.POSITIVE_INFINITY;
	}

	/** The most plaintext that send() takes; 0 while not established. */
	get plaintextBytes(): number {
		return this.machine === "established" ? this.records.plaintextBytes : 0;
	}

	/** Client: begins the handshake. */
	connect(nowMs: number): void {
		assert(this.role === "client", "dtls: a server does not connect");
		this.take("connect", nowMs);
	}

	/** Takes one datagram, bytes[at .. end), which is deciphered in place. Never throws for what is in it. */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		const { view } = this;
		let from = at;
		this.records.isNewest = false;
		try {
			while (from < end && this.machine !== "closed") {
				const cidSize = this.settings.connectionId?.length ?? this.records.ownCid.length;
				if (readRecord(bytes, from, end, cidSize, view) !== undefined) break;
				from = view.next;
				this.record(bytes, nowMs);
			}
			this.replayEarly(nowMs);
		} catch (error) {
			this.survive(error, nowMs);
		}
	}

	/**
	 * Sends plain[at .. end) as one record in one datagram.
	 * @returns false when it was not taken: not established, too large, or no sequence number could be reserved
	 */
	send(plain: Uint8Array, at: number, end: number, nowMs: number): boolean {
		if (this.machine !== "established" || end - at > this.records.plaintextBytes) return false;
		if (this.records.isUsedUp) {
			this.take("close", nowMs, closeReasons.usedUp);
			return false;
		}
		return this.outgoing.postRecord(1, ContentType.applicationData, plain, at, end);
	}

	/** Lets time pass. */
	poll(nowMs: number): void {
		if (this.lastFlight?.isOver(nowMs)) this.lastFlight = undefined;
		try {
			this.handshake?.poll(nowMs);
		} catch (error) {
			this.survive(error, nowMs);
		}
	}

	/** The next datagram for the peer, the caller's own; undefined: none waits. */
	takeDatagram(): Uint8Array | undefined {
		return this.outgoing.take();
	}

	/** Ends it, with close_notify where there is a connection. Datagrams that wait still go out. */
	close(nowMs: number): void {
		this.take("close", nowMs, closeReasons.closed);
	}

	/**
	 * The session as bytes, for a sleep; Reservation.export() says what holds for them.
	 * @returns undefined while not established, or where the settings do not ask for it
	 */
	exportState(): Uint8Array | undefined {
		return this.machine === "established" ? this.records.reservation?.export() : undefined;
	}

	/** Carrier: for the handshake alone. */
	transmit(flight: Flight, plaintextBytes: number): void {
		this.outgoing.postFlight(flight, plaintextBytes);
	}

	/** Carrier: for the handshake alone. */
	completed(completion: Completion, nowMs: number): void {
		this.take("completed", nowMs, undefined, completion);
	}

	/** Carrier: for the handshake alone. */
	failed(reason: CloseReason, alert: number | undefined, nowMs: number): void {
		if (alert !== undefined) this.sayAlert(AlertLevel.fatal, alert);
		this.take("failed", nowMs, reason);
	}

	/** Carrier: for the handshake alone. */
	forgetEarly(): void {
		this.early = undefined;
	}

	protected take(event: AssociationEvent, nowMs: number, reason?: CloseReason, completion?: Completion): void {
		const cell = associationTable[this.machine][event];
		assert(cell !== "impossible", `dtls: ${event} while ${this.machine}`);
		if (cell === "ignore") return;
		this.machine = cell[1];
		this.act(cell[0], nowMs, reason, completion);
	}

	private act(action: AssociationAction, nowMs: number, reason?: CloseReason, completion?: Completion): void {
		switch (action) {
			case "beginHandshake": {
				const handshake = new ClientHandshake(this.settings, this);
				this.handshake = handshake;
				handshake.connect(nowMs);
				return;
			}
			case "acceptHello":
				this.handshake?.release();
				this.records.uninstall();
				this.early = undefined;
				this.handshake = this.newServer(nowMs);
				return;
			case "tellHandshake":
				this.handshake?.hearAlert(reason!.alert!, nowMs);
				return;
			case "establish":
				this.establish(completion!, nowMs);
				return;
			case "sayClose":
			case "end":
				if (action === "sayClose") this.sayAlert(AlertLevel.warning, AlertDescription.closeNotify);
				this.end(reason!, nowMs);
				return;
			case "repeatLastFlight":
				if (this.lastFlight?.isDue(nowMs)) this.transmit(this.lastFlight.flight, this.lastFlight.plaintextBytes);
				return;
			case "refuse":
				if (nowMs - this.refusedAtMs < refuseIntervalMs) return;
				this.refusedAtMs = nowMs;
				this.sayAlert(AlertLevel.warning, AlertDescription.noRenegotiation);
				return;
		}
	}

	private establish({ established, lastFlight, sessionId }: Completion, nowMs: number): void {
		const { handshake, settings, listener } = this;
		this.peer = established.peer;
		this.sessionId = sessionId;
		if (lastFlight !== undefined) {
			const guardMs = (settings.tuning?.initialTimeoutMs ?? DEFAULT_DTLS_TUNING.initialTimeoutMs) / 4;
			this.lastFlight = new LastFlight(lastFlight, handshake!.plaintextBytes, guardMs, nowMs);
		}
		this.handshake = undefined;
		handshake!.release();
		if (listener.reserve !== undefined || settings.isExportable === true) {
			const state = encodeSessionState(this.role, established, this.records, settings);
			const reserve =
				listener.reserve === undefined ? undefined : (reserved: Uint8Array) => listener.reserve?.(reserved);
			this.records.reserveFrom(state, reserve, settings.reservation);
		}
		this.records.forgetKeyBlock();
		listener.established(established, nowMs);
	}

	private end(reason: CloseReason, nowMs: number): void {
		this.handshake?.release();
		this.handshake = undefined;
		this.early = undefined;
		this.lastFlight = undefined;
		this.records.release();
		this.listener.closed(reason, nowMs);
	}

	/** One record of a datagram, in this.view. */
	private record(bytes: Uint8Array, nowMs: number): void {
		const { records, view } = this;
		if (view.epoch === 0) {
			if (this.machine === "established" || !records.openPlain(bytes, view)) return;
			this.plainRecord(bytes, nowMs);
		} else if (view.epoch === 1) {
			if (!records.isProtected) {
				if (this.handshake !== undefined) this.earlyRecords().keepRecord(bytes, view.headerAt, view.next);
			} else if (records.isWelcome(bytes, view)) {
				if (records.open(bytes, view)) this.protectedRecord(bytes, nowMs);
				else this.handshake?.noteBadRecord();
			}
		}
	}

	private plainRecord(bytes: Uint8Array, nowMs: number): void {
		const { view } = this;
		if (view.type === ContentType.alert) {
			const alert = readAlert(bytes, view.at, view.end);
			if ("code" in alert || this.handshake === undefined) return;
			const isEnd = alert.level === AlertLevel.fatal || alert.description === AlertDescription.closeNotify;
			if (isEnd) this.handshake.noteAlert(alert.description);
		} else if (view.type === ContentType.handshake) {
			if (this.isChallenged(bytes, nowMs)) return;
			this.handshake?.receive(bytes, view.at, view.end, 0, nowMs);
		}
	}

	/** Server: @returns whether a record of epoch 0 was a ClientHello that has to show first that its sender hears us */
	protected isChallenged(_bytes: Uint8Array, _nowMs: number): boolean {
		return false;
	}

	/** Server: makes the handshake that answers a ClientHello. */
	protected newServer(_nowMs: number): Handshake | undefined {
		return undefined;
	}

	private protectedRecord(bytes: Uint8Array, nowMs: number): void {
		const { at, end, type } = this.view;
		switch (type) {
			case ContentType.applicationData:
				if (this.machine === "established") {
					this.lastFlight = undefined; // the peer has got it
					this.listener.received(bytes, at, end, nowMs);
				} else this.earlyRecords().keepData(bytes, at, end);
				return;
			case ContentType.handshake:
				if (this.handshake !== undefined) this.handshake.receive(bytes, at, end, 1, nowMs);
				else this.lateHandshake(bytes, at, end, nowMs);
				return;
			case ContentType.alert:
				this.hearAlert(bytes, at, end, nowMs);
				return;
		}
	}

	private hearAlert(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		const alert = readAlert(bytes, at, end);
		if ("code" in alert) return;
		const reason = { code: "dtls.alert", alert: alert.description };
		if (alert.description === AlertDescription.closeNotify) {
			this.take("closeNotify", nowMs, this.machine === "established" ? closeReasons.closeNotify : reason);
		} else if (alert.level === AlertLevel.fatal) {
			// RFC 5246 §7.2.2: such a session is not to be resumed
			if (this.sessionId !== undefined) this.settings.sessions?.forget(this.sessionId);
			this.take("fatalAlert", nowMs, reason);
		}
	}

	/** A handshake message when there is no handshake. */
	private lateHandshake(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		const fragment = new FragmentView();
		if (fragment.read(bytes, at, end) !== undefined) return;
		const asking = this.role === "client" ? HandshakeType.helloRequest : HandshakeType.clientHello;
		if (fragment.type === HandshakeType.finished) this.take("repeated", nowMs);
		else if (fragment.type === asking) this.take("renegotiation", nowMs);
	}

	private earlyRecords(): EarlyRecords {
		this.early ??= new EarlyRecords({ ...DEFAULT_DTLS_LIMITS, ...this.settings.limits });
		return this.early;
	}

	/** What came too early is not too early any more. */
	private replayEarly(nowMs: number): void {
		const { early } = this;
		if (early === undefined || !this.records.isProtected) return;
		for (let record = early.takeRecord(); record !== undefined; record = early.takeRecord()) {
			const cidSize = this.records.ownCid.length;
			if (readRecord(record, 0, record.length, cidSize, this.view) === undefined) this.record(record, nowMs);
			if (this.early !== early) return;
		}
		if (this.machine !== "established") return;
		this.early = undefined;
		for (let data = early.takeData(); data !== undefined; data = early.takeData()) {
			if (this.state === "established") this.listener.received(data, 0, data.length, nowMs);
		}
	}

	/** Says an alert, under protection once we speak under it. */
	private sayAlert(level: number, description: number): void {
		const isProtected = this.records.isProtected && (this.role === "client" || this.handshake === undefined);
		this.outgoing.postAlert(isProtected ? 1 : 0, level, description);
	}

	/** A port failed in the midst of things: a handshake ends; an established session has lost a record. */
	private survive(error: unknown, nowMs: number): void {
		if (!(error instanceof HostFailure)) throw error;
		if (this.machine === "handshaking") this.failed(closeReasons.hostFailure, AlertDescription.internalError, nowMs);
	}
}
