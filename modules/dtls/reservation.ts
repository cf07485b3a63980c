import { assert } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { sequenceMax } from "./record.ts";
import { ReplayWindow } from "./replay.ts";
import { stateSequence, updateState } from "./session-state.ts";

/** How far a saved state runs ahead of its session: how seldom it is saved, and what a power cut costs. */
export interface ReservationTuning {
	/** Sequence numbers of ours to a save. A cut skips what is left of them, and that costs nothing. */
	readonly sealedRecords: number;
	/**
	 * Records of the peer to a save. A cut costs up to one less than these: they are refused unseen, and have to be sent
	 * again. 1: none are lost, and every record is saved before it is believed. 0: the window is only saved along with
	 * our own numbers, and after a cut whatever came since can be replayed.
	 */
	readonly openedRecords: number;
}

/**
 * 4 records: at most three genuine ones are refused after a power cut, and a Confirmable message goes out five times
 * (RFC 7252 §4.8, MAX_RETRANSMIT), in a record of its own each time. 1024 numbers: a firmware image of 1 MiB, block by
 * block, in one save.
 */
export const DEFAULT_RESERVATION: ReservationTuning = frozen({ sealedRecords: 1024, openedRecords: 4 });

/**
 * The sequence numbers of an established session, so that none is used twice, whatever happens to power and memory
 * between two instructions. What is saved always lies ahead of what is used: a state says "no number from here on was
 * used", and no number at or above the saved one leaves before a further one was saved. A restored session begins at
 * the saved number, so it saves anew before its first record; restoring the same bytes again begins there again, having
 * sent nothing.
 *
 * That holds while `reserve` does: see README, "Session state", for what a home must promise.
 */
export class Reservation {
	/** The next number to be used. */
	next: number;
	private readonly state: Uint8Array;
	private readonly window: ReplayWindow;
	private readonly reserve: ((state: Uint8Array) => void) | undefined;
	private readonly tuning: ReservationTuning;
	/** Saved: below this, numbers may be used. */
	private limit: number;
	/** Saved as refused: up to this, records may be believed; -1: none. */
	private openedLimit = -1;
	private isHandedOver = false;

	/**
	 * @param state of encodeState(), fresh or restored; this object's from here on, and overwritten by release()
	 * @param window the session's, which the caller moves after covers()
	 * @param reserve saves a state, borrowed for the call, and throws HostFailure when it can not. undefined: the session
	 * is never saved while it lives, only handed over by export(), which ends it
	 */
	constructor(
		state: Uint8Array,
		window: ReplayWindow,
		reserve: ((state: Uint8Array) => void) | undefined,
		tuning: ReservationTuning = DEFAULT_RESERVATION,
	) {
		assert(tuning.sealedRecords >= 1 && tuning.openedRecords >= 0, "dtls: a reservation of nothing");
		this.state = state;
		this.window = window;
		this.reserve = reserve;
		this.tuning = tuning;
		this.next = stateSequence(state);
		this.limit = reserve === undefined ? sequenceMax : this.next;
	}

	/** No number is left, which 2^48 records would take: end the session. */
	get isUsedUp(): boolean {
		return this.next >= sequenceMax;
	}

	/**
	 * The number for the next record. Call it right before sealing; a number whose record is not sent is lost.
	 * @throws HostFailure when a further reservation could not be saved: nothing may be sent, and trying again later is
	 * safe
	 */
	take(): number {
		assert(!this.isHandedOver, "dtls: the session was handed over");
		assert(!this.isUsedUp, "dtls: the sequence numbers are used up");
		if (this.next >= this.limit) {
			const limit = Math.min(sequenceMax, this.next + this.tuning.sealedRecords);
			this.save(limit, this.openedLimit);
			this.limit = limit;
		}
		return this.next++;
	}

	/**
	 * Makes sure that a record that verified will be refused when it comes again, even after a power cut. Call it before
	 * the window moves and before anything is done with the record.
	 * @throws HostFailure when that could not be saved: drop the record, the peer sends it again
	 */
	cover(sequence: number): void {
		const { openedRecords } = this.tuning;
		if (this.reserve === undefined || openedRecords === 0 || sequence <= this.openedLimit) return;
		const newest = Math.max(sequence, this.window.highest);
		const openedLimit = Math.min(sequenceMax, newest + openedRecords - 1);
		this.save(this.limit, openedLimit);
		this.openedLimit = openedLimit;
	}

	/**
	 * The state as it is now, not a number further, for a sleep. Save it in place of the last one that `reserve` was
	 * given, or throw it away; kept beside a later one it would be an old one. The session may go on: it reserves anew
	 * before its next record. Without `reserve` it ends here.
	 * @returns borrowed, until the next call of any method
	 */
	export(): Uint8Array {
		updateState(this.state, this.next, this.window);
		if (this.reserve === undefined) this.isHandedOver = true;
		else this.limit = this.next;
		this.openedLimit = -1;
		return this.state;
	}

	/** Overwrites the keys in the state. */
	release(): void {
		this.state.fill(0);
		this.isHandedOver = true;
	}

	private save(limit: number, openedLimit: number): void {
		let { window } = this;
		if (openedLimit >= 0) {
			window = new ReplayWindow();
			window.refuseUpTo(openedLimit);
		}
		updateState(this.state, limit, window);
		this.reserve?.(this.state);
	}
}
