/**
 * What a client is to do when registrations fail: LwM2M Core 1.2 §6.1.4, §6.2.1.1 and Appendix E.2 read once more, as
 * processes that sleep and go on, one line for each sentence. Slow, obvious, and not a line in common with
 * modules/lwm2m. Where the specification leaves a choice, the comment says ours.
 */
import { ModelledServer } from "./recovery-model.ts";
import {
	acceptedAtOnce,
	appliedSoon,
	type Decision,
	goodbyeMs,
	inOrder,
	type LiveWrite,
	type Outcome,
	type Scenario,
	silenceMs,
} from "./recovery-scenario.ts";
import { Sleepers } from "./sleepers.ts";

/** A process sleeps until a time that may be another one whenever it is looked at. */
type Process<Result = void> = Generator<() => number, Result, void>;

/** 60 s, doubled up to an hour: between bootstraps that lead to nothing, and before a new series (left to us). */
const leastMs = 60_000;
const mostMs = 3_600_000;

class Oracle {
	readonly decisions: Decision[] = [];
	readonly #scenario: Scenario;
	readonly #servers: readonly ModelledServer[];
	readonly #sleepers: Sleepers<ModelledServer>;
	/** Wanted: about to begin, under way, or to be tried again. */
	#isWanted = false;
	/** How often it was begun in a row without the registrations that asked for it. */
	#beginCount = 0;
	/** Whether those who asked for it have what they want. */
	#wishes: (() => boolean)[] = [];
	#sessionCount = 0;

	constructor(scenario: Scenario, isReversed: boolean) {
		this.#scenario = scenario;
		this.#sleepers = new Sleepers(isReversed);
		this.#servers = scenario.servers.map((script, index) => new ModelledServer(index, script, scenario.isProvisioned));
	}

