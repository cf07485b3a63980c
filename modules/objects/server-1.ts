import { frozen } from "../frozen.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import { SERVER } from "./facts/server-1-v1-1.ts";

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

function refuseNegative(seconds: number): void {
	if (seconds < 0) throw new RequestRefused(0x80, "negative time");
}

/** What a server's requests do here, the same for every Server: in ROM, as functions of the instance. */
const hooks = frozen({
	check: {
		lifetime: refuseNegative,
		defaultMinimumPeriod: refuseNegative,
		defaultMaximumPeriod: refuseNegative,
		disableTimeout: refuseNegative,
		binding(value: string) {
			if (value !== "U") throw new RequestRefused(0x80, "this build speaks UDP alone");
		},
	},
	execute: {
		disable: (it: Server) => it.registrations.disable(it.shortServerId),
		registrationUpdateTrigger: (it: Server) => it.registrations.update(it.shortServerId),
	},
});

class Server extends ObjectInstance<typeof SERVER, Server> {
	readonly registrations: Registrations;
	readonly shortServerId: number;

	constructor(options: ServerOptions, registrations: Registrations) {
		const { id = 0, shortServerId } = options;
		const values = {
			shortServerId,
			lifetime: options.lifetimeS,
			// Absent ones may be written by the server.
			defaultMinimumPeriod: options.defaultMinimumPeriodS,
			defaultMaximumPeriod: options.defaultMaximumPeriodS,
			disableTimeout: options.disableTimeoutS,
			notificationStoringWhenDisabledOrOffline: true,
			binding: "U",
		};
		super(SERVER, { ...hooks, id, values });
		this.registrations = registrations;
		this.shortServerId = shortServerId;
	}
}

/** One LwM2M Server and how the client deals with it (LwM2M Core 1.1 Appendix E.2). */
export function server(options: ServerOptions, registrations: Registrations): ObjectInstance<typeof SERVER> {
	return new Server(options, registrations);
}
