import type { BootRules } from "../../../modules/firmware/boot-decision.ts";
import { type Factory, HostFailure, type LogRecord, type ResetCause } from "../../../modules/host.ts";
import type { Chance } from "../chance.ts";
import { DeviceFailure } from "../engine/failure.ts";
import type { BoardPorts, DeviceEvent } from "../engine/ports.ts";
import type { Network } from "../network/network.ts";
import type { Timekeeper } from "../time.ts";
import { accelerator } from "./accelerator.ts";
import { BoardBoot, usualRules } from "./boot.ts";
import { FactoryPartition, fusesOf } from "./factory-partition.ts";
import { failureFields, isDeviceFailure } from "./failure-fields.ts";
import { type FlashChip, PowerCut } from "./flash.ts";
import { flashPorts } from "./flash-ports.ts";
import { Ledger } from "./ledger.ts";
import { modPorts } from "./mods.ts";
import type { BoardPreset } from "./presets.ts";
import { anyImage, type BootImages, type Slot, SlotRefused } from "./slots.ts";
import { BoardSockets } from "./sockets.ts";
import { temperatureAt } from "./thermometer.ts";

/** What a board needs of the engine's machine: one virtual machine, thrown away when the power goes. */
export interface BoardMachine {
	boot(): void;
	dispatch(event: DeviceEvent): void;
	figures(): MachineFigures;
}

/** What the board notes down of the engine's figures: the most since the machine began, and its work. */
export interface MachineFigures {
	readonly ramBytes: { readonly peak: number; readonly limit: number };
	readonly slots: { readonly peak: number };
	readonly slotBytes: number;
	readonly chunks: { readonly peak: number };
	readonly stack: { readonly peak: number };
	readonly keys: { readonly used: number };
	readonly computrons: number;
}

/**
 * Reads an image out of its slot, checks it, and makes the machine that runs it. @throws SlotRefused when it can not
 * be started
 */
export type MakeMachine<M extends BoardMachine> = (slot: Slot, preset: BoardPreset, ports: BoardPorts) => M;

export interface BoardOptions<M extends BoardMachine> {
	readonly name: string;
	readonly preset: BoardPreset;
	readonly time: Timekeeper;
	readonly network: Network;
	/** The board's own address; absent on a real network. */
	readonly address?: string;
	readonly flash: FlashChip;
	/** Dice, weather, torn bits. */
	readonly chance: Chance;
	/** Keys, nonces and tokens: seeded in a virtual world, the system's in a real one. */
	readonly fillEntropy: (bytes: Uint8Array) => void;
	readonly factory: Factory;
	readonly makeMachine: MakeMachine<M>;
	/** Whether there is a reader for smart cards; none when left out, and then no card either. */
	readonly hasCardReader?: boolean;
	/** The bootstrap file of the card that is in it at first. */
	readonly smartCard?: Uint8Array;
	/** How the boot loader reads slots; absent: it starts whatever lies in slot a. */
	readonly bootImages?: BootImages;
	/** How long an update may take to prove its worth; absent: usualRules. */
	readonly rules?: BootRules;
	/**
	 * What a crash or a hanging turn does. reset: the watchdog's reset, as on a real board. stop: the board stays as it
	 * is, for a look at it; but an image on trial is reset all the same. "stop" when left out.
	 */
	readonly afterFailure?: "stop" | "reset";
	/** A battery keeps the clock of "running" over power cuts; "unset" forgets the time with the power. */
	readonly rtc?: "running" | "unset";
	/** What the device logged, and what happened to the board itself. */
	onEvent(record: LogRecord, board: Board<M>): void;
	/** Console text of the device. */
	onPrint?(text: string, board: Board<M>): void;
}

export type BoardState = "off" | "running" | "failed";

