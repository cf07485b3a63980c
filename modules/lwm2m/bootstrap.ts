import { Code, codeText, isSuccess } from "../coap/code.ts";
import type { Failure, Request, Response } from "../coap/peer.ts";
import { type Address, HostFailure, type LogRecord } from "../host.ts";
import { BootstrapAccount } from "./bootstrap-account.ts";
import { BootstrapDraft } from "./bootstrap-draft.ts";
import { finishDraft, hostReasons, refusalOfPack } from "./bootstrap-finish.ts";
import { operationOf, performBootstrap } from "./bootstrap-operations.ts";
import type { BootstrapClient, BootstrapPort, BootstrapReason, MakeBootstrap } from "./bootstrap-port.ts";
import { BootstrapAsking } from "./bootstrap-request.ts";
import {
	type BootstrapAction,
	type BootstrapEvent,
	BootstrapState,
	defaultBootstrapTuning,
} from "./bootstrap-state.ts";
import type { Configuration } from "./configuration.ts";
import { securityResource } from "./configuration-check.ts";
import { ConfigurationState } from "./configuration-state.ts";
import { withChanges } from "./limits.ts";
import { Link, type LinkOwner } from "./link.ts";
import { spokenPath } from "./operations.ts";
import type { Unsecured } from "./secure.ts";
import { ServerAddress } from "./server-address.ts";
import type { SessionContext } from "./session.ts";

/** Why something failed, for the log. */
interface Cause extends Unsecured {
	readonly code?: string;
}

/** Makes the Bootstrap Interface of a client: `ClientOptions.bootstrap`. */
export const makeBootstrap: MakeBootstrap = (context, port) => new Bootstrap(context, port);

/** The Bootstrap Interface (LwM2M Core 1.2 §6.1): does what its table says, with one Bootstrap-Server. */
class Bootstrap implements BootstrapClient, LinkOwner {
	readonly #context: SessionContext;
	readonly #port: BootstrapPort;
	readonly #machine: BootstrapState;
	readonly #state: ConfigurationState;
	readonly #account: BootstrapAccount;
	readonly #server: ServerAddress;
	#link: Link | undefined;
	#draft: BootstrapDraft | undefined;
	readonly #asking: BootstrapAsking;
	/** To be dealt with in poll(): a board's stack does not hold a secure session below a configuration being kept. */
	#requests: Request[] = [];
	#pack: Response | undefined;
	#isReached = false;
	/** Set here alone, as isWanted is. */
	isOpen = false;
	isWanted = false;
	/** Why the attempt has failed, until the end of the turn. */
	#lost: Cause | undefined;
	/** Kept, and to be applied at the end of the turn. */
	#finished: Configuration | undefined;
	/** When the answer to Bootstrap-Finish need not be repeated any more. */
	#closeAtMs = Infinity;
	/** The link is to say good-bye, and no more. */
	#isDone = false;
	#nowMs = 0;

	constructor(context: SessionContext, port: BootstrapPort) {
		const { options, registry, limits } = context;
		const { dice, bootstrapTuning, configuration } = options;
		this.#context = context;
		this.#port = port;
		this.#machine = new BootstrapState(dice, withChanges(defaultBootstrapTuning, bootstrapTuning));
		this.#state = configuration ?? new ConfigurationState();
		this.#account = new BootstrapAccount(registry, options, this.#state);
		this.#server = new ServerAddress(limits.addresses);
		this.#asking = new BootstrapAsking(options);
	}

	get isPossible(): boolean {
		return this.#account.find() !== undefined;
	}

