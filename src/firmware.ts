import type { UpdaterOptions } from "../modules/firmware/installation.ts";
import { firmwareKeys } from "../modules/firmware/progress.ts";
import { restoreAfterRevert, SlotInstaller, type SlotInstallerOptions } from "../modules/firmware/slot-installer.ts";
import { UPDATE, type UpdateTable } from "../modules/firmware/update-table.ts";
import { Updater } from "../modules/firmware/updater.ts";
import type { Clock, Host, Log, Power, Slots } from "../modules/host.ts";
import type { ClientOptions } from "../modules/lwm2m/client-options.ts";
import type { Instance } from "../modules/lwm2m/instance.ts";
import type { SecureTransport } from "../modules/lwm2m/secure.ts";
import { streamedWrites } from "../modules/lwm2m/streamed-write.ts";
import { Transfers, type TransfersOptions } from "../modules/lwm2m/transfers.ts";
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
	const { log, slots } = host;
	if (slots === undefined || settings === undefined) return undefined;
	restoreAfterRevert(slots, settings, log);
	const parts = new Parts(host, slots, settings);
	parts.lines = new Transfers(secure === undefined ? parts : Object.assign(parts, { secure }));
	const updater = new Updater(Object.assign(parts, more), new SlotInstaller(parts));
	const transfers = parts.lines;
	return { transfers, updater, client: { streamedWrites, guest: transfers }, instance: firmwareUpdate(updater) };
}

/** What the parts of an update share; its methods lie in ROM, where an object for each part would not. */
class Parts implements UpdaterOptions, SlotInstallerOptions, TransfersOptions {
	readonly host: Host;
	readonly store: Slots;
	readonly settings: Settings;
	lines!: Transfers;

	constructor(host: Host, store: Slots, settings: Settings) {
		this.host = host;
		this.store = store;
		this.settings = settings;
	}

	get table(): UpdateTable {
		return UPDATE;
	}

	get keys(): UpdaterOptions["keys"] {
		return firmwareKeys;
	}

	get name(): string {
		return "firmware";
	}

	get log(): Log {
		return this.host.log;
	}

	get clock(): Clock {
		return this.host.clock;
	}

	get power(): Power {
		return this.host.power;
	}

	get slots(): Slots {
		return this.store;
	}

	get registered(): Transfers {
		return this.lines;
	}
}
