import type { Log } from "../../modules/host.ts";
import type { ZephyrSystem } from "./system.ts";

/** How long the application waits for a network before it begins without: it copes, but its first tries are lost. */
export const patienceMs = 120_000;

/**
 * The network of the board: begun once, told in the log when it comes and goes. Sockets are there in any case; while it
 * is gone, sending fails or is lost, and the client tries again.
 */
export class Link {
	private readonly system: Pick<ZephyrSystem, "startLink" | "linkState">;
	private readonly log: Log;
	private onOnline: (() => void) | undefined;

	constructor(system: Pick<ZephyrSystem, "startLink" | "linkState">, log: Log) {
		this.system = system;
		this.log = log;
	}

	get isOnline(): boolean {
		return this.system.linkState() === 1;
	}

	/** Never throws: what fails is said. @param onOnline is called once, when there is a network for the first time */
	begin(onOnline: () => void): void {
		this.onOnline = onOnline;
		try {
			this.system.startLink(() => this.changed());
		} catch (error) {
			this.log.write({ event: "link", state: "failed", why: String(error) });
		}
	}

	private changed(): void {
		const { isOnline, onOnline } = this;
		this.log.write({ event: "link", state: isOnline ? "online" : "offline" });
		if (!isOnline || onOnline === undefined) return;
		this.onOnline = undefined;
		onOnline();
	}
}