	/** @returns everything that is decided up to the horizon */
	run(): readonly Decision[] {
		this.beginRound();
		for (const write of this.#scenario.writes) this.#sleepers.start("always", this.write(write));
		this.#sleepers.run(this.#scenario.horizonMs, () => this.look());
		return this.decisions;
	}

	private get nowMs(): number {
		return this.#sleepers.nowMs;
	}

	private decide(server: number, what: Decision["what"]): void {
		this.decisions.push({ atMs: this.nowMs, server, what });
	}

	private *write({ atMs, server, resource, value }: LiveWrite): Process {
		yield () => atMs;
		const it = this.#servers[server]!;
		if (!it.isAccount) return;
		it.write(resource, value);
	}

	/**
	 * 1/x/15 counts whenever it is looked at: who has failed once and does not block (any more) lets the others go on. So
	 * does 1/x/16: who pauses asks for a bootstrap all the same once it says so.
	 */
	private look(): void {
		for (const server of this.#servers) if (server.hasFailedOnce && !server.blocks) server.isComplete = true;
		for (const server of this.#servers) {
			if (server.isFailed && !server.isWaiting && server.bootstraps) server.isWaiting = this.considers(server);
		}
	}

	/**
	 * Everybody who is not registered begins, at start and after a bootstrap: "the LwM2M Client orders the LwM2M Server
	 * registrations in ascending order" of 1/x/13; "if this value is not defined […] registration attempts to that
	 * LwM2M Server are managed independently".
	 */
	private beginRound(): void {
		const hasAccounts = this.#servers.some(({ isAccount }) => isAccount);
		if (!hasAccounts && this.#scenario.bootstrap !== undefined) this.want("bootstrapNoAccounts", () => false);
		for (const server of this.#servers) {
			if (!server.isAccount) continue;
			server.begin();
			if (server.isComplete)
				this.#sleepers.start(server, this.lead(server, server.isDisabled ? "disabled" : "registered"));
			else if (server.order === undefined) this.#sleepers.start(server, this.lead(server, "delay"));
		}
		this.#sleepers.start("others", this.beginInOrder());
	}

	/** Equals in order of their Object Instances: left to us. */
	private get ordered(): readonly ModelledServer[] {
		return this.#servers
			.filter(({ isAccount, order }) => isAccount && order !== undefined)
			.toSorted((a, b) => a.order! - b.order! || a.index - b.index);
	}

	private *beginInOrder(): Process {
		for (const server of this.ordered) {
			if (!server.isComplete) this.#sleepers.start(server, this.lead(server, "delay"));
			yield () => (server.isComplete ? 0 : Infinity);
		}
	}

	/** A server's whole life. */
	private *lead(server: ModelledServer, from: "delay" | "registered" | "disabled"): Process {
		let isNameKnown = false;
		if (from === "delay") yield* this.delay(server);
		if (from === "disabled") yield* this.stayAway(server);
		if (from === "registered") isNameKnown = yield* this.serve(server);
		for (;;) {
			yield* this.register(server, isNameKnown);
			isNameKnown = yield* this.serve(server);
		}
	}

	/** 1/x/14: "only applied until the first successful registration after a successful bootstrapping sequence". */
	private *delay(server: ModelledServer): Process {
		const since = this.nowMs;
		if (!server.hasServed) yield () => since + server.delayMs;
		server.isBegun = true;
	}

	/** Series of sequences of attempts, until it is registered. */
	private *register(server: ModelledServer, isNameKnownAtFirst: boolean): Process {
		let isNameKnown = isNameKnownAtFirst;
		for (;;) {
			server.isFailed = false;
			const isRegistered = yield* this.series(server, isNameKnown);
			if (isRegistered) return;
			isNameKnown = false;
			server.isFailed = true;
			server.hasFailedOnce = true;
			server.isWaiting = false;
			this.look();
			server.isWaiting ||= this.considers(server);
			const since = this.nowMs;
			server.isAgain = false;
			// "The maximum number of retry sequences": what comes then is left to us, lest one outage end it for good.
			yield () => (server.isAgain ? 0 : server.isWaiting ? Infinity : since + server.seriesMs);
		}
	}

	private *series(server: ModelledServer, isNameKnownAtFirst: boolean): Process<boolean> {
		let isNameKnown = isNameKnownAtFirst;
		for (let sequence = 1; ; sequence++) {
			for (let attempt = 1; ; attempt++) {
				const outcome = yield* this.attempt(server, isNameKnown);
				isNameKnown = false;
				if (server.isRegistered) return true;
				if (this.isRejection(server, outcome)) return false;
				const since = this.nowMs;
				const isLast = () => attempt >= server.attempts; // "a sequence of Communication Retry Count attempts"
				yield () => (isLast() ? 0 : since + server.retryMs * 2 ** (attempt - 1));
				if (isLast()) break;
			}
			// "When […] false, the client proceeds with registration to the next server": this one goes on by itself.
			server.hasFailedOnce = true;
			const since = this.nowMs;
			const isLast = () => sequence >= server.sequences || server.sequenceMs === Infinity;
			yield () => (isLast() ? 0 : since + server.sequenceMs);
			if (isLast()) return false;
		}
	}

	private *attempt(server: ModelledServer, isNameKnownAtFirst: boolean): Process<Outcome> {
		for (let isNameKnown = isNameKnownAtFirst; ; isNameKnown = false) {
			const outcome = server.script.attempts[server.attemptCount++] ?? acceptedAtOnce;
			const sentAtMs = this.nowMs;
			const isLookUp = outcome.kind === "nameless" && !isNameKnown;
			this.decide(server.index, isLookUp ? "lookUp" : "register");
			const endMs =
				outcome.kind === "silent" || (outcome.kind === "nameless" && !isLookUp) ? silenceMs : outcome.afterMs;
			if (yield* this.isCutOff(server, () => sentAtMs + endMs)) continue;
			if (outcome.kind === "accepted") this.accept(server, sentAtMs, outcome.disableAfterMs);
			return outcome;
		}
	}

	/** Waits for the end of an exchange. @returns whether a bootstrap came in between: then it is as if it never was */
	private *isCutOff(server: ModelledServer, endMs: () => number): Process<boolean> {
		server.isCut = false;
		server.isExchanging = true;
		yield () => (server.isCut ? 0 : endMs());
		server.isExchanging = server.isCut; // what was cut off is begun again at once
		return server.isCut;
	}

	private accept(server: ModelledServer, sentAtMs: number, disableAfterMs: number | undefined): void {
		server.accept(sentAtMs, disableAfterMs === undefined ? Infinity : this.nowMs + disableAfterMs);
		const hadWishes = this.#wishes.length > 0;
		this.#wishes = this.#wishes.filter((isContent) => !isContent());
		if (this.#wishes.length > 0) return;
		if (hadWishes) this.cancel();
		this.#beginCount = 0;
	}

	private cancel(): void {
		this.#isWanted = false;
		this.#sleepers.end("bootstrap");
		for (const other of this.#servers) other.isWaiting = false;
	}

	/** 1/x/16: "explicitly rejected by the LwM2M Server" is 4.03, "the endpoint is not allowed to register". */
	private isRejection(server: ModelledServer, outcome: Outcome): boolean {
		const isForbidden = outcome.kind === "refused" && outcome.code === 0x83;
		return isForbidden && server.bootstraps && this.#scenario.bootstrap !== undefined;
	}

	/**
	 * 1/x/16, and §6.1.4 step 4: "if the LwM2M Client fails to register to all the LwM2M Servers".
	 * @returns whether this failure asks for a bootstrap
	 */
	private considers(server: ModelledServer): boolean {
		if (this.#scenario.bootstrap === undefined) return false;
		if (server.bootstraps) this.want("bootstrapRegistrationFailed", () => server.isRegistered || !server.isAccount);
		else if (this.#servers.some((other) => other !== server && this.hasProspect(other))) return false;
		else this.want("bootstrapRegistrationFailed", () => this.#servers.some(({ isRegistered }) => isRegistered));
		return true;
	}

	/** Registered, or to be tried by and by; whoever waits behind one that failed is not tried by and by. */
	private hasProspect(server: ModelledServer): boolean {
		if (!server.isAccount || server.isFailed) return false;
		if (server.isBegun || server.isRegistered || server.isDisabled || server.order === undefined) return true;
		const { ordered } = this;
		return ordered.slice(0, ordered.indexOf(server)).every(({ isComplete }) => isComplete);
	}

	/** Registered: Updates in time. @returns whether the next Register goes without a look-up */
	private *serve(server: ModelledServer): Process<boolean> {
		for (;;) {
			yield () => Math.min(server.updateAtMs, server.expiresAtMs, server.disableAtMs);
			if (this.nowMs >= server.expiresAtMs) break;
			if (this.nowMs >= server.disableAtMs) {
				yield* this.disable(server);
				return false;
			}
			const result = yield* this.update(server);
			if (result === "accepted") continue;
			server.lose();
			return result === "refused";
		}
		server.lose();
		return false;
	}

	private *update(server: ModelledServer): Process<"accepted" | "refused" | "lost"> {
		for (;;) {
			const outcome = server.script.updates[server.updateCount++] ?? acceptedAtOnce;
			const sentAtMs = this.nowMs;
			const answerMs = outcome.kind === "silent" ? silenceMs : outcome.afterMs;
			this.decide(server.index, "update");
			const isCut = yield* this.isCutOff(server, () => Math.min(sentAtMs + answerMs, server.expiresAtMs));
			if (server.disableAtMs <= this.nowMs) server.disableAtMs = Infinity; // came at the wrong time
			if (server.expiresAtMs <= this.nowMs) return "lost";
			if (isCut) continue;
			if (outcome.kind === "silent") return "lost";
			if (outcome.kind === "accepted") server.settle(sentAtMs);
			return outcome.kind;
		}
	}

	/** 1/x/4 and 1/x/5: De-register, silence for Disable Timeout, Register. */
	private *disable(server: ModelledServer): Process {
		this.decide(server.index, "deregister");
		server.lose();
		server.isDisabled = true;
		const endMs = this.nowMs + (server.script.saysGoodbye ? 0 : goodbyeMs);
		if (!(yield* this.isCutOff(server, () => endMs))) server.disabledAtMs = this.nowMs;
		server.isExchanging = false;
		yield* this.stayAway(server);
	}

	private *stayAway(server: ModelledServer): Process {
		yield () => server.disabledAtMs + server.disabledMs;
		server.isDisabled = false;
	}

	private want(what: "bootstrapNoAccounts" | "bootstrapRegistrationFailed", isContent: () => boolean): void {
		if (what === "bootstrapRegistrationFailed") this.#wishes.push(isContent);
		if (this.#isWanted) return;
		this.#isWanted = true;
		// Left to us: a bootstrap whose accounts fail again is not repeated at once.
		const count = this.#beginCount++;
		const delayMs = count === 0 ? 0 : Math.min(mostMs, leastMs * 2 ** (count - 1));
		this.#sleepers.start("bootstrap", this.bootstrap(what, delayMs));
	}

	/** Client Hold Off Time (0/x/11), then sessions until one is applied. */
	private *bootstrap(what: Decision["what"], delayMs: number): Process {
		const { holdOffMs, sessions } = this.#scenario.bootstrap!;
		let atMs = this.nowMs + delayMs;
		yield () => atMs;
		this.decide(-1, what);
		atMs += holdOffMs;
		yield () => atMs;
		for (let failures = 0; ; failures++) {
			const { opensAfterMs, isApplied, afterMs, retryMs } = sessions[this.#sessionCount++] ?? appliedSoon;
			atMs += opensAfterMs ?? 0;
			yield () => atMs;
			if (opensAfterMs !== undefined) this.silence();
			atMs += afterMs;
			yield () => atMs;
			this.speak();
			if (isApplied && opensAfterMs !== undefined) break;
			// "If the LwM2M Client fails …" again, from the failed ones' first attempt.
			for (const server of this.#servers) server.isAgain = true;
			atMs += retryMs ?? Math.min(mostMs, Math.max(leastMs, holdOffMs) * 2 ** failures);
			yield () => atMs;
		}
		this.apply();
	}

	/** During a session nothing is said to any server, and what was under way is dropped. */
	private silence(): void {
		this.#sleepers.isQuiet = true;
		for (const server of this.#servers) {
			server.isCut = server.isExchanging;
			if (server.isExchanging && server.isDisabled) server.disabledAtMs = this.nowMs;
		}
	}

	private speak(): void {
		this.#sleepers.isQuiet = false;
		for (const server of this.#servers) if (server.disableAtMs <= this.nowMs) server.disableAtMs = Infinity;
	}

	private apply(): void {
		this.#isWanted = false;
		this.#sleepers.end("others");
		for (const server of this.#servers) {
			this.#sleepers.end(server);
			server.bootstrapped(this.nowMs);
		}
		const hadWishes = this.#wishes.length > 0;
		this.#wishes = this.#wishes.filter((isContent) => !isContent());
		const isServed = this.#servers.some(({ isRegistered }) => isRegistered);
		if (this.#wishes.length === 0 && (hadWishes || isServed)) this.#beginCount = 0;
		this.beginRound();
	}
}

/**
 * What a client is to do in this scenario. Undefined where it depends on what comes first of things that happen in one
 * millisecond: that is nobody's to say.
 */
export function foretell(scenario: Scenario): readonly string[] | undefined {
	const decisions = inOrder(new Oracle(scenario, false).run());
	const others = inOrder(new Oracle(scenario, true).run());
	return decisions.join() === others.join() ? decisions : undefined;
}
