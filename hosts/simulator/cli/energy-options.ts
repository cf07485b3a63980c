import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type BoardName, presets } from "../board/presets.ts";
import { type CellName, cells, isCellName } from "../energy/cells.ts";
import { energyProfiles, radioOf } from "../energy/profiles.ts";
import { isRadioName, type RadioName, type RadioProfile, radioNames } from "../energy/radios.ts";
import { WrongUsage } from "./arguments.ts";

/** The flags about charge, as commander names them. */
export interface EnergyOptions {
	readonly cell?: CellName;
	readonly radio?: RadioName;
	/** A file. */
	readonly plot?: string;
}

/** What feeds the board where nobody says. */
export const usualCell: CellName = "2xaa";

const cellNames = Object.keys(cells);

/** Adds the flags to a command. */
export function addEnergyOptions(command: Command): Command {
	return command
		.addOption(
			new Option("--cell <name>", `what feeds the board: ${cellNames.join(", ")}; ${usualCell} without it`).argParser(
				readCell,
			),
		)
		.addOption(
			new Option(
				"--radio <name>",
				`what its radio draws: ${radioNames.join(", ")}, as the board has them; its usual one without`,
			).argParser(readRadio),
		)
		.option("--plot <file>", "draw the current over time and by cause into this SVG file");
}

function readCell(text: string): CellName {
	if (!isCellName(text)) throw new InvalidArgumentError(`Choose one of ${cellNames.join(", ")}.`);
	return text;
}

function readRadio(text: string): RadioName {
	if (!isRadioName(text)) throw new InvalidArgumentError(`Choose one of ${radioNames.join(", ")}.`);
	return text;
}

/** @throws WrongUsage for a radio that the board has not, and for a plot that can not be written */
export function checkEnergy({ board, radio, plot }: EnergyOptions & { readonly board: BoardName }): void {
	if (plot !== undefined && !existsSync(dirname(plot))) {
		throw new WrongUsage(`--plot: ${plot}: there is no such folder`);
	}
	if (radio === undefined || radioOf(board, radio) !== undefined) return;
	const has = energyProfiles[board].radios.map(({ name }) => name).join(", ");
	throw new WrongUsage(`--radio: ${presets[board].title} has ${has}`);
}

/** What is asked for; undefined: the usual one. */
export function radioAskedFor({
	board,
	radio,
}: EnergyOptions & { readonly board: BoardName }): RadioProfile | undefined {
	return radio === undefined ? undefined : radioOf(board, radio);
}
