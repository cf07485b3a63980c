import { assert } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { Attempts, AttemptTuning } from "./attempts.ts";
import type { Between } from "./observation-timing.ts";

/** Where the client stands with one LwM2M Server (LwM2M Core 1.1 §6.2). */
export type RegistrationState =
	/** Nothing has been tried. */
	| "idle"
	/** The server's address is being looked up. */
	| "connecting"
	/** A Register is under way. */
	| "registering"
	| "registered"
	/** Registered, and an Update is under way. */
	| "updating"
	/** The server disabled itself; a De-register is under way. */
	| "disabling"
	/** Not registered; attempts.ts has what for, and until when. */
	| "waiting"
	/** We stop; a De-register is under way. */
	| "deregistering"
	| "ended";

export type RegistrationEvent =
	/** The application wants this server. */
	| "start"
	/** The server's address is known. */
	| "connected"
	/** The server's name has no address, or no handshake comes about with it. */
	| "unreachable"
	/** A 2.xx to what is under way. */
	| "accepted"
	/** A 4.xx or 5.xx, or an answer that makes no sense. */
	| "refused"
	/** No answer, or a Reset. */
	| "timedOut"
	/** The server must hear of something: lifetime, binding, objects; or it asked to (1/x/8). */
	| "changed"
	/** The lifetime nears its end. */
	| "updateDue"
	/** The lifetime is over. */
	| "lifetimeOver"
	/** We have lost observations that the server believes in. */
	| "forgotten"
	/** The server executed Disable (1/x/4). */
	| "disable"
	/** The time of the next attempt has come. */
	| "retryDue"
	/** Nothing may be sent from now on: we are offline, or a bootstrap session is open. */
	| "silence"
	/** The application wants this server no more. */
	| "stop";

/** What to do; the session does it. */
export type RegistrationAction =
	| "none"
	/** Wait for the turn. */
	| "hold"
	| "connect"
	| "sendRegister"
	| "sendUpdate"
	| "sendDeregister"
	/** Registered or updated: set the times of Update and expiry. */
	| "settle"
	/** Set the time of the next attempt. */
	| "backOff"
	/** Forget the request under way; what it was for is done again when we may. */
	| "cutOff"
	/** Stay away for Disable Timeout (1/x/5). */
	| "pause"
	| "finish";

type Cell = readonly [RegistrationAction, RegistrationState] | "ignore" | "impossible";

const register: Cell = frozen(["sendRegister", "registering"]);
const hold: Cell = frozen(["hold", "waiting"]);
const connect: Cell = frozen(["connect", "connecting"]);
const update: Cell = frozen(["sendUpdate", "updating"]);
const settle: Cell = frozen(["settle", "registered"]);
const retreat: Cell = frozen(["backOff", "waiting"]);
const cutOff: Cell = frozen(["cutOff", "waiting"]);
const pause: Cell = frozen(["pause", "waiting"]);
const leave: Cell = frozen(["sendDeregister", "deregistering"]);
const finish: Cell = frozen(["finish", "ended"]);

/**
 * The whole machine. "ignore" is for what may come at any time from outside and means nothing here; "impossible" is
 * for answers to nothing and timers that do not run.
 */
