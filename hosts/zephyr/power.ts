import { frozen } from "../../modules/frozen.ts";
import {
	HostFailure,
	type Power,
	type ResetCause,
	type RetainedMemory,
	type RevertReason,
	type SleepDepth,
	type WakeReason,
} from "../../modules/host.ts";
import { type Note, NotedMemory } from "../chips/noted-memory.ts";
import type { ZephyrSystem } from "./system.ts";

/** RESET_… of zephyr/drivers/hwinfo.h. */
const reset = frozen({
	software: 1 << 1,
	brownout: 1 << 2,
	por: 1 << 3,
	watchdog: 1 << 4,
	lowPowerWake: 1 << 7,
	lockup: 1 << 8,
});

/** Kinds of notes. Why an image is left: as RevertReason has them, behind `reverts`. */
const noteKind = frozen({ restart: 1, crash: 2, reverts: 16 });
const reverts: readonly RevertReason[] = frozen(["crash", "watchdog", "boots", "deadline", "image", "refused"]);

/** The chip's RAM that outlives resets, as Zephyr gives it. */
class SystemMemory implements RetainedMemory {
	readonly sizeBytes: number;
	private readonly system: ZephyrSystem;

	constructor(system: ZephyrSystem) {
		this.system = system;
		this.sizeBytes = system.retainedSize();
	}

	read(offset: number, into: Uint8Array): void {
		this.system.readRetained(offset, into);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.system.writeRetained(offset, bytes);
	}
}

export interface PowerOptions {
	readonly system: ZephyrSystem;
	/** Milliseconds since this boot. */
	readonly nowMs: () => number;
	readonly wallTimeS: () => number | undefined;
}

/**
 * Resets, rests and the end of a chip that runs Zephyr. Between turns it idles anyway, and Zephyr's idle thread picks
 * the processor's state. light: the radio rests as well. off: system off, until a pin or a reset ends it.
 */
export class ZephyrPower implements Power {
	readonly resetCause: ResetCause;
	readonly clockWentOn = false;
	readonly depths: readonly SleepDepth[];
	readonly retained?: RetainedMemory;
	/** Why the image before this one was left, where this host knew. */
	readonly revertedWhy: RevertReason | undefined;
	/** What the application wants done before power goes: for a product's switch. */
	shutDown: (() => void) | undefined;
	private readonly options: PowerOptions;
	private readonly notes: NotedMemory | undefined;
	private woken: WakeReason | undefined;
	/** When the light sleep ends that is on; undefined: there is none. */
	private restUntilMs: number | undefined;
	private pending: Note | undefined;

	constructor(options: PowerOptions) {
		const { system } = options;
		this.options = options;
		const flags = system.takeResetFlags();
		const memory = new SystemMemory(system);
		this.notes = memory.sizeBytes > 64 ? new NotedMemory(memory) : undefined;
		if (this.notes !== undefined) this.retained = this.notes;
		const note = this.notes?.takeNote();
		this.resetCause = causeOf(flags, note?.kind, this.notes !== undefined);
		if (this.resetCause === "deepSleep") this.woken = "pin";
		const kind = note === undefined ? 0 : note.kind;
		this.revertedWhy = kind >= noteKind.reverts ? reverts[kind - noteKind.reverts] : undefined;
		this.depths = system.canPowerOff() ? ["light", "off"] : ["light"];
	}

	get wakeReason(): WakeReason | undefined {
		return this.woken;
	}

	/** Whether a light sleep is on. */
	get isResting(): boolean {
		return this.restUntilMs !== undefined;
	}

	sleep(untilMs: number | undefined, depth: SleepDepth): void {
		if (depth === "off") this.off();
		else if (depth === "deep") throw new HostFailure("no timer wakes this chip from system off");
		else if (depth === "light") {
			const restMs = untilMs === undefined ? 2 ** 31 - 1 : Math.max(0, untilMs - this.options.nowMs());
			if (restMs === 0) return;
			const status = this.options.system.restLink(Math.min(restMs, 2 ** 31 - 1));
			if (status < 0) throw new HostFailure(`the radio does not rest: error ${status}`);
			this.restUntilMs = untilMs ?? Number.POSITIVE_INFINITY;
		}
	}

	/** The light sleep is over when the time has come, or something is to be sent: asked before either is done. */
	wake(isToSend: boolean): void {
		if (this.restUntilMs === undefined) return;
		const isTime = this.options.nowMs() >= this.restUntilMs;
		if (!isTime && !isToSend) return;
		this.restUntilMs = undefined;
		if (isTime) this.woken = "alarm";
		this.options.system.restLink(0);
	}

	/** To be said at the next boot, should this image be left. */
	noteRevert(why: RevertReason): void {
		this.pending = this.noteOf(noteKind.reverts + reverts.indexOf(why));
	}

	restart(): void {
		this.notes?.leaveNote(this.pending ?? this.noteOf(noteKind.restart));
		this.options.system.reboot();
	}

	/** Nobody asks a chip to end; a product with a switch calls `shutDown`. */
	onShutdown(shutDown: () => void): void {
		this.shutDown = shutDown;
	}

	off(): void {
		if (!this.depths.includes("off")) {
			this.restart(); // a chip that can not be woken any more would be a brick
			return;
		}
		this.options.system.powerOff();
	}

	private noteOf(kind: number): Note {
		return { kind, wallTimeS: this.options.wallTimeS() ?? 0 };
	}
}

function causeOf(flags: number, note: number | undefined, couldNote: boolean): ResetCause {
	if (flags >= 0) {
		if ((flags & reset.watchdog) !== 0) return "watchdog";
		if ((flags & reset.lockup) !== 0) return "crash";
		if ((flags & reset.lowPowerWake) !== 0) return "deepSleep";
		if ((flags & (reset.por | reset.brownout)) !== 0) return "powerOn";
	}
	if (note !== undefined) return note === noteKind.crash || note === noteKind.reverts ? "crash" : "restart";
	// Software's own reset that this host did not ask for: the SDK's, for an error that nobody caught (fxAbort).
	return flags > 0 && (flags & reset.software) !== 0 ? (couldNote ? "crash" : "restart") : "powerOn";
}
