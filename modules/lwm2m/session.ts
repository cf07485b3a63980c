import type { Fault } from "../bytes.ts";
import { codeText, isSuccess } from "../coap/code.ts";
import { type Failure, Peer, type PeerListener, type Request, type Response } from "../coap/peer.ts";
import type { BodySink } from "../coap/stream.ts";
import type { Path } from "../formats/value.ts";
import type { Address, LogRecord } from "../host.ts";
import type { AwakeWindow } from "../sleep/awake-window.ts";
import type { Waking } from "../sleep/wake-plan.ts";
import { fingerprintOf } from "./accounts.ts";
import type { Attempts } from "./attempts.ts";
import type { EnablerVersion } from "./facts.ts";
import type { Outcome } from "./operation.ts";
import { spokenPath } from "./operations.ts";
import { pathText } from "./path.ts";
import type { RegistrationState } from "./registration.ts";
import { RegistrationInterface } from "./registration-interface.ts";
import type { Account, RegistrationPort } from "./registration-port.ts";
import { type Reachability, Reporting, type ReportingContext, type ReportingPort } from "./reporting.ts";
import { radioUntil } from "./rest.ts";
import { protectionOf, type SecureChannel, type Secured, type SecureListener, type Unsecured } from "./secure.ts";
import type { SendListener, SendOptions } from "./send.ts";
import type { ServerUri } from "./server-uri.ts";

/** So long after a record of refused bytes there is no other one. */
const refusedQuietMs = 10_000;

export type SessionContext = ReportingContext;

/**
 * Everything between us and one LwM2M Server: its registration, its requests, its reporting. It is
 * what its parts ask and tell, itself: an object of functions in between would take 11 slots of RAM for each of them.
 */
export class Session implements PeerListener, RegistrationPort, ReportingPort, Reachability, SecureListener {
	readonly peer: Peer;
	readonly account: Account;
	private readonly context: SessionContext;
	readonly registration: RegistrationInterface;
	readonly reporting: Reporting;
	/** How long the server is heard; absent where nobody sleeps. */
	readonly awake: AwakeWindow | undefined;
	/** The application has taken this server, or all of them, off line. */
	isOffline = false;
	/** The account is gone, or another one: it ends, and is forgotten then. */
	isLeaving = false;
	/** Of what identifies the server and us. */
	readonly fingerprint: number;
	/** Of a server with coaps://, once it is wanted. */
	private channel: SecureChannel | undefined;
	/** Whether it is one of an earlier life, in which the server has not been heard yet. */
	isTakenUp = false;
	/** Whether the secure session has carried a message of the server's. */
	private hasWorked = false;
	private isClosing = false;
	private nowMs = 0;
	private refusedCount = 0;
	private refusedQuietUntilMs = 0;

	/** @param isFirst see RegistrationInterface */
	constructor(account: Account, context: SessionContext, isFirst = true) {
		this.account = account;
		this.fingerprint = fingerprintOf(account);
		this.context = context;
		const { dice, entropy, coapTuning, coapLimits } = context.options;
		this.awake = context.options.waking?.open();
		this.peer = new Peer({ dice, entropy, listener: this, tuning: coapTuning, limits: coapLimits });
		this.reporting = new Reporting(account, context, this);
		this.registration = new RegistrationInterface(account, context, this, isFirst);
	}

	get shortServerId(): number {
		return this.account.shortServerId;
	}

	get state(): RegistrationState {
		return this.registration.state;
	}

	/** Where the server is; host is "" before its name is resolved. */
	get address(): Address {
		return this.registration.address;
	}

	get observationCount(): number {
		return this.reporting.observationCount;
	}

	/** The attempts to register, and their waits. */
	get attempts(): Attempts {
		return this.registration.attempts;
	}

	/** Whether the server knows us, as far as we know: also while nothing goes out. */
	get isRegistered(): boolean {
		return this.registration.isRegistered;
	}

	get radioUntilMs(): number {
		return radioUntil(this);
	}

	get deadlineMs(): number {
		if (this.registration.isSilent) return this.reporting.deadlineMs(this);
		const ownMs = Math.min(this.peer.deadlineMs, this.registration.deadlineMs, this.reporting.deadlineMs(this));
		return this.channel === undefined ? ownMs : Math.min(ownMs, this.channel.deadlineMs);
	}

	get waking(): Waking | undefined {
		return this.context.options.waking;
	}

	/** Whether messages reach the server without a handshake; undefined where there is no security. */
	get isSecured(): boolean | undefined {
		return this.channel?.isSecured;
	}

	/** Whether notifications may go out: not while a lost secure session is being replaced. */
	get isReporting(): boolean {
		return this.registration.isReporting && this.channel?.isSecured !== false;
	}

	/** Whether the server also knows the list of our Object Instances as it is. */
	get isUpToDate(): boolean {
		return this.state === "registered" && this.isReporting;
	}

