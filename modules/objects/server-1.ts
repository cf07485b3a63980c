import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import { SERVER } from "./facts/server-1.ts";

/** What the Server Object asks of the client; both wait until the answer has left. */
export interface Registrations {
	/** Sends an Update to this server. */
	update(shortServerId: number): void;
	/** De-registers from this server for its Disable Timeout. */
	disable(shortServerId: number): void;
}

export interface ServerOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	/** 1..65534; the Security Object has an Instance with the same. */
	readonly shortServerId: number;
	/** Of the registration; 0 lasts for ever. */
	readonly lifetimeS: number;
	/** pmin and pmax where no attribute says otherwise. */
	readonly defaultMinimumPeriodS?: number;
	readonly defaultMaximumPeriodS?: number;
	/** How long Disable lasts; a day when left out. */
	readonly disableTimeoutS?: number;
}

/** One LwM2M Server and how the client deals with it (LwM2M Core 1.1 Appendix E.2). */
export function server(options: ServerOptions, registrations: Registrations): ObjectInstance<typeof SERVER> {
	const { id = 0, shortServerId } = options;
	return new ObjectInstance(SERVER, {
		id,
		values: {
			shortServerId,
			lifetime: options.lifetimeS,
			// Absent ones may be written by the server.
			defaultMinimumPeriod: options.defaultMinimumPeriodS,
			defaultMaximumPeriod: options.defaultMaximumPeriodS,
			disableTimeout: options.disableTimeoutS,
			notificationStoring: true,
			binding: "U",
		},
		check: {
			lifetime: refuseNegative,
			defaultMinimumPeriod: refuseNegative,
			defaultMaximumPeriod: refuseNegative,
			disableTimeout: refuseNegative,
			binding(value) {
				if (value !== "U") throw new RequestRefused(0x80, "this build speaks UDP alone");
			},
		},
		execute: {
			disable: () => registrations.disable(shortServerId),
			registrationUpdateTrigger: () => registrations.update(shortServerId),
		},
	});
}

function refuseNegative(seconds: number): void {
	if (seconds < 0) throw new RequestRefused(0x80, "negative time");
}
