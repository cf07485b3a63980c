import type { Power, ResetCause } from "../../modules/host.ts";
import { crashProcess, endProcess, restartProcess, Termination, takeResetCause } from "./desktop-system.ts";

/** The simulator's process as a device: SIGTERM or Ctrl-C asks for the shutdown, off() ends it, restart() renews it. */
export class DesktopPower implements Power {
	readonly resetCause: ResetCause;
	#shutDown: (() => void) | undefined;

	constructor() {
		// XS calls it when an error was caught by nobody. A chip resets then, so this does, too.
		(globalThis as { abort?: (why: string, error: unknown) => void }).abort = (why, error) => {
			trace(`XS abort: ${why}: ${String(error)}\n`);
			crashProcess();
		};
		const cause = takeResetCause();
		this.resetCause = cause === "restart" || cause === "crash" ? cause : "powerOn";
		new Termination(() => {
			if (this.#shutDown === undefined) this.off();
			else this.#shutDown();
		});
	}

	restart(): void {
		restartProcess();
	}

	onShutdown(shutDown: () => void): void {
		this.#shutDown = shutDown;
	}

	off(): void {
		endProcess();
	}
}
