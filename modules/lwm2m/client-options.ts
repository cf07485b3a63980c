import type { Failure, Peer, Response } from "../coap/peer.ts";
import type { Limits, Tuning } from "../coap/tuning.ts";
import type { Formats } from "../formats/format.ts";
import type { Dice, Entropy, LogRecord } from "../host.ts";
import type { AccessControl } from "./access-control.ts";
import type { EnablerVersion } from "./facts.ts";
import type { ClientLimits } from "./limits.ts";
import type { CompositeOperations } from "./operation.ts";
import type { RegistrationTuning } from "./registration.ts";
import type { SecureTransport } from "./secure.ts";
import type { MakeSends } from "./send.ts";
import type { StreamedWrites } from "./streamed-write.ts";

/** Who makes requests of its own through a session: a download (transfers.ts). */
export interface SessionGuest {
	responded(peer: Peer, requestId: number, response: Response, nowMs: number): void;
	failed(peer: Peer, requestId: number, reason: Failure, nowMs: number): void;
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
	/** Packages by blocks, never whole in RAM: `streamedWrites`. Absent: put together, up to Limits.bodyBytes. */
	readonly streamedWrites?: StreamedWrites;
	/** Hears the end of requests that others than the client have made through Session.peer. */
	readonly guest?: SessionGuest;
	/** Rights of several servers. Absent: all of them may do everything. */
	readonly accessControl?: AccessControl;
	/** Secures servers with coaps://; without it there is no DTLS in the image, and they are not registered with. */
	readonly secure?: SecureTransport;
	/** The enabler version to register as; 1.1 when left out. */
	readonly enabler?: EnablerVersion;
	/**
	 * Seconds since 1970 where the clock is set, for the times of past values and of notifications that are told later;
	 * without it they count from now (RFC 8428 §4.5.3). Asked in each turn.
	 */
	wallTimeS?(): number | undefined;
	readonly limits?: Partial<ClientLimits>;
	readonly registrationTuning?: Partial<RegistrationTuning>;
	readonly coapTuning?: Partial<Tuning>;
	readonly coapLimits?: Partial<Limits>;
}
