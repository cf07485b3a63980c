import { fileSize, readFileAt, replaceFile, writeFileAt } from "embedded:x-desktop-files";
import { frozen } from "../../modules/frozen.ts";
import {
	type Clock,
	HostFailure,
	type Power,
	type ResetCause,
	type RetainedMemory,
	type SleepDepth,
	type WakeReason,
} from "../../modules/host.ts";
import type { BootRecord } from "./boot-record.ts";
import {
	crashProcess,
	endProcess,
	restartProcess,
	startWatchdog,
	statusDeepSleep,
	statusOff,
	Termination,
	takeResetCause,
} from "./desktop-system.ts";

/** Made by the boot loader when the power comes: launcher/boot.ts has the same names. */
const retainedFile = "powered/retained";
const sleepFile = "powered/sleep";

const causes: readonly ResetCause[] = frozen(["powerOn", "restart", "watchdog", "crash", "deepSleep"]);
const withBootLoader: readonly SleepDepth[] = frozen(["light", "deep", "off"]);
const byHand: readonly SleepDepth[] = frozen(["light", "off"]);

/** Bytes that outlive the process: a file, written at once, and thrown away by the boot loader with the power. */
class FileRetained implements RetainedMemory {
	readonly sizeBytes = fileSize(retainedFile) ?? 0;

	read(offset: number, into: Uint8Array): void {
		this.within(offset, into.length);
		readFileAt(retainedFile, offset, into);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.within(offset, bytes.length);
		writeFileAt(retainedFile, offset, bytes);
	}

	private within(offset: number, size: number): void {
		if (offset < 0 || offset + size > this.sizeBytes) throw new HostFailure("outside of the retained memory");
	}
}

/**
 * The simulator's process as a device: SIGTERM or Ctrl-C asks for the shutdown, off() ends it, restart() renews it.
 * Deep sleep ends it, too, and the boot loader starts it again; by hand there is none, so no deep sleep either.
 */
export class DesktopPower implements Power {
	readonly resetCause: ResetCause;
	readonly clockWentOn: boolean;
	readonly retained?: RetainedMemory;
	readonly depths: readonly SleepDepth[];
	/** A boot takes most of a second, and costs nobody a battery: soon, so that it can be seen. */
	readonly deepPaysMs = 5000;
	#wakeReason: WakeReason | undefined;
	/** Light sleep: until when nothing is heard; undefined: awake. */
	#deafUntilMs: number | undefined;
	#shutDown: (() => void) | undefined;

	constructor(boot: BootRecord | undefined) {
		// XS calls it when an error was caught by nobody. A chip resets then, so this does, too.
		(globalThis as { abort?: (why: string, error: unknown) => void }).abort = (why, error) => {
			trace(`XS abort: ${why}: ${String(error)}\n`);
			crashProcess();
		};
		const cause = boot === undefined ? takeResetCause() : boot.cause;
		this.resetCause = causes.find((known) => known === cause) ?? "powerOn";
		this.clockWentOn = boot !== undefined && this.resetCause !== "powerOn";
		this.depths = boot === undefined ? byHand : withBootLoader;
		if (boot !== undefined) {
			this.retained = new FileRetained();
			startWatchdog(boot.watchdogS);
			if (boot.wake === "alarm" || boot.wake === "pin") this.#wakeReason = boot.wake;
		}
		new Termination(() => {
			if (this.#shutDown === undefined) this.off();
			else this.#shutDown();
		});
	}

	get wakeReason(): WakeReason | undefined {
		return this.#wakeReason;
	}

	sleep(untilMs: number | undefined, depth: SleepDepth): void {
		if (depth === "off") this.off();
		else if (depth === "light") {
			this.#wakeReason = undefined;
			this.#deafUntilMs = untilMs ?? Number.POSITIVE_INFINITY;
		} else if (depth === "deep") {
			if (!this.depths.includes("deep")) throw new HostFailure("nobody would start this process again");
			replaceFile(sleepFile, new Uint8Array(ArrayBuffer.fromString(untilMs === undefined ? "" : `${untilMs}`)));
			endProcess(statusDeepSleep);
		}
	}

	/** Whether datagrams that come now are lost. */
	isDeaf(clock: Clock): boolean {
		if (this.#deafUntilMs === undefined) return false;
		if (clock.nowMs() < this.#deafUntilMs) return true;
		this.#deafUntilMs = undefined;
		this.#wakeReason = "alarm";
		return false;
	}

	/** The radio is needed: light sleep ends. */
	hear(): void {
		this.#deafUntilMs = undefined;
	}

	restart(): void {
		restartProcess();
	}

	onShutdown(shutDown: () => void): void {
		this.#shutDown = shutDown;
	}

	off(): void {
		endProcess(statusOff);
	}
}
