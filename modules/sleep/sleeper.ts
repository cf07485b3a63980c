import { assert } from "../bytes.ts";
import { withChanges } from "../coap/tuning.ts";
import { frozen } from "../frozen.ts";
import { HostFailure, type Log, type Power, type SleepDepth, type WakeReason } from "../host.ts";
import type { Retention } from "./retention.ts";
import type { WakeCost, WakePlan } from "./wake-plan.ts";

/** The depths, from the shallowest on. */
const depths: readonly SleepDepth[] = frozen(["idle", "light", "deep", "off"]);

/** When which sleep is worth it, in milliseconds. */
export interface SleepTuning {
	/** A shorter pause than this is spent idle: the radio takes so long to go and come back. */
	readonly lightMs: number;
	/**
	 * A shorter one than this is spent no deeper than light: what a boot costs would buy so much light sleep. Where it is
	 * left out, the host says (Power.deepPaysMs), or it is 20 s, which is that of an ESP32 with Wi-Fi.
	 */
	readonly deepMs: number | undefined;
	/** No deeper than this. "off" takes a product that a person or a pin wakes, where nothing is due at all. */
	readonly deepest: SleepDepth;
	/** A veto that lasts longer than this is logged, and again each time it has lasted as long once more. */
	readonly vetoMs: number;
}

export const defaultSleepTuning: SleepTuning = frozen({
	lightMs: 50,
	deepMs: undefined,
	deepest: "deep",
	vetoMs: 600_000,
});

/** Somebody for whose sake the device may have to stay up. */
export interface SleepLimit {
	/** The deepest sleep that leaves it whole now. */
	readonly deepest: SleepDepth;
	/** One short step towards a deeper one, where it is work that is in the way. */
	settle?(): void;
}

/** What a sleeper asks of the client. */
export interface SleepingClient extends SleepLimit {
	/** Until when the radio has to hear: Infinity while something is under way, or a server may call at any time. */
	readonly radioUntilMs: number;
}

export interface SleeperOptions {
	readonly power: Power;
	readonly log: Log;
	/** What lives on through deep sleep; absent: there is none deeper than light. */
	readonly retention?: Retention;
	/** Beside the client. */
	readonly limits?: readonly SleepLimit[];
	readonly tuning?: Partial<SleepTuning>;
	/** Who knows what a wake was for: the client's own plan. */
	readonly plan?: Pick<WakePlan, "settle">;
	/** Hears of the end of each sleep, in the first turn after it. */
	readonly woke?: (reason: WakeReason) => void;
	/** Hears what a wake was for, when it ends with a sleep. */
	readonly spent?: (cost: WakeCost) => void;
}

/** Holds the device up, no deeper than `deepest`, until it is released. */
export interface Veto {
	readonly by: string;
	readonly deepest: SleepDepth;
	/** A second release does nothing. */
	release(): void;
}

const deepPaysMs = 20_000;

/** Vetoes at once; one more is our own bug. */
const vetoesMost = 8;

/** Steps of settle() before a deep sleep; what is left then waits for another wake. */
const settlingMost = 16;

/**
 * Decides after each turn whether and how deep the device sleeps, and until when. To be the last of a loop's keepers.
 * A sleep that is refused, by the host or because state can not be kept, becomes the next shallower one.
 */
export class Sleeper {
	private readonly client: SleepingClient;
	private readonly options: SleeperOptions;
	private readonly tuning: SleepTuning;
	private readonly vetoes: HeldVeto[] = [];
	/** What the last turn ended with. */
	private depth: SleepDepth = "idle";
	/** Why a depth was refused last, by its index: said once, until it works again. */
	private readonly refusals = ["", "", "", ""];
	private wokeMs = 0;

	constructor(client: SleepingClient, options: SleeperOptions) {
		this.client = client;
		this.options = options;
		this.tuning = withChanges(defaultSleepTuning, options.tuning);
	}

	/**
	 * Holds the device up: a measurement is running, a person is there.
	 * @param by names it in the log
	 * @param deepest what is possible all the same; "light" keeps RAM
	 */
	veto(by: string, deepest: SleepDepth = "idle"): Veto {
		assert(this.vetoes.length < vetoesMost, "limit: vetoes");
		const veto = new HeldVeto(by, deepest, this.vetoes);
		this.vetoes.push(veto);
		return veto;
	}

	started(nowMs: number): void {
		const { power } = this.options;
		if (power.resetCause === "deepSleep") this.woke(power.wakeReason ?? "alarm", nowMs);
		else this.wokeMs = nowMs;
	}

	turnEnded(nowMs: number): void {
		const { depth } = this;
		this.depth = "idle";
		if (depth === "light") this.woke(this.options.power.wakeReason ?? "alarm", nowMs);
	}

