import type { LogRecord, ResetCause } from "../../../modules/host.ts";
import { EnergyMeter } from "../energy/meter.ts";
import { breakEvenMs, energyProfiles } from "../energy/profiles.ts";
import type { BoardPorts } from "../engine/ports.ts";
import { accelerator } from "./accelerator.ts";
import type { BoardClock } from "./board-clock.ts";
import type { BoardLink } from "./board-link.ts";
import type { BoardMachine, BoardOptions } from "./board-options.ts";
import type { BoardSleep } from "./board-sleep.ts";
import type { BoardBoot } from "./boot.ts";
import { fusesOf } from "./factory-partition.ts";
import { flashPorts } from "./flash-ports.ts";
import { modPorts } from "./mods.ts";
import type { Rail } from "./rail.ts";
import type { RetainedRam } from "./retained.ts";
import { anyImage } from "./slots.ts";
import type { BoardSockets } from "./sockets.ts";
import { temperatureAt } from "./thermometer.ts";

/** The parts of a board that its program reaches, and what the board itself does for it. */
export interface BoardParts<M extends BoardMachine> {
	readonly options: BoardOptions<M>;
	readonly clock: BoardClock;
	readonly sockets: BoardSockets;
	readonly sleep: BoardSleep;
	readonly retained: RetainedRam;
	readonly rail: Rail;
	readonly energy: EnergyMeter;
	readonly boot: BoardBoot;
	readonly weatherSeed: number;
	readonly link: BoardLink;
	/** The bootstrap file of the card in the reader. */
	card(): Uint8Array | undefined;
	say(record: LogRecord): void;
	setAlarm(atMs: number | undefined): void;
	resolve(name: string): void;
	/** What is to happen behind the turn. */
	afterTurn(what: "restart" | "off"): void;
}

/**
 * What the reference device works for a wake from deep sleep, saving its state included: 446,000 without DTLS and
 * 559,000 with it, measured with src/main.ts (a notification each).
 */
const startComputrons = 500_000;

/** What a board draws, and what for. */
export function meterOf<M extends BoardMachine>({ preset, radio, timeline, time }: BoardOptions<M>): EnergyMeter {
	return new EnergyMeter({
		board: preset.name,
		...(radio === undefined ? {} : { radio }),
		...(timeline === undefined ? {} : { timeline }),
		nowMs: () => time.nowMs(),
	});
}

/** What the machine of one boot calls. */
export function boardPorts<M extends BoardMachine>(
	parts: BoardParts<M>,
	resetCause: ResetCause,
	clockWentOn: boolean,
): BoardPorts {
	const { options, clock, sockets, sleep, retained, rail, energy } = parts;
	const { time, chance, preset, flash, factory, bootImages = anyImage, hasCardReader = false } = options;
	const { computronsPerMs } = preset;
	const slots = parts.boot.ports();
	const mods = modPorts(flash, preset.map.mods, bootImages);
	const flashWork = (bytes: number, erases: number) => {
		rail.flash(Math.max(1, erases));
		energy.flash(bytes, erases, "settings");
	};
	return {
		...clock.ports(),
		setAlarm: (atMs) => parts.setAlarm(atMs),
		dice: (bound) => chance.below(bound),
		fillEntropy: options.fillEntropy,
		...(preset.accelerator ? { accelerator: energy.listening(accelerator) } : {}),
		log: (json) => parts.say(JSON.parse(json) as LogRecord),
		print: (text) => options.onPrint?.(text),
		...sockets.ports(),
		resolve: (name) => parts.resolve(name),
		...flashPorts(flash, preset.map, parts.card, flashWork),
		...retained.ports(),
		...(slots === undefined ? {} : { slots }),
		...(mods === undefined ? {} : { mods }),
		...sleep.ports(),
		restart: () => parts.afterTurn("restart"),
		off: () => parts.afterTurn("off"),
		temperature: () => temperatureAt(parts.weatherSeed, time.nowMs()),
		bootRecordJson: JSON.stringify({
			platform: preset.name,
			resetCause,
			clockWentOn,
			deepPaysMs: Math.round(breakEvenMs(energyProfiles[preset.name], energy.radio, startComputrons / computronsPerMs)),
			factory,
			hasCardReader,
			link: parts.link.boot(),
			...(preset.accelerator ? { deviceKey: fusesOf(preset) } : {}),
			...(slots === undefined ? {} : { slots: JSON.parse(slots.recordJson) }),
		}),
	};
}
