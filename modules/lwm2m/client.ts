import type { Path } from "../formats/value.ts";
import type { Address, SleepDepth } from "../host.ts";
import { Agenda, type KeptAppointment } from "./agenda.ts";
import type { BootstrapPort, BootstrapReason } from "./bootstrap-port.ts";
import type { ClientOptions } from "./client-options.ts";
import type { ObjectFacts } from "./facts.ts";
import type { ChangeListener, Instance } from "./instance.ts";
import { type ClientLimits, defaultLimits, withChanges } from "./limits.ts";
import type { Since } from "./observed-retention.ts";
import { Operations } from "./operations.ts";
import { path as pathOf } from "./path.ts";
import { defaultRegistrationTuning } from "./registration.ts";
import { type ObjectOptions, Registry } from "./registry.ts";
import type { KeptReports } from "./reporting-state.ts";
import type { SendListener, SendOptions } from "./send.ts";
import { Servers } from "./servers.ts";
import type { Session, SessionContext } from "./session.ts";
import { TimeBase } from "./time-base.ts";

export type { ClientOptions } from "./client-options.ts";
export type { SendListener, SendOptions, SendResult } from "./send.ts";

/** The Objects that make accounts. */
const securityObject = 0;
const serverObject = 1;

/**
 * An LwM2M client for all its servers, without I/O of its own: whoever drives it (loop.ts, a test) hands in
 * datagrams, addresses and the time, and takes datagrams and names to resolve out. Every call that takes the time is
 * one turn; end each turn with poll(), then take what is to be sent, and come back at deadlineMs.
 */
export class Client implements ChangeListener, BootstrapPort {
	readonly registry: Registry;
	private readonly context: SessionContext;
	private readonly agenda: Agenda;
	private readonly servers: Servers;
	private nowMs = 0;
	private isStarted = false;
	private isStopped = false;
	/** Datagrams that came from nobody we know, and were dropped. */
	strangers = 0;

	constructor(options: ClientOptions) {
		const limits = withChanges(defaultLimits, options.limits);
		this.agenda = new Agenda(limits.appointments, options.waking);
		this.registry = new Registry(limits.instances, this);
		this.context = {
			options,
			enabler: options.enabler ?? "1.1",
			registry: this.registry,
			operations: new Operations(this.registry, limits, options),
			limits,
			registrationTuning: withChanges(defaultRegistrationTuning, options.registrationTuning),
			times: new TimeBase(),
			agenda: this.agenda,
		};
		this.servers = new Servers(this.context);
		const bootstrap = options.bootstrap?.(this.context as never, this);
		if (bootstrap !== undefined) this.context.bootstrap = bootstrap;
	}

	get sessions(): readonly Session[] {
		return this.servers.sessions;
	}

	get limits(): ClientLimits {
		return this.context.limits;
	}

	/** Whether stop() has come to its end: power may go. */
	get isEnded(): boolean {
		return this.isStopped && this.sessions.every(({ state }) => state === "ended");
	}

	/** Adds an Object Instance, before or after start(); servers that know the list hear of it. */
	add(instance: Instance): void {
		this.registry.add(instance);
		if (this.isStarted) this.sample(instance);
	}

	/** Adds an Object that has no Instance yet, or whose Instances servers may create and delete. */
	addObject(facts: ObjectFacts, options?: ObjectOptions): void {
		this.registry.addObject(facts, options);
	}

	/** Takes an Object Instance away; servers that know the list hear of it. */
	remove(instance: Instance): void {
		this.registry.remove(instance);
	}

	/**
	 * Registers with every LwM2M Server that has an account: a Security and a Server Instance with the same Short
	 * Server ID. Accounts that come, go or change later are followed at the end of each turn. Without any account there
	 * is a bootstrap, where that is possible.
	 */
	start(nowMs: number): void {
		this.begin(nowMs);
		this.isStarted = true;
		this.registry.objects.forEach(({ instances }) => {
			instances.forEach((instance) => {
				this.sample(instance);
			});
		});
		this.servers.start(nowMs);
	}

