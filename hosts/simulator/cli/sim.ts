import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { HostFailure } from "../../../modules/host.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import type { Board } from "../board/board.ts";
import { FlashChip } from "../board/flash.ts";
import { FlashFileRefused, openFlashFile } from "../board/flash-file.ts";
import { loadDevice } from "../board/loader.ts";
import { type BoardName, presets } from "../board/presets.ts";
import { SlotRefused } from "../board/slots.ts";
import { Timeline } from "../energy/timeline.ts";
import type { Machine } from "../engine/machine.ts";
import { type Device, World, type WorldEvent } from "../world.ts";
import { type AccountOptions, accountsFor, accountsText, bytesOf, checkAccounts } from "./accounts.ts";
import { serversOf, WrongUsage } from "./arguments.ts";
import { hasCredentials } from "./credentials.ts";
import { checkEnergy, type EnergyOptions, radioAskedFor, usualCell } from "./energy-options.ts";
import { binMsFor, energyPlot } from "./energy-plot.ts";
import { type EnergyReport, energyLines, energyReport } from "./energy-report.ts";
import { eventLine } from "./event-line.ts";
import { Interrupt, unlessAsked, within } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { boardReport, durationText, type Report, reportLines } from "./report.ts";
import { runScenario, type ScenarioName } from "./scenario.ts";
import { checkSleep, type SleepOptions, sleepOf } from "./sleep-options.ts";

export interface SimOptions extends AccountOptions, SleepOptions, EnergyOptions {
	readonly lwm2m?: EnablerVersion;
	readonly endpoint?: string;
	readonly board: BoardName;
	readonly seed?: number;
	readonly flash?: string;
	readonly realTime?: boolean;
	readonly json?: boolean;
	readonly scenario?: ScenarioName;
}

/**
 * How long a board may take to say good-bye: one lost datagram's worth (RFC 7252 §4.8.2: ACK_TIMEOUT ×
 * ACK_RANDOM_FACTOR)
 */
const farewellMs = 3000;

/** After so long without an answer, people are told. */
const hintMs = 5000;

/** `dormouse sim`: one board, until its time is over or Ctrl-C. @throws WrongUsage */
export async function run(options: SimOptions, output: Output): Promise<ExitStatus> {
	const { scenario } = options;
	if (scenario !== undefined) return runScenario({ ...options, scenario }, output);
	checkAccounts(options);
	checkSleep(options);
	checkEnergy(options);
	const flash = openFlash(options);
	const interrupt = new Interrupt();
	try {
		const device = await unlessAsked(interrupt, loadDevice({ onProgress: buildProgress(output) }));
		if (device === undefined) {
			output.err("Stopped before there was a board.");
			return 0;
		}
		return await simulate(options, { flash, device, output, interrupt });
	} finally {
		interrupt.close();
		flash.close();
	}
}

export interface Surroundings {
	readonly flash: FlashChip;
	readonly device: Device<Machine>;
	readonly output: Output;
	readonly interrupt: Interrupt;
}

/** Runs one board on what is given, to its end. */
export function simulate(options: SimOptions, surroundings: Surroundings): Promise<ExitStatus> {
	return new Simulation(options, surroundings).run(surroundings.interrupt);
}

function openFlash({ flash, board }: SimOptions): FlashChip {
	const { flash: geometry } = presets[board];
	if (flash === undefined) return new FlashChip(geometry);
	try {
		return openFlashFile(flash, geometry);
	} catch (error) {
		if (error instanceof FlashFileRefused) throw new WrongUsage(`--flash: ${error.message}`, { cause: error });
		throw error;
	}
}

/** What a run came to; the last line of --json. */
interface SimReport extends Report {
	readonly energy: EnergyReport;
}

class Simulation {
	readonly #options: SimOptions;
	readonly #output: Output;
	readonly #device: Device<Machine>;
	readonly #flash: FlashChip;
	readonly #world: World<Machine>;
	readonly #counts = new Map<string, number>();
	readonly #ended: Promise<void>;
	#end: () => void = () => {};
	#hasEnded = false;
	readonly #timeline: Timeline | undefined;

