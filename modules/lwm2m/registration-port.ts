import type { Fault } from "../bytes.ts";
import type { Peer } from "../coap/peer.ts";
import type { LogRecord } from "../host.ts";
import type { BootstrapClient } from "./bootstrap-port.ts";
import type { ClientOptions } from "./client-options.ts";
import type { EnablerVersion } from "./facts.ts";
import type { Instance } from "./instance.ts";
import type { ClientLimits } from "./limits.ts";
import type { RegistrationTuning } from "./registration.ts";
import type { Registry } from "./registry.ts";
import type { ServerUri } from "./server-uri.ts";

/**
 * An account: the Security and the Server Instance with the same Short Server ID. A bootstrap may put others in their
 * place; who needs them keeps the account.
 */
export interface Account {
	readonly shortServerId: number;
	security: Instance;
	server: Instance;
}

/** What all servers of a client share, as far as registering goes. */
export interface RegistrationContext {
	readonly options: ClientOptions;
	readonly enabler: EnablerVersion;
	readonly registry: Registry;
	readonly limits: ClientLimits;
	readonly registrationTuning: RegistrationTuning;
	/** Where the client has one. */
	bootstrap?: BootstrapClient;
}

/** What it needs of the session around it. */
export interface RegistrationPort {
	readonly peer: Peer;
	/** Makes ready for this kind of server. @returns why the account can not be used as it is */
	prepare(scheme: ServerUri["scheme"]): Fault | undefined;
	/** Whether messages reach the server now; if not, a handshake is begun, and secured() or unsecured() follows. */
	reach(nowMs: number): boolean;
	/** Whether the secure session is one of an earlier life in which nobody has been heard yet. */
	readonly isTakenUp: boolean;
	/** Forgets such a session; reach() begins another one. @returns whether there was one */
	renew(): boolean;
	/** Forgets the secure session, if there is one, without a word. */
	drop(): void;
	/** Ends the secure session, if there is one, at the end of the turn. */
	close(): void;
	/** The server took a Register: from now on this version is spoken with it. */
	agreed(enabler: EnablerVersion): void;
	/** All observations are void from now on (LwM2M Core 1.1 §6.4.1). */
	dropObservations(): void;
	log(event: string, fields: Omit<LogRecord, "event">): void;
}