	/** De-registers everywhere and ends; isEnded says when. */
	stop(nowMs: number): void {
		this.begin(nowMs);
		this.isStopped = true;
		this.context.bootstrap?.cancel(nowMs);
		this.servers.stop(nowMs);
	}

	/**
	 * Takes one datagram out of bytes[at .. end). Nothing here keeps a reference to the bytes.
	 * @param from the sender, spelt as resolved() spelt it; strangers are counted and ignored
	 */
	receive(from: Address, bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.begin(nowMs);
		if (this.bootstrap?.receive(from, bytes, at, end, nowMs) === true) return;
		const session = this.sessions.find(({ address: { host, port } }) => host === from.host && port === from.port);
		if (session === undefined) this.strangers++;
		else session.receive(bytes, at, end, nowMs);
	}

	/** Does what is due now, and finishes the turn. */
	poll(nowMs: number): void {
		this.begin(nowMs);
		this.agenda.poll(nowMs);
		this.bootstrap?.poll(nowMs);
		this.servers.poll(this.isStarted && !this.isStopped, nowMs);
	}

	/** When poll() has something to do; Infinity when nothing is due at all. */
	get deadlineMs(): number {
		let deadlineMs = this.isStopped ? Infinity : Math.min(this.agenda.deadlineMs, this.servers.recovery.deadlineMs);
		deadlineMs = Math.min(deadlineMs, this.bootstrap?.deadlineMs ?? Infinity);
		const { sessions } = this;
		for (let at = 0; at < sessions.length; at++) deadlineMs = Math.min(deadlineMs, sessions[at]!.deadlineMs);
		return deadlineMs;
	}

	/** Until when the radio has to hear, for all servers together; Infinity also while a bootstrap is under way. */
	get radioUntilMs(): number {
		return this.bootstrap?.isAtRest === false ? Infinity : this.servers.radioUntilMs;
	}

	/** The deepest sleep that loses nothing: a function to call later, a bootstrap and what leads to one go with RAM. */
	get deepest(): SleepDepth {
		return this.agenda.isPlain && this.servers.isRetainable ? "off" : "light";
	}

	/**
	 * The next datagram to send; undefined when there is none.
	 * @param to receives its address
	 * @returns bytes that stay the client's and are not to be changed
	 */
	takeDatagram(to: Address): Uint8Array | undefined {
		const first = this.bootstrap?.takeDatagram(to);
		if (first !== undefined) return first;
		const { sessions } = this;
		for (let at = 0; at < sessions.length; at++) {
			const session = sessions[at]!;
			const bytes = session.takeDatagram();
			if (bytes === undefined) continue;
			to.host = session.address.host;
			to.port = session.address.port;
			return bytes;
		}
		return undefined;
	}

	/** The next name to resolve; undefined when there is none. Answer with resolved(). */
	takeName(): string | undefined {
		const first = this.bootstrap?.takeName();
		if (first !== undefined) return first;
		const { sessions } = this;
		for (let at = 0; at < sessions.length; at++) {
			const name = sessions[at]!.takeName();
			if (name !== undefined) return name;
		}
		return undefined;
	}

	/** The address literals of a name, the best one first; none when it has none. Nothing here keeps the list. */
	resolved(name: string, hosts: readonly string[], nowMs: number): void {
		this.begin(nowMs);
		this.bootstrap?.resolved(name, hosts, nowMs);
		this.sessions.forEach((session) => {
			session.resolved(name, hosts, nowMs);
		});
	}

	/**
	 * A datagram of takeDatagram() did not get to its address. Registrations try the next address of the server's name.
	 * @param why "notSent": the host refused it (no route), and may take the next one. "unreachable": the network says
	 * that nobody is there (ICMP); that is believed while a registration is under way, and a request of it ends with that
	 */
	undeliverable({ host, port }: Address, why: "notSent" | "unreachable", nowMs: number): void {
		this.begin(nowMs);
		this.sessions.forEach((session) => {
			if (session.address.host === host && session.address.port === port) session.undeliverable(why, nowMs);
		});
	}

