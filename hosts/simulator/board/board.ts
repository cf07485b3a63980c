import { HostFailure, type LogRecord, type ResetCause, type WakeReason } from "../../../modules/host.ts";
import { Chance } from "../chance.ts";
import type { EnergyMeter } from "../energy/meter.ts";
import { DeviceFailure } from "../engine/failure.ts";
import type { DeviceEvent } from "../engine/ports.ts";
import { BoardClock } from "./board-clock.ts";
import { BoardLink } from "./board-link.ts";
import type { BoardMachine, BoardOptions } from "./board-options.ts";
import { type BoardParts, boardPorts, meterOf } from "./board-ports.ts";
import { BoardSleep, type SleepOrder } from "./board-sleep.ts";
import { BoardBoot, usualRules } from "./boot.ts";
import { FactoryPartition } from "./factory-partition.ts";
import { failureFields, isDeviceFailure } from "./failure-fields.ts";
import { type FlashChip, PowerCut } from "./flash.ts";
import { Ledger } from "./ledger.ts";
import type { BoardPreset } from "./presets.ts";
import { isCut, Rail } from "./rail.ts";
import { RetainedRam } from "./retained.ts";
import { anyImage, SlotRefused } from "./slots.ts";
import { BoardSockets } from "./sockets.ts";

export type { BoardMachine, BoardOptions, MachineFigures, MakeMachine } from "./board-options.ts";

/** asleep: in deep sleep, without a machine; light sleep is a way of running. */
export type BoardState = "off" | "running" | "asleep" | "failed";

/** Boot loader and system: a round number between an nRF52840's (some 10 ms) and an ESP32's (some 300 ms). */
const rebootMs = 100;

/**
 * One board: power, flash, clock, radio and chance around a machine that runs the image in its slot. Everything
 * happens in turns: the board wakes the machine with one event, the machine runs until it has nothing to do, and what
 * it asked for (restart, off) happens behind that turn.
 */
export class Board<M extends BoardMachine = BoardMachine> {
	readonly name: string;
	readonly preset: BoardPreset;
	readonly flash: FlashChip;
	readonly ledger = new Ledger();
	/** What it draws, and what for. */
	readonly energy: EnergyMeter;
	/** Where a test cuts this board. */
	readonly rail: Rail;
	/** RAM that outlives every reset but the loss of power. */
	readonly retained: RetainedRam;
	/** Its way to the network. */
	readonly link: BoardLink;
	readonly #options: BoardOptions<M>;
	readonly #sockets: BoardSockets;
	readonly #boot: BoardBoot;
	readonly #weatherSeed: number;
	readonly #clock: BoardClock;
	readonly #sleep: BoardSleep;
	readonly #parts: BoardParts<M>;
	#state: BoardState = "off";
	#isNewlyProgrammed = false;
	#machine: M | undefined;
	#computronsBefore = 0;
	#isInTurn = false;
	#afterTurn: "nothing" | "restart" | "off" = "nothing";
	#clearAlarm: () => void = () => {};
	#clearReboot: () => void = () => {};
	#card: Uint8Array | undefined;

