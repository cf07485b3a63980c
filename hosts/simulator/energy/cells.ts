import { frozen } from "../../../modules/frozen.ts";

/** What feeds a board. */
export interface Cell {
	readonly title: string;
	/** Rated capacity at a low drain, milliampere-hours. */
	readonly mAh: number;
	/** How much of it a board gets before its voltage is too low. */
	readonly usable: number;
	/** Lost by itself in a year, of what is left. */
	readonly selfDischarge: number;
}

export type CellName = "cr2032" | "2xaa" | "er14505" | "er34615" | "18650";

/**
 * From makers' data sheets: Energizer CR2032 (235 mAh to 2 V) and L91 (AA lithium, 3,500 mAh at 25 mA; two in series),
 * Saft LS 14500 (2.6 Ah) and LS 33600 (17 Ah), Panasonic NCR18650B (3,350 mAh). Self-discharge: 1 % a year and less for
 * lithium primaries, 2 to 3 % a month for lithium ion. `usable` is assumed.
 */
export const cells: { readonly [name in CellName]: Cell } = frozen({
	cr2032: { title: "CR2032", mAh: 235, usable: 0.85, selfDischarge: 0.01 },
	"2xaa": { title: "two AA, lithium", mAh: 3500, usable: 0.9, selfDischarge: 0.006 },
	er14505: { title: "AA, Li-SOCl2", mAh: 2600, usable: 0.85, selfDischarge: 0.01 },
	er34615: { title: "D, Li-SOCl2", mAh: 17_000, usable: 0.85, selfDischarge: 0.01 },
	"18650": { title: "18650, lithium ion", mAh: 3350, usable: 0.9, selfDischarge: 0.25 },
});

const hoursInYear = 8766;

/**
 * How long the cell lasts at a mean current, years; it loses by itself what it has not given. The solution of
 * dC/dt = -I - s·C with C(0) = usable capacity.
 */
export function lifeYears({ mAh, usable, selfDischarge }: Cell, meanMa: number): number {
	const capacity = mAh * usable;
	const rate = -Math.log(1 - selfDischarge);
	const yearlyMah = meanMa * hoursInYear;
	if (yearlyMah <= 0) return Infinity;
	return rate === 0 ? capacity / yearlyMah : Math.log(1 + (rate * capacity) / yearlyMah) / rate;
}

export function isCellName(name: string): name is CellName {
	return Object.hasOwn(cells, name);
}
