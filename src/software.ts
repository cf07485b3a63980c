import { softwareKeys } from "../modules/firmware/progress.ts";
import { SoftwareInstaller, type SoftwareStore } from "../modules/firmware/software-installer.ts";
import { SOFTWARE } from "../modules/firmware/software-table.ts";
import { Updater } from "../modules/firmware/updater.ts";
import type { Host } from "../modules/host.ts";
import type { Transfers } from "../modules/lwm2m/transfers.ts";
import { type SoftwareManagement, softwareManagement } from "../modules/objects/software-management-9.ts";
import type { Settings } from "../modules/settings/settings.ts";

/**
 * Software beside the program (Object 9), where the host has a place for it: on XS a mod. Its updater is driven with
 * the firmware's: `transfers.drive(client, [firmware, software.updater])`.
 */
export function software(
	{ clock, log }: Pick<Host, "clock" | "log">,
	store: SoftwareStore,
	settings: Settings,
	lines: Transfers,
): SoftwareManagement {
	const installer = new SoftwareInstaller(store);
	const parts = { store, settings, log, lines, clock };
	return softwareManagement(
		new Updater({ table: SOFTWARE, keys: softwareKeys, name: "software", ...parts }, installer),
		installer,
	);
}
