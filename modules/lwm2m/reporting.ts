import { Code, isSuccess } from "../coap/code.ts";
import type { Failure, Peer, Request, Response, ResponseOptions } from "../coap/peer.ts";
import type { Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { HostFailure, type LogRecord } from "../host.ts";
import type { Waking } from "../sleep/wake-plan.ts";
import type { Agenda } from "./agenda.ts";
import { type AttributeSet, Attributes } from "./attributes.ts";
import type { Instance } from "./instance.ts";
import { Observations } from "./observation.ts";
import type { Between } from "./observation-timing.ts";
import type { ObservationPort, Observed } from "./observed.ts";
import { digestOf, type Since } from "./observed-retention.ts";
import type { Asker, Observable, Outcome } from "./operation.ts";
import type { Operations } from "./operations.ts";
import { pathText } from "./path.ts";
import { newestOf, RecordedSince } from "./recorded.ts";
import { RequestRefused } from "./refusal.ts";
import type { Account, RegistrationContext } from "./registration-port.ts";
import type { KeptReporting } from "./reporting-state.ts";
import type { SendListener, SendOptions, Sends } from "./send.ts";
import type { KeptSend } from "./send-state.ts";
import { isResource, locate, presentValue } from "./target.ts";
import type { TimeBase } from "./time-base.ts";
import { type Representation, seriesOf } from "./time-series.ts";
import type { Held } from "./value.ts";

/** The Resources of the Server Object that say how to report (LwM2M Core 1.2 Appendix E.2). */
const resource = frozen({
	defaultMinimumPeriod: 2,
	defaultMaximumPeriod: 3,
	notificationStoring: 6,
	defaultNotificationMode: 26,
});

const nobody: { readonly instances: readonly Instance[] } = frozen({ instances: [] });
const noSends: readonly KeptSend[] = frozen([]);

/** What all sessions of a client share. */
export interface ReportingContext extends RegistrationContext {
	readonly operations: Operations;
	readonly times: TimeBase;
	readonly agenda: Agenda;
}

/** What reporting needs of the session around it. */
export interface ReportingPort {
	readonly peer: Peer;
	/** Who says what goes out together. */
	readonly waking: Waking | undefined;
	log(event: string, fields: Omit<LogRecord, "event">): void;
}

/** What the registration allows. */
export interface Reachability {
	/** The server knows us: notifications go out. */
	readonly isReporting: boolean;
	/** It knows the list of our Object Instances as it is now. */
	readonly isUpToDate: boolean;
	/** Nothing goes out, but it will again: notifications may be kept. */
	readonly isAway: boolean;
}

/** The Information Reporting Interface towards one LwM2M Server (LwM2M Core 1.2 §6.4): its observations and Sends. */
export class Reporting implements ObservationPort {
	readonly asker: Asker;
	readonly #context: ReportingContext;
	readonly #account: Account;
	readonly #port: ReportingPort;
	readonly #observations: Observations;
	/** Made for the first Send. */
	#sends: Sends | undefined;
	/** Of pmin and pmax, one object for all observations; read anew after a change of the Server Object. */
	#defaultSet: AttributeSet | undefined;
	/** Attributes or their defaults are other ones: looked at in poll(), where the stack is free of the request. */
	#isStale = false;
	#attributeChanges = 0;
	#nowMs = 0;

	constructor(account: Account, context: ReportingContext, port: ReportingPort) {
		const { shortServerId } = account;
		const { enabler, limits, registry } = context;
		const rights = context.options.accessControl?.rightsOf(registry, shortServerId);
		this.asker = {
			attributes: new Attributes(limits.attributes),
			enabler,
			shortServerId,
			...(rights === undefined ? {} : { rights }),
		};
		this.#context = context;
		this.#account = account;
		this.#port = port;
		this.#observations = new Observations(limits, this);
	}

	/** Counts what makes the next export() another one than the last, but for times and sequence numbers. */
	get changes(): number {
		return this.#attributeChanges + this.#observations.changes;
	}

	get observationCount(): number {
		return this.#observations.size;
	}

	/** Whether exportSends() has all Sends that are left. */
	get isRetainable(): boolean {
		return this.#sends?.isRetainable !== false;
	}

	/** The Sends that wait, for another life. */
	exportSends(nowMs: number): readonly KeptSend[] {
		return this.#sends?.export(nowMs) ?? noSends;
	}

	/** Takes back what exportSends() gave. @param agoMs how long ago that was */
	importSends(kept: readonly KeptSend[], agoMs: number, nowMs: number): void {
		if (kept.length > 0) this.makeSends()?.import(kept, agoMs, nowMs);
	}

	deadlineMs({ isReporting, isUpToDate, isAway }: Reachability): number {
		if (this.#isStale) return 0;
		const sendMs = isUpToDate ? (this.#sends?.deadlineMs ?? Infinity) : Infinity;
		const isObserved = isReporting || (isAway && this.isStoring);
		return isObserved ? Math.min(sendMs, this.#observations.deadlineMs(isReporting)) : sendMs;
	}

	/** Sends what is due, or keeps it. */
	poll(nowMs: number, { isReporting, isUpToDate, isAway }: Reachability): void {
		this.#nowMs = nowMs;
		if (this.#isStale) this.#observations.attributesChanged(nowMs);
		this.#isStale = false;
		this.#sends?.poll(nowMs, isUpToDate, isReporting);
		if (isReporting) this.#observations.poll(nowMs, this.#context.limits.notificationsPerTurn);
		else if (isAway && this.isStoring) this.#observations.keep(nowMs);
	}

	/** Something below `path` reads differently now. */
	valueChanged(path: Path): void {
		const { facts, id } = this.#account.server;
		if (path.objectId === facts.id && path.instanceId === id) this.serverReplaced();
		this.#observations.changed(path);
	}

	/** The Server Instance is another one, or reads differently. */
	serverReplaced(): void {
		this.#defaultSet = undefined;
		this.#isStale = true;
	}

	/** An Object Instance is gone; so are its attributes. */
	instanceGone(path: Path): void {
		this.asker.attributes.forget(path);
		this.attributesChanged();
	}

	/** Write-Attributes was done. */
	attributesChanged(): void {
		this.#isStale = true;
		this.#attributeChanges++;
	}

	/**
	 * Observe and Observe-Composite, and their cancellation (RFC 7641 §4.1).
	 * @returns the sequence number for the response when it begins an observation
	 */
	observe(request: Request, outcome: Outcome, nowMs: number): number | undefined {
		const { operation, paths, response, attributes } = outcome;
		const isComposite = operation === "readComposite";
		if (request.observe === undefined || (operation !== "read" && !isComposite)) return undefined;
		if (request.observe !== 0 || !isSuccess(response.code)) {
			const cancelled = this.#observations.cancel(request.token);
			if (cancelled !== undefined) this.cancelled(cancelled, "server");
			return undefined;
		}
		// A composite without an Accept is told in the format that the answer has, which depends on that of the request.
		const accept = request.accept ?? (isComposite ? response.contentFormat : undefined);
		const own = attributes as AttributeSet | undefined;
		this.#nowMs = nowMs;
		return this.#observations.add(request.token, { paths, isComposite, accept }, own, nowMs);
	}

	/** The observation with this token is over. @returns whether there was one */
	end(token: Uint8Array, by?: "reset" | "timedOut"): boolean {
		const observed = this.#observations.cancel(token);
		if (observed !== undefined && by !== undefined) this.cancelled(observed, by);
		return observed !== undefined;
	}

	/** The registration is over, and with it all observations; what they have yet to tell may be kept. */
	suspend(): void {
		if (this.isStoring) this.#observations.suspend();
		else this.#observations.clear();
	}

	/** See Client.send(). */
	send(
		paths: readonly Path[],
		options: SendOptions,
		done: SendListener | undefined,
		{ isReporting }: Reachability,
	): void {
		const sends = this.makeSends();
		if (sends !== undefined) sends.add(paths, options, done, isReporting);
		else done?.({ shortServerId: this.asker.shortServerId, outcome: "unsupported", code: undefined });
	}

	/** @returns whether the answer was to a Send */
	responded(requestId: number, response: Response): boolean {
		return this.#sends?.responded(requestId, response) === true;
	}

	/** @returns whether it was a Send that got no answer */
	failed(requestId: number, reason: Failure): boolean {
		return this.#sends?.failed(requestId, reason) === true;
	}

	export(nowMs: number): KeptReporting {
		return { attached: this.asker.attributes.attached, observations: this.#observations.export(nowMs) };
	}

	import({ attached, observations }: KeptReporting, since: Since, nowMs: number): void {
		this.asker.attributes.restore(attached);
		this.#observations.import(observations, since, nowMs);
	}

	/** What is observed under this token is to be told once more: the last time it did not arrive. */
	retell(token: Uint8Array): void {
		this.#observations.retell(token);
	}

	digestOf(paths: readonly Path[], isLooking: boolean): number {
		return digestOf(this.#context.registry, paths, isLooking);
	}

	get between(): Between | undefined {
		return this.#port.waking;
	}

	get defaults(): AttributeSet {
		this.#defaultSet ??= this.defaultsNow();
		return this.#defaultSet;
	}

	attributesInForce(path: Path): AttributeSet {
		return this.asker.attributes.inForce(path, this.defaults);
	}

	isConfirmable(path: Path): boolean {
		return this.asker.attributes.isConfirmable(path);
	}

	readObserved(what: Observable, { more }: Observed): ResponseOptions {
		this.refresh(what.paths);
		const sinceMs = more?.historyAtMs;
		const { operations, registry, times } = this.#context;
		const told = sinceMs === undefined ? undefined : new RecordedSince(registry, times, sinceMs);
		const response = operations.observed(what, this.asker, told);
		if (response.code === Code.internalServerError) {
			this.log("hostFailure", { what: `read ${what.paths.map(pathText).join(" ")}` });
		}
		if (more !== undefined && told !== undefined && isSuccess(response.code)) more.historyAtMs = told.newestAtMs;
		return response;
	}

	/** Has measured what is to be as it is when it is told. */
	private refresh(paths: readonly Path[]): void {
		const { agenda, registry } = this.#context;
		for (let at = 0; at < paths.length; at++) {
			const { objectId, instanceId } = paths[at]!;
			const { instances } = registry.object(objectId) ?? nobody;
			for (let index = 0; index < instances.length; index++) {
				const instance = instances[index]!;
				if (!instance.isSampledWhenTold || (instanceId >= 0 && instanceId !== instance.id)) continue;
				try {
					agenda.advance(instance, this.#nowMs);
				} catch (error) {
					if (!(error instanceof HostFailure)) throw error;
					this.log("hostFailure", { what: error.message });
				}
			}
		}
	}

	valueAt(path: Path): Held | undefined {
		if (path.resourceId < 0) return undefined;
		try {
			const target = locate(this.#context.registry, path);
			return isResource(target) ? presentValue(target) : undefined;
		} catch (error) {
			if (error instanceof RequestRefused || error instanceof HostFailure) return undefined;
			throw error;
		}
	}

	look(path: Path): void {
		const { registry } = this.#context;
		for (let index = 0; index < registry.objects.length; index++) {
			const { facts, instances } = registry.objects[index]!;
			if (path.objectId >= 0 && path.objectId !== facts.id) continue;
			for (let index = 0; index < instances.length; index++) {
				const instance = instances[index]!;
				if (path.instanceId < 0 || path.instanceId === instance.id) this.lookAt(instance, path.resourceId);
			}
		}
	}

	private lookAt(instance: Instance, resourceId: number): void {
		const { resources } = instance.facts;
		for (const name in resources) {
			if (resourceId >= 0 && resources[name]!.id !== resourceId) continue;
			try {
				instance.look(name);
			} catch (error) {
				if (!(error instanceof HostFailure)) throw error;
				this.log("hostFailure", { what: error.message });
			}
		}
	}

	newestAtMs(paths: readonly Path[]): number | undefined {
		return newestOf(this.#context.registry, paths);
	}

	gather(kept: readonly Representation[], base: Path): { readonly payload: Uint8Array; readonly count: number } {
		const { operations, registry, times } = this.#context;
		return seriesOf(kept, base, operations.formats, registry, times);
	}

	notify(observed: Observed, response: ResponseOptions, type: "confirmable" | "nonConfirmable"): void {
		this.#port.peer.notify(observed.token, response, type, this.#nowMs);
		this.#port.waking?.charge(observed.objectId, response.payload?.length ?? 0);
		this.log("notified", { path: pathText(observed), confirmable: type === "confirmable" });
	}

	observationDropped({ token }: Observed): void {
		this.#port.peer.forgetObserver(token);
	}

	observationEnded(observed: Observed): void {
		this.cancelled(observed, "gone");
	}

	notificationsDropped(observed: Observed, count: number): void {
		this.log("notificationsDropped", { path: pathText(observed), count });
	}

	private makeSends(): Sends | undefined {
		const { operations, options, times } = this.#context;
		this.#sends ??= options.sends?.(operations, this.asker, this.#account, this.#port, times);
		return this.#sends;
	}

	/** Whether notifications are kept while none can be sent. */
	private get isStoring(): boolean {
		return this.#account.server.at(resource.notificationStoring) !== false;
	}

	private defaultsNow(): AttributeSet {
		const pmin = this.#account.server.at(resource.defaultMinimumPeriod);
		const pmax = this.#account.server.at(resource.defaultMaximumPeriod);
		const periods = { pmin: typeof pmin === "number" ? pmin : 0, pmax: typeof pmax === "number" ? pmax : 0 };
		return this.#account.server.at(resource.defaultNotificationMode) === 1 ? { ...periods, con: 1 } : periods;
	}

	private log(event: string, fields: Omit<LogRecord, "event">): void {
		this.#port.log(event, fields);
	}

	private cancelled(path: Path, by: "server" | "reset" | "timedOut" | "gone"): void {
		this.log("observationCancelled", { path: pathText(path), by });
	}
}
