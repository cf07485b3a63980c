import { type Fault, fault } from "../bytes.ts";
import { equalSecret } from "../crypto/equal.ts";
import type { KeyHandle } from "../host.ts";
import { AlertDescription } from "./alert.ts";
import { Flight } from "./flight.ts";
import { FragmentView, writeFragment } from "./fragment.ts";
import { HandshakeType } from "./handshake-type.ts";
import { HeardMessages } from "./heard-messages.ts";
import { randomSize } from "./hello.ts";
import { keyBlockBytes } from "./key-block.ts";
import { readFinished } from "./key-exchange.ts";
import { keyBlock, masterSecret, verifyData } from "./key-schedule.ts";
import { type HandshakeMessage, Reassembly } from "./reassembly.ts";
import { recordPlaintextMaxBytes } from "./record.ts";
import type { RecordLayer } from "./record-layer.ts";
import { DEFAULT_DTLS_TUNING, HandshakeTimer } from "./retransmission.ts";
import type { PeerIdentity } from "./session.ts";
import {
	type CloseReason,
	closeReasons,
	DEFAULT_DTLS_LIMITS,
	type DtlsLimits,
	type DtlsSettings,
	type Established,
	type Role,
} from "./settings.ts";
import type { Suite } from "./suite.ts";
import { Transcript } from "./transcript.ts";

/** One cell of a machine's table: what to do and where that leads; or why nothing is done. */
export type Cell<Action, State> = readonly [Action, State] | "ignore" | "impossible";

export const UNEXPECTED_MESSAGE = fault("dtls.unexpectedMessage", AlertDescription.unexpectedMessage, "RFC 5246 §7.4");
export const FINISHED_WRONG = fault("dtls.finishedWrong", AlertDescription.decryptError, "RFC 5246 §7.4.9");
export const RECORD_WRONG = fault("dtls.recordWrong", AlertDescription.badRecordMac, "RFC 6347 §4.1.2.7");
export const EXTENDED_MASTER_SECRET_MISSING = fault(
	"dtls.extendedMasterSecretMissing",
	AlertDescription.handshakeFailure,
	"RFC 7627 §5",
);
export const RENEGOTIATION_BROKEN = fault(
	"dtls.renegotiationBroken",
	AlertDescription.handshakeFailure,
	"RFC 5746 §3.4, §3.6",
);
export const CID_TOO_LONG = fault("dtls.connectionIdTooLong", AlertDescription.illegalParameter, "README Limits");

/** What came was doubtful, and so many resends in a row brought nothing: the attempt is spoiled, or refused. */
const doubtfulRoundsMax = 2;
export const datagramBytesDefault = 1152;

/** What a handshake came to. */
export interface Completion {
	readonly established: Established;
	/** Of the side that spoke last: to be repeated when the peer asks for it (RFC 6347 §4.2.4). */
	readonly lastFlight: Flight | undefined;
	/** Server: of a session that is kept. */
	readonly sessionId: Uint8Array | undefined;
}

/** What an association does for its handshake. */
export interface Carrier {
	readonly records: RecordLayer;
	/** Sends a flight, in new records. */
	transmit(flight: Flight, plaintextBytes: number): void;
	/** The last thing that a handshake says; it is released by its owner. */
	completed(completion: Completion, nowMs: number): void;
	/** As completed(). @param alert what to tell the peer; undefined: nothing */
	failed(reason: CloseReason, alert: number | undefined, nowMs: number): void;
	/** All is void that was received under protection so far: a new attempt begins. */
	forgetEarly(): void;
}

/**
 * What both roles' handshakes have in common: messages out of records, flights and their timer, keys. Until Finished
 * nothing that comes is authentic, and so nothing that comes can end a handshake at once: a message that does not fit
 * is refused, and its place waits for another; alerts and refusals are doubts, which count when the timer has run out.
 */
