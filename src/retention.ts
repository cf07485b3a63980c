import type { Host } from "../modules/host.ts";
import { ClientRetention } from "../modules/lwm2m/client-retention.ts";
import { RetainedDtlsTransport } from "../modules/lwm2m/dtls-retention.ts";
import type { DtlsTransport, DtlsTransportOptions } from "../modules/lwm2m/dtls-transport.ts";
import { type ProductSettings, settingsKeys } from "./settings.ts";

/** What of the client outlives sleep, resets and power cuts. */
export interface Retaining {
	readonly keeper: ClientRetention;
	/** DTLS whose sessions do. */
	secure(options: DtlsTransportOptions): DtlsTransport;
}

/**
 * @param isWhole whether registrations and secure sessions live on, too: else attributes and observations alone, and
 * each boot registers
 * @returns undefined where there is no memory that outlives anything
 */
export function retention(host: Host, store: ProductSettings | undefined, isWhole: boolean): Retaining | undefined {
	if (store === undefined && (host.power.retained === undefined || !isWhole)) return undefined;
	const what = isWhole ? "everything" : "reporting";
	return {
		keeper: new ClientRetention({ host, store, key: settingsKeys.retained, what }),
		secure: (options) => new RetainedDtlsTransport(options),
	};
}
