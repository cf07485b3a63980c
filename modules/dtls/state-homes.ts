import { equalBytes } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { decodeState, furtherState, sessionOf, stateReceived, stateSequence } from "./session-state.ts";

/** A place for the state of one session: retained RAM, or a record in flash. See README, "Session state". */
export interface StateHome {
	/**
	 * Replaces what is there. When it returns, whatever was there before can not come back, and load() gives these bytes
	 * or nothing.
	 * @param state borrowed for the call
	 * @throws HostFailure when it could not; then load() gives the old bytes, these, or nothing
	 */
	save(state: Uint8Array): void;
	/** @returns undefined when there are none that can be believed */
	load(): Uint8Array | undefined;
}

/** How far the far home runs ahead of the near one. */
export interface FarTuning {
	readonly sealedRecords: number;
	/** 0: none is written for the sake of the peer's records, which can be replayed when the near home is lost. */
	readonly openedRecords: number;
}

/**
 * 65536 numbers of ours to a write of the far home, which cost nothing when they are skipped, and 16 records of the
 * peer: where more than a few of those are refused, a request of ours stays unanswered, and a handshake follows, as it
 * would without a far home.
 */
export const DEFAULT_FAR: FarTuning = frozen({ sealedRecords: 65536, openedRecords: 16 });

/**
 * Retained RAM, which is cheap to write and lost with the power, before flash, which is neither. The far home holds a
 * state so far ahead that the near one seldom passes it, and is written first when it would; so whichever of them is
 * found, no number that it gives was used, and no record that was believed is believed again.
 */
export class TwoHomes implements StateHome {
	private readonly near: StateHome;
	private readonly far: StateHome;
	private readonly tuning: FarTuning;

	constructor(near: StateHome, far: StateHome, tuning: FarTuning = DEFAULT_FAR) {
		this.near = near;
		this.far = far;
		this.tuning = tuning;
	}

	save(state: Uint8Array): void {
		const saved = believed(this.far.load());
		if (saved === undefined || !this.isAhead(saved, state)) {
			this.far.save(furtherState(state, this.tuning.sealedRecords, this.tuning.openedRecords));
		}
		this.near.save(state);
	}

	load(): Uint8Array | undefined {
		return believed(this.near.load()) ?? believed(this.far.load());
	}

	/** Is `far` a state of the same session, and everything in `near` before it? */
	private isAhead(far: Uint8Array, near: Uint8Array): boolean {
		if (!equalBytes(sessionOf(far), sessionOf(near)) || stateSequence(far) < stateSequence(near)) return false;
		return this.tuning.openedRecords === 0 || stateReceived(far) >= stateReceived(near);
	}
}

function believed(bytes: Uint8Array | undefined): Uint8Array | undefined {
	return bytes === undefined || "code" in decodeState(bytes) ? undefined : bytes;
}
