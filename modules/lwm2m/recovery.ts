import { frozen } from "../frozen.ts";
import { wantsBootstrap } from "./accounts.ts";
import type { BootstrapReason } from "./bootstrap-port.ts";
import type { RegistrationContext } from "./registration-port.ts";
import type { Session } from "./session.ts";

/** Resources of the Server Object about one server among others (LwM2M Core 1.2 §6.2.1.1, Appendix E.2). */
const resource = frozen({ priorityOrder: 13, failureBlock: 15 });

/** What comes of a server that could not be registered with. */
export type Remedy = "bootstrap" | "series";

/**
 * After a series of attempts has failed: whether a bootstrap can lead anywhere, whether the server wants one (1/x/16),
 * and whether there is any other server that serves us, or still may (LwM2M Core 1.2 §6.1.4 step 4: with none of them
 * left there is a bootstrap whatever 1/x/16 says).
 */
export const afterSeries: {
	readonly [B in "possible" | "impossible"]: {
		readonly [W in "wanted" | "unwanted"]: { readonly [O in "othersLeft" | "noneLeft"]: Remedy };
	};
} = frozen({
	possible: {
		wanted: { othersLeft: "bootstrap", noneLeft: "bootstrap" },
		unwanted: { othersLeft: "series", noneLeft: "bootstrap" },
	},
	impossible: {
		wanted: { othersLeft: "series", noneLeft: "series" },
		unwanted: { othersLeft: "series", noneLeft: "series" },
	},
});

/**
 * What concerns all servers at once: who may begin when (1/x/13, 1/x/15), and what comes of those that could not be
 * registered with (1/x/16). Looks at the sessions in each turn; keeps nothing that they know themselves.
 */
export class Recovery {
	private readonly context: RegistrationContext;
	/**
	 * Short Server IDs of those whose failure asked for a bootstrap, and that have not been registered with since; 0
	 * where it was asked for because no server at all was left.
	 */
	private readonly askers: number[] = [];
	/** How often that was asked for in vain. */
	private asked = 0;
	/** When the next bootstrap is to begin; Infinity while none is. */
	private beginAtMs = Infinity;
	private why: BootstrapReason = "registrationFailed";

	constructor(context: RegistrationContext) {
		this.context = context;
	}

	get deadlineMs(): number {
		return this.beginAtMs;
	}

	/** @returns whether a session has something to do since: then this is to be called again */
	poll(sessions: readonly Session[], nowMs: number): boolean {
		let hasMoved = false;
		for (let at = 0; at < sessions.length; at++) {
			const session = sessions[at]!;
			if (session.isRegistered) {
				this.settled(session.shortServerId, nowMs);
				this.settled(0, nowMs);
				if (this.askers.length === 0) this.asked = 0;
			} else if (arrange(session, sessions, nowMs)) hasMoved = true;
		}
		if (hasMoved) return true; // nobody is given up before it is known who goes on
		for (let at = 0; at < sessions.length; at++) {
			if (isWaiting(sessions[at]!) && this.consider(sessions[at]!, sessions, nowMs)) hasMoved = true;
		}
		if (!sessions.some(isWanted)) this.ask("noAccounts", nowMs);
		if (nowMs >= this.beginAtMs) {
			this.beginAtMs = Infinity;
			this.context.bootstrap?.begin(this.why, "", nowMs);
		}
		return hasMoved;
	}

	/** A bootstrap failed: who waits for what comes of it has another series now. */
	failed(sessions: readonly Session[], nowMs: number): void {
		sessions.forEach(({ state, attempts }) => {
			if (state === "waiting" && attempts.hasFailed) attempts.renew(nowMs);
		});
	}

	/** The application, or a server, asked for a bootstrap: what we had in mind ourselves is done with it. */
	overtaken(why: BootstrapReason): void {
		this.why = why;
		this.beginAtMs = Infinity;
	}

	/** The network is another one than it was: what failed before it says nothing. */
	forget(nowMs: number): void {
		this.askers.length = 0;
		this.reset(nowMs);
	}

	/** The account of this server is gone, or it has accepted us: nobody asks for a bootstrap because of it any more. */
	settled(shortServerId: number, nowMs: number): void {
		const at = this.askers.indexOf(shortServerId);
		if (at < 0) return;
		this.askers.splice(at, 1);
		if (this.askers.length === 0) this.reset(nowMs);
	}

	private reset(nowMs: number): void {
		const { bootstrap } = this.context;
		this.asked = 0;
		this.beginAtMs = Infinity;
		if (this.why !== "registrationFailed" || bootstrap === undefined) return;
		if (bootstrap.isWanted && !bootstrap.isOpen) bootstrap.cancel(nowMs);
	}