export abstract class Handshake {
	protected readonly settings: DtlsSettings;
	protected readonly limits: DtlsLimits;
	protected readonly carrier: Carrier;
	protected readonly role: Role;
	protected readonly timer: HandshakeTimer;
	protected readonly reassembly: Reassembly;
	protected transcript: Transcript;
	protected flight = new Flight();
	/** message_seq of our next message. */
	protected nextSequence = 0;
	protected clientRandom: Uint8Array = new Uint8Array(randomSize);
	protected serverRandom: Uint8Array = new Uint8Array(randomSize);
	protected suite: Suite | undefined;
	protected extendedMasterSecret = false;
	protected encryptThenMac = false;
	/** Of a record: max_fragment_length (RFC 6066 §4), for both sides and all epochs. */
	protected fragmentBytes = recordPlaintextMaxBytes;
	/** Of a protected record to us, and to the peer: record_size_limit (RFC 8449 §4). */
	protected ownRecordBytes = recordPlaintextMaxBytes;
	protected peerRecordBytes = recordPlaintextMaxBytes;
	protected peer: PeerIdentity = {};
	protected master: KeyHandle | undefined;
	/** What the master secret will be made of; ours to release, unlike a pre-shared key. */
	protected premaster: KeyHandle | undefined;
	protected ephemeral: KeyHandle | undefined;
	protected isOver = false;
	protected readonly heard = new HeardMessages();
	private readonly fragment = new FragmentView();
	private readonly resendGuardMs: number;
	private lastSentMs = -Infinity;
	/** Of this round, and of the rounds since something new was taken; and the last of all. */
	private doubt: CloseReason | undefined;
	private standingDoubt: CloseReason | undefined;
	private lastDoubt: CloseReason | undefined;
	/** Resends in a row that brought nothing, and of these the ones with a doubt. */
	private fruitlessRounds = 0;
	private doubtfulRounds = 0;

	constructor(role: Role, settings: DtlsSettings, carrier: Carrier) {
		this.role = role;
		this.settings = settings;
		this.carrier = carrier;
		this.limits = { ...DEFAULT_DTLS_LIMITS, ...settings.limits };
		this.timer = new HandshakeTimer(settings.tuning);
		this.reassembly = new Reassembly(this.limits.reassembly);
		this.transcript = new Transcript(settings.crypto);
		this.resendGuardMs = (settings.tuning?.initialTimeoutMs ?? DEFAULT_DTLS_TUNING.initialTimeoutMs) / 4;
	}

	get deadlineMs(): number {
		return this.timer.deadlineMs;
	}

	/** The most plaintext of a record of a flight. */
	get plaintextBytes(): number {
		return this.fragmentBytes;
	}

	/** A message whose turn it is. @returns why it can not be the one; then nothing has changed */
	protected abstract take(message: HandshakeMessage, nowMs: number): Fault | undefined;

	/** May a message of this type come in this epoch at all? Others never get near the reassembly. */
	protected abstract isExpected(type: number, epoch: number): boolean;

	/** The peer said again what it had said before, or the timer ran out: say our flight again. */
	protected abstract repeat(cause: "repeated" | "resend", nowMs: number): void;

	/** This attempt can come to nothing: begins another one. @returns false when there is none to begin */
	protected abstract beginAnew(nowMs: number): boolean;

	/** Has the peer said anything that only the genuine one would say? */
	protected abstract get isAnswered(): boolean;

	/** Takes the plaintext of one record of type handshake. */
	receive(bytes: Uint8Array, at: number, end: number, epoch: number, nowMs: number): void {
		const { fragment, reassembly } = this;
		let isRepeat = false;
		let isNew = false;
		let from = at;
		while (from < end && fragment.read(bytes, from, end) === undefined) {
			const next = fragment.end;
			if (this.isExpected(fragment.type, epoch) && !this.intercept(bytes, fragment, nowMs)) {
				reassembly.receive(bytes, from, next, epoch);
				if (reassembly.isRepeat) {
					isRepeat = true;
					this.heard.meet(bytes, fragment);
				}
				// At once, so that forgeries for later places do not crowd out what comes behind.
				if (this.takeAll(nowMs)) isNew = true;
				if (this.isOver) return;
			}
			from = next;
		}
		if (isNew || !isRepeat || nowMs - this.lastSentMs < this.resendGuardMs) return;
		this.repeat("repeated", nowMs);
		this.lastSentMs = nowMs;
		this.timer.postpone(nowMs);
	}

