import type { ResetCause } from "../../../modules/host.ts";
import type { BoardPorts } from "../engine/ports.ts";
import type { Timekeeper } from "../time.ts";

export interface BoardClockOptions {
	readonly time: Timekeeper;
	/** A battery keeps wall time over power cuts; "unset" forgets it with the power, and begins without. */
	readonly rtc: "running" | "unset";
	/** The resets through which the chip's counter of milliseconds goes on. */
	readonly goesOnThrough: readonly ResetCause[];
}

/** What a program on a board sees of time. */
export class BoardClock {
	readonly #options: BoardClockOptions;
	/** When this board's nowMs was 0, on the world's scale. */
	#zeroMs = 0;
	/** What to add to the world's wall time; undefined while nobody has set the clock. */
	#wallOffsetMs: number | undefined;

	constructor(options: BoardClockOptions) {
		this.#options = options;
		this.#wallOffsetMs = options.rtc === "unset" ? undefined : 0;
	}

	/** @returns whether nowMs() went on through this reset; else it begins at 0 */
	boot(cause: ResetCause): boolean {
		const wentOn = this.#options.goesOnThrough.includes(cause);
		if (!wentOn) this.#zeroMs = this.#options.time.nowMs();
		return wentOn;
	}

	losePower(): void {
		if (this.#options.rtc === "unset") this.#wallOffsetMs = undefined;
	}

	nowMs(): number {
		return this.#options.time.nowMs() - this.#zeroMs;
	}

	/** A time of this board on the world's scale. */
	inWorldMs(atMs: number): number {
		return atMs + this.#zeroMs;
	}

	wallTimeS(): number | undefined {
		if (this.#wallOffsetMs === undefined) return undefined;
		return Math.floor((this.#options.time.wallTimeMs() + this.#wallOffsetMs) / 1000);
	}

	setWallTimeS(wallTimeS: number): void {
		this.#wallOffsetMs = wallTimeS * 1000 - this.#options.time.wallTimeMs();
	}

	/** What the machine's natives call. */
	ports(): Pick<BoardPorts, "nowMs" | "wallTimeS" | "setWallTimeS"> {
		return {
			nowMs: () => this.nowMs(),
			wallTimeS: () => this.wallTimeS(),
			setWallTimeS: (wallTimeS) => this.setWallTimeS(wallTimeS),
		};
	}
}
