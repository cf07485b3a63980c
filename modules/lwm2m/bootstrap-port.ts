import type { Address } from "../host.ts";

/**
 * Why a bootstrap is wanted (LwM2M Core 1.2 §6.1.3, §6.1.4): no account to register with; registration failed as the
 * Server Object's Resources say; a server executed Bootstrap-Request Trigger (1/x/9); the application asked for it.
 */
export type BootstrapReason = "noAccounts" | "registrationFailed" | "trigger" | "application";

/** What a bootstrap client needs of the client around it, beside its context. */
export interface BootstrapPort {
	/**
	 * The Bootstrap-Server has answered, with its 2.04 or with an operation: a session is open, and all servers' sessions
	 * fall silent until applied() or failed(), whatever the application and the servers ask for meanwhile. While it is
	 * merely asked, servers are served as ever: a dead Bootstrap-Server disturbs none of them.
	 */
	begun(nowMs: number): void;
	/**
	 * The session ended well and the registry is as the bootstrap server wants it, in this same turn. The client looks at
	 * Objects 0 and 1 itself: servers whose account is gone are forgotten, those whose account is another one register
	 * anew, new ones register for the first time, the others send an Update.
	 */
	applied(nowMs: number): void;
	/**
	 * The session, or the attempt to begin one, failed; nothing was applied. The bootstrap client tries again by itself
	 * at its time, until cancel(); meanwhile the servers have another round.
	 */
	failed(reason: string, nowMs: number): void;
}

/** The Bootstrap Interface, as the client sees it. A client that is not given one has none in its image. */
export interface BootstrapClient {
	/** Whether there is a Bootstrap-Server Account, and it is not too old (0/x/12): whether begin() can lead anywhere. */
	readonly isPossible: boolean;
	/** Whether begin() was called, and neither applied() nor cancel() has ended it: also between its attempts. */
	readonly isWanted: boolean;
	/** Whether a session is open: between begun() and applied(), failed() or cancel(). */
	readonly isOpen: boolean;
	/** Whether nothing is under way: nobody wants it, or it waits for its next attempt. */
	readonly isAtRest: boolean;
	/** When poll() has something to do; Infinity when nothing is due at all. */
	readonly deadlineMs: number;
	/**
	 * Wants the configuration of the Bootstrap-Server, after Client Hold Off Time; while it is wanted already, or not
	 * possible, this is passed over. Nothing is sent within this call.
	 * @param argument of Bootstrap-Request Trigger, as the server wrote it; "" for none
	 */
	begin(why: BootstrapReason, argument: string, nowMs: number): void;
	/** Nobody wants it any more: no further attempt, and an open session ends without a word. No callback follows. */
	cancel(nowMs: number): void;
	/** Takes a datagram. @returns false when it is not from the Bootstrap-Server */
	receive(from: Address, bytes: Uint8Array, at: number, end: number, nowMs: number): boolean;
	poll(nowMs: number): void;
	/** The next datagram to send, with its address in `to`; undefined when there is none. */
	takeDatagram(to: Address): Uint8Array | undefined;
	/** The next name to resolve; undefined when there is none. */
	takeName(): string | undefined;
	/** The addresses of a name, none when it has none. Names that it did not ask for are passed over. */
	resolved(name: string, hosts: readonly string[], nowMs: number): void;
	/** Instances of Objects 0 and 1 came, went or changed outside of a session: isPossible may be another one. */
	accountsChanged(nowMs: number): void;
}

/**
 * Makes the bootstrap client of a client, without doing anything else yet: `ClientOptions.bootstrap`.
 * @param context the client's SessionContext, which can not be named here: the options are part of it
 */
export type MakeBootstrap = (context: never, port: BootstrapPort) => BootstrapClient;
