import type { Fault } from "../bytes.ts";

/** Whoever keeps what is to live on over a deep sleep. The sleeper asks it last of all, before it gives up RAM. */
export interface Retention {
	/**
	 * Brings all that must live on to where it outlives a deep sleep: retained memory, or flash where that is too small.
	 * Called when the turn is over and everything is sent; nothing may be handed in between this and Power.sleep().
	 * @param nowMs the time of the turn
	 * @returns undefined, or why it can not be: the caller sleeps light then, and may ask again at its next turn. Throws
	 * nothing: what the host throws is logged, and is a Fault
	 */
	save(nowMs: number): Fault | undefined;
}
