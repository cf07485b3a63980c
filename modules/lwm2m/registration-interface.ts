import { utf8Size } from "../bytes.ts";
import { Code, codeText, isSuccess } from "../coap/code.ts";
import type { Failure, RequestOptions, Response } from "../coap/peer.ts";
import { frozen } from "../frozen.ts";
import { type Address, HostFailure } from "../host.ts";
import { Attempts } from "./attempts.ts";
import {
	Registration,
	type RegistrationAction,
	type RegistrationEvent,
	type RegistrationState,
} from "./registration.ts";
import type { Account, RegistrationContext, RegistrationPort } from "./registration-port.ts";
import { RegistrationRequest } from "./registration-request.ts";
import type { Unsecured } from "./secure.ts";
import { readServerUri, type ServerUri } from "./server-uri.ts";

/** The Resources of the Security and Server Objects that matter here (LwM2M Core 1.1 Appendix E.1, E.2). */
const resource = frozen({ serverUri: 0, bootstrapOnFailure: 16 });

/** Why something failed, for the log. */
interface Cause extends Unsecured {
	readonly code?: string;
}

/**
 * The Client Registration Interface towards one LwM2M Server (LwM2M Core 1.1 §6.2): does what the registration's
 * table says.
 */
export class RegistrationInterface {
	/** Where the server is, once its name is resolved; host is "" before. */
	readonly address: Address = { host: "", port: 0 };
	readonly #account: Account;
	readonly #context: RegistrationContext;
	readonly #port: RegistrationPort;
	readonly attempts: Attempts;
	readonly #registration: Registration;
	readonly #request: RegistrationRequest;
	#uri: ServerUri | undefined;
	#wantsName = false;
	/** The request that waits for a handshake to end: its CoAP times begin when it is sent. */
	#held: RequestOptions | undefined;
	/** The request that waits for its response, 0 for none. */
	#inFlight = 0;
	#sentAtMs = 0;
	#location: readonly string[] = [];
	#isTriggered = false;
	#isDisabled = false;
	#hasForgotten = false;
	#hasFailedToSend = false;
	/** Nothing goes out, and no time is kept, until speak(). */
	#isSilent = false;
	/** Whether the account can not be used as it is. */
	#isUnusable = false;
	/** Why the secure channel is lost, until the end of the turn. */
	#lost: Cause | undefined;
	#nowMs = 0;

	/** @param isFirst whether Initial Registration Delay Timer (1/x/14) is to be kept */
	constructor(account: Account, context: RegistrationContext, port: RegistrationPort, isFirst: boolean) {
		const { options, registrationTuning } = context;
		this.#account = account;
		this.#context = context;
		this.#port = port;
		this.attempts = new Attempts(account, options.dice, registrationTuning, isFirst);
		this.#registration = new Registration(this.attempts, registrationTuning);
		this.#request = new RegistrationRequest(account, context);
	}

	get state(): RegistrationState {
		return this.#registration.state;
	}

	/** Whether the server knows us, as far as we know: also while nothing goes out. */
	get isRegistered(): boolean {
		return this.state === "registered" || this.state === "updating";
	}

	get isSilent(): boolean {
		return this.#isSilent;
	}

	/**
	 * Whether requests of the server are served (LwM2M Core 1.1 §6.3: those before the registration is complete are
	 * ignored).
	 */
	get isServing(): boolean {
		return !this.#isSilent && this.#registration.isServing;
	}

	/** Whether notifications are sent: the server knows us, and nobody has said good-bye. */
	get isReporting(): boolean {
		return !this.#isSilent && this.isRegistered;
	}

	get deadlineMs(): number {
		return this.#isSilent ? Infinity : this.#registration.deadlineMs;
	}

	/** Wants a registration, or another series of attempts; attempts.begin() lets it begin. */
	start(nowMs: number): void {
		this.event("start", nowMs);
	}

