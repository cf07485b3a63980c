import { accountOf, shortServerIdOf } from "./accounts.ts";
import { Recovery } from "./recovery.ts";
import { Session, type SessionContext } from "./session.ts";

/** All servers of a client: which there are, which of them may speak, and what comes of those out of reach. */
export class Servers {
	readonly sessions: Session[] = [];
	readonly recovery: Recovery;
	private readonly context: SessionContext;
	/** Objects 0 and 1 have changed since they were looked at. */
	private isStale = false;
	private areOffline = false;
	/** The host has no network: beside the application's own word. */
	private hasNoLink = false;
	/** A bootstrap session is open. */
	private isHushed = false;

	constructor(context: SessionContext) {
		this.context = context;
		this.recovery = new Recovery(context);
	}

	/** The server with this Short Server ID, unless we are just leaving it. */
	session(shortServerId: number): Session | undefined {
		return this.sessions.find((session) => session.shortServerId === shortServerId && !session.isLeaving);
	}

	get isOffline(): boolean {
		return this.areOffline || this.hasNoLink;
	}

	/** Until when the radio has to hear: see Session. */
	get radioUntilMs(): number {
		let untilMs = -Infinity;
		const { sessions } = this;
		for (let at = 0; at < sessions.length; at++) untilMs = Math.max(untilMs, sessions[at]!.radioUntilMs);
		return untilMs;
	}

	/** Whether there is nothing that deep sleep would lose. */
	get isRetainable(): boolean {
		if (this.context.bootstrap?.isWanted === true || this.recovery.deadlineMs < Infinity) return false;
		return this.sessions.every(({ reporting }) => reporting.isRetainable);
	}

	/** Security or Server Instances came, went, or are other ones: looked at by the next poll(). */
	accountsChanged(): void {
		this.isStale = true;
	}

	/** Takes up every account there is. */
	start(nowMs: number): void {
		this.openAll(nowMs);
	}

	/** De-registers everywhere and ends. */
	stop(nowMs: number): void {
		this.isHushed = false;
		this.spread(nowMs);
		this.sessions.forEach((session) => {
			session.stop(nowMs);
		});
	}

	/** Does what is due in all of them. @param isStarted whether accounts are taken up, and order is kept, too */
	poll(isStarted: boolean, nowMs: number): void {
		this.forgetEnded();
		if (isStarted && this.isStale && !this.isHushed) this.reconcile(nowMs);
		// What one begins, or is through with, lets others begin: three steps for each of them at most.
		for (let rounds = 0; rounds <= 3 * this.sessions.length; rounds++) {
			for (let at = 0; at < this.sessions.length; at++) this.sessions[at]!.poll(nowMs);
			if (!isStarted || this.isHushed || this.isOffline || !this.recovery.poll(this.sessions, nowMs)) break;
		}
	}

	/** Takes all servers off line, or one of them; nothing is sent, and what they send is not heard. */
	offline(who: number | "all" | "link", nowMs: number): void {
		if (who === "all") this.areOffline = true;
		else if (who === "link") this.hasNoLink = true;
		else {
			const session = this.session(who);
			if (session !== undefined) session.isOffline = true;
		}
		this.spread(nowMs);
	}

	/** Goes on: what is still registered stays so, the others begin anew at once, but for those that are disabled. */
	online(who: number | "all" | "link", nowMs: number): void {
		if (who === "all") this.areOffline = false;
		else if (who === "link") this.hasNoLink = false;
		this.recovery.forget(nowMs);
		this.sessions.forEach((session) => {
			if (who === "all" || session.shortServerId === who) session.isOffline = false;
			else if (who !== "link" || session.isOffline) return;
			if (session.state === "waiting" && session.attempts.wait !== "disabled") session.start(nowMs);
		});
		this.spread(nowMs);
	}

	/** Our own address is another one: who knows us by it hears an Update, and nothing else before it is answered. */
	moved(): void {
		this.sessions.forEach((session) => {
			if (!session.isRegistered) return;
			session.isTakenUp = session.isSecured === true; // it may not know the session there: see Session.renew()
			session.registration.doubt();
		});
	}

	/** A bootstrap session is open: they fall silent. */
	hush(nowMs: number): void {
		this.isHushed = true;
		this.spread(nowMs);
	}

	/** It came to nothing. */
	bootstrapFailed(nowMs: number): void {
		this.isHushed = false;
		this.spread(nowMs);
		this.recovery.failed(this.sessions, nowMs);
	}

	/** It has given us what Objects 0 and 1 say now. The servers know that: there are no good-byes. */
	bootstrapped(nowMs: number): void {
		this.isHushed = false;
		this.isStale = false;
		this.sessions.slice().forEach((session) => {
			const account = accountOf(this.context.registry, session.shortServerId);
			if (account === undefined || !session.adopt(account)) this.drop(session, account === undefined, nowMs);
			else if (session.isRegistered) session.trigger();
			else if (session.state === "waiting" && session.attempts.wait !== "disabled") {
				session.attempts.forget();
				session.start(nowMs);
			}
		});
		this.openAll(nowMs);
		this.spread(nowMs);
	}

	/** The application, or a server, changed accounts: servers that are not used any more hear of it. */
	private reconcile(nowMs: number): void {
		this.isStale = false;
		this.sessions.forEach((session) => {
			const account = accountOf(this.context.registry, session.shortServerId);
			if (session.isLeaving || (account !== undefined && session.adopt(account))) return;
			if (account === undefined) this.accountGone(session, nowMs);
			session.isLeaving = true;
			session.stop(nowMs);
		});
		this.openAll(nowMs);
		this.context.bootstrap?.accountsChanged(nowMs);
	}

	private openAll(nowMs: number): void {
		const { registry, options, limits } = this.context;
		registry.object(0)?.instances.forEach((security) => {
			const shortServerId = shortServerIdOf(security);
			if (shortServerId === undefined || this.sessions.some((other) => other.shortServerId === shortServerId)) return;
			const account = accountOf(registry, shortServerId);
			if (account === undefined) return;
			if (this.sessions.length >= limits.servers) {
				options.log({ event: "registrationFailed", server: shortServerId, reason: "limit" });
				return;
			}
			const session = new Session(account, this.context, options.hasRegistered?.(shortServerId) !== true);
			this.sessions.push(session);
			session.start(nowMs);
			if (this.isSilent(session)) session.silence(nowMs);
		});
	}

	private drop(session: Session, isGone: boolean, nowMs: number): void {
		session.vanish(nowMs);
		this.sessions.splice(this.sessions.indexOf(session), 1);
		if (isGone) this.accountGone(session, nowMs);
	}

	private accountGone({ shortServerId }: Session, nowMs: number): void {
		const { options, registry } = this.context;
		this.recovery.settled(shortServerId, nowMs);
		options.accessControl?.serverGone(registry, shortServerId);
	}

	/** Those that we left, after their last datagram was taken. What comes after them may begin. */
	private forgetEnded(): void {
		for (let index = this.sessions.length - 1; index >= 0; index--) {
			const { isLeaving, state } = this.sessions[index]!;
			if (!isLeaving || state !== "ended") continue;
			this.sessions.splice(index, 1);
			this.isStale = true;
		}
	}

	private spread(nowMs: number): void {
		this.sessions.forEach((session) => {
			if (this.isSilent(session)) session.silence(nowMs);
			else session.speak();
		});
	}

	private isSilent(session: Session): boolean {
		return this.isOffline || this.isHushed || session.isOffline;
	}
}
