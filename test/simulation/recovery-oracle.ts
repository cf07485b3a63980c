/**
 * What a client is to do when registrations fail: LwM2M Core 1.2 §6.1.4, §6.2.1.1 and Appendix E.2 read once more, as
 * processes that sleep and go on, one line for each sentence. Slow, obvious, and not a line in common with
 * modules/lwm2m. Where the specification leaves a choice, the comment says ours.
 */
import {
	acceptedAtOnce,
	appliedSoon,
	type Decision,
	goodbyeMs,
	type Outcome,
	type Scenario,
	type ScriptedServer,
	silenceMs,
	updateMarginMs,
} from "./recovery-scenario.ts";

/** A process sleeps until a time, or until something holds. */
type Sleep = number | (() => boolean);
type Process = Generator<Sleep, void, void>;

/** 1/x/19: "MAX_VALUE means do not perform another communication sequence". It is a 32-bit value with every peer. */
const maxValue = 0xffff_ffff;

/** Table 6.2.1.1-1. A count or a time of 0 makes no sense: taken for the least that does. */
const settings = (server: ScriptedServer) => ({
	delayMs: 1000 * (server.initialDelayS ?? 0),
	blocks: server.failureBlock ?? false,
	bootstraps: server.bootstrapOnFailure ?? true,
	attempts: Math.max(1, server.retryCount ?? 5),
	retryMs: 1000 * Math.max(1, server.retryTimerS ?? 60),
	pauseMs:
		(server.sequenceDelayTimerS ?? 86_400) >= maxValue
			? Infinity
			: 1000 * Math.max(1, server.sequenceDelayTimerS ?? 86_400),
	sequences: Math.max(1, server.sequenceRetryCount ?? 1),
	disabledMs: 1000 * (server.disableTimeoutS ?? 86_400),
	lifetimeMs: server.lifetimeS === 0 ? Infinity : 1000 * server.lifetimeS,
});

/** One server, and how far we are with it. */
class Server {
	readonly index: number;
	readonly script: ScriptedServer;
	readonly set: ReturnType<typeof settings>;
	isAccount: boolean;
	/** Registering was begun, in the order or without one. */
	isBegun = false;
	isRegistered = false;
	isDisabled = false;
	/** Its sequences are used up, or it was rejected. */
	isFailed = false;
	/** Those behind it in the order may begin. */
	isComplete = false;
	/** It has registered since the last bootstrap that was applied. */
	hasServed = false;
	isUpdating = false;
	attemptCount = 0;
	updateCount = 0;
	updateAtMs = Infinity;
	expiresAtMs = Infinity;
	disableAtMs = Infinity;
	enabledAtMs = Infinity;

	constructor(index: number, script: ScriptedServer, isAccount: boolean) {
		this.index = index;
		this.script = script;
		this.set = settings(script);
		this.isAccount = isAccount;
	}

	/** Not registered, and nothing is known of the time before. */
	forget(): void {
		this.isRegistered = false;
		this.isDisabled = false;
		this.isUpdating = false;
	}
}

class Oracle {
	readonly decisions: Decision[] = [];
	readonly #scenario: Scenario;
	readonly #servers: readonly Server[];
	#sleeping: { process: Process; sleep: Sleep }[] = [];
	#bootstrap: Process | undefined;
	#sessionCount = 0;
	/** Whose registration must come about for nobody to want the bootstrap any more. */
	#wanting: (() => boolean)[] = [];
	#nowMs = 0;

	constructor(scenario: Scenario) {
		this.#scenario = scenario;
		this.#servers = scenario.servers.map((script, index) => new Server(index, script, scenario.isProvisioned));
	}

