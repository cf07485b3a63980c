import { frozen } from "../frozen.ts";
import type { LinkState, Log, NetworkLink, ResetCause, SleepDepth } from "../host.ts";
import type { Client } from "./client.ts";

/** How it stands with the network, as far as the client is to know. */
export type LinkStanding =
	/** There is one. */
	| "online"
	/** It was lost a moment ago, and may be back in another one: messages are repeated meanwhile. */
	| "fading"
	/** The radio is off because we sleep: whatever the client wants to say switches it on. */
	| "resting"
	/** It is on again, and has not found its network yet. */
	| "returning"
	/** The client is off line; the host looks for a network, and may not sleep. */
	| "seeking"
	/** The client is off line, and the host has looked for long enough: it may sleep until it looks again. */
	| "resigned"
	/** The client is off line; there is a network that came and went lately: it has to last before it counts. */
	| "settling";

/** What the host says, and the end of a standing's time. */
export type LinkEvent = LinkState | "due";

/** All of it. "due" means nothing where a standing has no time: it stays. */
export const linkTable: { readonly [S in LinkStanding]: { readonly [E in LinkEvent]: LinkStanding } } = frozen({
	online: { up: "online", down: "fading", resting: "resting", due: "online" },
	fading: { up: "online", down: "fading", resting: "resting", due: "seeking" },
	resting: { up: "online", down: "returning", resting: "resting", due: "resting" },
	returning: { up: "online", down: "returning", resting: "resting", due: "seeking" },
	seeking: { up: "settling", down: "seeking", resting: "seeking", due: "resigned" }, // resting: just woken to look
	resigned: { up: "settling", down: "resigned", resting: "resigned", due: "seeking" },
	settling: { up: "settling", down: "seeking", resting: "resigned", due: "online" },
});

/** Times, in milliseconds. */
export interface LinkTuning {
	/** A network that is back sooner was never away: a station that changes its access point, a lease that is renewed. */
	readonly graceMs: number;
	/** How long a radio that slept may take to find its network. */
	readonly returnMs: number;
	/** How long one that has none looks for one before it may sleep. */
	readonly lookMs: number;
	/** The first sleep between two looks; each next one is twice as long, up to `pauseMaxMs`. */
	readonly pauseMs: number;
	readonly pauseMaxMs: number;
	/** One that is lost again sooner than this has to last longer each time, up to `settleMaxMs`. */
	readonly steadyMs: number;
	readonly settleMaxMs: number;
}

export const defaultLinkTuning: LinkTuning = frozen({
	graceMs: 5000,
	returnMs: 20_000,
	lookMs: 20_000,
	pauseMs: 60_000,
	pauseMaxMs: 1_800_000,
	steadyMs: 120_000,
	settleMaxMs: 60_000,
});

/** What it tells the client. */
type WatchedClient = Pick<Client, "online" | "offline" | "moved" | "poll">;

/** What of a host it needs beside the link. */
interface WatchingHost {
	readonly log: Log;
	readonly power: { readonly resetCause: ResetCause };
}

/**
 * Has the client fall silent while the host has no network, and go on when there is one again. The first of a loop's
 * keepers, and one of the sleeper's limits. It looks at the link in each turn: whoever hears of a change makes one.
 */
export class LinkWatch {
	standing: LinkStanding = "online";
	private readonly client: WatchedClient;
	private readonly link: NetworkLink;
	private readonly host: WatchingHost;
	private readonly tuning: LinkTuning;
	private deadlineMs = Infinity;
	/** The next sleep between two looks. */
	private pauseMs: number;
	/** How long the next network has to last. */
	private settleMs = 0;
	private onlineAtMs = -Infinity;
	private address: string | number | undefined;

	constructor(client: WatchedClient, link: NetworkLink, host: WatchingHost, tuning = defaultLinkTuning) {
		this.client = client;
		this.link = link;
		this.host = host;
		this.tuning = tuning;
		this.pauseMs = tuning.pauseMs;
	}

	/** Without a network the client begins off line: the host has waited for one long enough. */
	started(nowMs: number): void {
		const { link, host, tuning } = this;
		this.address = link.address;
		if (link.state !== "down") return;
		const wasAsleep = host.power.resetCause === "deepSleep";
		if (wasAsleep) this.pauseMs = tuning.pauseMaxMs; // since when there is none was lost with RAM
		this.enter(wasAsleep ? "resigned" : "seeking", nowMs);
	}

	turnEnded(nowMs: number): void {
		const { link } = this;
		const { state } = link;
		this.happened(state, nowMs);
		if (nowMs >= this.deadlineMs) this.happened("due", nowMs);
		if (state !== "up" || this.isSilent) return;
		const { address } = link;
		if (address === undefined || address === this.address) return;
		if (this.address !== undefined) {
			this.client.moved(nowMs);
			this.client.poll(nowMs);
		}
		this.address = address;
	}

	rest(_nowMs: number, dueMs: number): number {
		return Math.min(dueMs, this.deadlineMs);
	}

	/** While a network is looked for, or is being tried, nobody sleeps: the radio would go off. */
	get deepest(): SleepDepth {
		return this.standing === "seeking" || this.standing === "settling" ? "idle" : "off";
	}

	private get isSilent(): boolean {
		return this.deepest === "idle" || this.standing === "resigned";
	}

	private happened(event: LinkEvent, nowMs: number): void {
		const next = linkTable[this.standing][event];
		if (next !== this.standing) this.enter(next, nowMs);
	}

	private enter(standing: LinkStanding, nowMs: number): void {
		const wasSilent = this.isSilent;
		this.standing = standing;
		this.deadlineMs = nowMs + this.lasts(standing);
		if (this.isSilent === wasSilent) return;
		this.host.log.write({ event: "network", state: wasSilent ? "back" : "gone" });
		if (wasSilent) {
			this.onlineAtMs = nowMs;
			this.pauseMs = this.tuning.pauseMs;
			this.client.online(nowMs, "link");
			this.client.poll(nowMs);
		} else {
			const { steadyMs, settleMaxMs } = this.tuning;
			const isSteady = nowMs - this.onlineAtMs >= steadyMs;
			this.settleMs = isSteady ? 0 : Math.min(Math.max(1000, 2 * this.settleMs), settleMaxMs);
			this.client.offline(nowMs, "link");
		}
	}

	private lasts(standing: LinkStanding): number {
		const { graceMs, returnMs, lookMs, pauseMaxMs } = this.tuning;
		if (standing === "fading") return graceMs;
		if (standing === "returning") return returnMs;
		if (standing === "seeking") return lookMs;
		if (standing === "settling") return this.settleMs;
		if (standing !== "resigned") return Infinity;
		const { pauseMs } = this;
		this.pauseMs = Math.min(2 * pauseMs, pauseMaxMs);
		return pauseMs;
	}
}
