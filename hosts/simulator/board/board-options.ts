import type { BootRules } from "../../../modules/firmware/boot-decision.ts";
import type { Factory, LogRecord } from "../../../modules/host.ts";
import type { Chance } from "../chance.ts";
import type { RadioProfile } from "../energy/radios.ts";
import type { Timeline } from "../energy/timeline.ts";
import type { BoardPorts, DeviceEvent } from "../engine/ports.ts";
import type { Network } from "../network/network.ts";
import type { Timekeeper } from "../time.ts";
import type { FlashChip } from "./flash.ts";
import type { BoardPreset } from "./presets.ts";
import type { BootImages, Slot } from "./slots.ts";

/** What a board needs of the engine's machine: one virtual machine, thrown away when the power goes. */
export interface BoardMachine {
	boot(): void;
	dispatch(event: DeviceEvent): void;
	figures(): MachineFigures;
	/** The board needs it no more: it did not fail, and nobody will look at it. */
	release?(): void;
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
	/** The radio that it has; absent: the kind's usual one. */
	readonly radio?: RadioProfile;
	/** Gets the charge by time. */
	readonly timeline?: Timeline;
	/** What the device logged, and what happened to the board itself. */
	onEvent(record: LogRecord): void;
	/** Console text of the device. */
	onPrint?(text: string): void;
}
