/** How many sequence numbers back a record may come late (RFC 6347 §4.1.2.6). */
export const replayWindowBits = 64;

/**
 * Which sequence numbers of one epoch were received (RFC 6347 §4.1.2.6): the highest, and a bit for each of the 64 up
 * to it. Sequence numbers are 48 bits and numbers here; the bits are two int32, because BigInt is slow on XS.
 * Ask isFresh() before a record is opened, and accept() only after it verified: a forged number must not move the
 * window.
 */
export class ReplayWindow {
	/** -1: none yet. */
	highest = -1;
	/** Bit n: `highest - n` was received. */
	recentBits = 0;
	/** Bit n: `highest - 32 - n` was received. */
	olderBits = 0;

	/** Might a record with this number be new? Numbers that fell out of the window count as received. */
	isFresh(sequence: number): boolean {
		if (sequence > this.highest) return true;
		const back = this.highest - sequence;
		if (back >= replayWindowBits) return false;
		return (back < 32 ? (this.recentBits >>> back) & 1 : (this.olderBits >>> (back - 32)) & 1) === 0;
	}

	/** Notes a record that verified. */
	accept(sequence: number): void {
		if (sequence > this.highest) {
			this.slide(this.highest < 0 ? replayWindowBits : sequence - this.highest);
			this.highest = sequence;
			this.recentBits |= 1;
			return;
		}
		const back = this.highest - sequence;
		if (back < 32) this.recentBits |= 1 << back;
		else if (back < replayWindowBits) this.olderBits |= 1 << (back - 32);
	}

	/** Refuses every number up to `sequence` from now on, received or not. */
	refuseUpTo(sequence: number): void {
		if (sequence < this.highest) return;
		this.highest = sequence;
		this.recentBits = -1;
		this.olderBits = -1;
	}

	private slide(by: number): void {
		if (by >= replayWindowBits) {
			this.recentBits = 0;
			this.olderBits = 0;
		} else if (by >= 32) {
			this.olderBits = by === 32 ? this.recentBits : this.recentBits << (by - 32);
			this.recentBits = 0;
		} else {
			this.olderBits = (this.olderBits << by) | (this.recentBits >>> (32 - by));
			this.recentBits <<= by;
		}
	}
}
