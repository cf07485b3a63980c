import { type Command, InvalidArgumentError, Option } from "commander";
import type { FactorySleep } from "../../../modules/host.ts";
import { readDuration, WrongUsage } from "./arguments.ts";

/** The flags about sleep, as commander names them; times in milliseconds. */
export interface SleepOptions {
	readonly queueMode?: boolean;
	readonly awake?: number | "measured";
	readonly sleep?: SleepLimit;
	readonly deepFrom?: number;
	readonly ahead?: number;
	readonly sampleEvery?: number;
	readonly notifyEvery?: number;
}

type SleepLimit = "idle" | "light" | "deep";

/** What means nothing where the board does not sleep. */
const needQueueMode = { awake: "--awake", sleep: "--sleep", deepFrom: "--deep-from", ahead: "--ahead" } as const;

/** Adds the flags to a command. */
export function addSleepOptions(command: Command): Command {
	return command
		.option("--queue-mode", "register in queue mode, and sleep between two messages")
		.addOption(
			new Option(
				"--awake <time>",
				'how long servers are heard after the last message (20s), or "measured": as long as they were seen to need; ' +
					"93s without it",
			).argParser(readAwake),
		)
		.addOption(new Option("--sleep <depth>", "no deeper than this").choices(["idle", "light", "deep"]))
		.addOption(
			new Option("--deep-from <time>", "deep sleep from so long on; the board's break-even without").argParser(
				readDuration,
			),
		)
		.addOption(
			new Option("--ahead <time>", "what is due within so long is said in a wake that talks anyway").argParser(
				readDuration,
			),
		)
		.addOption(new Option("--sample-every <time>", "how often the thermometer measures").argParser(readSeconds))
		.addOption(
			new Option(
				"--notify-every <time>",
				"the embedded server wants the temperature at this rhythm (pmin and pmax); from a minute to an hour without",
			).argParser(readSeconds),
		);
}

function readAwake(text: string): number | "measured" {
	if (text === "measured") return text;
	try {
		return readDuration(text);
	} catch (error) {
		if (!(error instanceof InvalidArgumentError)) throw error;
		throw new InvalidArgumentError('Say a time with its unit (20s, 500ms), or "measured".');
	}
}

/** Whole seconds, given back in milliseconds: what the device and its servers count in. */
function readSeconds(text: string): number {
	const durationMs = readDuration(text);
	if (durationMs % 1000 !== 0) throw new InvalidArgumentError("Give whole seconds.");
	return durationMs;
}

/** @throws WrongUsage for flags that mean nothing together */
export function checkSleep(options: SleepOptions & { readonly server?: unknown; readonly bootstrap?: string }): void {
	for (const [name, flag] of Object.entries(needQueueMode)) {
		if (options[name as keyof typeof needQueueMode] === undefined || options.queueMode === true) continue;
		throw new WrongUsage(`${flag} is about a board that sleeps: give --queue-mode, too`);
	}
	if (options.sleep !== undefined && options.sleep !== "deep" && options.deepFrom !== undefined) {
		throw new WrongUsage(`--deep-from has no say with --sleep ${options.sleep}: leave one of them out`);
	}
	if (options.notifyEvery !== undefined && options.server !== undefined) {
		throw new WrongUsage("--notify-every is what the embedded server wants: leave out --server, or leave it out");
	}
}

/** What the factory says of sleep; undefined: what the product says. */
export function sleepOf(options: SleepOptions): FactorySleep | undefined {
	const { queueMode, awake, sleep: deepest, deepFrom: deepFromMs, ahead: aheadMs, sampleEvery } = options;
	const says = {
		...(queueMode === undefined ? {} : { queueMode }),
		...(awake === undefined ? {} : { awake }),
		...(deepest === undefined ? {} : { deepest }),
		...(deepFromMs === undefined ? {} : { deepFromMs }),
		...(aheadMs === undefined ? {} : { aheadMs }),
		...(sampleEvery === undefined ? {} : { sampleEveryS: sampleEvery / 1000 }),
	};
	return Object.keys(says).length === 0 ? undefined : says;
}
