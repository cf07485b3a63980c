import type { SleepDepth, WakeReason } from "../../../modules/host.ts";
import type { BoardPorts } from "../engine/ports.ts";
import type { Timekeeper } from "../time.ts";
import type { BoardClock } from "./board-clock.ts";
import type { Rail } from "./rail.ts";

export interface BoardSleepOptions {
	readonly time: Timekeeper;
	readonly clock: BoardClock;
	readonly rail: Rail;
	/** The longest that the chip's timer counts in one go. */
	readonly longestMs: number;
}

const depths: readonly SleepDepth[] = ["idle", "light", "deep", "off"];
const reasons: readonly (WakeReason | undefined)[] = [undefined, "alarm", "pin", "radio"];

/** What a program asked for: when it wants to be up again, on the world's scale, and how deep it sleeps until then. */
export interface SleepOrder {
	readonly untilMs: number | undefined;
	readonly depth: SleepDepth;
}

/** How a board sleeps between its turns: what was asked for, until when, and what ended it. */
export class BoardSleep {
	readonly #options: BoardSleepOptions;
	#asked: SleepOrder | undefined;
	#depth: SleepDepth = "idle";
	#untilMs: number | undefined;
	#reason: WakeReason | undefined;
	#clear: () => void = () => {};

	constructor(options: BoardSleepOptions) {
		this.#options = options;
	}

	/** What it is in between turns. */
	get depth(): SleepDepth {
		return this.#depth;
	}

	/** What the machine's natives call. */
	ports(): Pick<BoardPorts, "sleep" | "wakeReason"> {
		const { rail } = this.#options;
		return {
			sleep: (untilMs, depth) => {
				rail.pass("sleep");
				const refusal = this.#ask(untilMs, depth);
				rail.pass("asleep");
				return refusal;
			},
			wakeReason: () => reasons.indexOf(this.#reason),
		};
	}

	#ask(untilMs: number | undefined, depthNumber: number): string | undefined {
		const depth = depths[depthNumber];
		if (depth === undefined) return `sleep: ${depthNumber} is no depth`;
		if (untilMs !== undefined && !Number.isFinite(untilMs)) return `sleep: until ${untilMs} ms is no time`;
		this.#asked = { untilMs: untilMs === undefined ? undefined : this.#options.clock.inWorldMs(untilMs), depth };
		return undefined;
	}

	/** The program asks for it in this turn no more. */
	takeOrder(): SleepOrder | undefined {
		const asked = this.#asked;
		this.#asked = undefined;
		return asked;
	}

	/** Begins. @param end is called when its time is over */
	fall({ untilMs, depth }: SleepOrder, end: () => void): void {
		const { time, longestMs } = this.#options;
		this.#clear();
		this.#depth = depth;
		this.#reason = undefined;
		const nowMs = time.nowMs();
		// The timer of a chip out of RAM and program ends early rather than late: whoever boots finds out what is due.
		const limit = depth === "deep" ? nowMs + longestMs : Infinity;
		this.#untilMs = Math.min(untilMs ?? limit, limit);
		if (depth === "off" || !Number.isFinite(this.#untilMs)) this.#untilMs = undefined;
		this.#clear = this.#untilMs === undefined ? () => {} : time.at(this.#untilMs, end);
	}

	/** Whether its time has come, though the timer has not rung yet. */
	get isOver(): boolean {
		return this.#untilMs !== undefined && this.#options.time.nowMs() >= this.#untilMs;
	}

	/** Ends. @param reason undefined: nobody called, the program went on by itself, or is gone */
	end(reason: WakeReason | undefined): void {
		this.#clear();
		this.#clear = () => {};
		this.#depth = "idle";
		this.#untilMs = undefined;
		this.#reason = reason;
	}

	/** A reset: nothing is asked for, and nothing ended a sleep but what is said behind it. */
	drop(): void {
		this.#asked = undefined;
		this.end(undefined);
	}
}
