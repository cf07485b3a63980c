import type { LinkState, Log, NetworkLink } from "../../modules/host.ts";
import type { ZephyrSystem } from "./system.ts";

/** How long the application waits for a network before it begins without: it copes, but its first tries are lost. */
export const patienceMs = 120_000;

/**
 * The network of the board: begun once, told in the log when it comes and goes. Sockets are there in any case; while it
 * is gone, sending fails or is lost, and the client tries again.
 */
export class Link implements NetworkLink {
	private readonly system: Pick<ZephyrSystem, "startLink" | "linkState">;
	private readonly log: Log;
	private readonly power: { readonly isResting: boolean };
	private onOnline: (() => void) | undefined;
	private listener: { wake(): void } | undefined;

	/** @param power isResting: the radio rests by our own word */
	constructor(
		system: Pick<ZephyrSystem, "startLink" | "linkState">,
		log: Log,
		power: { readonly isResting: boolean } = { isResting: false },
	) {
		this.system = system;
		this.log = log;
		this.power = power;
	}

	get state(): LinkState {
		return this.power.isResting ? "resting" : this.isOnline ? "up" : "down";
	}

	onChanged(listener: { wake(): void }): void {
		this.listener = listener;
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
		if (!this.power.isResting) this.listener?.wake();
		if (!isOnline || onOnline === undefined) return;
		this.onOnline = undefined;
		onOnline();
	}
}
