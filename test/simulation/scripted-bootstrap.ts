import type { Address } from "../../modules/host.ts";
import type {
	BootstrapClient,
	BootstrapPort,
	BootstrapReason,
	MakeBootstrap,
} from "../../modules/lwm2m/bootstrap-port.ts";
import { appliedSoon, type Decision, type ScriptedBootstrap, type ScriptedSession } from "./recovery-scenario.ts";

/**
 * A bootstrap client that sends nothing: it says when it was asked, and plays sessions out of a script, so that what
 * the client around it decides is all that is looked at.
 */
export class ScriptedBootstrapClient implements BootstrapClient {
	readonly isPossible = true;
	isWanted = false;
	isOpen = false;
	isAtRest = true;
	deadlineMs = Infinity;
	readonly #script: ScriptedBootstrap;
	readonly #asked: (what: Decision["what"]) => void;
	readonly #configure: () => void;
	#port: BootstrapPort | undefined;
	#count = 0;
	/** The session that is under way. */
	#session: ScriptedSession | undefined;

	/** @param configure writes what the Bootstrap-Server would write */
	constructor(script: ScriptedBootstrap, asked: (what: Decision["what"]) => void, configure: () => void) {
		this.#script = script;
		this.#asked = asked;
		this.#configure = configure;
	}

	readonly make: MakeBootstrap = (_, port) => {
		this.#port = port;
		return this;
	};

	begin(why: BootstrapReason, _: string, nowMs: number): void {
		if (this.isWanted) return;
		this.#asked(why === "noAccounts" ? "bootstrapNoAccounts" : "bootstrapRegistrationFailed");
		this.isWanted = true;
		this.deadlineMs = nowMs + this.#script.holdOffMs;
	}

	cancel(): void {
		this.isWanted = false;
		this.isOpen = false;
		this.deadlineMs = Infinity;
		this.#session = undefined;
	}

	poll(nowMs: number): void {
		while (this.isWanted && nowMs >= this.deadlineMs) this.goOn(nowMs);
	}

	private goOn(nowMs: number): void {
		const session = this.#session;
		if (session === undefined) {
			const next = this.#script.sessions[this.#count++] ?? appliedSoon;
			this.#session = next;
			this.deadlineMs = nowMs + (next.opensAfterMs ?? next.afterMs);
		} else if (session.opensAfterMs !== undefined && !this.isOpen) {
			this.isOpen = true;
			this.deadlineMs = nowMs + session.afterMs;
			this.#port!.begun(nowMs);
		} else if (this.isOpen && session.isApplied) {
			this.cancel();
			this.#configure();
			this.#port!.applied(nowMs);
		} else {
			this.isOpen = false;
			this.#session = undefined;
			this.deadlineMs = nowMs + (session.retryMs ?? 0);
			this.#port!.failed("script", nowMs);
		}
	}

	receive(): boolean {
		return false;
	}

	takeDatagram(_: Address): Uint8Array | undefined {
		return undefined;
	}

	takeName(): string | undefined {
		return undefined;
	}

	resolved(): void {}

	accountsChanged(): void {}
}
