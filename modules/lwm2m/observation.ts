import { equalBytes } from "../bytes.ts";
import { Code, isSuccess } from "../coap/code.ts";
import type { ResponseOptions } from "../coap/peer.ts";
import { isWithin, type Path } from "../formats/value.ts";
import { type AttributeSet, comparesValues } from "./attributes.ts";

/** RFC 7641 §4.5: a Confirmable notification at least this often. */
const confirmableEveryMs = 24 * 3600 * 1000;

/** What observations need from the session around them. */
export interface ObservationPort {
	/** The attributes in force at a path, defaults of the Server Object included. */
	attributesInForce(path: Path): AttributeSet;
	/** A fresh Read; 5.xx says that this one failed, 4.xx that there is nothing to read any more. */
	readObserved(path: Path, accept: number | undefined): ResponseOptions;
	/** The value at `path` if it is one number. */
	numberAt(path: Path): number | bigint | undefined;
	notify(observation: Observed, response: ResponseOptions, type: "confirmable" | "nonConfirmable"): void;
	/** The observation is void; nothing was sent about it. */
	observationDropped(observation: Observed): void;
	/** The target is gone; the notification that said so was the last. */
	observationEnded(observation: Observed): void;
}

/** What is observed, and under which token. */
export interface Observed extends Path {
	readonly token: Uint8Array;
}

interface Observation extends Observed {
	readonly accept: number | undefined;
	sequence: number;
	/** What is in force, looked up again after every change of attributes. */
	attributes: AttributeSet | undefined;
	/** Something is to be told as soon as pmin allows. */
	isPending: boolean;
	notifiedAtMs: number;
	confirmedAtMs: number;
	/** For gt, lt and st; absent while none of them is in force. */
	numbers: Numbers | undefined;
}

/** The number told last, for st, and the number seen last, for gt and lt; undefined where there was none. */
interface Numbers {
	told: number | bigint | undefined;
	seen: number | bigint | undefined;
}

/** The observations of one LwM2M Server (LwM2M Core 1.1 §6.4, RFC 7641). */
export class Observations {
	readonly #limit: number;
	readonly #port: ObservationPort;
	readonly #all: Observation[] = [];

	constructor(limit: number, port: ObservationPort) {
		this.#limit = limit;
		this.#port = port;
	}

	get size(): number {
		return this.#all.length;
	}

