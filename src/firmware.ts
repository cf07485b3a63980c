import type { UpdaterOptions } from "../modules/firmware/installation.ts";
import { firmwareKeys } from "../modules/firmware/progress.ts";
import { restoreAfterRevert, SlotInstaller } from "../modules/firmware/slot-installer.ts";
import { UPDATE } from "../modules/firmware/update-table.ts";
import { Updater } from "../modules/firmware/updater.ts";
import type { Host } from "../modules/host.ts";
import type { ClientOptions } from "../modules/lwm2m/client-options.ts";
import type { Instance } from "../modules/lwm2m/instance.ts";
import type { SecureTransport } from "../modules/lwm2m/secure.ts";
import { streamedWrites } from "../modules/lwm2m/streamed-write.ts";
import { Transfers } from "../modules/lwm2m/transfers.ts";
import { firmwareUpdate } from "../modules/objects/firmware-update-5.ts";
import type { Settings } from "../modules/settings/settings.ts";

/** What the device updates itself with. */
export interface Updating {
	readonly transfers: Transfers;
	readonly updater: Updater;
	/** What the client must know of it. */
	readonly client: Pick<ClientOptions, "streamedWrites" | "guest">;
	/** Object 5. */
	readonly instance: Instance;
}

/**
 * Firmware updates, where the host has slots and settings. To be called before anybody reads the settings: after a
 * revert it brings the former ones back.
 *
 * A product lets a person or its own business hold an update back with `gate: (offer) => "go" | "ask" | "busy"`, and
 * asks more of a new image than to register with `isProven` of the SlotInstaller.
 */
export function firmware(
	host: Host,
	settings: Settings | undefined,
	secure: SecureTransport | undefined,
	more: Pick<UpdaterOptions, "gate" | "hasRoom"> = {},
): Updating | undefined {
	const { clock, log, power, slots } = host;
	if (slots === undefined || settings === undefined) return undefined;
	restoreAfterRevert(slots, settings, log);
	const transfers = new Transfers({ host, ...(secure === undefined ? {} : { secure }) });
	const installer = new SlotInstaller({ slots, settings, power, log, registered: transfers });
	const what = { table: UPDATE, store: slots, settings, keys: firmwareKeys, log, name: "firmware" };
	const updater = new Updater({ ...what, ...more, lines: transfers, clock }, installer);
	return { transfers, updater, client: { streamedWrites, guest: transfers }, instance: firmwareUpdate(updater) };
}
