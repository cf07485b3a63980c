import type { EnergyProfile, RadioProfile } from "./profiles.ts";
import type { Timeline } from "./timeline.ts";

/** What a charge was drawn for. */
export type Cause =
	| "register"
	| "update"
	| "deregister"
	| "bootstrap"
	| "handshake"
	| "notify"
	| "send"
	| "serve"
	| "firmware"
	| "acknowledge"
	| "other"
	/** Boots, and computing that no datagram came of. */
	| "compute"
	/** Joining the network, and getting back into it behind a sleep or a reset. */
	| "join"
	/** What is kept in flash. */
	| "settings"
	/** Waiting for the server with the radio on, before a sleep. */
	| "awake"
	| "sleep"
	/** Waiting with the radio on, and no sleep came of it. */
	| "idle";

/** How the board is between its turns (Power port). */
export type Depth = "idle" | "light" | "deep" | "off";

/** Millicoulombs (mA × s), by what drew them: the states of processor, flash and radio. */
export interface Charge {
	/** On the air. */
	send: number;
	receive: number;
	/** Getting through to the network: joining, a random access, a connection of the radio. */
	access: number;
	/** Staying up behind a datagram: RRC inactivity, fast polls. */
	tail: number;
	/** Attached with nothing to say: beacons, polls, paging. */
	listen: number;
	/** The processor at work. */
	work: number;
	/** From reset to the first bytecode. */
	boot: number;
	/** Writing and erasing flash. */
	flash: number;
	/** The processor between turns. */
	rest: number;
}

export type ChargeState = keyof Charge;

export const chargeStates: readonly ChargeState[] = Object.freeze([
	"send",
	"receive",
	"access",
	"tail",
	"listen",
	"work",
	"boot",
	"flash",
	"rest",
]);

/** The charge of one cause, and the datagrams that it was drawn for. */
export interface CauseAccount {
	readonly charge: Charge;
	datagrams: number;
	bytes: number;
	/** How often: turns that had this cause, boots, joins. */
	times: number;
}

const mC = (ma: number, ms: number) => (ma * ms) / 1000;

/** How well the network knows the radio. */
type Attachment = "none" | "remembered" | "attached";

/**
 * The account of one board's charge. Told in the order of time what happened: turns, datagrams, sleep. The time in
 * between is charged by the state that the board is in; the tail of a datagram counts for that datagram's cause, until
 * another one takes the radio over.
 */
export class EnergyAccount {
	readonly #profile: EnergyProfile;
	readonly #radio: RadioProfile;
	readonly #timeline: Timeline | undefined;
	readonly #causes = new Map<Cause, CauseAccount>();
	#depth: Depth = "off";
	#attachment: Attachment = "none";
	/** Everything before this is charged. */
	#chargedToMs: number;
	/** The radio is up until then, for `#tailCause`. */
	#upUntilMs = 0;
	#tailCause: Cause = "other";

	/** @param timeline gets the same charges by time, where somebody wants to see them */
	constructor(profile: EnergyProfile, radio: RadioProfile, nowMs: number, timeline?: Timeline) {
		this.#profile = profile;
		this.#radio = radio;
		this.#timeline = timeline;
		this.#chargedToMs = nowMs;
	}

	/** By cause; live. Call advance() before. */
	get causes(): ReadonlyMap<Cause, CauseAccount> {
		return this.#causes;
	}

