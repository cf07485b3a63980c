import type { BoardName } from "../board/presets.ts";
import { type CellName, cells, lifeYears } from "../energy/cells.ts";
import { type Cause, type CauseAccount, type Charge, type ChargeState, chargeStates, sum } from "../energy/charge.ts";
import { causeNames, type Habit, habits, stateNames } from "../energy/habits.ts";
import type { EnergyMeter } from "../energy/meter.ts";
import { energyProfiles } from "../energy/profiles.ts";
import { grouped } from "./report.ts";

/** What a run drew, and what for. The names are public. */
export interface EnergyReport {
	/** At which the currents hold. */
	readonly volts: number;
	readonly radio: string;
	readonly millicoulombs: number;
	readonly meanMicroamperes: number;
	/** Dearest first. */
	readonly causes: readonly CauseReport[];
	/** The same charge by what drew it, dearest first. */
	readonly states: readonly { readonly state: ChargeState; readonly millicoulombs: number; readonly share: number }[];
	readonly cell: {
		readonly name: CellName;
		readonly title: string;
		readonly milliampereHours: number;
		/** At the mean of this run; absent when nothing was drawn. */
		readonly years?: number;
	};
	/** With how long the cell would last without each. */
	readonly habits: readonly (Habit & { readonly yearsWithout?: number })[];
}

interface CauseReport {
	readonly cause: Cause;
	readonly millicoulombs: number;
	readonly share: number;
	readonly datagrams: number;
	readonly bytes: number;
	readonly times: number;
	/** States that drew nothing are left out. */
	readonly states: Partial<Charge>;
}

/** @param energy is brought up to `ranMs` */
export function energyReport(board: BoardName, energy: EnergyMeter, ranMs: number, cell: CellName): EnergyReport {
	const { account, radio } = energy;
	account.advance(ranMs);
	const { totalMc } = account;
	const meanMa = ranMs === 0 ? 0 : totalMc / (ranMs / 1000);
	const years = lifeYears(cells[cell], meanMa);
	const dearest = (one: { millicoulombs: number }, other: { millicoulombs: number }) =>
		other.millicoulombs - one.millicoulombs;
	return {
		volts: energyProfiles[board].volts,
		radio: radio.name,
		millicoulombs: totalMc,
		meanMicroamperes: meanMa * 1000,
		causes: [...account.causes].map(([cause, it]) => causeReport(cause, it, totalMc)).sort(dearest),
		states: chargeStates
			.map((state) => {
				let millicoulombs = 0;
				for (const { charge } of account.causes.values()) millicoulombs += charge[state];
				return { state, millicoulombs, share: share(millicoulombs, totalMc) };
			})
			.filter(({ millicoulombs }) => millicoulombs > 0)
			.sort(dearest),
		cell: {
			name: cell,
			title: cells[cell].title,
			milliampereHours: cells[cell].mAh,
			...(Number.isFinite(years) ? { years } : {}),
		},
		habits: habits(account.causes).map((habit) => {
			const yearsWithout = lifeYears(cells[cell], meanMa * (1 - habit.share));
			return { ...habit, ...(Number.isFinite(yearsWithout) ? { yearsWithout } : {}) };
		}),
	};
}

function causeReport(cause: Cause, { charge, datagrams, bytes, times }: CauseAccount, totalMc: number): CauseReport {
	const millicoulombs = sum(charge);
	const states = Object.fromEntries(Object.entries(charge).filter(([, drawn]) => drawn > 0)) as Partial<Charge>;
	return { cause, millicoulombs, share: share(millicoulombs, totalMc), datagrams, bytes, times, states };
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** "12.3 mC", "1.23 C" */
export function chargeText(millicoulombs: number): string {
	if (millicoulombs >= 100_000) return `${grouped(millicoulombs / 1000)} C`;
	if (millicoulombs >= 1000) return `${(millicoulombs / 1000).toPrecision(3)} C`;
	return `${millicoulombs < 1 ? millicoulombs.toFixed(3) : millicoulombs.toPrecision(3)} mC`;
}

/** "12.3 µA", "1.23 mA" */
export function currentText(microamperes: number): string {
	if (microamperes >= 1000) return `${(microamperes / 1000).toPrecision(3)} mA`;
	return `${microamperes.toPrecision(3)} µA`;
}

const percent = (part: number) => (part > 0 && part < 0.0005 ? "< 0.1 %" : `${(part * 100).toFixed(1)} %`);

/** The same as lines for people. */
export function energyLines(report: EnergyReport): string[] {
	const { causes, states, cell, volts, radio } = report;
	const mean = currentText(report.meanMicroamperes);
	const row = (name: string, millicoulombs: number, part: number, datagrams: number) =>
		`    ${name.padEnd(24)}${chargeText(millicoulombs).padStart(12)}${percent(part).padStart(12)}` +
		`${(datagrams === 0 ? "" : grouped(datagrams)).padStart(12)}`;
	return [
		`  ${"Charge".padEnd(26)}${"drawn".padStart(12)}${"of all".padStart(12)}${"datagrams".padStart(12)}`,
		...causes.map((it) => row(causeNames[it.cause], it.millicoulombs, it.share, it.datagrams)),
		row("together", report.millicoulombs, 1, 0),
		`    in states               ${states.map((it) => `${stateNames[it.state]} ${percent(it.share)}`).join(", ")}`,
		`    mean current            ${mean} at ${volts} V, radio ${radio}`,
		`    life                    ${lifeText(cell.years)} on ${cell.title}, ${grouped(cell.milliampereHours)} mAh`,
		"  The dearest habits",
		...report.habits.map(
			({ text, yearsWithout }, index) => `    ${index + 1}. ${text} Without it: ${lifeText(yearsWithout)}.`,
		),
	];
}

/** What makers of lithium primaries promise at most, on a shelf. */
const shelfYears = 25;

function lifeText(years: number | undefined): string {
	if (years === undefined) return "for ever";
	if (years > shelfYears) return `more than ${shelfYears} years`;
	if (years >= 2) return `${years.toFixed(1)} years`;
	const days = years * 365.25;
	return days >= 2 ? `${days.toPrecision(3)} days` : `${(days * 24).toPrecision(3)} hours`;
}
