import type { Host } from "../modules/host.ts";
import { ClientRetention } from "../modules/lwm2m/client-retention.ts";
import { RetainedDtlsTransport } from "../modules/lwm2m/dtls-retention.ts";
import { DtlsTransport, type DtlsTransportOptions } from "../modules/lwm2m/dtls-transport.ts";
import { type ProductSettings, settingsKeys } from "./settings.ts";

/** Has what client and servers know of one another outlive sleep, resets and power cuts. */
export class Retaining {
	readonly keeper: ClientRetention;
	private readonly isWhole: boolean;

	constructor(host: Host, store: ProductSettings | undefined, isWhole: boolean) {
		const what = isWhole ? "everything" : "reporting";
		this.keeper = new ClientRetention({ host, store, key: settingsKeys.retained, what });
		this.isWhole = isWhole;
	}

	/** DTLS, whose sessions live on with the rest. */
	secure(options: DtlsTransportOptions): DtlsTransport {
		return this.isWhole ? new RetainedDtlsTransport(options) : new DtlsTransport(options);
	}
}

/**
 * @param isWhole whether registrations and secure sessions live on, too: else attributes and observations alone, and
 * each boot registers
 * @returns undefined where there is no memory that outlives anything
 */
export function retention(host: Host, store: ProductSettings | undefined, isWhole: boolean): Retaining | undefined {
	if (store === undefined && (host.power.retained === undefined || !isWhole)) return undefined;
	return new Retaining(host, store, isWhole);
}