/**
 * From reset to the first bytecode: boot loader and system; a round number between those of an nRF52840 (some 10 ms)
 * and an ESP32 (some 300 ms).
 */
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
	readonly #options: BoardOptions<M>;
	readonly #sockets: BoardSockets;
	readonly #boot: BoardBoot;
	readonly #weatherSeed: number;
	#state: BoardState = "off";
	#isNewlyProgrammed = false;
	#machine: M | undefined;
	#computronsBefore = 0;
	#isInTurn = false;
	#afterTurn: "nothing" | "restart" | "off" = "nothing";
	#clearAlarm: () => void = () => {};
	#clearReboot: () => void = () => {};
	/** What to add to the world's wall time; undefined while nobody has set the clock. */
	#clockOffsetMs: number | undefined;
	#card: Uint8Array | undefined;

	constructor(options: BoardOptions<M>) {
		this.name = options.name;
		this.preset = options.preset;
		this.flash = options.flash;
		this.#options = options;
		this.#weatherSeed = options.chance.below(0x100000000);
		this.#clockOffsetMs = options.rtc === "unset" ? undefined : 0;
		this.#boot = new BoardBoot({
			flash: options.flash,
			map: options.preset.map,
			images: options.bootImages ?? anyImage,
			rules: options.rules ?? usualRules,
			time: options.time,
			say: (record) => this.#say(record),
			bite: () => this.reset("watchdog"),
		});
		this.#card = options.smartCard;
		this.#sockets = new BoardSockets({
			network: options.network,
			address: options.address,
			ledger: this.ledger,
			onReadable: (socket, count) => this.#dispatch({ kind: "readable", socket, count }),
			onUnreachable: (socket, { host, port }) => this.#dispatch({ kind: "unreachable", socket, host, port }),
			onRefused: (why) => this.#say({ event: "socketRefused", why }),
		});
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
		if (this.#state === "running") return;
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
		if (this.#options.rtc === "unset") this.#clockOffsetMs = undefined;
		this.#drop("off");
		this.#boot.drop(true);
		this.#say({ event: "powerCut" });
	}

	/** As FactoryPartition.write(). The board must be off. */
	provision(record: Uint8Array): void {
		new FactoryPartition(this.flash, this.preset.map.factory).write(record);
	}

	/**
	 * Puts a smart card into the reader, in place of what was there; a running device hears of it.
	 * @param file its EF LwM2M_Bootstrap (LwM2M Core 1.2 Appendix G.3.3)
	 */
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

	/** Tells the device that power will go soon; it de-registers, saves, and goes off by itself. */
	shutDown(): void {
		this.#dispatch({ kind: "shutDown" });
	}

	/** Milliseconds that the processor worked, by the preset's speed. */
	get awakeMs(): number {
		return Math.round(this.ledger.computrons / this.preset.computronsPerMs);
	}

	#reboot(resetCause: ResetCause): void {
		this.ledger.boots++;
		this.#computronsBefore = 0;
		this.#state = "running";
		this.#turn(() => {
			const slot = this.#boot.start(resetCause);
			this.#machine = this.#options.makeMachine(slot, this.preset, this.#ports(resetCause));
			this.#machine.boot();
		});
	}

	#dispatch(event: DeviceEvent): void {
		const machine = this.#machine;
		if (this.#state === "running" && machine !== undefined) this.#turn(() => machine.dispatch(event));
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
		this.ledger.computrons += figures.computrons - this.#computronsBefore;
		this.#computronsBefore = figures.computrons;
		const { slotBytes } = figures;
		this.ledger.raise("ramBytes", figures.ramBytes.peak);
		this.ledger.raise("slotBytes", figures.slots.peak * slotBytes);
		this.ledger.raise("chunkBytes", figures.chunks.peak);
		this.ledger.raise("stackBytes", figures.stack.peak * slotBytes);
		this.ledger.raise("keys", figures.keys.used);
	}

	#endTurn(): void {
		if (this.#afterTurn === "off") {
			this.#drop("off");
			this.#boot.drop(true);
			this.#say({ event: "off" });
		} else if (this.#afterTurn === "restart") {
			this.#drop("off");
			this.#rebootSoon("restart");
		}
	}

	#fail(failure: unknown): void {
		if (failure instanceof PowerCut) {
			this.cutPower();
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
		this.#machine = undefined;
		this.#clearAlarm();
		this.#clearReboot();
		this.#boot.drop(false);
		this.#sockets.closeAll();
	}

	#say(record: LogRecord): void {
		this.#options.onEvent(record, this);
	}

	#ports(resetCause: ResetCause): BoardPorts {
		const { time, network, chance, factory, hasCardReader = false } = this.#options;
		const deviceKey = this.preset.accelerator ? { deviceKey: fusesOf(this.preset) } : {};
		const sockets = this.#sockets;
		const slots = this.#boot.ports();
		const mods = modPorts(this.flash, this.preset.map.mods, this.#options.bootImages ?? anyImage);
		const boot = { platform: this.preset.name, resetCause, factory };
		return {
			nowMs: () => time.nowMs(),
			wallTimeS: () =>
				this.#clockOffsetMs === undefined ? undefined : seconds(time.wallTimeMs() + this.#clockOffsetMs),
			setWallTimeS: (wallTimeS) => {
				this.#clockOffsetMs = wallTimeS * 1000 - time.wallTimeMs();
			},
			setAlarm: (atMs) => {
				this.#clearAlarm();
				const isNone = atMs === undefined || !Number.isFinite(atMs);
				this.#clearAlarm = isNone ? () => {} : time.at(atMs, () => this.#dispatch({ kind: "alarm" }));
			},
			dice: (bound) => chance.below(bound),
			fillEntropy: this.#options.fillEntropy,
			...(this.preset.accelerator ? { accelerator } : {}),
			log: (json) => this.#say(JSON.parse(json) as LogRecord),
			print: (text) => this.#options.onPrint?.(text, this),
			udpOpen: (port) => sockets.open(port),
			udpRead: (socket) => sockets.read(socket),
			udpWrite: (socket, bytes, host, port) => sockets.write(socket, bytes, { host, port }),
			udpClose: (socket) => sockets.close(socket),
			resolve: (name) => {
				const asking = this.#machine;
				network.resolve(name, (hosts) => {
					if (this.#machine === asking) this.#dispatch({ kind: "resolved", name, hosts });
				});
			},
			...flashPorts(this.flash, this.preset.map, () => this.#card),
			...(slots === undefined ? {} : { slots }),
			...(mods === undefined ? {} : { mods }),
			restart: () => {
				this.#afterTurn = "restart";
			},
			off: () => {
				this.#afterTurn = "off";
			},
			temperature: () => temperatureAt(this.#weatherSeed, time.nowMs()),
			bootRecordJson: JSON.stringify({
				...boot,
				hasCardReader,
				...deviceKey,
				...(slots === undefined ? {} : { slots: JSON.parse(slots.recordJson) }),
			}),
		};
	}
}

function seconds(ms: number): number {
	return Math.floor(ms / 1000);
}