	/** Says that the value at `path` is another one, where nobody else does: values from outside the Object Instances. */
	changed(path: Path): void {
		this.sessions.forEach(({ reporting }) => {
			reporting.valueChanged(path);
		});
	}

	/** Hears of every change from the registry. */
	instanceChanged(instance: Instance, resourceId: number, resourceInstanceId: number): void {
		const path = pathOf(instance.facts.id, instance.id, resourceId, resourceInstanceId);
		const isGone = resourceId < 0 && this.registry.instance(path.objectId, path.instanceId) === undefined;
		if (isGone) this.agenda.forget(instance);
		const { sessions } = this;
		for (let at = 0; at < sessions.length; at++) {
			const { reporting } = sessions[at]!;
			if (isGone) reporting.instanceGone(path);
			reporting.valueChanged(path);
		}
		if (isGone) this.context.options.accessControl?.gone(this.registry, path.objectId, path.instanceId);
		if (path.objectId === securityObject || (path.objectId === serverObject && resourceId <= 0)) {
			this.servers.accountsChanged();
		}
		this.context.options.changed?.(instance, resourceId);
	}

	/** Calls `run` once, `delayMs` after this turn. @returns a function that cancels it */
	after(delayMs: number, run: () => void): () => void {
		const appointment = this.agenda.add(this.nowMs + delayMs, 0, run);
		return () => this.agenda.drop(appointment);
	}

	/**
	 * Sends an Update to this server at the end of the turn (Server Object, Resource 8).
	 * @param transport the letter of another transport to send it through; one that there is not is passed over
	 */
	update(shortServerId: number, transport?: string): void {
		this.session(shortServerId)?.trigger(transport);
	}

	/**
	 * Wants a bootstrap: of its own accord, or because a server executed Bootstrap-Request Trigger (1/x/9).
	 * @param argument of the Execute, as the server wrote it
	 * @returns false where there is no Bootstrap-Server Account, or the image has no bootstrap
	 */
	requestBootstrap(why: BootstrapReason = "application", argument = ""): boolean {
		const { bootstrap } = this.context;
		if (bootstrap?.isPossible !== true) return false;
		this.servers.recovery.overtaken(why);
		bootstrap.begin(why, argument, this.nowMs);
		return true;
	}

	/**
	 * There is no network, or none that this server can be reached through: nothing is sent, and nothing heard. Values
	 * that are due to be notified are kept as the Server Object says (1/x/6).
	 * @param who a Short Server ID, or "link": the host's word (link-watch.ts), which stands beside the application's
	 */
	offline(nowMs: number, who: number | "all" | "link" = "all"): void {
		this.begin(nowMs);
		this.servers.offline(who, nowMs);
	}

	/** There is a network again: whatever waited for its time is tried at once, servers before a wanted bootstrap. */
	online(nowMs: number, who: number | "all" | "link" = "all"): void {
		this.begin(nowMs);
		this.servers.online(who, nowMs);
	}

	/** Our own address is another one: servers hear an Update from there before anything else. */
	moved(nowMs: number): void {
		this.begin(nowMs);
		this.servers.moved();
	}

	/**
	 * Says that accounts came, went or changed where nobody else does; changes of Object Instances are seen. What poll()
	 * finds at the end of this turn is followed.
	 */
	accountsChanged(nowMs: number): void {
		this.begin(nowMs);
		this.servers.accountsChanged();
	}

	begun(nowMs: number): void {
		this.servers.hush(nowMs);
	}

	applied(nowMs: number): void {
		this.servers.bootstrapped(nowMs);
	}

	failed(_reason: string, nowMs: number): void {
		this.servers.bootstrapFailed(nowMs);
	}

