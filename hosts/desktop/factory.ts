import config from "mc/config";
import type { Factory } from "../../modules/host.ts";

/** What the manifest's `config` or mcconfig's command line may say: `mcconfig -m -p lin server=coap://… endpoint=… lifetime=60`. */
interface Settings {
	readonly server?: string;
	readonly endpoint?: string;
	/** Seconds; a string when it comes from the command line. */
	readonly lifetime?: string | number;
	readonly serial?: string;
}

/** The factory data of this image. @throws Error when the lifetime is no positive number of seconds */
export function readFactory(): Factory {
	const { server, endpoint, lifetime, serial } = config as Settings;
	const lifetimeS = lifetime === undefined || lifetime === "" ? undefined : Number(lifetime);
	if (lifetimeS !== undefined && !(Number.isInteger(lifetimeS) && lifetimeS > 0)) {
		throw new Error(`lifetime=${lifetime}: give whole seconds, at least 1`);
	}
	return Object.freeze({
		...(endpoint ? { endpointName: endpoint } : {}),
		...(server ? { serverUri: server } : {}),
		...(lifetimeS === undefined ? {} : { lifetimeS }),
		...(serial ? { serialNumber: serial } : {}),
	});
}
