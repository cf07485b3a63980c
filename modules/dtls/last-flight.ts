import type { Flight } from "./flight.ts";

/** How long it is kept for a peer that has not got it: well past the second turn of its timer. */
const keptMs = 60_000;

/**
 * The last flight of a handshake, on the side that spoke last: said again when the peer repeats its own (RFC 6347
 * §4.2.4), but not at every one of its datagrams.
 */
export class LastFlight {
	readonly flight: Flight;
	/** The most plaintext of one of its records. */
	readonly plaintextBytes: number;
	private readonly guardMs: number;
	private readonly untilMs: number;
	private sentMs: number;

	/** @param guardMs no repetition comes sooner after the last */
	constructor(flight: Flight, plaintextBytes: number, guardMs: number, nowMs: number) {
		this.flight = flight;
		this.plaintextBytes = plaintextBytes;
		this.guardMs = guardMs;
		this.sentMs = nowMs;
		this.untilMs = nowMs + keptMs;
	}

	/** Nobody can want it any more. */
	isOver(nowMs: number): boolean {
		return nowMs >= this.untilMs;
	}

	/** Asks, and notes, whether it is to be said again now. */
	isDue(nowMs: number): boolean {
		if (this.isOver(nowMs) || nowMs - this.sentMs < this.guardMs) return false;
		this.sentMs = nowMs;
		return true;
	}
}
