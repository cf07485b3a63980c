/** A wall clock that falls back by less against nowMs is slow, not set back. */
const setBackMs = 2000;

/**
 * Turns times of nowMs into seconds as SenML has them (RFC 8428 §4.5.3): since 1970 where the wall clock is set, else
 * from now. The wall clock counts whole seconds; the most that it was ever seen ahead of nowMs is what they have in
 * common. So a time is up to a second early at first, and later by no more than how long after a second's beginning the
 * luckiest look was. Until the clock is set anew, of two times that are told the later one is told as the later.
 */
export class TimeBase {
	/** Milliseconds since 1970 when nowMs was 0; undefined while nobody has set the wall clock. */
	private offsetMs: number | undefined;
	private nowMs = 0;

	/** Takes note of both clocks, in each turn. */
	look(nowMs: number, wallTimeS: number | undefined): void {
		this.nowMs = nowMs;
		if (wallTimeS === undefined) {
			this.offsetMs = undefined;
			return;
		}
		const seenMs = wallTimeS * 1000 - nowMs;
		const lateMs = (this.offsetMs ?? -Infinity) - seenMs;
		if (lateMs >= 0 && lateMs < 1000) return; // as late as within its second
		this.offsetMs = lateMs >= 1000 && lateMs < setBackMs ? seenMs + 999 : seenMs;
	}

	/** @param atMs on the scale of nowMs */
	timeS(atMs: number): number {
		return (this.offsetMs === undefined ? Math.min(atMs - this.nowMs, 0) : this.offsetMs + atMs) / 1000;
	}
}
