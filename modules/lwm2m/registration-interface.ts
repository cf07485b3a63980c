import { codeText, isSuccess } from "../coap/code.ts";
import type { Failure, Response } from "../coap/peer.ts";
import type { Address } from "../host.ts";
import { wantsBootstrap } from "./accounts.ts";
import { Attempts } from "./attempts.ts";
import {
	Registration,
	type RegistrationAction,
	type RegistrationEvent,
	type RegistrationState,
} from "./registration.ts";
import { RegistrationExchange } from "./registration-exchange.ts";
import type { Account, RegistrationContext, RegistrationPort } from "./registration-port.ts";
import { RegistrationRequest } from "./registration-request.ts";
import type { Unsecured } from "./secure.ts";
import { preparedUri, ServerAddress } from "./server-address.ts";

/** Resource of the Security Object (LwM2M Core 1.2 Appendix E.1). */
const serverUri = 0;

/** For the log. */
interface Cause extends Unsecured {
	readonly code?: string;
}

/**
 * The Client Registration Interface towards one LwM2M Server (LwM2M Core 1.1 §6.2): does what the registration's
 * table says.
 */
export class RegistrationInterface {
	readonly where: ServerAddress;
	private readonly account: Account;
	private readonly context: RegistrationContext;
	private readonly port: RegistrationPort;
	readonly attempts: Attempts;
	readonly registration: Registration;
	readonly request: RegistrationRequest;
	private readonly exchange: RegistrationExchange;
	isTriggered = false;
	/** Taken up from an earlier life, and time may have ended it: an Update goes before anything else. */
	isDoubtful = false;
	/** The transport that 1/x/8 asked for, for the next connection alone. */
	private argument: string | undefined;
	/** Counts what a later life has to know of a registration. */
	changes = 0;
	private isDisabled = false;
	private hasForgotten = false;
	/** Nothing goes out, and no time is kept, until speak(). */
	isSilent = false;
	/** Whether the account can not be used as it is. */
	private isUnusable = false;
	/** Why the secure channel is lost, until the end of the turn. */
	private lost: Cause | undefined;
	private nowMs = 0;

	/** @param isFirst whether Initial Registration Delay Timer (1/x/14) is to be kept */
	constructor(account: Account, context: RegistrationContext, port: RegistrationPort, isFirst: boolean) {
		const { options, limits, registrationTuning } = context;
		this.where = new ServerAddress(limits.addresses);
		this.account = account;
		this.context = context;
		this.port = port;
		this.attempts = new Attempts(account, options.dice, registrationTuning, isFirst);
		this.registration = new Registration(this.attempts, registrationTuning, options.waking);
		this.request = new RegistrationRequest(account, context);
		this.exchange = new RegistrationExchange(port);
	}

	get state(): RegistrationState {
		return this.registration.state;
	}

	/** Where the server is, once its name is resolved; host is "" before. */
	get address(): Address {
		return this.where.address;
	}

	/** Whether the server knows us, as far as we know: also while nothing goes out. */
	get isRegistered(): boolean {
		return this.state === "registered" || this.state === "updating";
	}

	/** Whether requests of the server are served: none before the registration is complete (LwM2M Core 1.1 §6.3). */
	get isServing(): boolean {
		return !this.isSilent && this.registration.isServing;
	}

	/** Whether notifications are sent. */
	get isReporting(): boolean {
		return !this.isSilent && this.isRegistered && !this.isDoubtful;
	}

	get deadlineMs(): number {
		return this.isSilent ? Infinity : Math.min(this.registration.deadlineMs, this.exchange.deadlineMs);
	}

	/** Whether nothing is under way here, and nothing is to be said at the end of the turn. */
	get isAtRest(): boolean {
		if (this.isTriggered || this.isDisabled || this.hasForgotten || this.lost !== undefined) return false;
		return this.state === "registered" ? !this.request.hasNews : this.registration.isAtRest;
	}

	/** Whether the server knows that it has to hold its requests until it hears from us. */
	get isQueued(): boolean {
		return this.request.isQueued;
	}

	/** Wants a registration, or another series of attempts; attempts.begin() lets it begin. */
	start(nowMs: number): void {
		this.event("start", nowMs);
	}

	/** Nothing goes out from now on. What is under way is forgotten, and done again after speak(). */
	silence(nowMs: number): void {
		if (this.isSilent) return;
		const before = this.state;
		this.event("silence", nowMs);
		this.isSilent = true;
		if (before === "disabling") this.port.drop(); // no good-bye when its time is over
	}

	speak(): void {
		this.isSilent = false;
	}

	/** De-registers where need be, and ends. */
	stop(nowMs: number): void {
		this.event("stop", nowMs);
		if (this.isSilent) this.event("silence", nowMs);
	}

	/**
	 * An Update is wanted: it goes out at the end of the turn, after the answer to whoever wants it.
	 * @param transport the letter that 1/x/8 came with; one that there is not is passed over
	 */
	trigger(transport: string | undefined): void {
		this.isTriggered = true;
		this.argument = transport;
	}