	/** Whether nothing goes out now, but will again: offline, disabled, or the secure session is lost. */
	get isAway(): boolean {
		const { state } = this;
		return !this.isReporting && state !== "idle" && state !== "ended" && state !== "deregistering";
	}

	/** Wants a registration; attempts.begin() lets it begin. */
	start(nowMs: number): void {
		this.registration.start(nowMs);
	}

	/** De-registers where need be, and ends. */
	stop(nowMs: number): void {
		this.registration.stop(nowMs);
	}

	/** Nothing goes out, nothing is heard, until speak(): we are offline, or a bootstrap session is open. */
	silence(nowMs: number): void {
		this.registration.silence(nowMs);
	}

	speak(): void {
		this.registration.speak();
	}

	/**
	 * The account as it is now: other Instances, perhaps, that say the same.
	 * @returns false when they do not: another server, or other keys
	 */
	adopt({ security, server }: Account): boolean {
		const { account } = this;
		if (fingerprintOf({ ...account, security }) !== this.fingerprint) return false;
		if (account.security !== security || account.server !== server) this.registration.renegotiate();
		const { channel } = this;
		const isOther = account.security !== security;
		account.security = security;
		if (isOther && channel !== undefined) {
			channel.drop();
			this.channel = undefined; // the next one has its keys from the new Instance; without one nothing may leave
			if (this.prepare("coaps") !== undefined) return false;
		}
		if (account.server !== server) {
			account.server = server;
			this.reporting.serverReplaced();
		}
		return true;
	}

	/** Ends without a word: the server was told otherwise, or is no more. */
	vanish(nowMs: number): void {
		this.peer.reset(nowMs);
		this.channel?.drop();
	}

	/** Registration Update Trigger (1/x/8). @param transport its argument, where it has one */
	trigger(transport?: string): void {
		this.registration.trigger(transport);
	}

	/** Disable (Server Object, Resource 4). */
	disable(): void {
		this.registration.disable();
	}

	/** @returns the name to resolve, once; undefined when none is wanted */
	takeName(): string | undefined {
		return this.registration.takeName();
	}

	resolved(name: string, hosts: readonly string[], nowMs: number): void {
		this.registration.resolved(name, hosts, nowMs);
	}

	undeliverable(why: "notSent" | "unreachable", nowMs: number): void {
		this.registration.undeliverable(why, nowMs);
	}

