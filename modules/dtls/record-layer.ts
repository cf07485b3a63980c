import { equalSecret } from "../crypto/equal.ts";
import { frozen } from "../frozen.ts";
import { ContentType } from "./content-type.ts";
import { type ProtectionKeys, protectionOf } from "./key-block.ts";
import { defaultRecordLimits, NullProtection, type Protection, type RecordLimits } from "./protection.ts";
import { type RecordView, sequenceMax } from "./record.ts";
import { ReplayWindow } from "./replay.ts";
import { DEFAULT_RESERVATION, Reservation, type ReservationTuning } from "./reservation.ts";
import type { SessionState } from "./session-state.ts";
import type { DtlsSettings, Role } from "./settings.ts";
import { suiteById } from "./suite.ts";

const noCid = new Uint8Array(0);
/** Over these plaintext sizes the overhead of a block cipher takes all its values. */
const blockBytes = 16;

/** Of epoch 0, whosever: it has no keys. */
const unprotected = frozen(new NullProtection());

/** Both directions of one association's records: epoch 0, and epoch 1 from install() on. */
export class RecordLayer {
	/** What the peer puts on its protected records to us; empty: none (RFC 9146 §3). */
	ownCid: Uint8Array = noCid;
	/** What we put on ours. */
	peerCid: Uint8Array = noCid;
	/** The next sequence number of epoch 0, and of epoch 1. */
	plainSequence = 0;
	sealedSequence = 0;
	/** Which records of epoch 1 have come. */
	readonly window = new ReplayWindow();
	/** The last record that open() took is newer than all before: only such a one may move the peer's address. */
	isNewest = false;
	/** The most plaintext of a protected record to the peer, and to us. */
	plaintextBytes = 0;
	openedBytes = 0;
	/** RFC 7366 was negotiated. */
	encryptThenMac = false;
	/** Until the state of the session is written down. */
	keyBlock: Uint8Array | undefined;
	/** What numbers the records of an established session that outlives its memory. */
	reservation: Reservation | undefined;
	private reader: Protection | undefined;
	private writer: Protection | undefined;

	/** Is there an epoch 1 yet? */
	get isProtected(): boolean {
		return this.reader !== undefined;
	}

	/** Is there no number left for a protected record? */
	get isUsedUp(): boolean {
		return this.reservation?.isUsedUp ?? this.sealedSequence >= sequenceMax;
	}

	/**
	 * Epoch 1 begins (RFC 5246 §6.3).
	 * @param keys without limits; keys.keyBlock belongs to this object from here on
	 * @param sizes the most plaintext of a record to the peer, and to us
	 * @throws HostFailure when the port has no room for the keys
	 */
	install(
		role: Role,
		keys: ProtectionKeys,
		{ sealedBytes, openedBytes }: { readonly sealedBytes: number; readonly openedBytes: number },
	): void {
		this.uninstall();
		const peerRole = role === "client" ? "server" : "client";
		this.keyBlock = keys.keyBlock;
		this.encryptThenMac = keys.encryptThenMac;
		this.plaintextBytes = sealedBytes;
		this.openedBytes = openedBytes;
		const reader = protectionOf(peerRole, { ...keys, limits: limitsOf(openedBytes) });
		this.reader = reader;
		this.writer = protectionOf(role, { ...keys, limits: limitsOf(sealedBytes) });
	}

	/** Takes up a session from its state. @param bytes of that state, this object's from here on */
	restore(
		state: SessionState,
		bytes: Uint8Array,
		settings: DtlsSettings,
		reserve: ((state: Uint8Array) => void) | undefined,
	): void {
		const { crypto, entropy } = settings;
		const { encryptThenMac, keyBlock, openedBytes, received, role, sealedBytes } = state;
		const suite = suiteById(state.suite)!;
		this.install(role, { crypto, entropy, suite, encryptThenMac, keyBlock, epoch: 1 }, { sealedBytes, openedBytes });
		this.forgetKeyBlock();
		this.ownCid = state.ownCid;
		this.peerCid = state.peerCid;
		this.window.highest = received.highest;
		this.window.recentBits = received.recentBits;
		this.window.olderBits = received.olderBits;
		this.reserveFrom(bytes, reserve, settings.reservation);
	}

