import { type Fault, fault } from "../bytes.ts";
import { Code, codeText, isSuccess } from "../coap/code.ts";
import {
	type Failure,
	Peer,
	type PeerListener,
	type Request,
	type Response,
	type ResponseOptions,
} from "../coap/peer.ts";
import type { Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { Address, LogRecord } from "../host.ts";
import { type AttributeSet, Attributes } from "./attributes.ts";
import { type ObservationPort, Observations, type Observed } from "./observation.ts";
import { type Asker, type Operations, type Outcome, spokenPath } from "./operations.ts";
import { pathText } from "./path.ts";
import type { RegistrationState } from "./registration.ts";
import { RegistrationInterface } from "./registration-interface.ts";
import type { Account, RegistrationContext, RegistrationPort } from "./registration-port.ts";
import type { SecureChannel, Secured, SecureListener, Unsecured } from "./secure.ts";
import type { ServerUri } from "./server-uri.ts";

/** The Resources of the Server Object with the defaults of pmin and pmax (LwM2M Core 1.1 Appendix E.2). */
const resource = frozen({ defaultMinimumPeriod: 2, defaultMaximumPeriod: 3 });

/** Security Mode (Security Object, Resource 2): the account has no keys (LwM2M Core 1.1 Appendix E.1). */
const securityMode = 2;
const noSec = 3;

// Rather no connection than one without the protection that the account asks for.
const noDtls = fault("uri.noDtls", "silence", "LwM2M Transport 1.1 §6.4.1: this image is built without DTLS");
const withoutKeys = fault("credentials.noSec", "silence", "LwM2M Transport 1.1 §5.2: coaps:// and Security Mode NoSec");
const withoutDtls = fault(
	"uri.notSecure",
	"silence",
	"LwM2M Transport 1.1 §5.2: coap:// and a Security Mode with keys",
);

/** So long after a record of refused bytes there is no other one. */
const refusedQuietMs = 10_000;

/** What all sessions of a client share. */
export interface SessionContext extends RegistrationContext {
	readonly operations: Operations;
}

/**
 * Everything between us and one LwM2M Server: its registration, its requests, its observations and attributes. It is
 * what its parts ask and tell, itself: an object of functions in between would take 11 slots of RAM for each of them.
 */
export class Session implements PeerListener, ObservationPort, RegistrationPort, SecureListener {
	readonly peer: Peer;
	readonly #account: Account;
	readonly #context: SessionContext;
	readonly #registration: RegistrationInterface;
	readonly #observations: Observations;
	readonly #asker: Asker;
	/** Of a server with coaps://, once it is wanted. */
	#channel: SecureChannel | undefined;
	/** Whether the secure session has carried a message of the server's. */
	#hasWorked = false;
	#isClosing = false;
	/** Of pmin and pmax, one object for all observations; read anew after a change of the Server Object. */
	#defaultSet: AttributeSet | undefined;
	#nowMs = 0;
	#refusedCount = 0;
	#refusedQuietUntilMs = 0;

	constructor(account: Account, context: SessionContext) {
		this.#account = account;
		this.#context = context;
		const { enabler, limits } = context;
		const { dice, entropy, coapTuning, coapLimits, accessControl } = context.options;
		this.peer = new Peer({
			dice,
			entropy,
			listener: this,
			...(coapTuning === undefined ? {} : { tuning: coapTuning }),
			...(coapLimits === undefined ? {} : { limits: coapLimits }),
		});
		this.#asker = {
			attributes: new Attributes(limits.attributes),
			enabler,
			shortServerId: account.shortServerId,
			...(accessControl === undefined
				? {}
				: { rights: accessControl.rightsOf(context.registry, account.shortServerId) }),
		};
		this.#observations = new Observations(limits.observations, this);
		this.#registration = new RegistrationInterface(account, context, this);
	}

	get shortServerId(): number {
		return this.#account.shortServerId;
	}

	get state(): RegistrationState {
		return this.#registration.state;
	}

	/** Where the server is, once its name is resolved; host is "" before. */
	get address(): Address {
		return this.#registration.address;
	}

	get observationCount(): number {
		return this.#observations.size;
	}

	get deadlineMs(): number {
		const reportMs = this.isReporting ? this.#observations.deadlineMs : Infinity;
		const ownMs = Math.min(this.peer.deadlineMs, this.#registration.deadlineMs, reportMs);
		return this.#channel === undefined ? ownMs : Math.min(ownMs, this.#channel.deadlineMs);
	}

	/** Whether notifications may go out: not while a lost secure session is being replaced. */
	private get isReporting(): boolean {
		return this.#registration.isReporting && this.#channel?.isSecured !== false;
	}

	/** Registers, or tries again at once where an attempt waits for its time. */
	start(nowMs: number): void {
		this.#registration.start(nowMs);
	}

	/** De-registers where need be, and ends. */
	stop(nowMs: number): void {
		this.#registration.stop(nowMs);
	}

	/** Registration Update Trigger (Server Object, Resource 8). */
	trigger(): void {
		this.#registration.trigger();
	}

	/** Disable (Server Object, Resource 4). */
	disable(): void {
		this.#registration.disable();
	}

	/** @returns the name to resolve, once; undefined when none is wanted */
	takeName(): string | undefined {
		return this.#registration.takeName();
	}

	/** The answer to takeName(). */
	resolved(name: string, host: string | undefined, nowMs: number): void {
		this.#registration.resolved(name, host, nowMs);
	}

	/** @param bytes one datagram from this server's address; nothing here keeps a reference to it */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.#nowMs = nowMs;
		if (this.#channel === undefined) this.decrypted(bytes, at, end, nowMs);
		else this.#channel.receive(bytes, at, end, nowMs);
	}

	decrypted(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.#hasWorked = true;
		// A request before the registration is complete is ignored (LwM2M Core 1.1 §6.3); the server repeats a
		// Confirmable one.
		const code = bytes[at + 1] ?? 0;
		if (!this.#registration.isServing && code > 0 && code < 0x20) return;
		const refused = this.peer.receive(bytes, at, end, nowMs);
		if (refused !== undefined) this.refuse(refused.code, nowMs);
	}

	/**
	 * One record stands for all refused datagrams since the last one: how often we write must not be the sender's to
	 * choose.
	 */
	private refuse(code: string, nowMs: number): void {
		this.#refusedCount += 1;
		if (nowMs < this.#refusedQuietUntilMs) return;
		this.log("refusedBytes", { code, count: this.#refusedCount });
		this.#refusedCount = 0;
		this.#refusedQuietUntilMs = nowMs + refusedQuietMs;
	}

	/** Does what is due, and what this turn has brought about. */
	poll(nowMs: number): void {
		this.#nowMs = nowMs;
		this.#channel?.poll(nowMs);
		this.peer.poll(nowMs);
		this.#registration.poll(nowMs);
		if (this.#isClosing) this.hangUp(nowMs);
		if (this.isReporting) this.#observations.poll(nowMs, this.#context.limits.notificationsPerTurn);
	}

	/** @returns the next datagram for `address`; its bytes are not to be changed */
	takeDatagram(): Uint8Array | undefined {
		const channel = this.#channel;
		if (channel === undefined) return this.peer.takeDatagram();
		for (;;) {
			const record = channel.takeDatagram();
			if (record !== undefined || !channel.isSecured) return record;
			const message = this.peer.takeDatagram(); // waits in the peer's outbox while there is no session
			if (message === undefined) return undefined;
			channel.send(message, this.#nowMs);
		}
	}

	prepare(scheme: ServerUri["scheme"]): Fault | undefined {
		if (this.#channel !== undefined) return undefined;
		const { security } = this.#account;
		const hasKeys = (security.at(securityMode) ?? noSec) !== noSec;
		if (scheme === "coap") return hasKeys ? withoutDtls : undefined;
		if (!hasKeys) return withoutKeys;
		const { secure } = this.#context.options;
		if (secure === undefined) return noDtls;
		const channel = secure.open(security, this);
		if ("code" in channel) return channel;
		this.#channel = channel;
		return undefined;
	}

	reach(nowMs: number): boolean {
		if (this.#channel === undefined || this.#channel.isSecured) return true;
		this.#channel.connect(nowMs);
		return false;
	}

	drop(): void {
		this.#channel?.drop();
	}

	close(): void {
		this.#isClosing = true;
	}

	/** At the end of the turn: the last acknowledgements go out, then the good-bye. */
	private hangUp(nowMs: number): void {
		this.#isClosing = false;
		const channel = this.#channel;
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
		this.#hasWorked = false;
		this.log("secured", cid === undefined ? { suite, resumed } : { suite, cid, resumed });
		this.#registration.secured(nowMs);
	}

	unsecured(why: Unsecured): void {
		// A session that ends before it has served is no better than a handshake that fails.
		this.#registration.unsecured(why, this.#hasWorked);
		if (this.#hasWorked) this.log("unsecured", { ...why });
		this.#hasWorked = false;
	}

	/** Something below `path` reads differently now. */
	valueChanged(path: Path): void {
		const { server } = this.#account;
		if (path.objectId === server.facts.id && path.instanceId === server.id) {
			this.#defaultSet = undefined;
			this.#observations.attributesChanged();
		}
		this.#observations.changed(path);
	}

	/** An Object Instance is gone; so are its attributes. */
	instanceGone(path: Path): void {
		this.#asker.attributes.forget(path);
		this.#observations.attributesChanged();
	}

	requested(request: Request, nowMs: number): void {
		const outcome = this.#context.operations.perform(request, this.#asker);
		this.answer(request, outcome, nowMs);
	}

	private answer(request: Request, outcome: Outcome, nowMs: number): void {
		const { operation, path, response, failure } = outcome;
		const observe = operation === "read" ? this.observe(request, outcome, nowMs) : undefined;
		const isDone = this.peer.respond(request, observe === undefined ? response : { ...response, observe }, nowMs);
		this.log("request", { operation, path: spokenPath(request, path), code: codeText(response.code) });
		if (failure !== undefined) this.log("hostFailure", { what: failure.message });
		if (operation === "writeAttributes" && isSuccess(response.code)) this.#observations.attributesChanged();
		if (observe === undefined) return;
		if (isDone) this.log("observing", { path: pathText(path) });
		else this.#observations.cancel(request.token); // the peer had no room: the server got the answer to a plain Read
	}

	responded(requestId: number, response: Response, nowMs: number): void {
		this.#registration.responded(requestId, response, nowMs);
	}

	failed(requestId: number, reason: Failure, nowMs: number): void {
		this.#registration.failed(requestId, reason, nowMs);
	}

	observerGone(token: Uint8Array, reason: "reset" | "timedOut"): void {
		const path = this.#observations.cancel(token);
		if (path === undefined) return;
		this.cancelled(path, reason);
		// RFC 7641 §4.5 drops an observer that does not acknowledge; the server may only have been away, and would wait
		// in vain. A Register makes it observe anew (LwM2M Core 1.1 §6.4.1).
		if (reason === "timedOut") this.#registration.forget();
	}

	/**
	 * Observe and Cancel Observation (RFC 7641 §4.1).
	 * @returns the sequence number for the response when it begins an observation
	 */
	private observe(request: Request, { path, response }: Outcome, nowMs: number): number | undefined {
		if (request.observe === undefined) return undefined;
		const isNew = request.observe === 0 && isSuccess(response.code);
		if (isNew) return this.#observations.add(request.token, { path, accept: request.accept }, nowMs);
		const cancelled = this.#observations.cancel(request.token);
		if (cancelled !== undefined) this.cancelled(cancelled, "server");
		return undefined;
	}

	attributesInForce(path: Path): AttributeSet {
		return this.#asker.attributes.inForce(path, (this.#defaultSet ??= this.defaults()));
	}

	readObserved(path: Path, accept: number | undefined): ResponseOptions {
		const what = { paths: [path], isComposite: false, accept };
		const response = this.#context.operations.observed(what, this.#asker);
		if (response.code === Code.internalServerError) this.log("hostFailure", { what: `read ${pathText(path)}` });
		return response;
	}

	numberAt(path: Path): number | bigint | undefined {
		return this.#context.operations.numberAt(path);
	}

	notify(observed: Observed, response: ResponseOptions, type: "confirmable" | "nonConfirmable"): void {
		this.peer.notify(observed.token, response, type, this.#nowMs);
		this.log("notified", { path: pathText(observed), confirmable: type === "confirmable" });
	}

	observationDropped({ token }: Observed): void {
		this.peer.forgetObserver(token);
	}

	observationEnded(observed: Observed): void {
		this.cancelled(observed, "gone");
	}

	dropObservations(): void {
		this.#observations.clear();
	}

	log(event: string, fields: Omit<LogRecord, "event">): void {
		this.#context.options.log({ event, server: this.shortServerId, ...fields });
	}

	/** Where no level has pmin or pmax: Resources 2 and 3 of the Server Object (LwM2M Core 1.1 §5.1.2, Appendix E.2). */
	private defaults(): AttributeSet {
		const { server } = this.#account;
		const pmin = server.at(resource.defaultMinimumPeriod);
		const pmax = server.at(resource.defaultMaximumPeriod);
		return {
			pmin: typeof pmin === "number" ? pmin : 0,
			pmax: typeof pmax === "number" ? pmax : 0,
		};
	}

	private cancelled(path: Path, by: "server" | "reset" | "timedOut" | "gone"): void {
		this.log("observationCancelled", { path: pathText(path), by });
	}
}