export const registrationTable: { readonly [S in RegistrationState]: { readonly [E in RegistrationEvent]: Cell } } =
	frozen({
		idle: {
			start: hold,
			connected: "ignore",
			unreachable: "ignore",
			accepted: "impossible",
			refused: "impossible",
			timedOut: "impossible",
			changed: "ignore",
			updateDue: "impossible",
			lifetimeOver: "impossible",
			forgotten: "ignore",
			disable: "ignore",
			retryDue: "impossible",
			stop: finish,
			silence: "ignore",
		},
		connecting: {
			start: "ignore",
			connected: register,
			unreachable: retreat,
			accepted: "impossible",
			refused: "impossible",
			timedOut: "impossible",
			changed: "ignore", // Register will say everything
			updateDue: "impossible",
			lifetimeOver: "impossible",
			forgotten: "ignore", // Register voids them anyway (§6.4.1)
			disable: "ignore", // only a server that we are registered with can disable itself
			retryDue: "impossible",
			stop: finish,
			silence: cutOff,
		},
		registering: {
			start: "ignore",
			connected: "ignore",
			unreachable: retreat,
			accepted: settle,
			refused: retreat,
			timedOut: retreat,
			changed: "ignore", // compared again when the Register is accepted
			updateDue: "impossible",
			lifetimeOver: "impossible",
			forgotten: "ignore",
			disable: "ignore",
			retryDue: "impossible",
			stop: finish, // without a location there is nothing to delete
			silence: cutOff,
		},
		registered: {
			start: "ignore",
			connected: "ignore",
			unreachable: retreat, // the session is lost, and there is no other one
			accepted: "impossible",
			refused: "impossible",
			timedOut: "impossible",
			changed: update, // §6.2.2: whenever a parameter changes
			updateDue: update,
			lifetimeOver: connect, // §6.2: an Update would be too late
			forgotten: register, // §6.4.1: the server observes anew after a Register
			disable: ["sendDeregister", "disabling"],
			retryDue: "impossible",
			stop: leave, // §6.2.3
			silence: "ignore",
		},
		updating: {
			start: "ignore",
			connected: "ignore",
			unreachable: retreat,
			accepted: settle,
			refused: register, // the server has forgotten us
			timedOut: connect, // it may have another address by now
			changed: "ignore", // compared again when the Update is accepted
			updateDue: "impossible",
			lifetimeOver: connect,
			forgotten: register,
			disable: ["sendDeregister", "disabling"],
			retryDue: "impossible",
			stop: leave,
			silence: ["cutOff", "registered"], // an Update goes out when we may
		},
		disabling: {
			start: "ignore",
			connected: "ignore",
			unreachable: pause,
			accepted: pause,
			refused: pause,
			timedOut: pause,
			changed: "ignore",
			updateDue: "impossible",
			lifetimeOver: "impossible",
			forgotten: "ignore",
			disable: "ignore",
			retryDue: "impossible",
			stop: ["none", "deregistering"], // the De-register is on its way
			silence: pause,
		},
		waiting: {
			start: hold,
			connected: "ignore",
			unreachable: "ignore",
			accepted: "impossible",
			refused: "impossible",
			timedOut: "impossible",
			changed: "ignore",
			updateDue: "impossible",
			lifetimeOver: "impossible",
			forgotten: "ignore",
			disable: "ignore",
			retryDue: connect,
			stop: finish,
			silence: "ignore",
		},
		deregistering: {
			start: "ignore",
			connected: "ignore",
			unreachable: finish,
			accepted: finish,
			refused: finish,
			timedOut: finish,
			changed: "ignore",
			updateDue: "impossible",
			lifetimeOver: "impossible",
			forgotten: "ignore",
			disable: "ignore",
			retryDue: "impossible",
			stop: "ignore",
			silence: finish, // nobody is there to say good-bye to
		},
		ended: {
			start: hold,
			connected: "ignore",
			unreachable: "ignore",
			accepted: "impossible",
			refused: "impossible",
			timedOut: "impossible",
			changed: "ignore",
			updateDue: "impossible",
			lifetimeOver: "impossible",
			forgotten: "ignore",
			disable: "ignore",
			retryDue: "impossible",
			stop: "ignore",
			silence: "ignore",
		},
	});

/** Times of the machine, in milliseconds. */
export interface RegistrationTuning extends AttemptTuning {
	/**
	 * How long before the lifetime's end an Update is sent: MAX_TRANSMIT_WAIT, so that its last retransmission still is
	 * in time.
	 */
	readonly updateMarginMs: number;
	/**
	 * A server's good-bye may go to all its clients at once. They come back within this, each at a moment of its own.
	 */
	readonly returnMs: number;
	/** A De-register that nobody answers ends after this. */
	readonly leaveMs: number;
	/** Before the second bootstrap that leads to no registration; doubled for each further one. */
	readonly bootstrapAgainMs: number;
	readonly bootstrapAgainMostMs: number;
}

export const defaultRegistrationTuning: RegistrationTuning = frozen({
	updateMarginMs: 93_000,
	returnMs: 60_000,
	seriesMs: 3_600_000,
	retryJitterPercent: 25,
	leastMs: 1000,
	leaveMs: 10_000,
	bootstrapAgainMs: 60_000,
	bootstrapAgainMostMs: 3_600_000,
});

/**
 * One registration: the table, and the times that belong to it. Knows no messages; the session sends and hears for
 * it.
 */