	/** @returns everything that is decided up to the horizon */
	run(): readonly Decision[] {
		if (this.#servers.some(({ isAccount }) => isAccount)) this.beginRound();
		else this.want("bootstrapNoAccounts", () => false);
		for (;;) {
			this.wakeAll();
			const times = this.#sleeping.map(({ sleep }) => (typeof sleep === "number" ? sleep : Infinity));
			const nextMs = Math.min(...times);
			if (nextMs > this.#scenario.horizonMs) return this.decisions;
			this.#nowMs = nextMs;
		}
	}

	private wakeAll(): void {
		for (let isQuiet = false; !isQuiet; ) {
			isQuiet = true;
			for (const sleeper of [...this.#sleeping]) {
				if (!this.#sleeping.includes(sleeper)) continue; // ended by one before it
				const { sleep } = sleeper;
				if (typeof sleep === "number" ? sleep > this.#nowMs : !sleep()) continue;
				isQuiet = false;
				const next = sleeper.process.next();
				if (next.done === true) this.#sleeping = this.#sleeping.filter((one) => one !== sleeper);
				else sleeper.sleep = next.value;
			}
		}
	}

	private start(process: Process): Process {
		this.#sleeping.push({ process, sleep: this.#nowMs });
		return process;
	}

	private decide(server: number, what: Decision["what"]): void {
		this.decisions.push({ atMs: this.#nowMs, server, what });
	}

	/**
	 * Everybody who is not registered begins: at start, and when a bootstrap has ended, well or not (§6.1.4 step 3).
	 * "The LwM2M Client orders the LwM2M Server registrations in ascending order" of 1/x/13; "if this value is not
	 * defined […] registration attempts to that LwM2M Server are managed independently".
	 */
	private beginRound(): void {
		for (const server of this.#servers) {
			server.isBegun = false;
			server.isFailed = false;
			server.isComplete = server.isRegistered || server.isDisabled;
			if (server.isAccount && server.isComplete)
				this.start(this.lead(server, server.isDisabled ? "disabled" : "registered"));
			else if (server.isAccount && server.script.priorityOrder === undefined) this.start(this.beginOne(server));
		}
		this.start(this.beginInOrder());
	}

	/** Equals in order of their Object Instances: left to us. */
	private get ordered(): readonly Server[] {
		return this.#servers
			.filter(({ isAccount, script }) => isAccount && script.priorityOrder !== undefined)
			.toSorted((a, b) => a.script.priorityOrder! - b.script.priorityOrder! || a.index - b.index);
	}

	private *beginInOrder(): Process {
		for (const server of this.ordered) {
			if (server.isComplete) continue;
			yield* this.delay(server);
			this.start(this.lead(server, "registering"));
			yield () => server.isComplete;
		}
	}

	private *beginOne(server: Server): Process {
		yield* this.delay(server);
		this.start(this.lead(server, "registering"));
	}

	/** 1/x/14: "only applied until the first successful registration after a successful bootstrapping sequence". */
	private *delay(server: Server): Process {
		if (!server.hasServed && server.set.delayMs > 0) yield this.#nowMs + server.set.delayMs;
		server.isBegun = true;
	}

	/** A server's whole life. */
	private *lead(server: Server, from: "registering" | "registered" | "disabled"): Process {
		let isNameKnown = false;
		if (from === "disabled") yield* this.stayAway(server);
		if (from === "registered") isNameKnown = yield* this.serve(server);
		for (;;) {
			yield* this.register(server, isNameKnown);
			isNameKnown = yield* this.serve(server);
		}
	}

	/** Series of sequences of attempts, until it is registered. */
	private *register(server: Server, isNameKnownAtFirst: boolean): Process {
		const { attempts, retryMs, pauseMs, sequences, blocks } = server.set;
		let isNameKnown = isNameKnownAtFirst;
		for (;;) {
			server.isFailed = false;
			series: for (let sequence = 1; ; sequence++) {
				for (let attempt = 1; ; attempt++) {
					const outcome = yield* this.attempt(server, isNameKnown);
					isNameKnown = false;
					if (server.isRegistered) return;
					if (this.isRejection(server, outcome)) break series;
					if (attempt === attempts) break; // "a sequence of Communication Retry Count attempts"
					yield this.#nowMs + Math.min(retryMs * 2 ** (attempt - 1), 1000 * maxValue);
				}
				if (sequence === sequences || pauseMs === Infinity) break;
				// "When […] false, the client proceeds with registration to the next server": it goes on by itself.
				if (!blocks) server.isComplete = true;
				yield this.#nowMs + pauseMs;
			}
			server.isFailed = true;
			if (!blocks) server.isComplete = true;
			this.consider(server);
			if (this.waitsForBootstrap(server)) yield Infinity;
			yield this.#nowMs + pauseMs; // left to us: else one outage would end it for good
		}
	}

	private *attempt(server: Server, isNameKnown: boolean): Generator<Sleep, Outcome, void> {
		const outcome = server.script.attempts[server.attemptCount++] ?? acceptedAtOnce;
		const sentAtMs = this.#nowMs;
		if (outcome.kind === "nameless" && !isNameKnown) {
			this.decide(server.index, "lookUp");
			yield sentAtMs + outcome.afterMs;
			return outcome;
		}
		this.decide(server.index, "register");
		yield sentAtMs + (outcome.kind === "silent" || outcome.kind === "nameless" ? silenceMs : outcome.afterMs);
		if (outcome.kind === "accepted") this.accept(server, sentAtMs, outcome.disableAfterMs);
		return outcome;
	}

	private accept(server: Server, sentAtMs: number, disableAfterMs: number | undefined): void {
		server.isRegistered = true;
		server.isComplete = true;
		server.hasServed = true;
		server.disableAtMs = disableAfterMs === undefined ? Infinity : this.#nowMs + disableAfterMs;
		this.settle(server, sentAtMs);
		// Nobody wants the bootstrap any more when all are registered who asked for it.
		if (this.#bootstrap === undefined || !this.#wanting.every((isContent) => isContent())) return;
		this.#sleeping = this.#sleeping.filter(({ process }) => process !== this.#bootstrap);
		this.#bootstrap = undefined;
	}

	private settle(server: Server, sentAtMs: number): void {
		const { lifetimeMs } = server.set;
		server.expiresAtMs = sentAtMs + lifetimeMs;
		server.updateAtMs = server.expiresAtMs - Math.min(updateMarginMs, lifetimeMs / 2);
		if (lifetimeMs === Infinity) server.updateAtMs = Infinity;
	}

	/** 1/x/16: "explicitly rejected by the LwM2M Server" is 4.03, "the endpoint is not allowed to register". */
	private isRejection(server: Server, outcome: Outcome): boolean {
		return outcome.kind === "refused" && outcome.code === 0x83 && this.bootstrapsBy(server);
	}

	private bootstrapsBy(server: Server): boolean {
		return server.set.bootstraps && this.#scenario.bootstrap !== undefined;
	}

	/** 1/x/16, and §6.1.4 step 4: "if the LwM2M Client fails to register to all the LwM2M Servers". */
	private consider(server: Server): void {
		if (this.#scenario.bootstrap === undefined) return;
		if (server.set.bootstraps) this.want("bootstrapRegistrationFailed", () => server.isRegistered);
		else if (!this.#servers.some((other) => other !== server && this.hasProspect(other))) {
			this.want("bootstrapRegistrationFailed", () => this.#servers.some(({ isRegistered }) => isRegistered));
		}
	}

	private waitsForBootstrap(server: Server): boolean {
		return (
			this.#bootstrap !== undefined &&
			(server.set.bootstraps || !this.#servers.some((other) => other !== server && this.hasProspect(other)))
		);
	}

	/** Registered, or to be tried by and by; whoever waits behind one that failed is not tried by and by. */
	private hasProspect(server: Server): boolean {
		if (!server.isAccount || server.isFailed) return false;
		if (server.isBegun || server.isRegistered || server.isDisabled || server.script.priorityOrder === undefined)
			return true;
		const { ordered } = this;
		return ordered.slice(0, ordered.indexOf(server)).every(({ isComplete }) => isComplete);
	}

	/** Registered: Updates in time. @returns whether the next Register goes without a look-up */
	private *serve(server: Server): Generator<Sleep, boolean, void> {
		for (;;) {
			yield Math.min(server.updateAtMs, server.expiresAtMs, server.disableAtMs);
			if (this.#nowMs >= server.disableAtMs) {
				yield* this.disable(server);
				return false;
			}
			if (this.#nowMs >= server.expiresAtMs) break;
			const outcome = yield* this.update(server);
			if (outcome === "accepted") continue;
			server.forget();
			return outcome === "refused";
		}
		server.forget();
		return false;
	}

	private *update(server: Server): Generator<Sleep, "accepted" | "refused" | "lost", void> {
		const outcome = server.script.updates[server.updateCount++] ?? acceptedAtOnce;
		const sentAtMs = this.#nowMs;
		const answeredAtMs = sentAtMs + (outcome.kind === "silent" ? silenceMs : outcome.afterMs);
		server.isUpdating = true;
		this.decide(server.index, "update");
		yield Math.min(answeredAtMs, server.expiresAtMs);
		server.isUpdating = false;
		if (server.disableAtMs <= this.#nowMs) server.disableAtMs = Infinity; // came at the wrong time
		if (server.expiresAtMs <= this.#nowMs || outcome.kind === "silent") return "lost";
		if (outcome.kind === "accepted") this.settle(server, sentAtMs);
		return outcome.kind;
	}

	/** 1/x/4 and 1/x/5: De-register, silence for Disable Timeout, Register. */
	private *disable(server: Server): Process {
		this.decide(server.index, "deregister");
		server.forget();
		server.isDisabled = true;
		server.enabledAtMs = Infinity;
		yield this.#nowMs + (server.script.saysGoodbye ? 0 : goodbyeMs);
		server.enabledAtMs = this.#nowMs + server.set.disabledMs;
		yield* this.stayAway(server);
	}

	private *stayAway(server: Server): Process {
		yield server.enabledAtMs;
		server.isDisabled = false;
		server.isBegun = true;
	}

	private want(what: Decision["what"], isContent: () => boolean): void {
		this.#wanting.push(isContent);
		if (this.#bootstrap !== undefined) return;
		this.#wanting = [isContent];
		this.decide(-1, what);
		this.#bootstrap = this.start(this.runBootstrap());
	}

	/** Client Hold Off Time (0/x/11), then sessions until one is applied. */
	private *runBootstrap(): Process {
		const { holdOffMs, sessions } = this.#scenario.bootstrap ?? { holdOffMs: 0, sessions: [] };
		yield this.#nowMs + holdOffMs;
		for (;;) {
			const { isApplied, afterMs, retryMs } = sessions[this.#sessionCount++] ?? appliedSoon;
			this.silence();
			yield this.#nowMs + afterMs;
			if (isApplied) break;
			this.beginRound();
			yield this.#nowMs + retryMs;
		}
		this.#bootstrap = undefined;
		for (const server of this.#servers) this.apply(server);
		this.beginRound();
	}

	/** During a session nothing is said to any server, and what was under way is dropped. */
	private silence(): void {
		this.#sleeping = this.#sleeping.filter(({ process }) => process === this.#bootstrap);
		for (const server of this.#servers) {
			if (server.isUpdating) server.updateAtMs = this.#nowMs; // once more, afterwards
			server.isUpdating = false;
			server.disableAtMs = Infinity;
			if (server.isDisabled && server.enabledAtMs === Infinity)
				server.enabledAtMs = this.#nowMs + server.set.disabledMs;
		}
	}

	private apply(server: Server): void {
		const { onBootstrap } = server.script;
		if (!server.isAccount || onBootstrap !== "unchanged") server.forget();
		server.isAccount = onBootstrap !== "removed";
		if (server.isRegistered) server.updateAtMs = this.#nowMs;
		else if (!server.isDisabled) server.hasServed = false;
	}
}

/** What a client is to do in this scenario. */
export function foretell(scenario: Scenario): readonly Decision[] {
	return new Oracle(scenario).run();
}