	poll(nowMs: number): void {
		const due = this.timer.poll(nowMs);
		if (due === "wait") return;
		const { doubt } = this;
		this.doubt = undefined;
		if (due === "giveUp") {
			// Who answered before is there; it may have heard something else than we said.
			const isOver = nowMs >= this.timer.givenUpMs || !this.isAnswered || !this.beginAnew(nowMs);
			if (isOver) this.giveUp(doubt ?? this.lastDoubt ?? closeReasons.timeout, nowMs);
			return;
		}
		if (this.heard.hasRival && this.retract(nowMs)) return;
		this.fruitlessRounds += 1;
		this.doubtfulRounds = doubt === undefined ? 0 : this.doubtfulRounds + 1;
		const isSpoiled = this.standingDoubt !== undefined && this.fruitlessRounds >= doubtfulRoundsMax;
		if (isSpoiled && this.beginAnew(nowMs)) return;
		if (this.doubtfulRounds >= doubtfulRoundsMax) {
			this.giveUp(doubt!, nowMs);
			return;
		}
		// Bytes may have been forged into the right place of a message.
		if (doubt !== undefined) this.reassembly.drop(this.reassembly.next);
		this.repeat("resend", nowMs);
		this.lastSentMs = nowMs;
	}

	private giveUp(reason: CloseReason, nowMs: number): void {
		// The peer's own alert needs no answer.
		this.end(reason, reason.code === "dtls.alert" ? undefined : reason.alert, nowMs);
	}

	private forgetDoubts(): void {
		this.standingDoubt = undefined;
		this.fruitlessRounds = 0;
		this.doubtfulRounds = 0;
	}

	/** An alert came that anybody may have sent. */
	noteAlert(description: number): void {
		this.note({ code: "dtls.alert", alert: description });
	}

	/** A protected record did not verify: a forgery, or our keys are not the peer's. */
	noteBadRecord(): void {
		this.note(reasonOf(RECORD_WRONG));
	}

	/** The peer's authentic alert. */
	hearAlert(description: number, nowMs: number): void {
		if (!this.beginAnew(nowMs)) this.end({ code: "dtls.alert", alert: description }, undefined, nowMs);
	}

	/** Gives the keys back, and all else to the garbage collector. */
	release(): void {
		this.isOver = true;
		this.timer.stop();
		this.releaseKeys();
		this.reassembly.reset();
	}

	protected releaseKeys(): void {
		const { crypto } = this.settings;
		if (this.master !== undefined) crypto.release(this.master);
		if (this.premaster !== undefined) crypto.release(this.premaster);
		if (this.ephemeral !== undefined) crypto.release(this.ephemeral);
		this.master = undefined;
		this.premaster = undefined;
		this.ephemeral = undefined;
	}

	/** Takes messages that have come before. */
	protected hearAgain(messages: readonly HandshakeMessage[], nowMs: number): void {
		for (let index = 0; index < messages.length; index++) {
			const { body, sequence, type } = messages[index]!;
			const fragment = writeFragment(type, sequence, body, 0, body.length);
			this.reassembly.receive(fragment, 0, fragment.length, 0);
		}
		this.takeAll(nowMs);
	}

	/** Goes back to where the first rival may have been taken. @returns false when it stays with what it has */
	protected retract(_nowMs: number): boolean {
		return false;
	}

	/** Takes a fragment past the reassembly. @returns whether it did */
	protected intercept(_bytes: Uint8Array, _fragment: FragmentView, _nowMs: number): boolean {
		return false;
	}

	protected note(doubt: CloseReason): void {
		this.doubt = doubt;
		this.standingDoubt = doubt;
		this.lastDoubt = doubt;
	}

	/** The attempt begins with nothing. */
	protected reset(nextReceived: number, nextSent: number): void {
		this.releaseKeys();
		this.carrier.records.uninstall();
		this.carrier.forgetEarly();
		this.reassembly.reset(nextReceived);
		this.nextSequence = nextSent;
		this.heard.clear();
		this.doubt = undefined;
		this.forgetDoubts();
	}

