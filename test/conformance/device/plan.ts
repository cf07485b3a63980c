import type { Factory, FactorySleep } from "../../../modules/host.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import type { Profile } from "../../../modules/lwm2m/profile-id.ts";
import type { RecoveryOptions } from "../../../modules/objects/server-1.ts";

/** OMA's test configurations (ETS Appendix C) that are about device management, and all their objects at once. */
export type ConfigurationName =
	| "C.1"
	| "C.3"
	| "C.4"
	| "C.5"
	| "C.6"
	| "C.7"
	| "C.8"
	| "C.9"
	| "C.10"
	| "C.12"
	| "C.14"
	| "C.15"
	| "C.16"
	| "all";

/** What a conformance device is to be. */
export interface Plan {
	readonly configuration: ConfigurationName;
	readonly enabler: EnablerVersion;
	/** None, one or two: the Short Server IDs are 1 and 2. */
	readonly serverUris: readonly string[];
	readonly lifetimeS: number;
	/** Resource /1/x/6. */
	readonly isStoring: boolean;
	/** Resource /1/x/5; what the configuration has when left out. */
	readonly disableTimeoutS: number | undefined;
	/** Resources /1/x/13 to 20 of each server. */
	readonly recovery: readonly RecoveryOptions[];
	/** The rest of what a client may be given: see ClientOptions. */
	readonly client: ClientWish;
	readonly outages: readonly Outage[];
	/** Profile IDs that servers know, with the lists that they stand for. */
	readonly profiles: readonly Profile[];
	/** An account of a Bootstrap-Server; with it, accounts can be made out of what a bootstrap says. */
	readonly bootstrap: BootstrapWish | undefined;
	/** No package has room. */
	readonly isShortOfRam: boolean;
	/** Queue mode and sleep, as in src/sleep.ts. */
	readonly sleep: FactorySleep | undefined;
}

/** The Bootstrap-Server's account. */
export interface BootstrapWish {
	readonly uri: string;
	/** Object Instance ID; 1 when left out. */
	readonly id?: number;
	/** Resources /0/x/11 and 12. */
	readonly holdOffS?: number;
	readonly timeoutS?: number;
	/** There is no other account yet. */
	readonly isAlone?: boolean;
}

/** Options of the client that a test may want. */
export interface ClientWish {
	readonly enablers?: readonly EnablerVersion[];
	readonly registrationParameters?: readonly string[];
	readonly queueMode?: boolean;
}

/** The application goes offline and comes back, seconds after the start; as often as the list says. */
export interface Outage {
	readonly fromS: number;
	readonly untilS: number;
}

/** What a test says of a plan; the rest is as above. */
export interface PlanWish {
	readonly configuration?: ConfigurationName;
	readonly enabler?: EnablerVersion;
	readonly secondServerUri?: string;
	readonly isStoring?: boolean;
	readonly disableTimeoutS?: number;
	readonly recovery?: readonly RecoveryOptions[];
	readonly client?: ClientWish;
	readonly bootstrap?: BootstrapWish;
	readonly outages?: readonly Outage[];
	readonly profiles?: readonly Profile[];
	/** In place of the one that the stage gives. */
	readonly endpoint?: string;
	readonly isShortOfRam?: boolean;
	readonly sleep?: FactorySleep;
}

/**
 * A factory record has no room for more than a device's own name and number, so a test puts its wish into the serial
 * number, as JSON. Any other serial number stands for a device with everything.
 */
export function readPlan({ serialNumber, serverUri, lifetimeS }: Factory): Plan {
	const isWish = serialNumber !== undefined && serialNumber.charAt(0) === "{";
	const wish = isWish ? (JSON.parse(serialNumber) as PlanWish) : {};
	const first = serverUri ?? "coap://localhost:5683";
	const both = wish.secondServerUri === undefined ? [first] : [first, wish.secondServerUri];
	return {
		configuration: wish.configuration ?? "all",
		enabler: wish.enabler ?? "1.1",
		serverUris: wish.bootstrap?.isAlone === true ? [] : both,
		lifetimeS: lifetimeS ?? 86_400,
		isStoring: wish.isStoring ?? false,
		disableTimeoutS: wish.disableTimeoutS,
		recovery: wish.recovery ?? [],
		client: wish.client ?? {},
		bootstrap: wish.bootstrap,
		outages: wish.outages ?? [],
		profiles: wish.profiles ?? [],
		isShortOfRam: wish.isShortOfRam ?? false,
		sleep: wish.sleep,
	};
}
