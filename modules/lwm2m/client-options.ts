import type { Limits, Tuning } from "../coap/tuning.ts";
import type { Formats } from "../formats/format.ts";
import type { Dice, Entropy, LogRecord } from "../host.ts";
import type { AccessControl } from "./access-control.ts";
import type { MakeBootstrap } from "./bootstrap-port.ts";
import type { BootstrapTuning } from "./bootstrap-state.ts";
import type { ConfigurationStore } from "./configuration.ts";
import type { ConfigurationState } from "./configuration-state.ts";
import type { EnablerVersion } from "./facts.ts";
import type { ClientLimits } from "./limits.ts";
import type { CompositeOperations } from "./operation.ts";
import type { RegistrationTuning } from "./registration.ts";
import type { SecureTransport } from "./secure.ts";
import type { MakeSends } from "./send.ts";

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
