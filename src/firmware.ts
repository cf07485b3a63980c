import type { UpdaterOptions } from "../modules/firmware/installation.ts";
import { firmwareKeys } from "../modules/firmware/progress.ts";
import { restoreAfterRevert, SlotInstaller } from "../modules/firmware/slot-installer.ts";
import { UPDATE } from "../modules/firmware/update-table.ts";
import { Updater } from "../modules/firmware/updater.ts";
import type { Host, Slots } from "../modules/host.ts";
import type { SecureTransport } from "../modules/lwm2m/secure.ts";
import { Transfers } from "../modules/lwm2m/transfers.ts";
import type { Settings } from "../modules/settings/settings.ts";

/** What the device updates itself with. */
export interface Updating {
	readonly transfers: Transfers;
	readonly updater: Updater;
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
	slots: Slots | undefined,
	settings: Settings | undefined,
	secure: SecureTransport | undefined,
	more: Pick<UpdaterOptions, "gate" | "hasRoom"> = {},
): Updating | undefined {
	if (slots === undefined || settings === undefined) return undefined;
	const { clock, log, power } = host;
	restoreAfterRevert(slots, settings, log);
	const transfers = new Transfers({ host, ...(secure === undefined ? {} : { secure }) });
	const installer = new SlotInstaller({ slots, settings, power, log, registered: transfers });
	const what = {
		table: UPDATE,
		store: slots,
		settings,
		keys: firmwareKeys,
		log,
		name: "firmware",
		lines: transfers,
		clock,
	};
	return { transfers, updater: new Updater({ ...what, ...more }, installer) };
}
