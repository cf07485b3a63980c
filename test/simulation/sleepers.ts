/** Something that goes on by and by; it yields until when it sleeps, asked anew whenever anything has happened. */
export type Sleeping = Generator<() => number, void, void>;

/** Who a process belongs to. While it is quiet, only "bootstrap" and "always" wake. */
type Owner<O> = O | "bootstrap" | "others" | "always";

/** Processes in virtual time. Those that wake at one time go on in the order of their starts, or in reverse. */
export class Sleepers<O extends object> {
	nowMs = 0;
	isQuiet = false;
	readonly #isReversed: boolean;
	#all: { readonly owner: Owner<O>; readonly process: Sleeping; sleep: () => number }[] = [];

	constructor(isReversed: boolean) {
		this.#isReversed = isReversed;
	}

	start(owner: Owner<O>, process: Sleeping): void {
		this.#all.push({ owner, process, sleep: () => 0 });
	}

	end(owner: Owner<O>): void {
		this.#all = this.#all.filter((one) => one.owner !== owner);
	}

	/** @param look is called whenever something has happened */
	run(untilMs: number, look: () => void): void {
		while (this.nowMs <= untilMs) {
			this.wakeAll(look);
			let nextMs = Infinity;
			for (const { owner, sleep } of this.#all) if (this.wakes(owner)) nextMs = Math.min(nextMs, sleep());
			this.nowMs = nextMs;
		}
	}

	private wakes(owner: Owner<O>): boolean {
		return !this.isQuiet || owner === "bootstrap" || owner === "always";
	}

	private wakeAll(look: () => void): void {
		for (let isAnybody = true; isAnybody; ) {
			isAnybody = false;
			look();
			for (const one of this.#isReversed ? this.#all.toReversed() : this.#all.slice()) {
				if (!this.#all.includes(one) || !this.wakes(one.owner) || one.sleep() > this.nowMs) continue;
				isAnybody = true;
				const { done, value } = one.process.next();
				if (done === true) this.#all = this.#all.filter((other) => other !== one);
				else one.sleep = value;
				look();
			}
		}
	}
}
