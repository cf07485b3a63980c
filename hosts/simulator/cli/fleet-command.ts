import { type Command, InvalidArgumentError, Option } from "commander";
import { readDuration, readSeed } from "./arguments.ts";

type Load = <Options>(file: string) => (options: Options) => Promise<void>;

/** `dormouse fleet`. */
export function addFleet(dormouse: Command, load: Load): void {
	dormouse
		.command("fleet")
		.description("many boards of all kinds, a lossy network, and a server that comes and goes: what must hold, holds")
		.addOption(new Option("--count <n>", "how many boards").default(100).argParser(readBetween(1, 10_000)))
		.addOption(
			new Option("--for <time>", "so long in virtual time (6h, 7d)").default(86_400_000, "1d").argParser(readDuration),
		)
		.addOption(
			new Option(
				"--seed <n>",
				"replays a run: same seed, same run, to the last byte; else drawn and printed",
			).argParser(readSeed),
		)
		.addOption(
			new Option("--dtls <percent>", "so many of 100 boards over DTLS").default(70).argParser(readBetween(0, 100)),
		)
		.addOption(
			new Option("--sleeping <percent>", "so many of 100 boards in queue mode, asleep between reports")
				.default(85)
				.argParser(readBetween(0, 100)),
		)
		.option("--json", "the report as one line of JSON on stdout, everything else on stderr")
		.addHelpText(
			"after",
			`
Checked all the time: no nonce twice, no registration lost for longer than its rules allow, no pmax missed, no schedule
that drifts, nothing lost that is to be stored, no memory that grows. A violation is told with the command that replays
it, and the status is 1. Ctrl-C ends the run with the report so far.

Examples:
  dormouse fleet --count 1000 --for 7d
  dormouse fleet --count 50 --for 30d --dtls 100 --seed 4711 --json`,
		)
		.action(load("./fleet.js"));
}

function readBetween(least: number, most: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (/^\d+$/.test(text) && value >= least && value <= most) return value;
		throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
	};
}