	/**
	 * Begins an observation whose first notification is the response being sent now; one with the same token is
	 * replaced (RFC 7641 §4.1).
	 * @param token kept as it is: nobody changes it any more
	 * @returns the sequence number for that response, or undefined at the limit: the response is then one to a plain
	 * Read (§4.1)
	 */
	add(
		token: Uint8Array,
		target: { readonly path: Path; readonly accept: number | undefined },
		nowMs: number,
	): number | undefined {
		this.cancel(token);
		if (this.#all.length >= this.#limit) return undefined;
		const observation: Observation = {
			...target.path,
			token,
			accept: target.accept,
			sequence: 0,
			attributes: undefined,
			isPending: false,
			notifiedAtMs: nowMs,
			confirmedAtMs: nowMs,
			numbers: undefined,
		};
		this.#all.push(observation);
		this.number(observation);
		return 0;
	}

	/** @returns what was observed, or undefined when the token names none */
	cancel(token: Uint8Array): Observed | undefined {
		const at = this.#all.findIndex((observation) => equalBytes(observation.token, token));
		return at < 0 ? undefined : this.#all.splice(at, 1)[0];
	}

	/** All observations are void: the registration they belonged to is (LwM2M Core 1.1 §6.4.1). */
	clear(): void {
		for (const observation of this.#all) this.#port.observationDropped(observation);
		this.#all.length = 0;
	}

	/** The value at `path`, or something below or above it, is another one now. */
	changed(path: Path): void {
		for (const observation of this.#all) {
			if (isWithin(path, observation) || isWithin(observation, path)) this.see(observation);
		}
	}

	/** Attributes or their defaults are other ones now: they hold for running observations from here on (ETS 310). */
	attributesChanged(): void {
		for (const observation of this.#all) {
			observation.attributes = undefined;
			const { numbers } = observation;
			this.number(observation);
			// What was told and seen stays so: a Write to the Server Object changes defaults and the value observed in one.
			if (observation.numbers !== undefined && numbers !== undefined) observation.numbers = numbers;
		}
	}

	/** When the next notification is due; Infinity when none is. */
	get deadlineMs(): number {
		let deadlineMs = Infinity;
		for (const observation of this.#all) deadlineMs = Math.min(deadlineMs, this.dueAtMs(observation));
		return deadlineMs;
	}

	/** Sends what is due, `most` notifications of it; the rest stays due. */
	poll(nowMs: number, most: number): void {
		let count = 0;
		for (let index = 0; index < this.#all.length && count < most; index++) {
			const observation = this.#all[index]!;
			if (this.dueAtMs(observation) > nowMs) continue;
			count++;
			if (!this.notify(observation, nowMs)) this.#all.splice(index--, 1);
		}
	}

	private attributesOf(observation: Observation): AttributeSet {
		return (observation.attributes ??= this.#port.attributesInForce(observation));
	}

	private dueAtMs(observation: Observation): number {
		const { pmin = 0, pmax = 0 } = this.attributesOf(observation);
		const earliestMs = observation.isPending ? observation.notifiedAtMs + pmin * 1000 : Infinity;
		const latestMs = pmax > 0 && pmax >= pmin ? observation.notifiedAtMs + pmax * 1000 : Infinity;
		return Math.min(earliestMs, latestMs);
	}

	/** Takes down the value of now, where it is to be compared later. */
	private number(observation: Observation): void {
		if (!comparesValues(this.attributesOf(observation))) {
			observation.numbers = undefined;
			return;
		}
		const now = this.#port.numberAt(observation);
		observation.numbers = { told: now, seen: now };
	}

	/** Looks at a changed value and decides whether it is to be told. */
	private see(observation: Observation): void {
		const { gt, lt, st } = this.attributesOf(observation);
		const { numbers } = observation;
		if (numbers === undefined) {
			observation.isPending = true;
			return;
		}
		const { seen, told } = numbers;
		const now = this.#port.numberAt(observation);
		numbers.seen = now;
		if (now === undefined || seen === undefined || told === undefined) {
			observation.isPending = true;
			return;
		}
		// The examples of Transport 1.1 §6.4.4 count a crossing upwards for gt and downwards for lt, none on the way back.
		const crossesUp = gt !== undefined && seen <= gt && now > gt;
		const crossesDown = lt !== undefined && seen >= lt && now < lt;
		const steps = st !== undefined && Math.abs(Number(now) - Number(told)) >= st;
		if (crossesUp || crossesDown || steps) observation.isPending = true;
	}

	/** @returns false when that was the last notification */
	private notify(observation: Observation, nowMs: number): boolean {
		const { pmax = 0 } = this.attributesOf(observation);
		const response = this.#port.readObserved(observation, observation.accept);
		if (response.code >= Code.internalServerError) {
			// The host's sensor failed: an error would end the observation, so say nothing, and look again after the next
			// change or pmax.
			observation.isPending = false;
			observation.notifiedAtMs = nowMs;
			return true;
		}
		if (!isSuccess(response.code)) {
			this.#port.notify(observation, { code: response.code }, "confirmable");
			this.#port.observationEnded(observation);
			return false;
		}
		// The next one may come pmax later: if that were too late for the daily Confirmable one, this is it.
		const isConfirmable = nowMs + pmax * 1000 - observation.confirmedAtMs >= confirmableEveryMs;
		observation.sequence = (observation.sequence + 1) & 0xffffff;
		observation.isPending = false;
		observation.notifiedAtMs = nowMs;
		this.number(observation);
		if (isConfirmable) observation.confirmedAtMs = nowMs;
		const type = isConfirmable ? "confirmable" : "nonConfirmable";
		this.#port.notify(observation, { ...response, code: Code.content, observe: observation.sequence }, type);
		return true;
	}
}