	/**
	 * Everything is sent, and nothing waits.
	 * @param dueMs when something is due; Infinity for never
	 * @returns when there has to be a turn
	 */
	rest(nowMs: number, dueMs: number): number {
		const { radioUntilMs } = this.client;
		const vetoAtMs = this.vetoed(nowMs);
		const wakeAtMs = Math.min(dueMs, vetoAtMs);
		if (radioUntilMs > nowMs) return Math.min(wakeAtMs, radioUntilMs);
		const most = this.worth(wakeAtMs - nowMs);
		for (let index = most; index > 0; index--) {
			if (this.sleeps(depths[index]!, nowMs, wakeAtMs)) break;
		}
		return wakeAtMs;
	}

	/** The deepest sleep that so long a pause is worth, as an index. */
	private worth(pauseMs: number): number {
		const { lightMs, deepMs = this.options.power.deepPaysMs ?? deepPaysMs, deepest } = this.tuning;
		const worth = pauseMs < lightMs ? 0 : pauseMs < deepMs || deepMs === Infinity ? 1 : pauseMs < Infinity ? 2 : 3;
		return Math.min(worth, depths.indexOf(deepest));
	}

	private sleeps(depth: SleepDepth, nowMs: number, wakeAtMs: number): boolean {
		const { log, plan, power, retention, spent } = this.options;
		const isDeep = depth !== "light";
		if (power.sleep === undefined || power.depths?.includes(depth) !== true || !this.allows(depth)) return false;
		if (isDeep) {
			const fault = retention === undefined ? noRetention : retention.save(nowMs);
			if (fault !== undefined) return this.refuse(depth, fault.code);
		}
		const isTimed = wakeAtMs < Infinity;
		try {
			power.sleep(isTimed ? wakeAtMs : undefined, depth);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			return this.refuse(depth, error.message);
		}
		this.depth = depth;
		this.refusals[depths.indexOf(depth)] = "";
		const cost = plan?.settle(nowMs - this.wokeMs);
		if (isDeep) log.write({ event: "sleeping", depth, ...(isTimed ? { forMs: wakeAtMs - nowMs } : {}), ...cost });
		if (cost !== undefined) spent?.(cost);
		return true;
	}

	/** Whether nobody has anything against it; who only has work to do does it first. */
	private allows(depth: SleepDepth): boolean {
		const { limits = noLimits } = this.options;
		for (let index = 0; index < this.vetoes.length; index++) if (!reaches(this.vetoes[index]!, depth)) return false;
		if (!reaches(this.client, depth)) return false;
		for (let index = 0; index < limits.length; index++) {
			const limit = limits[index]!;
			for (let step = 0; step < settlingMost && limit.settle !== undefined && !reaches(limit, depth); step++) {
				limit.settle();
			}
			if (!reaches(limit, depth)) return false;
		}
		return true;
	}

	private refuse(depth: SleepDepth, reason: string): false {
		const index = depths.indexOf(depth);
		if (reason !== this.refusals[index]) this.options.log.write({ event: "sleepRefused", depth, reason });
		this.refusals[index] = reason;
		return false;
	}

	private woke(reason: WakeReason, nowMs: number): void {
		const { log, woke } = this.options;
		this.wokeMs = nowMs;
		if (reason !== "alarm") log.write({ event: "awake", reason });
		woke?.(reason);
	}

	/** Says which vetoes have lasted long. @returns when there is one to say next */
	private vetoed(nowMs: number): number {
		const { vetoMs } = this.tuning;
		let nextMs = Infinity;
		for (let index = 0; index < this.vetoes.length; index++) {
			const veto = this.vetoes[index]!;
			veto.sinceMs ??= nowMs;
			veto.saidMs ??= nowMs;
			if (nowMs - veto.saidMs >= vetoMs) {
				veto.saidMs = nowMs;
				const forS = Math.floor((nowMs - veto.sinceMs) / 1000);
				this.options.log.write({ event: "sleepVetoed", by: veto.by, forS });
			}
			nextMs = Math.min(nextMs, veto.saidMs + vetoMs);
		}
		return nextMs;
	}
}

const noRetention = frozen({ code: "retention.none" });
const noLimits: readonly SleepLimit[] = frozen([]);

function reaches({ deepest }: { readonly deepest: SleepDepth }, depth: SleepDepth): boolean {
	return depths.indexOf(deepest) >= depths.indexOf(depth);
}

class HeldVeto implements Veto {
	readonly by: string;
	readonly deepest: SleepDepth;
	/** From the end of the first turn with it on. */
	sinceMs: number | undefined;
	saidMs: number | undefined;
	private readonly all: HeldVeto[];

	constructor(by: string, deepest: SleepDepth, all: HeldVeto[]) {
		this.by = by;
		this.deepest = deepest;
		this.all = all;
	}

	release(): void {
		const at = this.all.indexOf(this);
		if (at >= 0) this.all.splice(at, 1);
	}
}
