import type { EnergyProfile, RadioProfile } from "./profiles.ts";

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
	| "download"
	| "acknowledge"
	| "other"
	/** Booting, and computing that no datagram came of. */
	| "compute"
	/** Joining the network after a boot. */
	| "attach"
	/** What is drawn when nothing happens. */
	| "sleep"
	| "idle";

/** How the board is between its turns (Power port). */
export type Depth = "idle" | "light" | "deep" | "off";

/** Millicoulombs (mA × s), by what drew them. */
export interface Charge {
	/** Bytes on the air. */
	air: number;
	/** Getting through to the network for them. */
	wake: number;
	/** Staying up behind them. */
	tail: number;
	/** The processor's work. */
	work: number;
	/** Between turns. */
	rest: number;
}

/** The charge of one cause, and the datagrams that it was drawn for. */
export interface CauseAccount {
	readonly charge: Charge;
	datagrams: number;
	bytes: number;
}

const mC = (ma: number, ms: number) => (ma * ms) / 1000;

/**
 * The account of one board's charge. Told in the order of time what happened: turns, datagrams, sleep. The time in
 * between is charged by the state that the board is in; the tail of a datagram counts for that datagram's cause, until
 * another one takes the radio over.
 */
export class EnergyAccount {
	readonly #profile: EnergyProfile;
	readonly #radio: RadioProfile;
	readonly #causes = new Map<Cause, CauseAccount>();
	#depth: Depth = "off";
	#isAttached = false;
	/** Everything before this is charged. */
	#chargedToMs: number;
	/** The radio is up until then, for `#tailCause`. */
	#upUntilMs = 0;
	#tailCause: Cause = "other";

	constructor(profile: EnergyProfile, radio: RadioProfile, nowMs: number) {
		this.#profile = profile;
		this.#radio = radio;
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
		const upMs = Math.max(0, Math.min(nowMs, this.#upUntilMs) - from);
		if (upMs > 0) this.charge(this.#tailCause, "tail", mC(this.#radio.tailMa, upMs));
		const restMs = nowMs - from;
		const { idleMa, lightMa, deepMa } = this.#profile.processor;
		const isSleep = this.#depth !== "idle";
		const processorMa = this.#depth === "idle" ? idleMa : this.#depth === "light" ? lightMa : deepMa;
		const radioMa = this.#isAttached && this.radioRests ? this.#radio.restMa : 0;
		const cause = isSleep ? "sleep" : "idle";
		this.charge(cause, "rest", mC(processorMa, restMs) + mC(radioMa, restMs - upMs));
	}

	/** Whether there is a radio to pay for while nothing happens. */
	private get radioRests(): boolean {
		return this.#depth !== "deep" || this.#radio.staysAttached;
	}

	/** The board is between its turns, at this depth. */
	rest(nowMs: number, depth: Depth): void {
		this.advance(nowMs);
		this.#depth = depth;
		if (depth === "off" || (depth === "deep" && !this.#radio.staysAttached)) {
			this.#isAttached = false;
			this.#upUntilMs = nowMs;
		}
	}

	/** From reset, or out of deep sleep, to the first bytecode. @param isCold whether the radio's network forgot us */
	boot(nowMs: number, isCold: boolean): void {
		this.advance(nowMs);
		if (isCold) this.#isAttached = false;
		this.#depth = "idle";
		const { activeMa, bootMs } = this.#profile.processor;
		this.charge("compute", "work", mC(activeMa, bootMs));
	}

	/** The processor worked for `workMs`, for this. */
	work(nowMs: number, workMs: number, cause: Cause): void {
		this.advance(nowMs);
		this.charge(cause, "work", mC(this.#profile.processor.activeMa, workMs));
	}

	/** One datagram, `bytes` with its IP and UDP headers. */
	datagram(nowMs: number, way: "sent" | "received", bytes: number, cause: Cause): void {
		this.advance(nowMs);
		const radio = this.#radio;
		if (!this.#isAttached) {
			this.#isAttached = true;
			this.charge("attach", "wake", mC(radio.attachMa, radio.attachMs));
		} else if (nowMs >= this.#upUntilMs) this.charge(cause, "wake", mC(radio.wakeMa, radio.wakeMs));
		const frames = Math.max(1, Math.ceil(bytes / radio.frameBytes));
		const isSent = way === "sent";
		const airMs = bytes / (isSent ? radio.upBytesPerMs : radio.downBytesPerMs) + frames * radio.frameMs;
		const account = this.charge(cause, "air", mC(isSent ? radio.sendMa : radio.receiveMa, airMs));
		account.datagrams++;
		account.bytes += bytes;
		this.#upUntilMs = nowMs + radio.tailMs;
		this.#tailCause = cause;
	}

	private charge(cause: Cause, part: keyof Charge, millicoulombs: number): CauseAccount {
		let account = this.#causes.get(cause);
		if (account === undefined) {
			account = { charge: { air: 0, wake: 0, tail: 0, work: 0, rest: 0 }, datagrams: 0, bytes: 0 };
			this.#causes.set(cause, account);
		}
		account.charge[part] += millicoulombs;
		return account;
	}
}

/** All parts together, millicoulombs. */
export function sum({ air, wake, tail, work, rest }: Charge): number {
	return air + wake + tail + work + rest;
}