	get totalMc(): number {
		let total = 0;
		for (const { charge } of this.#causes.values()) total += sum(charge);
		return total;
	}

	/** Charges the time up to now. */
	advance(nowMs: number): void {
		const from = this.#chargedToMs;
		if (nowMs <= from) return;
		this.#chargedToMs = nowMs;
		if (this.#depth === "off") return;
		const { processor } = this.#profile;
		const isIdle = this.#depth === "idle";
		const upMs = Math.max(0, Math.min(nowMs, this.#upUntilMs) - from);
		if (upMs > 0) this.charge(this.#tailCause, "tail", mC(this.#radio.tailMa, upMs), from, from + upMs);
		const cause = isIdle ? "idle" : "sleep";
		const restMa = isIdle ? processor.idleMa : this.#depth === "light" ? processor.lightMa : processor.deepMa;
		this.charge(cause, "rest", mC(restMa, nowMs - from), from, nowMs);
		if (this.#attachment !== "attached" || nowMs === from + upMs) return;
		const listenMa = isIdle ? this.#radio.listenMa : this.#radio.restMa;
		this.charge(cause, "listen", mC(listenMa, nowMs - from - upMs), from + upMs, nowMs);
	}

	/** The board is between its turns, at this depth. */
	rest(nowMs: number, depth: Depth): void {
		this.advance(nowMs);
		if (depth === "light" || depth === "deep") this.bookAwake();
		const was = this.#depth;
		this.#depth = depth;
		const { keeps } = this.#radio;
		if (depth === "off" || depth === "deep") {
			this.#attachment = this.#attachment === "none" ? "none" : "remembered";
			this.#upUntilMs = nowMs;
		} else if (depth === "light" && was === "idle" && keeps === "never") {
			this.#attachment = this.#attachment === "none" ? "none" : "remembered";
			this.#upUntilMs = nowMs;
		}
	}

	/** What was waited with the radio on was for the server's sake: a sleep came behind it. */
	private bookAwake(): void {
		const waited = this.#causes.get("idle");
		if (waited === undefined) return;
		const awake = this.entry("awake");
		for (const state of chargeStates) awake.charge[state] += waited.charge[state];
		awake.times++;
		this.#causes.delete("idle");
		this.#timeline?.rename("idle", "awake");
	}

	/**
	 * From reset, or out of deep sleep, to the first bytecode.
	 * @param isCold the power had gone: the radio begins without anything that it knew of its network
	 */
	boot(nowMs: number, isCold: boolean): void {
		this.advance(nowMs);
		if (isCold) this.#attachment = "none";
		else if (this.#attachment === "attached") this.#attachment = "remembered";
		this.#depth = "idle";
		const { activeMa, bootMs } = this.#profile.processor;
		this.charge("compute", "boot", mC(activeMa, bootMs), nowMs, nowMs + bootMs);
	}

	/** The processor worked for `workMs`, for this. */
	work(nowMs: number, workMs: number, cause: Cause): void {
		this.advance(nowMs);
		this.charge(cause, "work", mC(this.#profile.processor.activeMa, workMs), nowMs, nowMs + workMs);
		this.entry(cause).times++;
	}

	/** Flash was written and erased, for this. */
	flash(nowMs: number, bytes: number, erases: number, cause: Cause): void {
		this.advance(nowMs);
		const { writeMsPerByte, eraseMs, ma } = this.#profile.flash;
		const busyMs = bytes * writeMsPerByte + erases * eraseMs;
		this.charge(cause, "flash", mC(ma, busyMs), nowMs, nowMs + busyMs);
	}

	/** One datagram, `bytes` with its IP and UDP headers. */
	datagram(nowMs: number, way: "sent" | "received", bytes: number, cause: Cause): void {
		this.advance(nowMs);
		const radio = this.#radio;
		if (this.#attachment !== "attached") {
			const { ms, ma } = this.#attachment === "none" ? radio.join : radio.rejoin;
			this.#attachment = "attached";
			this.charge("join", "access", mC(ma, ms), nowMs, nowMs + ms);
			this.entry("join").times++;
		} else if (nowMs >= this.#upUntilMs) {
			this.charge(cause, "access", mC(radio.wake.ma, radio.wake.ms), nowMs, nowMs + radio.wake.ms);
		}
		const frames = Math.max(1, Math.ceil(bytes / radio.frameBytes));
		const isSent = way === "sent";
		const airMs = bytes / (isSent ? radio.upBytesPerMs : radio.downBytesPerMs) + frames * radio.frameMs;
		const ma = isSent ? radio.sendMa : radio.receiveMa;
		this.charge(cause, isSent ? "send" : "receive", mC(ma, airMs), nowMs, nowMs + airMs);
		const account = this.entry(cause);
		account.datagrams++;
		account.bytes += bytes;
		this.#upUntilMs = nowMs + radio.tailMs;
		this.#tailCause = cause;
	}

	private charge(cause: Cause, state: ChargeState, millicoulombs: number, fromMs: number, toMs: number): void {
		this.entry(cause).charge[state] += millicoulombs;
		this.#timeline?.add(cause, millicoulombs, fromMs, toMs);
	}

	private entry(cause: Cause): CauseAccount {
		let account = this.#causes.get(cause);
		if (account === undefined) {
			account = { charge: noCharge(), datagrams: 0, bytes: 0, times: 0 };
			this.#causes.set(cause, account);
		}
		return account;
	}
}

function noCharge(): Charge {
	return { send: 0, receive: 0, access: 0, tail: 0, listen: 0, work: 0, boot: 0, flash: 0, rest: 0 };
}

/** All states together, millicoulombs. */
export function sum(charge: Charge): number {
	let total = 0;
	for (const state of chargeStates) total += charge[state];
	return total;
}
