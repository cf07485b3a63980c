import type { DeviceEvent } from "../engine/ports.ts";
import type { Timekeeper } from "../time.ts";

/** What a program hears of it. */
type LinkEvent = Extract<DeviceEvent, { kind: "link" }>;

/**
 * Somebody who tells the program `news()`, unless its radio is off: then it hears them when it wakes.
 * @param event for the log, when something has happened
 */
type Tell = (news: () => LinkEvent | undefined, event?: "linkLost" | "linkFound") => void;

/** A board's way to the network: there or not, and the number of the address that it has. It outlives resets. */
export class BoardLink {
	#isUp = true;
	#address = 1;
	readonly #time: Timekeeper;
	readonly #tell: Tell;
	/** What the program knows. */
	#told = { isUp: true, address: 1 };

	constructor(time: Timekeeper, tell: Tell) {
		this.#time = time;
		this.#tell = tell;
	}

	get isUp(): boolean {
		return this.#isUp;
	}

	/** No network any more: nothing is sent, and what comes is lost. */
	lose(): void {
		if (!this.#isUp) return;
		this.#isUp = false;
		this.#tell(this.#news, "linkLost");
	}

	/** There is one again, or another one while there is one. */
	find(where: "there" | "elsewhere" = "there"): void {
		if (where === "elsewhere") this.#address++;
		else if (this.#isUp) return;
		this.#isUp = true;
		this.#tell(this.#news, "linkFound");
	}

	/** The radio is on again: behind the turn that it is for, the program hears what has become of the network. */
	awake(): void {
		if (this.#isNews) this.#time.at(this.#time.nowMs(), () => this.#tell(this.#news));
	}

	/** For the boot record: the program knows it from there. */
	boot(): { readonly isUp: boolean; readonly address: number } {
		this.#told = { isUp: this.#isUp, address: this.#address };
		return this.#told;
	}

	get #isNews(): boolean {
		return this.#told.isUp !== this.#isUp || this.#told.address !== this.#address;
	}

	readonly #news = (): LinkEvent | undefined => (this.#isNews ? { kind: "link", ...this.boot() } : undefined);
}