	/** The account may be of another server: the next Register begins with the highest version, and so on. */
	renegotiate(): void {
		this.request.forget();
	}

	/** The server disabled itself. */
	disable(): void {
		this.isDisabled = true;
	}

	/** The server may not know us any more: an Update asks it, and nothing else is said before it answers. */
	doubt(): void {
		this.isDoubtful = this.isTriggered = true;
	}

	/** Observations are lost that the server believes in: a Register goes out at the end of the turn. */
	forget(): void {
		this.hasForgotten = true;
	}

	/** @returns the name to resolve, once; undefined when none is wanted */
	takeName(): string | undefined {
		return this.where.takeName();
	}

	/** The answer to takeName(); none says that the name has no address. Answers nobody waits for are ignored. */
	resolved(name: string, hosts: readonly string[], nowMs: number): void {
		if (this.state !== "connecting" || !this.where.awaits(name)) return;
		const wasElsewhere = this.address.host !== ""; // if not, a session is of an earlier life, and stands
		const found = this.where.resolved(hosts);
		if (found === "moved" && wasElsewhere) this.moved();
		if (found === "none") this.event("unreachable", nowMs, { reason: "noAddress" });
		else this.event("connected", nowMs);
	}

	/**
	 * A datagram to `address` did not get there.
	 * @param why "notSent": our own host refused it. It may take the next one: nothing is given up. "unreachable": the
	 * network says that nobody is there (ICMP)
	 */
	undeliverable(why: "notSent" | "unreachable", nowMs: number): void {
		if (this.isSilent || !this.exchange.isUnderWay || this.triesNext(nowMs) || why === "notSent") return;
		if (this.state === "updating") this.where.silent(); // its name is looked up again, and other addresses come first
		this.event("timedOut", nowMs, { reason: why });
	}

	/** The peer heard a response; those to other requests than from here are passed over. */
	responded(requestId: number, response: Response, nowMs: number): void {
		if (!this.exchange.ends(requestId)) return;
		const code = codeText(response.code);
		if (!isSuccess(response.code)) {
			if (this.state === "registering" && this.asksOtherwise(response.code, nowMs)) return;
			this.event("refused", nowMs, { reason: "refused", code });
		} else if (this.state === "registering" && !this.request.keepLocation(response)) {
			this.event("refused", nowMs, { reason: "location", code });
		} else this.event("accepted", nowMs);
	}

	/** A request of the peer came to nothing. */
	failed(requestId: number, reason: Failure, nowMs: number): void {
		if (!this.exchange.ends(requestId)) return;
		const isRefusal = reason === "malformed" || reason === "tooLarge";
		if (!isRefusal && (this.exchange.renew(nowMs) || this.triesNext(nowMs))) return;
		if (!isRefusal && this.state === "updating") this.where.silent();
		this.event(isRefusal ? "refused" : "timedOut", nowMs, { reason });
	}

	/** A Register that is refused goes out once more, where it can say something else. @returns whether it does */
	private asksOtherwise(code: number, nowMs: number): boolean {
		const { enabler } = this.request;
		if (!this.request.refused(code)) return false;
		this.nowMs = nowMs;
		this.port.log("registrationRefused", { code: codeText(code), enabler });
		this.sendRegister();
		return true;
	}

	/** A Register goes to the next address of the server, if there is one. @returns whether it does */
	private triesNext(nowMs: number): boolean {
		if (this.state !== "registering" || !this.where.next()) return false;
		this.nowMs = nowMs;
		this.exchange.abandon();
		this.moved();
		this.port.log("nextAddress", { host: this.address.host });
		this.sendRegister();
		return true;
	}

	/** The server is to be found at another address: nothing of what was said to the last one counts. */
	private moved(): void {
		this.port.peer.reset();
		this.port.reporting.recall();
		this.port.drop();
	}

	/** The handshake has ended well: what waited for it goes out. */
	secured(nowMs: number): void {
		this.nowMs = nowMs;
		this.exchange.release(nowMs);
	}

	/**
	 * There is no secure session any more, or none comes about.
	 * @param isNews a session that had worked is over: worth another one at once
	 */
	unsecured(why: Unsecured, isNews: boolean, nowMs: number): void {
		// A registration stands without a session: an Update says so through a new one (LwM2M Core 1.1 §6.2.2).
		const isIdle = isNews && this.state === "registered";
		if (isIdle && why.reason === "dtls.closeNotify") this.registration.comeBack(nowMs);
		else if (isIdle) this.isTriggered = true;
		else if (isNews && this.state === "updating") this.exchange.fail();
		else this.lost = why;
	}

