import type { BootRules } from "../../../modules/firmware/boot-decision.ts";
import { BootLoader } from "../../../modules/firmware/boot-loader.ts";
import type { LogRecord, ResetCause, RevertReason, SlotName } from "../../../modules/host.ts";
import type { SlotPorts } from "../engine/ports.ts";
import type { Timekeeper } from "../time.ts";
import type { FlashChip } from "./flash.ts";
import type { FlashWork } from "./flash-ports.ts";
import type { FlashMap } from "./presets.ts";
import { type BootImages, PartitionFlash, refusalOf, Slot, SlotRefused } from "./slots.ts";

/**
 * Three tries, ten minutes: a registration over a bad link may take some of the 93 s that CoAP gives an exchange (RFC
 * 7252 §4.8.2), several times over.
 */
export const usualRules: BootRules = Object.freeze({ bootsMax: 3, trialMs: 600_000 });

export interface BoardBootOptions {
	readonly flash: FlashChip;
	readonly map: FlashMap;
	readonly images: BootImages;
	readonly rules: BootRules;
	readonly time: Timekeeper;
	say(record: LogRecord): void;
	/** The running program writes into the other slot. */
	readonly onFlash: FlashWork;
	/** The trial's watchdog bites. */
	bite(): void;
}

const slotNames: readonly SlotName[] = ["a", "b"];

/** The boot loader of a board, and what survives a reset but no power cut: how long the trial has run. */
export class BoardBoot {
	readonly slots: Readonly<Record<SlotName, Slot>>;
	readonly #options: BoardBootOptions;
	#loader: BootLoader | undefined;
	/** When the image on trial was started last; undefined: none was, or the power has gone since. */
	#trialSinceMs: number | undefined;
	#clearWatchdog: () => void = () => {};

	constructor(options: BoardBootOptions) {
		const { flash, map } = options;
		this.#options = options;
		this.slots = { a: new Slot(flash, map.slotA, "a"), b: new Slot(flash, map.slotB, "b") };
	}

	/** The boot loader since the last reset. */
	get loader(): BootLoader | undefined {
		return this.#loader;
	}

	/** Whether what runs is on trial, and not confirmed yet. */
	get isTrial(): boolean {
		const state = this.#loader?.bootState;
		return (
			this.#loader?.bootReason.kind === "trial" && state?.trial === "running" && state.kept !== this.#loader.running
		);
	}

	/** Decides what to start. @throws SlotRefused when there is nothing; PowerCut */
	start(cause: ResetCause): Slot {
		const { images, rules, flash, map, time, say } = this.#options;
		const why: string[] = [];
		const nowMs = time.nowMs();
		const ranMs = this.#trialSinceMs === undefined ? 0 : nowMs - this.#trialSinceMs;
		this.#trialSinceMs = undefined;
		const loader = new BootLoader(
			{
				state: new PartitionFlash(flash, map.boot),
				a: new PartitionFlash(flash, map.slotA),
				b: new PartitionFlash(flash, map.slotB),
				rules,
				examine: (name, securityCounter, running) => {
					const finding = images.examine(this.slots[name], securityCounter, running);
					if (finding.why !== undefined) why.push(`slot ${name}: ${finding.why}`);
					return finding.verdict;
				},
				imageIn: (name) => images.header(this.slots[name]),
			},
			{ cause, ranMs },
		);
		this.#loader = loader;
		const { condition, action, start, bootReason } = loader;
		if (condition !== "blank" && condition !== "good") say({ event: "bootState", condition });
		if (start === undefined) throw new SlotRefused(`no image that can be started: ${why.join("; ")}`);
		const found = why.length === 0 ? {} : { found: why.join("; ") };
		if (action !== "keep") say({ event: "bootDecision", action, slot: start, ...reasonFields(loader), ...found });
		if (bootReason.kind === "trial") this.#watch(bootReason.leftMs);
		return this.slots[start];
	}

	/** The machine ended. @param isPowerGone the trial's clock ends with the power */
	drop(isPowerGone: boolean): void {
		this.#clearWatchdog();
		if (isPowerGone) this.#trialSinceMs = undefined;
	}

	#watch(leftMs: number): void {
		const { time, say, bite } = this.#options;
		const nowMs = time.nowMs();
		this.#trialSinceMs = nowMs;
		this.#clearWatchdog = time.at(nowMs + leftMs, () => {
			if (!this.isTrial) return;
			say({ event: "watchdog", why: "trial" });
			bite();
		});
	}

	/** What the machine's natives call. */
	ports(): SlotPorts | undefined {
		const loader = this.#loader;
		if (loader === undefined) return undefined;
		const { sizeBytes, running, bootReason } = loader;
		const { flash, onFlash } = this.#options;
		return {
			sizeBytes,
			recordJson: JSON.stringify({ running, bootReason }),
			describe: (slot) => {
				const name = slotNames[slot]!;
				return JSON.stringify({ state: loader.state(name), image: loader.image(name) });
			},
			read: (offset, into) => refusalOf(() => loader.read(offset, into)),
			write: (offset, bytes) => {
				onFlash(bytes.length, 0);
				return refusalOf(() => loader.write(offset, bytes));
			},
			erase: (offset, size) => {
				onFlash(0, Math.ceil(size / flash.geometry.sectorBytes));
				return refusalOf(() => loader.erase(offset, size));
			},
			verify: () => loader.verify(),
			mark: (what, why) => refusalOf(() => this.#mark(loader, what, why)),
		};
	}

	#mark(loader: BootLoader, what: number, why: string): void {
		if (what === 0) loader.markPending();
		else if (what === 1) loader.confirm();
		else loader.revert(why as RevertReason);
		if (!this.isTrial) this.#clearWatchdog();
	}
}

function reasonFields({ bootReason }: BootLoader): Readonly<Record<string, string | number>> {
	if (bootReason.kind === "trial") return { bootsLeft: bootReason.bootsLeft, leftMs: bootReason.leftMs };
	return bootReason.kind === "reverted" ? { why: bootReason.why } : {};
}