	get isAtRest(): boolean {
		const { state } = this.#machine;
		return state === "holding" || (state === "idle" && this.#closeAtMs === Infinity);
	}

	get deadlineMs(): number {
		const deadlineMs = Math.min(this.#machine.deadlineMs, this.#link?.deadlineMs ?? Infinity);
		return this.#machine.state === "idle" ? Math.min(deadlineMs, this.#closeAtMs, this.#account.purgeAtMs) : deadlineMs;
	}

	begin(why: BootstrapReason, argument: string, nowMs: number): void {
		if (!this.isPossible) return;
		this.isWanted = true;
		if (this.#machine.state !== "idle") return;
		this.log("bootstrapWanted", argument === "" ? { why } : { why, argument });
		this.event("begin", nowMs);
	}

	cancel(nowMs: number): void {
		this.isWanted = false;
		this.#lost = undefined;
		this.event("cancel", nowMs);
	}

	accountsChanged(nowMs: number): void {
		if (!this.#account.watch(nowMs)) this.log("bootstrapFailed", { reason: "configuration.bootstrapServers" });
	}

	receive(from: Address, bytes: Uint8Array, at: number, end: number, nowMs: number): boolean {
		if (!this.isFrom(from, nowMs)) return false;
		this.#link!.receive(bytes, at, end, nowMs);
		return true;
	}

	poll(nowMs: number): void {
		this.#nowMs = nowMs;
		if (this.#account.purgeAtMs === -Infinity) this.accountsChanged(nowMs);
		this.#link?.poll(nowMs);
		for (let request = this.#requests.shift(); request !== undefined; request = this.#requests.shift()) {
			this.serve(request, nowMs);
		}
		if (this.#pack !== undefined) this.take(this.#pack, nowMs);
		for (let event = this.next(nowMs); event !== undefined; event = this.next(nowMs)) this.event(event, nowMs);
		if (this.#machine.state !== "idle") return;
		if (nowMs >= this.#closeAtMs) this.hangUp();
		if (nowMs < this.#account.purgeAtMs) return;
		this.#account.purge();
		this.hangUp();
		this.log("bootstrapAccountPurged", {});
	}

	takeDatagram(to: Address): Uint8Array | undefined {
		const bytes = this.#link?.takeDatagram();
		if (bytes === undefined && this.#isDone) this.#link = undefined; // its last word is out
		if (bytes === undefined) return undefined;
		to.host = this.#server.address.host;
		to.port = this.#server.address.port;
		return bytes;
	}

	takeName(): string | undefined {
		return this.#server.takeName();
	}

	resolved(name: string, hosts: readonly string[], nowMs: number): void {
		if (!this.#server.awaits(name)) return;
		const { state } = this.#machine;
		if (state !== "holding" && state !== "resolving") return;
		if (this.#server.resolved(hosts) !== "none") this.event("resolved", nowMs);
		else if (state === "resolving") this.#lost = { reason: "noAddress" };
	}

	secured(): void {
		this.#isReached = true;
	}

	unsecured(why: Unsecured): void {
		const { state } = this.#machine;
		if (state === "connecting" || state === "requesting" || state === "open") this.#lost = why;
	}

	requested(request: Request): void {
		this.#requests.push(request);
	}

	private serve(request: Request, nowMs: number): void {
		const { peer } = this.#link!;
		if (this.#finished !== undefined || !this.mayAsk()) {
			this.log("bootstrapRefused", { reason: "outsideSession", path: `/${request.path.join("/")}` });
			peer.respond(request, { code: Code.badRequest }, nowMs);
			return;
		}
		this.event("heard", nowMs);
		this.#draft ??= new BootstrapDraft(this.#context.operations, this.#state);
		if (operationOf(request) === "bootstrapFinish") {
			const code = this.finish();
			peer.respond(request, { code }, nowMs);
			this.log("request", { operation: "bootstrapFinish", path: "/bs", code: codeText(code) });
			return;
		}
		const { enabler, operations } = this.#context;
		const { operation, path, response, failure } = performBootstrap(request, operations, this.#draft, enabler);
		peer.respond(request, response, nowMs);
		this.log("request", { operation, path: spokenPath(request, path), code: codeText(response.code) });
		if (failure !== undefined) this.log("hostFailure", { what: failure.message });
	}

	responded(requestId: number, response: Response, nowMs: number): void {
		if (!this.#asking.ends(requestId)) return;
		const { code } = response;
		const isPack = this.#asking.way === "pack";
		if (isPack && code === Code.content) this.#pack = response;
		else if (!isPack && isSuccess(code)) this.event("accepted", nowMs);
		else this.refused({ reason: "refused", code: codeText(code) }, code, nowMs);
	}

	failed(requestId: number, reason: Failure, nowMs: number): void {
		if (!this.#asking.ends(requestId) || this.#machine.state !== "requesting") return;
		if (reason === "timedOut") this.#lost = { reason };
		else this.refused({ reason }, 0, nowMs);
	}

	observerGone(): void {}

	log(event: string, fields: Omit<LogRecord, "event">): void {
		this.#context.options.log({ event, server: "bootstrap", ...fields });
	}

	/** Bootstrap-Finish (LwM2M Core 1.2 §6.1.3.3): what it has come to is applied at the end of the turn. */
	private finish(): number {
		const finished = finishDraft(this.#context, this.#account, this.#draft!);
		if (typeof finished !== "string") {
			this.#finished = finished;
			return Code.changed;
		}
		this.log("bootstrapRefused", { reason: finished });
		return hostReasons.includes(finished) ? Code.internalServerError : Code.notAcceptable;
	}

	/** Whether an operation is part of a session, or may begin one. */
	private mayAsk(): boolean {
		const { state, tuning } = this.#machine;
		if (state === "requesting" || state === "open") return true;
		return tuning.unrequested === "secure" ? this.#link!.isSecure : tuning.unrequested === "always";
	}

	/** The next event that is due, or that the turn has left behind. */
	private next(nowMs: number): BootstrapEvent | undefined {
		const { state, deadlineMs } = this.#machine;
		if (this.#finished !== undefined) return "finished";
		if (state === "open" && nowMs >= deadlineMs) this.#lost ??= { reason: "silence" };
		if (this.#lost !== undefined) {
			const isAsking = state === "connecting" || state === "requesting";
			if (isAsking && this.#lost.code === undefined && this.#server.next()) return "elsewhere";
			return state === "open" && !this.isWanted ? "dropped" : "failed";
		}
		if (this.#isReached) return "reached";
		return nowMs >= deadlineMs ? "due" : undefined;
	}

	private event(event: BootstrapEvent, nowMs: number): void {
		this.#nowMs = nowMs;
		const action = this.#machine.take(event);
		const cause = this.#lost ?? { reason: event };
		if (event === "reached") this.#isReached = false;
		if (action !== undefined) this.act(action, cause);
	}

	private act(action: BootstrapAction, cause: Cause): void {
		switch (action) {
			case "hold":
				this.hold();
				break;
			case "resolve":
				this.resolve();
				break;
			case "connect":
				this.connect();
				break;
			case "ask":
				this.ask();
				break;
			case "listen":
				this.listen();
				break;
			case "settle":
				this.settle();
				break;
			default:
				this.leave(action, cause);
		}
	}

	private hold(): void {
		const { holdOffMs } = this.#account;
		this.#machine.deadlineMs = this.#nowMs + holdOffMs;
		// Meanwhile the Bootstrap-Server may begin by itself: its address tells its datagrams.
		if (holdOffMs > 0 && this.#account.choose(0) === undefined) this.#server.look(this.#account.uri!);
	}

	private resolve(): void {
		const unusable = this.#account.choose(this.#machine.failures);
		if (unusable === undefined) this.#server.look(this.#account.uri!);
		else this.#lost = { reason: unusable.code };
	}

	private connect(): void {
		this.abandon();
		this.open();
		this.#asking.begin(this.#context.enabler);
		this.log("bootstrapStarted", { uri: String(this.#account.security!.at(securityResource.serverUri)) });
		this.#isReached = this.#link!.reach(this.#nowMs);
	}

	private ask(): void {
		this.log("bootstrapRequest", { way: this.#asking.way });
		try {
			this.#asking.ask(this.#link!.peer, this.#account.links, this.#nowMs);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.#lost = { reason: "hostFailure" }; // no entropy for a token
		}
	}

	private listen(): void {
		this.#machine.deadlineMs = this.#nowMs + this.#machine.tuning.silenceMs;
		if (this.isOpen) return;
		this.isOpen = true;
		this.#port.begun(this.#nowMs);
	}

	/** An attempt or a session ends without anything to apply. */
	private leave(action: "backOff" | "giveUp" | "end", cause: Cause): void {
		this.abandon();
		this.hangUp();
		this.#draft = this.#finished = undefined;
		this.isOpen = false;
		if (action === "end") {
			this.#machine.failures = 0;
			return;
		}
		const retry = action === "giveUp" ? {} : { retryInMs: this.#machine.backOff(this.#account.holdOffMs, this.#nowMs) };
		this.log("bootstrapFailed", { ...cause, ...retry });
		this.#port.failed(cause.reason, this.#nowMs);
	}

	/** A new link for every attempt: what an earlier one has left behind is nobody's. */
	private open(): void {
		this.#isDone = false;
		this.#link = new Link(this, this.#account.security!, this.#account.uri!.scheme, this.#context.options);
	}

	private hangUp(): void {
		this.#closeAtMs = Infinity;
		this.#isDone = true;
		this.#link?.close();
		this.#link?.poll(this.#nowMs);
	}

	/** Whether a datagram is the Bootstrap-Server's; one that nobody waits for may begin a session. */
	private isFrom({ host, port }: Address, nowMs: number): boolean {
		const { address } = this.#server;
		const isKnown = host === address.host && port === address.port;
		if (this.#link !== undefined) return isKnown;
		if (this.#machine.tuning.unrequested === "never" || this.#account.choose(0) !== undefined) return false;
		const uri = this.#account.uri!;
		if (!isKnown && (uri.host !== host || uri.port !== port)) return false;
		address.host = host;
		address.port = port;
		this.open();
		this.#closeAtMs = nowMs + this.#machine.tuning.lingerMs;
		return true;
	}

	/** A Bootstrap-Pack is all of a session in one: applied, or else asked for the other way (§6.1.6). */
	private take(pack: Response, nowMs: number): void {
		this.#pack = undefined;
		this.#draft = new BootstrapDraft(this.#context.operations, this.#state);
		const reason = refusalOfPack(pack, this.#draft) ?? (this.finish() === Code.changed ? undefined : "inconsistent");
		if (reason === undefined) this.event("accepted", nowMs);
		else {
			this.#draft = undefined;
			this.refused({ reason }, 0, nowMs);
		}
	}

	/** Asks the next way, where there is one. @param code 0 for an answer that was no good */
	private refused(cause: Cause, code: number, nowMs: number): void {
		const { way } = this.#asking;
		if (!this.#asking.next(code)) {
			this.#lost = cause;
			return;
		}
		this.log("bootstrapRefused", { ...cause, way });
		this.event("otherwise", nowMs);
	}

	private abandon(): void {
		this.#asking.abandon(this.#link?.peer);
		this.#isReached = false;
		this.#pack = this.#lost = undefined;
		this.#requests = [];
	}

	/** The answer to Bootstrap-Finish is on its way: what was written is in force. */
	private settle(): void {
		const { registry } = this.#context;
		const configuration = this.#finished!;
		this.#state.remove(registry, this.#draft!.gone);
		this.#state.apply(registry, configuration);
		this.#draft = this.#finished = undefined;
		this.isOpen = this.isWanted = false;
		this.#machine.failures = 0;
		this.abandon();
		this.#closeAtMs = this.#nowMs + this.#machine.tuning.lingerMs;
		this.#account.purgeAtMs = -Infinity;
		this.accountsChanged(this.#nowMs);
		this.log("bootstrapFinished", { instances: configuration.instances.length });
		this.#port.applied(this.#nowMs);
	}
}
