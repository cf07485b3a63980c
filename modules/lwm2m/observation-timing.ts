import type { AttributeSet, OpenSet } from "./attributes.ts";

/** RFC 7641 §4.5: a Confirmable notification at least this often. */
const confirmableEveryMs = 24 * 3600 * 1000;

/** What the times of an observation are counted from. */
export interface Told {
	/** Something is to be told as soon as pmin allows. */
	readonly isPending: boolean;
	readonly notifiedAtMs: number;
	readonly confirmedAtMs: number;
}

/** What epmin and epmax are counted from. */
export interface Evaluated {
	/** undefined where neither is in force. */
	readonly evaluatedAtMs: number | undefined;
	/** A change waits for epmin. */
	readonly isUnseen: boolean;
}

/** When what may be done between two times is done: Waking (client-options.ts). */
export interface Between {
	dueMs(earliestMs: number, latestMs: number, periodMs: number): number;
}

/**
 * When the next notification is due: pmin after the last one if there is news, pmax after it in any case.
 * @param between says how much sooner than that, where it may be sooner
 */
export function notificationDueMs(told: Told, { pmin = 0, pmax = 0 }: AttributeSet, between?: Between): number {
	const earliestMs = told.isPending ? told.notifiedAtMs + pmin * 1000 : Infinity;
	// pmax below pmin is ignored (LwM2M Core 1.2 Table 7.3.2-1).
	const latestMs = pmax > 0 && pmax >= pmin ? told.notifiedAtMs + pmax * 1000 : Infinity;
	if (between === undefined || latestMs === Infinity) return Math.min(earliestMs, latestMs);
	return Math.min(earliestMs, between.dueMs(told.notifiedAtMs + pmin * 1000, latestMs, pmax * 1000));
}

/** When values are looked at again: epmin after the last time if something has changed, epmax in any case. */
export function evaluationDueMs(evaluated: Evaluated | undefined, { epmin = 0, epmax = 0 }: AttributeSet): number {
	if (evaluated?.evaluatedAtMs === undefined) return Infinity;
	const { evaluatedAtMs, isUnseen } = evaluated;
	const earliestMs = isUnseen ? evaluatedAtMs + epmin * 1000 : Infinity;
	return Math.min(earliestMs, epmax > 0 ? evaluatedAtMs + Math.max(epmin, epmax) * 1000 : Infinity);
}

/** Whether a notification at `nowMs` has to be Confirmable. */
export function isConfirmable(told: Told, { pmax = 0, con }: AttributeSet, nowMs: number): boolean {
	// The next one may come pmax later: if that were too late for the daily Confirmable one, this is it.
	return con === 1 || nowMs + pmax * 1000 - told.confirmedAtMs >= confirmableEveryMs;
}

/**
 * What holds for several paths told together (LwM2M Core 1.2 §6.4.4): none sooner than its pmin and epmin, none later
 * than its pmax and epmax; Confirmable if one of them is (Table 7.3.2-1); kept as long as the longest.
 */
export function together(sets: readonly AttributeSet[]): AttributeSet {
	const all: OpenSet = {};
	for (let index = 0; index < sets.length; index++) {
		const { pmin = 0, pmax = 0, epmin = 0, epmax = 0, con, hqmax } = sets[index]!;
		all.pmin = Math.max(all.pmin ?? 0, pmin);
		all.epmin = Math.max(all.epmin ?? 0, epmin);
		if (pmax > 0 && pmax >= pmin) all.pmax = Math.min(all.pmax ?? pmax, pmax);
		if (epmax > 0) all.epmax = Math.min(all.epmax ?? epmax, epmax);
		if (con !== undefined) all.con = Math.max(all.con ?? 0, con);
		if (hqmax !== undefined) all.hqmax = Math.max(all.hqmax ?? 0, hqmax);
	}
	return all;
}