	/** Nothing goes out from now on. What is under way is forgotten, and done again after speak(). */
	silence(nowMs: number): void {
		if (this.#isSilent) return;
		this.event("silence", nowMs);
		this.#isSilent = true;
	}

	speak(): void {
		this.#isSilent = false;
	}

	/** De-registers where need be, and ends. */
	stop(nowMs: number): void {
		this.event("stop", nowMs);
		if (this.#isSilent) this.event("silence", nowMs);
	}

	/** An Update is wanted: it goes out at the end of the turn, after the answer to whoever wants it. */
	trigger(): void {
		this.#isTriggered = true;
	}

	/** The server disabled itself: a De-register goes out at the end of the turn. */
	disable(): void {
		this.#isDisabled = true;
	}

	/** Observations are lost that the server believes in: a Register goes out at the end of the turn. */
	forget(): void {
		this.#hasForgotten = true;
	}

	/** @returns the name to resolve, once; undefined when none is wanted */
	takeName(): string | undefined {
		if (!this.#wantsName) return undefined;
		this.#wantsName = false;
		return this.#uri!.host;
	}

	/** The answer to takeName(); none says that the name has no address. Answers nobody waits for are ignored. */
	resolved(name: string, [host]: readonly string[], nowMs: number): void {
		const uri = this.#uri;
		if (this.state !== "connecting" || this.#wantsName || name !== uri?.host) return;
		if (host === undefined) {
			this.event("unreachable", nowMs, { reason: "noAddress" });
			return;
		}
		if (host !== this.address.host || uri.port !== this.address.port) {
			this.#port.peer.reset();
			this.#port.drop();
		}
		this.address.host = host;
		this.address.port = uri.port;
		this.event("connected", nowMs);
	}

	/** The peer heard a response; those to other requests than from here are passed over. */
	responded(requestId: number, response: Response, nowMs: number): void {
		if (requestId !== this.#inFlight) return;
		this.#inFlight = 0;
		const code = codeText(response.code);
		if (!isSuccess(response.code)) {
			this.event("refused", nowMs, { reason: "refused", code });
		} else if (this.state === "registering" && !this.keepLocation(response)) {
			this.event("refused", nowMs, { reason: "location", code });
		} else this.event("accepted", nowMs);
	}

	/** A request of the peer came to nothing. */
	failed(requestId: number, reason: Failure, nowMs: number): void {
		if (requestId !== this.#inFlight) return;
		this.#inFlight = 0;
		this.event(reason === "malformed" || reason === "tooLarge" ? "refused" : "timedOut", nowMs, { reason });
	}

	/** The handshake has ended well: what waited for it goes out. */
	secured(nowMs: number): void {
		this.#nowMs = nowMs;
		this.release();
	}

	/**
	 * There is no secure session any more, or none comes about.
	 * @param isNews a session that had worked is over: worth another one at once
	 */
	unsecured(why: Unsecured, isNews: boolean): void {
		// A registration stands without a session: an Update says so through a new one (LwM2M Core 1.1 §6.2.2).
		if (isNews && this.state === "registered") this.#isTriggered = true;
		else if (isNews && this.state === "updating") this.#hasFailedToSend = true;
		else this.#lost = why;
	}

	/** Does what is due, and what the turn has brought about. */
	poll(nowMs: number): void {
		if (this.#isSilent) return;
		for (let event = this.next(nowMs); event !== undefined; event = this.next(nowMs)) {
			const cause = this.#lost ?? { reason: event };
			this.#lost = undefined;
			this.event(event, nowMs, cause);
		}
	}

	/**
	 * The next event that is due, or that the turn has left behind. Every one of them moves the machine on, so they
	 * come to an end.
	 */
	private next(nowMs: number): RegistrationEvent | undefined {
		if (this.#lost !== undefined) return "unreachable";
		if (this.#hasFailedToSend) {
			this.#hasFailedToSend = false;
			return "timedOut";
		}
		if (this.#hasForgotten) {
			this.#hasForgotten = false;
			return "forgotten";
		}
		if (this.#isDisabled) {
			this.#isDisabled = false;
			return "disable";
		}
		if (this.state === "registered" && (this.#isTriggered || this.#request.hasNews)) return "changed";
		return this.#registration.due(nowMs);
	}

	private event(event: RegistrationEvent, nowMs: number, cause: Cause = { reason: event }): void {
		this.#nowMs = nowMs;
		const before = this.state;
		const action = this.#registration.take(event);
		if (event === "retryDue") this.attempts.next();
		if (event === "timedOut") this.#port.drop(); // the server may not know the session any more
		if (before === "updating" && (event === "refused" || event === "timedOut")) {
			this.#port.log("registrationFailed", { ...cause, retryInMs: 0 });
		}
		this.act(action, cause, before);
	}

	private act(action: RegistrationAction, cause: Cause, before: RegistrationState): void {
		switch (action) {
			case "hold":
				this.attempts.hold();
				break;
			case "connect":
				this.abandon();
				this.locate();
				break;
			case "sendRegister":
				this.sendRegister();
				break;
			case "sendUpdate":
				this.sendUpdate();
				break;
			case "sendDeregister":
				this.send({ code: Code.delete, path: this.#location });
				this.#registration.leave(this.#nowMs);
				break;
			case "settle":
				this.settle(before);
				break;
			case "backOff":
				this.abandon();
				this.backOff(cause);
				break;
			case "cutOff":
				if (this.#held !== undefined) this.#port.drop(); // a handshake is under way, and can not wait
				this.abandon();
				this.#wantsName = false;
				if (before === "updating") this.#isTriggered = true;
				else this.attempts.again(this.#nowMs);
				break;
			case "pause":
				this.gone(cause);
				this.#port.close();
				this.attempts.disable(this.#nowMs);
				break;
			case "finish":
				if (before === "deregistering") this.gone(cause);
				else this.abandon();
				this.#port.close();
		}
	}

	/** Where the account says that the server is: read anew for each attempt. */
	private locate(): void {
		const uri = readServerUri(String(this.#account.security.at(resource.serverUri) ?? ""));
		const refusal = "code" in uri ? uri : this.#port.prepare(uri.scheme);
		this.#isUnusable = refusal !== undefined;
		if (refusal !== undefined) this.#lost = { reason: refusal.code };
		if ("code" in uri || refusal !== undefined) return;
		this.#uri = uri;
		this.#wantsName = true;
	}

	/** The attempt failed; whether it was the last one, attempts.ts says. */
	private backOff(cause: Cause): void {
		const { attempts } = this;
		const { attempt, sequence } = attempts;
		// "Explicitly rejected" (LwM2M Core 1.2 Appendix E.2, Resource 16): where a bootstrap may help it follows at once.
		const isForbidden = cause.code === "4.03" && this.bootstrapsOnFailure;
		attempts.failed(this.#nowMs, this.#isUnusable || isForbidden);
		const retryInMs = attempts.deadlineMs - this.#nowMs;
		const retry = retryInMs === Infinity ? {} : { retryInMs };
		this.#port.log("registrationFailed", { ...cause, ...retry, attempt, sequence });
	}

	private get bootstrapsOnFailure(): boolean {
		const { bootstrap } = this.#context;
		return bootstrap?.isPossible === true && this.#account.server.at(resource.bootstrapOnFailure) !== false;
	}

	private sendRegister(): void {
		this.#port.dropObservations();
		this.#port.log("registering", { uri: String(this.#account.security.at(resource.serverUri)) });
		this.#isTriggered = false;
		this.send(this.#request.register());
	}

	private sendUpdate(): void {
		this.#isTriggered = false;
		this.send(this.#request.update(this.#location));
	}

	private send(options: RequestOptions): void {
		this.abandon();
		this.#held = options;
		if (this.#port.reach(this.#nowMs)) this.release();
	}

	/** Sends what waited to be sent. */
	private release(): void {
		const options = this.#held;
		this.#held = undefined;
		if (options === undefined) return;
		this.#sentAtMs = this.#nowMs;
		try {
			this.#inFlight = this.#port.peer.request(options, this.#nowMs);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.#hasFailedToSend = true; // no entropy for a token: as good as no answer
			this.#port.log("hostFailure", { what: error.message });
		}
	}

	/** Nobody waits for the answer to the request under way any more. */
	private abandon(): void {
		this.#held = undefined;
		if (this.#inFlight !== 0) this.#port.peer.cancel(this.#inFlight);
		this.#inFlight = 0;
	}

	private settle(before: RegistrationState): void {
		const lifetimeS = this.#request.accepted();
		this.#registration.settle(this.#sentAtMs, lifetimeS);
		if (before === "registering") {
			this.#port.log("registered", { location: `/${this.#location.join("/")}`, lifetimeS });
		} else this.#port.log("updated", { lifetimeS });
	}

	/** The registration is over, whether or not the server heard of it. */
	private gone({ reason }: Cause): void {
		this.abandon();
		this.#port.dropObservations();
		this.#port.log("deregistered", reason === "accepted" ? {} : { reason });
	}

	/** @returns false when the location is missing, or longer than we keep */
	private keepLocation({ locationPath }: Response): boolean {
		const { locationSegments, locationBytes } = this.#context.limits;
		let size = 0;
		for (const segment of locationPath) size += utf8Size(segment);
		if (locationPath.length === 0 || locationPath.length > locationSegments || size > locationBytes) return false;
		this.#location = locationPath.slice();
		return true;
	}
}