	/**
	 * De-registers from this server at the end of the turn, for its Disable Timeout (Server Object, Resources 4 and 5).
	 */
	disable(shortServerId: number): void {
		this.session(shortServerId)?.disable();
	}

	/**
	 * Tells a server, or all that we know, the values at these paths without being asked (LwM2M Core 1.2 §6.4.6): at the
	 * end of the turn, or for a server that is not there as `options` say. What it may not read, or what is absent, is
	 * left out. Without ClientOptions.sends it is "unsupported".
	 * @param done hears once of each server: of what is known here within this call, of the rest later
	 */
	send(
		shortServerId: number | "all",
		paths: readonly Path[],
		options: SendOptions = {},
		done: SendListener | undefined = undefined,
	): void {
		let count = 0;
		this.sessions.forEach((session) => {
			if (shortServerId !== "all" && session.shortServerId !== shortServerId) return;
			session.send(paths, options, done);
			count++;
		});
		if (count > 0 || shortServerId === "all") return;
		done?.({ shortServerId, outcome: "notRegistered", code: undefined });
	}

	/** Another number says that exportReporting() gives something else than before, but for times: time to keep it. */
	get reportingChanges(): number {
		let changes = 0;
		const { sessions } = this;
		for (let at = 0; at < sessions.length; at++) changes += sessions[at]!.reporting.changes;
		return changes;
	}

	/**
	 * What reporting keeps over a restart: attributes, observations, and notifications that are yet to be told. No
	 * secrets are in it. encodeReports() (reporting-state.ts) makes bytes of it.
	 */
	exportReporting(nowMs: number): KeptReports {
		const servers = this.sessions.map(({ reporting, shortServerId }) => ({
			shortServerId,
			...reporting.export(nowMs),
		}));
		return { wallTimeS: this.context.options.wallTimeS?.(), servers };
	}

	/**
	 * Takes back what exportReporting() gave, after start() and in the same turn. Servers that have no account any more
	 * are passed over. Where one of the clocks was not set, no time counts as passed.
	 * @param kept within `limits`: decodeReports() makes it of bytes that may be anything
	 */
	importReporting(kept: KeptReports, nowMs: number): void {
		this.begin(nowMs);
		const nowS = this.context.options.wallTimeS?.() ?? Number.NaN;
		const elapsedMs = Math.round((nowS - (kept.wallTimeS ?? Number.NaN)) * 1000);
		const agoMs = elapsedMs >= 0 ? elapsedMs : undefined;
		kept.servers.forEach((each) => {
			this.session(each.shortServerId)?.reporting.import(each, { agoMs, isExact: false, isLive: false }, nowMs);
		});
	}

	/** When Object Instances are sampled next, for a deep sleep. */
	exportSamplings(nowMs: number): KeptAppointment[] {
		return this.agenda.export(nowMs);
	}

	/** Takes back what exportSamplings() gave, after start(). */
	restoreSamplings(kept: readonly KeptAppointment[], { agoMs = 0 }: Pick<Since, "agoMs">, nowMs: number): void {
		this.agenda.import(kept, agoMs, nowMs);
	}

	private begin(nowMs: number): void {
		const { options, times } = this.context;
		this.nowMs = nowMs;
		options.waking?.begin(nowMs);
		times.look(nowMs, options.wallTimeS?.());
	}

	/** While there is a network for it to be reached through. */
	private get bootstrap() {
		return this.servers.isOffline ? undefined : this.context.bootstrap;
	}

	private session(shortServerId: number): Session | undefined {
		return this.servers.session(shortServerId);
	}

	/** Keeps the schedule of an Instance that has one, from now on. */
	private sample(instance: Instance): void {
		const { sampleEveryS } = instance;
		if (sampleEveryS === undefined) return;
		const everyMs = sampleEveryS * 1000;
		this.agenda.add(this.nowMs + everyMs, everyMs, instance);
	}
}