	/** @param bytes one datagram from this server's address; nothing here keeps a reference to it */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.nowMs = nowMs;
		if (this.registration.isSilent) return;
		if (this.channel === undefined) this.decrypted(bytes, at, end, nowMs);
		else this.channel.receive(bytes, at, end, nowMs);
	}

	decrypted(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.hasWorked = true;
		this.isTakenUp = false;
		// A request before the registration is complete is ignored (LwM2M Core 1.1 §6.3); the server repeats a
		// Confirmable one.
		const code = bytes[at + 1] ?? 0;
		const isRequest = code > 0 && code < 0x20;
		if (!this.registration.isServing && isRequest) return;
		this.awake?.heard(nowMs, isRequest);
		const refused = this.peer.receive(bytes, at, end, nowMs);
		if (refused !== undefined) this.refuse(refused.code, nowMs);
	}

	/** One record stands for all refused datagrams since the last one: how often we write is not the sender's to say. */
	private refuse(code: string, nowMs: number): void {
		this.refusedCount += 1;
		if (nowMs < this.refusedQuietUntilMs) return;
		this.log("refusedBytes", { code, count: this.refusedCount });
		this.refusedCount = 0;
		this.refusedQuietUntilMs = nowMs + refusedQuietMs;
	}

	/** Does what is due, and what this turn has brought about. */
	poll(nowMs: number): void {
		this.nowMs = nowMs;
		if (!this.registration.isSilent) {
			this.channel?.poll(nowMs);
			this.peer.poll(nowMs);
			this.registration.poll(nowMs);
			if (this.isClosing) this.hangUp(nowMs);
		}
		this.reporting.poll(nowMs, this);
	}

	/** @returns the next datagram for `address`; its bytes are not to be changed */
	takeDatagram(): Uint8Array | undefined {
		if (this.registration.isSilent) return undefined;
		const channel = this.channel;
		if (channel === undefined) return this.takeMessage();
		for (;;) {
			const record = channel.takeDatagram();
			if (record !== undefined || !channel.isSecured) return record;
			const message = this.takeMessage(); // waits in the peer's outbox while there is no session
			if (message === undefined) return undefined;
			channel.send(message, this.nowMs);
		}
	}

	private takeMessage(): Uint8Array | undefined {
		const message = this.peer.takeDatagram();
		if (message !== undefined) this.awake?.said(this.nowMs);
		return message;
	}

	prepare(scheme: ServerUri["scheme"]): Fault | undefined {
		if (this.channel !== undefined) return undefined;
		const { security } = this.account;
		const protection = protectionOf(security, scheme, this.context.options);
		if (protection === undefined || "code" in protection) return protection;
		const channel = protection.open(security, this);
		if ("code" in channel) return channel;
		this.channel = channel;
		const home = this.context.options.homes?.homeOf(this);
		this.isTakenUp = home !== undefined && channel.liveIn?.(home) === true;
		return undefined;
	}

	/** Brings the secure session to where it outlives a deep sleep. @throws HostFailure */
	goHome(): void {
		this.channel?.goHome?.();
	}

	renew(): boolean {
		const { isTakenUp } = this;
		this.isTakenUp = false;
		if (isTakenUp) this.drop();
		return isTakenUp;
	}

	reach(nowMs: number): boolean {
		if (this.channel === undefined || this.channel.isSecured) return true;
		this.channel.connect(nowMs);
		return false;
	}

	drop(): void {
		this.channel?.drop();
	}

	close(): void {
		this.isClosing = true;
	}

	/** At the end of the turn: the last acknowledgements go out, then the good-bye. */
	private hangUp(nowMs: number): void {
		this.isClosing = false;
		const channel = this.channel;
		if (channel === undefined) return;
		if (channel.isSecured) {
			for (let rest = this.peer.takeDatagram(); rest !== undefined; rest = this.peer.takeDatagram()) {
				channel.send(rest, nowMs);
			}
		}
		channel.close(nowMs);
	}

	handshaking(crypto: string): void {
		this.log("handshaking", { crypto });
	}

	secured({ suite, cid, resumed }: Secured, nowMs: number): void {
		this.hasWorked = false;
		this.log("secured", cid === undefined ? { suite, resumed } : { suite, cid, resumed });
		this.registration.secured(nowMs);
	}

	unsecured(why: Unsecured, nowMs: number): void {
		// A session that ends before it has served is no better than a handshake that fails.
		this.registration.unsecured(why, this.hasWorked, nowMs);
		if (this.hasWorked) this.log("unsecured", { ...why });
		this.hasWorked = false;
	}

	doubted(): void {
		if (this.isTakenUp) this.registration.doubt();
	}

	arriving(head: Request): BodySink | undefined {
		const { operations, options } = this.context;
		return options.streamedWrites?.arriving(operations, head, this.reporting.asker);
	}

	requested(request: Request, nowMs: number): void {
		const outcome = this.context.operations.perform(request, this.reporting.asker);
		this.answer(request, outcome, nowMs);
	}

	private answer(request: Request, outcome: Outcome, nowMs: number): void {
		const { operation, path, response, failure } = outcome;
		const observe = this.reporting.observe(request, outcome, nowMs);
		const isDone = this.peer.respond(request, observe === undefined ? response : { ...response, observe }, nowMs);
		this.log("request", { operation, path: spokenPath(request, path), code: codeText(response.code) });
		if (failure !== undefined) this.log("hostFailure", { what: failure.message });
		if (operation === "writeAttributes" && isSuccess(response.code)) this.reporting.attributesChanged();
		if (observe === undefined) return;
		if (isDone) this.log("observing", { path: outcome.paths.map(pathText).join(" ") });
		else this.reporting.end(request.token); // the peer had no room: the server got the answer to a plain Read
	}

	responded(requestId: number, response: Response, nowMs: number): void {
		if (!this.reporting.responded(requestId, response)) this.registration.responded(requestId, response, nowMs);
		this.context.options.guest?.responded(this.peer, requestId, response, nowMs);
	}

	failed(requestId: number, reason: Failure, nowMs: number): void {
		if (!this.reporting.failed(requestId, reason)) this.registration.failed(requestId, reason, nowMs);
		this.context.options.guest?.failed(this.peer, requestId, reason, nowMs);
	}

	observerHeard(token: Uint8Array): void {
		this.reporting.heard(token);
	}

	observerGone(token: Uint8Array, reason: "reset" | "timedOut"): void {
		if (reason === "timedOut" && this.renew()) {
			this.reporting.recall(); // told once more in another secure session
			this.registration.doubt();
			return;
		}
		if (!this.reporting.end(token, reason)) return;
		// The server may only have been away, and would wait in vain: a Register makes it observe anew (Core 1.1 §6.4.1).
		if (reason === "timedOut") this.registration.forget();
	}

	agreed(enabler: EnablerVersion): void {
		this.reporting.asker.enabler = enabler;
	}

	dropObservations(): void {
		this.reporting.suspend();
	}

	send(paths: readonly Path[], options: SendOptions, done: SendListener | undefined): void {
		this.reporting.send(paths, options, done, this);
	}

	log(event: string, fields: Omit<LogRecord, "event">): void {
		this.context.options.log({ event, server: this.shortServerId, ...fields });
	}
}