	constructor(options: SimOptions, { flash, device, output }: Surroundings) {
		this.#options = options;
		this.#output = output;
		this.#timeline = options.plot === undefined ? undefined : timelineFor(options.for);
		this.#device = device;
		this.#flash = flash;
		this.#ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		const worldOptions = {
			seed: options.seed ?? randomInt(0x100000000),
			device,
			onEvent: (event: WorldEvent) => this.#hear(event),
			onPrint: (text: string) => output.err(`device: ${text.trimEnd()}`),
		};
		this.#world = options.for === undefined ? World.real(worldOptions) : World.virtual(worldOptions);
	}

	async run(interrupt: Interrupt): Promise<ExitStatus> {
		try {
			const board = await this.#prepare();
			board.powerOn();
			if (this.#options.for === undefined) await this.#runReal(board, interrupt);
			else await this.#runVirtual(board, interrupt, this.#options.for);
			this.#report(board);
			return board.state === "failed" ? 1 : 0;
		} finally {
			this.#world.close();
		}
	}

	async #prepare(): Promise<Board<Machine>> {
		const {
			board: name,
			endpoint,
			lifetime,
			lwm2m,
			flash: file,
			factory: recordFile,
			smartCard: cardFile,
		} = this.#options;
		const { seed } = this.#world;
		const err = (text: string) => this.#output.err(text);
		const endpointName = endpoint ?? `dormouse-${seed}`;
		const factoryRecord = bytesOf("--factory", recordFile);
		const smartCard = bytesOf("--smart-card", cardFile);
		const accounts = await accountsFor(this.#options, this.#world, endpointName, err);
		const sleep = sleepOf(this.#options);
		const factory = {
			// A record has a name for the board: what the command line says wins, what was drawn does not.
			...(recordFile !== undefined && endpoint === undefined ? {} : { endpointName }),
			...accounts,
			...(lifetime === undefined ? {} : { lifetimeS: lifetime }),
			...(lwm2m === undefined ? {} : { enabler: lwm2m }),
			...(sleep === undefined ? {} : { sleep }),
		};
		const preset = presets[name];
		const radio = radioAskedFor(this.#options);
		const lasting =
			this.#options.for === undefined ? "until Ctrl-C" : `for ${durationText(this.#options.for)} of virtual time`;
		err(
			`${preset.title} as "${factory.endpointName ?? "its record says"}" with ${accountsText(accounts)}, ` +
				`${lasting}; --seed ${seed}`,
		);
		try {
			const board = this.#world.addBoard({
				preset,
				factory,
				flash: this.#flash,
				...(radio === undefined ? {} : { radio }),
				...(this.#timeline === undefined ? {} : { timeline: this.#timeline }),
				...(factoryRecord === undefined ? {} : { factoryRecord }),
				...(smartCard === undefined ? {} : { smartCard }),
			});
			if (file !== undefined)
				err(`${file}: ${board.isNewlyProgrammed ? "the image was written to slot A" : "holds this image already"}`);
			return board;
		} catch (error) {
			if (error instanceof HostFailure) throw new WrongUsage(`--factory: ${error.message}`, { cause: error });
			if (error instanceof SlotRefused) throw new WrongUsage(`${name}: ${error.message}`, { cause: error });
			throw error;
		}
	}

	async #runVirtual(board: Board<Machine>, interrupt: Interrupt, durationMs: number): Promise<void> {
		const breathe = () => this.#output.drained();
		await this.#world.run(durationMs, { breathe, isOver: () => this.#hasEnded || interrupt.isAsked });
		if (!interrupt.isAsked || this.#hasEnded) return;
		board.shutDown();
		await this.#world.run(this.#world.time.nowMs() + farewellMs, { isOver: () => this.#hasEnded });
	}

	async #runReal(board: Board<Machine>, interrupt: Interrupt): Promise<void> {
		const hint = setTimeout(() => this.#hint(), hintMs);
		await Promise.race([interrupt.asked, this.#ended]);
		clearTimeout(hint);
		if (this.#hasEnded) return;
		this.#output.err("De-registering; Ctrl-C again ends at once.");
		board.shutDown();
		if (await within(farewellMs, this.#ended)) return;
		this.#output.err("The server did not answer in time: the board is switched off without its good-bye.");
	}

	/**
	 * The protocol gives a silent server a minute and a half before a try has failed: long, for a person who mistyped
	 * an address.
	 */
	#hint(): void {
		if (this.#counts.has("registered") || this.#counts.has("registrationFailed")) return;
		const keys = hasCredentials(this.#options) ? ", or none that fits the keys" : "";
		const { bootstrap } = this.#options;
		const asked = bootstrap === undefined || bootstrap === "own" ? [] : [bootstrap];
		const servers = [...serversOf(this.#options.server), ...asked].join(" or ") || "the server";
		this.#output.err(`No answer from ${servers} so far${keys}; the board goes on trying. Ctrl-C ends it.`);
	}

	#hear(event: WorldEvent): void {
		this.#counts.set(event.event, (this.#counts.get(event.event) ?? 0) + 1);
		this.#output.out(this.#options.json ? JSON.stringify(event) : eventLine(event, this.#output));
		if (event.event === "off" || (event.event === "deviceFailed" && event.restarts !== true)) {
			this.#hasEnded = true;
			this.#end();
		}
		if (event.event === "deviceFailed") this.#output.err(`The device failed: ${failureText(event)}`);
	}

	#report(board: Board<Machine>): void {
		const image = this.#device.imageFor?.(board.preset) ?? this.#device.image;
		const report: SimReport = {
			event: "report",
			seed: this.#world.seed,
			ranMs: this.#world.time.nowMs(),
			time: this.#options.for === undefined ? "real" : "virtual",
			image: { version: image.version, sha256: image.hash, bytes: image.bytes.length },
			...boardReport(board),
			energy: energyReport(board.preset.name, board.energy, this.#world.time.nowMs(), this.#options.cell ?? usualCell),
			events: Object.fromEntries(this.#counts),
		};
		if (this.#options.json) this.#output.out(JSON.stringify({ t: report.ranMs, ...report }));
		else {
			const lines = [...reportLines(report, this.#output.bold), ...energyLines(report.energy)];
			for (const line of lines) this.#output.out(line);
		}
		this.#plot(report);
	}

	#plot({ energy, board, ranMs, seed }: SimReport): void {
		const { plot } = this.#options;
		if (plot === undefined || this.#timeline === undefined) return;
		const title = `${presets[board as BoardName].title}: ${durationText(ranMs)}, seed ${seed}`;
		try {
			writeFileSync(plot, energyPlot({ title, report: energy, timeline: this.#timeline, ranMs }));
		} catch (error) {
			throw new WrongUsage(`--plot: ${plot}: ${(error as Error).message}`, { cause: error });
		}
		this.#output.err(`${plot}: the current over time`);
	}
}

function timelineFor(durationMs: number | undefined): Timeline {
	return durationMs === undefined ? new Timeline() : new Timeline(binMsFor(durationMs));
}

function failureText({ t, event, reason, explanation, ...figures }: WorldEvent): string {
	const listed = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
	const why = explanation === undefined ? reason : `${reason}: ${explanation}`;
	return `${event} after ${durationText(t)}: ${why}${listed.length === 0 ? "" : ` (${listed.join(", ")})`}`;
}
