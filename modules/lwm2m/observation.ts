import { equalBytes } from "../bytes.ts";
import { Code, isSuccess } from "../coap/code.ts";
import type { ResponseOptions } from "../coap/peer.ts";
import { isWithin, type Path } from "../formats/value.ts";
import type { AttributeSet } from "./attributes.ts";
import { hasConditions, isNews, marksOf } from "./judge.ts";
import { evaluationDueMs, isConfirmable, notificationDueMs, together } from "./observation-timing.ts";
import {
	exported,
	hasKept,
	hold,
	isAbout,
	isDormant,
	keptOf,
	moreOf,
	type Observation,
	type ObservationLimits,
	type ObservationPort,
	type Observed,
	observationOf,
	type Part,
} from "./observed.ts";
import { restore, type Since } from "./observed-retention.ts";
import type { Observable } from "./operation.ts";
import type { KeptObservation } from "./reporting-state.ts";
import { hasTimes, type Representation } from "./time-series.ts";

/** The observations of one LwM2M Server (LwM2M Core 1.2 §6.4, RFC 7641). */
export class Observations {
	readonly #limits: ObservationLimits;
	readonly #port: ObservationPort;
	readonly #all: Observation[] = [];
	/** What is being looked at for the first time is no news. */
	#isLooking = false;
	/** Counts what makes the next export() another one than the last, but for times and sequence numbers. */
	changes = 0;

	constructor(limits: ObservationLimits, port: ObservationPort) {
		this.#limits = limits;
		this.#port = port;
	}

	get size(): number {
		return this.#all.filter((observation) => !isDormant(observation)).length;
	}