	constructor(options: BoardOptions<M>) {
		this.name = options.name;
		this.preset = options.preset;
		this.flash = options.flash;
		this.#options = options;
		this.#weatherSeed = options.chance.below(0x100000000);
		const { preset, flash, time, rtc = "running" } = options;
		this.energy = meterOf(options);
		this.link = new BoardLink(time, (news, event) => {
			if (event !== undefined) this.#say({ event });
			if (!this.#sockets.isDeaf) this.#dispatch(news());
		});
		this.rail = new Rail(flash);
		this.retained = new RetainedRam(preset.sleep.retainedBytes, new Chance(this.#weatherSeed), this.rail);
		this.#clock = new BoardClock({ time, rtc, goesOnThrough: preset.sleep.clockGoesOnThrough });
		this.#sleep = new BoardSleep({ time, clock: this.#clock, rail: this.rail, longestMs: preset.sleep.longestMs });
		this.#boot = new BoardBoot({
			flash: options.flash,
			map: options.preset.map,
			images: options.bootImages ?? anyImage,
			rules: options.rules ?? usualRules,
			time: options.time,
			say: (record) => this.#say(record),
			bite: () => this.reset("watchdog"),
			onFlash: (bytes, erases) => this.energy.flash(bytes, erases, "firmware"),
		});
		this.#card = options.smartCard;
		this.#sockets = new BoardSockets({
			network: options.network,
			address: options.address,
			ledger: this.ledger,
			rail: this.rail,
			energy: this.energy,
			link: this.link,
			onWake: () => this.#hear(undefined),
			onReadable: (socket, count) => this.#dispatch({ kind: "readable", socket, count }),
			onUnreachable: (socket, { host, port }) => this.#dispatch({ kind: "unreachable", socket, host, port }),
			onRefused: (why) => this.#say({ event: "socketRefused", why }),
		});
		this.#parts = this.#partsOf(options);
	}

	get state(): BoardState {
		return this.#state;
	}

	/** The machine while the board runs, or the failed one for a look at its figures. */
	get machine(): M | undefined {
		return this.#machine;
	}

	/**
	 * Puts an image into slot A with a programmer, and makes the boot loader forget what was; unless one of the slots
	 * holds it already. The board must be off.
	 * @returns whether it had to be written
	 * @throws SlotRefused when it does not fit
	 */
	program(image: Uint8Array): boolean {
		const { a, b } = this.#boot.slots;
		const { offset, sizeBytes } = this.preset.map.boot;
		this.#isNewlyProgrammed = image.length > a.sizeBytes || !(a.holds(image) || b.holds(image));
		if (!this.#isNewlyProgrammed) return false;
		a.program(image);
		this.flash.clear(offset, sizeBytes);
		return true;
	}

	/** What the boot loader decided at the last reset, and what it remembers. */
	get bootLoader(): BoardBoot["loader"] {
		return this.#boot.loader;
	}

	/** Whether program() had to write. */
	get isNewlyProgrammed(): boolean {
		return this.#isNewlyProgrammed;
	}

	powerOn(): void {
		if (this.#state === "running" || this.#state === "asleep") return;
		this.retained.scramble();
		this.#reboot("powerOn");
	}

	/** Resets the running board, as its reset pin or its watchdog do. */
	reset(cause: ResetCause): void {
		if (this.#isInTurn) throw new Error("a reset out of the board's own turn");
		this.#drop("off");
		this.#reboot(cause);
	}

	/**
	 * The power goes now: RAM is lost, the flash stays as it is. To cut inside a flash operation, use flash.cutAt.
	 * @throws PowerCut when called out of the board's own turn (onEvent): that is what unwinds the running device; let
	 * it pass
	 */
	cutPower(): void {
		if (this.#isInTurn) throw new PowerCut("power cut");
		this.#losePower();
		this.#say({ event: "powerCut" });
	}

	/** As FactoryPartition.write(). The board must be off. */
	provision(record: Uint8Array): void {
		new FactoryPartition(this.flash, this.preset.map.factory).write(record);
	}

	/** Puts a smart card with this EF LwM2M_Bootstrap (LwM2M Core 1.2 Appendix G.3.3) in place of what was there. */
	insertCard(file: Uint8Array): void {
		this.#changeCard(file);
	}

	/** Takes the card out. */
	removeCard(): void {
		this.#changeCard(undefined);
	}

	#changeCard(file: Uint8Array | undefined): void {
		if (this.#options.hasCardReader !== true) throw new HostFailure("this board has no reader for smart cards");
		this.#card = file;
		this.#say({ event: file === undefined ? "cardRemoved" : "cardInserted" });
		this.#dispatch({ kind: "smartCard" });
	}

	/** Ends the board without a word: for taking a world down. */
	switchOff(): void {
		this.#drop("off");
	}

	/**
	 * A pin rises: it ends a sleep, boots what is in deep sleep or was put off by sleep(), and is an event to what runs.
	 */
	wake(reason: Exclude<WakeReason, "alarm"> = "pin"): void {
		if (this.#state === "asleep" || (this.#state === "off" && this.#sleep.depth === "off")) this.#rouse(reason);
		else if (this.#state === "running") {
			this.#hear(reason);
			this.#dispatch({ kind: "pin" });
		}
	}

	/** How deep the board sleeps between its turns. */
	get depth(): SleepOrder["depth"] {
		return this.#sleep.depth;
	}

	/**
	 * Tells the device that power will go soon; it de-registers, saves, and goes off by itself. One in deep sleep goes
	 * off without a word.
	 */
	shutDown(): void {
		if (this.#state === "asleep") {
			this.#losePower();
			this.#say({ event: "off" });
			return;
		}
		this.#dispatch({ kind: "shutDown" });
	}

	/** Milliseconds that the processor worked, by the preset's speed. */
	get awakeMs(): number {
		return Math.round(this.ledger.computrons / this.preset.computronsPerMs);
	}

	#losePower(): void {
		this.#clock.losePower();
		this.#drop("off");
		this.#boot.drop(true);
	}

	/** The radio hears again, and the program finds out why. */
	#hear(reason: WakeReason | undefined): void {
		this.#sleep.end(reason);
		this.energy.rest("idle");
		this.#sockets.setDeaf(false);
		this.link.awake();
	}

	/** Out of deep sleep. */
	#rouse(reason: WakeReason): void {
		this.#drop("off");
		this.#sleep.end(reason);
		this.#reboot("deepSleep");
	}

	#reboot(resetCause: ResetCause): void {
		this.ledger.boots++;
		const clockWentOn = this.#clock.boot(resetCause);
		this.energy.boot(resetCause === "powerOn");
		this.#computronsBefore = 0;
		this.#state = "running";
		this.#turn(() => {
			const slot = this.#boot.start(resetCause);
			this.#machine = this.#options.makeMachine(slot, this.preset, boardPorts(this.#parts, resetCause, clockWentOn));
			this.#machine.boot();
		});
	}

	/** The alarm goes off; where a sleep ends at the same moment, that comes first. */
	#ring(): void {
		if (this.#sleep.isOver) this.#hear("alarm");
		this.#dispatch({ kind: "alarm" });
	}

	#dispatch(event: DeviceEvent | undefined): void {
		const machine = this.#machine;
		if (event !== undefined && this.#state === "running" && machine !== undefined)
			this.#turn(() => machine.dispatch(event));
	}

	#turn(run: () => void): void {
		if (this.#isInTurn) throw new Error("a turn inside a turn: the network or the clock called back synchronously");
		this.#isInTurn = true;
		this.#afterTurn = "nothing";
		this.ledger.turns++;
		let failure: unknown;
		try {
			run();
		} catch (error) {
			failure = error;
		}
		this.#isInTurn = false;
		this.#account();
		if (failure !== undefined) this.#fail(failure);
		else this.#endTurn();
	}

	#account(): void {
		const figures = this.#machine?.figures();
		if (figures === undefined) return;
		const computrons = figures.computrons - this.#computronsBefore;
		this.#computronsBefore = figures.computrons;
		this.ledger.computrons += computrons;
		this.ledger.note(figures);
		this.energy.endTurn(computrons / this.preset.computronsPerMs);
	}

	#endTurn(): void {
		if (this.#afterTurn === "off") {
			this.#drop("off");
			this.#boot.drop(true);
			this.#say({ event: "off" });
		} else if (this.#afterTurn === "restart") {
			this.#drop("off");
			this.#rebootSoon("restart");
		} else this.#fallAsleep(this.#sleep.takeOrder());
	}

	#fallAsleep(order: SleepOrder | undefined): void {
		if (order === undefined || order.depth === "idle") return;
		if (order.depth === "light") {
			this.#sockets.setDeaf(true);
			this.energy.rest("light");
			this.#sleep.fall(order, () => this.#hear("alarm"));
			return;
		}
		this.#drop(order.depth === "off" ? "off" : "asleep");
		this.energy.rest(order.depth);
		this.#sleep.fall(order, () => this.#rouse("alarm"));
		if (order.depth === "off") this.#say({ event: "off" });
	}

	#fail(failure: unknown): void {
		if (isCut(failure)) {
			if (this.rail.takeStroke() === "reset") {
				this.#drop("off");
				this.#rebootSoon("watchdog");
			} else this.cutPower();
			return;
		}
		const machine = this.#machine;
		const restarts =
			!(failure instanceof SlotRefused) && (this.#boot.isTrial || this.#options.afterFailure === "reset");
		this.#drop(restarts ? "off" : "failed");
		if (!isDeviceFailure(failure)) throw failure; // the simulator's own bug
		const isHanging = failure instanceof DeviceFailure && failure.reason === "tooMuchComputation";
		if (restarts) this.#rebootSoon(isHanging ? "watchdog" : "crash");
		else this.#machine = machine; // for its figures; it does not run any more
		this.#say({ event: "deviceFailed", ...failureFields(failure), ...(restarts ? { restarts } : {}) });
	}

	#rebootSoon(cause: ResetCause): void {
		const { time } = this.#options;
		this.#clearReboot = time.at(time.nowMs() + rebootMs, () => this.#reboot(cause));
	}

	#drop(state: BoardState): void {
		this.#state = state;
		if (state !== "failed") this.#machine?.release?.();
		this.#machine = undefined;
		this.#clearAlarm();
		this.#clearReboot();
		this.#sleep.drop();
		this.energy.rest("off");
		this.#boot.drop(false);
		this.#sockets.closeAll();
	}

	#say(record: LogRecord): void {
		this.#options.onEvent(record);
	}

	/** What a program reaches, over all boots. */
	#partsOf(options: BoardOptions<M>): BoardParts<M> {
		return {
			options,
			clock: this.#clock,
			sockets: this.#sockets,
			sleep: this.#sleep,
			retained: this.retained,
			rail: this.rail,
			energy: this.energy,
			boot: this.#boot,
			weatherSeed: this.#weatherSeed,
			link: this.link,
			card: () => this.#card,
			say: (record) => this.#say(record),
			setAlarm: (atMs) => this.#setAlarm(atMs),
			resolve: (name) => {
				const asking = this.#machine;
				options.network.resolve(name, (hosts) => {
					if (this.#machine === asking) this.#dispatch({ kind: "resolved", name, hosts });
				});
			},
			afterTurn: (what) => {
				this.#afterTurn = what;
			},
		};
	}

	#setAlarm(atMs: number | undefined): void {
		this.#clearAlarm();
		const isNone = atMs === undefined || !Number.isFinite(atMs);
		this.#clearAlarm = isNone ? () => {} : this.#options.time.at(this.#clock.inWorldMs(atMs), () => this.#ring());
	}
}