export class Registration {
	private readonly attempts: Attempts;
	private readonly tuning: RegistrationTuning;
	private readonly between: Between | undefined;
	/** Set here alone. */
	state: RegistrationState = "idle";
	/** Set here alone. */
	updateAtMs = Infinity;
	expiresAtMs = Infinity;
	private lifetimeMs = Infinity;
	/** Of the end of patience with a De-register. */
	private leaveAtMs = Infinity;

	/** @param between says how much sooner than due an Update goes out */
	constructor(attempts: Attempts, tuning: RegistrationTuning, between?: Between) {
		this.attempts = attempts;
		this.tuning = tuning;
		this.between = between;
	}

	/**
	 * Whether the server may be answered: it knows us as registered (LwM2M Core 1.1 §6.3: earlier requests are
	 * ignored).
	 */
	get isServing(): boolean {
		const state = this.state;
		return state === "registered" || state === "updating" || state === "disabling" || state === "deregistering";
	}

	/** Whether nothing is under way: not registered, and nothing to be done before deadlineMs. */
	get isAtRest(): boolean {
		return this.state === "idle" || this.state === "waiting" || this.state === "ended";
	}

	/** Takes one event. @returns what is to be done now */
	take(event: RegistrationEvent): RegistrationAction {
		const cell = registrationTable[this.state][event];
		assert(cell !== "impossible", `registration: ${event} while ${this.state}`);
		if (cell === "ignore") return "none";
		const [action, state] = cell;
		this.state = state;
		return action;
	}

	/** @returns the event whose time has come, one at a time; undefined when there is none */
	due(nowMs: number): RegistrationEvent | undefined {
		switch (this.state) {
			case "registered":
				if (nowMs >= this.expiresAtMs) return "lifetimeOver";
				return nowMs >= this.updateDueMs ? "updateDue" : undefined;
			case "updating":
				return nowMs >= this.expiresAtMs ? "lifetimeOver" : undefined;
			case "waiting":
				return nowMs >= this.attempts.deadlineMs ? "retryDue" : undefined;
			case "disabling":
			case "deregistering":
				return nowMs >= this.leaveAtMs ? "timedOut" : undefined;
			default:
				return undefined;
		}
	}

	/** When due() has something to say; Infinity for never. */
	get deadlineMs(): number {
		switch (this.state) {
			case "registered":
				return Math.min(this.updateDueMs, this.expiresAtMs);
			case "updating":
				return this.expiresAtMs;
			case "waiting":
				return this.attempts.deadlineMs;
			case "disabling":
			case "deregistering":
				return this.leaveAtMs;
			default:
				return Infinity;
		}
	}

	/**
	 * The server knows us for another lifetime, counted from when we sent: it can not have begun earlier.
	 * @param lifetimeS 0 lasts for ever (Server Object, Resource 1)
	 */
	settle(sentAtMs: number, lifetimeS: number): void {
		const lifetimeMs = lifetimeS === 0 ? Infinity : lifetimeS * 1000;
		// A lifetime too short for the margin is updated at half time.
		const marginMs = Math.min(this.tuning.updateMarginMs, lifetimeMs / 2);
		this.attempts.settle();
		this.lifetimeMs = lifetimeMs;
		this.expiresAtMs = sentAtMs + lifetimeMs;
		this.updateAtMs = lifetimeMs === Infinity ? Infinity : sentAtMs + lifetimeMs - Math.floor(marginMs);
	}

	private get updateDueMs(): number {
		const { between, updateAtMs, lifetimeMs } = this;
		return between === undefined ? updateAtMs : between.dueMs(-Infinity, updateAtMs, lifetimeMs);
	}

	/** The server has said good-bye, and perhaps to many: an Update within the time that there is for coming back. */
	comeBack(nowMs: number): void {
		this.updateAtMs = Math.min(this.updateAtMs, nowMs + this.attempts.drawn(this.tuning.returnMs));
	}

	/** Takes up a registration of an earlier life. */
	restore(updateAtMs: number, expiresAtMs: number, lifetimeMs: number): void {
		this.lifetimeMs = lifetimeMs;
		this.state = "registered";
		this.attempts.settle();
		this.updateAtMs = updateAtMs;
		this.expiresAtMs = expiresAtMs;
	}

	/** A De-register was sent. */
	leave(nowMs: number): void {
		this.leaveAtMs = nowMs + this.tuning.leaveMs;
	}
}
