import type { Host } from "../modules/host.ts";
import { FlashSettings } from "../modules/settings/flash-settings.ts";
import type { Settings } from "../modules/settings/settings.ts";

/** The store of this device on its partition for settings; undefined where the host has none. */
export function openSettings({ flash, log, entropy }: Host): Settings | undefined {
	return flash === undefined ? undefined : new FlashSettings({ flash, log, entropy });
}