	protected end(reason: CloseReason, alert: number | undefined, nowMs: number): void {
		this.isOver = true;
		this.timer.stop();
		this.carrier.failed(reason, alert, nowMs);
	}

	/** Adds a message of theirs to the transcript. */
	protected hear(message: HandshakeMessage): void {
		this.transcript.add(message.type, message.sequence, message.body);
		this.heard.keep(message);
	}

	/** Adds a message of ours to flight and transcript. */
	protected say(type: number, body: Uint8Array, epoch = 0): void {
		const sequence = this.nextSequence++;
		this.transcript.add(type, sequence, body);
		this.flight.add(epoch, type, sequence, body);
	}

	/** Says that all is said: ChangeCipherSpec and Finished. */
	protected sayFinished(): void {
		const label = this.role === "client" ? "client finished" : "server finished";
		const data = verifyData(this.settings.crypto, this.master!, label, this.transcript.hash());
		this.flight.addChangeCipherSpec();
		this.say(HandshakeType.finished, data, 1);
	}

	/** Sends the flight as it is, for the first time. */
	protected sendFlight(nowMs: number): void {
		this.lastSentMs = nowMs;
		this.carrier.transmit(this.flight, this.fragmentBytes);
	}

	/** Sends what the peer answers, and waits. */
	protected sendAndWait(nowMs: number): void {
		this.sendFlight(nowMs);
		this.timer.restart(nowMs);
	}

	/** Checks the peer's Finished, and hears it. */
	protected takeFinished(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const data = readFinished(message.body, 0, message.body.length);
		if ("code" in data) return data;
		const label = this.role === "client" ? "server finished" : "client finished";
		const expected = verifyData(this.settings.crypto, this.master!, label, this.transcript.hash());
		if (!equalSecret(data, 0, expected, 0, expected.length)) {
			// Under the right keys, yet we have heard something else than was said.
			if (!this.beginAnew(nowMs)) this.end(reasonOf(FINISHED_WRONG), AlertDescription.decryptError, nowMs);
			return FINISHED_WRONG;
		}
		this.hear(message);
		return undefined;
	}

	/** Makes the master secret; the transcript stands behind ClientKeyExchange. */
	protected deriveMaster(secret: KeyHandle, premaster: "psk" | "secret"): void {
		const { clientRandom, serverRandom, transcript } = this;
		const sessionHash = this.extendedMasterSecret ? transcript.hash() : undefined;
		const { crypto } = this.settings;
		this.master = masterSecret(crypto, { secret, premaster, clientRandom, serverRandom, sessionHash });
	}

	/** Makes the keys of epoch 1 (RFC 5246 §6.3). */
	protected installKeys(): void {
		const { crypto, entropy } = this.settings;
		const suite = this.suite!;
		const { clientRandom, serverRandom } = this;
		const block = keyBlock(crypto, this.master!, { clientRandom, serverRandom }, keyBlockBytes(suite));
		const sealedBytes = Math.min(this.fragmentBytes, this.peerRecordBytes);
		const openedBytes = Math.min(this.fragmentBytes, this.ownRecordBytes);
		const { encryptThenMac } = this;
		const keys = { crypto, entropy, suite, encryptThenMac, keyBlock: block, epoch: 1 };
		this.carrier.records.install(this.role, keys, { sealedBytes, openedBytes });
	}

	/** @returns whether anything was taken */
	private takeAll(nowMs: number): boolean {
		let isNew = false;
		while (!this.isOver) {
			const message = this.reassembly.take();
			if (message === undefined) break;
			const refused = this.take(message, nowMs);
			if (this.isOver) break;
			if (refused === undefined) {
				isNew = true;
				this.forgetDoubts();
			} else if (refused !== FINISHED_WRONG) {
				this.reassembly.refuse();
				this.note(reasonOf(refused));
			}
		}
		return isNew;
	}
}

/** A Fault as the reason of an end. */
export function reasonOf({ code, reply }: Fault): CloseReason {
	return typeof reply === "number" ? { code, alert: reply } : { code };
}