	private consider(session: Session, sessions: readonly Session[], nowMs: number): boolean {
		const { attempts } = session;
		switch (attempts.wait) {
			case "decision":
				this.decide(session, sessions, nowMs);
				return false;
			case "series": // 1/x/16 may be another one by now
				if (this.isPossible && wantsBootstrap(session.account)) this.decide(session, sessions, nowMs);
				return false;
			case "bootstrap":
				if (this.isExpecting) return false;
				this.decide(session, sessions, nowMs);
				return attempts.deadlineMs <= nowMs;
			default:
				return false;
		}
	}

	/** Whether a bootstrap is on its way, or will be. */
	private get isExpecting(): boolean {
		return this.beginAtMs !== Infinity || this.context.bootstrap?.isWanted === true;
	}

	private get isPossible(): boolean {
		return this.context.bootstrap?.isPossible === true;
	}

	private decide(session: Session, sessions: readonly Session[], nowMs: number): void {
		const { shortServerId, attempts } = session;
		const isWanted = wantsBootstrap(session.account);
		const hasOthers = sessions.some((other) => other !== session && isAlive(other));
		const decision =
			afterSeries[this.isPossible ? "possible" : "impossible"][isWanted ? "wanted" : "unwanted"][
				hasOthers ? "othersLeft" : "noneLeft"
			];
		attempts.decided(decision);
		if (decision === "bootstrap") {
			const asker = isWanted ? shortServerId : 0;
			if (!this.askers.includes(asker)) this.askers.push(asker);
			this.ask("registrationFailed", nowMs);
			session.log("recovery", { decision });
		} else if (attempts.deadlineMs === Infinity) session.log("recovery", { decision: "parked" });
		else session.log("recovery", { decision, retryInMs: attempts.deadlineMs - nowMs });
	}

	/** The first time at once; then, where none of it has led to a registration, less and less often. */
	private ask(why: BootstrapReason, nowMs: number): void {
		if (!this.isPossible || this.isExpecting) return;
		const { bootstrapAgainMs, bootstrapAgainMostMs } = this.context.registrationTuning;
		const waitMs = this.asked === 0 ? 0 : bootstrapAgainMs * 2 ** Math.min(this.asked - 1, 30);
		this.asked++;
		this.why = why;
		this.beginAtMs = nowMs + Math.min(waitMs, bootstrapAgainMostMs);
	}
}

/** The order: whose turn it is, and who lets others go on. @returns whether that has changed */
function arrange(session: Session, sessions: readonly Session[], nowMs: number): boolean {
	const { attempts } = session;
	const wait = isWaiting(session) ? attempts.wait : "again";
	if (wait === "turn") {
		if (!isFree(session, sessions)) return false;
		attempts.begin(nowMs);
		return true;
	}
	const hasFailed = (wait === "retry" || wait === "sequence") && attempts.review(nowMs);
	if (attempts.isComplete || !attempts.hasLost || isBlocking(session)) return hasFailed;
	attempts.isComplete = true;
	return true;
}

function isWaiting({ state, isOffline }: Session): boolean {
	return state === "waiting" && !isOffline;
}

/** Whether there is an account that the application did not take away. */
function isWanted({ state }: Session): boolean {
	return state !== "ended" && state !== "deregistering";
}

/** Whether it serves us, or may without anybody's doing. */
function isAlive({ state, attempts, isOffline }: Session): boolean {
	if (isOffline || state === "idle" || state === "ended" || state === "deregistering") return false;
	return state !== "waiting" || (attempts.wait !== "turn" && !attempts.hasFailed);
}

/** Registration Failure Block: who comes after it waits until it is registered. */
function isBlocking({ account }: Session): boolean {
	return account.server.at(resource.failureBlock) === true;
}

/** Whether nobody before it in the order is to be waited for. One without a place in the order waits for nobody. */
function isFree(session: Session, sessions: readonly Session[]): boolean {
	const place = placeOf(session);
	if (place === undefined || session.attempts.isComplete) return true;
	return !sessions.some((other) => {
		const before = placeOf(other);
		if (other === session || before === undefined || !isInTheWay(other)) return false;
		return before < place || (before === place && other.account.server.id < session.account.server.id);
	});
}

function isInTheWay({ state, attempts, isOffline }: Session): boolean {
	return !attempts.isComplete && !isOffline && state !== "ended" && state !== "deregistering";
}

function placeOf({ account }: Session): number | undefined {
	const place = account.server.at(resource.priorityOrder);
	return typeof place === "number" ? place : undefined;
}
