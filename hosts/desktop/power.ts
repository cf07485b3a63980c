import type { Power, ResetCause } from "../../modules/host.ts";
import { endProcess, restartProcess, Termination, takeResetCause } from "./desktop-system.ts";

/** The simulator's process as a device: SIGTERM or Ctrl-C asks for the shutdown, off() ends it, restart() begins it again. */
export class DesktopPower implements Power {
	readonly resetCause: ResetCause;
	#shutDown: (() => void) | undefined;

	constructor() {
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