	/**
	 * Begins an observation whose first notification is the response being sent now; one with the same token is
	 * replaced (RFC 7641 §4.1).
	 * @param token kept as it is: nobody changes it any more
	 * @param own attributes of the Observe, in place of those attached (LwM2M Core 1.2 §6.4.1)
	 * @returns the sequence number for that response, or undefined at the limit: the response is then one to a plain
	 * Read (§4.1)
	 */
	add(token: Uint8Array, target: Observable, own: AttributeSet | undefined, nowMs: number): number | undefined {
		this.cancel(token);
		const heir = this.#all.find((observation) => isDormant(observation) && isAbout(observation, target));
		if (heir === undefined && this.#all.length >= this.#limits.observations && !this.evict()) return undefined;
		const kept = heir?.more?.kept ?? [];
		const historyAtMs = heir?.more?.historyAtMs ?? this.#port.newestAtMs(target.paths);
		const observation = observationOf(token, target, nowMs);
		if (target.isComposite || own !== undefined || historyAtMs !== undefined || kept.length > 0) {
			const more = moreOf(target.isComposite ? target.paths : undefined, own);
			more.historyAtMs = historyAtMs;
			more.kept = kept;
			more.dropped = heir?.more?.dropped ?? 0;
			observation.more = more;
		}
		if (heir !== undefined) this.#all.splice(this.#all.indexOf(heir), 1);
		this.#all.push(observation);
		this.changes++;
		this.refresh(observation, nowMs);
		return 0;
	}

	/** @returns what was observed, or undefined when the token names none */
	cancel(token: Uint8Array): Observed | undefined {
		const observation = this.#all.find((each) => !isDormant(each) && equalBytes(each.token, token));
		if (observation !== undefined) this.forget(observation);
		return observation;
	}

	/** What is observed under this token is to be told, whatever was. */
	retell(token: Uint8Array): void {
		const observation = this.#all.find((each) => !isDormant(each) && equalBytes(each.token, token));
		if (observation !== undefined) observation.isPending = true;
	}

	/** All observations are void, and nothing is kept of them: the client is done with the server. */
	clear(): void {
		for (let index = 0; index < this.#all.length; index++) {
			const observation = this.#all[index]!;
			if (!isDormant(observation)) this.#port.observationDropped(observation);
		}
		if (this.#all.length > 0) this.changes++;
		this.#all.length = 0;
	}

	/**
	 * All observations are void: the registration they belonged to is (LwM2M Core 1.2 §6.4.1). What they would have told
	 * is kept on for the server to observe the same again (Server Object, Resource 6). One that has been there for a
	 * registration in vain is let go.
	 */
	suspend(): void {
		if (this.#all.length > 0) this.changes++;
		for (let index = this.#all.length - 1; index >= 0; index--) {
			const observation = this.#all[index]!;
			observation.more ??= moreOf(undefined, undefined);
			if (observation.more.dormant === "offered") this.forget(observation);
			else if (observation.more.dormant === "") {
				this.#port.observationDropped(observation);
				observation.more.dormant = "waiting";
			}
		}
	}

	/** The value at `path`, or something below or above it, is another one now. */
	changed(path: Path): void {
		if (this.#isLooking) return;
		for (let index = 0; index < this.#all.length; index++) {
			const observation = this.#all[index]!;
			const parts = observation.more?.parts;
			if (parts === undefined) this.partChanged(observation, observation, path);
			else for (let index = 0; index < parts.length; index++) this.partChanged(observation, parts[index]!, path);
		}
	}

	/**
	 * Attributes or their defaults are other ones now: they hold for running observations from here on (ETS 310).
	 */
	attributesChanged(nowMs: number): void {
		for (let index = 0; index < this.#all.length; index++) {
			const observation = this.#all[index]!;
			observation.attributes = undefined;
			this.refresh(observation, nowMs);
		}
	}

	/**
	 * When poll() or keep() has something to do; Infinity when neither has.
	 * @param isReporting whether notifications can be sent; if not, they are kept
	 */
	deadlineMs(isReporting: boolean): number {
		let deadlineMs = Infinity;
		for (let index = 0; index < this.#all.length; index++) {
			const observation = this.#all[index]!;
			if (isReporting && isDormant(observation)) continue;
			if (isReporting && hasKept(observation)) return 0;
			const set = this.attributesOf(observation);
			const isTold = isReporting || this.capacityOf(observation) > 0;
			const atMs = isTold ? notificationDueMs(observation, set, this.#port.between) : Infinity;
			deadlineMs = Math.min(deadlineMs, atMs, evaluationDueMs(observation.more, set));
		}
		return deadlineMs;
	}

	/** Sends what is due, `most` notifications of it; the rest stays due. */
	poll(nowMs: number, most: number): void {
		let count = 0;
		for (let index = 0; index < this.#all.length && count < most; index++) {
			const observation = this.#all[index]!;
			if (isDormant(observation)) {
				if (hasKept(observation)) observation.more!.dormant = "offered";
				else this.remove(index--);
				continue;
			}
			this.evaluate(observation, nowMs);
			if (hasKept(observation)) {
				this.tellKept(observation, nowMs);
				count++;
				if (hasKept(observation)) index--;
				continue;
			}
			if (notificationDueMs(observation, this.attributesOf(observation), this.#port.between) > nowMs) continue;
			count++;
			if (!this.notify(observation, nowMs)) this.remove(index--);
		}
	}

	/** Keeps what is due while nothing can be sent. */
	keep(nowMs: number): void {
		for (let index = 0; index < this.#all.length; index++) {
			const observation = this.#all[index]!;
			this.evaluate(observation, nowMs);
			const set = this.attributesOf(observation);
			if (this.capacityOf(observation) === 0 || notificationDueMs(observation, set, this.#port.between) > nowMs)
				continue;
			const { code, contentFormat, payload } = this.#port.readObserved(keptOf(observation), observation);
			observation.more ??= moreOf(undefined, undefined);
			if (isSuccess(code)) {
				observation.isPending = false;
				const one = { atMs: nowMs, contentFormat: contentFormat ?? 0, payload: payload ?? new Uint8Array(0) };
				this.hold(observation, one);
				this.mark(observation);
			} else if (code >= Code.internalServerError) observation.isPending = false;
			else {
				observation.isPending = true;
				observation.more.isGone = true;
			}
			observation.notifiedAtMs = nowMs;
		}
	}

	/** All that outlives a reset. */
	export(nowMs: number): KeptObservation[] {
		return this.#all.map((observation) => exported(observation, this.digestOf(observation), nowMs));
	}

	/** Takes these in place of all there are; what has changed since is news. */
	import(kept: readonly KeptObservation[], since: Since, nowMs: number): void {
		this.clear();
		for (let index = 0; index < kept.length; index++) {
			const each = kept[index]!;
			const observed = { paths: each.paths, isComposite: each.isComposite, accept: each.accept };
			if (this.add(each.token, observed, each.own, nowMs) === undefined) return;
			const observation = this.#all.at(-1)!;
			restore(observation, each, since, nowMs);
			for (let index = 0; index < each.kept.length; index++) {
				const { agoMs, contentFormat, payload } = each.kept[index]!;
				this.hold(observation, { atMs: nowMs - (since.agoMs ?? 0) - agoMs, contentFormat, payload });
			}
			if (!since.isLive || (since.isExact && this.digestOf(observation) === each.digest)) continue;
			for (const part of observation.more?.parts ?? [observation]) this.partChanged(observation, part, part);
		}
	}

	private digestOf(observation: Observation): number {
		const { more } = observation;
		return this.#port.digestOf(more?.parts ?? [observation], more?.evaluatedAtMs !== undefined);
	}

	/** What holds for an observation; of an Observe-Composite, for all of its paths together. */
	private attributesOf(observation: Observation): AttributeSet {
		if (observation.attributes !== undefined) return observation.attributes;
		const { parts, own } = observation.more ?? {};
		let set: AttributeSet;
		let isConfirmed: boolean;
		if (parts === undefined) {
			set = own === undefined ? this.#port.attributesInForce(observation) : { ...this.#port.defaults, ...own };
			isConfirmed = this.#port.isConfirmable(observation);
		} else {
			for (let index = 0; index < parts.length; index++) {
				const part = parts[index]!;
				part.attributes = this.#port.attributesInForce(part);
			}
			const sets = parts.map(({ attributes = {} }) => attributes);
			// gt, lt, st and edge of the paths stay in force: an Observe-Composite can not name them.
			set = own === undefined ? together(sets) : { ...this.#port.defaults, ...own };
			isConfirmed = parts.some((part) => this.#port.isConfirmable(part));
		}
		if (own === undefined && isConfirmed && set.con !== 1) set = { ...set, con: 1 };
		observation.attributes = set;
		return set;
	}

	/** The conditions of one path. */
	private conditionsOf(observation: Observation, part: Part): AttributeSet {
		const set = this.attributesOf(observation);
		return part === observation ? set : (part.attributes ?? set);
	}

	/** Takes up what is in force now. */
	private refresh(observation: Observation, nowMs: number): void {
		const { epmin = 0, epmax = 0 } = this.attributesOf(observation);
		if (epmin > 0 || epmax > 0) {
			observation.more ??= moreOf(undefined, undefined);
			if (observation.more.evaluatedAtMs === undefined) {
				observation.more.evaluatedAtMs = nowMs;
				this.#isLooking = true;
				this.look(observation);
				this.#isLooking = false;
			}
		} else if (observation.more !== undefined) {
			if (observation.more.isUnseen) observation.isPending = true;
			observation.more.isUnseen = false;
			observation.more.evaluatedAtMs = undefined;
		}
		// What was told and seen stays so: a Write to the Server Object changes defaults and the value observed in one.
		for (const part of observation.more?.parts ?? [observation]) {
			if (hasConditions(this.conditionsOf(observation, part))) part.marks ??= marksOf(this.#port.valueAt(part));
			else if (part.marks !== undefined) part.marks = undefined;
		}
	}

	private partChanged(observation: Observation, part: Part, path: Path): void {
		if (!isWithin(path, part) && !isWithin(part, path)) return;
		const { epmin = 0 } = this.attributesOf(observation);
		if (epmin > 0 && observation.more !== undefined) observation.more.isUnseen = true;
		else this.see(observation, part);
	}

	/** Looks at a changed value and decides whether it is to be told. */
	private see(observation: Observation, part: Part): void {
		const { marks } = part;
		if (marks === undefined || isNews(marks, this.#port.valueAt(part), this.conditionsOf(observation, part))) {
			observation.isPending = true;
		}
	}

	/** Looks at all of it anew when epmin or epmax says so (LwM2M Core 1.2 §7.3.2). */
	private evaluate(observation: Observation, nowMs: number): void {
		const { more } = observation;
		if (evaluationDueMs(more, this.attributesOf(observation)) > nowMs || more === undefined) return;
		this.look(observation);
		if (more.isUnseen) for (const part of more.parts ?? [observation]) this.see(observation, part);
		more.isUnseen = false;
		more.evaluatedAtMs = nowMs;
	}

	private look(observation: Observation): void {
		const parts = observation.more?.parts;
		if (parts === undefined) this.#port.look(observation);
		else for (let index = 0; index < parts.length; index++) this.#port.look(parts[index]!);
	}

	/** Remembers what has been told just now, where it is to be compared later. */
	private mark(observation: Observation): void {
		for (const part of observation.more?.parts ?? [observation]) {
			if (part.marks !== undefined) part.marks = marksOf(this.#port.valueAt(part));
		}
	}

	/** @returns false when that was the last notification */
	private notify(observation: Observation, nowMs: number): boolean {
		const { more, accept } = observation;
		const paths = more?.parts ?? [observation];
		const response = this.#port.readObserved({ paths, isComposite: more?.parts !== undefined, accept }, observation);
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
		observation.isPending = false;
		this.mark(observation);
		this.send(observation, response, nowMs, isConfirmable(observation, this.attributesOf(observation), nowMs));
		return true;
	}

	private send(observation: Observation, response: ResponseOptions, nowMs: number, isConfirmed: boolean): void {
		observation.sequence = (observation.sequence + 1) & 0xffffff;
		observation.notifiedAtMs = nowMs;
		if (isConfirmed) observation.confirmedAtMs = nowMs;
		const type = isConfirmed ? "confirmable" : "nonConfirmable";
		this.#port.notify(observation, { ...response, code: Code.content, observe: observation.sequence }, type);
	}

	/**
	 * Tells what was kept: in one notification where the format has times, else in one for each. Of those, only the last
	 * may be Confirmable: it would take the place of the one before it while that is under way.
	 */
	private tellKept(observation: Observation, nowMs: number): void {
		const more = observation.more!;
		const { kept } = more;
		if (more.dropped > 0) this.#port.notificationsDropped(observation, more.dropped);
		more.dropped = 0;
		this.changes++;
		const { contentFormat, payload } = kept[0]!;
		const told = hasTimes(contentFormat) ? this.#port.gather(kept, observation) : { payload, count: 1 };
		kept.splice(0, told.count);
		const isLast = kept.length === 0;
		if (isLast) more.isGone = false;
		const isConfirmed = isLast && isConfirmable(observation, this.attributesOf(observation), nowMs);
		this.send(observation, { code: Code.content, contentFormat, payload: told.payload }, nowMs, isConfirmed);
	}

	/** How many notifications may be kept (LwM2M Core 1.2 Table 7.3.2-1, hqmax). */
	private capacityOf(observation: Observation): number {
		if (observation.more?.isGone === true) return 0;
		const { hqmax = Infinity } = this.attributesOf(observation);
		return Math.min(hqmax, this.#limits.keptNotifications);
	}

	private hold(observation: Observation, one: Representation): void {
		this.changes++;
		hold(this.#all, observation, one, { count: this.capacityOf(observation), bytes: this.#limits.keptBytes });
	}

	private forget(observation: Observation): void {
		this.remove(this.#all.indexOf(observation));
	}

	private remove(index: number): void {
		this.#all.splice(index, 1);
		this.changes++;
	}

	/** Makes room for one that the server asks for now. @returns whether there was one to let go */
	private evict(): boolean {
		const dormant = this.#all.find(isDormant);
		if (dormant !== undefined) this.forget(dormant);
		return dormant !== undefined;
	}
}
