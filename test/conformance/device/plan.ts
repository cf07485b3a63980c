import type { Factory } from "../../../modules/host.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";

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
	/** One or two: the Short Server IDs are 1 and 2. */
	readonly serverUris: readonly string[];
	readonly lifetimeS: number;
	/** Resource /1/x/6. */
	readonly isStoring: boolean;
	/** No package has room. */
	readonly isShortOfRam: boolean;
}

/** What a test says of a plan; the rest is as above. */
export interface PlanWish {
	readonly configuration?: ConfigurationName;
	readonly enabler?: EnablerVersion;
	readonly secondServerUri?: string;
	readonly isStoring?: boolean;
	readonly isShortOfRam?: boolean;
}

/**
 * A factory record has no room for more than a device's own name and number, so a test puts its wish into the serial
 * number, as JSON. Any other serial number stands for a device with everything.
 */
export function readPlan({ serialNumber, serverUri, lifetimeS }: Factory): Plan {
	const isWish = serialNumber !== undefined && serialNumber.charAt(0) === "{";
	const wish = isWish ? (JSON.parse(serialNumber) as PlanWish) : {};
	const first = serverUri ?? "coap://localhost:5683";
	return {
		configuration: wish.configuration ?? "all",
		enabler: wish.enabler ?? "1.1",
		serverUris: wish.secondServerUri === undefined ? [first] : [first, wish.secondServerUri],
		lifetimeS: lifetimeS ?? 86_400,
		isStoring: wish.isStoring ?? false,
		isShortOfRam: wish.isShortOfRam ?? false,
	};
}