	/** From here on numbers come from a Reservation. @param state this object's from here on */
	reserveFrom(
		state: Uint8Array,
		reserve: ((state: Uint8Array) => void) | undefined,
		tuning: Partial<ReservationTuning> | undefined,
	): void {
		this.reservation = new Reservation(state, this.window, reserve, { ...DEFAULT_RESERVATION, ...tuning });
	}

	forgetKeyBlock(): void {
		this.keyBlock?.fill(0);
		this.keyBlock = undefined;
	}

	/** Ends the keys, as often as one likes; epoch 0 goes on. */
	uninstall(): void {
		this.reader?.release();
		this.writer?.release();
		this.reader = undefined;
		this.writer = undefined;
		this.forgetKeyBlock();
		this.window.highest = -1;
		this.window.recentBits = 0;
		this.window.olderBits = 0;
		this.sealedSequence = 0;
	}

	/** The end. */
	release(): void {
		this.uninstall();
		this.reservation?.release();
		this.reservation = undefined;
	}

	/** The most that a record of `epoch` takes beyond its plaintext. */
	overheadMax(epoch: number): number {
		const protection = this.writerOf(epoch);
		const cidSize = epoch === 0 ? 0 : this.peerCid.length;
		let most = 0;
		for (let size = 0; size < blockBytes; size++) most = Math.max(most, protection.overhead(size, cidSize));
		return most;
	}

	/** The size of the record that seal() would write. */
	recordBytes(epoch: number, plainSize: number): number {
		return plainSize + this.writerOf(epoch).overhead(plainSize, epoch === 0 ? 0 : this.peerCid.length);
	}

	/** Writes one record, with the next sequence number of its epoch. @returns where it ends in `into` */
	seal(
		epoch: number,
		type: number,
		plain: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		const sequence = epoch === 0 ? this.plainSequence++ : (this.reservation?.take() ?? this.sealedSequence++);
		const cid = epoch === 0 ? noCid : this.peerCid;
		return this.writerOf(epoch).seal(type, plain, at, end, sequence, cid, into, intoAt);
	}

	/** Opens a record of epoch 0 in place. @returns false: drop it */
	openPlain(bytes: Uint8Array, view: RecordView): boolean {
		return unprotected.open(bytes, view);
	}

	/** Has a record of epoch 1 the form that was agreed on, and may it be new? Costs nothing. */
	isWelcome(bytes: Uint8Array, view: RecordView): boolean {
		const { ownCid } = this;
		if (view.epoch !== 1 || (view.type === ContentType.tls12Cid) !== ownCid.length > 0) return false;
		if (view.cidEnd - view.cidAt !== ownCid.length) return false;
		return equalSecret(bytes, view.cidAt, ownCid, 0, ownCid.length) && this.window.isFresh(view.sequence);
	}

	/**
	 * Opens a welcome record of epoch 1 in place, and moves the window.
	 * @returns false: drop it
	 * @throws HostFailure when it could not be noted as received: drop it, too
	 */
	open(bytes: Uint8Array, view: RecordView): boolean {
		if (this.reader === undefined || !this.reader.open(bytes, view)) return false;
		this.reservation?.cover(view.sequence);
		this.isNewest = view.sequence > this.window.highest;
		this.window.accept(view.sequence);
		return true;
	}

	private writerOf(epoch: number): Protection {
		return epoch === 0 ? unprotected : this.writer!;
	}
}

/** The limits where the most plaintext is this; the usual ones lie in ROM. */
function limitsOf(plaintextBytes: number): RecordLimits {
	if (plaintextBytes === defaultRecordLimits.plaintextBytes) return defaultRecordLimits;
	return { plaintextBytes, paddingBytes: defaultRecordLimits.paddingBytes };
}