	/** Does what is due, and what the turn has brought about. */
	poll(nowMs: number): void {
		if (this.isSilent) return;
		this.exchange.poll(nowMs);
		for (let event = this.next(nowMs); event !== undefined; event = this.next(nowMs)) {
			const cause = this.lost ?? { reason: event };
			this.lost = undefined;
			// An alert is the server's own word, wherever it is; silence is only this address's.
			if (event === "unreachable" && cause.alert === undefined && this.triesNext(nowMs)) continue;
			this.event(event, nowMs, cause);
		}
	}

	/**
	 * The next event that is due, or that the turn has left behind. Every one of them moves the machine on, so they
	 * come to an end.
	 */
	private next(nowMs: number): RegistrationEvent | undefined {
		if (this.lost !== undefined) return "unreachable";
		if (this.exchange.takeFailure()) return "timedOut";
		if (this.hasForgotten) {
			this.hasForgotten = false;
			return "forgotten";
		}
		if (this.isDisabled) {
			this.isDisabled = false;
			return "disable";
		}
		const due = this.registration.due(nowMs);
		if (this.state !== "registered" || due === "lifetimeOver") return due;
		return this.isTriggered || this.request.hasNews ? "changed" : due;
	}

	private event(event: RegistrationEvent, nowMs: number, cause: Cause = { reason: event }): void {
		this.nowMs = nowMs;
		const before = this.state;
		const action = this.registration.take(event);
		if (event === "retryDue") this.attempts.next();
		if (event === "timedOut") this.port.drop(); // the server may not know the session any more
		if (before === "updating" && (event === "refused" || event === "timedOut")) {
			this.port.log("registrationFailed", { ...cause, retryInMs: 0 });
		}
		this.act(action, cause, before);
	}

	private act(action: RegistrationAction, cause: Cause, before: RegistrationState): void {
		switch (action) {
			case "hold":
				this.attempts.hold();
				break;
			case "connect":
				this.exchange.abandon();
				this.locate();
				break;
			case "sendRegister":
				this.sendRegister();
				break;
			case "sendUpdate":
				this.sendUpdate();
				break;
			case "sendDeregister":
				this.exchange.send(this.request.deregister(), this.nowMs);
				this.registration.leave(this.nowMs);
				break;
			case "settle":
				this.settle(before);
				break;
			case "backOff":
				this.exchange.abandon();
				this.backOff(cause);
				break;
			case "cutOff":
				if (this.exchange.isHeld) this.port.drop(); // a handshake is under way, and can not wait
				this.exchange.abandon();
				this.where.cancel();
				if (before === "updating") this.isTriggered = true;
				else this.attempts.again(this.nowMs);
				break;
			case "pause":
				this.gone(cause);
				this.port.close();
				this.attempts.disable(this.nowMs);
				break;
			case "finish":
				if (before === "deregistering") this.gone(cause);
				else this.exchange.abandon();
				this.port.close();
		}
	}

	/** Where the account says that the server is: read anew for each attempt. */
	private locate(): void {
		const uri = preparedUri(this.account, this.argument, this.port);
		this.argument = undefined;
		this.isUnusable = "code" in uri;
		if ("code" in uri) this.lost = { reason: uri.code };
		else this.where.look(uri);
	}

	/** The attempt failed; whether it was the last one, attempts.ts says. */
	private backOff(cause: Cause): void {
		const { attempts } = this;
		const { attempt, sequence } = attempts;
		// "Explicitly rejected" (LwM2M Core 1.2 Appendix E.2, Resource 16): where a bootstrap may help it follows at once.
		const isForbidden =
			cause.code === "4.03" && this.context.bootstrap?.isPossible === true && wantsBootstrap(this.account);
		attempts.failed(this.nowMs, this.isUnusable || isForbidden);
		const retryInMs = attempts.deadlineMs - this.nowMs;
		const retry = retryInMs === Infinity ? {} : { retryInMs };
		this.port.log("registrationFailed", { ...cause, ...retry, attempt, sequence });
	}

	private sendRegister(): void {
		this.port.dropObservations();
		this.port.log("registering", { uri: String(this.account.security.at(serverUri)) });
		this.isTriggered = false;
		this.exchange.send(this.request.register(), this.nowMs);
	}

	private sendUpdate(): void {
		this.isTriggered = false;
		this.exchange.send(this.request.update(), this.nowMs);
	}

	private settle(before: RegistrationState): void {
		const lifetimeS = this.request.accepted();
		this.isDoubtful = false;
		if (before === "registering" || this.request.hasTold) this.changes++;
		this.registration.settle(this.exchange.sentAtMs, lifetimeS);
		if (before !== "registering") {
			this.port.log("updated", { lifetimeS });
			return;
		}
		const { enabler, location } = this.request;
		this.port.agreed(enabler);
		const lower = enabler === this.context.enabler ? {} : { enabler };
		this.port.log("registered", { location: `/${location.join("/")}`, lifetimeS, ...lower });
	}

	/** The registration is over. */
	private gone({ reason }: Cause): void {
		this.exchange.abandon();
		this.port.dropObservations();
		this.port.log("deregistered", reason === "accepted" ? {} : { reason });
	}
}
