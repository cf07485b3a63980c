import { frozen } from "../modules/frozen.ts";
import type { Host } from "../modules/host.ts";
import { FlashSettings } from "../modules/settings/flash-settings.ts";
import { liveKey, secretKey } from "../modules/settings/key.ts";
import type { KeyValueSettings, KeyValueSettingsOptions } from "../modules/settings/key-value-settings.ts";
import type { Change, Settings } from "../modules/settings/settings.ts";

/** What lies under which key of this product: never another thing under the same one. */
export const settingsKeys = frozen({
	/** Accounts and rights: 0x1000 keys from here on. */
	configuration: 0x1000,
	/** What of the client outlives resets: `retentionKeys` from here on. */
	retained: 0x100_0000 | liveKey | secretKey,
});

/** What the owner sets at the device, and no server knows, with what holds until then: keys 0x20 to 0x3f. */
export const owners = frozen({
	/** Degrees Celsius to add to what the sensor says. */
	correction: { key: 0x20, value: 0 },
});

/** As both back ends are. */
export type ProductSettings = Settings & { readonly valueMaxBytes: number };

/**
 * The settings of a host, on raw flash where it has some, else in the platform's own store; undefined where it has
 * neither. Secrets are sealed where the host has a key of the device.
 * @param keyValue `(options) => new KeyValueSettings(options)` on platforms without raw flash; left out, it is in no
 * image
 */
export function openSettings(
	{ flash, keyValue: store, entropy, log, crypto, deviceKey: key }: Host,
	keyValue?: (options: KeyValueSettingsOptions) => KeyValueSettings,
): ProductSettings | undefined {
	const secrets = crypto === undefined || key === undefined ? {} : { secrets: { crypto, key } };
	if (flash !== undefined) return new FlashSettings({ flash, log, entropy, ...secrets });
	return store === undefined ? undefined : keyValue?.({ store, log, ...secrets });
}

/** Forgets all that was ever set, as a factory reset does. */
export function forgetSettings(settings: Settings | undefined): void {
	const changes: Change[] = [];
	if (settings === undefined) return;
	for (let key = settings.nextKey(0); key !== undefined; key = settings.nextKey(key)) {
		changes.push({ key, value: undefined });
	}
	settings.commit(changes);
}
