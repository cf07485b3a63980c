import type { Host, ResetCause } from "../../modules/host.ts";
import type { Memory } from "./memory.ts";

/** What a stage works with. */
export interface Bench {
	readonly host: Host;
	/** As it was before the reset, or as it will be kept over it. */
	readonly memory: Memory;
	/** The first bytes of entropy in this boot. */
	readonly first: Uint8Array;
	readonly options: StageOptions;
}

export interface StageOptions {
	/** How long a turn may take until the board's watchdog resets it; absent: it has none. */
	readonly watchdogS?: number | undefined;
	/** Whether an error that nobody catches resets the board. */
	readonly resetsOnCrash?: boolean | undefined;
}

/** Something that is looked at over a reset. */
export interface Stage {
	readonly name: string;
	/** What the host must say caused the boot after it; absent: there is no reset, and begin() is all. */
	readonly expects?: ResetCause;
	/**
	 * Has the reset come behind this turn, at once, or soon. Throws Skipped when the board has no such thing, and what is
	 * wrong otherwise.
	 */
	begin(bench: Bench): void;
	/** In the boot after it; throws what is wrong. */
	end?(bench: Bench): void;
}
