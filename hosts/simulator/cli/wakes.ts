import type { WorldEvent } from "../world.ts";
import { durationText, grouped } from "./report.ts";

/** What a board woke up for, of deep sleep: the Object that was measured or told first. The names are public. */
export interface WakeReport {
	/** Absent: for no Object, and nothing was told. */
	readonly object?: number;
	readonly wakes: number;
	/** Payloads that were told. */
	readonly bytes: number;
	readonly awakeMs: number;
}

/** Sums the records "sleeping" of a device. */
export class Wakes {
	readonly #byObject = new Map<number | undefined, { wakes: number; bytes: number; awakeMs: number }>();

	hear({ event, object, bytes, awakeMs }: WorldEvent): void {
		if (event !== "sleeping" || typeof awakeMs !== "number") return;
		const key = typeof object === "number" ? object : undefined;
		const sum = this.#byObject.get(key) ?? { wakes: 0, bytes: 0, awakeMs: 0 };
		sum.wakes++;
		sum.bytes += typeof bytes === "number" ? bytes : 0;
		sum.awakeMs += awakeMs;
		this.#byObject.set(key, sum);
	}

	/** Those first that kept the board awake longest. */
	report(): WakeReport[] {
		return [...this.#byObject]
			.map(([object, sum]) => ({ ...(object === undefined ? {} : { object }), ...sum }))
			.sort((one, other) => other.awakeMs - one.awakeMs || other.wakes - one.wakes);
	}
}

/** The same as lines for people; none for a board that did not sleep. */
export function wakeLines(wakes: readonly WakeReport[]): string[] {
	if (wakes.length === 0) return [];
	return [
		"  Woken out of deep sleep for",
		...wakes.map(({ object, wakes, bytes, awakeMs }) => {
			const name = object === undefined ? "nothing to tell" : `Object ${object}`;
			const times = `${grouped(wakes)} ${wakes === 1 ? "time" : "times"}`;
			return `    ${name.padEnd(24)}${times}, ${grouped(bytes)} bytes told, ${durationText(awakeMs)} awake`;
		}),
	];
}
