import type { Failure, Peer, Response } from "../coap/peer.ts";
import type { Limits, Tuning } from "../coap/tuning.ts";
import type { Formats } from "../formats/format.ts";
import type { Dice, Entropy, LogRecord } from "../host.ts";
import type { SessionHome, SessionOwner } from "../sleep/session-home.ts";
import type { Waking } from "../sleep/wake-plan.ts";
import type { AccessControl } from "./access-control.ts";
import type { MakeBootstrap } from "./bootstrap-port.ts";
import type { BootstrapTuning } from "./bootstrap-state.ts";
import type { ConfigurationStore } from "./configuration.ts";
import type { ConfigurationState } from "./configuration-state.ts";
import type { EnablerVersion } from "./facts.ts";
import type { Instance } from "./instance.ts";
import type { ClientLimits } from "./limits.ts";
import type { CompositeOperations } from "./operation.ts";
import type { ProfileIds } from "./profile-id.ts";
import type { RegistrationTuning } from "./registration.ts";
import type { SecureTransport } from "./secure.ts";
import type { MakeSends } from "./send.ts";
import type { StreamedWrites } from "./streamed-write.ts";

/** Who makes requests of its own through a session: a download (transfers.ts). */
export interface SessionGuest {
	responded(peer: Peer, requestId: number, response: Response, nowMs: number): void;
	failed(peer: Peer, requestId: number, reason: Failure, nowMs: number): void;
}

/** Where secure sessions outlive resets (retention.ts). */
export interface SessionHomes {
	/** @returns undefined where there is no room for another one */
	homeOf(owner: SessionOwner): SessionHome | undefined;
}

/** What a client is given. It keeps this object and reads it as it goes: one for all its servers. */
export interface ClientOptions {
	/** Endpoint client name, unique on each server (LwM2M Core 1.1 §7.3.1). */
	readonly endpointName: string;
	readonly dice: Dice;
	readonly entropy: Entropy;
	log(record: LogRecord): void;
	/**
	 * The formats of payloads, as the product composes them: `formatsSince11`, `formats10`, or fewer. One that is in no
	 * list is not in the image.
	 */
	readonly formats: Formats;
	/** Read-, Write- and Observe-Composite: `compositeOperations`. Absent: they are answered with 4.05. */
	readonly composite?: CompositeOperations;
	/** The Send operation: `makeSends`. Absent: Client.send() says "unsupported". */
	readonly sends?: MakeSends;
	/** The Bootstrap Interface: `makeBootstrap`. Absent: accounts come from the application alone. */
	readonly bootstrap?: MakeBootstrap;
	/** What of the registry is configuration, and where from; to be shared with who keeps it. */
	readonly configuration?: ConfigurationState;
	/** Keeps what a bootstrap has brought. Absent: it lasts until the next restart. */
	readonly configurationStore?: ConfigurationStore;
	readonly bootstrapTuning?: Partial<BootstrapTuning>;
	/** Packages by blocks, never whole in RAM: `streamedWrites`. Absent: put together, up to Limits.bodyBytes. */
	readonly streamedWrites?: StreamedWrites;
	/** Hears the end of requests that others than the client have made through Session.peer. */
	readonly guest?: SessionGuest;
	/** Rights of several servers. Absent: all of them may do everything. */
	readonly accessControl?: AccessControl;
	/** Where secure sessions outlive resets. Absent: each boot begins with a handshake. */
	readonly homes?: SessionHomes | undefined;
	/** Secures servers with coaps://; without it there is no DTLS in the image, and they are not registered with. */
	readonly secure?: SecureTransport;
	/** The highest enabler version that is spoken; 1.1 when left out. */
	readonly enabler?: EnablerVersion;
	/**
	 * Lower ones that may be spoken with servers that refuse it (LwM2M Core 1.2 §6.2.1): `["1.0", "1.1"]`. Absent: none.
	 */
	readonly enablers?: readonly EnablerVersion[];
	/** The formats for a server with which 1.0 is spoken: `formats10`. Absent: those of `formats`. */
	readonly formats10?: Formats;
	/** Registers tell which formats of those that not every client has are there. Absent: they do not, as peers do. */
	readonly tellsFormats?: boolean;
	/** Tells the Object list by reference, in 1.2. Absent: it is told itself. */
	readonly profileIds?: ProfileIds;
	/** Further parameters of a Register, such as "imei=…": of other names than the specification's. */
	readonly registrationParameters?: readonly string[];
	/** MSISDN or External Identifier for SMS, without "+". Read whenever a Register or an Update may tell it. */
	readonly smsNumber?: string;
	/** Registers in queue mode: servers hold their requests until they hear from us. */
	readonly queueMode?: boolean;
	/** What is done in which wake, and how long servers in queue mode are heard. Absent: each thing at its time. */
	readonly waking?: Waking;
	/**
	 * Seconds since 1970 where the clock is set, for the times of past values and of notifications that are told later;
	 * without it they count from now (RFC 8428 §4.5.3). Asked in each turn.
	 */
	wallTimeS?(): number | undefined;
	/**
	 * Whether we have registered with this server since the bootstrap that its account is from, in an earlier life: then
	 * Initial Registration Delay Timer (1/x/14) is kept no more. Absent: each start counts as the first.
	 */
	hasRegistered?(shortServerId: number): boolean;
	/** Hears of every change of a value, in the middle of a turn; Resource -1: an Instance came or went. */
	changed?(instance: Instance, resourceId: number): void;
	readonly limits?: Partial<ClientLimits>;
	readonly registrationTuning?: Partial<RegistrationTuning>;
	readonly coapTuning?: Partial<Tuning>;
	readonly coapLimits?: Partial<Limits>;
}
